"""From arrays and frames to tables of the compiled part."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import timezone
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _get_feature_names, check_array, validate_data

from neuronseek._core import Table

_TICKS = {("s", 1): 1, ("ms", 1): 10**3, ("us", 1): 10**6, ("ns", 1): 10**9}
_NO_CELLS = (bytes, bytearray, list, tuple, dict, set, np.ndarray)

Kind = Literal["number", "boolean", "text", "category", "date"]
Cells = NDArray[np.float64] | list[str | None]


def is_pandas(X: object) -> bool:
    """Whether ``X`` is a pandas DataFrame; pandas need not be installed."""
    return type(X).__module__.split(".")[0] == "pandas" and hasattr(X, "dtypes")


def is_stream(X: object) -> bool:
    """Whether ``X`` is a frame of the Arrow PyCapsule interface: polars, pyarrow and others."""
    return hasattr(X, "__arrow_c_stream__") and not isinstance(X, np.ndarray)


class Matrix:
    """A numeric array with the names of its columns."""

    def __init__(self, values: NDArray[Any], names: list[str]) -> None:
        self.values = values
        self.names = names

    def table(self) -> Table:
        """The same as a table."""
        return Table.of_matrix(self.values, self.names)


def read(estimator: Any, X: Any, *, reset: bool) -> Matrix | Table:
    """Check ``X`` by scikit-learn's rules and read it.

    NaN, None, pandas.NA and nulls are missing cells; infinities are refused.
    """
    if _is_sparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required. Use '.toarray()' to "
            "convert to a dense numpy array."
        )
    if isinstance(X, np.ma.MaskedArray):
        X = cast(Any, X.astype(object)).filled(None)
    if is_pandas(X) or is_stream(X):
        if not hasattr(X, "columns"):
            raise ValueError(
                f"Expected 2D array, got 1D array instead: X is a {type(X).__name__}, not a frame. "
                "Reshape your data: make it the column of a frame."
            )
        X = _as_table(X)
        _check_names(estimator, X, reset=reset)
        _check_rows(X.shape[0], X.shape[1], reset=reset)
        if is_pandas(X):
            return _of_pandas(X, names_of(estimator, X.shape[1]))
        unnamed = not hasattr(estimator, "feature_names_in_")
        return Table.of_stream(_renamed(X) if unnamed else X)
    array = np.asarray(X) if not hasattr(X, "dtype") else X
    dtype = getattr(array, "dtype", None)
    if dtype is not None and dtype.kind in "OUS":
        mixed = _mixed(estimator, array, reset=reset)
        if mixed is not None:
            return mixed
    try:
        values = validate_data(
            estimator,
            X,
            reset=reset,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
        )
    except ValueError as error:
        if "infinity" not in str(error):
            raise
        row, column = np.argwhere(np.isinf(np.asarray(X, dtype=np.float64)))[0]
        raise ValueError(f"{str(error).rstrip('.')}: row {row}, column {column}.") from None
    return Matrix(values, names_of(estimator, values.shape[1]))


def names_of(estimator: Any, count: int) -> list[str]:
    """The names of the columns: those of the frame of the fit, or x0, x1, ..."""
    known = getattr(estimator, "feature_names_in_", None)
    if known is not None and len(known) == count:
        return [str(name) for name in known]
    return [f"x{index}" for index in range(count)]


def _is_sparse(X: Any) -> bool:
    module = type(X).__module__
    return module.startswith("scipy.sparse") or hasattr(X, "sparse") and is_pandas_sparse(X)


def is_pandas_sparse(X: Any) -> bool:
    """Whether all columns of a pandas frame are sparse."""
    dtypes: list[Any] = list(np.ravel(cast(Any, X).dtypes)) if is_pandas(X) else []
    return len(dtypes) > 0 and all("Sparse" in str(dtype) for dtype in dtypes)


def _as_table(X: Any) -> Any:
    """A record batch of pyarrow as a table: scikit-learn knows no names of batches."""
    if type(X).__module__.split(".")[0] == "pyarrow" and type(X).__name__ == "RecordBatch":
        return sys.modules["pyarrow"].Table.from_batches([X])
    return X


def _renamed(X: Any) -> Any:
    """A frame with columns x0, x1, ..., as those of a fit without names are called."""
    own = _names(X)
    names = [f"x{index}" for index in range(len(own))]
    if hasattr(X, "rename_columns"):
        return X.rename_columns(names)
    return X.rename(dict(zip(own, names, strict=True)))


class _Named:
    """A frame's shape and names in the words of scikit-learn before 1.9."""

    def __init__(self, X: Any) -> None:
        self.shape = X.shape
        self._names = _names(X)

    def __dataframe__(self) -> _Named:
        return self

    def column_names(self) -> list[str]:
        return self._names


