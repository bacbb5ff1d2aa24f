"""Ridge and logistic regression, and scikit-learn's multi-layer perceptron.

Both get standardised numbers (missing: the median) and one column a level of a category, the levels
beyond its 50 most frequent sharing one.
"""

import numpy as np

from .rows import Fitted, Medians

LEVELS = 50


class Matrix:
    """Inputs as a matrix, by what the training rows showed."""

    def __init__(self, rows):
        from sklearn.compose import ColumnTransformer
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        self.medians = Medians(rows)
        encode = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=LEVELS, sparse_output=False
        )
        self.columns = ColumnTransformer(
            [("numbers", StandardScaler(), rows.numeric), ("levels", encode, list(rows.categories))]
        )
        self.columns.fit(self.medians.apply(rows.inputs))

    def apply(self, inputs):
        """rows x columns."""
        return self.columns.transform(self.medians.apply(inputs))


class Linear:
    """Ridge (alpha 1) or logistic regression (C 1)."""

    def load(self):
        """Imports what the fit needs, before the clock starts."""
        import sklearn.compose
        import sklearn.linear_model

        self.models = sklearn.linear_model

    def fit(self, rows, seed):
        """See the class."""
        matrix = Matrix(rows)
        if rows.classes is None:
            model = self.models.Ridge(alpha=1.0)
        else:
            model = self.models.LogisticRegression(C=1.0, max_iter=2000)
        model.fit(matrix.apply(rows.inputs), rows.labels())
        predict = model.predict if rows.classes is None else model.predict_proba
        parameters = int(np.size(model.coef_) + np.size(model.intercept_))
        return Fitted(lambda inputs: predict(matrix.apply(inputs)), lambda: parameters)


class Mlp:
    """scikit-learn's perceptron, 64 and 32 units, early stopping; targets standardised."""

    def load(self):
        """Imports what the fit needs, before the clock starts."""
        import sklearn.compose
        import sklearn.neural_network

        self.models = sklearn.neural_network

    def fit(self, rows, seed):
        """See the class."""
        matrix = Matrix(rows)
        settings = {
            "hidden_layer_sizes": (64, 32),
            "early_stopping": True,
            "max_iter": 500,
            "random_state": seed,
        }
        labels, inputs = rows.labels(), matrix.apply(rows.inputs)
        if rows.classes is None:
            center, scale = labels.mean(), labels.std()
            model = self.models.MLPRegressor(**settings).fit(inputs, (labels - center) / scale)

            def predict(inputs):
                return model.predict(matrix.apply(inputs)) * scale + center
        else:
            model = self.models.MLPClassifier(**settings).fit(inputs, labels)

            def predict(inputs):
                return model.predict_proba(matrix.apply(inputs))

        parameters = sum(weights.size for weights in (*model.coefs_, *model.intercepts_))
        return Fitted(predict, lambda: int(parameters), f"{model.n_iter_} epochs")
