"""What is seen: the text of cards, problems, themes, levels of detail, pictures."""

import sys
from itertools import combinations

import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMenu

from graph import files
from graph.analysis import Analysis
from graph.catalog import lookup
from graph.document import Node
from graph.edits import AddNode, set_params
from graph.problems import Fix, Problem
from gui import theme
from gui.canvas.card import lay_out
from gui.canvas.cardtext import arguments, count, single_line
from gui.canvas.paths import upstream
from gui.canvas.scene import CanvasScene
from gui.canvas.style import style
from runtime import examples


@pytest.mark.parametrize(
    ("kind", "params", "said"),
    [
        ("Conv2d", {"out_channels": 32, "kernel_size": 3, "padding": 1}, "32, 3×3, pad 1"),
        ("Conv2d", {"out_channels": 8, "kernel_size": (3, 5)}, "8, 3×5"),
        ("Conv1d", {"out_channels": 8, "kernel_size": 3, "stride": 2}, "8, 3, stride 2"),
        ("Linear", {"out_features": 64}, "64"),
        ("Linear", {"out_features": 64, "bias": False}, "64, no bias"),
        ("Linear", {"out_features": 64, "bias": True}, "64"),
        ("Dropout", {"p": 0.25}, "0.25"),
        ("ReLU", {}, ""),
        ("Input", {"shape": (1, 28, 28)}, "(1, 28, 28)"),
        ("NoSuchKind", {"a": 1, "b": "two\nlines"}, "a 1, b two lines"),
    ],
)
def test_the_arguments_that_matter(kind, params, said):
    assert arguments(lookup(kind), params, params) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (320, "320"), (9248, "9,248"), (18496, "18.5k"), (1_240_000, "1.24M")],
)
def test_counts_are_short(number, said):
    assert count(number) == said


def test_a_title_from_a_file_cannot_disturb_a_card():
    title = single_line("a\nb\u2028c\x00d\u202e" + "x" * 100_000)
    assert title.startswith("a b c d")
    assert title.isprintable()
    assert len(title) <= 36


def test_a_card_shows_shape_parameters_and_arguments(hand):
    text = hand.item("conv").content.text
    assert text.title == "Conv2d"
    assert text.arguments == "8, 3×3"
    assert text.shape == "(N, 8, 26, 26)"
    assert text.parameters == "80"
    assert hand.item("y").content.text.shape == "(N, 10)"


def test_the_picture_follows_the_analysis(hand):
    set_params(hand.network, "conv", {"out_channels": 4}).apply(hand.network.project)
    assert hand.item("conv").content.text.arguments == "4, 3×3"
    hand.refresh()
    assert hand.item("conv").content.text.shape == "(N, 4, 26, 26)"
    assert hand.item("fc").content.text.parameters == "27.1k"


def test_a_problem_marks_node_port_and_wire(hand):
    set_params(hand.network, "conv", {"kernel_size": 99}).apply(hand.network.project)
    hand.refresh()
    assert hand.item("conv").content.severity == "error"
    set_params(hand.network, "conv", {"kernel_size": 3}).apply(hand.network.project)
    hand.refresh()
    assert hand.item("conv").content.severity == ""


def test_ports_stand_on_the_edges_and_cards_are_wide_enough(hand):
    AddNode("net", Node("lstm", "LSTM", {"hidden_size": 64}, position=(0, 200))).apply(
        hand.network.project
    )
    card = hand.item("lstm").card
    assert [spot.port.name for spot in card.spots if not spot.is_input] == ["output", "h", "c"]
    for spot in card.spots:
        assert spot.x == (0 if spot.is_input else card.width)
        assert 0 < spot.y < card.height
    for line in card.lines:
        size = line.text.size()
        assert line.x >= 0
        assert line.x + size.width() <= card.width + 1
        assert line.y + size.height() <= card.height + 2


def test_lines_of_a_card_do_not_overlap(hand):
    for item in hand.view.canvas_scene.nodes.values():
        boxes = [
            QRectF(line.x, line.y + 2, line.text.size().width(), 11) for line in item.card.lines
        ]
        for i, box in enumerate(boxes):
            assert not any(box.intersects(other) for other in boxes[:i])


