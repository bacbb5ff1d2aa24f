"""Fits to rows in parts: however they are cut, on Dask, on Ray, beside the command."""

from __future__ import annotations

import functools
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neuronseek
from neuronseek import (
    NeuronSearch,
    NeuronSeekRegressor,
    PolynomialNeuronClassifier,
    PolynomialNeuronRegressor,
    blocks,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::neuronseek.NeuronSeekWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ROWS = 90_000
EXAMPLES = Path(__file__).parents[3] / "examples" / "sweeps"


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 4))
    y = X @ [1.0, -2.0, 0.5, 0.3] + X[:, 0] * X[:, 1] - 0.5 * X[:, 2] ** 3
    return X, y + 0.1 * rng.normal(size=ROWS)


def run(estimator, X, y, cuts, *, weights=None, through_pickle=False):
    """All rounds over rows that are cut at these places."""
    ends = [*cuts, len(X)]
    starts = [0, *cuts]
    state = blocks.start(
        estimator, X[:500], y[:500], rows=len(X), classes=y, weighted=weights is not None
    )
    while state.task is not None:
        task = pickle.loads(pickle.dumps(state.task)) if through_pickle else state.task
        parts = [
            blocks.partial(
                task,
                X[a:b],
                y[a:b],
                start=a,
                sample_weight=None if weights is None else weights[a:b],
            )
            for a, b in zip(starts, ends, strict=True)
        ]
        state = blocks.solve(state, functools.reduce(blocks.combine, parts))
    return state.estimator


def test_the_cut_does_not_change_a_bit(rows):
    X, y = rows
    whole = run(PolynomialNeuronRegressor(random_state=0), X, y, [])
    cut = run(
        PolynomialNeuronRegressor(random_state=0), X, y, [1, 300, 60_000], through_pickle=True
    )
    assert whole.neuron_ == "x + x^3 + cp(2, r=1)"
    assert whole._model.to_bytes() == cut._model.to_bytes()
    np.testing.assert_array_equal(whole.predict(X[:100]), cut.predict(X[:100]))
    assert whole.score(X, y) > 0.99
    assert whole.report_["rows"]["training"] == ROWS - 20_000


