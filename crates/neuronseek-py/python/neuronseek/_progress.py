"""What a fit tells while it works: kept, drawn, and handed to callbacks."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from neuronseek._callbacks import Stages

_PATIENCE = 0.2


class Listener:
    """Takes the events of the compiled part, on the thread that called it."""

    def __init__(self, estimator: Any, *, verbose: int, X: Any) -> None:
        self.history: dict[str, dict[str, Any]] = {}
        self.warnings: list[str] = []
        self._stages = Stages(estimator, X)
        self._line = Line() if verbose else None
        self._verbose = verbose

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._line is not None:
            self._line.done()
        if kind is None:
            self._stages.close()

    def __call__(self, kind: str, *what: Any) -> None:
        if kind == "stage":
            self._stages.begin(what[0])
            self._draw(what[0], whole=True)
        elif kind == "progress":
            name, done, total, message = what
            self._draw(f"{name} {done}/{total}  {message}")
        elif kind == "snapshot":
            self._draw(f"search  {what[0]}")
        elif kind == "trained":
            name, losses = what
            own, number = name, 2
            while own in self.history:
                own, number = f"{name} ({number})", number + 1
            self.history[own] = losses
        elif kind == "warning" and what[0] not in self.warnings:
            self.warnings.append(what[0])

    def _draw(self, text: str, *, whole: bool = False) -> None:
        if self._line is not None:
            self._line.show(text, whole=whole and self._verbose > 1)


class Line:
    """One line of progress: rewritten on a terminal and in a notebook, else a line a stage."""

    def __init__(self) -> None:
        self._last = 0.0
        self._width = 0
        self._terminal = sys.stderr.isatty()
        self._handle: Any = None
        if not self._terminal and "ipykernel" in sys.modules:
            from IPython import display

            show: Any = display.display
            self._handle = show({"text/plain": "..."}, raw=True, display_id=True)

    def show(self, text: str, *, whole: bool = False) -> None:
        """Show a state; ``whole`` states are never skipped."""
        now = time.monotonic()
        if now - self._last < _PATIENCE and not whole:
            return
        self._last = now
        if self._handle is not None:
            self._handle.update({"text/plain": text}, raw=True)
        elif self._terminal:
            sys.stderr.write("\r" + text[:100].ljust(self._width))
            self._width = min(len(text), 100)
            sys.stderr.flush()
        elif whole:
            sys.stderr.write(text + "\n")

    def done(self) -> None:
        """Leave nothing behind."""
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
        elif self._terminal and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
