"""Sweeps: scikit-learn's searches under joblib's backends, and the programs of examples/sweeps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

import neuronseek
from neuronseek import NeuronSeekRegressor, PolynomialNeuronRegressor

pytestmark = [
    pytest.mark.filterwarnings("ignore::neuronseek.NeuronSeekWarning"),
    # What Dask and Ray leave open when they end is their business.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SWEEPS = Path(__file__).parents[3] / "examples" / "sweeps"
WORKERS = 2
EXPERIMENT = ["recovery", "--dims", "4", "--rows", "300", "--seeds", "1"]
RUNS = 15


@contextmanager
def loky():
    with joblib.parallel_config("loky", n_jobs=WORKERS):
        yield


@contextmanager
def dask():
    with (
        sys.modules["distributed"].LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        sys.modules["distributed"].Client(cluster),
        joblib.parallel_config("dask"),
    ):
        yield


@contextmanager
def ray():
    from ray.util.joblib import register_ray

    own = sys.modules["ray"]
    own.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    try:
        register_ray()
        with joblib.parallel_config("ray", n_jobs=WORKERS):
            yield
    finally:
        own.shutdown()


BACKENDS = {"loky": loky, "dask": dask, "ray": ray}
NEEDS = {"dask": ["dask", "distributed"], "ray": ["ray"]}
each_backend = pytest.mark.parametrize("name", BACKENDS)


def require(name):
    for package in NEEDS.get(name, []):
        reason = f"joblib's backend {name} needs {package}: pip install 'neuronseek[{name}]'"
        pytest.importorskip(package, reason=reason)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """Ray keeps a token below the home folder, for all its processes; the user's is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # By default Ray's workers give way to all else on the machine.
        patch.setenv("RAY_worker_niceness", "0")
        yield


def problem():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 3))
    return X, X.sum(axis=1) + 2 * X[:, 0] * X[:, 1] + 0.1 * rng.normal(size=150)


def searches():
    """A grid of each kind of estimator, and what is read off it."""
    X, y = problem()
    polynomial = PolynomialNeuronRegressor(random_state=0)
    network = NeuronSeekRegressor(profile="small", max_iter=3, random_state=0)
    grids = [
        GridSearchCV(polynomial, {"max_order": [1, 2, 3], "max_rank": [0, 2]}, cv=3),
        GridSearchCV(network, {"neuron": ["auto", "x", "x + cp(2, r=2)"]}, cv=2),
    ]
    found = []
    for grid in grids:
        grid.fit(X, y)
        splits = [grid.cv_results_[f"split{i}_test_score"] for i in range(grid.n_splits_)]
        found += [*splits, grid.cv_results_["rank_test_score"], grid.predict(X)]
    return [*found, cross_val_score(polynomial, X, y, cv=3), cross_val_score(network, X, y, cv=2)]


@pytest.fixture(scope="module")
def alone():
    """What comes out in this process."""
    return searches()


@each_backend
def test_searches_are_equal_under_each_backend(name, alone):
    require(name)
    with BACKENDS[name]():
        found = searches()
    assert len(found) == len(alone)
    for ours, theirs in zip(found, alone, strict=True):
        assert np.isfinite(ours).all()
        assert np.array_equal(ours, theirs)


def threads(n_jobs):
    return PolynomialNeuronRegressor(n_jobs=n_jobs)._threads()


@each_backend
def test_a_fit_in_a_worker_takes_one_thread_unless_it_is_told(name):
    """Not as many as the cluster has cores, which is what Dask's backend answers."""
    require(name)
    # Workers cannot import this file, so they get a method of the package.
    asked = joblib.delayed(PolynomialNeuronRegressor._threads)
    with BACKENDS[name]():
        of_none = joblib.Parallel()(asked(PolynomialNeuronRegressor()) for _ in range(4))
        of_three = joblib.Parallel()(asked(PolynomialNeuronRegressor(n_jobs=3)) for _ in range(4))
    assert of_none == [1] * 4
    assert of_three == [3] * 4


def test_the_driver_of_a_dask_cluster_does_not_take_its_size_for_threads():
    require("dask")
    with dask():
        assert threads(None) == threads(1) == 1
        assert threads(3) == 3
        assert threads(-1) == joblib.cpu_count()


# The programs ---------------------------------------------------------------------------


