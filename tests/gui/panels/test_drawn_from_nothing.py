"""From an empty project to a network or a training, drawn node by node, with events counted.

What counts as an event is said in :class:`tests.gui.panels.person.Person`: a click, a drag, a turn
of the wheel, a text typed in one go, and any other key are one each, a double-click is two. How
many keys and buttons went down one by one is asserted beside it, so that it is known.
"""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from graph import files
from graph.document import Network, Node, Project
from gui.canvas.choice_list import CHOICE
from gui.window import MainWindow
from runtime import examples
from tests.gui.panels.person import Person
from tests.gui.panels.screen import Screen

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def person(qtbot, window: MainWindow) -> Person:
    window.resize(1440, 900)
    QApplication.processEvents()
    return Person(window, Screen(qtbot, window.workspace))


def first_example() -> Project:
    return files.load(examples.find("cnn").path).project


def row(network: Network) -> list[Node]:
    """The nodes along the wires, from the input to the output."""
    found = network.by_kind("Input")
    while wires := network.wires_out(found[-1].id):
        found.append(network.node(wires[0].target))
    return found


def layers(network: Network) -> list[tuple[str, dict]]:
    """The kinds and arguments between the input and the output; the output is reached."""
    assert [row(network)[0].kind, row(network)[-1].kind] == ["Input", "Output"]
    return [(node.kind, dict(node.params)) for node in row(network)[1:-1]]


def use_of(person: Person, name: str) -> str:
    """The first node that stands for a network."""
    nodes = person.window.canvas.network
    return next(node.id for node in nodes if node.params.get("network") == name)


def test_the_first_example_by_a_chain_in_fifteen_events(person: Person) -> None:
    """10 events: a new project, its data, their size, the network, and the start of training."""
    person.begin()
    size = person.window.data.findChild(QLineEdit, "field-image_size")
    person.click(size)
    person.type(size, "28")
    person.key(size, Qt.Key.Key_Return)
    person.click_empty()
    person.type_chain(
        "Conv2d 32 3 > MaxPool2d 2 > ReLU > Conv2d 64 3 > MaxPool2d 2 > ReLU"
        " > Flatten > Linear 64 > ReLU > Linear 10"
    )
    wanted = next(iter(first_example().networks.values()))
    assert layers(person.window.workspace.network) == layers(wanted)
    assert person.window.workspace.errors() == []
    run(person)
    assert (person.events, person.presses) == (10, 118)


def run(person: Person) -> None:
    """Start the training, and stop it when it has begun."""
    window = person.window
    person.click(window.tool_bar.run)
    session = window.workspace.session
    assert session is not None, window.banner.text.text()
    session.stop()
    assert session.join(30)
    assert session.failure is None
    person.hands.bot.waitUntil(lambda: not window.running.alive, timeout=10_000)


def test_a_gan_in_sixty_events(person: Person) -> None:
    """30 events: both networks, the training graph with two optimizers, and the start."""
    person.begin()
    person.click_empty()
    person.type_chain("Linear 128 > ReLU > Linear 64 > Sigmoid > Unflatten 1 1,8,8")
    person.click(person.window.graph_tabs.add)
    person.type_chain("Flatten > Linear 128 > LeakyReLU 0.2 > Linear 1")
    clear_training(person)
    person.type_chain("Noise 32 > network > network1 > AdversarialGeneratorLoss > Adam net=network")
    person.key(person.window.canvas, Qt.Key.Key_Escape)
    person.type_chain("Data > network1 > AdversarialDiscriminatorLoss > Adam net=network1")
    generator = use_of(person, "network")
    person.click_node(generator)
    person.type_chain("detach > network1", SHIFT)
    judged, loss = person.newest("Network"), person.newest("AdversarialDiscriminatorLoss")
    person.draw(judged, "output", loss, "fake")
    person.click_node(generator)
    person.type_chain("ShowImages 0 1", SHIFT)
    assert person.window.workspace.errors() == []
    person.train()
    session = person.window.workspace.session
    assert session is not None
    assert sum("loss" in name.lower() for name in session.telemetry.series()) >= 2
    assert [shown.kind for shown in session.telemetry.samples.shown] == ["ShowImages"]
    assert (person.events, person.presses) == (30, 302)


