"""Estimators of this package on Dask collections: rows stay where they are.

Each partition is a part of :mod:`neuronseek.blocks`: workers make sums over their rows, the client
adds them up in row order and solves. A partition that a worker loses is computed again by Dask,
with the same bytes. A polynomial does not depend on partitions or workers, and is the same as that
of the command with ``--memory-limit`` for the same rows. Networks are trained by rounds of model
averaging over partitions (``max_iter`` of them), so they depend on the partitions.

All rows are read once to count them, once for the sample and once a round; ``X.persist()`` keeps
them in the workers' memory, if they fit.

Examples
--------
>>> import dask.array as da  # doctest: +SKIP
>>> from neuronseek.dask import DaskNeuronSearch  # doctest: +SKIP
>>> X = da.random.normal(size=(1_000_000, 5), chunks=(100_000, 5))  # doctest: +SKIP
>>> y = X.sum(axis=1) + X[:, 0] * X[:, 1]  # doctest: +SKIP
>>> DaskNeuronSearch(random_state=0).fit(X, y).neuron_  # doctest: +SKIP
'x + cp(2, r=1)'
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from neuronseek import blocks
from neuronseek._base import NeuronBase
from neuronseek._input import is_missing
from neuronseek._networks import NeuronSeekClassifier, NeuronSeekRegressor
from neuronseek._outputs import Classes
from neuronseek._polynomial import PolynomialNeuronClassifier, PolynomialNeuronRegressor
from neuronseek._search import NeuronSearch

try:
    import dask
    from dask.base import is_dask_collection
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "neuronseek.dask needs Dask: pip install 'dask[dataframe]' distributed"
    ) from error

__all__ = [
    "DaskNeuronSearch",
    "DaskNeuronSeekClassifier",
    "DaskNeuronSeekRegressor",
    "DaskPolynomialNeuronClassifier",
    "DaskPolynomialNeuronRegressor",
]

_FAN_IN = 8
_HEAD_ROWS = 1000

Part = tuple[Any, Any, Any]


class _OnDask(NeuronBase):
    """Fits to Dask collections; what they predict is a Dask collection."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit to all rows of Dask collections.

        Parameters
        ----------
        X : dask DataFrame or Array of shape (n_samples, n_features)
            Rows; the chunks of an array have all columns, or it is rechunked so.
        y : dask Series, DataFrame or Array of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in partitions of as many rows as those of ``X``.
        sample_weight : dask Series or Array of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        self
        """
        parts = _joint_parts(X, y, sample_weight)
        counts = dask.compute(*[dask.delayed(_count)(*part) for part in parts])
        parts = [part for part, count in zip(parts, counts, strict=True) if count]
        if not parts:
            raise ValueError("X has no rows")
        ends = np.cumsum([count for count in counts if count]).tolist()
        head = _head(parts)
        state = blocks.start(
            self,
            *head,
            rows=ends[-1],
            classes=_classes(parts) if _is_classifier(self, head) else None,
            weighted=sample_weight is not None,
        )
        while state.task is not None:
            # A value of its own in the graph, so that it is sent to a worker once.
            task = dask.delayed(state.task)
            made = [
                dask.delayed(_partial)(task, *part, start)
                for part, start in zip(parts, [0, *ends[:-1]], strict=True)
            ]
            (total,) = dask.compute(_tree(made))
            state = blocks.solve(state, total)
        return self


def _joint_parts(X: Any, y: Any, sample_weight: Any) -> list[Part]:
    """The partitions of rows with their targets and weights."""
    rows, targets = _parts("X", X), _parts("y", y)
    weights = (
        [None] * len(rows) if sample_weight is None else _parts("sample_weight", sample_weight)
    )
    if not len(rows) == len(targets) == len(weights):
        raise ValueError(
            f"X has {len(rows)} partitions, y has {len(targets)}"
            + ("" if sample_weight is None else f", sample_weight has {len(weights)}")
            + ": take them from one collection, or repartition them alike"
        )
    return list(zip(rows, targets, weights, strict=True))


def _parts(name: str, collection: Any) -> list[Any]:
    """The partitions of a collection, in order, each a delayed value."""
    if not is_dask_collection(collection) or not hasattr(collection, "to_delayed"):
        kind = type(collection).__name__
        raise TypeError(
            f"{name} is a {kind}, expected a Dask DataFrame, Series or Array; rows in memory are "
            "fitted by the estimators without Dask in their names"
        )
    if hasattr(collection, "rechunk"):
        if collection.ndim == 2 and collection.numblocks[1] > 1:
            collection = collection.rechunk({1: -1})
        return list(collection.to_delayed().ravel())
    # Optimised, Dask reads several files as one partition, more of them the fewer columns it needs.
    return list(collection.to_delayed(optimize_graph=False))


def _count(X: Any, y: Any, weights: Any) -> int:
    if len(X) != len(y) or (weights is not None and len(X) != len(weights)):
        raise ValueError(
            f"a partition of X has {len(X)} rows, that of y {len(y)}: take both from one "
            "collection, or repartition them alike"
        )
    return len(X)


def _head(parts: list[Part]) -> tuple[Any, Any]:
    """The first thousand rows or more, of as many partitions as it takes."""
    some: list[tuple[Any, Any]] = []
    for X, y, _ in parts:
        (one,) = dask.compute(dask.delayed(_first)(X, y))
        some.append(one)
        if sum(len(X) for X, _ in some) >= _HEAD_ROWS:
            break
    return _stacked([X for X, _ in some]), _stacked([y for _, y in some])


def _first(X: Any, y: Any) -> tuple[Any, Any]:
    rows = slice(0, _HEAD_ROWS)
    return tuple(one.iloc[rows] if hasattr(one, "iloc") else one[rows] for one in (X, y))


def _stacked(some: list[Any]) -> Any:
    if len(some) == 1:
        return some[0]
    if hasattr(some[0], "iloc"):
        import pandas

        return pandas.concat(some)
    return np.concatenate(some)


def _is_classifier(estimator: Any, head: tuple[Any, Any]) -> bool:
    if isinstance(estimator, NeuronSearch):
        return estimator._is_classes(head[1])
    return isinstance(estimator, Classes)


def _classes(parts: list[Part]) -> Any:
    """All classes of all partitions."""
    own = dask.compute(*[dask.delayed(_distinct)(y) for _, y, _ in parts])
    return np.unique(np.concatenate(own))


def _distinct(y: Any) -> Any:
    values = np.asarray(y)
    if any(map(is_missing, values.tolist())):
        raise ValueError("Input y contains NaN.")
    return np.unique(values)


def _partial(task: blocks.Task, X: Any, y: Any, weights: Any, start: int) -> bytes:
    return blocks.partial(task, X, y, start=start, sample_weight=weights)


def _combine(parts: Sequence[bytes]) -> bytes:
    return functools.reduce(blocks.combine, parts)


def _tree(parts: list[Any]) -> Any:
    """All parts joined, neighbours first, so that few are held at a time."""
    while len(parts) > 1:
        groups = [parts[i : i + _FAN_IN] for i in range(0, len(parts), _FAN_IN)]
        parts = [dask.delayed(_combine)(group) for group in groups]
    return parts[0]


def _by_parts(estimator: Any, method: Any, X: Any) -> Any:
    """What a method of rows in memory gives for each partition."""
    apply = functools.partial(method, estimator)
    frame = hasattr(X, "map_partitions")
    some = apply(X._meta_nonempty if frame else np.zeros((1, X.shape[1]), dtype=X.dtype))
    empty = np.asarray(some)[:0]
    if frame and empty.ndim == 1:
        return X.map_partitions(_series, apply, empty, meta=(None, empty.dtype))
    if frame:
        meta = _frame(X._meta, apply, empty)
        return X.map_partitions(_frame, apply, empty, meta=meta)
    if X.numblocks[1] > 1:
        X = X.rechunk({1: -1})
    if empty.ndim == 1:
        return X.map_blocks(_array, apply, empty, drop_axis=1, dtype=empty.dtype)
    chunks = (X.chunks[0], (empty.shape[1],))
    return X.map_blocks(_array, apply, empty, chunks=chunks, dtype=empty.dtype)


def _array(X: Any, apply: Any, empty: Any) -> Any:
    return np.asarray(apply(X)) if len(X) else empty


def _series(X: Any, apply: Any, empty: Any) -> Any:
    import pandas

    return pandas.Series(_array(X, apply, empty), index=X.index)


def _frame(X: Any, apply: Any, empty: Any) -> Any:
    import pandas

    return pandas.DataFrame(_array(X, apply, empty), index=X.index)


def _lazy(method: Any) -> Any:
    """A method of rows in memory that also takes a Dask collection."""

    @functools.wraps(method)
    def wrapped(self: Any, X: Any) -> Any:
        return _by_parts(self, method, X) if is_dask_collection(X) else method(self, X)

    return wrapped


class DaskNeuronSeekRegressor(_OnDask, NeuronSeekRegressor):  # type: ignore[misc, unused-ignore]
    """:class:`neuronseek.NeuronSeekRegressor` on Dask collections, with the same parameters.

    ``max_iter`` counts rounds of averaging; ``n_folds``, ``validation_fraction``, ``intervals`` and
    ``warm_start`` are for rows in memory alone.
    """

    predict = _lazy(NeuronSeekRegressor.predict)


class DaskNeuronSeekClassifier(_OnDask, NeuronSeekClassifier):  # type: ignore[misc, unused-ignore]
    """:class:`neuronseek.NeuronSeekClassifier` on Dask collections, with the same parameters.

    ``max_iter`` counts rounds of averaging; ``n_folds``, ``validation_fraction`` and ``warm_start``
    are for rows in memory alone.
    """

    predict = _lazy(NeuronSeekClassifier.predict)
    predict_proba = _lazy(NeuronSeekClassifier.predict_proba)


class DaskPolynomialNeuronRegressor(_OnDask, PolynomialNeuronRegressor):
    """:class:`neuronseek.PolynomialNeuronRegressor` on Dask collections, same parameters."""

    predict = _lazy(PolynomialNeuronRegressor.predict)


class DaskPolynomialNeuronClassifier(_OnDask, PolynomialNeuronClassifier):
    """:class:`neuronseek.PolynomialNeuronClassifier` on Dask collections, same parameters."""

    predict = _lazy(PolynomialNeuronClassifier.predict)
    predict_proba = _lazy(PolynomialNeuronClassifier.predict_proba)


class DaskNeuronSearch(_OnDask, NeuronSearch):
    """:class:`neuronseek.NeuronSearch` on Dask collections, with the same parameters."""

    transform = _lazy(NeuronSearch.transform)
