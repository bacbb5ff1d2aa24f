# ruff: noqa: D100

# %% [markdown]
# # Pipelines and grid search
#
# The estimators are scikit-learn estimators: they go into `Pipeline`, `cross_validate` and
# `GridSearchCV`. They also read frames with texts, dates and missing cells by themselves. So the
# first question is whether you need a `ColumnTransformer` at all.
#
# The table is made up: rents of flats, by a rule that we know. So we know what should come out.

# %%
import datetime
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
from sklearn import config_context
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from neuronseek import (
    NeuronSearch,
    NeuronSeekRegressor,
    NeuronSeekWarning,
    PolynomialNeuronRegressor,
)

warnings.simplefilter("ignore", NeuronSeekWarning)
rng = np.random.default_rng(0)
n = 600
area = rng.uniform(25, 140, n)
centre = rng.uniform(0, 12, n)
heating = rng.choice(["gas", "district", "oil"], n, p=[0.5, 0.35, 0.15])
days = rng.integers(0, 3650, n)
# Area and distance act together: a square metre costs less far out.
rent = 150 + area * (18 - 0.9 * centre) + 60 * (heating == "district") + 0.05 * days
rent += rng.normal(scale=50, size=n)

flats = pl.DataFrame(
    {
        "area": area,
        "centre": np.where(rng.random(n) < 0.05, np.nan, centre),
        "heating": heating,
        "let": [datetime.date(2015, 1, 1) + datetime.timedelta(days=int(day)) for day in days],
    }
).with_columns(pl.col("centre").fill_nan(None))
flats.head()

# %% [markdown]
# ## With and without preparation
#
# The first model takes the frame as it is. The other two prepare it the usual way. They cannot use
# the date as it is, so it becomes days first. All three are judged on the same folds.
#
# To read a frame as it is saves work, but it is not always better. Of a date the estimators make
# the time of the year and of the week, too. Here these mean nothing. More inputs give a search of
# high orders more to go wrong with.

# %%
as_numbers = flats.with_columns(pl.col("let").to_physical().alias("let")).to_pandas()
numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
prepare = ColumnTransformer(
    [("numbers", numbers, ["area", "centre", "let"]), ("texts", OneHotEncoder(), ["heating"])]
)
candidates = {
    "neuron, frame as it is": (PolynomialNeuronRegressor(random_state=0), flats),
    "neuron, prepared": (
        make_pipeline(prepare, PolynomialNeuronRegressor(random_state=0)),
        as_numbers,
    ),
    "ridge, prepared": (make_pipeline(prepare, Ridge()), as_numbers),
}
folds = KFold(5, shuffle=True, random_state=0)
rows = {}
for name, (model, X) in candidates.items():
    found = cross_validate(model, X, rent, cv=folds, scoring=["r2", "neg_root_mean_squared_error"])
    rows[name] = {
        "R2": found["test_r2"].mean(),
        "RMSE": -found["test_neg_root_mean_squared_error"].mean(),
        "deviation of RMSE": found["test_neg_root_mean_squared_error"].std(),
        "seconds a fit": found["fit_time"].mean(),
    }
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# No RMSE can be far below the noise, whose deviation is 50. Missing distances cost something on
# top. Now what the neuron is, and the formula, on all rows. `let.sin(year)` and the like are what
# became of the date.

# %%
plain = PolynomialNeuronRegressor(random_state=0).fit(flats, rent)
print(plain.neuron_)
print(plain.formula_)

# %% [markdown]
# ## A grid
#
# What is worth trying: `max_order` (the highest order of a term), `max_rank` (how many products of
# an order) and `method`. The search chooses terms by itself, up to these limits. In theory a higher
# limit does no harm. In practice it can: with few rows and many inputs, high orders fit noise, and
# a product of five inputs is far off where one of them is unusual.
#
# `n_jobs=2` belongs to the grid. Estimators inside then use one thread each. Do not give both many.

