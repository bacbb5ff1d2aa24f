"""A program of a user, for type checkers and to run."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import neuronseek
from neuronseek import NeuronSearch, NeuronSeekRegressor, PolynomialNeuronClassifier


def data(rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(rows, 3))
    target = inputs.sum(axis=1) + 2 * inputs[:, 0] * inputs[:, 1]
    return inputs, target


def main() -> None:
    inputs, target = data(200)
    model = NeuronSeekRegressor(profile="small", random_state=0, n_jobs=1).fit(inputs, target)
    predicted: NDArray[np.float64] = model.predict(inputs)
    neuron: str = model.neuron_
    assert neuron == "x + cp(2, r=1)", neuron
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        again = NeuronSeekRegressor.load(path)
        np.testing.assert_array_equal(again.predict(inputs), predicted)
        np.testing.assert_array_equal(neuronseek.load(path).predict(inputs), predicted)
    classes = target > 0
    classifier = PolynomialNeuronClassifier(random_state=0).fit(inputs, classes)
    probabilities: NDArray[np.float64] = classifier.predict_proba(inputs)
    assert probabilities.shape == (200, 2)
    features: NDArray[np.float64] = (
        NeuronSearch(random_state=0).fit(inputs, target).transform(inputs)
    )
    names = [
        str(name)
        for name in NeuronSearch(random_state=0).fit(inputs, target).get_feature_names_out()
    ]
    assert features.shape == (200, len(names))
    assert pickle.loads(pickle.dumps(model)).neuron_ == neuron
    print(neuronseek.__version__, neuron, model.formula_)


if __name__ == "__main__":
    main()
