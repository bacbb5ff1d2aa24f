# ruff: noqa: B018, D100

# %% [markdown]
# # Finding a formula
#
# We make data from a law, add noise, and ask for the law back. Then we make it harder: more
# noise, fewer rows, and laws of another kind. You will see where it works and where it does not.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sympy
from IPython.display import Math, display
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from neuronseek import NeuronSearch, NeuronSeekWarning, PolynomialNeuronRegressor

warnings.simplefilter("ignore", NeuronSeekWarning)
rng = np.random.default_rng(0)


def make(rows, noise, rng):
    """Rows of four inputs, the last of which does nothing, and a target with noise."""
    X = pd.DataFrame(rng.normal(size=(rows, 4)), columns=["a", "b", "c", "d"])
    law = 2 * X["a"] ** 3 - 3 * X["b"] * X["c"]
    return X, law, law + noise * law.std() * rng.normal(size=rows)


X, law, y = make(rows=300, noise=0.05, rng=rng)
model = PolynomialNeuronRegressor(random_state=0).fit(X, y)
model

# %% [markdown]
# The law is `2 a^3 - 3 b c`. The neuron names the kinds of terms: `x^3` is a weighted sum of cubes
# of all inputs, `cp(2, r=1)` is a product of two weighted sums. Both can hold more than the law
# has, so look at the coefficients, too. `to_sympy` gives them all.

# %%
expression = model.to_sympy()
expression

# %% [markdown]
# Noise leaves small coefficients behind. To round them away is your decision, not the model's:
# you say what is too small to matter. Here inputs have a deviation of about one, so coefficients
# can be compared with each other. With inputs in other units, compare coefficient times range.

# %%
largest = max(abs(value) for value in expression.as_coefficients_dict().values())
kept = [
    round(float(value), 2) * product
    for product, value in expression.as_coefficients_dict().items()
    if abs(value) > 0.02 * largest
]
display(sympy.Add(*kept))
print(model.to_latex())

# %% [markdown]
# ## How much noise, how few rows?
#
# "Found" means: `neuron_` is exactly `x^3 + cp(2, r=1)`. We count it over eight samples of each
# size. Noise is its deviation over that of the law. The right picture shows the error on new rows
# without noise, as a share of the law's variance. It can be small although the neuron is wrong: a
# neighbouring neuron can predict nearly as well. With little noise, one product too many is a
# usual mistake; its coefficient is small. So a row of the left picture can have fewer hits than
# the one below it.

# %%
sizes, noises, samples = [15, 25, 50, 100, 400], [0.0, 0.02, 0.1, 0.3, 1.0, 3.0], 8
X_new, law_new, _ = make(rows=2000, noise=0.0, rng=rng)
found = np.zeros((len(noises), len(sizes)))
error = np.zeros_like(found)
for i, noise in enumerate(noises):
    for j, size in enumerate(sizes):
        errors = []
        for sample in range(samples):
            X, _, y = make(size, noise, np.random.default_rng(1000 + sample))
            own = PolynomialNeuronRegressor(random_state=0).fit(X, y)
            found[i, j] += own.neuron_ == "x^3 + cp(2, r=1)"
            errors.append(np.mean((own.predict(X_new) - law_new) ** 2) / law_new.var())
        error[i, j] = np.median(errors)

figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
titles = [f"found, of {samples}", "median error on new rows"]
for ax, values, title, shown in zip(
    axes, (found, error), titles, ("{:.0f}", "{:.2g}"), strict=True
):
    ax.imshow(values, cmap="Blues" if ax is axes[0] else "Oranges", aspect="auto", vmin=0)
    ax.set(title=title, xlabel="rows", ylabel="noise")
    ax.set_xticks(range(len(sizes)), sizes)
    ax.set_yticks(range(len(noises)), noises)
    for (i, j), value in np.ndenumerate(values):
        colour = "white" if value > 0.6 * values.max() else "black"
        ax.text(j, i, shown.format(value), ha="center", va="center", color=colour)
plt.show()

# %% [markdown]
# Even without noise and with many rows the error of the right picture is not zero. That is because
# predictions stay within the range of the known targets, widened by a tenth, and a cube leaves that
# range. `extrapolate=True` lifts the fence. Do that if you believe the formula.

# %%
X, _, y = make(rows=300, noise=0.05, rng=np.random.default_rng(1))
fenced = PolynomialNeuronRegressor(random_state=0).fit(X, y)
free = PolynomialNeuronRegressor(random_state=0, extrapolate=True).fit(X, y)
for name, own in {"fenced": fenced, "free": free}.items():
    print(f"{name:8}{np.mean((own.predict(X_new) - law_new) ** 2) / law_new.var():.6f}")

