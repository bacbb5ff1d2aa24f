"""Seconds and peak memory of the command against the number of rows, and the exponent.

    python benchmarks/scale/exponent.py DIR NEURONSEEK [--limit 2GiB] [--rows 1 10 100]
        [--fit="--profile polynomial"]

DIR is of generate.py, whose files have a million rows each; --rows counts files. Before them a
hundred thousand rows of the first file are fitted. The exponent is the slope of log seconds over
log rows, of neighbouring numbers of rows and of all.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def measured(line: list[str]) -> dict[str, Any]:
    """Runs a command; its seconds, processor seconds and peak resident memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            high = next(row for row in status.splitlines() if row.startswith("VmHWM"))
            peak = max(peak, int(high.split()[1]))
        except (OSError, StopIteration):
            pass
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    out, errors = process.communicate()
    if process.returncode != 0:
        raise SystemExit(errors)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "peak_mib": peak / 1024, "out": out, "errors": errors}


def main() -> None:
    """Measure and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("neuronseek")
    parser.add_argument("--limit", default="2GiB")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 10, 100], help="files")
    parser.add_argument("--fit", help="fit with these flags instead of search")
    arguments = parser.parse_args()
    files = sorted(arguments.directory.glob("*.parquet"))
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.parquet"
        table = pq.read_table(files[0]).slice(0, 100_000)
        pq.write_table(table, small, use_dictionary=False, compression="none")
        sets = [[small], *(files[:count] for count in arguments.rows)]
        for own in sets:
            rows = sum(pq.read_metadata(file).num_rows for file in own)
            parts = Path(folder) / "parts"
            parts.mkdir()
            for file in own:
                (parts / file.name).symlink_to(file.resolve())
            command = ["search"] if arguments.fit is None else ["fit", *arguments.fit.split()]
            line = [arguments.neuronseek, *command, str(parts), "--target", "y"]
            line += ["--memory-limit", arguments.limit, "--json"]
            run = measured(line)
            shutil.rmtree(parts)
            found = json.loads(run.pop("out"))
            run.pop("errors")
            run |= {"rows": rows, "neuron": found["neuron"], "rows_a_second": rows / run["seconds"]}
            if "metrics" in found:
                run["validation"] = found["metrics"].get("validation")
            runs.append(run)
    slopes = [exponent(a, b) for a, b in itertools.pairwise(runs)]
    print(json.dumps({"runs": runs, "exponents": slopes, "exponent": exponent(runs[0], runs[-1])}))


def exponent(a: dict[str, Any], b: dict[str, Any]) -> float:
    """The slope between two runs."""
    return math.log(b["seconds"] / a["seconds"]) / math.log(b["rows"] / a["rows"])


if __name__ == "__main__":
    main()
