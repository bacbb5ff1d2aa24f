"""Boosted trees on a table that is read piece by piece: XGBoost and LightGBM.

    python benchmarks/scale/rivals.py DIR [--methods xgboost,lightgbm] [--threads 2]

`DIR` is what generate.py made. The last file is the test set and is never trained on. Each method
runs in a process of its own; for each, one line of JSON is printed: seconds to a fitted model (all
reading of Parquet included, imports not), those until the data were loaded, processor
seconds of the fit (of all threads; less moved by what else the machine does), the peak of the
resident memory of the process and its children (looked at every 50 ms), R2 and the mean squared
error by the variance of the target (nmse) on the test set, versions.

Both: 200 rounds at a learning rate of 0.1, squared error, the given number of threads, and
otherwise the default settings (XGBoost: trees of depth 6, 256 bins; LightGBM: 31 leaves, 255 bins).
200 rounds at 0.1 are a usual start and the same for both; nothing is tuned, and no rows are held
out to stop earlier. More rounds would fit better and take longer in proportion.

XGBoost: external memory as its documents recommend it, `ExtMemQuantileDMatrix` of a `DataIter`
with `tree_method="hist"`; its binned pages are on disk, in a folder that is deleted. They advise
large batches (10 GB where there are 64 GB of memory) and against small ones; `--batch-files` says
how many files are a batch.

LightGBM: a `Sequence` a file, its interface for data that are not to be loaded as a whole: it
samples 200,000 rows for the bins, then reads range by range. The binned table (a byte a cell) is in
memory. Its other way, `two_round=true`, is for text files alone.

The peak of resident memory counts pages of files that are mapped into memory (XGBoost maps its
cache), which the operating system can take back; `peak_private_bytes` leaves shared pages out.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

ROUNDS = 200
RATE = 0.1
EVERY = 0.05
Array = np.ndarray
Predict = Callable[[Array], Array]


class Memory(threading.Thread):
    """Watches the memory of this process and its children."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = self.private = 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Looks until it is told to end."""
        while not self.ended.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Keeps the highest sums so far."""
        own = psutil.Process()
        resident = private = 0
        for process in [own, *own.children(recursive=True)]:
            try:
                used = process.memory_info()
            except psutil.Error:
                continue
            resident += used.rss
            private += used.rss - getattr(used, "shared", 0)
        self.peak, self.private = max(self.peak, resident), max(self.private, private)

    def __enter__(self) -> Memory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()
        self.look()


def rows_of(path: Path) -> int:
    """The rows of a file."""
    return int(pq.ParquetFile(path).metadata.num_rows)


def cells(table: pa.Table) -> tuple[Array, Array]:
    """Inputs by rows and targets, single precision."""
    inputs = table.drop_columns("y")
    x = np.empty((table.num_rows, inputs.num_columns), np.float32)
    for i, column in enumerate(inputs.columns):
        x[:, i] = column.to_numpy()
    return x, table["y"].to_numpy()


def read(paths: list[Path]) -> tuple[Array, Array]:
    """All rows of some files, without a second copy of them."""
    rows = sum(rows_of(path) for path in paths)
    width = len(pq.read_schema(paths[0])) - 1
    x, y, start = np.empty((rows, width), np.float32), np.empty(rows, np.float32), 0
    for path in paths:
        for own, target in groups(path):
            end = start + len(target)
            x[start:end], y[start:end], start = own, target, end
    return x, y


def groups(path: Path) -> Iterator[tuple[Array, Array]]:
    """The row groups of a file."""
    file = pq.ParquetFile(path)
    for number in range(file.num_row_groups):
        yield cells(file.read_row_group(number))


def xgboost(files: list[Path], options: argparse.Namespace, loaded: Callable[[], None]) -> Predict:
    """A model by XGBoost in external memory."""
    import xgboost

    batches = [
        files[i : i + options.batch_files] for i in range(0, len(files), options.batch_files)
    ]

    class Batches(xgboost.DataIter):  # type: ignore[misc, unused-ignore]
        """Some files at a time."""

        def __init__(self, cache: str) -> None:
            self.place = 0
            super().__init__(cache_prefix=cache)

        def next(self, input_data: Callable[..., None]) -> bool:
            if self.place == len(batches):
                return False
            x, y = read(batches[self.place])
            input_data(data=x, label=y)
            self.place += 1
            return True

        def reset(self) -> None:
            self.place = 0

    settings = {
        "tree_method": "hist",
        "objective": "reg:squarederror",
        "learning_rate": RATE,
        "nthread": options.threads,
    }
    with tempfile.TemporaryDirectory(dir=options.cache) as folder:
        pieces = Batches(str(Path(folder, "cache")))
        data = xgboost.ExtMemQuantileDMatrix(pieces, nthread=options.threads)
        loaded()
        booster = xgboost.train(settings, data, ROUNDS)
        # The matrix holds files of the folder.
        del data, pieces
    return lambda x: booster.inplace_predict(x)


def lightgbm(files: list[Path], options: argparse.Namespace, loaded: Callable[[], None]) -> Predict:
    """A model by LightGBM of a sequence a file."""
    import lightgbm

    @lru_cache(maxsize=1)
    def group(path: Path, number: int) -> Array:
        return cells(pq.ParquetFile(path).read_row_group(number))[0]

    class Rows(lightgbm.Sequence):  # type: ignore[misc, unused-ignore]
        """The inputs of a file. Rows are asked for in order, so one row group is kept of all."""

        def __init__(self, path: Path) -> None:
            details = pq.ParquetFile(path).metadata
            self.path, self.rows = path, details.num_rows
            # All row groups but the last have so many rows, and ranges begin where they do.
            self.batch_size = details.row_group(0).num_rows

        def __len__(self) -> int:
            return int(self.rows)

        def __getitem__(self, index: int | slice) -> Array:
            if isinstance(index, slice):
                return group(self.path, index.start // self.batch_size)
            # The sample for the bins has to be in double precision.
            row = group(self.path, index // self.batch_size)[index % self.batch_size]
            return np.asarray(row, np.float64)

    settings = {
        "objective": "regression",
        "learning_rate": RATE,
        "num_threads": options.threads,
        "verbosity": -1,
    }
    targets = np.concatenate([pq.read_table(path, columns=["y"])["y"] for path in files])
    data = lightgbm.Dataset([Rows(path) for path in files], label=targets, params=settings)
    data.construct()
    group.cache_clear()
    loaded()
    booster = lightgbm.train(settings, data, ROUNDS)
    return lambda x: booster.predict(x, num_threads=options.threads)


METHODS = {"xgboost": xgboost, "lightgbm": lightgbm}


def errors(predict: Predict, test: Path) -> dict[str, float]:
    """R2 and the mean squared error by the variance of the target, on a file."""
    squares = total = squared = 0.0
    rows = rows_of(test)
    for x, y in groups(test):
        target = y.astype(np.float64)
        squares += float(np.sum((target - predict(x)) ** 2))
        total, squared = total + float(target.sum()), squared + float(target @ target)
    nmse = squares / (squared - total**2 / rows)
    return {"test_r2": 1 - nmse, "test_nmse": nmse}


def work(method: str, options: argparse.Namespace) -> dict[str, Any]:
    """Fits and judges one method in this process."""
    package = __import__(method)  # the clock starts after it
    *training, test = sorted(options.data.glob("*.parquet"))
    if not training:
        sys.exit(f"{options.data} has one file: the last is for the test, so two are needed")
    start, used, stages = time.monotonic(), time.process_time(), {}
    with Memory() as memory:
        predict = METHODS[method](
            training, options, lambda: stages.update(loaded=time.monotonic() - start)
        )
        seconds, used = time.monotonic() - start, time.process_time() - used
    return {
        "method": method,
        "training_rows": sum(map(rows_of, training)),
        "test_rows": rows_of(test),
        "rounds": ROUNDS,
        "learning_rate": RATE,
        "threads": options.threads,
        "batch_files": options.batch_files if method == "xgboost" else None,
        "load_seconds": round(stages["loaded"], 2),
        "fit_seconds": round(seconds, 2),
        "fit_cpu_seconds": round(used, 2),
        "peak_rss_bytes": memory.peak,
        "peak_private_bytes": memory.private,
        **errors(predict, test),
        "versions": {
            method: package.__version__,
            "numpy": np.__version__,
            "pyarrow": pa.__version__,
            "python": platform.python_version(),
        },
    }


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DIR")
    parser.add_argument("--methods", default="xgboost,lightgbm")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-files", type=int, default=8, help="files of a batch of XGBoost")
    parser.add_argument(
        "--cache", type=Path, help="where XGBoost's cache goes [the temporary folder]"
    )
    parser.add_argument("--here", action="store_true", help="no process of its own: for one method")
    options = parser.parse_args()
    unknown = set(options.methods.split(",")) - set(METHODS)
    if unknown or options.threads < 1 or options.batch_files < 1:
        parser.error(f"methods are {', '.join(METHODS)}; --threads and --batch-files at least 1")
    return options


def main() -> int:
    """Each method in a process of its own, one after the other."""
    options = arguments()
    methods = options.methods.split(",")
    if options.here:
        print(json.dumps(work(methods[0], options)))
        return 0
    # A later --methods replaces an earlier one.
    own = [sys.executable, __file__, *sys.argv[1:], "--here", "--methods"]
    return max(subprocess.run([*own, method], check=False).returncode for method in methods)


if __name__ == "__main__":
    sys.exit(main())
