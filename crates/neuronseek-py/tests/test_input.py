"""The same rows in every form give the same bytes; what is no table is refused in plain words."""

from __future__ import annotations

import datetime as dt
import decimal
import warnings
import zoneinfo

import numpy as np
import pytest

from neuronseek import (
    NeuronSearch,
    NeuronSeekClassifier,
    NeuronSeekRegressor,
    NeuronSeekWarning,
    PolynomialNeuronClassifier,
    PolynomialNeuronRegressor,
)

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
sparse = pytest.importorskip("scipy.sparse")

pytestmark = [
    pytest.mark.filterwarnings("ignore::neuronseek.NeuronSeekWarning"),
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
    pytest.mark.filterwarnings("ignore:X has feature names"),
]

ROWS = 90
NAMES = ["x0", "x1", "x2"]


def numbers():
    """Sixteenths of small whole numbers: exact in single precision, and in half."""
    rng = np.random.default_rng(0)
    X = rng.integers(-40, 40, size=(ROWS, 3)) / 16
    y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1] + 0.1 * rng.normal(size=ROWS)
    return X, y


def fitted(X, y, cls=PolynomialNeuronRegressor, **parameters):
    if cls in (NeuronSeekRegressor, NeuronSeekClassifier):
        parameters.setdefault("profile", "small")
    return cls(random_state=0, **parameters).fit(X, y)


def answers(model, X):
    if isinstance(model, NeuronSearch):
        return np.asarray(model.transform(X), dtype=np.float64).tobytes()
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X).tobytes()
    return model.predict(X).tobytes()


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def spread(array):
    """Every second cell of every third row of a larger array."""
    large = np.full((3 * array.shape[0], 2 * array.shape[1]), 7.0)
    large[::3, ::2] = array
    return large[::3, ::2]


def columns(array):
    return dict(zip(NAMES, np.asarray(array).T, strict=True))


def chunked(table):
    """The same rows in pieces, one of them empty."""
    return pa.concat_tables([table.slice(0, 1), table.slice(1, 40), table.slice(3, 0), table[41:]])


def sliced(table):
    """The same rows as a part of a larger table, so that buffers begin elsewhere."""
    return pa.concat_tables([table, table, table]).combine_chunks()[len(table) : 2 * len(table)]


NUMBERS = {
    "c order": np.ascontiguousarray,
    "f order": np.asfortranarray,
    "single precision": lambda X: X.astype(np.float32),
    "half precision": lambda X: X.astype(np.float16),
    "long double": lambda X: X.astype(np.longdouble),
    "other byte order": lambda X: X.astype(">f8"),
    "object": lambda X: X.astype(object),
    "texts": lambda X: X.astype(str),
    "spread": spread,
    "backwards": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": lambda X: X.T.copy().T,
    "read-only": frozen,
    "list": lambda X: X.tolist(),
    "masked": np.ma.masked_array,
    "pandas": lambda X: pd.DataFrame(X, columns=NAMES),
    "pandas single": lambda X: pd.DataFrame(X, columns=NAMES, dtype=np.float32),
    "pandas nullable": lambda X: pd.DataFrame(X, columns=NAMES).astype("Float64"),
    "pandas nullable single": lambda X: pd.DataFrame(X, columns=NAMES).astype("Float32"),
    "pandas pyarrow": lambda X: pd.DataFrame(X, columns=NAMES).astype("double[pyarrow]"),
    "pandas object": lambda X: pd.DataFrame(X, columns=NAMES).astype(object),
    "pandas texts": lambda X: pd.DataFrame(X, columns=NAMES).astype(str),
    "pandas another index": lambda X: pd.DataFrame(X, columns=NAMES, index=range(ROWS, 0, -1)),
    "pandas one sparse": lambda X: pd.DataFrame(X, columns=NAMES).astype(
        {"x1": pd.SparseDtype("float")}
    ),
    "pandas mixed": lambda X: pd.DataFrame(X, columns=NAMES).astype(
        {"x0": "Float64", "x1": "float32", "x2": "float[pyarrow]"}
    ),
    "pandas decimal": lambda X: pd.DataFrame(X, columns=NAMES).map(decimal.Decimal),
    "polars": lambda X: pl.DataFrame(X, schema=NAMES),
    "polars single": lambda X: pl.DataFrame(X.astype(np.float32), schema=NAMES),
    "polars chunked": lambda X: pl.concat(
        [pl.DataFrame(X[:20], schema=NAMES), pl.DataFrame(X[20:], schema=NAMES)], rechunk=False
    ),
    "polars part": lambda X: pl.DataFrame(np.vstack([X, X]), schema=NAMES)[ROWS:],
    "polars decimal": lambda X: pl.DataFrame(X, schema=NAMES).cast(pl.Decimal(12, 5)),
    "table": lambda X: pa.table(columns(X)),
    "table single": lambda X: pa.table(columns(X.astype(np.float32))),
    "table half": lambda X: pa.table(columns(X.astype(np.float16))),
    "table decimal": lambda X: pa.table(
        {name: pa.array(own).cast(pa.decimal128(12, 5)) for name, own in columns(X).items()}
    ),
    "table chunked": lambda X: chunked(pa.table(columns(X))),
    "table part": lambda X: sliced(pa.table(columns(X))),
    "record batch": lambda X: pa.RecordBatch.from_pydict(columns(X)),
    "record batch part": lambda X: pa.RecordBatch.from_pydict(columns(np.vstack([X, X])))[ROWS:],
}