def test_the_command_gives_the_same_model(rows, tmp_path):
    pa = pytest.importorskip("pyarrow", reason="pyarrow writes the files")
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow writes the files")
    # More rows than fit into the limit.
    X, y = (np.concatenate([own] * 4) for own in rows)
    for part in range(4):
        own = slice(part * ROWS, (part + 1) * ROWS)
        columns = {f"x{i}": X[own, i] for i in range(4)}
        table = pa.table({**columns, "y": y[own]})
        pq.write_table(table, tmp_path / f"{part}.parquet", row_group_size=7000)
    model = tmp_path / "model.neuron"
    line = f"fit {tmp_path}/*.parquet --target y --task regression --profile polynomial"
    line += f" --memory-limit 200MiB --threads 2 -o {model}"
    done = subprocess.run(
        [sys.executable, "-m", "neuronseek", *line.split()], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "one pass draws a sample" in done.stderr
    own = run(PolynomialNeuronRegressor(random_state=0), X, y, [45_000])
    assert model.read_bytes() == own._model.to_bytes()


def test_classes_and_weights(rows):
    X, y = rows
    labels = np.where(y > 0, "up", "down")
    weights = np.where(X[:, 0] > 0, 2.0, 1.0)
    models = [
        run(
            PolynomialNeuronClassifier(random_state=0, max_order=3),
            X,
            labels,
            cuts,
            weights=weights,
        )
        for cuts in ([], [12_345])
    ]
    assert models[0]._model.to_bytes() == models[1]._model.to_bytes()
    assert list(models[0].classes_) == ["down", "up"]
    assert models[0].score(X, labels) > 0.95


def test_networks_are_averaged(rows):
    X, y = rows

    def fitted():
        model = NeuronSeekRegressor(
            random_state=0, neuron="x", profile="small", hidden_layer_sizes=[16], max_iter=2
        )
        return run(model, X, y, [45_000])

    assert fitted()._model.to_bytes() == fitted()._model.to_bytes()


def test_a_search_gives_features(rows):
    X, y = rows
    search = run(NeuronSearch(random_state=0), X, y, [30_000])
    assert search.transform(X[:10]).shape == (10, 3)


def test_what_cannot_be_is_refused(rows):
    X, y = rows
    with pytest.raises(ValueError, match="prediction intervals"):
        blocks.start(NeuronSeekRegressor(intervals=[0.9]), X[:100], y[:100])
    state = blocks.start(PolynomialNeuronRegressor(), X[:100], y[:100])
    part = blocks.partial(state.task, X[:100], y[:100], start=0)
    with pytest.raises(ValueError, match="in the order of their rows"):
        blocks.combine(part, part)
    with pytest.raises(ValueError, match="no partial"):
        blocks.combine(part, b"something")
    with pytest.raises(ValueError, match="weights in all parts"):
        blocks.partial(state.task, X[:100], y[:100], start=0, sample_weight=np.ones(100))
    with pytest.raises(ValueError, match="4 features"):
        blocks.partial(state.task, X[:100, :3], y[:100], start=0)


# Dask ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_dask_arrays_give_the_same_bytes(rows, cluster):
    from neuronseek.dask import DaskPolynomialNeuronRegressor

    da = pytest.importorskip("dask.array", reason="Dask is not installed")
    X, y = rows
    lazy = da.from_array(X, chunks=(20_000, 2))
    model = DaskPolynomialNeuronRegressor(random_state=0)
    model.fit(lazy, da.from_array(y, chunks=20_000))
    own = run(PolynomialNeuronRegressor(random_state=0), X, y, [])
    assert model._model.to_bytes() == own._model.to_bytes()
    np.testing.assert_array_equal(model.predict(lazy).compute(), own.predict(X))
    np.testing.assert_array_equal(model.predict(X[:10]), own.predict(X[:10]))


def test_dask_frames_of_classes(rows, cluster):
    from neuronseek.dask import DaskNeuronSearch, DaskPolynomialNeuronClassifier

    dd = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = rows
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["label"] = np.where(y > 0, "up", "down")
    frame["y"] = y
    lazy = dd.from_pandas(frame, npartitions=3)
    model = DaskPolynomialNeuronClassifier(random_state=0, max_order=3)
    model.fit(lazy[list("abcd")], lazy["label"])
    assert (model.predict(lazy[list("abcd")]).compute() == frame["label"]).mean() > 0.95
    probabilities = model.predict_proba(lazy[list("abcd")]).compute()
    assert probabilities.shape == (ROWS, 2)
    search = DaskNeuronSearch(random_state=0).fit(lazy[list("abcd")], lazy["y"])
    assert search.neuron_ == "x + x^3 + cp(2, r=1)"
    assert search.transform(lazy[list("abcd")]).compute().shape == (ROWS, 3)


def test_a_worker_that_is_killed_changes_nothing(rows, tmp_path):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    dask = pytest.importorskip("dask", reason="Dask is not installed")
    da = pytest.importorskip("dask.array", reason="Dask is not installed")
    from neuronseek.dask import DaskPolynomialNeuronRegressor

    X, y = rows
    marker = tmp_path / "killed"

    def read(start):
        # The first process that comes here in the second pass over the rows is killed.
        seen = tmp_path / f"seen {start}"
        if start == 40_000 and seen.exists() and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
        seen.touch()
        return X[start : start + 10_000]

    starts = range(0, ROWS, 10_000)
    parts = [
        da.from_delayed(dask.delayed(read)(start), (10_000, 4), dtype=float) for start in starts
    ]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        model = DaskPolynomialNeuronRegressor(random_state=0)
        model.fit(da.concatenate(parts), da.from_array(y, chunks=10_000))
    assert marker.exists()
    own = run(PolynomialNeuronRegressor(random_state=0), X, y, [])
    assert model._model.to_bytes() == own._model.to_bytes()


def test_what_dask_cannot_fit_is_refused(rows, cluster):
    from neuronseek.dask import DaskNeuronSearch

    da = pytest.importorskip("dask.array", reason="Dask is not installed")
    X, y = rows
    lazy = da.from_array(X, chunks=(20_000, 4))
    with pytest.raises(TypeError, match="X is a ndarray"):
        DaskNeuronSearch().fit(X, y)
    with pytest.raises(ValueError, match="5 partitions, y has 2"):
        DaskNeuronSearch().fit(lazy, da.from_array(y, chunks=50_000))
    uneven = da.from_array(y, chunks=((20_000, 20_000, 20_000, 10_000, 20_000),))
    with pytest.raises(ValueError, match="a partition of X has"):
        DaskNeuronSearch().fit(lazy, uneven)


# Ray -----------------------------------------------------------------------------------------


def test_the_example_on_ray(tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed")
    package = str(Path(neuronseek.__file__).parents[1])
    paths = [package, os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "HOME": str(tmp_path),
        "RAY_worker_niceness": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "ray_blocks.py"), "--rows", "90000", "--parts", "3"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "x + x^3 + cp(2, r=1)"
    assert lines[1].startswith("70000 rows")
    assert json.loads(lines[1].split("rows ")[1].replace("'", '"'))["r2"] > 0.98


# Arrow ---------------------------------------------------------------------------------------


def test_batches_of_an_arrow_dataset(rows, tmp_path):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    ds = pytest.importorskip("pyarrow.dataset", reason="pyarrow is not installed")
    X, y = rows
    table = pa.table({**{f"x{i}": X[:, i] for i in range(4)}, "y": y})
    ds.write_dataset(
        table, tmp_path, format="parquet", max_rows_per_file=40_000, max_rows_per_group=9000
    )
    data = ds.dataset(tmp_path, format="parquet")
    head = data.head(1000)
    estimator = PolynomialNeuronRegressor(random_state=0)
    state = blocks.start(estimator, head.drop_columns("y"), head["y"])
    while state.task is not None:
        parts, start = [], 0
        for batch in data.to_batches(batch_size=65_536):
            made = blocks.partial(state.task, batch.drop_columns("y"), batch["y"], start=start)
            start += batch.num_rows
            parts = [functools.reduce(blocks.combine, [*parts, made])]
        state = blocks.solve(state, parts[0])
    own = run(PolynomialNeuronRegressor(random_state=0), X, y, [])
    assert state.estimator._model.to_bytes() == own._model.to_bytes()
