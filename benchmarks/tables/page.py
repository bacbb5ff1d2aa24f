"""The Markdown page of a comparison."""

import math

import ranking
import results


def write(comparison, title, sources, figures):
    """The page. `figures`: (file name, caption) of each figure in plots/."""
    parts = [f"# {title}\n", introduction(comparison, sources), mean_ranks(comparison)]
    for file, caption in figures:
        parts.append(f"![{caption}](plots/{file})\n")
    parts += [missing(comparison), duels(comparison), all_losses(comparison)]
    parts += [accuracies(comparison), times(comparison)]
    return "\n".join(part for part in parts if part)


def table(head, rows):
    """A Markdown table, all columns but the first to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def short(value):
    """A loss with four digits that matter."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.2e}"


def count(value):
    """A count of parameters or seconds with three digits that matter."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 1 else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def introduction(c, sources):
    """What the numbers are."""
    tables = len({table for table, _ in c.pairs})
    return (
        f"Results of {', '.join(sources)}: {tables} tables, {len(c.pairs)} pairs of table and split. "
        "Losses on the test rows: nmse = mean squared error / variance of the test target, or log "
        "loss; lower is better. One thread; seconds are of the processor.\n"
    )


def mean_ranks(c):
    """The mean ranks, and what chance may explain."""
    head = ["method", "ended", "mean rank", "missing last", "of medians", "by accuracy", "fit, s"]
    rows = []
    for method in sorted(c.methods, key=lambda m: rank_order(c, m)):
        ended = sum(by.get(method) is not None for by in c.losses.values())
        seconds = c.typical(method, "fit_cpu_s", c.complete)
        parameters = c.typical(method, "parameters", c.complete)
        ranks = (c.on_complete, c.missing_last, c.on_medians, c.by_accuracy)
        means = [show_rank(each.mean[method]) for each in ranks]
        row = [c.names[method], f"{ended} of {len(c.pairs)}", *means, count(seconds)]
        rows.append([*row, count(parameters)])
    text = "## Mean ranks\n\n" + table([*head, "parameters"], rows)
    text += (
        f"\n`mean rank`: over the {len(c.complete)} pairs ({len(c.on_complete.tables)} tables) that "
        "all these methods have, averaged over a table's splits, then over tables. `missing last`: "
        f"over all {len(c.pairs)} pairs, methods without a result sharing the last places. `of "
        "medians`: each table once, by the median loss over its splits. `by accuracy`: the "
        f"{c.by_accuracy.pairs} classification pairs among the complete ones. Seconds and parameters "
        "are geometric means over a table's splits, then over tables, of the complete pairs.\n"
    )
    return text + "".join(
        significance(c, ranks, what)
        for ranks, what in ((c.on_complete, "complete pairs"), (c.missing_last, "missing last"))
        if ranks is c.on_complete or len(c.complete) < len(c.pairs)
    )


def rank_order(c, method):
    mean = c.on_complete.mean[method]
    return c.missing_last.mean[method] if math.isnan(mean) else mean


def show_rank(mean):
    return "-" if math.isnan(mean) else f"{mean:.2f}"


def significance(c, ranks, what):
    """Friedman's test and Nemenyi's critical difference, in words."""
    n = len(ranks.tables)
    difference = ranking.critical_difference(len(ranks.methods), n)
    if difference is None:
        return ""
    statistic, chance = ranking.friedman(ranks)
    alike = [
        " = ".join(c.names[m] for m in group) for group in ranking.groups(ranks.mean, difference)
    ]
    words = "; ".join(alike) if alike else "none"
    return (
        f"\nOver {n} tables ({what}): Friedman {statistic:.1f}, chance {chance:.2g}; critical "
        f"difference (Nemenyi, 0.05) {difference:.2f}. Not told apart: {words}.\n"
    )


def missing(c):
    """Fits that did not end, and pairs that were not run."""
    lines = []
    for method in c.methods:
        why = {}
        for pair in c.pairs:
            row = c.rows.get((*pair, method))
            if row is None:
                why.setdefault("not run", []).append(pair)
            elif results.loss(row) is None:
                reason = row["note"] if row["status"] == "limit" else row["status"]
                why.setdefault(reason, []).append(pair)
        for reason, pairs in why.items():
            lines.append(f"* {c.names[method]}, {len(pairs)} {reason}: {places(pairs)}")
    if not lines:
        return ""
    return "## What is missing\n\n" + "\n".join(lines) + "\n"


def places(pairs):
    """Tables with their splits, as abalone 0 1, vehicle 2."""
    splits = {}
    for name, split in pairs:
        splits.setdefault(name, []).append(str(split))
    return ", ".join(f"{name} {' '.join(own)}" for name, own in splits.items())


def duels(c):
    """The first method against each other one, over the pairs that both have."""
    first, rows = c.methods[0], []
    for other in c.methods[1:]:
        pairs = ranking.complete_pairs(c.losses, [first, other])
        own = [c.losses[pair][first] for pair in pairs]
        theirs = [c.losses[pair][other] for pair in pairs]
        better = sum(a < b for a, b in zip(own, theirs))
        worse = sum(a > b for a, b in zip(own, theirs))
        ratios = [a / b for a, b in zip(own, theirs) if b > 0]
        ratio = f"{ranking.median(ratios):.3f}" if ratios else "-"
        tables = ranking.rank(c.losses, [first, other], pairs).tables
        won = table_wins(c, first, other, pairs)
        row = [c.names[other], str(len(pairs)), str(better), str(worse), ratio]
        rows.append([*row, f"{won} of {len(tables)}"])
    head = ["against", "pairs", "better", "worse", "median ratio of losses", "tables won"]
    text = f"## {c.names[first]} against each\n\n" + table(head, rows)
    return text + (
        "\nOver the pairs that both have; a table is won where more of its splits are better than "
        "worse.\n"
    )


def table_wins(c, first, other, pairs):
    """The tables on which more splits are better than worse."""
    balance = {}
    for pair in pairs:
        a, b = c.losses[pair][first], c.losses[pair][other]
        balance[pair[0]] = balance.get(pair[0], 0) + (a < b) - (a > b)
    return sum(value > 0 for value in balance.values())


def all_losses(c):
    """Every loss, the best of a pair bold."""
    rows = []
    for pair in c.pairs:
        own = [c.losses[pair].get(method) for method in c.methods]
        best = min((value for value in own if value is not None), default=None)
        cells = [cell(c, pair, method, best) for method in c.methods]
        rows.append([pair[0], str(pair[1]), loss_name(c, pair), *cells])
    head = ["table", "split", "loss", *(c.names[method] for method in c.methods)]
    return "## All losses\n\n" + table(head, rows)


def cell(c, pair, method, best):
    value = c.losses[pair].get(method)
    if value is None:
        row = c.rows.get((*pair, method))
        return "" if row is None else row["status"]
    return f"**{short(value)}**" if value == best else short(value)


def loss_name(c, pair):
    rows = (c.rows.get((*pair, method)) for method in c.methods)
    return "nmse" if any(row and row["nmse"] is not None for row in rows) else "log loss"


def accuracies(c):
    """Accuracy of every classification pair, the best bold."""
    rows = []
    for pair in c.pairs:
        own = [(c.rows.get((*pair, method)) or {}).get("accuracy") for method in c.methods]
        best = max((value for value in own if value is not None), default=None)
        if best is not None:
            marks = ["**" if value == best else "" for value in own]
            cells = ["" if v is None else f"{m}{v:.4f}{m}" for v, m in zip(own, marks)]
            rows.append([pair[0], str(pair[1]), *cells])
    if not rows:
        return ""
    head = ["table", "split", *(c.names[method] for method in c.methods)]
    return "## Accuracy\n\n" + table(head, rows)


def times(c):
    """Seconds of the processor to fit, the mean over a table's splits."""
    rows = []
    for name in sorted({name for name, _ in c.pairs}):
        pairs = [pair for pair in c.pairs if pair[0] == name]
        cells = []
        for method in c.methods:
            values = c.values(method, "fit_cpu_s", pairs)
            cells.append(count(sum(values) / len(values)) if values else "")
        rows.append([name, *cells])
    head = ["table", *(c.names[method] for method in c.methods)]
    return (
        "## Seconds to fit\n\n"
        + table(head, rows)
        + "\nProcessor seconds, the mean over splits. NeuronSeek's are of the whole command, reading "
        "the table and predicting included; the others' of the fit alone.\n"
    )
