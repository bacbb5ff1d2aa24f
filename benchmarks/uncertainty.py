"""Intervals and probabilities against peers, on the tables of the protocol.

    python benchmarks/uncertainty.py run --data FOLDER --out FILE --methods neuronseek,lightgbm
                                         [--tables A,B] [--splits 0,1,2] [--level 0.9]
    python benchmarks/uncertainty.py report FILE

Runs in the environment of `tables/requirements.txt` (`tables/run.py` makes one), on one thread.
Results are appended to the file, a JSON document a line; what is there is not run again.

* `neuronseek` (`--binary`, `--flags`): `fit --intervals LEVEL`; coverage, mean width and expected
  calibration error of the test rows are those of its document.
* `lightgbm`, regression alone: two models of the quantiles (1 - LEVEL) / 2 and (1 + LEVEL) / 2,
  settings as in the protocol, stopped early by a tenth of the training rows and moved by the
  conformal step on 15 % of them (Romano and others, Conformalized quantile regression, 2019, with
  a quantile for each end, as NeuronSeek has).
* `catboost`, classification alone: settings as in the protocol, no step after the fit.

The expected calibration error is that of NeuronSeek: 15 bins of equal width by the highest
probability. Widths are reported over the standard deviation of the test target.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "tables"
sys.path.insert(0, str(FOLDER))

import protocol

BINS = 15
STOPPING, CALIBRATING = 0.1, 0.15


def read_split(entry, split):
    """The training and the test rows."""
    # It sends what packages print to standard error.
    import peer

    return peer.read_rows(entry, split)


def deviation(values):
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values))


def quantile_lightgbm(entry, split, level):
    """Coverage and mean width of conformal intervals around LightGBM's quantiles."""
    import lightgbm
    import numpy as np
    from methods.lightgbm_trees import PATIENCE, ROUNDS
    from methods.rows import Levels

    rows, test = read_split(entry, split)
    start = time.process_time()
    rest, calibrating = rows.validation(split, CALIBRATING)
    training, stopping = rest.validation(split + 1000, STOPPING / (1 - CALIBRATING))
    levels = Levels(training)

    def model(quantile):
        settings = {
            "objective": "quantile",
            "alpha": quantile,
            "learning_rate": 0.05,
            "num_threads": 1,
            "seed": split,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(
            levels.apply(training.inputs), training.labels(), free_raw_data=False
        )
        valid = data.create_valid(levels.apply(stopping.inputs), stopping.labels())
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        booster = lightgbm.train(settings, data, ROUNDS, valid_sets=[valid], callbacks=[stop])
        return lambda inputs: booster.predict(levels.apply(inputs), num_threads=1)

    low, high = model((1 - level) / 2), model((1 + level) / 2)
    truth = calibrating.labels()
    place = math.floor((len(truth) + 1) * (1 - level) / 2 + 1e-9) - 1
    if place < 0:
        raise SystemExit(f"{entry.name}: {len(truth)} rows are too few for the level {level}")
    down = np.sort(truth - low(calibrating.inputs))[place]
    up = np.sort(truth - high(calibrating.inputs))[len(truth) - 1 - place]
    lower, upper = low(test.inputs) + down, high(test.inputs) + up
    lower, upper = np.minimum(lower, upper), np.maximum(lower, upper)
    inside = (lower <= test.target) & (test.target <= upper)
    return {
        "n_test": len(test.target),
        "coverage": float(inside.mean()),
        "width": float((upper - lower).mean()) / deviation(test.target.tolist()),
        "cpu_s": round(time.process_time() - start, 2),
    }


def calibration_error(labels, probabilities):
    """`labels` are class numbers, `probabilities` one row of numbers a row."""
    bins = [0.0] * BINS
    for label, row in zip(labels, probabilities):
        top = max(range(len(row)), key=row.__getitem__)
        bins[min(int(row[top] * BINS), BINS - 1)] += row[top] - (top == label)
    return sum(map(abs, bins)) / len(labels)


def catboost(entry, split, _level):
    """Log loss and calibration error of CatBoost."""
    from methods.registry import METHODS

    rows, test = read_split(entry, split)
    method = METHODS["catboost"]
    method.load()
    start = time.process_time()
    model = method.fit(rows, split)
    seconds = time.process_time() - start
    probabilities = model.predict(test.inputs).tolist()
    metrics = protocol.classification_metrics(test.target.tolist(), probabilities, rows.classes)
    return {
        "n_test": len(test.target),
        "log_loss": metrics["log_loss"],
        "accuracy": metrics["accuracy"],
        "ece": calibration_error(test.labels().tolist(), probabilities),
        "cpu_s": round(seconds, 2),
    }


def neuronseek(entry, split, level, options):
    """The same of NeuronSeek, by its command."""
    from product import fit_command

    flags = options.flags.split()
    if not entry.classifies:
        flags += ["--intervals", str(level)]
    command = fit_command(options.binary, entry, split, flags)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    document = json.loads(done.stdout)
    metrics = document["metrics"]["test"]
    result = {
        "n_test": document["rows_by_use"]["test"],
        "wall_s": round(time.perf_counter() - start, 2),
    }
    if entry.classifies:
        return result | {name: metrics[name] for name in ("log_loss", "accuracy", "ece")}
    (found,) = document["intervals"]["test"]
    spread = math.sqrt(metrics["mse"] / metrics["nmse"])
    return result | {
        "nmse": metrics["nmse"],
        "coverage": found["coverage"],
        "width": found["width"] / spread,
        "adaptive": document["intervals"]["adaptive"],
    }


def run(options):
    out = Path(options.out)
    lines = out.read_text().splitlines() if out.exists() else []
    known = {tuple(map(json.loads(line).get, ("table", "split", "method"))) for line in lines}
    wanted = options.tables.split(",") if options.tables else None
    for entry in protocol.read_index(options.data):
        if wanted is not None and entry.name not in wanted:
            continue
        for split in map(int, options.splits.split(",")):
            for method in options.methods.split(","):
                label = options.label if method == "neuronseek" else method
                of_other_task = method == ("lightgbm" if entry.classifies else "catboost")
                if of_other_task or (entry.name, split, label) in known:
                    continue
                if method == "neuronseek":
                    result = neuronseek(entry, split, options.level, options)
                else:
                    peer = {"lightgbm": quantile_lightgbm, "catboost": catboost}[method]
                    result = peer(entry, split, options.level)
                result = {"table": entry.name, "split": split, "method": label, **result}
                print(json.dumps(result), file=sys.stderr)
                with out.open("a") as file:
                    file.write(json.dumps(result) + "\n")


def report(options):
    """Tables in Markdown: means over splits, and pooled numbers of tables that all methods did."""
    results = [json.loads(line) for file in options.files for line in open(file)]
    for measure, names in (("coverage", ("coverage", "width")), ("ece", ("ece", "log_loss"))):
        rows = [r for r in results if measure in r]
        methods = sorted({r["method"] for r in rows})
        place = lambda r: (r["table"], r["split"])
        shared = set.intersection(*({place(r) for r in rows if r["method"] == m} for m in methods))
        if not shared:
            continue
        print("| table | splits |", " | ".join(f"{m} {n}" for n in names for m in methods), "|")
        print("|---|---:|" + "---:|" * (len(names) * len(methods)))
        for table in [*sorted({t for t, _ in shared}), None]:
            chosen = [r for r in rows if place(r) in shared and table in (None, r["table"])]
            cells = []
            for name in names:
                for method in methods:
                    own = [r for r in chosen if r["method"] == method]
                    pooled = table is None and name in ("coverage", "ece")
                    weight = lambda r: r["n_test"] if pooled else 1
                    total = sum(map(weight, own))
                    cells.append(f"{sum(weight(r) * r[name] for r in own) / total:.4f}")
            splits = len({s for t, s in shared if table in (None, t)})
            print(f"| {table or 'all'} | {splits} |", " | ".join(cells), "|")
        print()
    print("'all': coverage and ece over all test rows together, else the mean over tables and splits")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    runs = commands.add_parser("run")
    runs.add_argument("--data", required=True)
    runs.add_argument("--out", required=True)
    runs.add_argument("--methods", required=True, help="neuronseek, lightgbm, catboost")
    runs.add_argument("--tables")
    runs.add_argument("--splits", default="0,1,2")
    runs.add_argument("--level", type=float, default=0.9)
    runs.add_argument("--binary", default="target/release/neuronseek")
    runs.add_argument("--flags", default="", help="more flags for neuronseek fit")
    runs.add_argument("--label", default="neuronseek", help="its name among the results")
    runs.set_defaults(run=run)
    reports = commands.add_parser("report")
    reports.add_argument("files", nargs="+")
    reports.set_defaults(run=report)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
