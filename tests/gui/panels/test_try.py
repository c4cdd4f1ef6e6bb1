"""The Try panel with real hands: drawing, sliding, dropping; its answers are those of a call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph.document import Project
from gui import theme
from gui.panels.drawing import Canvas
from gui.panels.try_inputs import CategoryInput, CodeInput, ImageInput, NumbersInput, TextInput
from gui.panels.try_outputs import Bars
from gui.panels.try_panel import TryPanel
from gui.window import MainWindow
from runtime.session import Session, State
from tests import builders, systems
from tests.gui.panels.screen import Screen
from tests.runtime.training import regressor

Open = Callable[[Project], TryPanel]


@pytest.fixture
def trained(screen: Screen, tmp_path: Path) -> Iterator[Open]:
    """Train a project to the end and show its panel with the first answer."""
    made: list[TryPanel] = []

    def run(project: Project) -> TryPanel:
        panel = TryPanel(screen.workspace)
        made.append(panel)
        screen.show(panel, 900, 280)
        screen.workspace.open(project, None, tmp_path)
        session = Session(project, base=tmp_path, folder=tmp_path / "runs", watch=False)
        screen.workspace.set_session(session)
        session.start()
        screen.bot.waitUntil(lambda: session.state.over, timeout=60_000)
        assert session.join(20)
        assert session.failure is None
        screen.bot.waitUntil(lambda: not screen.workspace._poll_timer.isActive())
        screen.bot.waitUntil(lambda: panel.reply is not None, timeout=10_000)
        settle(screen, panel)
        return panel

    yield run
    for panel in made:
        panel.close_jobs()


def settle(screen: Screen, panel: TryPanel) -> None:
    """Wait until every answer has come."""
    jobs = (panel._preparing, panel._reading, panel._asking)
    screen.bot.waitUntil(lambda: not any(one.busy for one in jobs) and not panel._again)


def say(panel: TryPanel, network: str, *values: Any) -> torch.Tensor:
    """Call a network of the panel's session by hand."""
    session = panel._workspace.session
    assert session is not None
    assert session.plan is not None
    module = session.plan.networks[network].eval()
    with torch.no_grad():
        found = module(*(torch.from_numpy(np.asarray(value)) for value in values))
    return found if isinstance(found, torch.Tensor) else found[0]


def small(**settings: Any) -> Project:
    return builders.trained(builders.chain(builders.CNN), batch_size=64, epochs=1, **settings)


