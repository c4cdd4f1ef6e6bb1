"""The way into a block: which networks were entered, each a click away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from graph.document import TRAINING
from gui.panels.parts import clear_layout
from gui.workspace import Workspace

__all__ = ["Trail"]


class Trail(QWidget):
    """Shown over the canvas while it shows a network that was entered through a block."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._shown: list[str] = []
        self.setProperty("role", "tabs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Entered blocks"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 0, 8, 2)
        self._row.setSpacing(2)
        self.buttons: list[QToolButton] = []
        workspace.graph_changed.connect(self.refresh)
        workspace.project_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the way as it is now."""
        trail = self._workspace.trail
        words = self._words(trail)
        self.setVisible(bool(trail))
        if words == self._shown:
            return
        self._shown = words
        clear_layout(self._row)
        self.buttons = []
        for steps, word in zip(range(len(trail), 0, -1), words, strict=False):
            button = QToolButton(text=word, autoRaise=True)
            button.setToolTip(self.tr("Back to {0} (Esc: one step)").format(word))
            button.clicked.connect(lambda checked=False, n=steps: self._workspace.leave(n))
            self._row.addWidget(button)
            self._row.addWidget(QLabel(" › "))
            self.buttons.append(button)
        if words:
            self._row.addWidget(QLabel(words[-1]))
        self._row.addStretch(1)

    def _words(self, trail: list[tuple[str, str]]) -> list[str]:
        """Return what to call each step: a graph, and the title of the block that was entered."""
        if not trail:
            return []
        words = [self._name(trail[0][0])]
        inner = [*(name for name, _ in trail[1:]), self._workspace.graph]
        for (graph, node_id), name in zip(trail, inner, strict=True):
            title = self._workspace.project.network(graph).node(node_id).title
            words.append(f"{title} ({name})" if title and title != name else name)
        return words

    def _name(self, graph: str) -> str:
        return self.tr("Training") if graph == TRAINING else graph
