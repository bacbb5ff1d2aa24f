"""Makes a large table of a known law in Parquet files, piece by piece.

    python benchmarks/scale/generate.py --rows 6000000 --out DIR [--noise 0.1] [--seed 0]

Columns: inputs x1 to x19, independent standard normal, and the target y, all float32:

    y = sum_i a_i x_i + sum_i b_i x_i^3 + <u, x> <v, x> + noise * e,   e standard normal

which is the neuron `x + x^3 + cp(2, r=1)`. The coefficients come from the seed. The law without
noise has variance 1, and each term has a share of at least a tenth that no other term can stand in
for. `DIR/truth.json` has the coefficients, the shares and the best R2 that is possible.

Files have 1,000,000 rows in row groups of 250,000; the last one may have fewer. File p comes from
the numbers (seed, p) alone, so files can be made anew one by one, and a larger table begins with
the rows of a smaller one (but for a last file that was cut short). One row group is in memory at a
time. No compression and no dictionaries: noise does not get smaller.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

INPUTS = 19
FILE_ROWS = 1_000_000
GROUP_ROWS = 250_000
NAMES = [f"x{i}" for i in range(1, INPUTS + 1)]
SCHEMA = pa.schema([pa.field(name, pa.float32(), nullable=False) for name in [*NAMES, "y"]])

# Variances of the three parts of the law, which are uncorrelated; they add up to 1.
LINEAR, CUBIC, PRODUCT = 0.4, 0.3, 0.3

Vector = NDArray[np.float64]


class Law(NamedTuple):
    """The coefficients: of inputs, of their cubes, and the two projections that are multiplied."""

    a: Vector
    b: Vector
    u: Vector
    v: Vector

    @classmethod
    def drawn(cls, seed: int) -> Law:
        """The law of a seed; the spawn key keeps its stream apart from those of the files."""
        rng = Generator(PCG64(SeedSequence(seed, spawn_key=(0,))))
        a, b = (rng.choice((-1.0, 1.0), INPUTS) * rng.uniform(0.5, 1.5, INPUTS) for _ in range(2))
        u, v = rng.standard_normal((2, INPUTS))
        # The variance of x^3 is 15, that of <u, x><v, x> is |u|^2 |v|^2 where u and v are
        # orthogonal. Where a and b are, the linear and the cubic part are uncorrelated.
        return cls(
            a=scaled(a, LINEAR**0.5),
            b=scaled(orthogonal(b, a), (CUBIC / 15) ** 0.5),
            u=scaled(u, PRODUCT**0.25),
            v=scaled(orthogonal(v, u), PRODUCT**0.25),
        )

    def values(self, x: NDArray[np.float32]) -> Vector:
        """The target without noise, of inputs by rows; sums have a fixed order."""
        y, first, second = np.zeros((3, x.shape[1]))
        for i, single in enumerate(x):
            own = single.astype(np.float64)
            y += own * (self.a[i] + self.b[i] * own * own)
            first += self.u[i] * own
            second += self.v[i] * own
        return np.asarray(y + first * second)


def scaled(vector: Vector, length: float) -> Vector:
    """The vector with another length."""
    return np.asarray(vector * (length / np.linalg.norm(vector)))


def orthogonal(vector: Vector, other: Vector) -> Vector:
    """The part of the vector that is orthogonal to the other."""
    return np.asarray(vector - other * (vector @ other) / (other @ other))


def groups(law: Law, seed: int, piece: int, rows: int, noise: float) -> Iterator[pa.RecordBatch]:
    """The row groups of a file."""
    rng = Generator(PCG64(SeedSequence([seed, piece])))
    for start in range(0, rows, GROUP_ROWS):
        count = min(GROUP_ROWS, rows - start)
        x = rng.standard_normal((INPUTS, count), dtype=np.float32)
        y = law.values(x) + noise * rng.standard_normal(count)
        yield pa.record_batch([*x, y.astype(np.float32)], schema=SCHEMA)


def write(path: Path, batches: Iterator[pa.RecordBatch], compression: str) -> None:
    """Writes a file under another name first, so that no half file looks whole."""
    partial = path.with_suffix(".partial")
    with pq.ParquetWriter(partial, SCHEMA, compression=compression, use_dictionary=False) as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=GROUP_ROWS)
    partial.rename(path)


def truth(law: Law, options: argparse.Namespace, files: list[str]) -> dict[str, object]:
    """What truth.json says."""
    # What is lost without a term when the others are fitted anew: of x, all but what x^3 explains
    # (9 parts of 15), of x^3, all but what x explains (9 parts of 15); nothing of the product.
    own = {"x": 0.4 * LINEAR, "x^3": 0.4 * CUBIC, "cp(2, r=1)": PRODUCT}
    return {
        "structure": "x + x^3 + cp(2, r=1)",
        "rows": options.rows,
        "noise": options.noise,
        "seed": options.seed,
        "best_r2": 1 / (1 + options.noise**2),
        "own_shares_of_variance": own,
        "coefficients": {name: list(values) for name, values in law._asdict().items()},
        "files": files,
        "numpy": np.__version__,
        "pyarrow": pa.__version__,
    }


def generate(options: argparse.Namespace) -> None:
    """Makes all files, then truth.json."""
    options.out.mkdir(parents=True, exist_ok=True)
    if any(options.out.iterdir()):
        sys.exit(f"{options.out} is not empty: name another folder, or empty it")
    law, start, files = Law.drawn(options.seed), time.monotonic(), []
    for piece, first in enumerate(range(0, options.rows, FILE_ROWS)):
        rows = min(FILE_ROWS, options.rows - first)
        files.append(f"part-{piece:05}.parquet")
        batches = groups(law, options.seed, piece, rows, options.noise)
        write(options.out / files[-1], batches, options.compression)
    text = json.dumps(truth(law, options, files), indent=1)
    (options.out / "truth.json").write_text(text + "\n")
    seconds, size = time.monotonic() - start, sum((options.out / f).stat().st_size for f in files)
    print(
        f"{options.rows} rows in {len(files)} files, {size} bytes, "
        f"{size / options.rows:.1f} bytes a row, {seconds:.1f} s"
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, help="an empty or a new folder")
    parser.add_argument("--noise", type=float, default=0.1, help="deviation, of a law of 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compression", choices=["none", "lz4", "snappy"], default="none")
    options = parser.parse_args()
    if options.rows < 1 or options.noise < 0 or options.seed < 0:
        parser.error("--rows has to be at least 1, --noise and --seed at least 0")
    return options


if __name__ == "__main__":
    generate(arguments())
