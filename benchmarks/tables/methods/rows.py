"""What every peer gets, and what it gives back."""

from dataclasses import dataclass
from typing import Callable

import numpy as np
import pandas as pd

# The share of the training rows that a method stops early by.
VALIDATION = 0.15


@dataclass
class Rows:
    """Rows of a table: inputs with their column names, the target, the names of the categories.

    `classes` are the target's labels in order, or None for numbers.
    """

    inputs: pd.DataFrame
    target: np.ndarray
    categories: tuple
    classes: list | None

    @property
    def numeric(self):
        """The names of the columns that hold numbers."""
        return [c for c in self.inputs.columns if c not in self.categories]

    def labels(self):
        """The target as class numbers from 0; the target itself for numbers."""
        if self.classes is None:
            return self.target.astype(float)
        place = {label: k for k, label in enumerate(self.classes)}
        return np.array([place[label] for label in self.target])

    def take(self, index):
        """These rows."""
        inputs = self.inputs.iloc[index].reset_index(drop=True)
        return Rows(inputs, self.target[index], self.categories, self.classes)

    def validation(self, seed, share=VALIDATION):
        """The rows to train on and, the first of a permutation, the rows to validate on."""
        order = np.random.RandomState(seed).permutation(len(self.target))
        held = int(share * len(order))
        return self.take(order[held:]), self.take(order[:held])


@dataclass
class Fitted:
    """A fitted peer.

    `predict` maps inputs to numbers, or to one row of probabilities a row in the order of the
    classes. `count` returns how many numbers the model stores: for trees one threshold a split and
    one number a leaf (and output), for networks their weights; None where it is not known.
    """

    predict: Callable
    count: Callable
    note: str = ""


class Levels:
    """Categories as pandas categories of the training rows' levels; others are missing."""

    def __init__(self, rows):
        self.levels = {c: sorted(rows.inputs[c].unique()) for c in rows.categories}

    def apply(self, inputs):
        """The inputs with categories of the known levels."""
        inputs = inputs.copy()
        for column, levels in self.levels.items():
            inputs[column] = pd.Categorical(inputs[column], categories=levels)
        return inputs


class Medians:
    """Missing numbers as the training rows' median."""

    def __init__(self, rows):
        self.medians = rows.inputs[rows.numeric].median()

    def apply(self, inputs):
        """The inputs without missing numbers."""
        return inputs.fillna(self.medians)
