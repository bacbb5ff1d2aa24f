"""Exports the model of each table in every format and compares what it predicts with `predict`.

    python benchmarks/exports/run.py --data FOLDER --work FOLDER --binary target/release/neuronseek

Rows are the test rows of split 0 and, of the first of them, copies that were spoilt: a missing cell in
each column in turn, a text never seen in each column of texts. Needs numpy, torch, onnxruntime and
duckdb, a C compiler, rustc and PostgreSQL's programs; formats whose program is absent are left out of
the page, with a word. Data bases, which are slow at networks, are asked for the first of the rows and
the spoilt ones alone (--sql-rows). Models and results are kept in the work folder: the same command goes on where
it stopped. Seconds are of one thread, reading the rows not counted.
"""

import argparse
import copy
import csv
import gzip
import json
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tables"))
import formats
import product
import protocol

SPOILT = 100

# Texts that mean a missing cell in columns of numbers, truth values and dates.
NONE_LIKE = {"None", "none", "NONE", "na", "n/a", "Na", "Null", "<NA>", "#N/A", "NIL", "nil", "?"}


def main():
    arguments = parse()
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    entries = protocol.read_index(arguments.data)
    wanted = arguments.tables.split(",") if arguments.tables else [e.name for e in entries]
    results = work / "results.jsonl"
    done = {(r["table"], r["format"]) for r in read_lines(results)}
    for entry in entries:
        if entry.name not in wanted:
            continue
        case = Case(arguments.binary, entry, work / entry.name)
        for name, run in formats.FORMATS.items():
            if arguments.formats and name not in arguments.formats.split(","):
                continue
            if (entry.name, name) in done:
                continue
            rows = arguments.sql_rows if name in formats.DATABASES else 0
            result = compare(case.some(rows) if rows else case, name, run)
            if result:
                with results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(result) + "\n")
                print(result, flush=True)
    (work / "exports.md").write_text(page(read_lines(results)), encoding="utf-8")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="the folder of tables with INDEX.json")
    parser.add_argument("--work", required=True, help="where models and results are kept")
    parser.add_argument("--binary", default="target/release/neuronseek")
    parser.add_argument("--tables", default="", help="names with commas; all without")
    parser.add_argument("--formats", default="", help="names with commas; all without")
    parser.add_argument(
        "--sql-rows",
        type=int,
        default=1000,
        help="the most rows that data bases are asked for, the spoilt ones among them; 0 for all",
    )
    return parser.parse_args()


def read_lines(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Case:
    """A table with its fitted model, rows to predict, and what `predict` says of them."""

    def __init__(self, binary, entry, folder):
        self.binary, self.entry, self.folder = binary, entry, folder
        folder.mkdir(exist_ok=True)
        self.model = folder / "model.safetensors"
        if not self.model.exists():
            command = product.fit_command(binary, entry, 0, ["-o", str(self.model)])
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        pipeline = folder / "model.json"
        self.export("json", pipeline)
        described = json.loads(pipeline.read_text(encoding="utf-8"))
        self.columns = described["recipe"]["columns"]
        self.classes = described["outcome"].get("classes", {}).get("classes")
        self.rows = folder / "rows.csv"
        header, rows = self.read()
        with self.rows.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        self.cells = [
            [cell(row[header.index(c["name"])], c["kind"]) for row in rows] for c in self.columns
        ]
        self.expected, self.labels = self.predict()

    def some(self, count):
        """The same with so many of the rows, the spoilt ones among them."""
        total = len(self.expected)
        keep = [*range(total)] if total <= count else [*range(count - SPOILT), *range(total - SPOILT, total)]
        other = copy.copy(self)
        other.cells = [[cells[row] for row in keep] for cells in self.cells]
        other.expected = self.expected[keep]
        other.labels = [self.labels[row] for row in keep] if self.labels else []
        return other

    def export(self, format, path, *flags):
        command = [self.binary, "export", str(self.model), "--format", format, "-o", str(path)]
        subprocess.run([*command, "--force", "--quiet", *flags], check=True)

    def read(self):
        """The header and the rows to predict."""
        with gzip.open(self.entry.path, "rt", encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        rows = [row for i, row in enumerate(rows) if protocol.is_test_row(i, 0)]
        spoilt = []
        for i, row in enumerate(rows[:SPOILT]):
            column = self.columns[i % len(self.columns)]
            row, place = list(row), header.index(column["name"])
            never = column["kind"] == "text" and i % 2 == 0
            row[place] = "a text never seen" if never else ""
            spoilt.append(row)
        return header, rows + spoilt

    def predict(self):
        flags = ["--proba"] if self.classes else []
        command = [self.binary, "predict", str(self.model), str(self.rows), "--quiet", *flags]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        _, *rows = list(csv.reader(text.splitlines()))
        if self.classes:
            return numpy.array([row[1:] for row in rows], float), [row[0] for row in rows]
        return numpy.array(rows, float), []


def cell(text, kind):
    """A cell as exported models take it: None where it is missing."""
    text = text.strip()
    if text in ("", "NA", "N/A", "null", "NULL"):
        return None
    if kind == "text":
        return text
    if text in NONE_LIKE:
        return None
    if kind == "truth":
        return float(text.lower() in ("true", "yes", "t", "y", "on", "1", "1.0"))
    if kind == "date":
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    return float(text)


def compare(case, name, run):
    """The largest difference of a format's predictions, and its speed; None without its program."""
    found = run(case)
    if found is None:
        print(f"skipped: {name} on {case.entry.name}: its program is absent", flush=True)
        return None
    values, labels, seconds, size = found
    largest = numpy.abs(case.expected).max(axis=0)
    difference = (numpy.abs(values - case.expected) / largest).max()
    others = sum(a != b for a, b in zip(labels, case.labels))
    return {
        "table": case.entry.name,
        "format": name,
        "rows": len(case.expected),
        "difference": float(difference),
        "other_labels": others,
        "rows_per_second": len(case.expected) / seconds,
        "bytes": size,
    }


def page(results):
    """The results as Markdown."""
    names = list(formats.FORMATS)
    tables = sorted({r["table"] for r in results})
    by = {(r["table"], r["format"]): r for r in results}
    lines = []
    for title, show in (
        ("Largest difference, as a share of the largest prediction", lambda r: f"{r['difference']:.1e}"),
        ("Rows compared", lambda r: f"{r['rows']:,}"),
        ("Rows per second, one thread", lambda r: f"{r['rows_per_second']:,.0f}"),
        ("Size", lambda r: f"{r['bytes'] / 1e6:.2f} MB"),
    ):
        lines += [f"## {title}", "", "| table | " + " | ".join(names) + " |"]
        lines.append("|---|" + "---:|" * len(names))
        for table in tables:
            cells = [show(by[table, n]) if (table, n) in by else "" for n in names]
            lines.append(f"| {table} | " + " | ".join(cells) + " |")
        lines.append("")
    other = sum(r["other_labels"] for r in results)
    lines.append(f"Predicted classes that differ, over all tables and formats: {other}.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
