"""A small network on a canvas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from graph.analysis import Analysis
from graph.document import Project
from gui import theme
from gui.canvas import CanvasView
from gui.undo import UndoStack
from tests.gui.canvas.hand import Hand, small_project


@pytest.fixture
def project() -> Project:
    return small_project()


@pytest.fixture
def view(qtbot, qapp: QApplication) -> Iterator[CanvasView]:
    theme.apply(qapp, "dark")
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(1600, 700)
    view.show()
    yield view
    view.close_network()


@pytest.fixture
def hand(view: CanvasView, project: Project) -> Iterator[Hand]:
    analysis = Analysis(project)
    analysis.update()
    undo = UndoStack(project, view)
    view.set_network(project.networks["net"], analysis, undo)
    view.reset_zoom()
    view.centerOn(700, 60)
    view.setFocus()
    QApplication.processEvents()
    yield Hand(view, analysis)
    view.close_network()
    analysis.close()
