"""PySR's symbolic regression on a table, with a limit of time.

    python pysr_formula.py TRAINING.csv TEST.csv [--budget 1] [--seed 0]
    python pysr_formula.py --version

Both tables have the inputs x1, x2, ... and, last, the target, with a header. Prints one JSON
document: {"version": PySR's, "seconds": of the search, "r2": on the test rows, "formula": text};
with --version only the first. One thread.

PySR runs in Julia, which it downloads when it is first imported. Julia compiles the search during
the first one: a search of one iteration on the same table goes before and is not timed. The
operators are + - * / and sin, cos, exp, log, sqrt; constants have 64 bits and the number of
iterations is not limited; all other settings are PySR's defaults.

Written by PySR's documentation of version 2; not yet run with Julia.
"""

import argparse
import csv
import importlib.metadata
import json
import os
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "JULIA_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["PYTHON_JULIACALL_THREADS"] = "1"

# Julia prints past Python: whatever it prints goes to standard error, the document alone to output.
DOCUMENT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

warnings.simplefilter("ignore")
try:
    import numpy as np
    from pysr import PySRRegressor
except ImportError as error:
    raise SystemExit(f"PySR cannot be imported ({error})")
except Exception as error:
    # PySR is there, but not Julia, nor a network to get it from.
    raise SystemExit(f"PySR cannot start Julia ({type(error).__name__}: {error})".replace("\n", " "))


def table(path):
    with open(path, newline="") as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    return rows[:, :-1], rows[:, -1]


def search(x, y, budget, seed, iterations):
    """The fitted model, and the seconds."""
    start = time.perf_counter()
    model = PySRRegressor(
        binary_operators=["+", "-", "*", "/"],
        unary_operators=["sin", "cos", "exp", "log", "sqrt"],
        niterations=iterations,
        timeout_in_seconds=budget,
        parallelism="serial",
        deterministic=True,
        random_state=seed,
        precision=64,
        print_precision=17,
        # This program may come through standard input, which PySR would watch for a "q".
        input_stream="devnull",
        temp_equation_file=True,
        progress=False,
        verbosity=0,
    )
    names = [f"x{number}" for number in range(1, x.shape[1] + 1)]
    model.fit(x, y, variable_names=names)
    return model, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--budget", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--version", action="store_true")
    args = parser.parse_args()
    document = {"version": importlib.metadata.version("pysr")}
    if not args.version:
        training, test = [table(path) for path in args.tables]
        search(*training, args.budget, args.seed, 1)
        model, seconds = search(*training, args.budget, args.seed, 10**9)
        x, y = test
        r2 = 1 - np.mean((y - model.predict(x)) ** 2) / np.var(y)
        document["seconds"] = seconds
        document["r2"] = float(r2) if np.isfinite(r2) else None
        document["formula"] = str(model.sympy())
    DOCUMENT.write(json.dumps(document))
    DOCUMENT.flush()


if __name__ == "__main__":
    main()
