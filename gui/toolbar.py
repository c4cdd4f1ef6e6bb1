"""The tool bar: Run first, then what steers a training, how far it is, and the file actions."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from gui import theme
from gui.actions import Actions
from gui.progress import ProgressStrip
from gui.workspace import Workspace

__all__ = ["ToolBar"]


class ToolBar(QToolBar):
    """Follows the session: what cannot be done now is greyed."""

    def __init__(self, workspace: Workspace, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._actions = actions
        self.setObjectName("toolbar")
        self.setWindowTitle(self.tr("Tool bar"))
        self.setMovable(False)
        self.setIconSize(QSize(18, 18))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.run = self._button(actions.run, text=True)
        self.run.setProperty("role", "run")
        for action in (actions.pause, actions.step, actions.stop):
            self._button(action)
        self.progress = ProgressStrip(workspace)
        self.progress.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.progress.setMaximumWidth(420)
        self.addWidget(self.progress)
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        for group in (
            (actions.undo, actions.redo),
            (actions.open, actions.save, actions.export),
            (actions.fit, actions.theme),
        ):
            self.addSeparator()
            for action in group:
                self._button(action)
        workspace.session_changed.connect(self.refresh)
        theme.changed.connect(self.refresh)
        self.refresh()

    def _button(self, action: QAction, text: bool = False) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        style = Qt.ToolButtonStyle
        button.setToolButtonStyle(
            style.ToolButtonTextBesideIcon if text else style.ToolButtonIconOnly
        )
        button.setIconSize(self.iconSize())
        button.setAccessibleName(action.text().replace("…", ""))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addWidget(button)
        return button

    def refresh(self) -> None:
        """Show what can be done with the session as it is now."""
        actions, session = self._actions, self._workspace.session
        alive = self._workspace.training
        paused = session is not None and session.state.name == "PAUSED"
        actions.run.setEnabled(not alive or paused)
        actions.run.setText(self.tr("Continue") if paused else self.tr("Run"))
        actions.pause.setEnabled(alive)
        actions.pause.setText(self.tr("Resume") if paused else self.tr("Pause"))
        look = theme.current()
        actions.pause.setIcon(theme.icon("run" if paused else "pause"))
        color = look.on_accent if actions.run.isEnabled() else look.muted
        actions.run.setIcon(theme.icon("run", color))
        actions.stop.setEnabled(alive)
        actions.step.setEnabled(not alive or paused or session is not None)
