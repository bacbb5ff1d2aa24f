"""CatBoost: native categories, early stopping on the validation rows."""

import time

import numpy as np

from .rows import Fitted
from .tuning import Booster, log_uniform

PATIENCE = 50


class CatBoost(Booster):
    """CatBoost's defaults; at most 1000 iterations, its default, unless told."""

    default = {}

    def __init__(self, iterations=1000):
        self.iterations = iterations

    def load(self):
        """Imports what the fit needs, before the clock starts."""
        import catboost

        self.package = catboost

    def draw(self, rng):
        """One point of the space that tuning searches."""
        return {
            "iterations": 5000,
            "learning_rate": log_uniform(rng, 0.02, 0.3),
            "depth": int(rng.integers(4, 10)),
            "l2_leaf_reg": log_uniform(rng, 1, 30),
            "random_strength": log_uniform(rng, 0.1, 10),
            "bagging_temperature": rng.uniform(0, 1),
            "one_hot_max_size": int(rng.choice([2, 10, 25])),
        }

    def train(self, settings, train, held, seed, deadline=None):
        """A model of the rows, stopped by the validation rows or the deadline."""
        catboost = self.package
        settings = {
            "iterations": self.iterations,
            "thread_count": 1,
            "random_seed": seed,
            "verbose": False,
            "allow_writing_files": False,
            **settings,
        }
        if train.classes is None:
            settings["loss_function"] = "RMSE"
        elif len(train.classes) == 2:
            settings["loss_function"] = "Logloss"
        else:
            settings["loss_function"] = "MultiClass"

        def pool(inputs, labels=None):
            return catboost.Pool(inputs, labels, cat_features=list(train.categories), thread_count=1)

        class Deadline:
            def after_iteration(self, info):
                return deadline is None or time.process_time() < deadline

        model = catboost.CatBoost(settings)
        callbacks = {"callbacks": [Deadline()]} if deadline is not None else {}
        model.fit(
            pool(train.inputs, train.labels()),
            eval_set=pool(held.inputs, held.labels()),
            early_stopping_rounds=PATIENCE,
            use_best_model=True,
            **callbacks,
        )

        def predict(inputs):
            kind = "RawFormulaVal" if train.classes is None else "Probability"
            return np.asarray(model.predict(pool(inputs), prediction_type=kind, thread_count=1))

        def count():
            # A tree of depth d stores d splits and 2^d leaves; tables of target statistics are not
            # counted.
            splits = int(np.sum(np.log2(model.get_tree_leaf_counts())))
            return len(model.get_leaf_values()) + splits

        return Fitted(predict, count, f"{model.tree_count_} rounds")
