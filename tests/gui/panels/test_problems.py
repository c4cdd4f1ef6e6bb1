"""The problems panel: a click leads to the node, a button mends it, undo brings it back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from graph.document import TRAINING
from graph.edits import remove_nodes, set_params
from gui.panels.problems import ProblemsPanel
from tests.gui.panels.screen import Screen


@pytest.fixture
def panel(screen: Screen) -> ProblemsPanel:
    made = ProblemsPanel(screen.workspace)
    screen.show(made)
    return made


def break_it(screen: Screen) -> None:
    """Take out Flatten: then Linear receives four dimensions from one that is not there."""
    network = screen.workspace.network
    screen.workspace.push(remove_nodes(network, [screen.node("Flatten")]), "break")
    screen.settle()


def test_all_is_well_at_first(screen: Screen, panel: ProblemsPanel) -> None:
    assert panel.cards == []
    assert panel._empty.isVisible()


def test_problems_come_and_go_with_the_document(screen: Screen, panel: ProblemsPanel) -> None:
    counts: list[tuple[int, int]] = []
    panel.count_changed.connect(lambda errors, warnings: counts.append((errors, warnings)))
    break_it(screen)
    assert counts[-1][0] >= 1
    assert "Linear" in panel.cards[0].accessibleName()
    screen.workspace.undo.undo()
    screen.settle()
    assert counts[-1] == (0, 0)
    assert panel.cards == []


def test_a_click_shows_the_node_on_its_graph(screen: Screen, panel: ProblemsPanel) -> None:
    break_it(screen)
    screen.workspace.show_graph(TRAINING)
    located: list[tuple[str, str]] = []
    screen.workspace.located.connect(lambda graph, node: located.append((graph, node)))
    screen.click(panel.cards[0])
    linear = screen.workspace.project.networks["net"].by_kind("Linear")[0].id
    assert screen.workspace.graph == "net"
    assert screen.workspace.selection == (linear,)
    assert located == [("net", linear)]


def test_enter_on_a_problem_does_the_same(screen: Screen, panel: ProblemsPanel) -> None:
    break_it(screen)
    panel.cards[0].setFocus()
    QTest.keyClick(panel.cards[0], Qt.Key.Key_Return)
    assert len(screen.workspace.selection) == 1


def test_a_remedy_is_one_edit(screen: Screen, panel: ProblemsPanel) -> None:
    break_it(screen)
    first = panel.cards[0].problem
    assert first.expected == "a wire"
    screen.click(panel.cards[0].findChildren(QPushButton)[0])
    assert screen.workspace.undo.count() == 2
    assert first not in [card.problem for card in panel.cards]
    screen.workspace.undo.undo()
    screen.settle()
    assert panel.cards[0].problem == first


def test_a_wrong_argument_is_told_with_expectation_and_value(
    screen: Screen, panel: ProblemsPanel
) -> None:
    network = screen.workspace.network
    screen.workspace.push(
        set_params(network, screen.node("Conv2d"), {"kernel_size": 50}), "too large"
    )
    screen.settle()
    text = panel.cards[0].text.text()
    assert "expected" in text
    assert "received" in text
