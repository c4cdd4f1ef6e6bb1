"""Frames, dots of wires and how nodes are drawn: edits, files and copies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph import clips, files
from graph.analysis import Analysis
from graph.codegen import generate_network
from graph.document import Network, Node, Project, Wire
from graph.drawing import Frame
from graph.edits import BendWire, Disconnect, PutFrame, RemoveFrame, UpdateNode, remove_nodes
from graph.errors import DocumentError
from tests import builders

WIRE = Wire("a", "output", "b", "input")
DOTS = ((120.0, 40.0), (160.5, 80.0))
FRAME = Frame("f1", "Head", (-20.0, -40.0), (400.0, 200.0), "blue")


@pytest.fixture
def project() -> Project:
    project = Project("drawn")
    network = Network("net")
    project.add_network(network)
    network.add_node(Node("a", "ReLU", position=(0.0, 0.0), collapsed=True))
    network.add_node(Node("b", "Tanh", position=(240.0, 0.0), pinned=True))
    network.connect(WIRE)
    return project


@pytest.fixture
def drawn(project: Project) -> Project:
    PutFrame("net", FRAME).apply(project)
    BendWire("net", WIRE, DOTS).apply(project)
    return project


def test_frames_and_dots_are_put_changed_and_taken_back(project):
    drawing = project.network("net").drawing
    told: list[object] = []
    drawing.frame_changed.connect(told.append)
    drawing.wire_bent.connect(told.append)
    undo = PutFrame("net", FRAME).apply(project)
    again = PutFrame("net", replace(FRAME, color="red")).apply(project)
    assert drawing.frame("f1").color == "red"
    again.apply(project)
    assert drawing.frame("f1") == FRAME
    undo.apply(project)
    assert not drawing.frames
    straight = BendWire("net", WIRE, DOTS).apply(project)
    assert drawing.bends == {WIRE: DOTS}
    straight.apply(project)
    assert not drawing.bends
    assert told == ["f1"] * 4 + [WIRE] * 2


def test_a_wire_that_comes_back_has_its_dots(drawn):
    drawing = drawn.network("net").drawing
    undo = Disconnect("net", WIRE).apply(drawn)
    assert not drawing.bends
    undo.apply(drawn)
    assert drawing.bends == {WIRE: DOTS}
    undo = remove_nodes(drawn.network("net"), ["a"]).apply(drawn)
    assert not drawing.bends
    undo.apply(drawn)
    assert drawing.bends == {WIRE: DOTS}


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (replace(FRAME, size=(20.0, 100.0)), "at least 80; received"),
        (replace(FRAME, color="#123456"), "one of grey, blue"),
        (replace(FRAME, position=(float("nan"), 0.0)), "a place and a size"),
    ],
)
def test_a_frame_that_cannot_be_is_refused(project, frame, message):
    with pytest.raises(DocumentError, match=message):
        PutFrame("net", frame).apply(project)
    assert not project.network("net").drawing.frames


def test_there_is_no_frame_to_take_away(project):
    with pytest.raises(DocumentError, match="no frame 'f9'"):
        RemoveFrame("net", "f9").apply(project)
    with pytest.raises(DocumentError, match="at most 200 dots"):
        BendWire("net", WIRE, ((0.0, 0.0),) * 201).apply(project)


def test_a_file_keeps_what_is_drawn(drawn):
    text = files.dumps(drawn)
    loaded = files.loads(text)
    assert loaded.complete
    assert not loaded.notes
    network = loaded.project.network("net")
    assert network.drawing.frames == {"f1": FRAME}
    assert network.drawing.bends == {WIRE: DOTS}
    assert network.node("a").collapsed
    assert network.node("b").pinned
    assert files.dumps(loaded.project) == text
    assert '["a", "output", "b", "input", [120, 40], [160.5, 80]]' in text


def test_what_is_wrong_in_a_drawing_costs_that_alone(drawn):
    text = files.dumps(drawn)
    text = text.replace('"blue"', '"plaid"').replace("[120, 40]", '[120, "x"]')
    loaded = files.loads(text)
    assert not loaded.complete
    assert any("one of grey, blue" in note for note in loaded.notes)
    assert any("[x, y] each" in note for note in loaded.notes)
    network = loaded.project.network("net")
    assert network.drawing.frame("f1").color == "grey"
    assert len(network) == 2


def test_what_is_drawn_changes_no_code():
    project = builders.project(builders.chain(builders.CNN, shape=(1, 28, 28)))
    analysis = Analysis(project)
    analysis.update()
    network = project.network("net")
    before = generate_network(project, "net", analysis).text
    PutFrame("net", FRAME).apply(project)
    for wire in network.wires():
        BendWire("net", wire, DOTS).apply(project)
    UpdateNode("net", replace(next(iter(network)), collapsed=True, pinned=True)).apply(project)
    analysis.update()
    assert generate_network(project, "net", analysis).text == before
    analysis.close()


def test_copies_bring_dots_frames_and_looks_along(drawn):
    network = drawn.network("net")
    text = clips.copy(network, ["a", "b"], ["f1"])
    edit, ids = clips.paste(network, text, (1000.0, 500.0))
    undo = edit.apply(drawn)
    (frame,) = [f for f in network.drawing.frames.values() if f.id != "f1"]
    assert frame.position == (1000.0, 500.0)
    assert (frame.title, frame.color) == ("Head", "blue")
    assert network.node(ids[0]).position == (1020.0, 540.0)
    assert network.node(ids[0]).collapsed
    assert network.node(ids[1]).pinned
    copied = Wire(ids[0], "output", ids[1], "input")
    assert network.drawing.bends[copied] == ((1140.0, 580.0), (1180.5, 620.0))
    undo.apply(drawn)
    assert set(network.drawing.frames) == {"f1"}
    assert set(network.drawing.bends) == {WIRE}


def test_a_frame_alone_can_be_copied(drawn):
    network = drawn.network("net")
    edit, ids = clips.paste(network, clips.copy(network, [], ["f1"]))
    edit.apply(drawn)
    assert ids == []
    assert len(network.drawing.frames) == 2


def test_a_folded_frame_of_a_file_holds_nodes_that_are_there_alone():
    project = Project()
    network = Network("net", project)
    project.add_network(network)
    network.add_node(Node("n1", "ReLU"))
    network.drawing.put_frame(Frame("f1", held=("n1", "n2")))
    read = files.loads(files.dumps(project)).project.networks["net"]
    assert read.fresh_id() == "n2"
    assert read.drawing.frame("f1").held == ("n1",)