@pytest.fixture(scope="module")
def reference():
    """The answers for C-ordered doubles, by class."""
    X, y = numbers()
    found = {}
    for cls in (NeuronSeekRegressor, PolynomialNeuronRegressor, NeuronSearch):
        model = fitted(X, y, cls)
        found[cls] = (model, answers(model, X))
    return found


@pytest.mark.parametrize("form", NUMBERS)
@pytest.mark.parametrize("cls", [NeuronSeekRegressor, PolynomialNeuronRegressor, NeuronSearch])
def test_numbers_in_every_form(form, cls, reference):
    X, y = numbers()
    data = NUMBERS[form](X)
    known, expected = reference[cls]
    own = fitted(data, y, cls)
    assert answers(own, X) == expected
    if cls is NeuronSearch and getattr(data, "dtype", None) == np.float32:
        # A transformer keeps single precision.
        expected = np.frombuffer(expected).astype(np.float32).astype(np.float64).tobytes()
    assert answers(own, data) == expected
    assert answers(known, data) == expected
    assert own.n_features_in_ == 3
    known_names = getattr(own, "feature_names_in_", None)
    if hasattr(data, "columns"):
        assert known_names.tolist() == NAMES
    else:
        assert known_names is None


def test_the_reference_can_differ(reference):
    X, y = numbers()
    other = X.copy()
    other[3, 0] += 2.0**-40
    for cls, (known, expected) in reference.items():
        assert answers(known, other) != expected
        assert answers(fitted(other, y, cls), other) != expected


WHOLE = {
    "doubles": lambda X: X.astype(float),
    "bytes": lambda X: X.astype(np.int8),
    "int32": lambda X: X.astype(np.int32),
    "int64": lambda X: X.astype(np.int64),
    "object": lambda X: X.astype(object),
    "texts": lambda X: X.astype(str),
    "pandas": lambda X: pd.DataFrame(X, columns=NAMES),
    "pandas nullable": lambda X: pd.DataFrame(X, columns=NAMES).astype("Int64"),
    "pandas pyarrow": lambda X: pd.DataFrame(X, columns=NAMES).astype("int64[pyarrow]"),
    "polars": lambda X: pl.DataFrame(X, schema=NAMES),
    "polars small": lambda X: pl.DataFrame(X.astype(np.int16), schema=NAMES),
    "table": lambda X: pa.table(columns(X)),
    "table chunked": lambda X: chunked(pa.table(columns(X.astype(np.int8)))),
}


@pytest.mark.parametrize("form", WHOLE)
def test_whole_numbers_in_every_form(form):
    X, y = numbers()
    X = (X * 16).astype(np.int64)
    data = WHOLE[form](X)
    assert answers(fitted(data, y), data) == answers(fitted(X, y), X)
    unsigned = np.abs(X)
    expected = answers(fitted(unsigned, y), unsigned)
    if form == "table":
        data = pa.table(columns(unsigned.astype(np.uint64)))
        assert answers(fitted(data, y), data) == expected
        data = pa.table(columns(unsigned.astype(np.uint8)))
        assert answers(fitted(data, y), data) == expected


# Missing cells -----------------------------------------------------------------------------


def holes(X):
    """Which cells are missing."""
    return np.random.default_rng(2).random(X.shape) < 0.1


def with_none(X, gone, nothing=None):
    cells = X.astype(object)
    cells[gone] = nothing
    return cells


def masked_frame(X, gone, dtype):
    return pd.DataFrame(with_none(X, gone), columns=NAMES).astype(dtype)


def text_cells(X, gone, nothing):
    cells = X.astype(str).astype(object)
    cells[gone] = nothing
    return cells


