"""Curves and samples of a real session, read by polling; and a session steered from the panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from gui.panels.log import LogPanel
from gui.panels.parts import Line
from gui.panels.samples import SamplesPanel, classify
from gui.panels.training import TrainingPanel
from gui.progress import ProgressStrip, duration
from runtime.chances import chances_of
from runtime.session import Outcome, Session
from runtime.telemetry import Samples, Telemetry
from tests.gui.panels.screen import Screen, digits_project


class StandIn:
    """A session that does what a test says."""

    def __init__(self) -> None:
        from runtime.control import State

        self.project = digits_project()
        self.telemetry = Telemetry()
        self.state = State.RUNNING
        self.failure = None
        self.outcome: Outcome | None = None
        self.rates: list[float] = []

    def set_learning_rate(self, value: float) -> None:
        self.rates.append(value)


@pytest.fixture
def session(screen: Screen) -> Iterator[StandIn]:
    made = StandIn()
    yield made
    screen.workspace.set_session(None)


def test_a_whole_training_is_drawn(screen: Screen, tmp_path: Path) -> None:
    curves, samples, log = (
        TrainingPanel(screen.workspace),
        SamplesPanel(screen.workspace),
        LogPanel(screen.workspace),
    )
    for panel in (curves, samples, log):
        screen.show(panel)
    session = Session(screen.workspace.project, base=tmp_path, folder=tmp_path / "runs")
    screen.workspace.set_session(session)
    session.start()
    screen.bot.waitUntil(lambda: session.state.over, timeout=60_000)
    assert session.join(20)
    screen.bot.waitUntil(lambda: not screen.workspace._poll_timer.isActive())
    assert session.failure is None
    told = session.telemetry.series()["train/loss"]
    drawn = curves.loss.curves["train/loss"].raw
    assert np.array_equal(drawn.y, told.read()[1])
    assert len(curves.loss.curves["validation/loss"].raw) == 2
    assert set(curves.charts) == {"loss", "accuracy"}
    assert len(samples.grid.tiles) == 24
    assert "of 24 right" in samples.summary.text()
    assert "examples to train on" in log.text.toPlainText()


def test_only_what_is_new_is_read(screen: Screen, session: StandIn) -> None:
    panel = TrainingPanel(screen.workspace)
    screen.show(panel)
    screen.workspace.set_session(session)
    session.telemetry.add("train/loss", [1, 2], [2.0, 1.0])
    panel.refresh()
    session.telemetry.add("train/loss", [3], [0.5])
    panel.refresh()
    panel.refresh()
    assert panel.loss.curves["train/loss"].raw.y.tolist() == [2.0, 1.0, 0.5]


def test_a_new_session_begins_new_curves(screen: Screen, session: StandIn) -> None:
    panel = TrainingPanel(screen.workspace)
    screen.show(panel)
    screen.workspace.set_session(session)
    session.telemetry.add("train/loss", [1], [2.0])
    session.telemetry.add("validation/accuracy", [1], [0.5])
    panel.refresh()
    assert set(panel.charts) == {"loss", "accuracy"}
    screen.workspace.set_session(StandIn())
    panel.refresh()
    assert panel.loss.curves == {}
    assert set(panel.charts) == {"loss"}


def test_the_learning_rate_is_set_by_enter(screen: Screen, session: StandIn) -> None:
    panel = TrainingPanel(screen.workspace)
    screen.show(panel)
    assert not panel.rate.isEnabled()
    screen.workspace.set_session(session)
    screen.write(panel.rate, "0.02")
    assert session.rates == [0.02]
    told: list[str] = []
    screen.workspace.told.connect(lambda severity, text: told.append(text))
    screen.write(panel.rate, "fast")
    assert session.rates == [0.02]
    assert "expected a number of at least 0" in told[0]


def test_progress_says_how_long_it_takes(screen: Screen, session: StandIn) -> None:
    from runtime.telemetry import Progress

    strip = ProgressStrip(screen.workspace)
    screen.show(strip, 420, 50)
    screen.workspace.set_session(session)
    session.telemetry.progress = Progress(3, 5, 60, 25, 1234.0, 61.0)
    strip.refresh()
    text = strip.text.text()
    assert "epoch 3/5" in text
    assert "1 min 1 s left" in text
    assert "examples/s" in text
    assert strip.bar.value() == 480
    session.outcome = Outcome((), {"loss": 0.21, "accuracy": 0.98765}, 1234.0, ())
    strip.refresh()
    assert "test accuracy 0.9877" in strip.text.text()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_times_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def samples_of(**more: object) -> Samples:
    values: dict = {
        "epoch": 1,
        "step": 10,
        "held_out": True,
        "inputs": {"image": np.zeros((2, 1, 8, 8), np.float32)},
        "output": np.array([[2.0, -2.0], [3.0, -3.0]], np.float32),
        "target": np.array([0, 1]),
        "loss_kind": "CrossEntropyLoss",
        "classes": ("cat", "dog"),
    }
    return Samples(**{**values, **more})


def show_samples(screen: Screen, session: StandIn, samples: Samples) -> SamplesPanel:
    panel = SamplesPanel(screen.workspace)
    screen.show(panel)
    screen.workspace.set_session(session)
    session.telemetry.samples = samples
    session.telemetry.version += 1
    panel.refresh()
    QApplication.processEvents()
    return panel


def test_what_is_wrong_is_marked(screen: Screen, session: StandIn) -> None:
    panel = show_samples(screen, session, samples_of())
    right, wrong = panel.grid.tiles
    assert (right.right, wrong.right) == (True, False)
    assert right.caption == "cat  98%"
    assert (wrong.caption, wrong.detail) == ("cat  100%", "is dog")
    assert panel.summary.text() == "1 of 2 right"
    image = panel.grid.grab().toImage()
    from gui import theme

    rect = panel.grid.cell_rect(1)
    edge = image.pixelColor(rect.center().x(), rect.top() + 1)
    assert edge.name() == theme.current().error


def test_numbers_are_scattered_around_the_truth(screen: Screen, session: StandIn) -> None:
    panel = show_samples(
        screen,
        session,
        samples_of(
            classes=(),
            loss_kind="MSELoss",
            output=np.array([[1.0], [3.0]], np.float32),
            target=np.array([[1.5], [2.0]], np.float32),
        ),
    )
    assert panel.scatter.isVisible()
    x, y = panel.scatter.points.getData()
    assert x.tolist() == [1.5, 2.0]
    assert y.tolist() == [1.0, 3.0]
    assert "0.75" in panel.summary.text()


def test_two_inputs_have_a_surface(screen: Screen, session: StandIn) -> None:
    surface = np.zeros((64, 64, 1), np.float32)
    surface[:32] = 1.0
    panel = show_samples(
        screen,
        session,
        samples_of(
            inputs={"x": np.array([[0.0, 0.0], [1.0, 1.0]], np.float32)},
            classes=(),
            loss_kind="MSELoss",
            output=np.array([[0.0], [1.0]], np.float32),
            target=np.array([[0.0], [1.0]], np.float32),
            surface=surface,
            bounds=(-0.5, 1.5, -0.5, 1.5),
        ),
    )
    assert panel.surface.isVisible()
    bottom, top = panel.surface.image.image[0, 0], panel.surface.image.image[-1, 0]
    assert not np.array_equal(bottom, top)
    assert panel.surface.image.boundingRect().height() == 64


def test_probabilities_follow_the_loss() -> None:
    logits = np.array([[0.0], [4.0]])
    assert chances_of(logits, "BCEWithLogitsLoss")[1, 0] == pytest.approx(0.982, abs=1e-3)
    assert chances_of(logits / 4, "MSELoss").tolist() == [[0.0], [1.0]]
    predicted, sure, right = classify(np.array([[0.9], [0.2]]), np.array([1, 1]), "BCELoss")
    assert predicted.tolist() == [1, 0]
    assert sure == pytest.approx([0.9, 0.8])
    assert right is not None
    assert right.tolist() == [True, False]


def test_growth_is_told_seldom_and_a_single_step_at_once(screen: Screen, session: StandIn) -> None:
    from runtime.control import State

    told: list[int] = []
    workspace = screen.workspace
    workspace.polled.connect(lambda: told.append(session.telemetry.version))
    workspace.set_session(session)
    for version in range(1, 41):
        session.telemetry.version = version
        screen.bot.wait(10)
    assert 1 <= len(told) <= 4
    session.state = State.PAUSED
    screen.bot.waitUntil(lambda: told[-1] == 40)
    session.telemetry.version = 41
    screen.bot.waitUntil(lambda: told[-1] == 41, timeout=200)


def test_other_words_in_a_line_lay_nothing_out(screen: Screen) -> None:
    class Holder(QWidget):
        asked = 0

        def event(self, event: QEvent) -> bool:
            self.asked += event.type() == QEvent.Type.LayoutRequest
            return super().event(event)

    holder, line = Holder(), Line()
    QVBoxLayout(holder).addWidget(line)
    screen.show(holder)
    line.setText("epoch 1/3")
    QApplication.processEvents()
    before = holder.grab().toImage()
    holder.asked = 0
    line.setText("epoch 2/3 · 96,000 examples/s")
    QApplication.processEvents()
    assert holder.asked == 0
    assert line.text() == "epoch 2/3 · 96,000 examples/s"
    assert holder.grab().toImage() != before


def test_charts_of_metrics_are_used_again(screen: Screen, session: StandIn) -> None:
    panel = TrainingPanel(screen.workspace)
    screen.show(panel)
    series = {"validation/accuracy": (np.arange(3.0), np.arange(3.0))}
    panel.show_run("one", series, 1)
    chart = panel.charts["accuracy"]
    panel.show_run("two", {"train/loss": (np.arange(3.0), np.arange(3.0))}, 1)
    assert not chart.isVisible()
    panel.show_run("three", {"validation/f1_score": series["validation/accuracy"]}, 1)
    assert panel.charts["f1_score"] is chart
    assert chart.isVisible()
    assert chart.title.text() == "F1 score"
    assert list(chart.curves) == ["validation/f1_score"]
