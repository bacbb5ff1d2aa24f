"""The estimators that search a neuron and train networks of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_is_fitted

from neuronseek import _targets
from neuronseek._base import NeuronBase
from neuronseek._callbacks import with_callbacks
from neuronseek._core import Table
from neuronseek._input import as_cells, unused
from neuronseek._outputs import Classes, Values, check_rows, fit_classes

_PARAMETERS = """Parameters
    ----------
    neuron : str, default="auto"
        "auto" searches one; else its text, such as ``"x + x^2 + cp(2, r=4)"``.
    method : str, default="als"
        How to search: "als" (alternating least squares with model choice), "td" (the paper's
        differentiable search), or a rival to compare with: "td-paper", "sr", "sr-released", "gp",
        "threshold", "tucker", "stridge", "eql", "metasymnet", "poly", "lasso", "linear".
    max_order : int, default=5
        The highest order of a term, 1 to 9.
    max_rank : int, default=8
        The highest rank of an interaction, 0 to 64; 0 allows none.
    functions : sequence of {"sin", "cos", "exp"}, default=()
        Element-wise functions that the search may use beside powers, of inputs that are scaled
        to a deviation of about 1.
    profile : {"small", "default", "best"}, default="default"
        How much is done: one small network or the formula; a blend of networks of several kinds,
        trained on folds, within a minute on one core; about ten times as much.
    hidden_layer_sizes : sequence of int, default=None
        Units of each hidden layer; None leaves it to profile and rows.
    rank : int, default=8
        The rank of a network's interactions where the neuron leaves it open.
    activation : {"silu", "relu", "tanh", "sigmoid", "gelu", "identity"}, default="silu"
        Between layers.
    dropout : float, default=None
        The probability that a hidden unit is dropped in training, 0 to below 1; None leaves it
        to the kind of network.
    embedding : {"auto", "none"} or int, default="auto"
        Piecewise-linear embedding of numbers: networks with and without are compared (of a given
        neuron: none), none, or the most bins an input.
    n_members : int, default=None
        Networks of different seeds, of each kind and fold, 1 to 64; None by profile.
    n_folds : int, default=None
        Parts of the rows of which each is held out once, 1 to 20; None by profile.
    validation_fraction : float, default=None
        Hold out this share of the rows, in place of folds, to stop training and to compare by.
    max_iter : int, default=None
        The most epochs of a network; None by profile and rows. The best on held-out rows is kept.
    n_iter_no_change : int, default=None
        Epochs without a lower validation loss that end a training; None by profile.
    learning_rate : float, default=None
        The highest of the schedule, None is 0.006; of training further the rate, None is 0.001.
    batch_size : int, default=None
        Rows a step; None by the number of rows.
    weight_decay : float, default=None
        0 to 1; None by kind of network.
    {own}target_statistics : {"auto", "off", "all"}, default="auto"
        Whether means of the target by levels of categories are inputs.
    origin : {"auto", "keep", "center"}, default="auto"
        Where inputs have their zero in the search: that of ``X`` where it lies inside the data,
        always that, or always the median.
    categorical_features : "from_dtype", None, or array-like, default="from_dtype"
        Which columns are categories: those that a frame's dtype says and all texts; texts alone;
        or these names, places or mask beside.
    tune : float or int, default=None
        Try settings of the networks first, on held-out rows: so many seconds (float) or trials
        (int).
    time_limit : float, default=None
        Seconds after which the fit ends with the best so far.
    warm_start : bool, default=False
        Whether another ``fit`` trains the networks of the last one further, with the same neuron
        and preparation, for ``max_iter`` (None is 20) epochs, instead of starting anew.
    random_state : int, RandomState instance or None, default=None
        The seed; the same int gives the same bytes at any ``n_jobs``, and those of the command's
        ``--seed``.
    n_jobs : int, default=None
        Threads; None is 1 (unless in a joblib backend), -1 all.
    verbose : int, default=0
        1 shows progress on a terminal and in notebooks, 2 also where neither is there."""

_ATTRIBUTES = """neuron_ : str
        The neuron that was found (or given).
    structure_ : dict
        Its orders of pure terms, its interactions with ranks, its functions.
    terms_ : list of dict
        One a term: ``term``, ``order``, ``rank``, ``explained`` (the share of the variance that is
        lost without it), ``bic_gain``.
    formula_ : str
        What the search fitted, in the units of ``X``; its largest products where it is long.
    history_ : dict of str to dict
        Losses by epoch of each network: ``training_loss``, ``validation_loss``,
        ``learning_rate``, ``best_epoch``.
    feature_importances_ : ndarray of shape (n_features_in_,)
        By how much the loss rises when the column is shuffled, on at most 1000 rows of the fit,
        as shares of the sum; absent where ``time_limit`` ended the fit, and after ``load``.
    report_ : dict
        What the model file keeps of the fit: candidates, metrics by split, the search, warnings.
    n_iter_ : int
        The most epochs of a network; 1 where none was trained.
    n_features_in_ : int
        Columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are texts."""


class _Networks(NeuronBase):
    """What both have in common."""

    def _settings(self) -> dict[str, Any]:
        hidden = self.hidden_layer_sizes
        settings = super()._settings()
        settings.update(
            profile=self.profile,
            hidden=None if hidden is None else [int(units) for units in np.ravel(hidden)],
            rank=self.rank,
            activation=self.activation,
            dropout=self.dropout,
            embedding=self.embedding,
            members=self.n_members,
            folds=self.n_folds,
            validation_fraction=self.validation_fraction,
            epochs=self.max_iter,
            patience=self.n_iter_no_change,
            learning_rate=self.learning_rate,
            batch=self.batch_size,
            weight_decay=self.weight_decay,
        )
        if self.neuron != "auto":
            settings["neuron"] = getattr(self.neuron, "neuron_", self.neuron)
        if self.tune is not None:
            trials = isinstance(self.tune, (int, np.integer))
            settings["tune"] = {"trials": int(self.tune)} if trials else {"seconds": self.tune}
        return settings

    def _update(
        self,
        X: Any,
        targets: list[tuple[Any, Any]],
        weights: NDArray[np.float64] | None,
        *,
        epochs: int,
    ) -> None:
        table: Table = self._table(X, reset=False)
        for name, (kind, cells) in zip(self._model.targets, targets, strict=True):
            table.push(name, kind, cells)
        own = None
        if weights is not None:
            own = unused("sample_weight", table.names)
            table.push(own, "number", as_cells(weights))
        with self._listening(X) as listener:
            model = self._model.update(
                table,
                weights=own,
                epochs=epochs,
                learning_rate=self.learning_rate or 1e-3,
                batch=self.batch_size,
                seed=self._seed(),
                n_threads=self._threads(),
                listener=listener,
            )
        self._keep(model)

    def _warm(self) -> bool:
        return bool(self.warm_start) and hasattr(self, "_model") and self._trainable


class NeuronSeekRegressor(Values, _Networks):  # type: ignore[misc, unused-ignore]
    __doc__ = f"""A regression by networks of the neuron that the data wants.

    The search finds which powers of the inputs and which products of projections the target is
    made of; networks whose units aggregate so, and networks of the plain inner product of as many
    parameters, compete on held-out rows with the search's polynomial, and the best (or a blend) is
    the model. Missing cells, texts, categories, dates and truth values are taken care of.

    {
        _PARAMETERS.replace(
            "{own}",
            '''loss : str, default="squared_error"
        What training makes small: "squared_error", "huber" or "huber:DELTA", "quantile:TAU", or,
        with the logarithm of the mean fitted, "poisson", "gamma", "tweedie" or "tweedie:POWER".
    target_transform : str, default="auto"
        The function of the target that is fitted: "auto", "none", "log", "log1p", "sqrt",
        "cbrt", "square", "reciprocal".
    intervals : sequence of float, default=()
        Levels of prediction intervals, each above 0 and below 1; see :meth:`predict_interval`.
    extrapolate : bool, default=False
        Whether predictions may leave the range of the known targets, widened by half.
    ''',
        )
    }

    Attributes
    ----------
    {_ATTRIBUTES}

    See Also
    --------
    PolynomialNeuronRegressor : The found polynomial alone.
    NeuronSearch : The terms of the found neuron as features.

    Notes
    -----
    Rows that are equal in all columns and the target are merged, and their weights added, so an
    integer ``sample_weight`` is exactly so many repetitions.

    References
    ----------
    NeuronSeek: On Stability and Expressivity of Task-driven Neurons, arXiv:2506.15715.

    Examples
    --------
    >>> import numpy as np
    >>> from neuronseek import NeuronSeekRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 3))
    >>> y = X.sum(axis=1) + 2 * X[:, 0] * X[:, 1]
    >>> model = NeuronSeekRegressor(profile="small", random_state=0).fit(X, y)
    >>> model.neuron_
    'x + cp(2, r=1)'
    """

    def __init__(
        self,
        *,
        neuron: str = "auto",
        method: str = "als",
        max_order: int = 5,
        max_rank: int = 8,
        functions: Sequence[str] = (),
        profile: str = "default",
        hidden_layer_sizes: Sequence[int] | None = None,
        rank: int = 8,
        activation: str = "silu",
        dropout: float | None = None,
        embedding: str | int = "auto",
        n_members: int | None = None,
        n_folds: int | None = None,
        validation_fraction: float | None = None,
        max_iter: int | None = None,
        n_iter_no_change: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        weight_decay: float | None = None,
        loss: str = "squared_error",
        target_transform: str = "auto",
        intervals: Sequence[float] = (),
        extrapolate: bool = False,
        target_statistics: str = "auto",
        origin: str = "auto",
        categorical_features: Any = "from_dtype",
        tune: float | int | None = None,
        time_limit: float | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.neuron = neuron
        self.method = method
        self.max_order = max_order
        self.max_rank = max_rank
        self.functions = functions
        self.profile = profile
        self.hidden_layer_sizes = hidden_layer_sizes
        self.rank = rank
        self.activation = activation
        self.dropout = dropout
        self.embedding = embedding
        self.n_members = n_members
        self.n_folds = n_folds
        self.validation_fraction = validation_fraction
        self.max_iter = max_iter
        self.n_iter_no_change = n_iter_no_change
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.loss = loss
        self.target_transform = target_transform
        self.intervals = intervals
        self.extrapolate = extrapolate
        self.target_statistics = target_statistics
        self.origin = origin
        self.categorical_features = categorical_features
        self.tune = tune
        self.time_limit = time_limit
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _settings(self) -> dict[str, Any]:
        settings = super()._settings()
        settings["target_transform"] = self.target_transform
        settings["intervals"] = [float(level) for level in self.intervals]
        if self.loss != "squared_error":
            settings["loss"] = self.loss
        return settings

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        eval_set: tuple[Any, Any] | None = None,
    ) -> NeuronSeekRegressor:
        """Search a neuron and train networks of it.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            NumPy, pandas, polars, pyarrow; numbers, texts, categories, dates, truth values;
            missing cells are NaN, None or null.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.
        eval_set : tuple of (X, y), default=None
            Rows that stop training and that candidates are compared by, in place of folds.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, eval_set, networks_only=False)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, eval_set: Any, *, networks_only: bool
    ) -> NeuronSeekRegressor:
        values = _targets.numbers(self, y)
        rows = values.shape[0]
        weights = _targets.weights_of(sample_weight, X, rows)
        cells = _targets.columns(values)
        if self._warm():
            targets = [("number", own) for own in cells]
            self._update(X, targets, weights, epochs=self.max_iter or 20)
            return self
        named = zip(_targets.names(y, values), cells, strict=True)
        held_out = None
        if eval_set is not None:
            other = _targets.numbers(self, eval_set[1])
            held_out = (eval_set[0], _targets.columns(other))
        check_rows(X, rows)
        self._fit_model(
            X,
            [(name, "number", own) for name, own in named],
            task="regression",
            sample_weight=weights,
            eval_set=held_out,
            more={"networks_only": networks_only},
        )
        self._trainable = self._is_trainable()
        self._outputs = values.ndim
        return self

    def _is_trainable(self) -> bool:
        return any(
            one["chosen"] and one["kind"] != "polynomial" for one in self.report_["candidates"]
        )

    @with_callbacks
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> NeuronSeekRegressor:
        """Train on more rows: the first call is a fit (networks alone), later ones are one pass.

        Preparation and neuron are those of the first call, so its rows should be like those that
        follow.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        self
        """
        if not hasattr(self, "_model"):
            return self._fit(X, y, sample_weight, None, networks_only=True)
        values = _targets.numbers(self, y)
        weights = _targets.weights_of(sample_weight, X, values.shape[0])
        targets = [("number", own) for own in _targets.columns(values)]
        self._update(X, targets, weights, epochs=1)
        return self

    def predict_interval(self, X: Any, level: float | None = None) -> NDArray[np.float64]:
        """Prediction intervals.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.
        level : float, default=None
            One of ``intervals``; None where there is one alone.

        Returns
        -------
        ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            The lower and the upper end.

        Raises
        ------
        ValueError
            If the fit was not asked for intervals of this level.
        """
        check_is_fitted(self, "_model")
        known = self._model.interval_levels
        if level is None and len(known) == 1:
            level = known[0]
        if level is None or level not in known:
            has = ", ".join(map(str, known)) or "none"
            raise ValueError(
                f"the model has intervals of level {has}, not of {level}: fit it with "
                f"intervals=[{level or 0.9}]"
            )
        found = self._model.intervals(self._table(X, reset=False), self._threads())
        lower, upper = next((low, high) for own, low, high in found if own == level)
        both: NDArray[np.float64] = np.stack([lower, upper], axis=-1)
        return both[:, 0, :] if self._outputs == 1 else both