line = pd.DataFrame(0.0, index=range(200), columns=X.columns).assign(a=np.linspace(-5, 5, 200))
figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.axvspan(X["a"].min(), X["a"].max(), color="#8888", alpha=0.3, label="where the rows are")
ax.plot(line["a"], 2 * line["a"] ** 3, color="#222222", label="the law")
ax.plot(line["a"], fenced.predict(line), color="#4477aa", label="fenced")
ax.plot(line["a"], free.predict(line), "--", color="#cc3311", label="free")
ax.set(xlabel="a, with the others at 0", ylabel="y")
ax.legend()
plt.show()

# %% [markdown]
# ## A law with units: quotients
#
# Gravity is `F = G m M / r^2`. A quotient is no polynomial, so a polynomial in `m`, `M` and `r` can
# only come near it inside the data. In logarithms the law is a plain sum, and the neuron is `x`.
# Nothing told the search to take logarithms: that was us. Of the target it tries some functions
# itself (`target_transform="auto"`), of inputs it tries none.

# %%
bodies = pd.DataFrame(rng.uniform(1, 10, size=(400, 3)), columns=["m", "M", "r"])
force = 6.674 * bodies["m"] * bodies["M"] / bodies["r"] ** 2
force *= np.exp(0.02 * rng.normal(size=len(force)))
plain = PolynomialNeuronRegressor(random_state=0, target_transform="none").fit(bodies, force)
logs = np.log(bodies).add_prefix("log_")
logarithms = PolynomialNeuronRegressor(random_state=0, target_transform="none").fit(
    logs, np.log(force)
)
print("in the units of the table:", plain.neuron_)
print("products of inputs:", len(plain.to_sympy().as_coefficients_dict()))
print("in logarithms:", logarithms.neuron_)
display(Math(sympy.latex(logarithms.to_sympy().evalf(4))))
print("the constant of the law:", round(float(np.log(6.674)), 3))

# %% [markdown]
# ## A law with a sine
#
# Without help the search approximates a sine by powers. `functions=("sin",)` lets it use sines.
# But mind which ones: the search scales every input to a deviation of one, and `sin(x)` is a
# weighted sum of sines of these. So it finds `sin(a / deviation)`, not `sin(a)`, and not `sin(3
# a)`. Products with a sine are out of its reach, too. Where the sine does not fit, it is a helper
# beside powers, and the neuron is not the law, however good the predictions are. A neuron with
# functions has no `to_sympy`.

# %%
X = pd.DataFrame(rng.uniform(-3, 3, size=(400, 3)), columns=["a", "b", "c"])
scaled = X["a"] / X["a"].std()
laws = {
    "4 sin(a / deviation) + b c": 4 * np.sin(scaled) + X["b"] * X["c"],
    "4 sin(a) + b c": 4 * np.sin(X["a"]) + X["b"] * X["c"],
    "4 sin(3 a) + b c": 4 * np.sin(3 * X["a"]) + X["b"] * X["c"],
    "4 sin(a) b": 4 * np.sin(X["a"]) * X["b"],
}
rows = []
for name, clean in laws.items():
    y = clean + 0.1 * rng.normal(size=len(X))
    for functions in ((), ("sin",)):
        own = PolynomialNeuronRegressor(functions=functions, random_state=0)
        own.fit(X[:300], y[:300])
        score = own.score(X[300:], clean[300:])
        rows.append({"law": name, "functions": functions, "neuron": own.neuron_, "R2": score})
pd.DataFrame(rows).round({"R2": 3})

# %% [markdown]
# ## The terms as features
#
# `NeuronSearch` finds the neuron and gives the value of each of its terms, for a model of your
# own. Here it is linear, so it says the same as the formula. Terms come with the weights that the
# search gave them, on a target of deviation one. So least squares has little left to do: each
# coefficient is close to the deviation of `y`.

# %%
X, _, y = make(rows=300, noise=0.05, rng=np.random.default_rng(2))
pipeline = make_pipeline(NeuronSearch(random_state=0), LinearRegression()).fit(X, y)
pipeline.set_output(transform="pandas")
display(pipeline[0].transform(X).head(3))
print("deviation of y:", round(y.std(), 3))
pd.Series(pipeline[1].coef_, index=pipeline[0].get_feature_names_out(), name="coefficient")

# %% [markdown]
# ## What to keep in mind
#
# * A neuron is not unique. A square of `a` can stand in `x^2` or in `cp(2, r=1)`. Compare the
#   multiplied-out formulas (`to_sympy`), not the texts.
# * A formula that fits is what these rows support. Another sample may support another one. The
#   warnings that we silenced above name neurons that do as well; read them for data of your own.
# * If noise is as large as the law, expect to need many more rows than the formula has
#   coefficients, as the first picture shows.