def environment(**more):
    """Programs find the package that is tested, wherever it lies."""
    folder = str(Path(neuronseek.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": folder, **more}


def run(program, *flags):
    command = [sys.executable, str(SWEEPS / program), *map(str, flags)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(), check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def results(folder, name="recovery"):
    """What each finished run found; seconds are left out, as they differ."""
    lines = (folder / f"{name}.jsonl").read_text().splitlines()
    return {line["id"]: line["result"] for line in map(json.loads, lines)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The results of the experiment without shards."""
    folder = tmp_path_factory.mktemp("whole")
    bench(folder)
    assert len(results(folder)) == RUNS
    return results(folder)


def bench(folder, *flags):
    command = [sys.executable, "-m", "neuronseek", "bench", *EXPERIMENT, "--out", str(folder)]
    subprocess.run([*command, *flags], check=True, capture_output=True, env=environment())


@pytest.fixture(scope="module")
def grid_of_loky(tmp_path_factory):
    pytest.importorskip("pandas")
    file = tmp_path_factory.mktemp("grid") / "scores.json"
    run("grid_search.py", "--rows", 200, "--folds", 2, "--json", file)
    return json.loads(file.read_text())


@each_backend
def test_grid_search(name, tmp_path, grid_of_loky):
    require(name)
    if name != "loky":
        file = tmp_path / "scores.json"
        run("grid_search.py", "--backend", name, "--rows", 200, "--folds", 2, "--json", file)
        assert json.loads(file.read_text()) == grid_of_loky
    assert [len(scores) for scores in grid_of_loky.values()] == [8, 2]


@each_backend
def test_shards(name, tmp_path, whole):
    require(name)
    out = tmp_path / "sweep"
    printed = run("shards.py", "--backend", name, "--shards", 3, "--out", out, "--", *EXPERIMENT)
    assert "all, als" in printed
    shards = [results(out, f"recovery.{i}-of-3") for i in range(3)]
    assert [len(shard) for shard in shards] == [5, 5, 5]
    assert results(out) == whole == {**shards[0], **shards[1], **shards[2]}
    assert (out / "recovery.svg").is_file()


def test_a_shard_that_fails_is_told_and_done_by_the_gathering(tmp_path, whole):
    locks = pytest.importorskip("fcntl", reason="files are locked in another way here")
    out = tmp_path / "sweep"
    out.mkdir()
    # As if another process wrote the file of a shard.
    with (out / "recovery.1-of-3.jsonl").open("w") as busy:
        locks.flock(busy, locks.LOCK_EX)
        command = [sys.executable, str(SWEEPS / "shards.py"), "--shards", "3", "--out", str(out)]
        done = subprocess.run(
            [*command, "--", *EXPERIMENT], capture_output=True, text=True, env=environment()
        )
    assert done.returncode == 0
    assert "shard 1/3 failed" in done.stderr
    assert "is being written by another run" in done.stderr
    assert results(out) == whole


def test_wrong_words_fail(tmp_path):
    command = [sys.executable, str(SWEEPS / "shards.py"), "--out", str(tmp_path), "--", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 1
    assert "unrecognized subcommand" in done.stderr


# Slurm ----------------------------------------------------------------------------------

SBATCH = SWEEPS / "slurm_array.sbatch"
slurm = pytest.mark.skipif(os.name == "nt", reason="Slurm's scripts are for bash")


@slurm
def test_the_job_is_a_script_of_bash_with_its_settings_first():
    subprocess.run(["bash", "-n", str(SBATCH)], check=True)
    lines = SBATCH.read_text().splitlines()
    assert lines[0].startswith("#!")
    settings = [i for i, line in enumerate(lines) if line.startswith("#SBATCH")]
    # Slurm reads settings up to the first line that is no comment.
    assert settings
    assert all(line.startswith("#") for line in lines[: settings[-1]])
    assert not any("--array" in lines[i] for i in settings)


def submit(folder, task=None, words=EXPERIMENT, shards="3"):
    """Run the job's body as Slurm does: a copy of the file, in the folder of the submission."""
    command = folder / "neuronseek"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m neuronseek "$@"\n')
    command.chmod(0o755)
    copy = folder / "slurm_script"
    copy.write_bytes(SBATCH.read_bytes())
    more = {"NEURONSEEK": str(command), "SHARDS": shards, "SLURM_CPUS_PER_TASK": "1"}
    if task is not None:
        more["SLURM_ARRAY_TASK_ID"] = str(task)
    return subprocess.run(
        ["bash", str(copy), *words], cwd=folder, env=environment(**more), capture_output=True
    )


@slurm
def test_tasks_of_the_array_are_shards_and_the_last_job_gathers(tmp_path, whole):
    for task in range(3):
        assert submit(tmp_path, task).returncode == 0
        assert len(results(tmp_path / "sweep", f"recovery.{task}-of-3")) == RUNS // 3
        assert not (tmp_path / "sweep" / "recovery.jsonl").exists()
    before = {p: p.read_bytes() for p in (tmp_path / "sweep").glob("*-of-3.jsonl")}
    last = submit(tmp_path)
    assert last.returncode == 0
    assert b"all, als" in last.stdout
    assert results(tmp_path / "sweep") == whole
    assert {p: p.read_bytes() for p in before} == before


@slurm
def test_a_task_beyond_the_shards_is_refused(tmp_path):
    done = submit(tmp_path, 3)
    assert done.returncode == 2
    assert b"--array has to be 0-2" in done.stderr
    assert not (tmp_path / "sweep").exists()
