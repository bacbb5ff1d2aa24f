"""Runs a graph in PyTorch: logits and gradients, to compare with ours.

Reads a list of {"nodes": [...], "images": [...], "shape": [...], "weights": [...]} and prints a list of
{"single": answer, "double": answer} in both precisions, an answer being {"logits": [...], "gradients": [[...]],
"image_gradient": [...]} of sum(weights * logits).
"""

import json
import sys

import torch
import torch.nn.functional as F

tasks = json.load(sys.stdin)
torch.set_num_threads(1)

def bounded(x, bound):
    return x if bound is None else x / torch.sqrt(1 + (x / bound) ** 2)


def run(node, own, images, inputs):
    kind, x = node["kind"], inputs[0] if inputs else None
    if kind == "input":
        return images
    if kind == "convolution":
        bias = own[1] if len(own) > 1 else None
        return F.conv2d(x, own[0], bias, node["stride"], node["padding"], groups=node["groups"])
    if kind == "batch_norm":
        return F.batch_norm(x, None, None, own[0], own[1], training=True, eps=1e-5)
    if kind == "relu":
        return F.relu(x)
    if kind == "sigmoid":
        return torch.sigmoid(x)
    if kind == "power":
        return bounded(x, node["bound"]) ** node["order"]
    if kind == "product":
        result = inputs[0]
        for other in inputs[1:]:
            result = result * other
        return result
    if kind == "add":
        return sum(inputs[1:], inputs[0])
    if kind == "concat":
        return torch.cat(inputs, 1)
    if kind == "max_pool":
        return F.max_pool2d(x, node["size"], node["stride"], node["padding"])
    if kind == "average_pool":
        return F.avg_pool2d(x, node["size"], node["stride"], node["padding"])
    if kind == "global_average":
        return F.adaptive_avg_pool2d(x, 1)
    if kind == "scale":
        return inputs[0] * inputs[1]
    if kind == "shortcut":
        x = x[:, :, :: node["stride"], :: node["stride"]]
        new = node["outputs"] - x.shape[1]
        return F.pad(x, (0, 0, 0, 0, new // 2, new - new // 2))
    if kind == "dense":
        return F.linear(x.flatten(1), own[0], own[1])[:, :, None, None]
    raise ValueError(kind)


def answer(task, dtype):
    def leaf(numbers, shape):
        return torch.tensor(numbers, dtype=dtype).reshape(shape).requires_grad_()

    images = leaf(task["images"], task["shape"])
    parameters, values = [], []
    for node in task["nodes"]:
        own = [leaf(numbers, shape) for shape, numbers in node["parameters"]]
        parameters += own
        values.append(run(node, own, images, [values[i] for i in node["inputs"]]))
    logits = values[-1].flatten(1)
    weights = torch.tensor(task["weights"], dtype=dtype).reshape(logits.shape)
    (logits * weights).sum().backward()
    return {
        "logits": logits.flatten().tolist(),
        "gradients": [p.grad.flatten().tolist() for p in parameters],
        "image_gradient": images.grad.flatten().tolist(),
    }


both = [{"single": answer(task, torch.float32), "double": answer(task, torch.float64)} for task in tasks]
json.dump(both, sys.stdout)
