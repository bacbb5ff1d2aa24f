# ruff: noqa: B018, D100

# %% [markdown]
# # Classification: benign or malignant
#
# 569 samples of breast tissue, thirty numbers each, and a doctor's verdict. The table comes with
# scikit-learn. We fit classifiers, look at the probabilities, and tell the model that one kind of
# mistake is worse than the other.
#
# This is an easy table, and a linear model does well on it. That is part of the story: a search
# that answers `x` says that you do not need anything else.

# %%
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import load_breast_cancer, make_gaussian_quantiles
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, brier_score_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuronseek import NeuronSeekClassifier, NeuronSeekWarning, PolynomialNeuronClassifier

# Fits warn of neurons that do about as well. There are many fits below, so not here.
warnings.simplefilter("ignore", NeuronSeekWarning)

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
y = y.map({0: "malignant", 1: "benign"})
y.value_counts()

# %% [markdown]
# ## Several models on the same folds
#
# 569 rows are few, so we take five folds and show how far the folds differ. `neg_log_loss` and
# the Brier score judge probabilities, `accuracy` judges classes only. Classes may be texts, and
# inputs need no scaling.

# %%
folds = StratifiedKFold(5, shuffle=True, random_state=0)
models = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
    "polynomial": PolynomialNeuronClassifier(random_state=0),
    "small": NeuronSeekClassifier(profile="small", random_state=0),
}


def compare(models, X, y):
    """Scores of each model, mean and deviation over the folds."""
    rows = {}
    for name, model in models.items():
        start = time.perf_counter()
        found = cross_validate(model, X, y, cv=folds, scoring=["accuracy", "neg_log_loss"])
        accuracy, loss = found["test_accuracy"], -found["test_neg_log_loss"]
        rows[name] = {
            "accuracy": f"{accuracy.mean():.3f} ± {accuracy.std():.3f}",
            "log loss": f"{loss.mean():.3f} ± {loss.std():.3f}",
            "seconds": round(time.perf_counter() - start, 1),
        }
    return pd.DataFrame(rows).T


compare(models, X, y)

# %% [markdown]
# If the models differ by less than the folds do, none of them is better. Look at the log loss of
# the small networks, too. It punishes confident mistakes, and a few of them are enough: with so
# few rows, networks separate the training rows perfectly and become too sure. Now look at the
# neuron.

# %%
model = NeuronSeekClassifier(profile="small", random_state=0).fit(X, y)
model

# %%
columns = ["kind", "neuron", "validation", "chosen"]
print("classes:", model.classes_)
pd.DataFrame(model.report_["candidates"])[columns]

# %% [markdown]
# ## Where a neuron other than `x` matters
#
# Here the class depends on how far a point is from the middle. No line separates the two classes.
# The search must find squares. They may come as `x^2` or as products `cp(2, r=...)`, which contain
# squares, too.

# %%
X_ring, y_ring = make_gaussian_quantiles(n_samples=600, n_features=4, n_classes=2, random_state=0)
compare(models, X_ring, y_ring)

# %%
ring = PolynomialNeuronClassifier(random_state=0).fit(X_ring, y_ring)
print(ring.neuron_)
print(ring.formula_)

# %% [markdown]
# The classes of this example never overlap, so the true probabilities are 0 and 1. That is why the
# coefficients are large: only their ratios mean something. The squares of all four inputs should
# have nearly the same coefficient. Products that the search kept beside them should be small.
#
# ## Are the probabilities right?
#
# `cross_val_predict` gives every row of the first table a probability from a model that did not
# see it. On the diagonal, of the rows with a probability of 0.8 eight in ten are malignant. The
# histogram says how few rows there are in the middle, so single points of the left picture mean
# little. A model that is too sure has many rows at both ends, and its curve is flatter than the
# diagonal.

# %%
second = model.classes_[1]
truth = (y == second).to_numpy()
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
for name in ("logistic regression", "small"):
    proba = cross_val_predict(models[name], X, y, cv=folds, method="predict_proba")[:, 1]
    label = f"{name}, Brier score {brier_score_loss(truth, proba):.3f}"
    CalibrationDisplay.from_predictions(truth, proba, n_bins=6, name=label, ax=left)
    right.hist(proba, bins=20, histtype="step", label=name)
left.set(xlabel=f"predicted probability of {second}", ylabel="share of such rows")
right.set(xlabel=f"predicted probability of {second}", ylabel="rows", yscale="log")
right.legend()
plt.show()

# %% [markdown]
# ## One mistake is worse than the other
#
# To send a sick person home is worse than to test a healthy one again. There are two ways to say
# it:
#
# * `class_weight={"malignant": 5.0}`: rows of that class count five times in training, and a
#   mistake on them costs five times as much. The weights are taken out of the probabilities again,
#   so `predict_proba` still means shares of rows.
# * `threshold="cost:FN=5,FP=1"`: training stays as it is, and the threshold is the one with the
#   lowest cost on held-out rows. `positive` is the second of `classes_`.
#
# Look at the bottom row, the sick, and at the price of it in the top row. Whether either way helps
# depends on how many rows there are to choose by. Here the two kinds of mistakes are so few that
# differences of one or two rows are chance.
#
# We loop over the folds ourselves: `cross_val_predict` turns classes into numbers before it asks
# for probabilities, and then `class_weight` would have to name numbers.

# %%
ways = {
    "as it is": {},
    "class_weight": {"class_weight": {"malignant": 5.0}},
    "threshold": {"threshold": "cost:FN=5,FP=1"},
}
figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
means = {}
for ax, (name, more) in zip(axes, ways.items(), strict=True):
    classes, proba = np.empty(len(y), dtype=object), np.empty(len(y))
    for train, test in folds.split(X, y):
        own = NeuronSeekClassifier(profile="small", random_state=0, **more)
        own.fit(X.iloc[train], y.iloc[train])
        classes[test] = own.predict(X.iloc[test])
        proba[test] = own.predict_proba(X.iloc[test])[:, 1]
    means[name] = proba.mean()
    ConfusionMatrixDisplay.from_predictions(y, classes, ax=ax, colorbar=False)
    ax.set_title(name)
plt.show()
print("share of malignant rows:", round(float(np.mean(truth)), 3))
print(pd.Series(means, name="mean probability").round(3).to_string())

# %% [markdown]
# ## What does not work
#
# * Thresholds are chosen on the held-out rows of the fit. With a few dozen rows of the rare class,
#   another seed may choose another one. Try some before you trust it.
# * A probability of 0.999 is no promise. The calibration has seen too few rows to tell 0.99 from
#   0.999. On a table like this one, prefer the plain logistic regression, or the polynomial.
# * `feature_importances_` says by what the model was worse when a column was shuffled. Columns that
#   say the same thing (here radius, perimeter and area) share what is theirs, so each looks small.

# %%
figure, ax = plt.subplots(figsize=(7, 6.5), layout="constrained")
model.plot_importances(ax)
plt.show()
