"""Checks ONNX models and runs them.

Reads JSON: {"cases": [{"model": path, "shape": [images, channels, rows, columns],
"pixels": [...]}]}. Prints one {"logits", "probabilities", "metadata"} per case.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

onnxruntime.set_default_logger_severity(3)
# One thread: several would do nothing for models this small.
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1


def answer(case):
    onnx.checker.check_model(onnx.load(case["model"]), full_check=True)
    session = onnxruntime.InferenceSession(
        case["model"], options, providers=["CPUExecutionProvider"]
    )
    pixels = numpy.array(case["pixels"], dtype=numpy.uint8).reshape(case["shape"])
    logits, probabilities = session.run(["logits", "probabilities"], {"images": pixels})
    return {
        "logits": logits.ravel().tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "metadata": session.get_modelmeta().custom_metadata_map,
    }


print(json.dumps([answer(case) for case in json.load(sys.stdin)["cases"]]))
