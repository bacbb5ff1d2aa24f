"""The estimators of the found polynomial alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuronseek import _targets
from neuronseek._base import NeuronBase
from neuronseek._callbacks import with_callbacks
from neuronseek._networks import _ATTRIBUTES
from neuronseek._outputs import Classes, Values, check_rows, fit_classes

_PARAMETERS = """Parameters
    ----------
    method : str, default="als"
        How to search; see :class:`NeuronSeekRegressor`.
    max_order : int, default=5
        The highest order of a term, 1 to 9.
    max_rank : int, default=8
        The highest rank of an interaction, 0 to 64; 0 allows none.
    functions : sequence of {"sin", "cos", "exp"}, default=()
        Element-wise functions that the search may use beside powers, of inputs that are scaled
        to a deviation of about 1.
    {own}target_statistics : {"auto", "off", "all"}, default="auto"
        Whether means of the target by levels of categories are inputs.
    origin : {"auto", "keep", "center"}, default="auto"
        Where inputs have their zero: that of ``X`` where it lies inside the data, always that, or
        always the median.
    categorical_features : "from_dtype", None, or array-like, default="from_dtype"
        Which columns are categories; see :class:`NeuronSeekRegressor`.
    time_limit : float, default=None
        Seconds after which the search ends with the best so far.
    random_state : int, RandomState instance or None, default=None
        The seed; the same int gives the same bytes at any ``n_jobs``.
    n_jobs : int, default=None
        Threads; None is 1 (unless in a joblib backend), -1 all.
    verbose : int, default=0
        1 shows progress on a terminal and in notebooks, 2 also where neither is there."""

_NOTES = """Notes
    -----
    The search is made twice: on 85 % of the rows, whose polynomial the other rows judge (the
    figure is in ``report_``), and on all rows, whose polynomial is the model; a warning says where
    the two differ in structure. Predictions stay within the range of the known targets, widened by
    a tenth, unless ``extrapolate``."""


class PolynomialNeuronRegressor(Values, NeuronBase):  # type: ignore[misc, unused-ignore]
    __doc__ = f"""A regression by the polynomial that the search finds, in closed form.

    ``y = b + sum_k <w_k, x^(k)> + sum_k sum_r prod_m <u_kmr, x>`` with the powers and the products
    that the data supports and few coefficients. It can be read (``formula_``, :meth:`to_sympy`).

    {
        _PARAMETERS.replace(
            "{own}",
            '''target_transform : str, default="auto"
        The function of the target that is fitted: "auto", "none", "log", "log1p", "sqrt",
        "cbrt", "square", "reciprocal".
    extrapolate : bool, default=False
        Whether predictions may leave the range of the known targets.
    ''',
        )
    }

    Attributes
    ----------
    {_ATTRIBUTES}

    {_NOTES}

    Examples
    --------
    >>> import numpy as np
    >>> from neuronseek import PolynomialNeuronRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2))
    >>> y = 3 * X[:, 0] ** 3 - 2 * X[:, 0] * X[:, 1] + 5
    >>> model = PolynomialNeuronRegressor(random_state=0).fit(X, y)
    >>> model.neuron_
    'x^3 + cp(2, r=1)'
    """

    _profile = "polynomial"

    def __init__(
        self,
        *,
        method: str = "als",
        max_order: int = 5,
        max_rank: int = 8,
        functions: Sequence[str] = (),
        target_transform: str = "auto",
        extrapolate: bool = False,
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
        self.target_transform = target_transform
        self.extrapolate = extrapolate
        self.target_statistics = target_statistics
        self.origin = origin
        self.categorical_features = categorical_features
        self.time_limit = time_limit
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _settings(self) -> dict[str, Any]:
        return {**super()._settings(), "target_transform": self.target_transform}

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> PolynomialNeuronRegressor:
        """Search the polynomial.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            NumPy, pandas, polars, pyarrow; numbers, texts, categories, dates, truth values;
            missing cells are NaN, None or null.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        self
        """
        values = _targets.numbers(self, y)
        weights = _targets.weights_of(sample_weight, X, values.shape[0])
        check_rows(X, values.shape[0])
        named = zip(_targets.names(y, values), _targets.columns(values), strict=True)
        targets = [(name, "number", own) for name, own in named]
        self._fit_model(X, targets, task="regression", sample_weight=weights)
        self._outputs = values.ndim
        return self


class PolynomialNeuronClassifier(Classes, NeuronBase):  # type: ignore[misc, unused-ignore]
    __doc__ = f"""A classification by the polynomial that the search finds.

    As :class:`PolynomialNeuronRegressor`, with polynomials for logits: found by least squares on
    indicators of the classes, refined by logistic regression.

    {
        _PARAMETERS.replace(
            "{own}",
            '''class_weight : dict, "balanced" or None, default=None
        How much the rows of each class count; see :class:`NeuronSeekClassifier`.
    ''',
        )
    }

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes.
    {_ATTRIBUTES}

    {_NOTES}

    Examples
    --------
    >>> import numpy as np
    >>> from neuronseek import PolynomialNeuronClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2))
    >>> y = X[:, 0] * X[:, 1] > 0.1 * rng.normal(size=300)
    >>> model = PolynomialNeuronClassifier(random_state=0).fit(X, y)
    >>> model.predict([[1.0, 1.0], [1.0, -1.0]]).tolist()
    [True, False]
    """

    _profile = "polynomial"

    def __init__(
        self,
        *,
        method: str = "als",
        max_order: int = 5,
        max_rank: int = 8,
        functions: Sequence[str] = (),
        class_weight: dict[Any, float] | str | None = None,
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
        self.class_weight = class_weight
        self.target_statistics = target_statistics
        self.origin = origin
        self.categorical_features = categorical_features
        self.time_limit = time_limit
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> PolynomialNeuronClassifier:
        """Search the polynomial.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`PolynomialNeuronRegressor.fit`.
        y : array-like of shape (n_samples,)
            Classes: numbers, texts or truth values.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        self
        """
        values = _targets.labels(self, y)
        weights = _targets.weights_of(sample_weight, X, len(values))
        check_rows(X, len(values))
        fit_classes(self, X, y, values, weights, None, {})
        return self
