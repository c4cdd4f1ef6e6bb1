"""What the first picture does not need, loaded bit by bit while the window is idle."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer, Signal

from gui.docks import Docks

__all__ = ["Later"]

#: Milliseconds after which it begins, and seconds that one bit may take.
_WAIT, _BIT = 100, 0.008
#: Modules of panels that wait, and before them what takes long of what they import.
_PANELS = (
    "numpy.ma",
    "xml.dom.minidom",
    "PySide6.QtSvg",
    "PySide6.QtOpenGLWidgets",
    "PySide6.QtTest",
    "pyqtgraph",
    "gui.panels.sample_plots",
    "gui.panels.samples",
    "gui.panels.try_inputs",
    "gui.panels.try_panel",
    "gui.panels.code",
    "gui.panels.data_form",
    "gui.panels.data_examples",
    "gui.panels.data",
)


class Later(QObject):
    """Makes the panels that wait, loads what draws curves, and then PyTorch's compiler.

    Some layers and every optimizer use the compiler, for a second the first time they are asked for
    their shapes or made. It is imported in a thread, and who needs it earlier waits for that very
    import. Nothing of Qt may be imported in a thread: PySide makes its classes when they are first
    named, and dies where two threads do so at once.
    """

    done = Signal()  # everything is there that the window's thread has to load

    def __init__(self, docks: Docks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._docks = docks
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
        until = time.perf_counter() + _BIT
        for pause in self._bits:
            self._timer.setInterval(pause)  # at 0 it goes on as soon as no event waits
            if pause or time.perf_counter() > until:
                return
        self._timer.stop()
        self.done.emit()

    def _loading(self) -> Iterator[int]:
        """Load, yielding where the window may take its turn: for so many milliseconds at least."""
        # pyqtgraph names every class of Qt, which takes longer than the rest of its import.
        for module in (QtCore, QtGui, QtWidgets):
            for name in dir(module):
                getattr(module, name, None)
                yield 0
        reading = _import_in_a_thread("runtime.export")  # with all that reads data
        while reading.is_alive():
            yield _WAIT // 10
        for name in _PANELS:
            import_module(name)
            yield 0
        for name in self._docks.waiting:
            self._docks.panel(name)
            yield 0
        _import_in_a_thread("torch._dynamo")


def _import_in_a_thread(name: str) -> threading.Thread:
    sys.setswitchinterval(0.0005)  # seconds; the window asks for the interpreter all the time
    thread = threading.Thread(
        target=import_module, args=(name,), name=f"import {name}", daemon=True
    )
    thread.start()
    return thread
