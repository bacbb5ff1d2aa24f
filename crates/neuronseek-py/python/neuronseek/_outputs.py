"""What estimators of numbers and of classes give."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import _num_samples

from neuronseek import _targets
from neuronseek._core import Model


class Values(RegressorMixin):  # type: ignore[misc, unused-ignore]
    """Predictions of numbers."""

    _outputs: int

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict targets.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the targets' unit.
        """
        values: NDArray[np.float64] = self._predicted(X)[1]
        return values.ravel() if self._outputs == 1 else values

    def _adopt(self, model: Model) -> None:
        _refuse(model, classes=False, name=type(self).__name__)
        self._outputs = 1 if len(model.targets) == 1 else 2
        self._trainable = False

    def _target_cells(self, y: Any, rows: int) -> list[tuple[Any, Any]]:
        return [("number", own) for own in _targets.columns(_targets.numbers(self, y, rows))]


class Classes(ClassifierMixin):  # type: ignore[misc, unused-ignore]
    """Predictions of classes."""

    classes_: NDArray[Any]
    _places: NDArray[Any]

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict classes.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,)
            Of ``classes_``: the most probable one unless there are class weights or a threshold.
        """
        labels, _ = self._predicted(X)
        classes: NDArray[Any] = self.classes_[self._places[labels]]
        return classes

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict probabilities.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        _, values = self._predicted(X)
        probabilities = np.zeros((values.shape[0], len(self.classes_)))
        probabilities[:, self._places] = values
        return probabilities

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict logarithms of probabilities.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return np.log(np.maximum(self.predict_proba(X), np.finfo(float).tiny))

    def _adopt(self, model: Model) -> None:
        _refuse(model, classes=True, name=type(self).__name__)
        adopt_classes(self, model)
        self._trainable = False

    def _target_cells(self, y: Any, rows: int) -> list[tuple[Any, Any]]:
        return class_cells(self, y, rows)


def check_rows(X: Any, rows: int) -> None:
    own = _num_samples(X)
    if own != rows:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: [{own}, {rows}]"
        )


def _refuse(model: Model, *, classes: bool, name: str) -> None:
    if bool(model.classes) != classes:
        task = "classes" if model.classes else "numbers"
        raise ValueError(f"the model predicts {task}, which is not what {name} does")


def fit_classes(
    estimator: Any,
    X: Any,
    y: Any,
    values: NDArray[Any],
    weights: NDArray[np.float64] | None,
    eval_set: Any,
    more: dict[str, Any],
) -> None:
    """Fit an estimator of classes."""
    counted = values if weights is None else values[weights > 0]
    present = np.unique(counted)
    if len(present) < 2:
        raise ValueError(
            f"Classifier can't train when only one class is present: y has {len(present)} class "
            f"({present[0] if len(present) else None!r})"
        )
    estimator.classes_ = np.unique(values)
    estimator._texts = _targets.texts_of(estimator.classes_.tolist())
    more = dict(more)
    more.update(class_weights(estimator))
    held_out = None
    if eval_set is not None:
        held_out = (eval_set[0], [class_cells(estimator, eval_set[1], None)[0][1]])
    name = _targets.names(y, values)[0]
    cells = class_cells(estimator, y, None)[0][1]
    model = estimator._fit_model(
        X,
        [(name, "category", cells)],
        task="classification",
        sample_weight=weights,
        eval_set=held_out,
        more=more,
    )
    order_classes(estimator, model)


def class_weights(estimator: Any) -> dict[str, Any]:
    """The parameter ``class_weight`` and the positive class in the compiled part's words."""
    settings: dict[str, Any] = {}
    if isinstance(estimator.class_weight, dict):
        known = dict(zip(estimator.classes_.tolist(), estimator._texts, strict=True))
        unknown = [one for one in estimator.class_weight if one not in known]
        if unknown:
            raise ValueError(f"class_weight names {unknown}, which y does not have")
        settings["class_weight"] = [
            (known[one], float(weight)) for one, weight in estimator.class_weight.items()
        ]
    elif estimator.class_weight is not None:
        settings["class_weight"] = estimator.class_weight
    if getattr(estimator, "threshold", None) is not None and len(estimator._texts) == 2:
        settings["positive"] = estimator._texts[1]
    return settings


def class_cells(estimator: Any, y: Any, rows: int | None) -> list[tuple[Any, Any]]:
    """The target of a classification as texts."""
    values = _targets.labels(estimator, y, rows)
    places = {
        one: text for one, text in zip(estimator.classes_.tolist(), estimator._texts, strict=True)
    }
    texts = []
    for value in values.tolist():
        if value not in places:
            raise ValueError(f"y has the class {value!r}, which is none of classes_")
        texts.append(places[value])
    return [("category", texts)]


def order_classes(estimator: Any, model: Model) -> None:
    """Where each of the model's classes stands in ``classes_``."""
    places = {text: place for place, text in enumerate(estimator._texts)}
    estimator._places = np.asarray([places[text] for text in model.classes])


def adopt_classes(estimator: Any, model: Model) -> None:
    """The classes of a model from a file."""
    own = _targets.classes_of(model)
    estimator.classes_ = np.unique(own)
    order = {one: place for place, one in enumerate(estimator.classes_.tolist())}
    estimator._places = np.asarray([order[one] for one in own.tolist()])
    estimator._texts = [""] * len(own)
    for place, text in zip(estimator._places, model.classes, strict=True):
        estimator._texts[place] = text
