"""Probes beneath the cards while a network trains, and the pulse along its wires."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication

from graph.document import TRAINING
from graph.edits import SetSettings, remove_nodes
from gui import theme
from gui.canvas.probe_item import ProbeItem, points
from gui.window import MainWindow
from runtime.probing import Trace
from tests.gui.panels.screen import Screen


@pytest.fixture
def hands(qtbot, window: MainWindow) -> Screen:
    return Screen(qtbot, window.workspace)


def probe(window: MainWindow, node_id: str) -> ProbeItem:
    window.canvas.select([node_id])
    window.canvas.actions_by_name["probe"].trigger()
    return window.probing.items[node_id]


def test_a_probed_node_shows_what_flows_while_it_trains(window: MainWindow, hands: Screen) -> None:
    settings = window.workspace.project.settings.model_copy(update={"epochs": 10_000})
    window.workspace.push(SetSettings(settings), "long")
    hands.settle()
    conv = hands.node("Conv2d")
    item = probe(window, conv)
    assert item.trace is None
    window.running.run()
    hands.bot.waitUntil(
        lambda: item.trace is not None and len(item.trace.steps) > 1, timeout=20_000
    )
    assert item.trace is not None
    assert item.trace.activation[-1] > 0
    assert item.trace.gradient[-1] > 0
    assert window.probing.pulse.dots.keys() == window.canvas.canvas_scene.wires.keys()
    wire, dot = next(iter(window.probing.pulse.dots.items()))
    path = window.canvas.canvas_scene.wires[wire].path()
    assert path.boundingRect().adjusted(-1, -1, 1, 1).contains(dot.pos())
    linear = hands.node("Linear")
    second = probe(window, linear)  # asked for while it trains
    hands.bot.waitUntil(lambda: second.trace is not None, timeout=20_000)
    window.running.stop()
    hands.bot.waitUntil(lambda: not window.running.alive, timeout=20_000)
    hands.bot.waitUntil(lambda: window.probing.pulse.dots == {})  # at the next look at it
    assert item.trace.steps  # what was seen stays


def test_a_probe_is_taken_away_again(window: MainWindow, hands: Screen) -> None:
    conv = hands.node("Conv2d")
    probe(window, conv)
    assert window.probing.wanted == {("net", conv)}
    window.canvas.actions_by_name["probe"].trigger()
    assert window.probing.items == {}
    assert window.probing.wanted == frozenset()


def test_a_probe_goes_with_its_node_and_comes_back_with_it(
    window: MainWindow, hands: Screen
) -> None:
    workspace, conv = window.workspace, hands.node("Conv2d")
    probe(window, conv)
    workspace.push(remove_nodes(workspace.network, [conv]), "remove")
    hands.settle()
    assert window.probing.items == {}
    workspace.undo.undo()
    hands.settle()
    assert list(window.probing.items) == [conv]
    workspace.show_graph(TRAINING)
    assert window.probing.items == {}
    workspace.show_graph("net")
    assert list(window.probing.items) == [conv]


def test_what_is_no_layer_is_refused(window: MainWindow, hands: Screen) -> None:
    told = QSignalSpy(window.canvas.told)
    window.canvas.select([hands.node("Input")])
    window.canvas.actions_by_name["probe"].trigger()
    assert told.count() == 1
    assert window.probing.wanted == frozenset()
    window.workspace.show_graph(TRAINING)
    window.canvas.select([hands.node("Network")])
    window.canvas.actions_by_name["probe"].trigger()
    assert told.count() == 2
    assert window.probing.wanted == frozenset()


def colors(window: MainWindow, item: ProbeItem) -> set[str]:
    QApplication.processEvents()
    image = window.canvas.viewport().grab().toImage()
    place = window.canvas.mapFromScene(item.sceneBoundingRect()).boundingRect()
    place &= image.rect()
    return {
        image.pixelColor(x, y).name()
        for x in range(place.left(), place.right() + 1)
        for y in range(place.top(), place.bottom() + 1)
    }


@pytest.mark.parametrize("state", ["", "dead", "exploding"])
def test_dead_and_exploding_ones_are_marked(window: MainWindow, hands: Screen, state: str) -> None:
    item = probe(window, hands.node("Conv2d"))
    window.canvas.reset_zoom()
    window.canvas.centerOn(item)
    item.show_trace(Trace((1, 2, 3), (0.5, 0.6, 0.7), (0.1, 0.2, 0.1), (0.0,) * 3, state))
    seen = colors(window, item)
    assert theme.current().series[0] in seen
    assert (theme.current().error in seen) == bool(state)


def test_a_curve_lies_in_its_box_and_does_not_make_much_of_noise() -> None:
    box = QRectF(10, 20, 100, 10)
    found = points([1.0, 10.0, 100.0], box)
    assert [p.x() for p in found] == [10, 60, 110]
    assert [p.y() for p in found] == pytest.approx([30, 25, 20])
    nearly = points([1.0, 1.01], box)
    assert abs(nearly[0].y() - nearly[1].y()) < 0.5
    assert points([0.0, math.nan, math.inf], box) == []
    assert len(points([0.0, 2.0, math.nan], box)) == 1


def test_many_wires_have_no_dots(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = window.probing.pulse
    pulse.beat()
    assert pulse.dots
    monkeypatch.setattr("gui.canvas.pulse.MOST", 2)
    pulse.beat()
    assert pulse.dots == {}
