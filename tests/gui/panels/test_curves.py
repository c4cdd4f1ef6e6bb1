"""Curves: nothing is lost between buckets, and a million points cost no more than a thousand."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from gui.panels.buckets import Buckets, smooth
from gui.panels.curves import Chart, Curve
from tests.gui.panels.screen import Screen


@pytest.mark.parametrize("count", [1, 3, 4, 1999, 2001, 70_000])
@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_buckets_keep_every_extreme(count: int, piece: int) -> None:
    if count // piece > 20_000:
        pytest.skip("the same as with fewer pieces, only slower")
    rng = np.random.default_rng(count)
    values = rng.normal(size=count)
    buckets = Buckets()
    for start in range(0, count, piece):
        part = values[start : start + piece]
        buckets.append(np.arange(start, start + len(part), dtype=float), part)
    x, y = buckets.between(-np.inf, np.inf, 2000)
    assert len(buckets) == count
    assert y.min() == values.min()
    assert y.max() == values.max()
    assert len(x) <= 2 * 2000 + 64
    assert (np.diff(x) >= 0).all()
    assert x[0] == 0
    assert buckets.at(count + 5) == values[-1]


def test_a_part_of_a_curve_shows_its_own_points() -> None:
    buckets = Buckets()
    buckets.append(np.arange(100_000.0), np.arange(100_000.0))
    x, y = buckets.between(5000, 5100)
    assert x[0] <= 5000
    assert x[-1] >= 5100
    assert len(x) < 110
    assert (x == y).all()


def test_a_gap_stays_a_gap_only_where_nothing_is_known() -> None:
    buckets = Buckets()
    values = np.full(10_000, np.nan)
    values[5000] = 3.0
    buckets.append(np.arange(10_000.0), values)
    _, y = buckets.between(-np.inf, np.inf, 100)
    assert np.nanmax(y) == 3.0


@pytest.mark.parametrize("weight", [0.3, 0.9, 0.999])
def test_smoothing_is_the_recurrence(weight: float) -> None:
    values = np.random.default_rng(0).normal(size=9000)
    values[17] = np.nan
    expected, total, mass = [], 0.0, 0.0
    for value in values:
        if np.isfinite(value):
            total = weight * total + (1 - weight) * value
            mass = weight * mass + 1 - weight
        else:
            total, mass = weight * total, weight * mass
        expected.append(total / mass)
    first, state = smooth(values[:4000], weight, (0.0, 0.0))
    second, _ = smooth(values[4000:], weight, state)
    found = np.concatenate([first, second])
    assert found == pytest.approx(np.array(expected), rel=1e-9)


def test_without_smoothing_values_stay_as_they_are() -> None:
    values = np.array([1.0, np.nan, 3.0])
    found, state = smooth(values, 0.0, (0.0, 0.0))
    assert np.array_equal(found, values, equal_nan=True)
    assert state == (0.0, 0.0)


@pytest.fixture
def chart(screen: Screen) -> Chart:
    made = Chart("Loss")
    screen.show(made, 600, 300)
    return made


def curve(chart: Chart, name: str, per_epoch: int, x: np.ndarray, y: np.ndarray) -> Curve:
    made = Curve(name, name, per_epoch)
    chart.add(made)
    made.append(x, y)
    return made


def test_a_million_points_are_drawn_fast(screen: Screen, chart: Chart) -> None:
    chart.set_smoothing(0.9)
    x = np.arange(1, 1_000_001, dtype=float)
    rng = np.random.default_rng(0)
    for i in range(3):
        curve(chart, f"train/{i}", 1000, x, rng.normal(size=len(x)))
    chart.set_smoothing(0.5)
    chart.draw()
    QApplication.processEvents()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        for one in chart.curves.values():
            one.append(np.array([one.raw.x[-1] + 1]), np.array([0.0]))
        chart.draw()
        chart.plot.repaint()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.15
    assert all(len(one.drawn[0]) < 10_000 for one in chart.curves.values())


def test_curves_by_step_and_by_epoch_are_told_apart(screen: Screen, chart: Chart) -> None:
    by_step = curve(chart, "train/loss", 10, np.arange(1.0, 41.0), np.ones(40))
    by_epoch = curve(chart, "validation/loss", 10, np.arange(10.0, 41.0, 10.0), np.ones(4))
    assert by_step.every_step
    assert not by_epoch.every_step
    chart.set_smoothing(0.9)
    assert len(by_step.smoothed) == 40
    assert len(by_epoch.smoothed) == 0


def test_values_under_the_mouse_stand_in_the_legend(screen: Screen, chart: Chart) -> None:
    curve(chart, "train/loss", 1, np.arange(100.0), np.arange(100.0))
    chart.hovered.connect(chart.hover)
    chart.draw()
    QApplication.processEvents()
    entry = chart._entries["train/loss"]
    assert entry.text().endswith("99.0000")
    box = chart.plot.getViewBox()
    place = QPointF(chart.plot.mapFromScene(box.mapViewToScene(QPointF(50.4, 50))))
    _move(chart, place)
    assert entry.text().endswith("50.0000")
    QApplication.sendEvent(chart.plot.viewport(), QEvent(QEvent.Type.Leave))
    assert entry.text().endswith("99.0000")


def _move(chart: Chart, place: QPointF) -> None:
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        chart.plot.viewport().mapToGlobal(place),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(chart.plot.viewport(), event)


def test_a_curve_is_hidden_by_its_legend(screen: Screen, chart: Chart) -> None:
    one = curve(chart, "train/loss", 1, np.arange(10.0), np.arange(10.0))
    chart.draw()
    QApplication.processEvents()
    assert len(one.drawn[0]) == 10
    chart._entries["train/loss"].setChecked(False)
    QApplication.processEvents()
    assert len(one.drawn[0]) == 0


def test_a_logarithmic_scale_takes_values_of_nought(screen: Screen, chart: Chart) -> None:
    curve(chart, "train/loss", 1, np.arange(10.0), np.array([1.0, 0.1, 0.01, 0, *[1e-3] * 6]))
    chart.set_log(True)
    QApplication.processEvents()
    low, high = chart.plot.getViewBox().viewRange()[1]
    assert low < -2
    assert high < 1


def test_marks_are_epochs(screen: Screen, chart: Chart) -> None:
    chart.axis.steps_per_epoch = 40
    levels = chart.axis.tickValues(0, 400, 500)
    spacing, values = levels[0]
    assert spacing % 40 == 0
    assert chart.axis.tickStrings(values, 1.0, spacing)[1] == f"{values[1] / 40:.0f}"
    close = chart.axis.tickValues(0, 20, 500)
    assert chart.axis.tickStrings([10.0], 1.0, close[0][0]) == ["10"]


def test_a_growing_curve_leaves_the_axes_alone(screen: Screen, chart: Chart) -> None:
    box = chart.plot.getViewBox()
    one = curve(chart, "train/loss", 10, np.arange(1.0, 101.0), np.linspace(2.0, 1.0, 100))
    ranges = []
    for x in range(101, 1101, 10):
        one.append(np.array([float(x)]), np.array([1 + 100 / x]))
        chart.draw(growing=True)
        QApplication.processEvents()
        ranges.append(tuple(map(tuple, box.viewRange())))
        (left, right), (bottom, top) = ranges[-1]
        assert left <= 1
        assert right >= x
        assert bottom <= one.raw.y.min()
        assert top >= 2
        assert x - 1 > 0.55 * (right - left)
    assert len(set(ranges)) < 20
    chart.draw()
    QApplication.processEvents()
    left, right = box.viewRange()[0]
    assert right - left == pytest.approx(1.06 * 1090)


def test_a_zoomed_view_stays_while_the_curve_grows(screen: Screen, chart: Chart) -> None:
    box = chart.plot.getViewBox()
    one = curve(chart, "train/loss", 10, np.arange(1.0, 5001.0), np.ones(5000))
    chart.draw(growing=True)
    QApplication.processEvents()
    box.setRange(xRange=(1000, 1100), padding=0)
    one.append(np.array([5001.0]), np.array([9.0]))
    chart.draw(growing=True)
    QApplication.processEvents()
    assert box.viewRange()[0] == pytest.approx([1000, 1100])
    assert len(one.drawn[0]) < 110
    chart.follow()
    chart.draw()
    QApplication.processEvents()
    assert box.viewRange()[0][1] > 5001
    assert len(one.drawn[0]) > 110


def test_a_curve_is_painted_where_its_points_are(screen: Screen, chart: Chart) -> None:
    one = curve(chart, "train/loss", 1000, np.arange(1.0, 11.0), np.array([1.0] * 5 + [2.0] * 5))
    one.append(np.array([11.0, 12.0]), np.array([np.nan, 1.0]))
    chart.draw()
    QApplication.processEvents()
    image = chart.plot.grab().toImage()
    box = chart.plot.getViewBox()

    def color(x: float, y: float) -> float:
        point = chart.plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))
        near = [image.pixelColor(point.x(), point.y() + d).blueF() for d in (-1, 0, 1)]
        return max(near)

    assert color(3.5, 1) > 0.6
    assert color(8.5, 2) > 0.6
    assert color(8.5, 1) < 0.4
    assert color(11.5, 1.5) < 0.4
