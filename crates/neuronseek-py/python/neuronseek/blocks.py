"""Fits to rows that lie in parts, on any engine: a map, a reduction and a client that goes on.

A sample of the rows, drawn by their numbers, tells how columns become inputs, which neuron and
which kind of model. All rows then fit what was chosen: a polynomial by sums over rows (a few
passes), networks by rounds in which each part trains them on its own rows and the results are
averaged (local SGD with model averaging). :func:`start` gives a state, whose ``task`` says what is
to be made of all rows; :func:`partial` does that for some rows, wherever they lie; :func:`combine`
joins two neighbours; :func:`solve` goes on with the total.

A polynomial is the same bytes however the rows are cut into parts and whoever reads them. Averaged
networks are the same bytes for the same parts.

Examples
--------
>>> import functools
>>> import numpy as np
>>> from neuronseek import PolynomialNeuronRegressor, blocks
>>> rng = np.random.default_rng(0)
>>> X = rng.normal(size=(70_000, 3))
>>> y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1]
>>> starts = range(0, 70_000, 10_000)
>>> state = blocks.start(PolynomialNeuronRegressor(random_state=0), X[:100], y[:100])
>>> while state.task is not None:
...     parts = [
...         blocks.partial(state.task, X[i : i + 10_000], y[i : i + 10_000], start=i)
...         for i in starts
...     ]
...     state = blocks.solve(state, functools.reduce(blocks.combine, parts))
>>> state.estimator.neuron_
'x + cp(2, r=1)'
"""

from __future__ import annotations

import copy
import json
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuronseek import _core, _input, _outputs, _targets
from neuronseek._base import NeuronBase, NeuronSeekWarning
from neuronseek._progress import Listener

__all__ = ["State", "Task", "combine", "partial", "solve", "start"]

_WEIGHTS = "sample_weight"


@dataclass(frozen=True)
class Task:
    """What is to be made of all rows; it can be pickled.

    Attributes
    ----------
    name : {"sketch", "sums", "networks"}
        Draws the sample, sums for a polynomial, trains networks.
    """

    name: str
    _work: bytes
    _reader: Any
    _targets: tuple[str, ...]
    _weights: str | None


@dataclass(frozen=True)
class State:
    """A fit between two rounds.

    Attributes
    ----------
    estimator : estimator
        Fitted once ``task`` is None.
    task : Task or None
        What is to be made of all rows next; None when the fit is done.
    """

    estimator: Any
    task: Task | None
    _fit: Any
    _head: Any
    _deadline: float | None


def start(
    estimator: NeuronBase,
    X: Any,
    y: Any,
    *,
    rows: int | None = None,
    classes: Any = None,
    weighted: bool = False,
) -> State:
    """Begin a fit.

    Parameters
    ----------
    estimator : estimator
        One of this package's; it is fitted in place.
    X : array-like or frame
        Some rows, at least 2, which tell names and kinds of the columns.
    y : array-like
        Their targets.
    rows : int, default=None
        How many rows there are in all, if that is known: less is sent then.
    classes : array-like, default=None
        All classes of a classifier; None takes those of ``y``.
    weighted : bool, default=False
        Whether rows have weights.

    Returns
    -------
    State
        With the first task.
    """
    if getattr(estimator, "warm_start", False):
        raise ValueError("warm_start is for rows in memory: set it to False")
    table = estimator._table(X, reset=True)
    names = list(table.names)
    # Of a column without a cell nothing is known yet.
    empty = _empty_columns(X, names)
    kinds = [(name, kind) for name, kind in estimator._kinds(table) if name not in empty]
    for attribute in ("classes_", "_texts", "_places", "history_"):
        estimator.__dict__.pop(attribute, None)
    more: dict[str, Any] = {}
    if _is_classes(estimator, y if classes is None else classes):
        more["task"] = "classification"
        known = _targets.labels(estimator, y if classes is None else classes)
        estimator.classes_ = np.unique(known)
        if len(estimator.classes_) < 2:
            raise ValueError("Classifier can't train when only one class is present")
        estimator._texts = _targets.texts_of(estimator.classes_.tolist())
        targets = [_targets.names(y, _targets.labels(estimator, y))[0]]
        more.update(_outputs.class_weights(estimator))
    else:
        more["task"] = "regression"
        values = _targets.numbers(estimator, y)
        estimator._outputs = values.ndim
        targets = _targets.names(y, values)
        if hasattr(estimator, "target_transform"):
            more["target_transform"] = estimator.target_transform
    own: list[str] = []
    for target in targets:
        own.append(_input.unused(target, [*names, *own]))
    if more["task"] == "classification":
        kinds.append((own[0], "category"))
    weights = _input.unused(_WEIGHTS, [*names, *own])
    settings = {
        "kinds": kinds,
        "targets": own,
        "weights": weights,
        "seed": estimator._seed(),
        **estimator._settings(),
        **more,
    }
    columns = len(names) + len(own) + int(weighted)
    fit = _core.StreamedFit(
        json.dumps({k: v for k, v in settings.items() if v is not None}),
        columns=columns,
        rows=rows,
        weighted=weighted,
    )
    reader = copy.copy(estimator)
    for attribute in ("_model", "report_", "formula_", "terms_", "history_"):
        reader.__dict__.pop(attribute, None)
    head = (reader, tuple(own), weights if weighted else None)
    limit = estimator.time_limit
    deadline = None if limit is None else time.monotonic() + limit
    return State(estimator, _task(fit, head), fit, head, deadline)


