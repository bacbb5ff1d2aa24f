"""gplearn's genetic programming on a table, with a limit of time.

    python gplearn_formula.py TRAINING.csv TEST.csv [--budget 1] [--seed 0]
    python gplearn_formula.py --version

Both tables have the inputs x1, x2, ... and, last, the target, with a header. Prints one JSON
document: {"version": gplearn's, "seconds": of the search, "r2": on the test rows, "formula": text};
with --version only the first. One thread.

gplearn counts generations, not seconds, and keeps no best program: generations are added one by one
as long as the next one is expected to end within the budget (the first always runs), the program of
the lowest error of all generations is the result, and the search ends when it fits exactly. The
functions are + - * / and neg, sin, cos, exp, log, sqrt; all other settings are gplearn's defaults
(1000 programs, constants from -1 to 1, which gplearn does not refine).

gplearn's functions are protected. In the formula sqrt is written as sqrt(abs(a)) and log as
log(abs(a)), which is what gplearn computes, and exp, ours, as exp(min(a, 50)). A division by b is
written a / b, though gplearn gives 1 where |b| <= 0.001, and 0 for the logarithm of such numbers: at
rows that come so close the formula differs from the program. r2 is the program's own.
"""

import argparse
import csv
import importlib.metadata
import json
import os
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

try:
    import numpy as np
    from gplearn.functions import make_function
    from gplearn.genetic import SymbolicRegressor
except ImportError as error:
    raise SystemExit(f"gplearn cannot be imported ({error})")

TEXTS = {
    "add": "({} + {})",
    "sub": "({} - {})",
    "mul": "({} * {})",
    "div": "({} / {})",
    "neg": "(-{})",
    "sin": "sin({})",
    "cos": "cos({})",
    "exp": "exp(min({}, 50))",
    "log": "log(abs({}))",
    "sqrt": "sqrt(abs({}))",
}

# An exact fit: mean absolute error below this share of the target's mean size.
EXACT = 1e-12


def exponential(a):
    return np.exp(np.minimum(a, 50))


def table(path):
    with open(path, newline="") as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    return rows[:, :-1], rows[:, -1]


def text(program):
    """The program, a list in prefix order, as a formula."""
    parts = []
    for node in reversed(program):
        if isinstance(node, (int, np.integer)):
            parts.append(f"x{node + 1}")
        elif hasattr(node, "arity"):
            arguments = [parts.pop() for _ in range(node.arity)]
            parts.append(TEXTS[node.name].format(*arguments))
        else:
            number = repr(float(node))
            parts.append(f"({number})" if node < 0 else number)
    return parts.pop()


def search(x, y, budget, seed):
    """The program of the lowest error, and the seconds."""
    exp = make_function(function=exponential, name="exp", arity=1, wrap=False)
    functions = ["add", "sub", "mul", "div", "neg", "sin", "cos", exp, "log", "sqrt"]
    exact = EXACT * np.mean(np.abs(y))
    start = time.perf_counter()
    model = SymbolicRegressor(
        generations=1,
        function_set=functions,
        warm_start=True,
        low_memory=True,
        random_state=seed,
    )
    best = None
    while True:
        before = time.perf_counter()
        model.fit(x, y)
        now = time.perf_counter()
        program = model._program
        if best is None or program.raw_fitness_ < best.raw_fitness_:
            best = program
        if best.raw_fitness_ <= exact or now - start + (now - before) > budget:
            return best, now - start
        model.set_params(generations=model.generations + 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--budget", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--version", action="store_true")
    args = parser.parse_args()
    document = {"version": importlib.metadata.version("gplearn")}
    if not args.version:
        warnings.simplefilter("ignore")
        np.seterr(all="ignore")
        training, test = [table(path) for path in args.tables]
        program, seconds = search(*training, args.budget, args.seed)
        x, y = test
        r2 = 1 - np.mean((y - program.execute(x)) ** 2) / np.var(y)
        document["seconds"] = seconds
        document["r2"] = float(r2) if np.isfinite(r2) else None
        document["formula"] = text(program.program)
    print(json.dumps(document))


if __name__ == "__main__":
    main()
