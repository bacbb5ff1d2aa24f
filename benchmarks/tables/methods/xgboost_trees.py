"""XGBoost: histograms, native categories, early stopping on the validation rows."""

import time

import numpy as np

from .rows import Fitted, Levels
from .tuning import Booster, log_uniform

ROUNDS = 2000
PATIENCE = 50


class XGBoost(Booster):
    """Learning rate 0.05 and at most 2000 rounds; all else XGBoost's defaults."""

    default = {"learning_rate": 0.05}

    def load(self):
        """Imports what the fit needs, before the clock starts."""
        import xgboost

        self.package = xgboost

    def draw(self, rng):
        """One point of the space that tuning searches."""
        return {
            "learning_rate": log_uniform(rng, 0.01, 0.3),
            "max_depth": int(rng.integers(3, 11)),
            "min_child_weight": log_uniform(rng, 1, 100),
            "subsample": rng.uniform(0.5, 1),
            "colsample_bytree": rng.uniform(0.4, 1),
            "reg_lambda": log_uniform(rng, 0.1, 30),
            "gamma": 0.0 if rng.random() < 0.5 else log_uniform(rng, 1e-3, 10),
        }

    def train(self, settings, train, held, seed, deadline=None):
        """A model of the rows, stopped by the validation rows or the deadline."""
        xgboost, levels = self.package, Levels(train)
        settings = {"tree_method": "hist", "nthread": 1, "seed": seed, "verbosity": 0, **settings}
        if train.classes is None:
            settings["objective"] = "reg:squarederror"
        elif len(train.classes) == 2:
            settings |= {"objective": "binary:logistic", "eval_metric": "logloss"}
        else:
            settings |= {
                "objective": "multi:softprob",
                "num_class": len(train.classes),
                "eval_metric": "mlogloss",
            }

        def matrix(inputs, labels=None):
            data = levels.apply(inputs)
            return xgboost.DMatrix(data, labels, enable_categorical=True, nthread=1)

        class Deadline(xgboost.callback.TrainingCallback):
            def after_iteration(self, model, epoch, evals_log):
                return deadline is not None and time.process_time() > deadline

        booster = xgboost.train(
            settings,
            matrix(train.inputs, train.labels()),
            ROUNDS,
            evals=[(matrix(held.inputs, held.labels()), "held")],
            early_stopping_rounds=PATIENCE,
            callbacks=[Deadline()],
            verbose_eval=False,
        )
        best = booster.best_iteration + 1

        def predict(inputs):
            values = booster.predict(matrix(inputs), iteration_range=(0, best))
            if train.classes is not None and values.ndim == 1:
                values = np.column_stack([1 - values, values])
            return values

        def count():
            return len(booster[:best].trees_to_dataframe())

        return Fitted(predict, count, f"{best} rounds")
