"""scikit-learn's callbacks, where the installed version has them (1.9 and later)."""

from __future__ import annotations

from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupport
    from sklearn.callback import with_callbacks

    SUPPORTED = True
except ImportError:
    SUPPORTED = False

    class CallbackSupport:  # type: ignore[no-redef]
        """Nothing, in versions without callbacks."""

    def with_callbacks(method: Any) -> Any:  # type: ignore[misc]
        """The method as it is."""
        return method


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
