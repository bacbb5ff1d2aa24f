"""The same set on Dask with one and two workers, and with a worker killed in mid-fit.

    python benchmarks/scale/on_dask.py DIR --model MODEL [--files N] [--kill]

DIR is of generate.py. MODEL is a file of the command on the same files,

    neuronseek fit 'DIR/*.parquet' --target y --task regression --profile polynomial \\
        --memory-limit 2GiB -o MODEL

and the fits on Dask are to be the same bytes. Each worker is a process of one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import dask.dataframe as dd
import psutil
from distributed import Client, LocalCluster

from neuronseek.dask import DaskPolynomialNeuronRegressor

KILL_AFTER = 0.6


def fit(files: list[str], workers: int, kill_after: float | None) -> dict[str, Any]:
    """One fit on a cluster of its own; the cluster's start does not count."""
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        pids = sorted(client.run(os.getpid).values())
        peak = Peak(pids)
        frame = dd.read_parquet(files)
        model = DaskPolynomialNeuronRegressor(random_state=0)
        if kill_after is not None:
            threading.Timer(kill_after, os.kill, (pids[0], signal.SIGKILL)).start()
        began = time.perf_counter()
        model.fit(frame.drop(columns="y"), frame["y"])
        seconds = time.perf_counter() - began
        after = sorted(client.run(os.getpid).values())
    return {
        "workers": workers,
        "killed": sorted(set(pids) - set(after)) != [],
        "seconds": round(seconds, 1),
        "peak_mb_of_a_worker": round(peak.done() / 2**20),
        "neuron": model.neuron_,
        "rows": model.report_["rows"]["training"],
        "bytes": model._model.to_bytes(),
    }


class Peak:
    """The highest resident memory of any of some processes."""

    def __init__(self, pids: list[int]) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._highest = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            for process in self._processes:
                try:
                    self._highest = max(self._highest, process.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def done(self) -> int:
        """In bytes."""
        self._ended.set()
        self._thread.join()
        return self._highest


def main() -> None:
    """Fit on one worker, on two, and on two of which one is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="of the command")
    parser.add_argument("--files", type=int, help="the first so many files alone")
    parser.add_argument("--kill", action="store_true", help="kill a worker in a third fit")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    files = sorted(str(file) for file in arguments.directory.glob("*.parquet"))[: arguments.files]
    expected = arguments.model.read_bytes()
    one = fit(files, 1, None)
    two = fit(files, 2, None)
    runs = [one, two]
    if arguments.kill:
        runs.append(fit(files, 2, KILL_AFTER * two["seconds"]))
    for run in runs:
        run["same_bytes_as_the_command"] = run.pop("bytes") == expected
    print(json.dumps({"runs": runs, "speed_up": one["seconds"] / two["seconds"]}, indent=1))


if __name__ == "__main__":
    main()
