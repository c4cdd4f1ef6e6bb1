"""The history of edits."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QObject

from graph.document import Network, Node, Project, Wire
from graph.edits import AddNode, Batch, Connect, SetName, move_nodes, set_params
from gui.undo import UndoStack


@pytest.fixture
def project():
    project = Project()
    network = Network("net")
    project.add_network(network)
    for i in range(3):
        network.add_node(Node(f"n{i}", "Linear", {"out_features": 4}, position=(100.0 * i, 0.0)))
    return project


@pytest.fixture
def stack(project, qapp):
    parent = QObject()
    yield UndoStack(project, parent)
    parent.deleteLater()


def test_an_edit_is_made_undone_and_made_again(project, stack):
    assert stack.push(SetName("other"), "Rename")
    assert project.name == "other"
    assert stack.undoText() == "Rename"
    stack.undo()
    assert project.name == "Untitled"
    stack.redo()
    assert project.name == "other"
    assert stack.count() == 1


def test_a_refused_edit_is_told_and_not_recorded(project, stack, qtbot):
    with qtbot.waitSignal(stack.refused) as told:
        assert not stack.push(Connect("net", Wire("n0", "output", "n0", "input")), "Connect")
    assert "cycle" in told.args[0]
    assert stack.count() == 0


def test_nothing_to_do_is_no_entry(stack):
    assert not stack.push(Batch(()), "Nothing")
    assert stack.count() == 0


def test_edits_of_one_gesture_are_one_entry(project, stack):
    network = project.networks["net"]
    for x in (1.0, 2.0, 3.0):
        stack.push(move_nodes(network, {"n0": (x, 0.0), "n1": (x, 50.0)}), "Move", "drag 1")
    assert stack.count() == 1
    stack.undo()
    assert network.node("n0").position == (0.0, 0.0)
    assert network.node("n1").position == (100.0, 0.0)
    stack.redo()
    assert network.node("n0").position == (3.0, 0.0)


def test_another_gesture_is_another_entry(project, stack):
    network = project.networks["net"]
    stack.push(set_params(network, "n0", {"out_features": 5}), "Set", "type 1")
    stack.push(set_params(network, "n0", {"out_features": 6}), "Set", "type 2")
    stack.push(set_params(network, "n0", {"out_features": 7}), "Set")
    stack.push(set_params(network, "n0", {"out_features": 8}), "Set")
    assert stack.count() == 4
    stack.undo()
    assert network.node("n0").params["out_features"] == 7


def test_edits_of_different_kinds_in_one_gesture_keep_their_order(project, stack):
    network = project.networks["net"]
    stack.push(AddNode("net", Node("new", "ReLU")), "Add", "g")
    stack.push(Connect("net", Wire("n0", "output", "new", "input")), "Connect", "g")
    assert stack.count() == 1
    stack.undo()
    assert "new" not in network
    stack.redo()
    assert network.wires_in("new")["input"].source == "n0"


def test_undo_that_the_document_refuses_is_told(project, stack, qtbot):
    stack.push(AddNode("net", Node("new", "ReLU")), "Add")
    project.networks["net"].connect(Wire("n0", "output", "new", "input"))  # behind its back
    with qtbot.waitSignal(stack.refused):
        stack.undo()
    assert "new" in project.networks["net"]


def test_entries_survive_a_node_that_changed_meanwhile(project, stack):
    network = project.networks["net"]
    stack.push(move_nodes(network, {"n0": (5.0, 5.0)}), "Move")
    network.update_node(replace(network.node("n0"), title="t"))
    stack.undo()
    stack.redo()
    assert network.node("n0").position == (5.0, 5.0)