def _check_names(estimator: Any, X: Any, *, reset: bool) -> None:
    # Which frames scikit-learn knows the names of differs by its version.
    known = is_pandas(X) or _get_feature_names(X) is not None
    validate_data(estimator, X if known else _Named(X), reset=reset, skip_check_array=True)
    if reset and not is_pandas(X) and not hasattr(estimator, "feature_names_in_"):
        estimator.feature_names_in_ = np.asarray(_names(X), dtype=object)


def _names(X: Any) -> list[str]:
    for attribute in ("column_names", "columns"):
        names = getattr(X, attribute, None)
        if names is not None and all(isinstance(name, str) for name in names):
            return list(names)
    return list(X.schema.names)


def _check_rows(rows: int, columns: int, *, reset: bool) -> None:
    least = 2 if reset else 1
    if rows < least:
        raise ValueError(
            f"Found array with {rows} sample(s) (shape=({rows}, {columns})) while a minimum of "
            f"{least} is required."
        )
    if columns < 1:
        raise ValueError(
            f"Found array with 0 feature(s) (shape=({rows}, 0)) while a minimum of 1 is required."
        )


def _of_pandas(X: Any, names: list[str]) -> Table:
    columns: list[tuple[str, Kind, Cells]] = []
    for index, name in enumerate(names):
        kind, cells = series_cells(X.iloc[:, index], name)
        columns.append((name, kind, cells))
    return Table.of_columns(columns)


def series_cells(series: Any, name: str) -> tuple[Kind, Cells]:
    """The kind and the cells of a pandas Series."""
    dtype = series.dtype
    text = str(dtype)
    if text == "category":
        return "category", _texts(series.astype(object).to_numpy(dtype=object))
    if text in ("bool", "boolean", "bool[pyarrow]"):
        return "boolean", _truths(series.to_numpy(dtype=object))
    if text.startswith(("datetime64", "timestamp")):
        utc = series.dt.tz_convert("UTC").dt.tz_localize(None) if _zoned(dtype) else series
        moments = utc.to_numpy()
        return "date", _seconds(moments if moments.dtype.kind == "M" else _moments(moments))
    if text.startswith(("timedelta", "period", "interval", "complex")):
        raise ValueError(
            f"Column {name!r} holds {text}: turn it into numbers first"
            + (". Complex data not supported" if text.startswith("complex") else "")
        )
    if getattr(dtype, "kind", "O") in "iuf" or text.lower().startswith(
        ("int", "uint", "float", "double", "sparse", "decimal")
    ):
        return "number", _finite(series.to_numpy(dtype=np.float64, na_value=np.nan), name)
    return _object_cells(series.to_numpy(dtype=object), name)


def _zoned(dtype: Any) -> bool:
    return getattr(dtype, "tz", None) is not None or "tz=" in str(dtype)


def _mixed(estimator: Any, array: Any, *, reset: bool) -> Table | None:
    """A table of an array of objects or texts; None where all cells are numbers."""
    values = check_array(
        array,
        dtype=None,
        ensure_all_finite=False,
        ensure_min_samples=2 if reset else 1,
        input_name="X",
        estimator=estimator,
    )
    if values.dtype.kind == "O" and all(_is_number(cell) for cell in values.ravel()):
        return None
    validate_data(estimator, array, reset=reset, skip_check_array=True)
    names = names_of(estimator, values.shape[1])
    columns = []
    for index, name in enumerate(names):
        kind, cells = _object_cells(values[:, index], name)
        columns.append((name, kind, cells))
    return Table.of_columns(columns)


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float, np.number, np.bool_)) or cell is None


def is_missing(cell: object) -> bool:
    # NaN, NaT and pandas.NA differ from themselves, or cannot be compared.
    if cell is None:
        return True
    try:
        return bool(cell != cell)
    except (TypeError, ValueError):
        return type(cell).__name__ == "NAType"


