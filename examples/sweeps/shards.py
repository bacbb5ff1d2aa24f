"""An experiment of `neuronseek bench`, split into shards that are tasks of loky, Dask or Ray.

    python examples/sweeps/shards.py --out sweep --shards 4 --backend dask -- \
        recovery --methods als,td --dims 4 --rows 300 --seeds 2
    python examples/sweeps/shards.py --out DIR --shards 100 --backend ray --address HOST:6379 -- \
        recovery --seeds 20

What follows `--` goes to `neuronseek bench`. Task i of n runs `neuronseek bench ... --shard i/n
--out DIR` and writes files of its own there; the same command without `--shard` then gathers them
into tables and plots. It also runs what is missing, so it does the work of a shard that failed. The
same line once more does no finished run again: after a crash, repeat it.

DIR has to be the same folder on all machines (a network file system), and `neuronseek` installed on
each. Without a common folder, run the shards by hand and copy their files into one
(docs/book/sweeps.md).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import backends
from joblib import Parallel, delayed


def bench(words: list[str], out: Path, shard: str | None = None) -> subprocess.CompletedProcess:
    """Run an experiment or a shard of it, by the command that is beside this Python."""
    command = [sys.executable, "-m", "neuronseek", "bench", *words, "--out", str(out)]
    if shard is not None:
        command += ["--shard", shard, "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    backends.add_flags(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("words", nargs="+", metavar="EXPERIMENT", help="after --: recovery ...")
    options = parser.parse_args()
    if options.shards < 1:
        parser.error("--shards has to be at least 1")
    return options


def main() -> int:
    """Run the shards, then gather them; the exit code is that of the gathering."""
    options = arguments()
    out = options.out.absolute()
    names = [f"{i}/{options.shards}" for i in range(options.shards)]
    with backends.chosen(options):
        done = Parallel()(delayed(bench)(options.words, out, name) for name in names)
    failed = [(name, one) for name, one in zip(names, done, strict=True) if one.returncode]
    for name, one in failed:
        print(f"shard {name} failed:\n{one.stderr}", file=sys.stderr)
    if len(failed) == len(names):
        return 1
    whole = bench(options.words, out)
    sys.stdout.write(whole.stdout)
    sys.stderr.write(whole.stderr)
    return whole.returncode


if __name__ == "__main__":
    sys.exit(main())
