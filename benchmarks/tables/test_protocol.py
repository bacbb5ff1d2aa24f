import gzip
import json
import math
import tempfile
import unittest
from pathlib import Path

import protocol


def write_table(folder, rows, classes=None):
    """A folder with one table `small` of that many rows, and its index entry."""
    with gzip.open(Path(folder) / "small.csv.gz", "wt", encoding="utf-8") as file:
        file.write("a,y\n" + "".join(f"{row},{row % 3}\n" for row in range(rows)))
    entry = {"name": "small", "file": "small.csv.gz", "target": "y", "categorical_columns": []}
    entry["task"] = "classification" if classes else "regression"
    entry |= {"n_classes": classes} if classes else {}
    (Path(folder) / "INDEX.json").write_text(json.dumps({"datasets": [entry]}))


class Split(unittest.TestCase):
    def test_hash_is_splitmix64(self):
        # The first numbers of the generator from the seed 0 (the hash of its states).
        self.assertEqual(protocol.splitmix64(0), 0xE220A8397B1DCDAF)
        self.assertEqual(protocol.splitmix64(0x9E3779B97F4A7C15), 0x6E789E6AA1B965F4)

    def test_counts_are_the_protocol_s(self):
        # Rows of airfoil, vehicle and california_housing, and the test rows of splits 0, 1, 2.
        cases = {1503: (310, 298, 313), 846: (165, 159, 168), 20640: (4222, 4210, 4166)}
        for rows, wanted in cases.items():
            for split, count in enumerate(wanted):
                own = sum(protocol.is_test_row(row, split) for row in range(rows))
                self.assertEqual(own, count, f"{rows} rows, split {split}")

    def test_rows_of_a_table_are_counted_without_its_header(self):
        with tempfile.TemporaryDirectory() as folder:
            write_table(folder, 846)
            (entry,) = protocol.read_index(folder)
            self.assertEqual(protocol.count_rows(entry, 1), (846 - 159, 159))

    def test_leaking_columns_are_ignored(self):
        with tempfile.TemporaryDirectory() as folder:
            item = {"name": "eye_movements", "file": "e.csv.gz", "target": "label"}
            item |= {"task": "classification", "categorical_columns": ["lineNo", "kind"]}
            (Path(folder) / "INDEX.json").write_text(json.dumps({"datasets": [item]}))
            (entry,) = protocol.read_index(folder)
            self.assertEqual(entry.ignore, ("lineNo", "assgNo"))
            self.assertEqual(entry.categories, ("kind",))


class Metrics(unittest.TestCase):
    def test_regression(self):
        metrics = protocol.regression_metrics([1.0, 2.0, 3.0], [1.0, 2.0, 5.0])
        self.assertAlmostEqual(metrics["nmse"], (4 / 3) / (2 / 3))
        self.assertAlmostEqual(metrics["rmse"], math.sqrt(4 / 3))

    def test_classification(self):
        probabilities = [[0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.0, 1.0]]
        metrics = protocol.classification_metrics(["a", "b", "a", "b"], probabilities, ["a", "b"])
        self.assertEqual(metrics["accuracy"], 0.75)
        losses = [math.log(0.8), math.log(0.6), math.log(0.3), math.log(1 - 1e-15)]
        self.assertAlmostEqual(metrics["log_loss"], -sum(losses) / 4)
        self.assertEqual(metrics["auc"], 0.75)

    def test_a_class_never_seen_costs_the_clipped_loss(self):
        metrics = protocol.classification_metrics(["c"], [[0.5, 0.3, 0.2]], ["a", "b", "d"])
        self.assertAlmostEqual(metrics["log_loss"], -math.log(1e-15))
        self.assertEqual(metrics["accuracy"], 0.0)
        self.assertNotIn("auc", metrics)

    def test_ties_count_half_in_auc(self):
        self.assertEqual(protocol.roc_auc([True, False], [0.5, 0.5]), 0.5)
        self.assertEqual(protocol.roc_auc([True, True, False], [0.9, 0.5, 0.5]), 0.75)


if __name__ == "__main__":
    unittest.main()
