"""What a fit from Python costs beside the command's, and predictions beside a perceptron's.

    python benchmarks/python/overhead.py fit [--runs 3] [--profile default]
    python benchmarks/python/overhead.py predict [--rows 1000000] [--repeats 5]

`fit`: airfoil_self_noise of the repository, one thread, seed 0: processor seconds of the command
(a process that reads the CSV and fits) and of `NeuronSeekRegressor.fit` from NumPy in a process of
its own: of the call alone, and of the whole process, which also imports NumPy and scikit-learn. The
two take turns.

`predict`: rows x 8 in single precision, one thread, the least processor time of the repeats: a
polynomial, a small network, and a default model, each beside scikit-learn's `MLPRegressor` with as
many parameters, in one hidden layer or in two, fitted on single precision.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "examples" / "data" / "airfoil_self_noise.csv"

FIT = """
import json, sys, time
import pandas as pd
from neuronseek import NeuronSeekRegressor
table = pd.read_csv(sys.argv[1], float_precision="round_trip")
y = table.pop("sound_pressure").to_numpy()
X = table.to_numpy()
model = NeuronSeekRegressor(profile=sys.argv[2], random_state=0, n_jobs=1)
start = time.process_time()
model.fit(X, y)
print(json.dumps({"seconds": time.process_time() - start, "neuron": model.report_["neuron"],
                  "mse": model.report_["metrics"]["training"]["mse"]}))
"""


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command: list[str]) -> tuple[float, dict]:
    before = children()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return children() - before, json.loads(done.stdout)


def fit(options: argparse.Namespace) -> None:
    command = [sys.executable, "-m", "neuronseek", "fit", str(TABLE)]
    command += ["--target", "sound_pressure", "--threads", "1", "--json", "--quiet"]
    command += ["--profile", options.profile]
    python = [sys.executable, "-c", FIT, str(TABLE), options.profile]
    print(
        f"{'run':>3}  {'command':>9}  {'fit alone':>9}  {'ratio':>6}  {'process':>9}  {'ratio':>6}"
    )
    ratios = []
    for number in range(1, options.runs + 1):
        seconds, answer = run(command)
        whole, own = run(python)
        alone = own["seconds"]
        ratios.append(alone / seconds)
        print(
            f"{number:>3}  {seconds:>7.2f} s  {alone:>7.2f} s  {alone / seconds:>9.3f}  "
            f"{whole:>7.2f} s  {whole / seconds:>9.3f}"
        )
        same = (
            answer["neuron"] == own["neuron"] and answer["metrics"]["training"]["mse"] == own["mse"]
        )
        print(f"     the same model: {same}")
    print(f"median ratio of the fit alone: {sorted(ratios)[len(ratios) // 2]:.3f}")


def least(work, repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def predict(options: argparse.Namespace) -> None:
    import numpy as np
    from sklearn.neural_network import MLPRegressor

    from neuronseek import NeuronSeekRegressor, PolynomialNeuronRegressor

    warnings.simplefilter("ignore")
    random = np.random.default_rng(0)
    X = random.normal(size=(options.rows, 8)).astype(np.float32)
    some = X[:3000]
    law = some.sum(axis=1) + 2 * some[:, 0] * some[:, 1]
    y = law + random.normal(size=3000)
    bent = y + 3 * np.sin(3 * some[:, 2])
    models = {
        "polynomial": PolynomialNeuronRegressor(random_state=0, n_jobs=1).fit(some, y),
        "small network": NeuronSeekRegressor(profile="small", random_state=0).fit(some, bent),
        "default": NeuronSeekRegressor(random_state=0, n_jobs=1, max_iter=3).fit(some, bent),
    }
    print("rows x 8, single precision, one thread; rows per second")
    titles = ("model", "parameters", "rows", "NeuronSeek", "1 hidden", "ratio", "2 hidden", "ratio")
    print("  ".join(title.rjust(13) for title in titles))
    for name, model in models.items():
        count = model.report_["parameters"]
        # A wide layer's values of a million rows would not fit in memory.
        rows = options.rows if count < 100_000 else options.rows // 250
        some_rows = X[:rows]
        repeats = options.repeats if count < 100_000 else 1

        def rate(estimator, rows=rows, some_rows=some_rows, repeats=repeats):
            estimator.predict(some_rows[:100])
            return rows / least(lambda: estimator.predict(some_rows), repeats)

        own = rate(model)
        cells = [name, f"{count:,}", f"{rows:,}", f"{own:,.0f}"]
        wide = max(1, round((count - 1) / 10))
        deep = max(1, round((((11**2) + 4 * count) ** 0.5 - 11) / 2))
        for hidden in ((wide,), (deep, deep)):
            rival = MLPRegressor(hidden_layer_sizes=hidden, max_iter=1, random_state=0)
            other = rate(rival.fit(some, y.astype(np.float32)))
            cells += [f"{other:,.0f}", f"{own / other:.2f}"]
        print("  ".join(cell.rjust(13) for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("fit")
    one.add_argument("--runs", type=int, default=3)
    one.add_argument("--profile", default="default", choices=["small", "default", "best"])
    two = commands.add_parser("predict")
    two.add_argument("--rows", type=int, default=1_000_000)
    two.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    {"fit": fit, "predict": predict}[options.command](options)


if __name__ == "__main__":
    main()
