"""What the first picture does not need, loaded bit by bit while the window is idle."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer

__all__ = ["Later"]

#: Milliseconds after which it begins, and seconds that one bit may take.
_WAIT, _BIT = 100, 0.008


class Later(QObject):
    """Loads what draws curves, and then PyTorch's compiler.

    Some layers and every optimizer use the compiler, for a second the first time they are asked for
    their shapes or made. It is imported in a thread, and who needs it earlier waits for that very
    import. Nothing of Qt may be imported in a thread: PySide makes its classes when they are first
    named, and dies where two threads do so at once.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bits = self._loading()
        self._timer = QTimer(self, interval=_WAIT)
        self._timer.timeout.connect(self._load_a_bit)

    def start(self) -> None:
        """Begin, once events are handled."""
        self._timer.start()

    @property
    def loading(self) -> bool:
        """Whether there is something left to load in the window's thread."""
        return self._timer.isActive()

    def _load_a_bit(self) -> None:
        self._timer.setInterval(0)  # whenever no event waits
        until = time.perf_counter() + _BIT
        for _ in self._bits:
            if time.perf_counter() > until:
                return
        self._timer.stop()

    def _loading(self) -> Iterator[None]:
        """Load, yielding where the window may take its turn."""
        # pyqtgraph names every class of Qt, which takes longer than the rest of its import.
        for module in (QtCore, QtGui, QtWidgets):
            for name in dir(module):
                getattr(module, name, None)
                yield
        import_module("gui.panels.sample_plots")
        yield
        sys.setswitchinterval(0.0005)  # seconds; the window asks for the interpreter all the time
        threading.Thread(
            target=import_module, args=("torch._dynamo",), name="imports", daemon=True
        ).start()
