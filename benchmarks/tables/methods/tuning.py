"""Tuning boosted trees under a budget of processor time, inside the training rows.

Random search with halving. The training rows fall into five folds. The default settings and then
random ones are fitted on four folds each and judged by the fifth, as long as half of the budget
lasts, or longer where 14 more fits would still find room. The best quarter of them (at least one, at
most eight) is fitted with the second fold held out too, the best two of those by the mean loss with
the third. What has then the lowest mean loss is fitted with each fold held out, and its five models
are averaged: as many of them as the budget allows, at least one. Every fit stops early by its
held-out fold, and at the end of the budget. Test rows are not looked at.
"""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from .rows import Fitted

FOLDS = 5

# The most fits after the first fold: eight on the second, two on the third, the rest of the winner.
LATER_FITS = 14


def log_uniform(rng, low, high):
    """A number whose logarithm is uniform."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def validation_loss(rows, predictions):
    """Mean squared error, or log loss."""
    if rows.classes is None:
        return float(np.mean((predictions - rows.labels()) ** 2))
    own = predictions[np.arange(len(rows.target)), rows.labels()]
    return float(-np.mean(np.log(np.clip(own, 1e-15, 1 - 1e-15))))


@dataclass
class Trial:
    """Settings, and their model and loss by held-out fold."""

    settings: dict
    models: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def loss(self):
        return sum(self.losses) / len(self.losses)


class Booster:
    """A peer that tuning knows: `default`, `draw(rng)`, `train(settings, train, held, seed)`."""

    def fit(self, rows, seed):
        """The default settings, stopped early by 15 % of the rows, not fitted again on all."""
        train, held = rows.validation(seed)
        return self.train(self.default, train, held, seed)

    def tune(self, rows, seed, budget):
        """The best settings within the budget (seconds of processor time)."""
        search = Search(self, rows, seed, budget)
        trials = search.draw_trials()
        quarter = min(8, max(1, len(trials) // 4))
        chosen = search.continue_best(trials, quarter, budget * 0.75)
        chosen = search.continue_best(chosen, 2, budget * 0.85)
        most = max(len(trial.losses) for trial in chosen)
        best = min((t for t in chosen if len(t.losses) == most), key=lambda t: t.loss)
        while len(best.models) < FOLDS and search.affords(best):
            search.fit_next(best)
        return averaged(best, len(trials))


class Search:
    """The state of a search: folds, clock and the random draws."""

    def __init__(self, booster, rows, seed, budget):
        self.booster, self.rows, self.seed = booster, rows, seed
        self.rng = np.random.default_rng(seed)
        self.budget = budget
        self.start = time.process_time()
        self.deadline = self.start + budget
        self.folds = stratified_folds(rows, seed)

    def spent(self):
        return time.process_time() - self.start

    def affords(self, trial):
        """Whether another fit as long as the trial's mean one fits into the budget."""
        return time.process_time() + trial.seconds / len(trial.models) < self.deadline

    def fit_next(self, trial):
        """Fits the trial with its next fold held out."""
        start, fold = time.process_time(), len(trial.models)
        train = self.rows.take(np.flatnonzero(self.folds != fold))
        held = self.rows.take(np.flatnonzero(self.folds == fold))
        model = self.booster.train(trial.settings, train, held, self.seed, self.deadline)
        trial.models.append(model)
        trial.losses.append(validation_loss(held, model.predict(held.inputs)))
        trial.seconds += time.process_time() - start

    def draw_trials(self):
        """Trials on the first fold, the default first, as long as their time lasts."""
        trials = [Trial(dict(self.booster.default))]
        self.fit_next(trials[0])
        while True:
            mean = sum(trial.seconds for trial in trials) / len(trials)
            until = max(self.budget / 2, self.budget - LATER_FITS * mean)
            if self.spent() + mean > until:
                return trials
            trials.append(Trial(self.booster.draw(self.rng)))
            self.fit_next(trials[-1])

    def continue_best(self, trials, count, until):
        """The best trials, each with one more fold where time allows."""
        chosen = sorted(trials, key=lambda t: t.loss)[:count]
        if len(chosen) == 1:
            return chosen
        for trial in chosen:
            if self.spent() + trial.seconds / len(trial.models) < until:
                self.fit_next(trial)
        return chosen


def stratified_folds(rows, seed):
    """The fold of each row; classes are spread evenly."""
    order = np.random.default_rng(seed).permutation(len(rows.target))
    if rows.classes is not None:
        order = order[np.argsort(rows.labels()[order], kind="stable")]
    folds = np.empty(len(order), dtype=int)
    folds[order] = np.arange(len(order)) % FOLDS
    return folds


def averaged(trial, trials):
    """The mean of the trial's models."""
    models = trial.models

    def predict(inputs):
        return sum(model.predict(inputs) for model in models) / len(models)

    settings = " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.settings.items()
    )
    note = f"{trials} trials, {len(models)} folds averaged, {settings or 'defaults'}"
    return Fitted(predict, lambda: sum(model.count() for model in models), note)