MISSING = {
    "single NaN": lambda X, gone: np.where(gone, np.nan, X).astype(np.float32),
    "None": with_none,
    "object NaN": lambda X, gone: with_none(X, gone, float("nan")),
    "object NA": lambda X, gone: with_none(X, gone, pd.NA),
    "object NaT": lambda X, gone: with_none(X, gone, pd.NaT),
    "texts and None": lambda X, gone: text_cells(X, gone, None),
    "texts and NaN": lambda X, gone: text_cells(X, gone, np.nan),
    "masked": lambda X, gone: np.ma.masked_array(X, gone),
    "masked single": lambda X, gone: np.ma.masked_array(X.astype(np.float32), gone),
    "pandas": lambda X, gone: pd.DataFrame(np.where(gone, np.nan, X), columns=NAMES),
    "pandas NA": lambda X, gone: masked_frame(X, gone, "Float64"),
    "pandas pyarrow": lambda X, gone: masked_frame(X, gone, "double[pyarrow]"),
    "pandas None": lambda X, gone: pd.DataFrame(with_none(X, gone), columns=NAMES, dtype=object),
    "pandas object NA": lambda X, gone: pd.DataFrame(with_none(X, gone, pd.NA), columns=NAMES),
    "pandas texts": lambda X, gone: pd.DataFrame(text_cells(X, gone, None), columns=NAMES).astype(
        "string"
    ),
    "polars null": lambda X, gone: pl.DataFrame(with_none(X, gone).tolist(), NAMES, orient="row"),
    "polars NaN": lambda X, gone: pl.DataFrame(np.where(gone, np.nan, X), schema=NAMES),
    "table null": lambda X, gone: pa.table(
        {n: pa.array(c.tolist(), pa.float64()) for n, c in columns(with_none(X, gone)).items()}
    ),
    "table NaN": lambda X, gone: pa.table(columns(np.where(gone, np.nan, X))),
    "table null, chunked": lambda X, gone: chunked(
        pa.table(
            {n: pa.array(c.tolist(), pa.float32()) for n, c in columns(with_none(X, gone)).items()}
        )
    ),
    "table null, part": lambda X, gone: sliced(
        pa.table(
            {n: pa.array(c.tolist(), pa.float64()) for n, c in columns(with_none(X, gone)).items()}
        )
    ),
    "table decimal": lambda X, gone: pa.table(
        {
            n: pa.array(c.tolist(), pa.float64()).cast(pa.decimal128(12, 5))
            for n, c in columns(with_none(X, gone)).items()
        }
    ),
}


@pytest.mark.parametrize("form", MISSING)
@pytest.mark.parametrize("cls", [NeuronSeekRegressor, PolynomialNeuronRegressor])
def test_missing_numbers_in_every_spelling(form, cls):
    X, y = numbers()
    gone = holes(X)
    plain = np.where(gone, np.nan, X)
    known = fitted(plain, y, cls)
    expected = answers(known, plain)
    data = MISSING[form](X, gone)
    assert answers(fitted(data, y, cls), data) == expected
    assert answers(known, data) == expected
    assert answers(known, X) != expected


# Truth values, categories, texts ---------------------------------------------------------------


def levels(values, nothing=None, share=0.0):
    """A column of ``values`` by chance, with a numeric column and the target that both make."""
    rng = np.random.default_rng(4)
    x = rng.integers(-40, 40, size=ROWS) / 16
    codes = rng.integers(0, len(values), size=ROWS)
    gone = rng.random(ROWS) < share
    y = x + np.where(gone, 3.0, 1.5 * codes) * (1 + x) + 0.1 * rng.normal(size=ROWS)
    cells = [nothing if lost else values[code] for code, lost in zip(codes, gone, strict=True)]
    return x, cells, y


def pandas_of(x, cells, dtype):
    return pd.DataFrame({"x": x, "c": pd.Series(cells, dtype=dtype)})


TRUTHS = {
    "pandas object": lambda x, c: pandas_of(x, c, object),
    "pandas nullable": lambda x, c: pandas_of(x, c, "boolean"),
    "pandas pyarrow": lambda x, c: pandas_of(x, c, "bool[pyarrow]"),
    "pandas texts": lambda x, c: pandas_of(
        x, [None if cell is None else str(cell).lower() for cell in c], "string"
    ),
    "polars": lambda x, c: pl.DataFrame({"x": x, "c": c}),
    "table": lambda x, c: pa.table({"x": x, "c": c}),
    "chunked": lambda x, c: chunked(pa.table({"x": x, "c": c})),
    "part": lambda x, c: sliced(pa.table({"x": x, "c": c})),
    "batch": lambda x, c: pa.RecordBatch.from_pydict({"x": x, "c": c}),
}


@pytest.mark.parametrize("form", TRUTHS)
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_truth_values_in_every_form(form, share):
    x, cells, y = levels([False, True], share=share)
    data = TRUTHS[form](x, cells)
    plain = TRUTHS["pandas object"](x, cells)
    assert answers(fitted(data, y), data) == answers(fitted(plain, y), plain)
    if share == 0:
        bare = pd.DataFrame({"x": x, "c": np.asarray(cells, dtype=bool)})
        assert answers(fitted(data, y), data) == answers(fitted(bare, y), bare)
        values = np.column_stack([x, cells]).astype(float)
        assert fitted(data, y).predict(data) == pytest.approx(fitted(values, y).predict(values))


