"""Plots, through matplotlib if it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _axes(ax: Axes | None, rows: int) -> Axes:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    _, made = plt.subplots(figsize=(6.4, max(1.6, 0.36 * rows + 1.0)), layout="constrained")
    return made


def _bars(ax: Axes, names: list[str], values: list[float], label: str) -> Axes:
    places = np.arange(len(names))
    ax.barh(places, values, color="#4477aa")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def terms(estimator: Any, ax: Axes | None) -> Axes:
    """What each term explains."""
    known = [term for term in estimator.terms_ if term["explained"] is not None]
    if not known:
        raise ValueError("no neuron was searched, so nothing says what its terms explain")
    ax = _axes(ax, len(known))
    names = [term["term"] for term in known]
    values = [100 * term["explained"] for term in known]
    ax.set_title(estimator.neuron_, loc="left", fontsize="medium", family="monospace")
    return _bars(ax, names, values, "explains, % of the variance (lost without it)")


def importances(estimator: Any, ax: Axes | None) -> Axes:
    """The inputs by importance."""
    from neuronseek._input import names_of

    if not hasattr(estimator, "feature_importances_"):
        raise ValueError("the model was read from a file, which holds no importances")
    values = estimator.feature_importances_
    names = names_of(estimator, len(values))
    order = np.argsort(-values, kind="stable")[:30]
    ax = _axes(ax, len(order))
    chosen = [names[index] for index in order]
    return _bars(ax, chosen, [float(values[i]) for i in order], "importance (shares of the loss)")


def history(estimator: Any, ax: Axes | None) -> Axes:
    """The losses of the networks."""
    trained = getattr(estimator, "history_", {})
    if not trained:
        raise ValueError("no network was trained: the model is a formula, or was read from a file")
    ax = _axes(ax, 6)
    for losses in trained.values():
        values = losses["validation_loss"]
        if all(value is not None for value in values):
            ax.plot(np.arange(1, len(values) + 1), values, color="#4477aa", alpha=0.5, linewidth=1)
    lowest = min((v for one in trained.values() for v in one["validation_loss"] if v), default=0)
    if lowest > 0:
        ax.set_yscale("log")
    ax.set_xlabel("epoch")
    ax.set_ylabel("validation loss")
    ax.set_title(f"{len(trained)} networks", loc="left", fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
