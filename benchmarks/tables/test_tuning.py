"""Needs numpy and pandas: run by the environment of run.py; skipped where they are not there."""

import unittest

try:
    import numpy as np
    import pandas as pd

    from methods import tuning
    from methods.rows import Fitted, Rows
except ImportError as error:
    raise unittest.SkipTest(str(error))


class Toy(tuning.Booster):
    """Predicts the mean of its rows, shifted; a draw's shift is better than the default's."""

    default = {"shift": 1.0}

    def __init__(self):
        self.seen = []

    def draw(self, rng):
        return {"shift": rng.uniform(0, 0.5)}

    def train(self, settings, train, held, seed, deadline=None):
        sum(range(200_000))
        self.seen.append((set(train.inputs["row"]), set(held.inputs["row"])))
        value = train.target.mean() + settings["shift"]
        return Fitted(lambda inputs: np.full(len(inputs), value), lambda: 1)


def rows(count, classes=None):
    inputs = pd.DataFrame({"row": range(count)})
    if classes is None:
        return Rows(inputs, np.arange(count) % 7.0, (), None)
    return Rows(inputs, np.array([classes[k % 10 // 9] for k in range(count)]), (), classes)


class Tuning(unittest.TestCase):
    def test_search_beats_the_default_and_averages_folds(self):
        toy, table = Toy(), rows(100)
        model = toy.tune(table, 0, 0.5)
        self.assertIn("5 folds averaged", model.note)
        self.assertEqual(model.count(), 5)
        self.assertLess(abs(model.predict(table.inputs)[0] - table.target.mean()), 0.5)

    def test_trained_and_held_out_rows_are_apart_and_all_of_the_training_rows(self):
        toy, table = Toy(), rows(100)
        toy.tune(table, 0, 0.2)
        for trained, held in toy.seen:
            self.assertFalse(trained & held)
            self.assertEqual(trained | held, set(range(100)))

    def test_a_small_budget_still_gives_a_model(self):
        toy, table = Toy(), rows(100)
        model = toy.tune(table, 0, 1e-9)
        self.assertEqual((len(toy.seen), model.count()), (1, 1))

    def test_folds_spread_the_classes(self):
        table = rows(100, ["a", "b"])
        folds = tuning.stratified_folds(table, 3)
        for fold in range(tuning.FOLDS):
            self.assertEqual(sum(table.target[folds == fold] == "b"), 2)


if __name__ == "__main__":
    unittest.main()
