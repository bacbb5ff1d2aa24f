"""tnlearn's VecSymRegressor, the authors' vectorised symbolic regression, timed.

    python vec_sym_regressor.py TABLE.csv [--population 5000] [--generations 20] [--seed 100]

TABLE.csv has the inputs and, last, the target, with a header. Prints one JSON document:
{"tnlearn": version, "seconds": CPU seconds of fit, "mse": the best program's, "program": its text}.
One thread. tnlearn's own defaults but for the settings given.
"""

import argparse
import contextlib
import csv
import importlib.metadata
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("table")
    parser.add_argument("--population", type=int, default=5000)
    parser.add_argument("--generations", type=int, default=20)
    parser.add_argument("--seed", type=int, default=100)
    args = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        from tnlearn import VecSymRegressor
    with open(args.table, newline="") as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    search = VecSymRegressor(
        random_state=args.seed, pop_size=args.population, max_generations=args.generations
    )
    start = time.process_time()
    with contextlib.redirect_stdout(sys.stderr):
        search.fit(rows[:, :-1], rows[:, -1])
    seconds = time.process_time() - start
    document = {
        "tnlearn": importlib.metadata.version("tnlearn"),
        "seconds": seconds,
        "mse": float(search.global_best),
        "program": str(search.best_prog),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