# %%
grid = GridSearchCV(
    PolynomialNeuronRegressor(random_state=0),
    {"max_order": [1, 2, 3, 5], "max_rank": [1, 4]},
    cv=folds,
    scoring="neg_root_mean_squared_error",
    n_jobs=2,
)
grid.fit(flats, rent)
print("best:", grid.best_params_, grid.best_estimator_.neuron_)
results = pd.DataFrame(grid.cv_results_)
results["RMSE"] = -results["mean_test_score"]
results.pivot(index="param_max_order", columns="param_max_rank", values="RMSE").round(1)

# %% [markdown]
# Bars are one deviation over the folds. Order 1 has no products, so it cannot say that area and
# distance act together. Differences between the others that are smaller than a bar are chance, and
# `best_params_` picks one of them all the same.

# %%
figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
for shift, (rank, own) in zip((-0.06, 0.06), results.groupby("param_max_rank"), strict=True):
    places = own["param_max_order"].astype(float) + shift
    ax.errorbar(places, own["RMSE"], yerr=own["std_test_score"], fmt="o", label=f"max_rank={rank}")
ax.set(xlabel="max_order", ylabel="RMSE on held-out folds", xticks=[1, 2, 3, 5])
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# ## Networks in a grid
#
# Networks take longer, so keep `profile="small"` inside grids, and fit the larger profile once at
# the end. `neuron` may be in the grid, too: `"auto"` searches, a text is taken as it is, and `"x"`
# is a usual network.
#
# Inside a `Pipeline`, parameters have the name of the step in front, as always.

# %%
steps = make_pipeline(prepare, NeuronSeekRegressor(profile="small", random_state=0))
network_grid = GridSearchCV(
    steps,
    {
        "neuronseekregressor__neuron": ["auto", "x", "x + cp(2, r=2)"],
        "neuronseekregressor__embedding": ["none", 16],
    },
    cv=KFold(3, shuffle=True, random_state=0),
    scoring="neg_root_mean_squared_error",
    n_jobs=2,
)
network_grid.fit(as_numbers, rent)
shown = pd.DataFrame(network_grid.cv_results_)
shown = shown.filter(regex="param_|mean_test|std_test|mean_fit").sort_values("mean_test_score")
shown.rename(columns=lambda name: name.split("__")[-1]).round(2)

# %% [markdown]
# `embedding=16` cuts each number into at most 16 bins before the first layer. With `neuron="auto"`
# the polynomial may win inside the fit. Then the model is the formula. Where you give the neuron,
# it is always one network, and `embedding="auto"` then means none: give a number to have bins.
#
# ## The search as a step, with names
#
# `NeuronSearch` is a transformer. Its terms become features for any model after it. `set_output`
# gives them as frames, and `get_feature_names_out` names them.

# %%
pipeline = make_pipeline(NeuronSearch(random_state=0), StandardScaler(), Ridge())
pipeline.set_output(transform="polars")
pipeline.fit(flats, rent)
print(pipeline[0].get_feature_names_out())
pipeline[0].transform(flats).head(3)

# %% [markdown]
# The search looks at `y`. So it must stand inside the pipeline, where every fold searches anew. If
# you transform the whole table first and cross-validate after, the score is too good.
#
# ## Weights through meta-estimators
#
# With metadata routing on, say which steps want `sample_weight`. A weight of 2 is the row twice, a
# weight of 0 is a row that is not there. Here old contracts count less, in the fit and in the
# score.

# %%
weights = np.where(days > 1825, 2.0, 1.0)
with config_context(enable_metadata_routing=True):
    model = PolynomialNeuronRegressor(random_state=0)
    model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    found = cross_validate(model, flats, rent, cv=folds, params={"sample_weight": weights})
print("weighted R2 of each fold:", found["test_score"].round(3))

# %% [markdown]
# ## What does not work
#
# * `eval_set` is a pair of `X` and `y`. A `Pipeline` does not transform what is inside the pair, so
#   give early stopping by `validation_fraction` there.
# * Sparse matrices are refused. Leave texts in their columns instead of encoding them: the
#   estimators encode them, and a text that was not there in the fit is no error.
# * `GridSearchCV` over `random_state` chooses luck, not a model.
