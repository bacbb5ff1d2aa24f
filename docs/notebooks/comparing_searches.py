# ruff: noqa: B018, D100

# %% [markdown]
# # Comparing searches
#
# `method` chooses how the neuron is searched. `"als"` is the default, `"td"` is the differentiable
# search of the paper, and the others are rivals, built in to compare with. Here they all get the
# same tables, made from laws whose neuron we know.
#
# Keep one thing in mind: most of these laws are sums of powers and products, which is what this
# package is made for. Rivals that look for formulas of any kind have a larger space to search. The
# last law is of another kind, so that you see the other side, too.

# %%
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from neuronseek import NeuronSeekWarning, PolynomialNeuronRegressor

warnings.simplefilter("ignore", NeuronSeekWarning)
directions = np.random.default_rng(7).normal(size=(2, 6)) / np.sqrt(6)

LAWS = {
    "line": ("x", lambda X: X @ np.array([1, -2, 0.5, 0, 0, 1])),
    "powers": ("x + x^3", lambda X: X[:, 0] ** 3 - 2 * X[:, 1] + X[:, 2]),
    "product": ("x + cp(2, r=1)", lambda X: X.sum(axis=1) + 3 * X[:, 0] * X[:, 1]),
    "dense product": ("cp(2, r=1)", lambda X: 4 * (X @ directions[0]) * (X @ directions[1])),
    "three": ("x^2 + cp(3, r=1)", lambda X: X[:, 3] ** 2 + 2 * X[:, 0] * X[:, 1] * X[:, 2]),
    "no polynomial": (None, lambda X: np.exp(-(X[:, 0] ** 2)) + np.sin(2 * X[:, 1]) * X[:, 2]),
}
MAX_ORDER = 3
METHODS = [
    "als",
    "td",
    "td-paper",
    "sr",
    "gp",
    "tucker",
    "stridge",
    "eql",
    "poly",
    "lasso",
    "linear",
]
SECONDS = 2.0


def make(law, rows, noise, seed):
    """Rows of six inputs, the target with noise, and the target without."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 6))
    clean = law(X)
    return X, clean + noise * clean.std() * rng.normal(size=rows), clean


# %% [markdown]
# ## What counts as found
#
# "exact": `neuron_` is the law's, ranks and all. "kinds": the orders of powers and of products are
# right, but a rank is wrong or not told; some rivals know no ranks. Everything else is "no". The
# order of the words is always the same, so texts can be compared; `structure_` has the same in
# parts.


# %%
def kinds(neuron):
    """The terms of a neuron without ranks."""
    return {term.split(",")[0].rstrip(")") for term in neuron.split(" + ")}


def verdict(neuron, truth):
    """Whether a neuron is the law's."""
    if truth is None:
        return "-"
    if neuron == truth:
        return "exact"
    return "kinds" if kinds(neuron) == kinds(truth) else "no"


print(verdict("x + cp(2, r=3)", "x + cp(2, r=1)"), verdict("x + x^2", "x + x^3"))

# %% [markdown]
# ## Run them
#
# 200 rows, little noise (its deviation is 5 % of the law's), and the right limit of orders: no law
# has a term above order 3. Each fit may take two seconds (`time_limit`), then it ends with the best
# so far; some rivals would use more. `extrapolate=True` takes away the fence around predictions, so
# that the error is that of the formula. It is measured on new rows without noise, as a share of the
# variance: 1 is as bad as the mean.

# %%
rows = []
for name, (truth, law) in LAWS.items():
    X, y, _ = make(law, rows=200, noise=0.05, seed=1)
    X_new, _, clean = make(law, rows=1000, noise=0.0, seed=2)
    for method in METHODS:
        model = PolynomialNeuronRegressor(
            method=method,
            max_order=MAX_ORDER,
            extrapolate=True,
            time_limit=SECONDS,
            random_state=0,
        )
        start = time.perf_counter()
        model.fit(X, y)
        seconds = time.perf_counter() - start
        error = np.mean((model.predict(X_new) - clean) ** 2) / clean.var()
        found = verdict(model.neuron_, truth)
        rows.append([name, method, model.neuron_, found, error, seconds])