TEXTS = {
    "pandas object": lambda x, c: pandas_of(x, c, object),
    "pandas str": lambda x, c: pandas_of(x, c, "str" if pd.__version__ >= "3" else "string"),
    "pandas string": lambda x, c: pandas_of(x, c, "string"),
    "pandas python string": lambda x, c: pandas_of(x, c, "string[python]"),
    "pandas pyarrow string": lambda x, c: pandas_of(x, c, pd.ArrowDtype(pa.string())),
    "pandas large string": lambda x, c: pandas_of(x, c, pd.ArrowDtype(pa.large_string())),
    "pandas category": lambda x, c: pandas_of(x, c, "category"),
    "pandas pyarrow dictionary": lambda x, c: pandas_of(
        x, c, pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    ),
    "numpy": lambda x, c: np.asarray([list(row) for row in zip(x, c, strict=True)], dtype=object),
    "polars": lambda x, c: pl.DataFrame({"x": x, "c": c}),
    "polars categorical": lambda x, c: pl.DataFrame({"x": x, "c": c}).cast({"c": pl.Categorical}),
    "polars enum": lambda x, c: pl.DataFrame({"x": x, "c": c}).cast(
        {"c": pl.Enum(["unused", *sorted({cell for cell in c if cell is not None})])}
    ),
    "table": lambda x, c: pa.table({"x": x, "c": c}),
    "large": lambda x, c: pa.table({"x": x, "c": pa.array(c, pa.large_string())}),
    "view": lambda x, c: pa.table({"x": x, "c": pa.array(c, pa.string_view())}),
    "dictionary": lambda x, c: pa.table({"x": x, "c": pa.array(c).dictionary_encode()}),
    "dictionary with nulls": lambda x, c: pa.table(
        {"x": x, "c": pa.array(c).dictionary_encode(null_encoding="encode")}
    ),
    "dictionaries": lambda x, c: pa.table(
        {
            "x": x,
            "c": pa.chunked_array(
                [pa.array(c[:30]).dictionary_encode(), pa.array(c[30:]).dictionary_encode()]
            ),
        }
    ),
    "chunked": lambda x, c: chunked(pa.table({"x": x, "c": c})),
    "part": lambda x, c: sliced(pa.table({"x": x, "c": c})),
    "batch": lambda x, c: pa.RecordBatch.from_pydict({"x": x, "c": c}),
}


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_texts_in_every_form(form, share):
    x, cells, y = levels(["red", "grün", "blue, or so"], share=share)
    data = TEXTS[form](x, cells)
    plain = TEXTS["pandas object"](x, cells)
    known = fitted(plain, y)
    expected = answers(known, plain)
    assert answers(fitted(data, y), data) == expected
    if not isinstance(data, np.ndarray):
        assert answers(known, data) == expected
    assert known.score(plain, y) > 0.9


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, pd.NaT, np.datetime64("NaT")])
def test_missing_texts_in_every_spelling(nothing):
    x, cells, y = levels(["red", "green"], share=0.1)
    plain = pandas_of(x, cells, object)
    expected = answers(fitted(plain, y), plain)
    other = [nothing if cell is None else cell for cell in cells]
    data = pandas_of(x, other, object)
    assert answers(fitted(data, y), data) == expected
    array = TEXTS["numpy"](x, other)
    assert answers(fitted(array, y), array) == expected


WHOLE_LEVELS = {
    "pandas": lambda x, c: pandas_of(x, c, "category"),
    "pandas doubles": lambda x, c: pandas_of(x, [float(v) for v in c], "category"),
    "pandas texts": lambda x, c: pandas_of(x, [str(v) for v in c], "category"),
    "table": lambda x, c: pa.table({"x": x, "c": pa.array(c).dictionary_encode()}),
}


@pytest.mark.parametrize("form", WHOLE_LEVELS)
def test_whole_numbers_as_categories(form):
    x, cells, y = levels([7, 3, 12, 1])
    told = {"categorical_features": ["c"]}
    plain = pd.DataFrame({"x": x, "c": cells})
    expected = answers(fitted(plain, y, **told), plain)
    data = WHOLE_LEVELS[form](x, cells)
    assert answers(fitted(data, y), data) == expected
    assert answers(fitted(data, y, **told), data) == expected
    assert answers(fitted(plain, y), plain) != expected


def test_categorical_features_in_every_form():
    x, cells, y = levels([7, 3, 12, 1])
    plain = np.column_stack([x, cells])
    expected = answers(fitted(plain, y, categorical_features=["x1"]), plain)
    for told in ([1], [-1], [False, True], np.asarray([False, True]), ("x1",), np.asarray([1])):
        assert answers(fitted(plain, y, categorical_features=told), plain) == expected
    for told in ("from_dtype", None, [], [False, False]):
        assert answers(fitted(plain, y, categorical_features=told), plain) != expected


def test_levels_that_the_fit_did_not_see():
    x, cells, y = levels(["red", "green", "blue"])
    for form in ("pandas object", "pandas category", "polars", "dictionary"):
        model = fitted(TEXTS[form](x, cells), y)
        assert np.isfinite(model.predict(TEXTS[form](x, ["violet"] * ROWS))).all()


# Dates -------------------------------------------------------------------------------------


