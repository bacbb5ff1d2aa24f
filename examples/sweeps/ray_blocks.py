"""A neuron of rows that lie in a Ray dataset's blocks, by neuronseek.blocks.

    python examples/sweeps/ray_blocks.py [--rows 200000] [--parts 8]

Each part is made where it is used, as if a task read its own file. A task sums over the rows of its
part; tasks join neighbours pairwise, so that no process holds many sums; this program solves. The
same three functions do on Spark: mapPartitions with blocks.partial, treeReduce of neighbours with
blocks.combine.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray

from neuronseek import PolynomialNeuronRegressor, blocks


def rows_of(part: int, rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rows of a part: y = x0 + 2 x1 - x2^3 + x0 x3 and a little noise."""
    rng = np.random.default_rng([0, part])
    X = rng.normal(size=(rows, 4))
    y = X[:, 0] + 2 * X[:, 1] - X[:, 2] ** 3 + X[:, 0] * X[:, 3]
    return X, y + 0.1 * rng.normal(size=rows)


@ray.remote
def partial(task: blocks.Task, part: int, rows: int) -> bytes:
    """What the task makes of a part."""
    X, y = rows_of(part, rows)
    return blocks.partial(task, X, y, start=part * rows)


@ray.remote
def combine(first: bytes, second: bytes) -> bytes:
    """Both together."""
    return blocks.combine(first, second)


def total(made: list[Any]) -> Any:
    """All parts, neighbours joined pairwise."""
    while len(made) > 1:
        pairs = [made[i : i + 2] for i in range(0, len(made), 2)]
        made = [combine.remote(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return made[0]


def fit(parts: int, rows: int) -> PolynomialNeuronRegressor:
    """Fit to so many parts of so many rows."""
    head = rows_of(0, 1000)
    state = blocks.start(PolynomialNeuronRegressor(random_state=0), *head, rows=parts * rows)
    while state.task is not None:
        task = ray.put(state.task)
        made = [partial.remote(task, part, rows) for part in range(parts)]
        state = blocks.solve(state, ray.get(total(made)))
    estimator: PolynomialNeuronRegressor = state.estimator
    return estimator


def main() -> None:
    """Fit and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="rows in all")
    parser.add_argument("--parts", type=int, default=8, help="parts that they lie in")
    arguments = parser.parse_args()
    ray.init(include_dashboard=False, log_to_driver=False)
    model = fit(arguments.parts, arguments.rows // arguments.parts)
    print(model.neuron_)
    print(model.report_["rows"]["training"], "rows", model.report_["metrics"]["validation"])


if __name__ == "__main__":
    main()
