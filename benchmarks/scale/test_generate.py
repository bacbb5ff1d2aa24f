"""Tests of generate.py, by pytest: the law, its shares, the files, and that it can be found."""

from __future__ import annotations

import json
from pathlib import Path

import generate
import numpy as np
import pyarrow.parquet as pq
import pytest


def made(monkeypatch, folder: Path, *flags: str) -> Path:
    """A small table with small files and row groups."""
    monkeypatch.setattr(generate, "FILE_ROWS", 1000)
    monkeypatch.setattr(generate, "GROUP_ROWS", 250)
    monkeypatch.setattr("sys.argv", ["generate.py", "--out", str(folder), *flags])
    generate.generate(generate.arguments())
    return folder


def matrix(path: Path) -> np.ndarray:
    return np.column_stack([column.to_numpy() for column in pq.read_table(path).columns])


def sample(seed: int, rows: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    batch = next(generate.groups(generate.Law.drawn(seed), seed, 0, rows, noise))
    columns = [column.to_numpy() for column in batch.columns]
    return np.column_stack(columns[:-1]), columns[-1]


def test_files_groups_types_and_truth(monkeypatch, tmp_path):
    folder = made(monkeypatch, tmp_path / "set", "--rows", "2300")
    files = sorted(path.name for path in folder.glob("*.parquet"))
    assert files == json.loads((folder / "truth.json").read_text())["files"]
    assert [pq.ParquetFile(folder / f).num_row_groups for f in files] == [4, 4, 2]
    assert [pq.ParquetFile(folder / f).metadata.num_rows for f in files] == [1000, 1000, 300]
    assert len({str(field.type) for field in pq.read_schema(folder / files[0])}) == 1


def test_the_same_seed_gives_the_same_bytes_and_a_longer_table_begins_alike(monkeypatch, tmp_path):
    short = made(monkeypatch, tmp_path / "short", "--rows", "1000", "--seed", "3")
    long = made(monkeypatch, tmp_path / "long", "--rows", "2000", "--seed", "3")
    other = made(monkeypatch, tmp_path / "other", "--rows", "1000", "--seed", "4")
    first = "part-00000.parquet"
    assert (short / first).read_bytes() == (long / first).read_bytes()
    assert not np.array_equal(matrix(short / first), matrix(other / first))
    assert not np.array_equal(matrix(long / first), matrix(long / "part-00001.parquet"))


def test_the_target_is_the_law_of_truth_json(monkeypatch, tmp_path):
    folder = made(monkeypatch, tmp_path / "set", "--rows", "500", "--noise", "0")
    table = matrix(folder / "part-00000.parquet").astype(np.float64)
    x, y = table[:, :-1], table[:, -1]
    a, b, u, v = (
        json.loads((folder / "truth.json").read_text())["coefficients"][n] for n in "abuv"
    )
    assert np.allclose(x @ a + x**3 @ b + (x @ u) * (x @ v), y, atol=1e-5)


def test_a_folder_that_is_in_use_is_refused(monkeypatch, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(SystemExit, match="not empty"):
        made(monkeypatch, tmp_path, "--rows", "10")


@pytest.mark.parametrize("seed", range(4))
def test_each_term_has_its_share(seed):
    x, y = sample(seed, 100_000, 0.0)
    law = generate.Law.drawn(seed)
    product = (x @ law.u) * (x @ law.v)
    terms = {"x": x, "x^3": x**3, "product": product[:, None]}
    for name, expected in (("x", 0.16), ("x^3", 0.12), ("product", 0.3)):
        others = np.column_stack([own for other, own in terms.items() if other != name])
        left = y - others @ np.linalg.lstsq(others, y, rcond=None)[0]
        assert left.var() / y.var() == pytest.approx(expected, rel=0.08)
    assert y.var() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("seed", range(2))
def test_the_neuron_is_found(seed):
    neuronseek = pytest.importorskip("neuronseek")
    x, y = sample(seed, 20_000, 0.1)
    model = neuronseek.PolynomialNeuronRegressor(random_state=0).fit(x, y)
    assert model.neuron_ == "x + x^3 + cp(2, r=1)"
