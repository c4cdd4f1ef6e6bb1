"""A line across the top of the canvas for what the user should know now. It never blocks."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from gui import theme

__all__ = ["Banner"]


class Banner(QFrame):
    """One message with a severity, perhaps a button, and a cross that puts it away."""

    #: Milliseconds after which a message that is no error goes by itself.
    STAY = 6000

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = QLabel()
        self.text = QLabel(wordWrap=True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.action = QPushButton()
        self.action.hide()
        self._action = lambda: None
        self.action.clicked.connect(lambda: self._action())
        self._cross = cross = QToolButton()
        cross.setAccessibleName(self.tr("Close this message"))
        cross.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(cross)
        self._timer = QTimer(self, singleShot=True, interval=self.STAY)
        self._timer.timeout.connect(self.hide)
        self.hide()
        self._severity = "info"
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        look = theme.current()
        known = {"error": look.error, "warning": look.warning}
        name = self._severity if self._severity in known else "info"
        self._icon.setPixmap(theme.icon(name, known.get(name, look.accent)).pixmap(18, 18))
        self._cross.setIcon(theme.icon("close"))

    def show_message(
        self, severity: str, text: str, label: str = "", action: object = None
    ) -> None:
        """Show a message; `action` is called by a button called `label`."""
        self._severity = severity
        self._dress()
        self.text.setText(text)
        self.setProperty("severity", severity)
        self.style().unpolish(self)
        self.style().polish(self)
        self.action.setVisible(bool(label))
        self.action.setText(label)
        if callable(action):
            self._action = action
        self.setAccessibleName(text)
        self.show()
        self._timer.stop()
        if severity == "info":
            self._timer.start()
