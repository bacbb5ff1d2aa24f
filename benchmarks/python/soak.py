"""Long work of the Python package: memory over many fits, many threads, many interrupts.

    python soak.py --fits 2000
    python soak.py --threads 8 --fits 200
    python soak.py --interrupts 100

The first fits and predicts small problems of every kind, one after the other, and prints the
resident memory every 100 fits and its growth from fit 200 on; it fails where the growth is more
than 5 %, by the medians of the first and the last five of these figures, as the allocator gives
memory back when it pleases. The second fits from so many threads at once and
compares each model with that of a run on one thread. The third sends this process SIGINT at
random moments of fits; each fit has to raise KeyboardInterrupt within a second, and a small fit
has to work after it. Exit code 0: all well.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import signal
import statistics
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor, TimeoutError, as_completed
from pathlib import Path

import numpy as np

from neuronseek import (
    NeuronSearch,
    NeuronSeekClassifier,
    NeuronSeekRegressor,
    NeuronSeekWarning,
    PolynomialNeuronClassifier,
    PolynomialNeuronRegressor,
)

EVERY = 100
SETTLED = 200
GROWTH = 5.0
# No single wait takes longer, unless threads wait for each other.
PATIENCE = 120.0
PROMPT = 1.0


def resident() -> float:
    """Resident memory of this process in MB."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    import psutil

    return psutil.Process().memory_info().rss / 1e6


def problem(number: int):
    """The estimator, the rows and the target of one of many small problems."""
    rng = np.random.default_rng(number)
    rows, columns = int(rng.integers(40, 160)), int(rng.integers(2, 6))
    X = rng.normal(size=(rows, columns))
    y = X.sum(axis=1) + 2 * X[:, 0] * X[:, -1] + 0.2 * rng.normal(size=rows)
    if number % 3 == 0:
        X[rng.random(X.shape) < 0.05] = np.nan
    more = {"random_state": number, "n_jobs": 1 + number % 2}
    kind = number % 6
    if kind == 0:
        return NeuronSeekRegressor(profile="small", **more), X, y
    if kind == 1:
        return NeuronSeekClassifier(profile="small", **more), X, y > 0
    if kind == 2:
        return PolynomialNeuronRegressor(**more), X, y
    if kind == 3:
        return PolynomialNeuronClassifier(**more), X, np.digitize(y, [-1, 1])
    if kind == 4:
        return NeuronSearch(**more), X, y
    return NeuronSeekRegressor(profile="small", neuron="x + cp(2)", max_iter=10, **more), X, y


def done(number: int) -> bytes:
    """Fit a problem and predict: the bytes of both."""
    model, X, y = problem(number)
    model.fit(X, y)
    answer = model.predict(X) if hasattr(model, "predict") else model.transform(X)
    return np.asarray(answer).tobytes() + model._model.to_bytes()


