"""LightGBM: native categories, early stopping on the validation rows."""

import time

import numpy as np

from .rows import Fitted, Levels
from .tuning import Booster, log_uniform

ROUNDS = 2000
PATIENCE = 50


class LightGBM(Booster):
    """Learning rate 0.05 and at most 2000 rounds; all else LightGBM's defaults."""

    default = {"learning_rate": 0.05}

    def load(self):
        """Imports what the fit needs, before the clock starts."""
        import lightgbm

        self.package = lightgbm

    def draw(self, rng):
        """One point of the space that tuning searches."""
        return {
            "learning_rate": log_uniform(rng, 0.01, 0.3),
            "num_leaves": int(log_uniform(rng, 8, 256)),
            "min_data_in_leaf": int(log_uniform(rng, 5, 100)),
            "feature_fraction": rng.uniform(0.4, 1),
            "bagging_fraction": rng.uniform(0.5, 1),
            "bagging_freq": 1,
            "lambda_l2": log_uniform(rng, 1e-2, 30),
        }

    def train(self, settings, train, held, seed, deadline=None):
        """A model of the rows, stopped by the validation rows or the deadline."""
        lightgbm, levels = self.package, Levels(train)
        settings = {"num_threads": 1, "seed": seed, "verbosity": -1, **settings}
        if train.classes is None:
            settings["objective"] = "regression"
        elif len(train.classes) == 2:
            settings |= {"objective": "binary", "metric": "binary_logloss"}
        else:
            settings |= {
                "objective": "multiclass",
                "num_class": len(train.classes),
                "metric": "multi_logloss",
            }

        def stop_at_deadline(env):
            if deadline is not None and time.process_time() > deadline:
                raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list)

        data = lightgbm.Dataset(levels.apply(train.inputs), train.labels(), free_raw_data=False)
        valid = data.create_valid(levels.apply(held.inputs), held.labels())
        booster = lightgbm.train(
            settings,
            data,
            ROUNDS,
            valid_sets=[valid],
            callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False), stop_at_deadline],
        )
        best = booster.best_iteration or booster.current_iteration()

        def predict(inputs):
            values = booster.predict(levels.apply(inputs), num_iteration=best, num_threads=1)
            if train.classes is not None and values.ndim == 1:
                values = np.column_stack([1 - values, values])
            return values

        def count():
            trees = booster.dump_model(num_iteration=best)["tree_info"]
            return sum(2 * tree["num_leaves"] - 1 for tree in trees)

        return Fitted(predict, count, f"{best} rounds")
