"""The network of each case on standard input, written with torch modules and autograd in float64.

Input: a JSON list of cases (see main.rs). Output: for each case the outputs in prediction mode, the
loss and every gradient in training mode, the running statistics after it, and, where the case has
training settings, the parameters after that training.
"""

import json
import math
import sys

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def term_value(name, x, tensors, prefix, shared):
    """One term before its norm, and nothing of how the library lays it out."""

    def tensor(kind):
        return tensors[f"{prefix}.{name}.{kind}"]

    if name.startswith("cp("):
        factors = tensor("factors")  # order x (rank or outputs) x inputs
        product = torch.ones(())
        for factor in factors:
            product = product * F.linear(x, factor)
        return product @ tensor("weights") if shared else product
    if name in ("sin", "cos", "exp"):
        return getattr(torch, name)(x) @ tensor("weights")
    order = int(name[2:]) if "^" in name else 1
    return x**order @ tensor("weights")


def names_of(tensors, prefix):
    """The terms of a layer, in the order of their tensors."""
    names = []
    for key in tensors:
        if key.startswith(prefix + ".") and key.count(".") >= prefix.count(".") + 2:
            name = key[len(prefix) + 1 :].rsplit(".", 1)[0]
            if name not in names:
                names.append(name)
    return names


def layer(x, tensors, prefix, case, training):
    total = torch.zeros(())
    for name in names_of(tensors, prefix):
        value = term_value(name, x, tensors, prefix, case["shared"])
        key = f"{prefix}.{name}"
        if f"{key}.mean" in tensors:
            value = F.batch_norm(
                value,
                tensors[f"{key}.mean"],
                tensors[f"{key}.variance"],
                tensors[f"{key}.scale"],
                tensors[f"{key}.shift"],
                training=training,
            )
        elif f"{key}.scale" in tensors:
            scale, shift = tensors[f"{key}.scale"], tensors[f"{key}.shift"]
            value = F.layer_norm(value, scale.shape, scale, shift)
        total = total + value
    bias = tensors.get(f"{prefix}.bias")
    return total if bias is None else total + bias


ACTIVATIONS = {
    "relu": F.relu,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "identity": lambda x: x,
}


def network(x, tensors, case, training):
    layers = max(int(key.split(".")[1]) for key in tensors if key.startswith("layers.")) + 1
    h = x
    for position in range(layers):
        if position > 0:
            h = ACTIVATIONS[case["activation"]](h)
        h = layer(h, tensors, f"layers.{position}", case, training)
    if any(key.startswith("skip.") for key in tensors):
        h = h + layer(x, tensors, "skip", case, training)
    return h


def loss_of(outputs, case):
    """The mean over rows of weight times loss, by torch's own losses without reduction."""
    weights = torch.tensor(case["weights"])
    loss = case["loss"]
    if loss == "crossentropy":
        labels = torch.tensor(case["labels"])
        if outputs.shape[1] == 1:
            rows = F.binary_cross_entropy_with_logits(
                outputs[:, 0], labels.double(), reduction="none"
            )
        else:
            rows = F.cross_entropy(outputs, labels, reduction="none")
        return (weights * rows).mean()
    target = torch.tensor(case["target"])
    if loss == "meansquared":
        rows = F.mse_loss(outputs, target, reduction="none")
    elif "huber" in loss:
        rows = F.huber_loss(outputs, target, delta=loss["huber"]["delta"], reduction="none")
    elif loss == "poisson":
        rows = F.poisson_nll_loss(outputs, target, log_input=True, full=False, reduction="none")
    elif loss == "gamma":
        # The mean exp(o) of a gamma distribution of shape 1; torch's constant is none of ours.
        rate = torch.exp(-outputs)
        rows = -torch.distributions.Gamma(torch.ones(()), rate).log_prob(target)
    elif "tweedie" in loss:
        # Torch has none: half the deviance in terms of the mean, without what is constant.
        power, mean = loss["tweedie"]["power"], torch.exp(outputs)
        rows = mean ** (2 - power) / (2 - power) - target * mean ** (1 - power) / (1 - power)
    else:
        tau = loss["quantile"]["tau"]
        rest = target - outputs
        rows = torch.maximum(tau * rest, (tau - 1) * rest)
    return (weights[:, None] * rows).mean()


def is_statistic(name):
    return name.endswith((".mean", ".variance"))


def load(case):
    tensors = {}
    for tensor in case["tensors"]:
        value = torch.tensor(tensor["values"]).reshape(tensor["shape"])
        tensors[tensor["name"]] = value.requires_grad_(not is_statistic(tensor["name"]))
    return tensors


def train(case, x):
    """Full-batch training with torch's optimiser, groups, clipping and a schedule by LambdaLR."""
    settings, tensors = case["train"], load(case)
    decayed = [t for n, t in tensors.items() if n.endswith((".weights", ".factors"))]
    rest = [
        t
        for n, t in tensors.items()
        if not n.endswith((".weights", ".factors")) and not is_statistic(n)
    ]
    groups = [
        {"params": decayed, "weight_decay": settings["weight_decay"]},
        {"params": rest, "weight_decay": 0.0},
    ]
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings["optimiser"]]
    optimiser = kind(
        groups,
        lr=settings["learning_rate"],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"],
    )
    epochs = settings["epochs"]
    factor = {
        "constant": lambda step: 1.0,
        "cosine": lambda step: 0.5 * (1 + math.cos(math.pi * step / epochs)),
    }[settings["schedule"]]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    for _ in range(epochs):
        optimiser.zero_grad()
        loss_of(network(x, tensors, case, True), case).backward()
        if settings["clip"] is not None:
            nn.utils.clip_grad_norm_(decayed + rest, settings["clip"])
        optimiser.step()
        schedule.step()
    return {name: tensor.flatten().tolist() for name, tensor in tensors.items()}


def answer(case):
    x = torch.tensor(case["inputs"])
    tensors = load(case)
    result = {"outputs": network(x, tensors, case, False).tolist()}
    loss = loss_of(network(x, tensors, case, True), case)
    loss.backward()
    result["loss"] = loss.item()
    result["gradients"] = {n: t.grad.flatten().tolist() for n, t in tensors.items() if t.grad is not None}
    result["statistics"] = {n: t.tolist() for n, t in tensors.items() if is_statistic(n)}
    if case["train"] is not None:
        result["trained"] = train(case, x)
    return result


print(json.dumps([answer(case) for case in json.load(sys.stdin)]))
