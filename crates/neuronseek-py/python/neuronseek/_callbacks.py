"""scikit-learn's callbacks, where the installed version has them (1.9 and later)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

_Method = TypeVar("_Method", bound=Callable[..., Any])


class _NoSupport:
    """Nothing, in versions without callbacks."""


def _as_it_is(method: Any) -> Any:
    return method


if TYPE_CHECKING:
    CallbackSupport = _NoSupport
    _managed = _as_it_is
    SUPPORTED = True
else:
    try:
        from sklearn.callback import CallbackSupportMixin as CallbackSupport
        from sklearn.callback import with_callbacks as _managed

        SUPPORTED = True
    except ImportError:
        CallbackSupport, _managed, SUPPORTED = _NoSupport, _as_it_is, False


def with_callbacks(method: _Method) -> _Method:
    """A fit whose callbacks are told that it is over, however it ends."""
    return cast(_Method, _managed(method))


class Stages:
    """Tells an estimator's callbacks of the stages of its fit: one task each."""

    def __init__(self, estimator: Any, X: Any) -> None:
        self._estimator = estimator
        self._root: Any = None
        self._stage: Any = None
        if SUPPORTED and getattr(estimator, "_skl_callbacks", None):
            self._root = estimator._init_callback_context(max_subtasks=None)
            self._root.call_on_fit_task_begin(estimator=estimator, X=X)

    def begin(self, name: str) -> None:
        """A stage begins, and the one before is over."""
        if self._root is not None:
            self.end()
            self._stage = self._root.subcontext(task_name=name)
            self._stage.call_on_fit_task_begin(estimator=self._estimator)

    def end(self) -> None:
        """The stage is over."""
        if self._stage is not None:
            self._stage.call_on_fit_task_end(estimator=self._estimator)
            self._stage = None

    def close(self) -> None:
        """The fit is over."""
        if self._root is not None:
            self.end()
            self._root.call_on_fit_task_end(estimator=self._estimator)
            self._root = None
