"""Work off the GUI thread: a function is called in a thread, its answer arrives as a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, Signal

from graph.errors import TorchloomError

__all__ = ["Jobs"]


class Jobs(QObject):
    """Calls functions one after another in a thread; only the newest call's answer is told.

    The answer is told in the GUI thread. An error that is meant for users goes to ``failed`` as
    its message; any other is a bug of ours, and is told there as well rather than lost.
    """

    done = Signal(object)
    failed = Signal(str)
    busy_changed = Signal(bool)

    _answered = Signal(int, object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._newest = 0
        self._thread: threading.Thread | None = None
        self._waiting: tuple[int, Callable[[], Any]] | None = None
        self._answered.connect(self._tell)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._thread is not None

    def start(self, function: Callable[[], Any]) -> None:
        """Call `function` as soon as what runs now has ended; what waited is forgotten."""
        self._newest += 1
        self._waiting = (self._newest, function)
        if self._thread is None:
            self._begin()

    def cancel(self) -> None:
        """Forget what waits, and do not tell the answer of what runs."""
        self._newest += 1
        self._waiting = None

    def finish(self, seconds: float = 10.0) -> None:
        """Wait for what runs, at most `seconds`; its answer is not told."""
        self.cancel()
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _begin(self) -> None:
        assert self._waiting is not None
        number, function = self._waiting
        self._waiting = None
        self._thread = threading.Thread(
            target=self._work, args=(number, function), name=self._name, daemon=True
        )
        self._thread.start()
        self.busy_changed.emit(True)

    def _work(self, number: int, function: Callable[[], Any]) -> None:
        answer: object = None
        error: Exception | None = None
        try:
            answer = function()
        except Exception as caught:  # told to the user by _tell
            error = caught
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._answered.emit(number, answer, error)

    def _tell(self, number: int, answer: object, error: Exception | None) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        if self._waiting is not None:
            self._begin()
        else:
            self.busy_changed.emit(False)
        if number != self._newest:
            return
        if error is None:
            self.done.emit(answer)
        elif isinstance(error, TorchloomError | OSError):
            self.failed.emit(str(error))
        else:
            self.failed.emit(f"{type(error).__name__}: {error}")
