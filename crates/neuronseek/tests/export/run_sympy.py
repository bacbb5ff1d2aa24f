"""Reads a file name and rows as JSON, evaluates the polynomials in it by SymPy, prints their values."""

import json
import runpy
import sys

asked = json.load(sys.stdin)
found = runpy.run_path(asked["file"])
symbols = list(found["symbols"].values())
limits = found["limits"]


def limited(name, value):
    low, high = limits.get(name, (value, value))
    return min(max(value, low), high)


rows = []
for row in asked["rows"]:
    values = {s: limited(n, v) for (n, s), v in zip(found["symbols"].items(), row)}
    rows.append([float(p.subs(values).evalf()) for p in found["polynomial"].values()])
json.dump(rows, sys.stdout)