results = pd.DataFrame(rows, columns=["law", "method", "neuron", "found", "error", "seconds"])


def table(value):
    """One value of the results, methods by laws."""
    return results.pivot(index="method", columns="law", values=value).loc[METHODS, list(LAWS)]


table("found")

# %% [markdown]
# ## Error and time
#
# Dark is a large error. Compare the columns: where the neuron is exact, the error is what noise and
# rows leave. A method can miss the neuron and still predict well, by more terms than the law has.

# %%
errors = table("error").to_numpy().clip(1e-6)
figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
image = ax.imshow(np.log10(errors.clip(1e-5, 10)), cmap="Oranges", aspect="auto")
ax.set_xticks(range(len(LAWS)), list(LAWS))
ax.set_yticks(range(len(METHODS)), METHODS)
for (i, j), value in np.ndenumerate(errors):
    dark = np.log10(value) > -1
    ax.text(j, i, f"{value:.2g}", ha="center", va="center", color="white" if dark else "black")
ax.set_title("error on new rows, share of the variance")
plt.show()

# %%
summary = pd.DataFrame(
    {
        "exact": table("found").eq("exact").sum(axis=1),
        "kinds": table("found").eq("kinds").sum(axis=1),
        "median error": table("error").median(axis=1),
        "seconds, all laws": table("seconds").sum(axis=1).round(1),
    }
)
summary

# %% [markdown]
# `exact` and `kinds` are of the five laws that have a neuron. Seconds are those of the machine that
# ran this, and methods that came to the time limit would have gone on.
#
# ## The neurons, one by one
#
# What did the methods find for a product of two sums over all inputs? The law has one term. Methods
# that count single products `a b` need many of them, which is why sparse ones have a hard time.

# %%
columns = ["method", "neuron", "found", "error"]
results[results["law"] == "dense product"][columns].reset_index(drop=True)

# %% [markdown]
# ## Luck and noise
#
# One table is one table. We take two laws with more and more noise, six samples each, for the fast
# methods. The cells count how often the kinds of terms are right ("exact" or "kinds"). Look where
# each method breaks: some need nearly clean data. Methods that differ by one or two of six are not
# different.
#
# Less noise need not mean more hits. Where the law leaves almost nothing over, a product that fits
# a bit of the noise can pass for real. Its coefficient is small then. So a count that is low in
# the first column calls for a look at the formula, whose other terms may be right.

# %%
counts = {}
for name in ("powers", "product"):
    truth, law = LAWS[name]
    for noise in (0.01, 0.05, 0.2):
        column = counts.setdefault((name, f"noise {noise}"), {})
        for method in ("als", "td", "td-paper", "tucker", "stridge", "poly", "lasso"):
            model = PolynomialNeuronRegressor(
                method=method, max_order=MAX_ORDER, time_limit=SECONDS, random_state=0
            )
            column[method] = 0
            for seed in range(6):
                X, y, _ = make(law, rows=200, noise=noise, seed=100 + seed)
                column[method] += verdict(model.fit(X, y).neuron_, truth) in ("exact", "kinds")
pd.DataFrame(counts)

# %% [markdown]
# ## What this does not say
#
# * The laws are ours. Real tables have no known neuron, so nobody can count there. The repository's
#   [results](../results/README.md) compare on real tables, too, losses included.
# * Rivals run with their usual settings and a short limit. Given minutes, some find more.
# * With `max_order=5`, the default, six inputs have more products than there are rows. Methods
#   that fit all of them at once suffer from that. Try it: set `MAX_ORDER`.
# * `"sr-released"`, `"threshold"` and `"metasymnet"` are left out here: try them by adding their
#   names to `METHODS`.
# * For a model that predicts, let networks compete: `NeuronSeekRegressor` takes `method`, too.