class NeuronSeekClassifier(Classes, _Networks):  # type: ignore[misc, unused-ignore]
    __doc__ = f"""A classification by networks of the neuron that the data wants.

    As :class:`NeuronSeekRegressor`, for classes: networks give logits, probabilities are
    calibrated where held-out rows say that it helps.

    {
        _PARAMETERS.replace(
            "{own}",
            '''class_weight : dict, "balanced" or None, default=None
        How much the rows of each class count in training; probabilities are those of the data
        whatever they are, and a mistake costs its class's weight.
    threshold : float or str, default=None
        Of two classes, when the second is predicted: above this probability, or by held-out rows
        "f1", "accuracy" or "cost:FN=5,FP=1"; None is the most probable.
    ''',
        )
    }

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes.
    {_ATTRIBUTES}

    See Also
    --------
    PolynomialNeuronClassifier : The found polynomial alone.

    Examples
    --------
    >>> import numpy as np
    >>> from neuronseek import NeuronSeekClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 2))
    >>> y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    >>> model = NeuronSeekClassifier(profile="small", random_state=0).fit(X, y)
    >>> model.predict([[1.0, 1.0], [1.0, -1.0]]).tolist()
    ['same', 'other']
    """

    def __init__(
        self,
        *,
        neuron: str = "auto",
        method: str = "als",
        max_order: int = 5,
        max_rank: int = 8,
        functions: Sequence[str] = (),
        profile: str = "default",
        hidden_layer_sizes: Sequence[int] | None = None,
        rank: int = 8,
        activation: str = "silu",
        dropout: float | None = None,
        embedding: str | int = "auto",
        n_members: int | None = None,
        n_folds: int | None = None,
        validation_fraction: float | None = None,
        max_iter: int | None = None,
        n_iter_no_change: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        weight_decay: float | None = None,
        class_weight: dict[Any, float] | str | None = None,
        threshold: float | str | None = None,
        target_statistics: str = "auto",
        origin: str = "auto",
        categorical_features: Any = "from_dtype",
        tune: float | int | None = None,
        time_limit: float | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.neuron = neuron
        self.method = method
        self.max_order = max_order
        self.max_rank = max_rank
        self.functions = functions
        self.profile = profile
        self.hidden_layer_sizes = hidden_layer_sizes
        self.rank = rank
        self.activation = activation
        self.dropout = dropout
        self.embedding = embedding
        self.n_members = n_members
        self.n_folds = n_folds
        self.validation_fraction = validation_fraction
        self.max_iter = max_iter
        self.n_iter_no_change = n_iter_no_change
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.class_weight = class_weight
        self.threshold = threshold
        self.target_statistics = target_statistics
        self.origin = origin
        self.categorical_features = categorical_features
        self.tune = tune
        self.time_limit = time_limit
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _settings(self) -> dict[str, Any]:
        settings = super()._settings()
        if self.threshold is not None:
            settings["threshold"] = str(self.threshold)
        return settings

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        eval_set: tuple[Any, Any] | None = None,
    ) -> NeuronSeekClassifier:
        """Search a neuron and train networks of it.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`NeuronSeekRegressor.fit`.
        y : array-like of shape (n_samples,)
            Classes: numbers, texts or truth values.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.
        eval_set : tuple of (X, y), default=None
            Rows that stop training and that candidates are compared by, in place of folds.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, eval_set, networks_only=False)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, eval_set: Any, *, networks_only: bool
    ) -> NeuronSeekClassifier:
        values = _targets.labels(self, y)
        weights = _targets.weights_of(sample_weight, X, len(values))
        check_rows(X, len(values))
        if self._warm():
            self._update(X, self._target_cells(y, len(values)), weights, epochs=self.max_iter or 20)
            return self
        fit_classes(self, X, y, values, weights, eval_set, {"networks_only": networks_only})
        self._trainable = any(
            one["chosen"] and one["kind"] != "polynomial" for one in self.report_["candidates"]
        )
        return self

    @with_callbacks
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> NeuronSeekClassifier:
        """Train on more rows: the first call is a fit (networks alone), later ones are one pass.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            As in :meth:`fit`.
        y : array-like of shape (n_samples,)
            Classes; those of the first call have rows of every class.
        classes : array-like of shape (n_classes,), default=None
            All classes; None takes those of the first ``y``.
        sample_weight : array-like of shape (n_samples,), default=None
            How much each row counts.

        Returns
        -------
        self
        """
        if hasattr(self, "_model"):
            values = _targets.labels(self, y)
            weights = _targets.weights_of(sample_weight, X, len(values))
            self._update(X, self._target_cells(y, len(values)), weights, epochs=1)
            return self
        if classes is not None:
            lacking = np.setdiff1d(unique_labels(classes), np.asarray(y))
            if len(lacking):
                raise ValueError(
                    f"the first call of partial_fit needs rows of every class, and y has none of "
                    f"{lacking.tolist()}"
                )
        return self._fit(X, y, sample_weight, None, networks_only=True)
