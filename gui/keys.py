"""Space and Escape: pause and stop a training, where nothing else wants them."""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from gui.running import Running

__all__ = ["TrainingKeys"]

#: Space held longer than this, in seconds, was meant to pan the canvas.
_TAP = 0.35


class TrainingKeys(QObject):
    """Keys reach the window only when the focused widget left them.

    The canvas takes Space to pan; a short tap of it there, without the mouse, pauses.
    """

    def __init__(self, parent: QWidget, running: Running, canvas: QWidget) -> None:
        super().__init__(parent)
        self._running = running
        self._pressed: float | None = None
        canvas.installEventFilter(self)
        viewport = getattr(canvas, "viewport", None)
        if viewport is not None:
            viewport().installEventFilter(self)

    def take(self, event: QKeyEvent) -> bool:
        """Do what a key means for the training; returns whether it means anything."""
        if not self._running.alive or event.isAutoRepeat() or _writing():
            return False
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        if event.key() == Qt.Key.Key_Space:
            self._running.pause_or_resume()
        elif event.key() == Qt.Key.Key_Escape:
            self._running.stop()
        else:
            return False
        event.accept()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:
            self._pressed = None
        elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            if kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._pressed = monotonic()
            elif kind == QEvent.Type.KeyRelease and not event.isAutoRepeat():
                begun, self._pressed = self._pressed, None
                if begun is not None and monotonic() - begun < _TAP and self._running.alive:
                    self._running.pause_or_resume()
        return False


def _writing() -> bool:
    """Whether keys go to a field at the moment."""
    widget = QApplication.focusWidget()
    if isinstance(widget, QPlainTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QLineEdit | QComboBox | QAbstractButton)