def memory(fits: int) -> int:
    """Many fits one after the other."""
    print(f"{'fits':>7}  {'resident MB':>11}  {'growth %':>8}  {'seconds':>8}")
    begun = time.perf_counter()
    readings: list[float] = []
    print(f"{0:>7,}  {resident():>11.1f}  {'':>8}  {0.0:>8.1f}")
    for number in range(1, fits + 1):
        done(number)
        if number % EVERY == 0:
            now = resident()
            if number >= SETTLED:
                readings.append(now)
            shown = f"{100 * (now / readings[0] - 1):+.2f}" if readings else ""
            seconds = time.perf_counter() - begun
            print(f"{number:>7,}  {now:>11.1f}  {shown:>8}  {seconds:>8.1f}", flush=True)
    if len(readings) < 2:
        print(f"nothing can be said of growth: it counts from fit {SETTLED} on")
        return 1
    some = min(5, len(readings) // 2)
    first, last = statistics.median(readings[:some]), statistics.median(readings[-some:])
    growth = 100 * (last / first - 1)
    print(
        f"memory grew by {growth:+.2f} % from fit {SETTLED} on, from {first:.1f} to {last:.1f} MB; "
        f"at most {GROWTH:g} % is allowed"
    )
    return int(growth > GROWTH)


def concurrent(threads: int, fits: int) -> int:
    """Fits from many threads at once, compared with fits from one."""
    begun = time.perf_counter()
    expected = [done(number) for number in range(fits)]
    alone = time.perf_counter() - begun
    before = resident()
    begun = time.perf_counter()
    wrong = []
    # What waits for ever cannot be joined.
    faulthandler.dump_traceback_later(PATIENCE + alone * 4, exit=True)
    with ThreadPoolExecutor(threads) as pool:
        futures = {pool.submit(done, number): number for number in range(fits)}
        try:
            for count, future in enumerate(as_completed(futures, PATIENCE + alone * 4), 1):
                if future.result() != expected[futures[future]]:
                    wrong.append(futures[future])
                if count % EVERY == 0:
                    print(f"{count:>7,} of {fits:,} fits, {len(wrong)} differ", flush=True)
        except TimeoutError:
            print("threads wait for each other")
            faulthandler.dump_traceback(all_threads=True)
            os._exit(1)
    faulthandler.cancel_dump_traceback_later()
    together = time.perf_counter() - begun
    print(f"{'threads':>8}  {'fits':>6}  {'differ':>6}  {'seconds':>8}  {'resident MB':>11}")
    print(f"{1:>8}  {fits:>6,}  {'':>6}  {alone:>8.1f}  {before:>11.1f}")
    print(f"{threads:>8}  {fits:>6,}  {len(wrong):>6}  {together:>8.1f}  {resident():>11.1f}")
    if wrong:
        print(f"other results than on one thread: {wrong}")
    return int(bool(wrong))


def interrupts(count: int) -> int:
    """Interrupts at random moments of fits that take seconds."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1] + 0.2 * rng.normal(size=400)
    small = PolynomialNeuronRegressor(random_state=0).fit(X, y)._model.to_bytes()
    model = NeuronSeekRegressor(random_state=0)
    moments = random.Random(0)
    waits, failures = [], []
    sent = [0.0]

    def send() -> None:
        sent[0] = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    print(f"{'interrupts':>10}  {'median ms':>9}  {'longest ms':>10}  {'failures':>8}")
    for number in range(1, count + 1):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        model.set_params(n_jobs=1 + number % 2, random_state=number)
        after = moments.uniform(0.02, 2.0)
        timer = threading.Timer(after, send)
        timer.start()
        try:
            model.fit(X, y)
            # The signal has to come, even where the fit was quicker.
            timer.join()
            time.sleep(PROMPT)
            failures.append(f"{number}: the fit ended before {after:.2f} s")
        except KeyboardInterrupt:
            wait = time.perf_counter() - sent[0]
            waits.append(wait)
            if wait > PROMPT:
                failures.append(f"{number}: it took {wait:.2f} s after {after:.2f} s")
        timer.join()
        if PolynomialNeuronRegressor(random_state=0).fit(X, y)._model.to_bytes() != small:
            failures.append(f"{number}: the fit after it gave another model")
        faulthandler.cancel_dump_traceback_later()
        if number % 10 == 0 or number == count:
            middle, longest = statistics.median(waits or [0]), max(waits, default=0)
            figures = f"{1000 * middle:>9.1f}  {1000 * longest:>10.1f}  {len(failures):>8}"
            print(f"{number:>10}  {figures}", flush=True)
    for failure in failures:
        print(failure)
    return int(bool(failures))


def main() -> int:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, metavar="N", help="so many fits")
    parser.add_argument("--threads", type=int, metavar="N", help="from so many threads at once")
    parser.add_argument("--interrupts", type=int, metavar="N", help="so many interrupted fits")
    words = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore", NeuronSeekWarning)
    if words.interrupts:
        return interrupts(words.interrupts)
    if not words.fits:
        parser.error("give --fits or --interrupts")
    if words.threads:
        return concurrent(words.threads, words.fits)
    return memory(words.fits)


if __name__ == "__main__":
    sys.exit(main())
