"""The code panel: generated source, lines of the selected node, and back from a line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from graph.document import TRAINING
from graph.edits import remove_nodes, set_params
from gui.panels.code import CodePanel
from tests.gui.panels.screen import Screen


@pytest.fixture
def panel(screen: Screen) -> CodePanel:
    made = CodePanel(screen.workspace)
    screen.show(made, 700, 600)
    return made


def line_with(panel: CodePanel, text: str) -> int:
    lines = panel.view.toPlainText().split("\n")
    return next(i for i, line in enumerate(lines) if text in line)


def test_it_shows_the_graph_that_is_shown(screen: Screen, panel: CodePanel) -> None:
    assert "class Net(nn.Module)" in panel.view.toPlainText()
    screen.workspace.show_graph(TRAINING)
    assert "CrossEntropyLoss" in panel.view.toPlainText()


def test_it_follows_edits_and_undo(screen: Screen, panel: CodePanel) -> None:
    edit = set_params(screen.workspace.network, screen.node("Conv2d"), {"out_channels": 21})
    screen.workspace.push(edit, "wider")
    screen.settle()
    assert "nn.Conv2d(1, 21, 3)" in panel.view.toPlainText()
    screen.workspace.undo.undo()
    screen.settle()
    assert "nn.Conv2d(1, 8, 3)" in panel.view.toPlainText()


def test_the_selected_node_marks_its_lines(screen: Screen, panel: CodePanel) -> None:
    screen.workspace.select([screen.node("Linear")])
    assert line_with(panel, "nn.Linear") in panel.view.marked
    assert line_with(panel, "nn.Conv2d") not in panel.view.marked
    screen.workspace.select([])
    assert panel.view.marked == ()


def test_a_click_on_a_line_selects_its_node(screen: Screen, panel: CodePanel) -> None:
    line = line_with(panel, "nn.Conv2d")
    place = panel.view.cursorRect(QTextCursor(panel.view.document().findBlockByNumber(line)))
    QTest.mouseClick(
        panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place.center() + _right(30)
    )
    assert screen.workspace.selection == (screen.node("Conv2d"),)


def _right(pixels: int):
    from PySide6.QtCore import QPoint

    return QPoint(pixels, 0)


def test_copy_puts_all_of_it_on_the_clipboard(screen: Screen, panel: CodePanel) -> None:
    button = next(b for b in panel.findChildren(QToolButton) if b.text() == "Copy")
    screen.click(button)
    assert QGuiApplication.clipboard().text() == panel.view.toPlainText()


def test_without_code_it_says_why(screen: Screen, panel: CodePanel) -> None:
    network = screen.workspace.network
    screen.workspace.push(remove_nodes(network, [screen.node("Flatten")]), "break")
    screen.settle()
    assert panel.empty.isVisible()
    assert panel.empty.text.text()
    screen.workspace.undo.undo()
    screen.settle()
    assert panel.view.isVisible()


def test_strings_comments_and_words_have_colours(screen: Screen, panel: CodePanel) -> None:
    block = panel.view.document().findBlockByNumber(line_with(panel, "class Net"))
    colors = {f.format.foreground().color().name() for f in block.layout().formats()}
    assert len(colors) >= 3
