"""Results as a Markdown page with figures: all numbers, mean ranks, differences beyond chance.

    python benchmarks/tables/summary.py results.csv --also peers.csv
        --methods neuronseek,xgboost,lightgbm,catboost,realmlp,tabm,mlp,linear --out FOLDER

Writes FOLDER/STEM.md and FOLDER/plots/STEM-*.svg and .png. The first method is compared with each
other one. Where files have the same (table, split, method), the first file's line counts, and cells
that it lacks are filled from a later one of the same loss. The page needs Python alone, the figures
matplotlib: run it by the environment that run.py makes, or say --no-figures.
"""

import argparse
from pathlib import Path

import page
import ranking
import results


def parse(arguments):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("results", nargs="+", help="CSV files of run.py")
    add("--also", action="append", default=[], help="a further CSV of results, may be repeated")
    add("--methods", help="which to compare, with commas, the one in question first; all if absent")
    add("--name", action="append", default=[], help="METHOD=TEXT: what the page calls a method")
    add("--splits", help="only these, with commas")
    add("--out", required=True, help="the folder of the page")
    add("--stem", default="peers", help="the name of the page and of its figures")
    add("--title", default="The tables of the protocol, method by method")
    add("--no-figures", action="store_true")
    return parser.parse_args(arguments)


class Comparison:
    """The methods' results side by side.

    `rows`: {(table, split, method)}, `losses`: {(table, split): {method: loss or None}},
    `names`: {method: what the page calls it}.
    """

    def __init__(self, rows, methods, names):
        self.rows, self.methods = rows, methods
        self.names = {method: names.get(method, method) for method in methods}
        self.losses = {}
        for (table, split, method), row in rows.items():
            if method in methods:
                self.losses.setdefault((table, split), {})[method] = results.loss(row)
        self.pairs = sorted(self.losses)
        self.complete = ranking.complete_pairs(self.losses, methods)
        self.on_complete = ranking.rank(self.losses, methods, self.complete)
        self.missing_last = ranking.rank(self.losses, methods, self.pairs)
        self.on_medians = ranking.rank_medians(self.losses, methods, self.complete)
        self.by_accuracy = self.accuracy_ranking()

    def accuracy_ranking(self):
        """Mean ranks by accuracy over the complete pairs of classification."""
        errors = {}
        for table, split in self.complete:
            own = {m: self.rows[(table, split, m)]["accuracy"] for m in self.methods}
            if all(value is not None for value in own.values()):
                errors[(table, split)] = {method: -value for method, value in own.items()}
        return ranking.rank(errors, self.methods, sorted(errors))

    def typical(self, method, column, pairs):
        """The geometric mean over a table's splits where it is known, then over tables.

        None where it is not known for a split of every table.
        """
        means = []
        for table in sorted({table for table, _ in pairs}):
            own = self.values(method, column, [pair for pair in pairs if pair[0] == table])
            if not own:
                return None
            means.append(ranking.geometric_mean(own))
        return ranking.geometric_mean(means) if means else None

    def values(self, method, column, pairs):
        """A column of a method over pairs, where it is known."""
        rows = (self.rows.get((*pair, method)) for pair in pairs)
        return [row[column] for row in rows if row is not None and row[column] is not None]


def compare(options):
    """The comparison that the command line asks for."""
    rows = results.merge([*options.results, *options.also])
    if options.splits:
        wanted = {int(split) for split in options.splits.split(",")}
        rows = {key: row for key, row in rows.items() if key[1] in wanted}
    there = sorted({method for _, _, method in rows})
    methods = [m.strip() for m in options.methods.split(",")] if options.methods else there
    absent = [method for method in methods if method not in there]
    if absent:
        raise SystemExit(f"no result of {', '.join(absent)}; there are {', '.join(there)}")
    if len(methods) < 2:
        raise SystemExit("a comparison needs two methods")
    names = dict(text.split("=", 1) for text in options.name if "=" in text)
    return Comparison(rows, methods, names)


def main(arguments=None):
    options = parse(arguments)
    comparison = compare(options)
    folder = Path(options.out)
    drawn = []
    if not options.no_figures:
        try:
            import figures
        except ImportError as error:
            raise SystemExit(f"no figures: {error}; see --no-figures and the environment of run.py")
        (folder / "plots").mkdir(parents=True, exist_ok=True)
        drawn = figures.draw_all(comparison, folder / "plots", options.stem)
    folder.mkdir(parents=True, exist_ok=True)
    sources = [Path(path).name for path in [*options.results, *options.also]]
    text = page.write(comparison, options.title, sources, drawn)
    (folder / f"{options.stem}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
