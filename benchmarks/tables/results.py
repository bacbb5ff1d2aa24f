"""The file of results: one CSV line a fit, appended as each ends."""

import csv
import io
import math
import os
from pathlib import Path

COLUMNS = (
    "table",
    "split",
    "method",
    "n_train",
    "n_test",
    "nmse",
    "rmse",
    "accuracy",
    "log_loss",
    "auc",
    "fit_wall_s",
    "fit_cpu_s",
    "predict_cpu_s",
    "parameters",
    "process_cpu_s",
    "status",
    "note",
)
NUMBERS = COLUMNS[3:15]
DONE = "done"


def read_results(path):
    """The lines of a file as dictionaries: `split` an int, numbers floats or None, `status` text.

    Columns that a file lacks are None, a missing status is done. A last line without its end, as an
    interrupted run leaves it, is left out; any other bad line is an error that names it.
    """
    text = Path(path).read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    reader = csv.DictReader(io.StringIO(complete))
    missing = {"table", "split", "method"} - set(reader.fieldnames or ())
    if complete and missing:
        raise SystemExit(f"{path} has no column {', '.join(sorted(missing))}")
    rows = []
    for line in reader:
        try:
            row = {name: number(line.get(name)) for name in NUMBERS}
            row |= {"table": line["table"], "split": int(line["split"]), "method": line["method"]}
        except (TypeError, ValueError) as error:
            raise SystemExit(f"{path}, line {reader.line_num}: {error}")
        row["status"] = line.get("status") or DONE
        row["note"] = line.get("note") or ""
        rows.append(row)
    return rows


def number(cell):
    """The number of a cell, None where it is empty."""
    return None if cell is None or cell == "" else float(cell)


def key(row):
    """What a line is of."""
    return row["table"], row["split"], row["method"]


def loss(row):
    """nmse or log loss; None where the fit did not end or the number is not finite."""
    if row["status"] != DONE:
        return None
    value = row["nmse"] if row["nmse"] is not None else row["log_loss"]
    return value if value is not None and math.isfinite(value) else None


def merge(files):
    """The rows of several files by key: of the first file that has one, and there of the last line.

    Numbers that such a line lacks are taken from a later file whose line has the same loss within
    0.5 %: then it is a run of the same method.
    """
    merged = {}
    for path in files:
        for own, row in {key(row): row for row in read_results(path)}.items():
            first = merged.setdefault(own, row)
            if first is not row and same_fit(first, row):
                first |= {name: row[name] for name in NUMBERS if first[name] is None}
    return merged


def same_fit(a, b):
    """Whether two lines tell the same loss."""
    losses = loss(a), loss(b)
    return None not in losses and math.isclose(*losses, rel_tol=5e-3)


def append(path, row):
    """Adds a line that is on the disk when this returns; the header too where there is none.

    What an interrupted run left of its last line is cut off first.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        file.seek(0)
        text = file.read()
        end = text.rfind(b"\n") + 1
        file.truncate(end)
        line = io.StringIO()
        writer = csv.DictWriter(line, COLUMNS, lineterminator="\n")
        if end == 0:
            writer.writeheader()
        writer.writerow({name: shown(row.get(name)) for name in COLUMNS})
        file.write(line.getvalue().encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def shown(value):
    """A cell: floats with ten significant digits, text on one line."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value).replace("\n", " ").replace("\r", " ")