def _object_cells(cells: NDArray[Any], name: str) -> tuple[Kind, Cells]:
    present = [cell for cell in cells if not is_missing(cell)]
    if all(isinstance(cell, (bool, np.bool_)) for cell in present) and present:
        return "boolean", _truths(cells)
    if all(_is_number(cell) for cell in present):
        numbers = [np.nan if is_missing(cell) else float(cell) for cell in cells]
        return "number", _finite(np.asarray(numbers, dtype=np.float64), name)
    if all(isinstance(cell, np.datetime64) or hasattr(cell, "toordinal") for cell in present):
        return "date", _seconds(_moments(cells))
    for row, cell in enumerate(cells):
        if isinstance(cell, (complex, np.complexfloating)):
            raise ValueError(f"Complex data not supported: row {row}, column {name!r}.")
        if isinstance(cell, _NO_CELLS):
            raise TypeError(
                f"column {name!r} holds {type(cell).__name__} in row {row}: a column holds single "
                "numbers, texts, truth values or dates"
            )
    return "text", _texts(cells)


def _texts(cells: Iterable[Any]) -> list[str | None]:
    return [None if is_missing(cell) else plain_text(cell) for cell in cells]


def plain_text(value: Any) -> str:
    """The text of a level or a class; 1.0 is "1", as in a CSV file."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _truths(cells: Iterable[Any]) -> list[str | None]:
    return [None if is_missing(cell) else ("true" if cell else "false") for cell in cells]


def _moments(cells: Iterable[Any]) -> NDArray[Any]:
    """Dates and moments of Python, NumPy and pandas as an array; those with a zone as UTC."""
    moments = []
    for cell in cells:
        if getattr(cell, "tzinfo", None) is not None:
            cell = cell.astimezone(timezone.utc).replace(tzinfo=None)
        moments.append(np.datetime64("NaT") if is_missing(cell) else np.datetime64(cell))
    return np.asarray(moments)


def _seconds(moments: NDArray[Any]) -> NDArray[np.float64]:
    # In the array's own unit: nanoseconds reach from 1678 to 2262 alone.
    if np.datetime_data(moments.dtype) not in _TICKS:
        moments = moments.astype("datetime64[s]")
    per_second = _TICKS[np.datetime_data(moments.dtype)]
    ticks = moments.astype(np.int64)
    seconds = ticks / per_second
    if per_second == 10**9:
        # Rounded once, as those that come in microseconds are.
        seconds = np.where(ticks % 1000 == 0, ticks // 1000 / 10**6, seconds)
    return np.where(np.isnat(moments), np.nan, seconds)


def _finite(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise ValueError(
            f"Input X contains infinity or a value too large for dtype('float64'): "
            f"row {row}, column {name!r}."
        )
    return np.ascontiguousarray(values, dtype=np.float64)


def categorical_names(wanted: Any, names: Sequence[str]) -> list[str]:
    """The columns that a user says are categories: names, places, or a mask of all columns."""
    if wanted is None or isinstance(wanted, str) and wanted == "from_dtype":
        return []
    chosen = np.asarray(wanted)
    if chosen.ndim != 1:
        raise ValueError(
            "categorical_features is 'from_dtype', None, or a one-dimensional list of names, "
            f"places or truth values; got {wanted!r}"
        )
    if chosen.dtype == bool:
        if len(chosen) != len(names):
            raise ValueError(
                f"categorical_features is a mask of {len(chosen)} columns, and X has {len(names)}"
            )
        return [name for name, is_one in zip(names, chosen, strict=True) if is_one]
    result = []
    for one in chosen.tolist():
        if isinstance(one, str):
            if one not in names:
                raise ValueError(f"categorical_features names {one!r}, which is no column of X")
            result.append(one)
        elif isinstance(one, int) and -len(names) <= one < len(names):
            result.append(names[one])
        else:
            raise ValueError(
                f"categorical_features has {one!r}: X has {len(names)} columns, counted from 0"
            )
    return result


def unused(name: str, taken: Iterable[str]) -> str:
    """``name``, with underscores behind it where it is taken."""
    known = set(taken)
    while name in known:
        name += "_"
    return name


def series_name(y: Any, default: str) -> str:
    """The name of a Series."""
    name = getattr(y, "name", None)
    return name if isinstance(name, str) and name.strip() else default


def as_cells(values: Any) -> Cells:
    """Doubles in one piece."""
    return cast(Cells, np.ascontiguousarray(values, dtype=np.float64))
