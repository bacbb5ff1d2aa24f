"""The figures of a comparison, as SVG and PNG."""

import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import page
import ranking

OURS, OTHERS, FAINT = "#c2410c", "#334155", "#cbd5e1"
matplotlib.rcParams.update({"svg.hashsalt": "tables", "font.size": 9, "axes.linewidth": 0.8})


def draw_all(comparison, folder, stem):
    """Draws what the results allow; returns (file, caption) of each."""
    drawn = []

    def draw(figure, name, caption):
        if figure is not None:
            save(figure, folder / f"{stem}-{name}")
            drawn.append((f"{stem}-{name}.svg", caption))

    c = comparison
    if c.complete:
        caption = "Mean ranks over the pairs that all methods have; a bar joins what is not told apart"
        draw(rank_diagram(c, c.on_complete), "ranks", caption)
    if len(c.complete) < len(c.pairs):
        caption = "Mean ranks over all pairs, missing results last"
        draw(rank_diagram(c, c.missing_last), "ranks-missing-last", caption)
    caption = "Mean rank against processor seconds to fit"
    draw(trade(c, "fit_cpu_s", "processor seconds to fit (geometric mean)"), "time", caption)
    caption = "Mean rank against the number of parameters"
    draw(trade(c, "parameters", "parameters (geometric mean)"), "parameters", caption)
    caption = "Median loss over splits against processor seconds, table by table"
    draw(table_panels(c), "tables", caption)
    return drawn


def save(figure, path):
    """Writes both formats; the SVG has no date in it."""
    figure.savefig(f"{path}.svg", metadata={"Date": None}, bbox_inches="tight")
    figure.savefig(f"{path}.png", dpi=130, bbox_inches="tight")
    plt.close(figure)


def rank_diagram(c, ranks):
    """A critical-difference diagram: the best mean rank on the left."""
    difference = ranking.critical_difference(len(ranks.methods), len(ranks.tables))
    if difference is None:
        return None
    order = sorted(ranks.methods, key=ranks.mean.get)
    k, half = len(order), (len(order) + 1) // 2
    bars = ranking.groups(ranks.mean, difference)
    bottom = -0.35 * len(bars) - 0.55 * half - 0.3
    figure, axes = plt.subplots(figsize=(7.5, 0.9 - 0.42 * bottom))
    axes.set(xlim=(1 - 0.42 * k, k + 0.42 * k), ylim=(bottom, 1.5))
    axes.axis("off")
    axes.plot([1, k], [0, 0], color="black", linewidth=1)
    for tick in range(1, k + 1):
        axes.plot([tick, tick], [0, 0.12], color="black", linewidth=1)
        axes.text(tick, 0.2, str(tick), ha="center", va="bottom")
    axes.plot([1, 1 + difference], [0.95, 0.95], color="black", linewidth=1.5)
    words = f"critical difference {difference:.2f} ({len(ranks.tables)} tables, 0.05)"
    axes.text(1 + difference + 0.1, 0.95, words, ha="left", va="center")
    for place, method in enumerate(order):
        left, mean = place < half, ranks.mean[method]
        row = place if left else k - 1 - place
        y = -0.35 * len(bars) - 0.55 * (row + 0.6)
        end = 1 - 0.06 * k if left else k + 0.06 * k
        color = OURS if method == c.methods[0] else OTHERS
        axes.plot([mean, mean, end], [0, y, y], color=color, linewidth=1)
        weight = "bold" if method == c.methods[0] else "normal"
        side, sign = ("right", -1) if left else ("left", 1)
        text = f"{c.names[method]}  {mean:.2f}" if left else f"{mean:.2f}  {c.names[method]}"
        axes.text(end + sign * 0.08, y, text, ha=side, va="center", color=color, weight=weight)
    for place, group in enumerate(bars):
        y = -0.3 * (place + 0.6)
        means = [ranks.mean[method] for method in group]
        axes.plot([min(means) - 0.04, max(means) + 0.04], [y, y], color="black", linewidth=3.2)
    return figure


