"""What all estimators share: reading data, fitting, results, files, pictures."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from joblib import effective_n_jobs, parallel_backend
from joblib.parallel import get_active_backend
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from neuronseek import _formula, _input
from neuronseek._callbacks import CallbackSupport
from neuronseek._core import Model, Table
from neuronseek._core import fit as _fit
from neuronseek._progress import Listener
from neuronseek._report import Report, card

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Self = TypeVar("Self", bound="NeuronBase")

_WEIGHTS = "sample_weight"
_MOST_SEED = 2**31 - 1


class NeuronSeekWarning(UserWarning):
    """What a user should know of a fit: rows left out, classes of few rows, ties."""


class NeuronBase(CallbackSupport, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """The common part of all estimators; not for users."""

    _profile: str | None = None

    # What subclasses say -------------------------------------------------------------------

    def _settings(self) -> dict[str, Any]:
        """Parameters in the compiled part's words; those that are None keep its defaults."""
        names = ("max_order", "max_rank", "origin", "extrapolate", "target_statistics")
        settings = {name: getattr(self, name) for name in names if hasattr(self, name)}
        settings["method"] = self.method
        functions = [self.functions] if isinstance(self.functions, str) else list(self.functions)
        unknown = [name for name in functions if name not in ("sin", "cos", "exp")]
        if unknown:
            raise ValueError(f"functions has {unknown}, allowed are 'sin', 'cos' and 'exp'")
        settings["functions"] = functions
        if self._profile is not None:
            settings["profile"] = self._profile
        return settings

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags

    # Fitting -------------------------------------------------------------------------------

    def _seed(self) -> int:
        state = self.random_state
        if isinstance(state, (int, np.integer)) and not isinstance(state, bool):
            if not 0 <= state < 2**64:
                raise ValueError(f"random_state is {state}, allowed is 0 to 2**64 - 1")
            return int(state)
        return int(check_random_state(state).randint(_MOST_SEED))

    def _threads(self) -> int:
        """The threads of a fit, on this machine.

        Backends for clusters (Dask, Ray) count the cores of the cluster, whatever ``n_jobs`` is.
        """
        if type(get_active_backend()[0]).__module__ == "joblib._parallel_backends":
            return int(effective_n_jobs(self.n_jobs))
        with parallel_backend("threading"):
            return int(effective_n_jobs(1 if self.n_jobs is None else self.n_jobs))

    def _read(self, X: Any, *, reset: bool) -> _input.Matrix | Table:
        return _input.read(self, X, reset=reset)

    def _table(self, X: Any, *, reset: bool) -> Table:
        data = self._read(X, reset=reset)
        return data.table() if isinstance(data, _input.Matrix) else data

    def _kinds(self, table: Table) -> list[tuple[str, str]]:
        """What the columns are taken for: as the frame has them, unless the user says more."""
        names = table.names
        chosen = _input.categorical_names(self.categorical_features, names)
        kinds = []
        for name, kind in zip(names, table.kinds, strict=True):
            if name in chosen or kind == "category" and self.categorical_features is not None:
                kinds.append((name, "category"))
            elif kind == "number":
                kinds.append((name, "numeric"))
        return kinds

    def _fit_model(
        self,
        X: Any,
        targets: list[tuple[str, Any, Any]],
        *,
        task: str,
        sample_weight: Any = None,
        eval_set: tuple[Any, list[Any]] | None = None,
        more: dict[str, Any] | None = None,
    ) -> Model:
        """Fit to targets, each a name, a kind and cells.

        ``eval_set`` has ``X`` and the cells of the targets of its own.
        """
        table = self._table(X, reset=True)
        kinds = self._kinds(table)
        taken = table.names
        settings: dict[str, Any] = {
            "task": task,
            "kinds": kinds,
            "targets": [],
            "seed": self._seed(),
            **self._settings(),
            **(more or {}),
        }
        for name, kind, cells in targets:
            own = _input.unused(name, table.names)
            table.push(own, kind, cells)
            settings["targets"].append(own)
            if kind == "category":
                settings["kinds"].append((own, "category"))
        weights = _input.unused(_WEIGHTS, table.names)
        settings["weights"] = weights
        if sample_weight is not None:
            table.push(weights, "number", _input.as_cells(sample_weight))
        validation = None
        if eval_set is not None:
            validation = self._table(eval_set[0], reset=False)
            if validation.names != taken:
                raise ValueError("eval_set has other columns than X")
            for own, target, cells in zip(settings["targets"], targets, eval_set[1], strict=True):
                validation.push(own, target[1], cells)
        with self._listening(X) as listener:
            model = _fit(
                table,
                json.dumps({k: v for k, v in settings.items() if v is not None}),
                validation=validation,
                n_threads=self._threads(),
                listener=listener,
                time_limit=self.time_limit,
            )
        self.history_ = listener.history
        # A fit that the time ended has none, and those of a fit before are not its.
        self.__dict__.pop("feature_importances_", None)
        self._keep(model)
        for text in listener.warnings:
            warnings.warn(text, NeuronSeekWarning, stacklevel=_callers_level())
        return model

    def _listening(self, X: Any) -> Listener:
        return Listener(self, verbose=self.verbose, X=X)

    def _keep(self, model: Model) -> None:
        """Keep a model and what it says."""
        self._model = model
        report = json.loads(model.report)
        self.report_ = report
        self.neuron_ = model.found
        self.structure_ = _formula.structure(model)
        self.terms_ = _formula.evidence(model, report)
        self.formula_ = _formula.text(model)
        epochs = [len(one["training_loss"]) for one in getattr(self, "history_", {}).values()]
        self.n_iter_ = max(epochs, default=1)
        shares = dict(model.importances)
        # A model file holds none.
        if shares:
            names = _input.names_of(self, self.n_features_in_)
            self.feature_importances_ = np.asarray([shares.get(name, 0.0) for name in names])

    def _predicted(self, X: Any) -> tuple[NDArray[np.int64] | None, NDArray[np.float64]]:
        check_is_fitted(self, "_model")
        data = self._read(X, reset=False)
        if isinstance(data, _input.Matrix):
            return self._model.predict_matrix(data.values, data.names, self._threads())
        return self._model.predict(data, self._threads())

    # Results -------------------------------------------------------------------------------

    def to_sympy(self) -> Any:
        """The polynomial part in the units of ``X``, for SymPy.

        Returns
        -------
        sympy.Expr or dict of str to sympy.Expr
            The polynomial that predicts or, where networks predict, the one that the search
            fitted; of several outputs one by name.

        Raises
        ------
        ValueError
            If there is none: the neuron was given, has functions in it, or is of more than
            50,000 products of inputs.
        ImportError
            If SymPy is not installed.
        """
        check_is_fitted(self, "_model")
        return _formula.to_sympy(self._model)

    def to_latex(self) -> str:
        """The polynomial part in the units of ``X`` as LaTeX, coefficients to six digits.

        Returns
        -------
        str
            One aligned equation an output.

        Raises
        ------
        ValueError
            As :meth:`to_sympy`.
        """
        check_is_fitted(self, "_model")
        return self._model.export("latex", None, "")[0].decode()

    def export(
        self,
        format: str,
        path: str | os.PathLike[str] | None = None,
        *,
        precision: str | None = None,
        dialect: str | None = None,
        table: str = "data",
        overwrite: bool = False,
    ) -> bytes | None:
        """Write the model, preparation included, for other programs.

        Parameters
        ----------
        format : {"onnx", "c", "rust", "sql", "python", "torch", "json", "latex", "sympy"}
            What to write.
        path : path-like, default=None
            The file; None returns its bytes. Of "torch" the weights stand beside it, in a file
            that ends in ``.weights.safetensors``, so it needs a path.
        precision : {"float", "double"}, default=None
            Of "c" alone; None is "float".
        dialect : {"sqlite", "duckdb", "postgres"}, default=None
            Of "sql" alone; None is "sqlite".
        table : str, default="data"
            Of "sql": the table of rows to predict.
        overwrite : bool, default=False
            Whether existing files are replaced.

        Returns
        -------
        bytes or None
            The file's bytes where there is no path.
        """
        check_is_fitted(self, "_model")
        for name, own, value in (("precision", "c", precision), ("dialect", "sql", dialect)):
            if value is not None and format != own:
                raise ValueError(f"{name} is of the format {own!r}, not of {format!r}")
        if format == "torch" and path is None:
            raise ValueError("the format 'torch' writes two files: give a path")
        data, weights = self._model.export(format, precision or dialect, table)
        if path is None:
            return data
        files = [(Path(path), data)]
        if weights is not None:
            files.insert(0, (Path(path).with_suffix(".weights.safetensors"), weights))
        for file, _ in files:
            if file.exists() and not overwrite:
                raise FileExistsError(f"{file} exists already: allow it with overwrite=True")
        for file, content in files:
            _write_whole(file, content)
        return None

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the model file, the same as that of the command ``neuronseek fit -o``.

        Parameters
        ----------
        path : path-like
            The file (safetensors).
        overwrite : bool, default=False
            Whether an existing file is replaced.

        Raises
        ------
        FileExistsError
            If the file exists.
        """
        check_is_fitted(self, "_model")
        self._model.save(path, overwrite)

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str]) -> Self:
        """Read a model file, of :meth:`save` or of the command.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        estimator
            Fitted; parameters are the defaults, as a file holds no parameters.

        Raises
        ------
        ValueError
            If the file is no model, is damaged, or is of another task.
        """
        model = Model.load(path)
        return cls._of_model(model)

    @classmethod
    def _of_model(cls: type[Self], model: Model) -> Self:
        estimator = cls()
        names = model.columns
        if all(name == f"x{index}" for index, name in enumerate(names)):
            estimator.n_features_in_ = len(names)
        else:
            estimator.feature_names_in_ = np.asarray(names, dtype=object)
            estimator.n_features_in_ = len(names)
        estimator._adopt(model)
        estimator._keep(model)
        return estimator

    def _adopt(self, model: Model) -> None:
        """What a model says beside :meth:`_keep`; ValueError if it is of another task."""

    def report(
        self,
        X: Any = None,
        y: Any = None,
        *,
        row: int | None = None,
        bootstrap: int = 0,
        name: str = "model",
    ) -> Report:
        """The report of ``neuronseek explain``: how good, which neuron, the formula, each input.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features), default=None
            Rows to explain on, such as those of the fit; None tells what the model itself knows.
        y : array-like of shape (n_samples,), default=None
            Their targets.
        row : int, default=None
            The row of ``X``, counted from 0, whose prediction is explained.
        bootstrap : int, default=0
            Searches of bootstrap samples, if ``X`` and ``y`` are those of the fit.
        name : str, default="model"
            What the model is called.

        Returns
        -------
        Report
            Shows itself in notebooks; ``save(path)`` writes the page, ``data`` has the numbers.
        """
        check_is_fitted(self, "_model")
        table = None
        if X is not None:
            table = self._table(X, reset=False)
            cells = self._target_cells(y, table.rows) if y is not None else None
            for index, target in enumerate(self._model.targets):
                kind: Any
                kind, own = cells[index] if cells else ("number", np.full(table.rows, np.nan))
                table.push(target, kind, own)
        # Nothing is fitted, so scikit-learn's callbacks are not told.
        with Listener(None, verbose=self.verbose, X=X) as listener:
            page, data = self._model.explain(
                table,
                name=name,
                row=None if row is None else row + 1,
                bootstrap=bootstrap,
                seed=0,
                n_threads=self._threads(),
                listener=listener,
            )
        return Report(page, json.loads(data))

    def _target_cells(self, y: Any, rows: int) -> list[tuple[Any, Any]]:
        raise NotImplementedError

    # Pictures ------------------------------------------------------------------------------

    def _html_repr(self) -> str:
        html: str = super()._html_repr()
        return html + card(self) if hasattr(self, "_model") else html

    def _repr_html_inner(self) -> str:
        html: str = super()._repr_html_inner()
        # scikit-learn before 1.7 has no _html_repr.
        if hasattr(self, "_model") and "neuronseek-card" not in html:
            html += card(self)
        return html

    def plot_terms(self, ax: Axes | None = None) -> Axes:
        """Bars of what each term explains.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.
        """
        from neuronseek import _plots

        check_is_fitted(self, "_model")
        return _plots.terms(self, ax)

    def plot_importances(self, ax: Axes | None = None) -> Axes:
        """Bars of ``feature_importances_``, the largest on top.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.
        """
        from neuronseek import _plots

        check_is_fitted(self, "_model")
        return _plots.importances(self, ax)

    def plot_history(self, ax: Axes | None = None) -> Axes:
        """Lines of the validation loss of each network by epoch.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.

        Raises
        ------
        ValueError
            If no network was trained.
        """
        from neuronseek import _plots

        check_is_fitted(self, "_model")
        return _plots.history(self, ax)


def _callers_level() -> int:
    """Where a warning's user is: above this package and the tools that call its fits."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.split(".")[0] not in ("neuronseek", "sklearn", "joblib"):
            break
        frame = frame.f_back
        level += 1
    return level


def _write_whole(path: Path, content: bytes) -> None:
    """Write aside, then rename."""
    import tempfile

    folder = path.parent if str(path.parent) else Path()
    handle, aside = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(aside, 0o666 & ~_umask())
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def load(path: str | os.PathLike[str]) -> Any:
    """Read a model file, of an estimator or of the command, as the estimator that suits it.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    NeuronSeekRegressor or NeuronSeekClassifier
        Fitted; parameters are the defaults.
    """
    from neuronseek._networks import NeuronSeekClassifier, NeuronSeekRegressor

    model = Model.load(path)
    cls = NeuronSeekClassifier if model.classes else NeuronSeekRegressor
    return cls._of_model(model)
