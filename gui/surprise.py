"""What to do with an exception that nobody foresaw: say so in the window, which stays alive.

PySide6 hands what a slot or an event handler raises to :data:`sys.excepthook`, and goes on. Left
alone, that prints to a terminal which nobody may be looking at.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Signal

__all__ = ["Surprises"]

_log = logging.getLogger(__name__)

#: Seconds in which the same exception from the same line is told once: one in a paint event would
#: come back with every picture, that of its own message among them.
_ONCE = 5.0


class Surprises(QObject):
    """Tells exceptions of any thread that nothing has caught, until :meth:`let_go`.

    Signals
    -------
    told
        In this object's thread: the exception in a line, and its traceback.
    """

    told = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last: dict[tuple[object, ...], float] = {}
        self._old, self._old_threads = sys.excepthook, threading.excepthook
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread

    def let_go(self) -> None:
        """Let exceptions go where they went before."""
        sys.excepthook, threading.excepthook = self._old, self._old_threads

    def _caught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._caught(args.exc_type, args.exc_value, args.exc_traceback)

    def _caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, Exception):  # Ctrl-C, and the like
            self._old(kind, error, trace)
            return
        _log.error("unforeseen exception", exc_info=(kind, error, trace))
        frames = traceback.extract_tb(trace)
        key = (kind, *((frames[-1].filename, frames[-1].lineno) if frames else ()))
        now = time.monotonic()
        if now - self._last.get(key, -_ONCE) < _ONCE:
            return
        self._last[key] = now
        first = str(error).strip().split("\n")[0][:200]
        line = f"{kind.__name__}: {first}" if first else kind.__name__
        self.told.emit(line, "".join(traceback.format_exception(kind, error, trace)))