def colors(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    }


@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.1])
def test_every_level_of_detail_draws_the_families(hand, zoom):
    hand.view.zoom_by(zoom / hand.view.zoom)
    hand.view.centerOn(hand.view.canvas_scene.content_rect().center())
    seen = colors(hand.view.viewport().grab().toImage())
    for family in ("convolution", "activation", "linear"):
        assert theme.current().family(family) in seen


def test_the_theme_is_followed(hand, qapp):
    dark = hand.view.viewport().grab().toImage().pixelColor(3, 3).name()
    theme.apply(qapp, "light")
    light = hand.view.viewport().grab().toImage()
    theme.apply(qapp, "dark")
    assert dark != light.pixelColor(3, 3).name()
    assert theme.LIGHT.family("convolution") in colors(light)


def test_a_picture_of_the_whole_network(hand):
    hand.view.zoom_by(3)
    image = hand.view.render_image(QSize(900, 300))
    assert image.size() == QSize(900, 300)
    seen = colors(image)
    for family in ("convolution", "activation", "linear", "structure"):
        assert theme.current().family(family) in seen
    assert hand.view.canvas_scene.paper.zoom == hand.view.zoom


def test_an_empty_network_says_how_to_begin(hand, view):
    hand.view.select(list(hand.view.canvas_scene.nodes))
    before = colors(view.viewport().grab().toImage())
    hand.view.commands.delete()
    assert theme.current().muted in colors(view.viewport().grab().toImage()) - {None}
    assert before


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal")
def test_painting_and_signals_do_not_lose_references_to_none(hand):
    """PySide6 6.12.0 loses one per paint call and aborts on Python 3.11 (PYSIDE-3474)."""
    view = hand.view
    view.viewport().grab()
    before = sys.getrefcount(None)
    for step in range(200):
        view.select(["conv"] if step % 2 else ["act", "fc"])
        view.viewport().grab()
    QApplication.processEvents()
    assert sys.getrefcount(None) > before - 200


def test_layouts_are_equal_for_equal_content(hand):
    content = hand.item("conv").content
    one, two = lay_out(content, style()), lay_out(content, style())
    assert (one.width, one.height, one.spots) == (two.width, two.height, two.spots)


def test_a_wire_to_the_next_row_takes_the_lane_between_them(hand):
    from dataclasses import replace

    from graph.document import Wire
    from graph.edits import UpdateNode

    for i, node_id in enumerate(("flat", "fc", "y")):
        node = replace(hand.network.node(node_id), position=(240.0 * i, 160.0))
        UpdateNode("net", node).apply(hand.network.project)
    wire = hand.view.canvas_scene.wires[Wire("act", "output", "flat", "input")]
    start, end = hand.item("act").scene_body(), hand.item("flat").scene_body()
    assert start.bottom() < wire.middle.y() < end.top()
    for item in hand.view.canvas_scene.nodes.values():
        inner = item.scene_body().adjusted(3, 3, -3, -3)
        assert not any(
            inner.contains(wire.path().pointAtPercent(step / 100)) for step in range(1, 100)
        )


@pytest.mark.parametrize("name", examples.names())
def test_no_two_cards_of_an_example_touch(qapp, name):
    project = files.load(examples.find(name).path).project
    analysis = Analysis(project)
    analysis.update()
    scene = CanvasScene()
    for network in project.graphs():
        scene.set_network(network, analysis)
        for one, other in combinations(scene.nodes.values(), 2):
            assert not one.scene_body().adjusted(-10, -10, 10, 10).intersects(other.scene_body())
    scene.close_network()
    analysis.close()


def bar_width(hand, node_id: str) -> float:
    """How long the bar of parameters is on the screen, in scene pixels."""
    item = hand.item(node_id)
    image = hand.view.viewport().grab().toImage()
    bar = item.card.bar.translated(item.pos())
    y = hand.view.mapFromScene(bar.center()).y()
    color = theme.current().family(item.content.family)
    start = hand.view.mapFromScene(bar.topLeft()).x()
    end = hand.view.mapFromScene(bar.topRight()).x()
    return sum(image.pixelColor(x, y).name() == color for x in range(start, end))


