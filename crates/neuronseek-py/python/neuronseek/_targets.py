"""Targets of regressions and of classifications."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    column_or_1d,
)

from neuronseek._core import Model
from neuronseek._input import Cells, Kind, is_missing, is_pandas, is_stream, plain_text, series_name

Targets = list[tuple[str, Kind, Cells]]


def weights_of(sample_weight: Any, X: Any, rows: int) -> NDArray[np.float64] | None:
    """Checked row weights; None where there are none."""
    if sample_weight is None:
        return None
    weights: NDArray[np.float64] = _check_sample_weight(
        sample_weight, np.empty((rows, 1)), dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number, all are zero.")
    return weights


def _plain(y: Any) -> Any:
    """A frame or a series of polars and pyarrow as an array."""
    if is_pandas(y) or isinstance(y, np.ndarray):
        return y
    if hasattr(y, "to_numpy") or is_stream(y):
        return np.asarray(y)
    return y


def no_target(estimator: Any) -> ValueError:
    """The error of a fit without ``y``."""
    name = type(estimator).__name__
    return ValueError(f"This {name} estimator requires y to be passed, but the target y is None.")


def numbers(estimator: Any, y: Any, rows: int | None = None) -> NDArray[np.float64]:
    """The targets of a regression: one column, or several."""
    if y is None:
        raise no_target(estimator)
    values: NDArray[np.float64] = check_array(
        _plain(y), ensure_2d=False, dtype=np.float64, input_name="y", estimator=estimator
    )
    if values.ndim == 2 and values.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape "
            "of y to (n_samples,), for example using ravel().",
            DataConversionWarning,
            stacklevel=4,
        )
        values = values.ravel()
    if values.ndim > 2:
        raise ValueError(f"y has {values.ndim} dimensions, at most 2 are allowed")
    if rows is not None:
        check_consistent_length(np.empty(rows), values)
    return values


def names(y: Any, values: NDArray[Any], default: str = "y") -> list[str]:
    """The names of the targets."""
    if values.ndim == 1:
        return [series_name(y, default)]
    columns = getattr(y, "columns", None)
    if columns is not None and all(isinstance(name, str) for name in columns):
        return list(columns)
    return [f"{default}{index}" for index in range(values.shape[1])]


def columns(values: NDArray[np.float64]) -> list[Cells]:
    """One array a target."""
    if values.ndim == 1:
        return [np.ascontiguousarray(values)]
    return [np.ascontiguousarray(values[:, index]) for index in range(values.shape[1])]


def labels(estimator: Any, y: Any, rows: int | None = None) -> NDArray[Any]:
    """The target of a classification."""
    if y is None:
        raise no_target(estimator)
    plain = _plain(y)
    if isinstance(plain, np.ndarray) and plain.dtype.kind in "fc" or plain is not y:
        check_array(plain, ensure_2d=False, dtype=None, input_name="y", estimator=estimator)
    values: NDArray[Any] = column_or_1d(plain, warn=True)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError("Input y contains NaN or infinity.")
    if values.dtype.kind == "O" and any(map(is_missing, values)):
        raise ValueError("Input y contains NaN.")
    if values.dtype.kind == "O" and len({type(value) for value in values}) == 1:
        values = np.asarray(values.tolist())
    check_classification_targets(values)
    if rows is not None:
        check_consistent_length(np.empty(rows), values)
    return values


def texts_of(classes: Sequence[Any]) -> list[str]:
    """A text for each class, all different and none empty."""
    texts = [plain_text(value).strip() for value in classes]
    if len(set(texts)) < len(texts) or any(not text for text in texts):
        return [f"class {index}: {text}".strip() for index, text in enumerate(texts)]
    return texts


def classes_of(model: Model) -> NDArray[Any]:
    """The classes of a model from a file: truth values or whole numbers where all are."""
    texts = model.classes
    if set(texts) <= {"true", "false"}:
        return np.asarray([text == "true" for text in texts])
    try:
        return np.asarray([int(text) for text in texts])
    except ValueError:
        return np.asarray(texts, dtype=object)
