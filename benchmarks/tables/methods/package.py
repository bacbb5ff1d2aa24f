"""NeuronSeek by its Python package, which fits the same as the command does from the same rows.

The seed is the command's default, 0, so that both answer alike; the split's number is for peers.
"""

from .rows import Fitted


class Package:
    """`NeuronSeekRegressor` or `NeuronSeekClassifier`, their defaults, one thread."""

    def load(self):
        """Imports what the fit needs, before the clock starts."""
        import neuronseek

        self.models = neuronseek.NeuronSeekRegressor, neuronseek.NeuronSeekClassifier

    def fit(self, rows, seed):
        """See the class."""
        regressor, classifier = self.models
        kind = regressor if rows.classes is None else classifier
        model = kind(random_state=0, n_jobs=1, categorical_features=list(rows.categories))
        model.fit(rows.inputs, rows.labels())
        predict = model.predict if rows.classes is None else model.predict_proba
        return Fitted(predict, lambda: model.report_["parameters"], model.report_["neuron"])
