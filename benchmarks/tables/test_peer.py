"""Needs the peers' packages: run by the environment of run.py; skipped where they are not there."""

import gzip
import json
import math
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import protocol

try:
    import catboost
    import lightgbm
    import sklearn
    import xgboost
except ImportError as error:
    raise unittest.SkipTest(str(error))

HERE = Path(__file__).resolve().parent
ROWS = 400


def write_tables(folder, test_value=None):
    """A table of numbers and one of classes, both with missing cells and a level of test rows alone.

    With `test_value` the test rows have this target.
    """
    entries = []
    for name, task in (("numbers", "regression"), ("classes", "classification")):
        lines = ["a,b,kind,y"]
        for row in range(ROWS):
            a, b, kind = math.sin(row), "" if row % 11 == 3 else row % 13, "uvw"[row % 3]
            value = 3 * a + row % 13
            held = protocol.is_test_row(row, 0)
            if held and row % 5 == 0:
                kind = "of test rows alone"
            if row % 17 == 2:
                kind = ""
            target = value if task == "regression" else "low" if value < 6 else "high"
            if held and test_value is not None:
                target = test_value[task]
            lines.append(f"{a},{b},{kind},{target}")
        with gzip.open(Path(folder) / f"{name}.csv.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        entry = {"name": name, "file": f"{name}.csv.gz", "task": task, "target": "y"}
        entries.append({**entry, "categorical_columns": ["kind"]})
    (Path(folder) / "INDEX.json").write_text(json.dumps({"datasets": entries}))


def fit(folder, table, method, *more):
    """The document of one fit."""
    command = [sys.executable, "-B", str(HERE / "peer.py"), "--data", folder, "--table", table]
    command += ["--split", "0", "--method", method, *more]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        raise AssertionError(ended.stderr)
    return json.loads(ended.stdout)


class Peer(unittest.TestCase):
    def test_every_method_learns_from_tables_with_gaps(self):
        with tempfile.TemporaryDirectory() as folder:
            write_tables(folder)
            test = sum(protocol.is_test_row(row, 0) for row in range(ROWS))
            for method in ("linear", "mlp", "xgboost", "lightgbm", "catboost"):
                numbers, classes = fit(folder, "numbers", method), fit(folder, "classes", method)
                self.assertEqual((numbers["n_train"], numbers["n_test"]), (ROWS - test, test))
                self.assertLess(numbers["nmse"], 0.9, method)
                self.assertLess(classes["log_loss"], 0.65, method)
                self.assertGreater(classes["parameters"], 3, method)

    def test_a_tuned_fit_does_not_depend_on_the_test_targets(self):
        # The same predictions are right for one constant target where they are wrong for the other.
        with tempfile.TemporaryDirectory() as folder:
            write_tables(folder, {"regression": 0, "classification": "low"})
            low = fit(folder, "classes", "lightgbm", "--budget", "0.001")
            write_tables(folder, {"regression": 0, "classification": "high"})
            high = fit(folder, "classes", "lightgbm", "--budget", "0.001")
        self.assertAlmostEqual(low["accuracy"] + high["accuracy"], 1.0)


if __name__ == "__main__":
    unittest.main()
