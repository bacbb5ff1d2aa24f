"""Where the work of joblib is done: on this machine, or on a Dask or Ray cluster.

No program of its own: grid_search.py and shards.py use it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib

NAMES = ("loky", "dask", "ray")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that `chosen` reads."""
    parser.add_argument("--backend", choices=NAMES, default="loky")
    parser.add_argument(
        "--workers", type=int, default=2, help="processes on this machine, without --address"
    )
    parser.add_argument(
        "--address",
        help="a cluster that runs already: tcp://HOST:8786 of a Dask scheduler, HOST:6379 or "
        "ray://HOST:10001 of Ray",
    )


@contextmanager
def chosen(options: argparse.Namespace) -> Iterator[None]:
    """Within it, joblib and so scikit-learn work by the backend of the flags."""
    begin = {"loky": _loky, "dask": _dask, "ray": _ray}[options.backend]
    with begin(options.workers, options.address) as settings, joblib.parallel_config(**settings):
        yield


@contextmanager
def _loky(workers: int, address: str | None) -> Iterator[dict[str, Any]]:
    """Processes of this machine."""
    if address is not None:
        raise SystemExit("--address is for --backend dask or ray")
    yield {"backend": "loky", "n_jobs": workers}


@contextmanager
def _dask(workers: int, address: str | None) -> Iterator[dict[str, Any]]:
    """A Dask cluster that is there, or one of processes on this machine."""
    from distributed import Client, LocalCluster

    if address is not None:
        with Client(address):
            yield {"backend": "dask"}
        return
    cluster = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, Client(cluster):
        yield {"backend": "dask"}


@contextmanager
def _ray(workers: int, address: str | None) -> Iterator[dict[str, Any]]:
    """A Ray cluster that is there, or one on this machine."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.util.joblib import register_ray

    if address is not None:
        ray.init(address=address, log_to_driver=False)
    else:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    try:
        register_ray()
        yield {"backend": "ray", "n_jobs": -1}
    finally:
        ray.shutdown()