def trade(c, column, label):
    """Mean rank (best on top) against a cost; the line joins what nothing beats in both."""
    pairs, ranks = (c.complete, c.on_complete) if c.complete else (c.pairs, c.missing_last)
    points = []
    for method in c.methods:
        value = c.typical(method, column, pairs)
        if value is not None:
            points.append((value, ranks.mean[method], method))
    if len(points) < 2:
        return None
    points.sort()
    front = [p for k, p in enumerate(points) if all(p[1] < q[1] for q in points[:k])]
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    axes.step([p[0] for p in front], [p[1] for p in front], where="post", color=FAINT, zorder=1)
    for x, y, method in points:
        color = OURS if method == c.methods[0] else OTHERS
        axes.plot(x, y, "o", color=color, markersize=6, zorder=2)
        axes.annotate(
            c.names[method],
            (x, y),
            xytext=(7, 4),
            textcoords="offset points",
            color=color,
            weight="bold" if method == c.methods[0] else "normal",
        )
    axes.set_xscale("log")
    low, high = points[0][0], points[-1][0]
    axes.set_xlim(low / (high / low) ** 0.06, high * (high / low) ** 0.22)
    axes.margins(y=0.1)
    axes.invert_yaxis()
    axes.set(xlabel=label, ylabel="mean rank (better is higher)")
    axes.spines[["top", "right"]].set_visible(False)
    absent = [c.names[m] for m in c.methods if m not in {p[2] for p in points}]
    if absent:
        axes.set_title(f"not known for {', '.join(absent)}", fontsize=8, color="grey", loc="right")
    return figure


MARKERS = "osD^vP*X<>ph8d"


def table_panels(c):
    """A panel a table: the median loss over splits against the mean processor seconds."""
    tables = sorted({table for table, _ in c.pairs})
    columns = min(4, len(tables))
    lines = math.ceil(len(tables) / columns)
    figure, grid = plt.subplots(
        lines, columns, figsize=(2.7 * columns, 2.1 * lines + 0.5), squeeze=False
    )
    for place, axes in enumerate(grid.flat):
        if place >= len(tables):
            axes.axis("off")
            continue
        draw_panel(c, tables[place], axes)
    handles = [
        plt.Line2D([], [], linestyle="", markersize=6, label=c.names[method], **marker(c, method))
        for method in c.methods
    ]
    figure.supxlabel("processor seconds to fit", fontsize=8)
    figure.supylabel("median loss over splits", fontsize=8)
    figure.tight_layout()
    figure.legend(
        handles=handles, loc="lower center", ncol=min(8, len(handles)), bbox_to_anchor=(0.5, -0.035)
    )
    return figure


def marker(c, method):
    """The colour and the form of a method's points."""
    k = c.methods.index(method)
    color = OURS if k == 0 else plt.get_cmap("tab10")((k - 1) % 10)
    return {"marker": MARKERS[k % len(MARKERS)], "color": color}


def draw_panel(c, table, axes):
    """The methods that have results of the table, over the splits that all of these have."""
    pairs = [pair for pair in c.pairs if pair[0] == table]
    there = [m for m in c.methods if any(c.losses[pair].get(m) is not None for pair in pairs)]
    common = ranking.complete_pairs({pair: c.losses[pair] for pair in pairs}, there)
    losses = []
    for method in there:
        seconds = c.values(method, "fit_cpu_s", common)
        if common and seconds:
            losses.append(ranking.median([c.losses[pair][method] for pair in common]))
            axes.plot(
                ranking.geometric_mean(seconds),
                losses[-1],
                markersize=8 if method == c.methods[0] else 5,
                **marker(c, method),
            )
    axes.set_xscale("log")
    if losses and max(losses) > 8 * min(losses) > 0:
        axes.set_yscale("log")
    axes.set_title(f"{table} ({page.loss_name(c, pairs[0])})", fontsize=7)
    axes.tick_params(labelsize=6, which="both")
    axes.spines[["top", "right"]].set_visible(False)
