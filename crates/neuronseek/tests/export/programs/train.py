"""Predicts with exported modules, then trains them further from weights that were moved a little.
The folders are the arguments."""

import importlib.util
import json
import sys

import numpy as np
import torch
from torch.nn import functional


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def loss(outputs, target, classes):
    if not classes:
        return functional.mse_loss(outputs[:, 0], torch.tensor(target).double())
    if outputs.shape[1] == 1:
        wanted = torch.tensor(target).double()
        return functional.binary_cross_entropy_with_logits(outputs[:, 0], wanted)
    return functional.cross_entropy(outputs, torch.tensor(target))


def trained(model, inputs, target, classes):
    """The losses before each step."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.02 * parameter.abs().mean() * torch.randn(parameter.shape)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(20):
        optimiser.zero_grad()
        value = loss(model(inputs), target, classes)
        value.backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
        optimiser.step()
        losses.append(value.item())
    return losses


def check(folder):
    spec = importlib.util.spec_from_file_location("model", folder + "/model.py")
    exported = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(exported)
    columns, target = read(folder + "/columns.json"), read(folder + "/target.json")
    model = exported.load(folder + "/model.safetensors")
    found = model.predict(columns)
    result = {"shape": list(found.shape)}
    classes = getattr(exported, "CLASSES", None)
    if classes:
        result["labels"] = found.tolist()
        found = model.predict_proba(columns)
    result["values"] = found.reshape(len(found), -1).tolist()
    inputs = torch.from_numpy(exported.encode(columns))
    single = model(inputs.float())
    assert single.dtype == torch.float32 and torch.isfinite(single).all()
    if target is not None:
        result["losses"] = trained(model, inputs, target, classes)
    assert len(model.float().predict(columns)) == len(found)
    return result


print(json.dumps([check(folder) for folder in sys.argv[1:]]))
