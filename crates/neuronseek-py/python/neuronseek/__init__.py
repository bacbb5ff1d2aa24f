"""NeuronSeek: finds the task-driven neuron of a data set and trains models of it.

Estimators follow scikit-learn's conventions:

* :class:`NeuronSeekRegressor`, :class:`NeuronSeekClassifier`: a search for the neuron, then
  networks of it.
* :class:`PolynomialNeuronRegressor`, :class:`PolynomialNeuronClassifier`: the found polynomial
  alone, in closed form.
* :class:`NeuronSearch`: a transformer that gives the terms of the found neuron as features.

Examples
--------
>>> import numpy as np
>>> from neuronseek import PolynomialNeuronRegressor
>>> rng = np.random.default_rng(0)
>>> X = rng.normal(size=(300, 3))
>>> y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1]
>>> model = PolynomialNeuronRegressor(random_state=0).fit(X, y)
>>> model.neuron_
'x + cp(2, r=1)'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuronseek._core import __version__

if TYPE_CHECKING:
    from neuronseek._base import NeuronSeekWarning, load
    from neuronseek._networks import NeuronSeekClassifier, NeuronSeekRegressor
    from neuronseek._polynomial import PolynomialNeuronClassifier, PolynomialNeuronRegressor
    from neuronseek._search import NeuronSearch

__all__ = [
    "NeuronSearch",
    "NeuronSeekClassifier",
    "NeuronSeekRegressor",
    "NeuronSeekWarning",
    "PolynomialNeuronClassifier",
    "PolynomialNeuronRegressor",
    "__version__",
    "load",
]

_HOMES = {
    "NeuronSearch": "_search",
    "NeuronSeekClassifier": "_networks",
    "NeuronSeekRegressor": "_networks",
    "NeuronSeekWarning": "_base",
    "PolynomialNeuronClassifier": "_polynomial",
    "PolynomialNeuronRegressor": "_polynomial",
    "load": "_base",
}


def __getattr__(name: str) -> Any:
    # Estimators come when they are asked for: scikit-learn takes a second to import, and the
    # command, which lies in the same package, does not need it.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'neuronseek' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"neuronseek.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
