"""The log: what training said, line by line."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.panels.parts import button_row
from gui.workspace import Workspace

__all__ = ["LogPanel"]


class LogPanel(QWidget):
    """Lines of the session's log, and what the window itself had to say."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._read = 0
        self._session: object = None
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setMaximumBlockCount(10_000)
        self.text.setFont(theme.mono_font())
        self.text.setPlaceholderText(self.tr("What training reports appears here."))
        self.text.setAccessibleName(self.tr("Log"))
        copy = QToolButton(text=self.tr("Copy"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        clear = QToolButton(text=self.tr("Clear"))
        clear.clicked.connect(self.text.clear)
        row: QHBoxLayout = button_row(copy, clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addLayout(row)
        layout.addWidget(self.text)
        workspace.polled.connect(self.refresh)
        workspace.session_changed.connect(self.refresh)
        workspace.told.connect(self._told)

    def refresh(self) -> None:
        """Append what the session has logged since the last look."""
        session = self._workspace.session
        if session is not self._session:
            self._session, self._read = session, 0
        if session is None:
            return
        lines = session.telemetry.log
        fresh = lines[self._read :]
        self._read += len(fresh)
        if fresh:
            self.text.appendPlainText("\n".join(fresh))

    def write(self, text: str) -> None:
        """Append what the window has to say."""
        self.text.appendPlainText(text.rstrip())

    def _told(self, severity: str, text: str) -> None:
        if severity == "error":
            self.write(text)
