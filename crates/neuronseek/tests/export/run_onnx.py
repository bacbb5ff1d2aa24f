"""Reads a file name and columns as JSON, runs the ONNX model in it, prints predictions as JSON."""

import json
import sys

import numpy
import onnx
import onnxruntime

asked = json.load(sys.stdin)
onnx.checker.check_model(onnx.load(asked["file"]))
session = onnxruntime.InferenceSession(asked["file"], providers=["CPUExecutionProvider"])
feed = {}
for value in session.get_inputs():
    cells = asked["columns"][value.name]
    if value.type == "tensor(string)":
        array = numpy.array([cell or "" for cell in cells], dtype=object)
    else:
        array = numpy.array([numpy.nan if cell is None else cell for cell in cells], dtype=float)
    feed[value.name] = array.reshape(-1, 1)
names = [value.name for value in session.get_outputs()]
found = dict(zip(names, session.run(names, feed)))
if "prediction" in found:
    answer = {"values": found["prediction"].tolist(), "labels": []}
else:
    answer = {"values": found["probabilities"].tolist(), "labels": found["label"].tolist()}
json.dump(answer, sys.stdout)
