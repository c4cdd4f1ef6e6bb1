"""Ctrl-C in the terminal closes the window as its own button does."""

from __future__ import annotations

import os
import signal

import pytest
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QWidget

from gui.interrupt import CloseOnInterrupt

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")


class Asking(QWidget):
    """A window that asks before it closes."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def closeEvent(self, event: QCloseEvent) -> None:
        self.asked += 1
        event.ignore()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_once_qt_is_idle(qtbot, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    window = Asking()
    qtbot.addWidget(window)
    interrupts = CloseOnInterrupt(window)
    try:
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: window.asked == 1)
        dialog = QDialog(window)
        dialog.open()
        os.kill(os.getpid(), number)
        qtbot.wait(50)
        assert window.asked == 1  # what the dialog asks is answered first
        dialog.close()
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: window.asked == 2)
    finally:
        interrupts.let_go()
    assert signal.getsignal(number) is before
