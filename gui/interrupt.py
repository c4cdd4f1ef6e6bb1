"""Ctrl-C in the terminal that the window was started from, or a kill: the window closes.

Python's handlers wait until Qt lets Python run, which it may not do for minutes. The signal's
number is written to a socket instead, which Qt watches.
"""

from __future__ import annotations

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication, QWidget

__all__ = ["CloseOnInterrupt"]


class CloseOnInterrupt(QObject):
    """Closes a window on SIGINT and SIGTERM, as its own button does: it asks before work is lost.

    Only the main thread may make one. :meth:`let_go` puts everything back.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._close)
        self._old_socket = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        # Without a handler of its own, Python would not write to the socket.
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._old = {number: signal.signal(number, lambda *_: None) for number in numbers}

    def let_go(self) -> None:
        """Let signals be what they were before."""
        for number, handler in self._old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_socket)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()

    def _close(self) -> None:
        self._ours.recv(256)
        if QApplication.activeModalWidget() is None:  # else it is being asked already
            self._window.close()