def test_a_vae_in_forty_events(person: Person) -> None:
    """37 events: encoder, decoder, the training graph with two losses and monitors, the start."""
    person.begin()
    person.click_empty()
    person.type_chain("Flatten > Linear 64 > ReLU > Linear 8")
    person.click_node(person.newest("ReLU"))
    person.type_chain("Linear 8 > Output as logvar", SHIFT)
    person.click(person.window.graph_tabs.add)
    person.type_chain("Linear 64 > ReLU > Linear 64 > Unflatten 1 1,8,8")
    clear_training(person)
    person.type_chain(
        "Data > network.output > Reparameterize > network1 > BernoulliReconstructionLoss"
        " > WeightedSum > Adam"
    )
    encoder, decoder = use_of(person, "network"), use_of(person, "network1")
    person.draw(encoder, "logvar", person.newest("Reparameterize"), "logvar")
    loss = person.newest("BernoulliReconstructionLoss")
    person.draw(person.newest("Data"), "image", loss, "target")
    person.click_node(encoder)
    person.type_chain("GaussianKL", SHIFT)
    kl = person.newest("GaussianKL")
    person.draw(encoder, "output", kl, "mu")
    person.draw(kl, "loss", person.newest("WeightedSum"), "input1")
    person.click_node(decoder)
    person.type_chain("sigmoid > ShowImages", SHIFT)
    person.key(person.window.canvas, Qt.Key.Key_Escape)
    person.type_chain("Noise 8 > network1 > sigmoid > ShowImages")
    network = person.window.canvas.network
    for node in (person.newest("Reparameterize"), kl):
        into = network.wires_in(node)
        assert {p: w.source_port for p, w in into.items()} == {"mu": "output", "logvar": "logvar"}
    assert person.window.workspace.errors() == []
    person.train()
    session = person.window.workspace.session
    assert session is not None
    assert len(session.telemetry.samples.shown) == 2
    assert (person.events, person.presses) == (37, 313)


def clear_training(person: Person) -> None:
    """Open the training graph, and delete what the choice of data has drawn: three events."""
    person.open_graph("training")
    person.key(person.window.canvas, Qt.Key.Key_A, CTRL)
    person.key(person.window.canvas, Qt.Key.Key_Delete)
    assert len(person.window.canvas.network) == 0


# -- by mouse alone ----------------------------------------------------------------------------


def take(person: Person, name: str) -> None:
    """Double-click on a kind in the palette: its family is opened, and scrolled to, if need be."""
    tree = person.window.palette_.tree
    model = tree.model()
    head, index = next(
        (head.index(), head.child(i).index())
        for head in (model.item(r) for r in range(model.rowCount()))
        for i in range(head.rowCount())
        if head.child(i).data(CHOICE).name == name
    )
    if not tree.isExpanded(head):
        scroll(person, head)
        person.click(tree.viewport(), tree.visualRect(head).center())
    scroll(person, index)
    person.double_click(tree.viewport(), tree.visualRect(index).center())


def scroll(person: Person, index) -> None:
    """Turn the wheel over the palette until a row is in view."""
    tree = person.window.palette_.tree
    inside = tree.viewport().rect()
    if not inside.contains(tree.visualRect(index).center()):
        place = tree.visualRect(index).center().y() - inside.height() // 2
        person.wheel(tree, place)
        assert inside.contains(tree.visualRect(index).center())


def choose_size(person: Person, node_id: str, number: int) -> None:
    """Right-click on a card, open the menu of its size, choose a number: three events."""
    view = person.window.canvas
    at = person.on_card(node_id)
    person.click(view.viewport(), at, Qt.MouseButton.RightButton)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), event)
    menu = next(m for m in view.findChildren(QMenu) if m.isVisible())
    size = next(a for a in menu.actions() if a.menu() is not None)
    person.click(menu, menu.actionGeometry(size).center())
    part = size.menu()
    assert isinstance(part, QMenu)
    chosen = next(a for a in part.actions() if a.text() == str(number))
    person.hands.bot.waitUntil(part.isVisible)
    person.click(part, part.actionGeometry(chosen).center())


def test_the_first_example_by_mouse_alone_in_45_events(person: Person) -> None:
    window = person.window
    window.workspace.project.set_data(first_example().data)
    person.key(window, Qt.Key.Key_N, CTRL)
    person.events = person.presses = 0  # the canvas is empty now
    window.workspace.project.set_data(first_example().data)
    person.hands.settle()
    person.click_node(window.workspace.network.by_kind("Input")[0].id)
    for kind in ("Conv2d", "MaxPool2d", "ReLU", "Conv2d"):
        take(person, kind)
    choose_size(person, person.newest("Conv2d"), 64)
    for kind in ("MaxPool2d", "ReLU", "Flatten", "Linear", "ReLU", "Linear"):
        take(person, kind)
    choose_size(person, person.newest("Linear"), 10)
    wanted = next(iter(first_example().networks.values()))
    assert layers(window.workspace.network) == layers(wanted)
    assert person.events <= 45
    assert (person.events, person.presses) == (39, 31)