def partial(task: Task, X: Any, y: Any, *, start: int, sample_weight: Any = None) -> bytes:
    """What a task makes of some rows.

    Parameters
    ----------
    task : Task
        Of the present state.
    X : array-like or frame of shape (n_samples, n_features)
        The rows; their columns are those of :func:`start`.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    start : int
        The number of the first row among all rows of the fit.
    sample_weight : array-like of shape (n_samples,), default=None
        How much each row counts.

    Returns
    -------
    bytes
        For :func:`combine`.
    """
    reader = task._reader
    table = reader._table(X, reset=False)
    if (task._weights is None) != (sample_weight is None):
        raise ValueError("rows have weights in all parts of a fit, or in none")
    if hasattr(reader, "classes_"):
        cells = _outputs.class_cells(reader, y, table.rows)
    else:
        values = _targets.numbers(reader, y, table.rows)
        cells = [("number", own) for own in _targets.columns(values)]
    for name, (kind, own) in zip(task._targets, cells, strict=True):
        table.push(name, kind, own)
    if task._weights is not None:
        table.push(task._weights, "number", _input.as_cells(sample_weight))
    return _core.partial(task._work, table, start)


def combine(first: bytes, second: bytes) -> bytes:
    """Join what a task made of two neighbouring ranges of rows.

    Parameters
    ----------
    first : bytes
        Of :func:`partial` or of this function.
    second : bytes
        The same of the rows that follow.

    Returns
    -------
    bytes
        The same of both.
    """
    return _core.combine(first, second)


def solve(state: State, total: bytes) -> State:
    """Go on with what the task made of all rows.

    Parameters
    ----------
    state : State
        The present one; it is used up.
    total : bytes
        Of all rows.

    Returns
    -------
    State
        The next one; its estimator is fitted where its task is None.
    """
    estimator = state.estimator
    left = 0.0 if state._deadline is None else state._deadline - time.monotonic()
    with Listener(None, verbose=estimator.verbose, X=None) as listener:
        state._fit.solve(
            total,
            n_threads=estimator._threads(),
            listener=listener,
            time_limit=None if state._deadline is None else max(left, 0.0),
        )
    for text in listener.warnings:
        warnings.warn(text, NeuronSeekWarning, stacklevel=2)
    if not hasattr(estimator, "history_") or listener.history:
        estimator.history_ = listener.history
    task = _task(state._fit, state._head)
    if task is None:
        _finish(estimator, state._fit.model())
    return State(estimator, task, state._fit, state._head, state._deadline)


def _task(fit: Any, head: tuple[Any, tuple[str, ...], str | None]) -> Task | None:
    task = fit.task()
    return None if task is None else Task(task[0], task[1], *head)


def _finish(estimator: Any, model: Any) -> None:
    estimator.__dict__.pop("feature_importances_", None)
    estimator._keep(model)
    if hasattr(estimator, "classes_"):
        _outputs.order_classes(estimator, model)
    trainable = getattr(estimator, "_is_trainable", None)
    estimator._trainable = bool(trainable()) if trainable is not None else False


def _empty_columns(X: Any, names: list[str]) -> set[str]:
    """Columns of a pandas frame without a cell."""
    if not _input.is_pandas(X):
        return set()
    empty = X.isna().all(axis=0).tolist()
    return {name for name, is_one in zip(names, empty, strict=True) if is_one}


def _is_classes(estimator: Any, y: Any) -> bool:
    if isinstance(estimator, _outputs.Classes):
        return True
    if isinstance(estimator, _outputs.Values):
        return False
    return bool(estimator._is_classes(y))