def draw_line(canvas: Canvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw with the mouse between two places of the picture, from 0 to 1."""
    rect = canvas.paper_rect()

    def at(part: float) -> QPoint:
        x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
        return rect.topLeft() + QPoint(round(x * rect.width()), round(y * rect.height()))

    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(0))
    for i in range(1, 6):
        QTest.mouseMove(canvas, at(i / 5))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(1))


def test_without_a_session_there_is_a_button_to_run(screen: Screen) -> None:
    panel = TryPanel(screen.workspace)
    screen.show(panel)
    assert panel.empty.isVisible()
    assert "Run the training" in panel.empty.text.text()
    with screen.bot.waitSignal(panel.run_asked):
        screen.click(panel.run)


def test_a_drawing_is_classified(screen: Screen, trained: Open) -> None:
    panel = trained(small())
    assert panel.choice.currentText() == "image → net"
    given = panel.inputs["image"]
    assert isinstance(given, ImageInput)
    example = given.value()
    assert panel.answer.headline.text().split("%")[1].strip()[0] in "✓✗"
    screen.click(given.clear)
    settle(screen, panel)
    assert np.asarray(given.value()).max() == 0
    draw_line(given.canvas, (0.5, 0.1), (0.5, 0.9))
    settle(screen, panel)
    drawn = np.asarray(given.value())
    assert drawn.shape == (1, 1, 8, 8)
    assert drawn[0, 0, 4, 3:5].min() > 0.4
    assert drawn[0, 0, :, 0].max() == 0
    assert not np.array_equal(drawn, example)
    assert panel.reply is not None
    expected = say(panel, "net", drawn).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(panel.reply.answer.values[0], expected, rtol=1e-5)
    shown = [chance for _, chance in panel.answer.bars.rows]
    np.testing.assert_allclose(shown, expected, rtol=1e-5)
    assert panel.answer.headline.text() == f"{expected.argmax()}  {expected.max():.0%}"
    assert "weights after step" in panel.about.text()


def test_examples_of_the_data_come_as_they_are(screen: Screen, trained: Open) -> None:
    panel = trained(small())
    session = screen.workspace.session
    assert session is not None
    assert session.plan is not None
    rows = session.plan.validation.tolist()
    for number in (1, 2):
        screen.click(panel.another)
        settle(screen, panel)
        given = panel.inputs["image"].value()
        wanted = session.plan.columns["image"][rows[number]]
        np.testing.assert_array_equal(np.asarray(given)[0], wanted.numpy())


def test_a_picture_is_dropped(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(small())
    pixels = np.zeros((16, 16), np.uint8)
    pixels[:8] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "half.png"))])
    screen.drop(panel.inputs["image"], data)
    settle(screen, panel)
    given = np.asarray(panel.inputs["image"].value())
    assert given[0, 0, :4].min() > 0.99
    assert given[0, 0, 4:].max() == 0
    assert panel.reply is not None
    expected = say(panel, "net", given).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(panel.reply.answer.values[0], expected, rtol=1e-5)


def test_a_damaged_picture_is_told(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(small())
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n123")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "broken.png"))])
    before = panel.inputs["image"].value()
    screen.drop(panel.inputs["image"], data)
    screen.bot.waitUntil(panel.error.isVisible)
    assert "broken.png, which cannot be read" in panel.error.text()
    assert panel.inputs["image"].value() is before
    given = panel.inputs["image"]
    assert isinstance(given, ImageInput)
    draw_line(given.canvas, (0.2, 0.5), (0.8, 0.5))
    settle(screen, panel)
    assert not panel.error.isVisible()


def test_sliders_move_the_noise(screen: Screen, trained: Open) -> None:
    panel = trained(systems.gan(epochs=1, batch_size=64))
    assert panel.choice.currentText() == "noise → generator"
    given = panel.inputs["noise"]
    assert isinstance(given, CodeInput)
    assert len(given.sliders) == 8
    before = np.asarray(given.value()).copy()
    slider = given.sliders[2]
    QTest.keyClick(slider, Qt.Key.Key_Home)
    settle(screen, panel)
    after = np.asarray(given.value())
    assert after[0, 2] == -3
    assert np.array_equal(np.delete(after, 2), np.delete(before, 2))
    assert panel.reply is not None
    expected = say(panel, "generator", after)
    np.testing.assert_array_equal(panel.reply.answer.values, expected.numpy())
    assert len(panel.answer.pictures.images) == 1
    screen.click(given.new)
    settle(screen, panel)
    drawn = np.asarray(given.value())
    assert not np.isclose(drawn, after).any()
    assert panel.reply.between is not None
    np.testing.assert_allclose(panel.reply.between[0], panel.reply.answer.values[0], atol=1e-5)
    assert len(panel.answer.strip.images) == 8
    np.testing.assert_array_equal(panel.reply.answer.values, say(panel, "generator", drawn))


def test_a_reconstruction_stands_beside_what_was_given(screen: Screen, trained: Open) -> None:
    panel = trained(systems.vae(epochs=1, batch_size=64))
    choices = [panel.choice.itemText(i) for i in range(panel.choice.count())]
    assert choices == ["image → decoder", "code → decoder", "image → encoder"]
    assert panel.reply is not None
    assert [name for name, _ in panel.answer.pictures.images] == ["given", "decoder"]
    code = say(panel, "encoder", panel.inputs["image"].value())
    np.testing.assert_array_equal(
        panel.reply.answer.values, say(panel, "decoder", code.numpy()).numpy()
    )
    between = panel.reply.between
    assert between is not None
    assert len(panel.answer.strip.images) == len(between) == 8
    np.testing.assert_allclose(between[0], panel.reply.answer.values[0], rtol=1e-4, atol=1e-5)
    screen.click(panel.answer.farther)
    settle(screen, panel)
    assert panel.reply.between is not None
    assert not np.allclose(panel.reply.between[-1], between[-1])
    panel.choose(2)
    settle(screen, panel)
    assert panel.answer.bars.isVisible()
    np.testing.assert_allclose([v for _, v in panel.answer.bars.rows], code[0].numpy(), rtol=1e-5)
    assert not panel.answer.strip.isVisible()


def test_numbers_are_written(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(regressor(tmp_path, epochs=1))
    given = panel.inputs["features"]
    assert isinstance(given, NumbersInput)
    assert [field.accessibleName() for field in given.fields] == list("abcd")
    for field, text in zip(given.fields, ("0.5", "-1", "2", "0"), strict=True):
        screen.write(field, text, enter=False)
    settle(screen, panel)
    session = screen.workspace.session
    assert session is not None
    assert session.plan is not None
    mean, deviation = session.plan.dataset.normalization["features"]
    row = (torch.tensor([[0.5, -1.0, 2.0, 0.0]]) - mean) / deviation
    assert panel.reply is not None
    expected = say(panel, "net", row.numpy()).item()
    assert panel.reply.answer.values.item() == expected
    assert panel.answer.headline.text() == f"y  {expected:.5g}"
    screen.write(given.fields[1], "many", enter=False)
    assert given.fields[1].property("invalid")
    assert panel.answer.headline.text() == f"y  {expected:.5g}"


def test_classes_are_chosen(screen: Screen) -> None:
    given = CategoryInput(builders.LABEL)
    screen.show(given)
    told: list[object] = []
    given.changed.connect(lambda: told.append(given.value()))
    QTest.keyClicks(given.box, "7")
    given.box.activated.emit(given.box.currentIndex())
    assert np.asarray(told[-1]).tolist() == [7]
    given.show_value(np.array([3]))
    assert given.box.currentText() == "3"


def test_text_is_told_as_it_is_written(screen: Screen) -> None:
    port = builders.LABEL.model_copy(update={"type": "tokens", "shape": (4,), "classes": ()})
    given = TextInput(port)
    screen.show(given)
    told: list[object] = []
    given.changed.connect(lambda: told.append(given.value()))
    given.show_text("the sea")
    assert told == []
    QTest.keyClicks(given.edit, "a")
    assert told == ["athe sea"]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_canvas_draws_in_its_ink(screen: Screen, channels: int) -> None:
    canvas = Canvas((channels, 10, 20), (-1.0, 1.0), paper=1.0)
    screen.show(canvas, 400, 300)
    rect = canvas.paper_rect()
    assert (rect.width(), rect.height()) == (398, 199)
    assert canvas.array().shape == (1, channels, 10, 20)
    assert canvas.array().min() == 1.0
    draw_line(canvas, (0.25, 0.5), (0.75, 0.5))
    drawn = canvas.array()
    assert drawn[0, 0, 5, 10] < -0.8
    assert drawn[0, 0, 0].min() == 1.0
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert canvas.array().min() == 1.0


def test_bars_are_as_long_as_the_chances(screen: Screen) -> None:
    bars = Bars()
    screen.show(bars, 400, 90)
    bars.show_chances(("cat", "dog"), np.array([0.25, 0.75]))
    image = bars.grab().toImage()
    accent = theme.current().accent
    row = [image.pixelColor(x, 40).name() for x in range(image.width())]
    assert bars.best == 1
    long = row.count(accent)
    bars.show_chances(("cat", "dog"), np.array([0.6, 0.4]))
    image = bars.grab().toImage()
    short = [image.pixelColor(x, 13).name() for x in range(image.width())].count(accent)
    assert long / short == pytest.approx(0.75 / 0.6, abs=0.05)
    bars.show_chances(tuple(map(str, range(500))), np.arange(500) / 500)
    assert bars.shown()[0] == 499
    assert len(bars.shown()) < 10
    bars.show_numbers(("a", "b"), np.array([-1.0, np.nan]))
    bars.grab()


def test_answers_follow_the_training(screen: Screen, tmp_path: Path) -> None:
    panel = TryPanel(screen.workspace)
    screen.show(panel, 900, 280)
    project = small()
    project.set_settings(project.settings.model_copy(update={"epochs": 100_000}))
    session = Session(project, base=tmp_path, folder=tmp_path / "runs", watch=False)
    screen.workspace.set_session(session)
    session.start()
    steps: list[int] = []

    def several() -> bool:
        if panel.reply is not None and panel.reply.answer.step not in steps:
            steps.append(panel.reply.answer.step)
        return len(steps) >= 3

    screen.bot.waitUntil(several, timeout=20_000)
    assert steps == sorted(steps)
    session.pause()
    screen.bot.waitUntil(lambda: session.state is State.PAUSED)
    given = panel.inputs["image"]
    assert isinstance(given, ImageInput)
    settle(screen, panel)
    draw_line(given.canvas, (0.1, 0.5), (0.9, 0.5))
    settle(screen, panel)
    assert panel.reply is not None
    expected = say(panel, "net", given.value()).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(panel.reply.answer.values[0], expected, rtol=1e-5)
    session.stop()
    assert session.join(20)
    panel.close_jobs()
    screen.workspace.set_session(None)


def test_drawing_does_not_hold_up_the_window(screen: Screen, trained: Open) -> None:
    panel = trained(small())
    given = panel.inputs["image"]
    assert isinstance(given, ImageInput)
    times = []
    for i in range(12):
        began = time.perf_counter()
        draw_line(given.canvas, (0.1, i / 12), (0.3, i / 12))
        times.append((time.perf_counter() - began) / 6)
        QApplication.processEvents()
    settle(screen, panel)
    assert sorted(times)[len(times) // 2] < 0.016


def test_a_drawing_outlives_another_run(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(small())
    given = panel.inputs["image"]
    assert isinstance(given, ImageInput)
    draw_line(given.canvas, (0.2, 0.2), (0.8, 0.8))
    settle(screen, panel)
    drawn = np.asarray(given.value())
    project = screen.workspace.project
    session = Session(project, base=tmp_path, folder=tmp_path / "runs", watch=False)
    screen.workspace.set_session(session)
    assert panel.empty.isVisible()
    session.start()
    screen.bot.waitUntil(lambda: session.state.over, timeout=60_000)
    assert session.join(20)
    screen.bot.waitUntil(lambda: not screen.workspace._poll_timer.isActive())
    screen.bot.waitUntil(lambda: panel.reply is not None, timeout=10_000)
    settle(screen, panel)
    assert panel.inputs["image"] is given
    assert np.array_equal(np.asarray(given.value()), drawn)
    assert panel.reply is not None
    expected = say(panel, "net", drawn).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(panel.reply.answer.values[0], expected, rtol=1e-5)


def test_run_in_the_panel_comes_back_to_it(qtbot, window: MainWindow) -> None:
    window.show_panel("try")
    QApplication.processEvents()
    QTest.mouseClick(window.try_.run, Qt.MouseButton.LeftButton)
    assert window.running.alive
    qtbot.waitUntil(lambda: window.try_.reply is not None, timeout=20_000)
    assert window.try_.isVisible()
    assert window.try_.seen
    window.running.stop()
    qtbot.waitUntil(lambda: not window.running.alive, timeout=20_000)
