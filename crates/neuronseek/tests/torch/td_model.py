"""The paper's two-stream model in PyTorch float64, by automatic differentiation.

Reads one JSON document on standard input: the sizes, the data, the parameters by name and the
uniform numbers of every step's gates. Prints the first step's loss and gradients and the
parameters after all steps of Adam with clipping. Ends with status 3 where torch is missing.
"""

import json
import sys

try:
    import torch
except ImportError:
    sys.exit(3)

torch.set_default_dtype(torch.float64)
BETA, LOW, HIGH = 0.66, -0.1, 1.1
given = json.load(sys.stdin)
inputs, outputs, order, rank = (given[key] for key in ("inputs", "outputs", "order", "rank"))
x = torch.tensor(given["x"]).view(-1, inputs)
parameters = {
    name: torch.tensor(values, requires_grad=True) for name, values in given["parameters"].items()
}


def norm(value, gain, offset):
    """Batch norm of rows x outputs."""
    mean = value.mean(0)
    variance = ((value - mean) ** 2).mean(0)
    return gain * (value - mean) / (variance + 1e-5).sqrt() + offset


def terms():
    """Rows x outputs of each term: powers, sin, then interactions."""
    weights = parameters["weights"].view(order + 1, outputs, inputs)
    for k in range(order):
        yield x ** (k + 1) @ weights[k].T
    yield torch.sin(x) @ weights[order].T
    first = 0
    for k in range(1, order + 1):
        count = k * outputs * rank * inputs
        factors = parameters["factors"][first : first + count].view(k, outputs, rank, inputs)
        first += count
        yield torch.einsum("bd,mcrd->mbcr", x, factors).prod(0).sum(-1)


def objective(uniforms):
    log_alpha = parameters["gates"]
    noise = torch.log((uniforms + 1e-8) / (1 - uniforms + 1e-8))
    s = torch.sigmoid((noise + log_alpha) / BETA)
    gates = (s * (HIGH - LOW) + LOW).clamp(0, 1)
    gain = parameters["gain"].view(-1, outputs)
    offset = parameters["offset"].view(-1, outputs)
    out = parameters["bias"]
    for index, value in enumerate(terms()):
        out = out + gates[index] * norm(value, gain[index], offset[index])
    if given["labels"] is None:
        target = torch.tensor(given["y"]).view(-1, outputs)
        loss = torch.nn.functional.mse_loss(out, target)
    elif outputs == 1:
        target = torch.tensor(given["labels"], dtype=torch.float64)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(out[:, 0], target)
    else:
        loss = torch.nn.functional.cross_entropy(out, torch.tensor(given["labels"]))
    open_probability = torch.sigmoid(log_alpha - BETA * torch.log(torch.tensor(-LOW / HIGH)))
    return loss + given["lambda"] * open_probability.sum()


adam = torch.optim.Adam(
    [
        {"params": [parameters["factors"]], "lr": 0.01, "weight_decay": 1e-5},
        {"params": [parameters["weights"]], "lr": 0.005, "weight_decay": 1e-4},
        {"params": [parameters["gain"], parameters["offset"], parameters["gates"]], "lr": 0.01},
        {"params": [parameters["bias"]], "lr": 0.005},
    ]
)
loss = gradient = None
for uniforms in given["uniforms"]:
    adam.zero_grad()
    value = objective(torch.tensor(uniforms))
    value.backward()
    if loss is None:
        loss = value.item()
        gradient = {name: values.grad.tolist() for name, values in parameters.items()}
    torch.nn.utils.clip_grad_norm_(list(parameters.values()), 1.0)
    adam.step()
after = {name: values.tolist() for name, values in parameters.items()}
json.dump({"loss": loss, "gradient": gradient, "after": after}, sys.stdout)