def moments(step=1000, share=0.0):
    """Moments to ``step`` microseconds, with a numeric column and a target that both make."""
    rng = np.random.default_rng(6)
    x = rng.integers(-40, 40, size=ROWS) / 16
    ticks = rng.integers(0, 300 * 86_400 * 10**6 // step, size=ROWS) * step
    when = [dt.datetime(2024, 3, 1) + dt.timedelta(microseconds=int(one)) for one in ticks]
    gone = rng.random(ROWS) < share
    y = x + ticks / 1e13 + 0.1 * rng.normal(size=ROWS)
    return x, [None if lost else one for one, lost in zip(when, gone, strict=True)], y


def utc(cells):
    return [None if one is None else one.replace(tzinfo=dt.timezone.utc) for one in cells]


def zoned(cells):
    zone = zoneinfo.ZoneInfo("America/New_York")
    return [None if one is None else one.astimezone(zone) for one in utc(cells)]


def frame_of(x, cells):
    return pd.DataFrame({"x": x, "c": cells})


def arrow_of(kind):
    return lambda x, c: pa.table({"x": x, "c": pa.array(c, kind)})


MOMENTS = {
    "pandas ms": lambda x, c: frame_of(x, pd.Series(c, dtype="datetime64[ms]")),
    "pandas us": lambda x, c: frame_of(x, pd.Series(c, dtype="datetime64[us]")),
    "pandas ns": lambda x, c: frame_of(x, pd.Series(c, dtype="datetime64[ns]")),
    "pandas object": lambda x, c: frame_of(x, pd.Series(c, dtype=object)),
    "pandas Timestamp": lambda x, c: frame_of(
        x, pd.Series([pd.NaT if m is None else pd.Timestamp(m) for m in c], dtype=object)
    ),
    "pandas UTC": lambda x, c: frame_of(x, pd.Series(utc(c), dtype="datetime64[us, UTC]")),
    "pandas zone": lambda x, c: frame_of(
        x, pd.Series(utc(c), dtype="datetime64[ns, UTC]").dt.tz_convert("America/New_York")
    ),
    "pandas zone object": lambda x, c: frame_of(x, pd.Series(zoned(c), dtype=object)),
    "pandas pyarrow": lambda x, c: frame_of(
        x, pd.Series(c, dtype=pd.ArrowDtype(pa.timestamp("us")))
    ),
    "pandas pyarrow zone": lambda x, c: frame_of(
        x, pd.Series(utc(c), dtype=pd.ArrowDtype(pa.timestamp("ms", "America/New_York")))
    ),
    "numpy objects": lambda x, c: TEXTS["numpy"](x, c),
    "numpy moments": lambda x, c: TEXTS["numpy"](
        x, [np.datetime64("NaT") if m is None else np.datetime64(m, "ms") for m in c]
    ),
    "polars": lambda x, c: pl.DataFrame({"x": x, "c": c}),
    "polars ms": lambda x, c: pl.DataFrame({"x": x, "c": c}).cast({"c": pl.Datetime("ms")}),
    "polars zone": lambda x, c: pl.DataFrame({"x": x, "c": utc(c)}).with_columns(
        pl.col("c").dt.convert_time_zone("America/New_York")
    ),
    "table ms": arrow_of(pa.timestamp("ms")),
    "table": arrow_of(pa.timestamp("us")),
    "table zone": lambda x, c: arrow_of(pa.timestamp("us", "America/New_York"))(x, utc(c)),
    "chunked": lambda x, c: chunked(arrow_of(pa.timestamp("us"))(x, c)),
    "part": lambda x, c: sliced(arrow_of(pa.timestamp("us"))(x, c)),
    "polars ns": lambda x, c: pl.DataFrame({"x": x, "c": c}).cast({"c": pl.Datetime("ns")}),
    "table ns": arrow_of(pa.timestamp("ns")),
}


@pytest.mark.parametrize("form", MOMENTS)
@pytest.mark.parametrize("share", [0.0, 0.1])
def test_moments_in_every_form(form, share):
    x, cells, y = moments(share=share)
    data = MOMENTS[form](x, cells)
    plain = MOMENTS["table"](x, cells)
    assert answers(fitted(data, y), data) == answers(fitted(plain, y), plain)


@pytest.mark.parametrize("form", MOMENTS)
def test_whole_seconds_in_every_form(form):
    x, cells, y = moments(step=10**6, share=0.1)
    data = MOMENTS[form](x, cells)
    plain = frame_of(x, pd.Series(cells, dtype="datetime64[s]"))
    known = fitted(plain, y)
    expected = answers(known, plain)
    assert answers(fitted(data, y), data) == expected
    if not isinstance(data, np.ndarray):
        assert answers(known, data) == expected
    later = [None if one is None else one + dt.timedelta(seconds=1) for one in cells]
    assert answers(known, MOMENTS["table"](x, later)) != expected


DAYS = {
    "pandas object": lambda x, c: frame_of(x, pd.Series(c, dtype=object)),
    "pandas": lambda x, c: frame_of(x, pd.to_datetime(pd.Series(c))),
    "pandas pyarrow": lambda x, c: frame_of(x, pd.Series(c, dtype=pd.ArrowDtype(pa.date32()))),
    "polars": lambda x, c: pl.DataFrame({"x": x, "c": c}),
    "table": arrow_of(pa.date32()),
    "table milliseconds": arrow_of(pa.date64()),
    "dates as texts": lambda x, c: frame_of(
        x, [None if one is None else one.isoformat() for one in c]
    ),
}


@pytest.mark.parametrize("form", DAYS)
@pytest.mark.parametrize("year", [1100, 2024, 2900])
def test_days_in_every_form(form, year):
    x, cells, y = moments(share=0.1)
    days = [None if one is None else one.date().replace(year=year, day=1) for one in cells]
    data = DAYS[form](x, days)
    plain = DAYS["polars"](x, days)
    assert answers(fitted(data, y), data) == answers(fitted(plain, y), plain)


# Targets -----------------------------------------------------------------------------------

TARGETS = {
    "list": list,
    "single": lambda y: y.astype(np.float32),
    "object": lambda y: y.astype(object),
    "spread": lambda y: np.repeat(y, 3)[::3],
    "read-only": frozen,
    "pandas": pd.Series,
    "pandas nullable": lambda y: pd.Series(y, dtype="Float64"),
    "pandas pyarrow": lambda y: pd.Series(y, dtype="double[pyarrow]"),
    "pandas another index": lambda y: pd.Series(y, index=range(len(y), 0, -1)),
    "polars": lambda y: pl.Series("y", y),
    "arrow": pa.array,
    "arrow chunked": lambda y: pa.chunked_array([y[:10], y[10:]]),
}


@pytest.mark.parametrize("form", TARGETS)
def test_targets_in_every_form(form):
    X, y = numbers()
    y = np.round(y * 64) / 64
    assert answers(fitted(X, TARGETS[form](y)), X) == answers(fitted(X, y), X)


CLASSES = {
    "list": list,
    "object": lambda y: y.astype(object),
    "pandas": pd.Series,
    "pandas object": lambda y: pd.Series(y, dtype=object),
    "pandas string": lambda y: pd.Series(y, dtype="string"),
    "pandas category": lambda y: pd.Series(y, dtype="category"),
    "pandas pyarrow": lambda y: pd.Series(y, dtype=pd.ArrowDtype(pa.string())),
    "polars": lambda y: pl.Series("y", y.tolist()),
    "polars categorical": lambda y: pl.Series("y", y.tolist(), dtype=pl.Categorical),
    "arrow": lambda y: pa.array(y.tolist()),
    "arrow chunked": lambda y: pa.chunked_array([y[:10].tolist(), y[10:].tolist()]),
}


@pytest.mark.parametrize("form", CLASSES)
@pytest.mark.parametrize("cls", [NeuronSeekClassifier, PolynomialNeuronClassifier])
def test_classes_in_every_form(form, cls):
    X, y = numbers()
    y = np.where(y > 0, "above", "below")
    known, own = fitted(X, y, cls), fitted(X, CLASSES[form](y), cls)
    assert answers(own, X) == answers(known, X)
    assert own.classes_.tolist() == ["above", "below"]
    assert own.predict(X).tolist() == known.predict(X).tolist()


@pytest.mark.parametrize("gone", [None, np.nan, pd.NA])
def test_targets_may_not_be_missing(gone):
    X, y = numbers()
    cells = y.astype(object)
    cells[4] = gone
    with pytest.raises(ValueError, match="y contains NaN"):
        fitted(X, pd.Series(cells, dtype="Float64"))
    words = np.where(y > 0, "above", "below").astype(object)
    words[4] = gone
    with pytest.raises(ValueError, match="y contains NaN"):
        fitted(X, words, PolynomialNeuronClassifier)


# Errors ------------------------------------------------------------------------------------

FRAMES = {
    "pandas": lambda X, names: pd.DataFrame(X, columns=names),
    "polars": lambda X, names: pl.DataFrame(X, schema=names),
    "table": lambda X, names: pa.table(dict(zip(names, X.T, strict=True))),
    "batch": lambda X, names: pa.RecordBatch.from_pydict(dict(zip(names, X.T, strict=True))),
}


@pytest.mark.parametrize("form", FRAMES)
@pytest.mark.parametrize(
    ("places", "names", "words"),
    [
        ([0, 1], ["a", "b"], r"now missing:\n- c"),
        ([0, 1, 2, 2], ["a", "b", "c", "d"], r"unseen at fit time:\n- d"),
        ([1, 0, 2], ["b", "a", "c"], "same order"),
        ([0, 1, 2], ["a", "b", "z"], r"(?s)unseen at fit time:\n- z.*now missing:\n- c"),
    ],
)
def test_other_columns_are_named(form, places, names, words):
    X, y = numbers()
    model = fitted(FRAMES[form](X, ["a", "b", "c"]), y)
    with pytest.raises(ValueError, match=words):
        model.predict(FRAMES[form](X[:, places], names))


@pytest.mark.parametrize("width", [2, 4])
def test_other_numbers_of_columns(width):
    X, y = numbers()
    words = f"X has {width} features, but PolynomialNeuronRegressor is expecting 3"
    with pytest.raises(ValueError, match=words):
        fitted(X, y).predict(np.ones((5, width)))
    with pytest.raises(ValueError, match=f"{width} features"):
        fitted(FRAMES["pandas"](X, NAMES), y).predict(np.ones((5, width)))


@pytest.mark.parametrize("form", FRAMES)
def test_names_are_known_and_missed(form):
    X, y = numbers()
    model = fitted(FRAMES[form](X, ["a", "b", "c"]), y)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        assert answers(model, X) == answers(model, FRAMES[form](X, ["a", "b", "c"]))
    with pytest.warns(UserWarning, match="X has feature names, but"):
        assert answers(fitted(X, y), FRAMES[form](X, ["a", "b", "c"])) == answers(model, X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(FRAMES[form](X, ["a", "b", "c"]))


def test_names_that_are_no_texts():
    X, y = numbers()
    model = fitted(pd.DataFrame(X), y)
    assert not hasattr(model, "feature_names_in_")
    assert answers(model, X) == answers(model, pd.DataFrame(X)) == answers(fitted(X, y), X)
    with pytest.raises(TypeError, match="string names"):
        fitted(pd.DataFrame(X, columns=["a", 1, "b"]), y)


@pytest.mark.parametrize("form", ["pandas", "table"])
def test_names_that_occur_twice(form):
    X, y = numbers()
    frame = pd.DataFrame(X, columns=["a", "a", "b"])
    if form == "table":
        frame = pa.Table.from_arrays([pa.array(own) for own in X.T], names=["a", "a", "b"])
    with pytest.raises(Exception, match=r"""["']a["']"""):
        fitted(frame, y)


def test_names_of_targets_and_weights_may_be_taken():
    X, y = numbers()
    frame = pd.DataFrame(X, columns=["y", "sample_weight", "y_"])
    weights = np.random.default_rng(0).integers(0, 3, ROWS)
    own = fitted(frame, pd.Series(y, name="y")).predict(frame)
    assert own.tobytes() == answers(fitted(X, y), X)
    model = PolynomialNeuronRegressor(random_state=0)
    weighted = model.fit(frame, pd.Series(y, name="sample_weight"), sample_weight=weights)
    assert weighted.predict(frame).tobytes() == model.fit(X, y, weights).predict(X).tobytes()


INFINITE = {
    "numpy": (lambda X: X, "row 7, column 1"),
    "single": (lambda X: X.astype(np.float32), "row 7, column 1"),
    "object": (lambda X: X.astype(object), "row 7, column 1"),
    "pandas": (lambda X: pd.DataFrame(X, columns=NAMES), "row 7, column 'x1'"),
    "pandas nullable": (
        lambda X: pd.DataFrame(X, columns=NAMES).astype("Float64"),
        "row 7, column 'x1'",
    ),
    "polars": (lambda X: pl.DataFrame(X, schema=NAMES), r'row \d, column "x1"'),
    "table": (lambda X: pa.table(columns(X)), r'row \d, column "x1"'),
}


@pytest.mark.parametrize("form", INFINITE)
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_cells_are_placed(form, value):
    X, y = numbers()
    other = X.copy()
    other[7, 1] = value
    made, place = INFINITE[form]
    with pytest.raises(ValueError, match=place) as error:
        fitted(made(other), y)
    assert "infinity" in str(error.value) or "not a finite number" in str(error.value)
    with pytest.raises(ValueError, match=place):
        fitted(made(X), y).predict(made(other))


@pytest.mark.parametrize(
    "made",
    [
        lambda X: X + 1j,
        lambda X: (X + 1j).astype(object),
        lambda X: (X + 1j).astype(np.complex64),
        lambda X: pd.DataFrame(X + 1j, columns=NAMES),
        lambda X: pd.DataFrame(X + 1j, columns=NAMES).astype(object),
    ],
)
def test_complex_cells(made):
    X, y = numbers()
    with pytest.raises(ValueError, match="Complex data not supported"):
        fitted(made(X), y)


@pytest.mark.parametrize(
    "made",
    [
        sparse.csr_matrix,
        sparse.csc_array,
        sparse.coo_matrix,
        lambda X: pd.DataFrame(X).astype(pd.SparseDtype("float")),
    ],
)
def test_sparse_data(made):
    X, y = numbers()
    with pytest.raises(TypeError, match="Sparse data was passed"):
        fitted(made(X), y)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        fitted(X, y).predict(made(X))


def nested():
    day = dt.timedelta(days=1)
    yield "list", pa.array([[1]] * ROWS)
    yield "large list", pa.array([[1]] * ROWS, pa.large_list(pa.int64()))
    yield "fixed list", pa.array([[1, 2]] * ROWS, pa.list_(pa.int64(), 2))
    yield "struct", pa.array([{"q": 1}] * ROWS)
    yield "map", pa.array([[("k", 1)]] * ROWS, pa.map_(pa.string(), pa.int64()))
    yield "binary", pa.array([b"x"] * ROWS)
    yield "duration", pa.array([day] * ROWS)
    yield "time", pa.array([dt.time(1)] * ROWS)
    yield "runs", pa.RunEndEncodedArray.from_arrays([ROWS // 2, ROWS], [1.0, 2.0])
    yield "dictionary of binary", pa.array([b"x", b"y"] * (ROWS // 2)).dictionary_encode()


@pytest.mark.parametrize(("kind", "cells"), [pytest.param(k, c, id=k) for k, c in nested()])
def test_nested_columns_of_arrow(kind, cells):
    X, y = numbers()
    with pytest.raises(TypeError, match='column "odd" holds'):
        fitted(pa.table({**columns(X), "odd": cells}), y)


@pytest.mark.parametrize("cell", [[1], {"q": 1}, (1, 2), b"x", {1}, np.ones(2)])
def test_nested_columns_of_objects(cell):
    X, y = numbers()
    cells = np.empty(ROWS, dtype=object)
    for row in range(ROWS):
        cells[row] = cell if row > 4 else "text"
    with pytest.raises(TypeError, match=r"column 'odd' holds \w+ in row 5"):
        fitted(pd.DataFrame({**columns(X), "odd": cells}), y)


def test_nested_columns_of_polars_and_pandas():
    X, y = numbers()
    for cells in ([[1]] * ROWS, [{"q": 1}] * ROWS, [dt.timedelta(1)] * ROWS):
        with pytest.raises(TypeError, match='column "odd" holds'):
            fitted(pl.DataFrame({**columns(X), "odd": cells}), y)
    lists = pd.Series([[1]] * ROWS, dtype=pd.ArrowDtype(pa.list_(pa.int64())))
    with pytest.raises(TypeError, match="column 'odd' holds"):
        fitted(pd.DataFrame({**columns(X), "odd": lists}), y)
    for cells in (pd.Series([dt.timedelta(1)] * ROWS), pd.period_range("2020", periods=ROWS)):
        with pytest.raises(ValueError, match="Column 'odd' holds"):
            fitted(pd.DataFrame({**columns(X), "odd": cells}), y)


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (np.empty((0, 3)), [], r"0 sample\(s\)"),
        (np.empty((90, 0)), np.ones(90), r"0 feature\(s\)"),
        (pd.DataFrame({"a": []}), [], r"0 sample\(s\)"),
        (pd.DataFrame(index=range(90)), np.ones(90), r"0 feature\(s\)"),
        (pl.DataFrame({"a": []}), [], r"0 sample\(s\)"),
        (pa.table({}), [], r"0 sample\(s\)"),
        (np.ones((1, 3)), [1.0], r"1 sample\(s\)|1 sample"),
        (pl.DataFrame({"a": [1.0]}), [1.0], r"1 sample\(s\)"),
        (np.ones(90), np.ones(90), "Expected 2D array, got 1D array"),
        (pd.Series(np.ones(90)), np.ones(90), "Expected 2D array, got 1D array"),
        (pl.Series(np.ones(90)), np.ones(90), "Expected 2D array, got 1D array"),
        (pa.array(np.ones(90)), np.ones(90), "Expected 2D array, got 1D array"),
        (pa.chunked_array([np.ones(90)]), np.ones(90), "Expected 2D array, got 1D array"),
        (np.ones((90, 2, 2)), np.ones(90), "dim"),
        (np.ones((90, 2)), np.ones(89), r"\[90, 89\]"),
        (pd.DataFrame(np.ones((90, 2))), np.ones(89), r"\[90, 89\]"),
        (pl.DataFrame(np.ones((90, 2))), np.ones(89), r"\[90, 89\]"),
        (pa.table({"a": np.ones(90)}), np.ones(91), r"\[90, 91\]"),
        (np.ones((90, 2)), np.ones((90, 2, 2)), "y has|dim"),
        (np.ones((90, 2)), None, "requires y to be passed"),
        (np.ones((90, 2)), ["a"] * 90, "could not convert"),
        (np.full((90, 2), np.nan), np.arange(90), "x0.*no value"),
    ],
)
def test_shapes_that_do_not_fit(X, y, words):
    with pytest.raises(ValueError, match=words):
        PolynomialNeuronRegressor().fit(X, y)


@pytest.mark.parametrize("X", [None, 3.0, object()])
def test_no_data_at_all(X):
    with pytest.raises((TypeError, ValueError)):
        PolynomialNeuronRegressor().fit(X, [1.0, 2.0])


def test_empty_rows_are_refused_in_predictions():
    X, y = numbers()
    for made in (lambda own: own, FRAMES_OF_NAMES["pandas"], FRAMES_OF_NAMES["polars"]):
        model = fitted(made(X), y)
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            model.predict(made(X[:0]))
        assert model.predict(made(X[:1])).shape == (1,)


FRAMES_OF_NAMES = {
    "pandas": lambda X: pd.DataFrame(X, columns=NAMES),
    "polars": lambda X: pl.DataFrame(X, schema=NAMES),
}


def test_data_is_left_as_it_was():
    X, y = numbers()
    X[3, 1] = np.nan
    frame = pd.DataFrame(X, columns=NAMES)
    before, kept = X.copy(), frame.copy(deep=True)
    fitted(X, y).predict(X)
    fitted(frame, y).predict(frame)
    assert before.tobytes() == X.tobytes()
    pd.testing.assert_frame_equal(frame, kept)


def test_warnings_point_at_the_caller():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 3)), rng.normal(size=120)
    for cls in (NeuronSeekRegressor, PolynomialNeuronRegressor):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fitted(X, y, cls)
        own = [one for one in caught if one.category is NeuronSeekWarning]
        assert own and {one.filename for one in own} == {__file__}
