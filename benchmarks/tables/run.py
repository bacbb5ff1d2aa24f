"""Runs methods on the tables of the protocol, one fit after the other, and writes their results.

    python benchmarks/tables/run.py --data FOLDER --out results.csv
        --methods neuronseek,xgboost,lightgbm,catboost,realmlp,tabm,mlp,linear --splits 0,1,2

Needs Python 3.11 alone; what the peers need is installed into --venv. Fits that --out holds are not
run again, so an interrupted run goes on where it ended. Every fit has one thread and a process of
its own; times are seconds of processor time. See README.md.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

import environment
import product
import protocol
import results
from process import run_limited

HERE = Path(__file__).resolve().parent
PRODUCT = "neuronseek"
PEERS = ("catboost", "catboost5000", "lightgbm", "linear", "mlp", "realmlp", "tabm", "xgboost")
TUNED = ("catboost", "lightgbm", "xgboost")


def seconds(text):
    """A time such as 90, 90s, 5m, 1h as seconds."""
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:], None)
    try:
        value = float(text if unit is None else text[:-1]) * (unit or 1)
    except ValueError:
        value = 0
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is no time such as 90s, 5m or 1h")
    return value


def words(text):
    """The parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", required=True, help="the folder of tables, with INDEX.json")
    add("--out", required=True, help="the CSV of results; what it holds is not run again")
    add("--methods", type=words, default=[PRODUCT], help=f"of {PRODUCT}, {', '.join(PEERS)}")
    add("--splits", type=words, default=["0", "1", "2"], help="hash splits of the protocol")
    add("--tables", type=words, default=[], help="only tables whose name contains one of these")
    add("--limit", type=seconds, default="1h", help="processor time of one fit")
    add("--budget", type=seconds, help=f"tune {', '.join(TUNED)} for this processor time each")
    add("--binary", default="target/release/neuronseek", help="NeuronSeek's command")
    add("--flags", default="", help='more flags of `neuronseek fit`, such as --flags="--members 4"')
    add("--label", default=PRODUCT, help="NeuronSeek's name in the results, one for each --flags")
    add("--venv", default="target/tables-venv", help="the peers' environment, made where missing")
    add("--python", help="an interpreter that has the peers' packages, instead of --venv")
    add("--retry", action="store_true", help="run fits again that did not end well")
    options = parser.parse_args(arguments)
    check(parser, options)
    return options


def check(parser, options):
    """Refuses what cannot be run."""
    unknown = [m for m in options.methods if m != PRODUCT and m not in PEERS]
    if unknown:
        parser.error(f"no method {', '.join(unknown)}; there are {PRODUCT}, {', '.join(PEERS)}")
    untuned = [m for m in options.methods if m in PEERS and m not in TUNED]
    if options.budget and untuned:
        parser.error(f"--budget tunes {', '.join(TUNED)}, not {', '.join(untuned)}")
    try:
        options.splits = [int(split) for split in options.splits]
    except ValueError:
        parser.error(f"--splits are numbers with commas, not {','.join(options.splits)}")
    if PRODUCT in options.methods and not Path(options.binary).exists():
        parser.error(f"no {options.binary}: build it (cargo build --release) or name it by --binary")
    if options.flags and options.label == PRODUCT:
        parser.error("--flags needs a --label of its own, so that results are not mixed up")


def name(method, options):
    """What a method is called in the results."""
    if method == PRODUCT:
        return options.label
    return f"{method}-{options.budget:g}s" if options.budget else method


def command(method, entry, split, options, python):
    """The command of one fit."""
    if method == PRODUCT:
        return product.fit_command(options.binary, entry, split, shlex.split(options.flags))
    peer = [python, "-B", str(HERE / "peer.py"), "--data", options.data, "--table", entry.name]
    peer += ["--split", str(split), "--method", method]
    return peer + (["--budget", str(options.budget)] if options.budget else [])


def fit(method, entry, split, options, python):
    """One fit as a line of results."""
    ended = run_limited(
        command(method, entry, split, options, python), options.limit, environment.one_thread()
    )
    row = {"table": entry.name, "split": split, "method": name(method, options)}
    row |= {"process_cpu_s": round(ended.cpu, 3)}
    if ended.limited:
        row |= {"status": "limit", "note": f"not finished within {options.limit:g} s"}
        return row
    try:
        if ended.code != 0:
            raise ValueError(f"exit {ended.code}")
        if method == PRODUCT:
            row |= product.read_answer(ended.output)
            row |= {"fit_wall_s": round(ended.wall, 3), "fit_cpu_s": round(ended.cpu, 3)}
        else:
            row |= json.loads(ended.output)
    except (ValueError, KeyError, TypeError) as error:
        row |= {"status": "failed", "note": f"{error}: {complaint(ended.errors)}"[:300]}
        return row
    if entry.classes != 2:
        row.pop("auc", None)
    return row | {"status": results.DONE}


def complaint(errors):
    """The line of standard error that says most: the last with the word error, or the last."""
    lines = errors.strip().splitlines() or ["nothing on standard error"]
    return ([line for line in lines if "error" in line.lower()] or lines)[-1]


def check_counts(row, counts):
    """Marks a result of other rows than the protocol's."""
    train, test = counts
    if row["status"] == results.DONE and (row["n_train"], row["n_test"]) != (train, test):
        row["note"] = f"{row['n_train']} + {row['n_test']} rows, not {train} + {test}"
        row["status"] = "wrong rows"


def tell(row):
    """One line about a fit."""
    value = row.get("nmse") if row.get("nmse") is not None else row.get("log_loss")
    value = f"{value:.5g}" if row["status"] == results.DONE else f"{row['status']}: {row['note']}"
    where = f"{row['table']} {row['split']} {row['method']}"
    print(f"{where}: {value} ({row['process_cpu_s']:.1f} s)", flush=True)


def main(arguments=None):
    options = parse(arguments)
    entries = [
        entry
        for entry in protocol.read_index(options.data)
        if not options.tables or any(part in entry.name for part in options.tables)
    ]
    if not entries:
        raise SystemExit(f"no table has a name with {' or '.join(options.tables)}")
    held = results.merge([options.out]) if Path(options.out).exists() else {}
    peers = [method for method in options.methods if method != PRODUCT]
    python = options.python
    if peers and python is None:
        python = environment.make_environment(options.venv, peers)
    bad = 0
    for split in options.splits:
        for entry in sorted(entries, key=lambda entry: entry.path.stat().st_size):
            counts = protocol.count_rows(entry, split)
            for method in options.methods:
                row = held.get((entry.name, split, name(method, options)))
                if row is None or (options.retry and row["status"] != results.DONE):
                    row = fit(method, entry, split, options, python)
                    check_counts(row, counts)
                    results.append(options.out, row)
                    tell(row)
                bad += row["status"] in ("failed", "wrong rows")
    if bad:
        raise SystemExit(f"{bad} fits failed; their lines in {options.out} say why")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
