# ruff: noqa: B018, D100

# %% [markdown]
# # Regression: the noise of an airfoil
#
# A table of 1503 measurements in a wind tunnel: five numbers that describe a wing and the air,
# and how loud it is, in decibels. We fit a model, see what it found, ask it how sure it is, and
# save it for the command line.
#
# Run this at the root of the repository: the table is in `examples/data`
# ([where it is from](../../examples/data/ATTRIBUTION.md)).

# %%
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.model_selection import GroupKFold, cross_val_score, train_test_split

import neuronseek
from neuronseek import NeuronSeekRegressor, NeuronSeekWarning, PolynomialNeuronRegressor

data = pd.read_csv("examples/data/airfoil_self_noise.csv")
X, y = data.drop(columns="sound_pressure"), data["sound_pressure"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
data.describe().T[["count", "min", "50%", "max"]]

# %% [markdown]
# ## Fit, beside models that you know
#
# `profile` says how much is done. `"small"` trains one small network of each kind and keeps the
# best. `"default"` trains many networks and blends them: better, and much slower.
# `validation_fraction` keeps one part of the rows aside to judge them by. Without it there are
# folds, which take several times as long. `PolynomialNeuronRegressor` has no networks at all: its
# model is a formula.
#
# A fit warns where the data support more than one neuron about equally well. We count the
# warnings here and look at them below. The seconds are those of the machine that ran this.

# %%
models = {
    "linear": LinearRegression(),
    "random forest": RandomForestRegressor(random_state=0),
    "polynomial": PolynomialNeuronRegressor(random_state=0),
    "small": NeuronSeekRegressor(profile="small", intervals=[0.9], random_state=0),
    "default": NeuronSeekRegressor(validation_fraction=0.2, random_state=0, n_jobs=2),
}
rows, said = {}, {}
for name, model in models.items():
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X_train, y_train)
    said[name] = [str(one.message) for one in caught if one.category is NeuronSeekWarning]
    predicted = model.predict(X_test)
    rows[name] = {
        "R2 on test rows": r2_score(y_test, predicted),
        "RMSE, decibels": root_mean_squared_error(y_test, predicted),
        "seconds": time.perf_counter() - start,
        "warnings": len(said[name]),
    }
pd.DataFrame(rows).T.round({"R2 on test rows": 3, "RMSE, decibels": 2, "seconds": 1})

# %% [markdown]
# ## What was found
#
# A fitted estimator shows its neuron below its parameters. Read `x` as "a weighted sum of the
# inputs", `x^3` as "a weighted sum of cubes", and `cp(2, r=1)` as "one product of two weighted
# sums". A bar says how much of the variance is lost when that term alone is dropped and the
# others are fitted again. We look at the small model; the others can tell the same.

# %%
model = models["small"]
model

# %% [markdown]
# The formula need not be what predicts. `report_["candidates"]` lists what competed, and
# `validation` is the error of each on rows that it did not see, as a share of the variance.
# Compare the row of the polynomial with the others: if networks are far ahead, the formula tells
# only a part of the story, so do not quote it as a law. A network of `x` with bins (`embedding`)
# can win, too. Then the plain inner product was enough once inputs were cut into pieces.

# %%
candidates = pd.DataFrame(model.report_["candidates"])
candidates[["kind", "neuron", "embedding", "parameters", "validation", "chosen"]].round(4)

# %% [markdown]
# What the search warned of: neurons that do about as well. Take such terms for exchangeable.

# %%
for text in said["small"]:
    print("-", text)

# %% [markdown]
# ## Pictures
#
# Left: the terms. Middle: by how much the error grows when a column is shuffled. Right: the
# validation loss of every network by epoch. Curves that still fall steeply at their end would
# want a larger `max_iter`.

# %%
figure, axes = plt.subplots(1, 3, figsize=(13, 3.2), layout="constrained")
model.plot_terms(axes[0])
model.plot_importances(axes[1])
model.plot_history(axes[2])
plt.show()

# %% [markdown]
# ## How sure is a prediction?
#
# `intervals=[0.9]` asks for intervals that hold 90 % of new rows. They are calibrated on rows
# that networks were not trained on, so we can check the promise on the test rows. The share need
# not be exactly 0.9: the test rows are few. Rows outside of their interval are red.

# %%
order = np.argsort(model.predict(X_test))
middle = model.predict(X_test)[order]
low, high = model.predict_interval(X_test)[order].T
truth = y_test.to_numpy()[order]
inside = (low <= truth) & (truth <= high)
print(f"inside: {inside.mean():.3f} of {len(truth)} rows, mean width {np.mean(high - low):.1f} dB")

figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
ax.fill_between(range(len(truth)), low, high, color="#4477aa", alpha=0.3, label="90 % interval")
ax.plot(middle, color="#4477aa", linewidth=1, label="prediction")
ax.scatter(range(len(truth)), truth, s=6, c=np.where(inside, "#222222", "#cc3311"), label="truth")
ax.set(xlabel="test rows, sorted by prediction", ylabel="decibels")
ax.legend()
plt.show()

# %% [markdown]
# ## What does not work: another wing
#
# The rows are sweeps: one wing at one angle, measured at many frequencies. A random split puts
# neighbours of every test row into the training rows. That is the right test if you want to fill
# in a sweep. It is the wrong one if you want the noise of a new wing. So we hold out whole wings
# (chord lengths) instead. Compare these numbers with the table above, for every model. Look at the
# worst fold, too: polynomials bend most where there were no rows.

# %%
warnings.simplefilter("ignore", NeuronSeekWarning)
folds = GroupKFold(n_splits=len(X["chord_length"].unique()))
rows = {}
for name in ("linear", "random forest", "polynomial", "small"):
    scores = cross_val_score(models[name], X, y, cv=folds, groups=X["chord_length"], scoring="r2")
    rows[name] = {"median": np.median(scores), "worst": scores.min(), "best": scores.max()}
pd.DataFrame(rows).T.round(2).rename_axis("R2 on a new wing")

# %% [markdown]
# ## The report
#
# `report` makes a page of everything that the model can tell: its quality on these rows, the
# neuron, the formula, a curve for each input, and how one prediction came about (`row`).
# `report(...).save("airfoil.html")` writes it.

# %%
model.report(X_test, y_test, row=3, name="airfoil")

# %% [markdown]
# ## Save it, for Python and for the command
#
# The file is the one that `neuronseek fit -o` writes. So the command can read it, and
# `neuronseek.load` can read files of the command. `python -m neuronseek` is the command, too.

# %%
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "airfoil.safetensors"
    model.save(path)
    again = neuronseek.load(path)
    print("the same predictions:", np.array_equal(again.predict(X_test), model.predict(X_test)))
    command = [sys.executable, "-m", "neuronseek", "inspect", path]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
print(shown)
