"""The tabular protocol: tables, the hash split, metrics. Standard library alone.

A folder of tables holds `INDEX.json`: a list `datasets` of entries with `name`, `file` (gzip CSV with
a header), `task` (regression or classification), `target` and `categorical_columns`.

Row i (from 0, the header not counted) is a test row of split s where
`((splitmix64(i + s * 1000003) >> 33) % 10) < 2`, in unsigned 64-bit arithmetic that wraps: about a
fifth of the rows. All other rows are for training, and whatever a method validates on comes from
them.

Losses on the test rows: regression nmse = mean squared error / variance of the test target
(= 1 - R^2); classification log loss in nats, with probabilities clipped to [1e-15, 1 - 1e-15].
"""

import csv
import gzip
import json
import math
from dataclasses import dataclass
from pathlib import Path

WRAP = (1 << 64) - 1

# Columns that leak the target: they name the group of rows that share it.
LEAKS = {"eye_movements": ("lineNo", "assgNo")}

CLIP = 1e-15


@dataclass(frozen=True)
class TableEntry:
    """A table of the index."""

    name: str
    path: Path
    task: str
    target: str
    categories: tuple
    ignore: tuple
    classes: int | None

    @property
    def classifies(self):
        return self.task == "classification"


def read_index(folder):
    """The tables of a folder, by name."""
    path = Path(folder) / "INDEX.json"
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"cannot read {path}: {error}; name the folder of tables with --data")
    entries = []
    for item in index["datasets"]:
        ignore = LEAKS.get(item["name"], ())
        categories = tuple(c for c in item["categorical_columns"] if c not in ignore)
        file, classes = Path(folder) / item["file"], item.get("n_classes")
        entries.append(
            TableEntry(
                item["name"], file, item["task"], item["target"], categories, ignore, classes
            )
        )
    return sorted(entries, key=lambda entry: entry.name)


def splitmix64(x):
    """The hash of the split, in wrapping unsigned 64-bit arithmetic."""
    z = (x + 0x9E3779B97F4A7C15) & WRAP
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WRAP
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WRAP
    return z ^ (z >> 31)


def is_test_row(row, split):
    """Whether a row, counted from 0 without the header, is a test row of the split."""
    return (splitmix64((row + split * 1000003) & WRAP) >> 33) % 10 < 2


def count_rows(entry, split):
    """The training and the test rows of a table."""
    with gzip.open(entry.path, "rt", encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    test = sum(is_test_row(row, split) for row in range(rows))
    return rows - test, test


def regression_metrics(truth, predictions):
    """nmse and rmse of the test rows."""
    count = len(truth)
    mean = math.fsum(truth) / count
    mse = math.fsum((t - p) ** 2 for t, p in zip(truth, predictions)) / count
    variance = math.fsum((t - mean) ** 2 for t in truth) / count
    return {"nmse": mse / variance, "rmse": math.sqrt(mse)}


def classification_metrics(truth, probabilities, classes):
    """Accuracy, log loss and, for two classes, the area under the ROC curve.

    `truth` holds class labels, `probabilities` one row of numbers a test row in the order of
    `classes`. A class that a method has never seen has probability 0 there.
    """
    place = {label: k for k, label in enumerate(classes)}
    hits, losses = 0, []
    for label, row in zip(truth, probabilities):
        k = place.get(label)
        own = row[k] if k is not None else 0.0
        losses.append(-math.log(min(max(own, CLIP), 1 - CLIP)))
        hits += k is not None and max(range(len(row)), key=row.__getitem__) == k
    metrics = {"accuracy": hits / len(truth), "log_loss": math.fsum(losses) / len(truth)}
    if len(classes) == 2:
        second = [label == classes[1] for label in truth]
        metrics["auc"] = roc_auc(second, [row[1] for row in probabilities])
    return metrics


def roc_auc(positive, scores):
    """The area under the ROC curve: the share of pairs in order, ties counted half."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    rank_sum, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        middle = (start + 1 + end) / 2
        rank_sum += middle * sum(positive[k] for k in order[start:end])
        start = end
    ones = sum(positive)
    zeros = len(positive) - ones
    if ones == 0 or zeros == 0:
        return math.nan
    return (rank_sum - ones * (ones + 1) / 2) / (ones * zeros)
