"""One fit of one peer on one table and split; prints one JSON document.

    python peer.py --data FOLDER --table NAME --split S --method METHOD [--seed N]
                   [--budget SECONDS]

Runs in the environment of `requirements.txt`, on one thread. `run.py` starts it for every fit, in a
process of its own. The fit's seconds exclude the interpreter's start, imports and reading the table.
With --budget the method is tuned first, inside the training rows, for that many seconds of
processor time.
"""

import argparse
import json
import os
import sys
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

# Some packages print past Python: whatever they print goes to standard error, the document alone to
# standard output.
DOCUMENT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
warnings.simplefilter("ignore")

import pandas as pd

import protocol
from methods.registry import METHODS
from methods.rows import Rows


def read_rows(entry, split):
    """The training and the test rows: categories and classes as text, all else numbers."""
    text = {column: str for column in entry.categories}
    if entry.classifies:
        text[entry.target] = str
    frame = pd.read_csv(entry.path, dtype=text, na_values=[""], keep_default_na=False)
    frame = frame.drop(columns=list(entry.ignore))
    test = [protocol.is_test_row(row, split) for row in range(len(frame))]
    target = frame.pop(entry.target)
    for column in entry.categories:
        frame[column] = frame[column].fillna("(missing)")
    classes = sorted(target[[not t for t in test]].unique()) if entry.classifies else None
    parts = []
    for wanted in (False, True):
        chosen = [t == wanted for t in test]
        parts.append(
            Rows(
                frame[chosen].reset_index(drop=True),
                target[chosen].to_numpy(),
                entry.categories,
                classes,
            )
        )
    return parts


def evaluate(rows, model):
    """The metrics of the test rows, and the seconds of processor time to predict them."""
    start = time.process_time()
    predictions = model.predict(rows.inputs)
    seconds = time.process_time() - start
    if rows.classes is None:
        metrics = protocol.regression_metrics(rows.target.tolist(), predictions.tolist())
    else:
        metrics = protocol.classification_metrics(
            rows.target.tolist(), predictions.tolist(), rows.classes
        )
    return metrics, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("--split", type=int, required=True)
    parser.add_argument("--method", required=True, choices=sorted(METHODS))
    parser.add_argument("--seed", type=int, help="the split's number unless given")
    parser.add_argument("--budget", type=float, help="seconds of processor time for tuning")
    options = parser.parse_args()
    entry = next((e for e in protocol.read_index(options.data) if e.name == options.table), None)
    if entry is None:
        raise SystemExit(f"no table {options.table} in {options.data}")
    train, test = read_rows(entry, options.split)
    method = METHODS[options.method]
    method.load()
    seed = options.split if options.seed is None else options.seed
    wall, cpu = time.perf_counter(), time.process_time()
    if options.budget is None:
        model = method.fit(train, seed)
    else:
        model = method.tune(train, seed, options.budget)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    metrics, predict_seconds = evaluate(test, model)
    document = {
        "n_train": len(train.target),
        "n_test": len(test.target),
        **metrics,
        "fit_wall_s": round(wall, 3),
        "fit_cpu_s": round(cpu, 3),
        "predict_cpu_s": round(predict_seconds, 4),
        "parameters": model.count(),
        "note": model.note,
    }
    DOCUMENT.write(json.dumps(document) + "\n")
    DOCUMENT.flush()
    # Threads that a package leaves behind cannot hold the process.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
