"""PyOperon's genetic programming on a table, with a limit of time.

    python pyoperon_formula.py TRAINING.csv TEST.csv [--budget 1] [--seed 0]
    python pyoperon_formula.py --version

Both tables have the inputs x1, x2, ... and, last, the target, with a header. Prints one JSON
document: {"version": PyOperon's, "seconds": of the search, "r2": on the test rows, "formula": text};
with --version only the first. One thread.

PyOperon takes whole seconds: the budget is rounded down, to no less than one. The symbols are
+ - * /, constants, inputs and sin, cos, exp, log, sqrt. Constants are refined by five steps of least
squares (PyOperon's default is none, with which it hardly finds one); generations and evaluations
are not limited; all other settings are PyOperon's defaults (1000 programs of at most 50 symbols).
PyOperon computes with 32 bits: so many digits are all that its constants have.
"""

import argparse
import csv
import importlib.metadata
import json
import os
import re
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

try:
    import numpy as np
    from pyoperon.sklearn import SymbolicRegressor
except ImportError as error:
    raise SystemExit(f"PyOperon cannot be imported ({error})")

# Constants are printed with a fixed number of decimals: enough for any 32-bit number that matters.
DECIMALS = 45


def table(path):
    with open(path, newline="") as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    return rows[:, :-1], rows[:, -1]


def text(model, inputs):
    """The model as a formula, its numbers in their shortest form."""
    names = [f"x{number}" for number in range(1, inputs + 1)]
    long = model.get_model_string(model.model_, precision=DECIMALS, names=names)
    return re.sub(r"\d+\.\d+", lambda number: repr(float(number[0])), long)


def search(x, y, budget, seed):
    """The fitted model, and the seconds."""
    start = time.perf_counter()
    model = SymbolicRegressor(
        allowed_symbols="add,sub,mul,div,constant,variable,sin,cos,exp,log,sqrt",
        optimizer_iterations=5,
        generations=10**9,
        max_evaluations=10**12,
        max_time=max(1, int(budget)),
        n_threads=1,
        random_state=seed,
    )
    model.fit(x, y)
    return model, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--budget", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--version", action="store_true")
    args = parser.parse_args()
    document = {"version": importlib.metadata.version("pyoperon")}
    if not args.version:
        warnings.simplefilter("ignore")
        training, test = [table(path) for path in args.tables]
        model, seconds = search(*training, args.budget, args.seed)
        x, y = test
        r2 = 1 - np.mean((y - model.predict(x).astype(float)) ** 2) / np.var(y)
        document["seconds"] = seconds
        document["r2"] = float(r2) if np.isfinite(r2) else None
        document["formula"] = text(model, x.shape[1])
    print(json.dumps(document))


if __name__ == "__main__":
    main()
