"""Work beside the interpreter: threads, signals, forks, what is printed, callbacks."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from neuronseek import (
    NeuronSearch,
    NeuronSeekClassifier,
    NeuronSeekRegressor,
    PolynomialNeuronClassifier,
    PolynomialNeuronRegressor,
)
from neuronseek import _progress as progress

pytestmark = pytest.mark.filterwarnings("ignore::neuronseek.NeuronSeekWarning")

EVERY = (
    NeuronSeekRegressor,
    NeuronSeekClassifier,
    PolynomialNeuronRegressor,
    PolynomialNeuronClassifier,
    NeuronSearch,
)
NETWORKS = (NeuronSeekRegressor, NeuronSeekClassifier)


def problem(rows=120, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1] + 0.1 * rng.normal(size=rows)
    return X, y


def data_of(cls, rows=120, seed=0):
    X, y = problem(rows, seed)
    return (X, y > 0) if cls in (NeuronSeekClassifier, PolynomialNeuronClassifier) else (X, y)


def made(cls, **parameters):
    if cls in NETWORKS:
        parameters.setdefault("profile", "small")
    parameters.setdefault("random_state", 0)
    return cls(**parameters)


def long_fit():
    """A fit of several seconds, and its data."""
    X, y = problem(400)
    return NeuronSeekRegressor(random_state=0), X, y


# Threads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", EVERY)
def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(cls):
    X, y = data_of(cls)
    more = {"n_members": 2, "n_folds": 3, "max_iter": 15} if cls in NETWORKS else {}
    one, two, again = (
        made(cls, n_jobs=jobs, **more).fit(X, y)._model.to_bytes() for jobs in (1, 2, 1)
    )
    assert one == two == again
    assert one != made(cls, random_state=1, **more).fit(X, y)._model.to_bytes()


def test_random_states_of_every_kind():
    X, y = problem()
    model = made(NeuronSeekRegressor, neuron="x + cp(2)", max_iter=5)

    def fitted(state):
        return model.set_params(random_state=state).fit(X, y)._model.to_bytes()

    assert fitted(np.random.RandomState(5)) == fitted(np.random.RandomState(5))
    assert fitted(np.int64(5)) == fitted(5) != fitted(6)
    state = np.random.RandomState(5)
    assert fitted(state) != fitted(state)
    np.random.seed(1)  # noqa: NPY002
    first = fitted(None)
    np.random.seed(1)  # noqa: NPY002
    assert fitted(None) == first


def test_sixteen_fits_from_eight_threads():
    problems = [problem(80 + 5 * number, number) for number in range(16)]

    def answer(number):
        X, y = problems[number]
        cls = (NeuronSeekRegressor, PolynomialNeuronRegressor)[number % 2]
        return made(cls, n_jobs=1 + number % 2).fit(X, y).predict(X).tobytes()

    expected = [answer(number) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(answer, range(16), timeout=60))
    assert found == expected
    assert len(set(expected)) == 16


def test_one_model_predicts_from_eight_threads():
    X, y = problem()
    model = made(NeuronSeekRegressor, n_jobs=2).fit(X, y)
    expected = model.predict(X).tobytes()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: model.predict(X).tobytes(), range(64), timeout=60))
    assert set(found) == {expected}


def test_other_threads_run_during_a_fit():
    model, X, y = long_fit()
    model.set_params(time_limit=1.5)
    ticks, over = [time.perf_counter()], threading.Event()

    def tick():
        while not over.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.002)

    thread = threading.Thread(target=tick)
    thread.start()
    started = time.perf_counter()
    model.fit(X, y)
    ended = time.perf_counter()
    over.set()
    thread.join()
    assert ended - started > 0.5
    gaps = np.diff([one for one in ticks if started <= one <= ended])
    # With the lock held there would be one gap, as long as the fit.
    assert gaps.max() < 0.5 * (ended - started)
    assert len(gaps) > 50


def test_predictions_release_the_lock():
    X, y = problem()
    model = made(NeuronSeekRegressor).fit(X, y)
    many = np.tile(X, (20_000, 1))
    ticks, over = [], threading.Event()

    def tick():
        while not over.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    started = time.perf_counter()
    model.predict(many)
    ended = time.perf_counter()
    over.set()
    thread.join()
    inside = [one for one in ticks if started <= one <= ended]
    assert len(inside) > 5


# Ends before the end -------------------------------------------------------------------------


def test_time_limit():
    model, X, y = long_fit()
    started = time.perf_counter()
    model.set_params(time_limit=0.7, n_jobs=2).fit(X, y)
    assert time.perf_counter() - started < 4
    assert model.score(X, y) > 0.9
    started = time.perf_counter()
    assert "x" in model.set_params(time_limit=0.0).fit(X, y).neuron_
    assert np.isfinite(model.predict(X)).all()
    assert time.perf_counter() - started < 1


INTERRUPTED = """
    import sys, time
    import numpy as np
    from neuronseek import NeuronSeekRegressor, PolynomialNeuronRegressor
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1] + rng.normal(size=400) / 10
    model = NeuronSeekRegressor(random_state=0, n_jobs=2)
    print("ready", flush=True)
    try:
        model.fit(X, y)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    else:
        print("not interrupted", flush=True)
    assert not hasattr(model, "neuron_")
    print(PolynomialNeuronRegressor(random_state=0).fit(X, y).neuron_, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to one process")
@pytest.mark.parametrize("after", [0.05, 0.5, 1.0])
def test_an_interrupt_ends_a_fit_within_a_second(after):
    line = [sys.executable, "-c", textwrap.dedent(INTERRUPTED)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout.readline() == "ready\n", child.stderr.read()
            time.sleep(after)
            sent = time.perf_counter()
            child.send_signal(signal.SIGINT)
            assert child.stdout.readline() == "interrupted\n"
            assert time.perf_counter() - sent < 1
            # The interpreter goes on, and so does the package.
            assert "cp(2, r=1)" in child.stdout.readline()
            assert child.wait(30) == 0
        finally:
            child.kill()


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to one process")
def test_an_interrupt_ends_a_fit_in_this_process():
    model, X, y = long_fit()
    fitted = made(PolynomialNeuronRegressor).fit(X, y)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert 0.2 < time.perf_counter() - started < 1.3
    timer.join()
    again = made(PolynomialNeuronRegressor).fit(X, y)
    assert again._model.to_bytes() == fitted._model.to_bytes()


class Refused(Exception):
    pass


@pytest.mark.parametrize("kind", ["stage", "snapshot", "progress", "trained"])
def test_a_listener_that_raises_ends_the_fit(kind, monkeypatch):
    X, y = problem(400)
    heard = []
    plain = progress.Listener.__call__

    def raising(self, event, *what):
        heard.append(event)
        if event == kind:
            raise Refused(kind)
        plain(self, event, *what)

    monkeypatch.setattr(progress.Listener, "__call__", raising)
    started = time.perf_counter()
    with pytest.raises(Refused, match=kind):
        NeuronSeekRegressor(random_state=0, n_folds=2, n_members=1).fit(X, y)
    assert time.perf_counter() - started < 5
    # Nothing is told after the error.
    assert heard.count(kind) == 1 and heard[-1] == kind
    monkeypatch.undo()
    assert made(NeuronSeekRegressor).fit(X, y).score(X, y) > 0.9


def in_a_child(model, X, y, results):
    fitted = made(NeuronSeekRegressor, n_jobs=2).fit(X, y)
    results.put((model.predict(X).tobytes(), fitted._model.to_bytes()))


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="no forks on this system"
)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forks_after_a_fit():
    X, y = problem()
    model = made(NeuronSeekRegressor, n_jobs=2).fit(X, y)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    children = [context.Process(target=in_a_child, args=(model, X, y, results)) for _ in range(3)]
    try:
        for child in children:
            child.start()
        found = [results.get(timeout=30) for _ in children]
        for child in children:
            child.join(30)
            assert child.exitcode == 0
    finally:
        for child in children:
            child.kill()
    assert set(found) == {(model.predict(X).tobytes(), model._model.to_bytes())}
    # The parent's threads are still there.
    assert made(NeuronSeekRegressor, n_jobs=2).fit(X, y)._model.to_bytes() == found[0][1]


def test_a_spawned_process_takes_a_model():
    X, y = problem()
    model = made(PolynomialNeuronRegressor).fit(X, y)
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        found = pool.apply_async(predicted, (pickle.dumps(model), X)).get(60)
    assert found == model.predict(X).tobytes()


def predicted(pickled, X):
    return pickle.loads(pickled).predict(X).tobytes()


# What is printed -----------------------------------------------------------------------------


@pytest.mark.parametrize("cls", EVERY)
def test_verbose_writes_to_standard_error_alone(cls, capfd):
    X, y = data_of(cls)
    for verbose in (0, 1):
        made(cls, verbose=verbose).fit(X, y)
        # No terminal and no notebook, so there is no line to draw.
        assert capfd.readouterr() == ("", "")
    made(cls, verbose=2).fit(X, y)
    out, err = capfd.readouterr()
    assert out == ""
    assert "search" in err
    assert "\r" not in err


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_a_terminal_gets_one_line_that_goes_away():
    import pty

    code = """
        import numpy as np
        from neuronseek import NeuronSeekRegressor
        rng = np.random.default_rng(0)
        X = rng.normal(size=(200, 3))
        y = X[:, 0] * X[:, 1] + rng.normal(size=200) / 10
        NeuronSeekRegressor(profile="small", random_state=0, verbose=1).fit(X, y)
        print("done")
    """
    ours, theirs = pty.openpty()
    line = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    os.close(theirs)
    written = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0 and done.stdout == b"done\n"
    assert "search" in written
    assert "\n" not in written
    *_, last, empty = written.split("\r")
    assert last.strip() == empty == ""


# scikit-learn's callbacks ----------------------------------------------------------------------


class Recording:
    """Records what it is told."""

    def __init__(self):
        self.told = []

    def setup(self, estimator, context):
        self.told.append(("setup", context.task_name))

    def teardown(self, estimator, context):
        self.told.append(("teardown", context.task_name))

    def on_fit_task_begin(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.told.append(("begin", context.task_name))

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.told.append(("end", context.task_name))


def check_tasks(told, cls):
    """Set up and torn down once, with tasks one after the other inside."""
    assert told[0] == ("setup", "fit") and told[-1] == ("teardown", "fit")
    assert told[1] == ("begin", "fit") and told[-2] == ("end", "fit")
    inner = told[2:-2]
    assert len(inner) >= 2, cls
    for begun, ended in zip(inner[::2], inner[1::2], strict=True):
        assert begun[0] == "begin" and ended[0] == "end" and begun[1] == ended[1]
    return [name for what, name in inner if what == "begin"]


@pytest.mark.parametrize("cls", EVERY)
def test_callbacks_see_tasks(cls):
    pytest.importorskip("sklearn.callback")
    X, y = data_of(cls)
    callback = Recording()
    model = made(cls).set_callbacks(callback).fit(X, y)
    assert "search" in check_tasks(callback.told, cls)
    callback.told.clear()
    model.fit(X, y)
    check_tasks(callback.told, cls)
    assert not hasattr(model, "_callback_fit_ctx")
    silent = made(cls).fit(X, y)
    assert silent._model.to_bytes() == model._model.to_bytes()


@pytest.mark.parametrize("cls", NETWORKS)
def test_callbacks_see_further_training(cls):
    pytest.importorskip("sklearn.callback")
    X, y = data_of(cls)
    callback = Recording()
    model = made(cls, max_iter=3).set_callbacks(callback).partial_fit(X, y)
    tasks = check_tasks(callback.told, cls)
    assert any(task.startswith("network") for task in tasks)
    callback.told.clear()
    model.partial_fit(X, y)
    assert check_tasks(callback.told, cls) == ["update"]
    callback.told.clear()
    # A report fits nothing.
    model.report(X, y)
    assert callback.told == []
    assert not hasattr(model, "_callback_fit_ctx")


def test_callbacks_that_raise_end_the_fit():
    pytest.importorskip("sklearn.callback")
    X, y = problem()

    class Raising(Recording):
        def on_fit_task_begin(
            self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
        ):
            super().on_fit_task_begin(estimator, context)
            if context.task_name != "fit":
                raise Refused(context.task_name)

    callback = Raising()
    with pytest.raises(Refused, match="search"):
        made(NeuronSeekRegressor).set_callbacks(callback).fit(X, y)
    assert callback.told[-1] == ("teardown", "fit")
    assert ("end", "search") not in callback.told


@pytest.mark.parametrize("cls", EVERY)
def test_the_progress_bar(cls, capfd):
    callbacks = pytest.importorskip("sklearn.callback")
    pytest.importorskip("rich")
    X, y = data_of(cls)
    model = made(cls).set_callbacks(callbacks.ProgressBar()).fit(X, y)
    written = capfd.readouterr().out
    assert cls.__name__ in written and "100%" in written
    assert hasattr(model, "neuron_")


def test_callbacks_of_a_meta_estimator():
    callbacks = pytest.importorskip("sklearn.callback")
    pytest.importorskip("rich")
    from sklearn.model_selection import GridSearchCV

    X, y = problem()
    search = GridSearchCV(made(PolynomialNeuronRegressor), {"max_order": [1, 2]}, cv=2)
    search.set_callbacks(callbacks.ProgressBar()).fit(X, y)
    assert search.best_params_ == {"max_order": 2}
