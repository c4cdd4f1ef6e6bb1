"""A small project in a workspace, and in a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from graph.document import Project
from gui import theme
from gui.window import MainWindow
from gui.workspace import Workspace
from tests.gui.panels.screen import Screen, digits_project


@pytest.fixture(autouse=True)
def _nothing_remembered(qapp: QApplication) -> None:
    """Let no test see the files, the theme or the layout that another has left."""
    QSettings().clear()


@pytest.fixture
def project() -> Project:
    return digits_project()


@pytest.fixture
def workspace(qapp: QApplication, project: Project, tmp_path: Path) -> Iterator[Workspace]:
    theme.apply(qapp, "dark")
    made = Workspace()
    made.open(project, None, tmp_path)
    yield made
    made.close()


@pytest.fixture
def screen(qtbot, workspace: Workspace) -> Screen:
    return Screen(qtbot, workspace)


@pytest.fixture
def window(qtbot, qapp: QApplication, project: Project, tmp_path: Path) -> MainWindow:
    theme.apply(qapp, "dark")
    made = MainWindow(tmp_path / "runs")
    qtbot.addWidget(made, before_close_func=calm)
    made.workspace.open(project, None, tmp_path)
    made.resize(1280, 800)
    made.show()
    QApplication.processEvents()
    return made


def calm(window: MainWindow) -> None:
    """Let a window close without a question."""
    session = window.workspace.session
    if session is not None:
        session.stop()
        assert session.join(20)
    window.workspace.undo.setClean()
    window.close()


def all_text(widget: QWidget) -> str:
    """Everything a widget and its children say, as far as it can be seen."""
    parts = [child.text() for child in widget.findChildren(QWidget) if hasattr(child, "text")]
    return "\n".join(part for part in parts if isinstance(part, str))
