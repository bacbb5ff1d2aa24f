"""Permutation importance of a polynomial by scikit-learn, and the orders that it permutes by."""

import json
import sys

import numpy
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import permutation_importance

asked = json.load(sys.stdin)
polynomial = asked["polynomial"]


class Polynomial(RegressorMixin, BaseEstimator):
    """The polynomial as an estimator."""

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        columns = []
        for column, one in zip(X.T, polynomial["inputs"]):
            low, high = one["limits"] or (-numpy.inf, numpy.inf)
            columns.append(numpy.clip(column, low, high) - one["shift"])
        total = numpy.zeros(len(X))
        for powers, coefficient in polynomial["outputs"][0]["monomials"]:
            term = numpy.full(len(X), coefficient)
            for place, power in powers:
                term = term * columns[place] ** power
            total += term
        return total


X, y = numpy.array(asked["columns"]).T, numpy.array(asked["y"])
model = Polynomial().fit(X, y)
found = permutation_importance(
    model, X, y, scoring="r2", n_repeats=asked["repeats"], random_state=asked["seed"]
)
# As scikit-learn draws them: one seed for all columns, each order shuffled from the one before and
# applied to what the one before has left.
seed = numpy.random.RandomState(asked["seed"]).randint(numpy.iinfo(numpy.int32).max + 1)
random, order, orders = numpy.random.RandomState(seed), numpy.arange(len(X)), []
moved = numpy.arange(len(X))
for _ in range(asked["repeats"]):
    random.shuffle(order)
    moved = moved[order]
    orders.append(moved.tolist())
answer = {
    "orders": orders,
    "means": found.importances_mean.tolist(),
    "deviations": found.importances_std.tolist(),
}
json.dump(answer, sys.stdout)
