"""The inspector: from the document into the form, from the form into the document, and back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit

from graph.document import TRAINING
from graph.edits import set_params
from gui.forms import MIXED
from gui.inspector import Inspector
from tests.gui.panels.screen import Screen


@pytest.fixture
def inspector(screen: Screen) -> Inspector:
    made = Inspector(screen.workspace)
    screen.show(made, 320, 800)
    return made


def editor(inspector: Inspector, name: str) -> QLineEdit:
    assert inspector.page is not None
    made = inspector.page.form.fields[name].editor
    assert isinstance(made, QLineEdit)
    return made


def params(screen: Screen, node_id: str) -> dict:
    return dict(screen.workspace.network.node(node_id).params)


def test_typing_an_argument_is_one_edit(screen: Screen, inspector: Inspector) -> None:
    conv = screen.node("Conv2d")
    screen.workspace.select([conv])
    field = editor(inspector, "out_channels")
    assert field.text() == "8"
    screen.write(field, "16")
    assert params(screen, conv)["out_channels"] == 16
    assert screen.workspace.undo.count() == 1
    screen.workspace.undo.undo()
    screen.settle()
    assert params(screen, conv)["out_channels"] == 8
    assert field.text() == "8"
    screen.workspace.undo.redo()
    screen.settle()
    assert field.text() == "16"


def test_a_change_of_the_document_shows(screen: Screen, inspector: Inspector) -> None:
    conv = screen.node("Conv2d")
    screen.workspace.select([conv])
    edit = set_params(screen.workspace.network, conv, {"kernel_size": (5, 3)})
    screen.workspace.push(edit, "elsewhere")
    screen.settle()
    assert editor(inspector, "kernel_size").text() == "5, 3"


def test_what_is_inferred_follows_the_network(screen: Screen, inspector: Inspector) -> None:
    linear = screen.node("Linear")
    screen.workspace.select([linear])
    assert editor(inspector, "in_features").placeholderText() == "auto: 72"
    conv = screen.node("Conv2d")
    edit = set_params(screen.workspace.network, conv, {"out_channels": 2})
    screen.workspace.push(edit, "narrow")
    screen.settle()
    assert editor(inspector, "in_features").placeholderText() == "auto: 18"


def test_nodes_of_one_kind_are_edited_together(screen: Screen, inspector: Inspector) -> None:
    from graph.document import Node
    from graph.edits import AddNode

    first = screen.node("Conv2d")
    more = Node("more", "Conv2d", {"out_channels": 3, "kernel_size": 3})
    screen.workspace.push(AddNode("net", more), "add")
    screen.settle()
    screen.workspace.select([first, "more"])
    field = editor(inspector, "out_channels")
    assert inspector.page is not None
    assert inspector.page.form.fields["out_channels"]._value is MIXED
    screen.write(field, "5")
    assert [params(screen, i)["out_channels"] for i in (first, "more")] == [5, 5]
    assert screen.workspace.undo.count() == 2
    screen.workspace.undo.undo()
    screen.settle()
    assert [params(screen, i)["out_channels"] for i in (first, "more")] == [8, 3]


def test_the_title_renames(screen: Screen, inspector: Inspector) -> None:
    conv = screen.node("Conv2d")
    screen.workspace.select([conv])
    assert inspector.page is not None
    screen.write(inspector.page.title, "edges")
    assert screen.workspace.network.node(conv).title == "edges"
    screen.workspace.undo.undo()
    screen.settle()
    assert inspector.page.title.text() == ""


def test_the_comment_is_kept_when_the_focus_leaves(screen: Screen, inspector: Inspector) -> None:
    conv = screen.node("Conv2d")
    screen.workspace.select([conv])
    page = inspector.page
    assert page is not None
    inspector.activateWindow()
    page.comment.setFocus()
    QTest.keyClicks(page.comment, "finds edges")
    page.title.setFocus()
    assert screen.workspace.network.node(conv).comment == "finds edges"
    screen.workspace.undo.undo()
    assert screen.workspace.network.node(conv).comment == ""


def test_shapes_and_cost_are_told(screen: Screen, inspector: Inspector) -> None:
    from tests.gui.panels.conftest import all_text

    screen.workspace.select([screen.node("Conv2d")])
    assert inspector.page is not None
    text = all_text(inspector.page)
    assert "(N, 1, 8, 8)" in text
    assert "(N, 8, 6, 6)" in text
    assert "80 parameters" in text


def test_a_use_of_a_network_is_chosen_from_those_there_are(
    screen: Screen, inspector: Inspector
) -> None:
    screen.workspace.show_graph(TRAINING)
    screen.workspace.select([screen.node("Network")])
    assert inspector.page is not None
    box = inspector.page.form.fields["network"].editor
    assert isinstance(box, QComboBox)
    assert [box.itemText(i) for i in range(box.count())] == ["net"]


def test_without_a_selection_the_project_is_shown(screen: Screen, inspector: Inspector) -> None:
    screen.workspace.select([screen.node("Conv2d")])
    screen.workspace.select([])
    assert inspector.setup.isVisible()
    epochs = inspector.setup.run.form.fields["epochs"].editor
    assert isinstance(epochs, QLineEdit)
    screen.write(epochs, "7")
    assert screen.workspace.project.settings.epochs == 7
    screen.workspace.undo.undo()
    screen.settle()
    assert screen.workspace.project.settings.epochs == 2
    assert epochs.text() == "2"


def test_a_selected_node_that_goes_takes_its_page_along(
    screen: Screen, inspector: Inspector
) -> None:
    from graph.edits import remove_nodes

    conv = screen.node("Conv2d")
    screen.workspace.select([conv])
    screen.workspace.push(remove_nodes(screen.workspace.network, [conv]), "remove")
    screen.settle()
    assert screen.workspace.selection == ()
    assert inspector.setup.isVisible()
    screen.workspace.undo.undo()
    screen.settle()
    screen.workspace.select([conv])
    assert editor(inspector, "out_channels").text() == "8"
    QTest.keyClick(editor(inspector, "out_channels"), Qt.Key.Key_Return)
    assert screen.workspace.undo.count() == 1
