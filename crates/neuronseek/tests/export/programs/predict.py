"""Predicts with an exported model from dictionaries, once with lists and once with arrays of other
types and few rows at a time; checks the error function. The folder is the first argument."""

import importlib.util
import json
import math
import sys

import numpy as np


def other(model, name, values):
    """The same column in another type."""
    reader = dict(model.COLUMNS)[name].__name__
    if reader == "dates":
        seconds = np.array(values, dtype=np.float64)
        moments = np.nan_to_num(seconds).astype("datetime64[s]")
        return np.where(np.isnan(seconds), np.datetime64("NaT"), moments)
    if reader == "truths":
        return [None if value is None else bool(value) for value in values]
    return np.array(values, dtype=object if reader == "texts" else np.float64)


def check(folder):
    spec = importlib.util.spec_from_file_location("model", folder + "/model.py")
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    with open(folder + "/columns.json", encoding="utf-8") as file:
        columns = json.load(file)
    found = model.predict(columns)
    result = {"shape": list(found.shape)}
    predict = model.predict
    if hasattr(model, "CLASSES"):
        result["labels"] = found.tolist()
        predict = model.predict_proba
        found = predict(columns)
    result["values"] = found.reshape(len(found), -1).tolist()
    model.ROWS = 7
    again = predict({name: other(model, name, values) for name, values in columns.items()})
    assert np.abs(again - found).max() <= 1e-9 * np.abs(found).max()
    assert len(model.predict({name: [] for name in columns})) == 0
    try:
        model.predict({})
        sys.exit("columns are missing, and nobody says so")
    except ValueError:
        pass
    if hasattr(model, "erf"):
        x = np.concatenate([np.linspace(-9, 9, 100001), np.linspace(-1e-3, 1e-3, 1001), [np.inf]])
        error = np.abs(model.erf(x) - [math.erf(value) for value in x]).max()
        assert error < 1e-13, error
    if hasattr(model, "seconds"):
        with open("dates.json", encoding="utf-8") as file:
            result["seconds"] = [model.seconds(text) for text in json.load(file)]
    return result


print(json.dumps([check(folder) for folder in sys.argv[1:]]))
