"""The code panel: what the graph means, as the PyTorch code that trains and is exported."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QStackedLayout, QVBoxLayout, QWidget

from graph.codegen import (
    Source,
    generate_model,
    generate_network,
    generate_training,
)
from graph.document import TRAINING
from graph.errors import TorchloomError
from gui import theme
from gui.panels.code_view import CodeView
from gui.panels.parts import Empty, Panel, button_row, tool_button
from gui.workspace import Workspace

__all__ = ["CodePanel"]


class CodePanel(Panel):
    """Generated source; the lines of the selected nodes are marked, a click selects a node."""

    export_asked = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.source: Source | None = None
        self._stale = True
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What is shown"))
        self.choice.addItems([self.tr("This graph"), self.tr("Networks"), self.tr("Training")])
        self.choice.currentIndexChanged.connect(self._reload)
        self.view = CodeView()
        self.view.setAccessibleName(self.tr("Generated code"))
        self.view.line_clicked.connect(self._select_line)
        self.empty = Empty(self.tr("No code yet"), "")
        copy = tool_button(self.tr("Copy"), self.copy, self.tr("Copy all of it"))
        export = tool_button(
            self.tr("Export…"), self.export_asked.emit, self.tr("Write a project that runs alone")
        )
        self._icons = {"copy": copy, "export": export}
        for made in (copy, export):
            made.setToolButtonStyle(made.toolButtonStyle().ToolButtonTextBesideIcon)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(button_row(copy, export, lead=self.choice))
        layout.addWidget(holder, 1)
        # A turn of the event loop of its own: writing much code takes as long as updating shapes.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        workspace.updated.connect(self._reload_soon)
        for signal in (workspace.project_changed, workspace.graph_changed):
            signal.connect(self._reload)
        workspace.selection_changed.connect(self.mark)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        for name, made in self._icons.items():
            made.setIcon(theme.icon(name))

    def copy(self) -> None:
        """Put the text on the clipboard."""
        if self._stale:
            self.refresh()
        if self.source is not None:
            QGuiApplication.clipboard().setText(self.source.text)

    def refresh(self) -> None:
        """Generate the code again."""
        self._soon.stop()
        self._stale = False
        try:
            self.source = self._generators()[self.choice.currentIndex()]()
        except TorchloomError as error:
            self.source = None
            self.empty.say(self.tr("No code yet"), str(error))
            self._stack.setCurrentIndex(1)
            return
        self._stack.setCurrentIndex(0)
        self.view.set_source(self.source.text)
        self.mark()

    def mark(self) -> None:
        """Mark the lines that the selected nodes wrote."""
        if self.source is None or self._stale:
            return
        graph, selected = self._workspace.graph, set(self._workspace.selection)
        lines = [
            line
            for line, node in enumerate(self.source.nodes)
            if node is not None and node[0] == graph and node[1] in selected
        ]
        self.view.mark(lines)

    def come_up(self) -> None:
        if self._stale:
            self.refresh()

    def _reload(self) -> None:
        """Generate again, now or when the panel can next be seen."""
        self._stale = True
        if self.seen:
            self.refresh()

    def _reload_soon(self) -> None:
        self._stale = True
        if self.seen:
            self._soon.start()

    def _generators(self) -> tuple[Callable[[], Source], ...]:
        project, analysis = self._workspace.project, self._workspace.analysis
        graph = self._workspace.graph

        def this_graph() -> Source:
            if graph == TRAINING:
                return generate_training(project, analysis)
            return generate_network(project, graph, analysis)

        return (
            this_graph,
            lambda: generate_model(project, analysis),
            lambda: generate_training(project, analysis),
        )

    def _select_line(self, line: int) -> None:
        if self.source is None or line >= len(self.source.nodes):
            return
        node = self.source.nodes[line]
        if node is not None:
            self._workspace.locate(*node)