def test_the_bar_is_as_long_as_the_share_of_the_parameters(hand):
    hand.view.centerOn(hand.view.canvas_scene.content_rect().center())
    conv, fc = hand.item("conv"), hand.item("fc")
    total = hand.analysis.total("net").parameters
    assert hand.view.canvas_scene.paper.parameters == total
    assert bar_width(hand, "conv") == pytest.approx(3, abs=1)  # next to nothing, but seen
    wide = fc.card.bar.width() * fc.content.parameters / total
    assert bar_width(hand, "fc") == pytest.approx(wide, abs=2)
    assert hand.item("act").card.bar.isEmpty()
    before = bar_width(hand, "conv")
    set_params(hand.network, "conv", {"out_channels": 1024}).apply(hand.network.project)
    hand.refresh()
    assert hand.view.canvas_scene.paper.parameters > total
    assert conv.card.bar.isEmpty() or bar_width(hand, "conv") >= before


def test_a_click_on_the_badge_applies_the_remedy(hand):
    set_params(hand.network, "fc", {"in_features": 7}).apply(hand.network.project)
    hand.refresh()
    item = hand.item("fc")
    assert item.content.severity == "error"
    at = hand.view.mapFromScene(item.pos() + item.badge.center())
    hand.move(at)
    assert "Click to choose" in hand.view.hint.text()
    hand.click(at)
    menu = hand.view.findChild(QMenu)
    fixes = [fix.label for fix in hand.view.canvas_scene.problems_of("fc")[0].fixes]
    assert [action.text() for action in menu.actions()] == fixes
    menu.actions()[0].trigger()
    menu.close()
    hand.refresh()
    assert item.content.severity == ""
    assert hand.undo.undoText() == fixes[0]
    hand.undo.undo()
    hand.refresh()
    assert item.content.severity == "error"


def test_a_click_on_the_badge_applies_the_only_remedy_at_once(hand):
    fix = Fix("Take 4", set_params(hand.network, "conv", {"out_channels": 4}))
    words = ("Conv2d", "at most 4 channels", "8", "Take fewer.")
    problem = Problem("error", "net", "conv", None, *words, find_fixes=lambda: (fix,))
    scene = hand.view.canvas_scene
    scene.mark_failed(problem)
    at = hand.view.mapFromScene(hand.item("conv").pos() + hand.item("conv").badge.center())
    hand.move(at)
    assert hand.view.hint.text() == f"{problem.message}\nClick: Take 4"
    hand.click(at)
    assert hand.network.node("conv").params["out_channels"] == 4
    assert hand.undo.undoText() == "Take 4"
    assert hand.view.selected == ["conv"]
    hand.undo_and_redo()


def test_the_way_back_to_the_inputs_is_lit(hand):
    look = hand.view.canvas_scene.paper.look
    wires = hand.view.canvas_scene.wires
    hand.view.select(["fc"])
    lit = {w.source for w, item in wires.items() if item.on_path}
    assert {"x", "conv"} <= lit
    assert all(not item.on_path for w, item in wires.items() if w.source == "fc")
    first = next(item for w, item in wires.items() if w.source == "x")
    assert first.pen() == look.wire_path
    hand.view.select(["fc", "conv"])
    assert not any(item.on_path for item in wires.values())
    hand.view.select(["fc"])
    hand.view.select([])
    assert first.pen() == look.wire


def test_what_a_card_cuts_is_told_beside_the_pointer(hand):
    params = {"padding": 1, "dilation": 2, "bias": False, "padding_mode": "reflect"}
    set_params(hand.network, "conv", params).apply(hand.network.project)
    hand.refresh()
    hand.move(hand.body("conv"))
    assert hand.view.hint.isVisible()
    assert hand.view.hint.text().startswith("8, 3×3, pad 1")


def test_of_a_very_long_way_the_nearest_part_is_lit(hand):
    near = upstream(hand.network, "y", most=2)
    assert {wire.target for wire in near} == {"y", "fc"}
    assert len(upstream(hand.network, "y")) == 5
