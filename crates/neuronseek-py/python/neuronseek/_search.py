"""The transformer: terms of the found neuron as features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import TransformerMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from neuronseek import _targets
from neuronseek._base import NeuronBase
from neuronseek._callbacks import with_callbacks
from neuronseek._core import Model
from neuronseek._networks import _ATTRIBUTES
from neuronseek._outputs import adopt_classes, check_rows, class_cells, fit_classes
from neuronseek._polynomial import _PARAMETERS


class NeuronSearch(TransformerMixin, NeuronBase):  # type: ignore[misc, unused-ignore]
    __doc__ = f"""Finds the neuron and gives its terms as features.

    Features are ``<w_k, x^(k)>`` for each pure term, with the coefficients of the search, and
    ``prod_m <u_kmr, x>`` for each rank-one product of an interaction, on inputs as the search
    scales them. A linear model of them is the found polynomial, with coefficients of its own.

    {
        _PARAMETERS.replace(
            "{own}",
            '''task : {"auto", "regression", "classification"}, default="auto"
        What ``y`` is; "auto" takes numbers with fractions and more than 20 different whole
        numbers for quantities, all else for classes.
    target_transform : str, default="none"
        The function of the target that is searched: "auto", "none", "log", "log1p", "sqrt",
        "cbrt", "square", "reciprocal".
    ''',
        )
    }

    Attributes
    ----------
    {_ATTRIBUTES}

    Examples
    --------
    >>> import numpy as np
    >>> from neuronseek import NeuronSearch
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 3))
    >>> y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1]
    >>> search = NeuronSearch(random_state=0).fit(X, y)
    >>> search.get_feature_names_out().tolist()
    ['x', 'cp(2)[0]']
    >>> search.transform(X).shape
    (300, 2)
    """

    _profile = "polynomial"

    def __init__(
        self,
        *,
        method: str = "als",
        max_order: int = 5,
        max_rank: int = 8,
        functions: Sequence[str] = (),
        task: str = "auto",
        target_transform: str = "none",
        target_statistics: str = "auto",
        origin: str = "auto",
        categorical_features: Any = "from_dtype",
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.method = method
        self.max_order = max_order
        self.max_rank = max_rank
        self.functions = functions
        self.task = task
        self.target_transform = target_transform
        self.target_statistics = target_statistics
        self.origin = origin
        self.categorical_features = categorical_features
        self.time_limit = time_limit
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    # No classes are weighted here.
    class_weight: None = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NeuronSearch:
        """Search a neuron.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`PolynomialNeuronRegressor.fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, or classes.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        self
        """
        if self._is_classes(y):
            values = _targets.labels(self, y)
            weights = _targets.weights_of(sample_weight, X, len(values))
            check_rows(X, len(values))
            fit_classes(self, X, y, values, weights, None, {})
            return self
        for name in ("classes_", "_texts", "_places"):
            self.__dict__.pop(name, None)
        values = _targets.numbers(self, y)
        weights = _targets.weights_of(sample_weight, X, values.shape[0])
        check_rows(X, values.shape[0])
        named = zip(_targets.names(y, values), _targets.columns(values), strict=True)
        targets = [(name, "number", own) for name, own in named]
        more = {"target_transform": self.target_transform}
        self._fit_model(X, targets, task="regression", sample_weight=weights, more=more)
        return self

    def _is_classes(self, y: Any) -> bool:
        if self.task not in ("auto", "regression", "classification"):
            raise ValueError(
                f"task is {self.task!r}, allowed are 'auto', 'regression' and 'classification'"
            )
        if self.task != "auto":
            return bool(self.task == "classification")
        if y is None:
            raise _targets.no_target(self)
        kind = type_of_target(_targets._plain(y), input_name="y")
        if kind == "binary":
            return True
        return bool(kind == "multiclass" and len(np.unique(_targets._plain(y))) <= 20)

    def transform(self, X: Any) -> NDArray[Any]:
        """The terms of the found neuron.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            One column a feature of :meth:`get_feature_names_out`; single precision for an array in
            single precision.
        """
        check_is_fitted(self, "_model")
        values = self._model.terms(self._table(X, reset=False), self._threads())
        if getattr(X, "dtype", None) == np.float32:
            return values.astype(np.float32)
        return values

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """The names of the features.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Checked against the names of the fit; features are named by their terms.

        Returns
        -------
        ndarray of str
            Such as ``x``, ``x^3``, ``cp(2)[0]``.
        """
        check_is_fitted(self, "_model")
        if input_features is not None:
            known = getattr(self, "feature_names_in_", None)
            given = np.asarray(input_features, dtype=object)
            if known is not None and not np.array_equal(known, given):
                raise ValueError("input_features is not equal to feature_names_in_")
            if len(given) != self.n_features_in_:
                raise ValueError(
                    "input_features should have length equal to number of features "
                    f"({self.n_features_in_}), got {len(given)}"
                )
        return np.asarray(self._model.term_names, dtype=object)

    def _adopt(self, model: Model) -> None:
        if model.classes:
            adopt_classes(self, model)

    def _target_cells(self, y: Any, rows: int) -> list[tuple[Any, Any]]:
        if hasattr(self, "classes_"):
            return class_cells(self, y, rows)
        return [("number", own) for own in _targets.columns(_targets.numbers(self, y, rows))]
