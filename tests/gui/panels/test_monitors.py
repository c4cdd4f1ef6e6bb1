"""The cards of monitors: what each kind draws, where they stand, and what they cost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.panels.monitors import Board, HistogramCard, ImagesCard, ScatterCard, TableCard, TextCard
from gui.panels.samples import SamplesPanel
from runtime.session import Session
from runtime.telemetry import Shown
from tests import builders, systems
from tests.gui.panels.screen import Screen


def images(count: int = 4, side: int = 8, **values: Any) -> Shown:
    pictures = np.zeros((count, 1, side, side), np.float32)
    pictures[0] = 1.0
    return Shown("m1", "ShowImages", "made", {"input": pictures, **values}, {"low": 0, "high": 1})


def histogram() -> Shown:
    counts, edges = np.histogram(np.array([0.0, 0.0, 0.0, 1.0]), bins=4)
    options = {"mean": 0.25, "deviation": 0.43, "not_finite": 2}
    return Shown("m2", "ShowHistogram", "weights", {"counts": counts, "edges": edges}, options)


def scatter(**values: Any) -> Shown:
    points = np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, 0.5]])
    options = {"variance": (0.5, 0.25), "classes": ("cat", "dog")}
    return Shown("m3", "ShowScatter", "latent", {"input": points, **values}, options)


def table() -> Shown:
    values = {"input": np.array([[1.0, -2.0, np.nan]], np.float32)}
    return Shown("m4", "ShowTable", "mu", values, {"shape": (3,)})


def text() -> Shown:
    return Shown("m5", "ShowText", "said", {"input": np.array([[3, 1, 2]])}, {"vocabulary": ""})


@pytest.fixture
def board(screen: Screen) -> Board:
    made = Board()
    screen.show(made, 900, 300)
    return made


def test_pictures_are_drawn_in_their_places(board: Board) -> None:
    board.show_all([images()])
    (card,) = board.cards
    assert isinstance(card, ImagesCard)
    QApplication.processEvents()
    drawn = card.grab().toImage()
    places = card.places(card.body())
    colors = [drawn.pixelColor(group[0].center()).name() for group in places]
    assert colors == ["#ffffff", "#000000", "#000000", "#000000"]
    assert (card.title, card.note) == ("made", "8 × 8")


def test_pairs_stand_side_by_side(board: Board) -> None:
    board.show_all([images(beside=np.ones((4, 1, 8, 8), np.float32))])
    card = board.cards[0]
    assert isinstance(card, ImagesCard)
    assert [len(group) for group in card.groups] == [2, 2, 2, 2]
    left, right = card.places(card.body())[1]
    assert left.top() == right.top()
    assert right.left() == left.right() + 2
    drawn = card.grab().toImage()
    assert drawn.pixelColor(left.center()).name() == "#000000"
    assert drawn.pixelColor(right.center()).name() == "#ffffff"


@pytest.mark.parametrize("size", [(1084, 226), (500, 120), (90, 300)])
@pytest.mark.parametrize("count", [1, 3, 24])
def test_pictures_stay_within_their_card(
    board: Board, screen: Screen, size: tuple[int, int], count: int
) -> None:
    board.resize(*size)
    board.show_all([images(count, 28)])
    QApplication.processEvents()
    card = board.cards[0]
    assert isinstance(card, ImagesCard)
    rects = [rect for group in card.places(card.body()) for rect in group]
    assert all(card.body().contains(rect) for rect in rects)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])


def test_bars_are_as_high_as_their_counts(board: Board) -> None:
    board.show_all([histogram()])
    (card,) = board.cards
    assert isinstance(card, HistogramCard)
    assert card.counts.tolist() == [3, 0, 0, 1]
    assert card.note == "2 not finite · mean 0.25, deviation 0.43"
    drawn, body = card.grab().toImage(), card.body()
    bar = QColor(theme.current().series[0]).name()
    y = body.top() + 4
    assert drawn.pixelColor(body.left() + 10, y).name() == bar
    assert drawn.pixelColor(body.right() - 10, y).name() != bar


def test_points_have_the_colours_of_their_classes(board: Board) -> None:
    board.show_all([scatter(color=np.array([0, 1, 1]))])
    (card,) = board.cards
    assert isinstance(card, ScatterCard)
    assert card.classes == ("cat", "dog")
    assert card.note == "50% + 25% of variance"
    image = card.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(40, 60)}
    found |= {image.pixelColor(x, y).name() for x in range(12, 40) for y in range(image.height())}
    assert len(found) > 4
    board.show_all([scatter()])
    assert card.marks is None
    card.grab()


def test_numbers_and_tokens_are_told(board: Board) -> None:
    board.show_all([table(), text()])
    numbers, words = board.cards
    assert isinstance(numbers, TableCard)
    assert isinstance(words, TextCard)
    assert numbers._texts == [["1", "-2", "nan"]]
    assert words.lines == ["3 1 2"]
    for card in board.cards:
        card.grab()


def test_cards_are_kept_and_fill_the_board(board: Board) -> None:
    shown = [images(), histogram(), scatter(), table()]
    board.show_all(shown)
    before = list(board.cards)
    board.show_all(shown)
    assert board.cards == before
    room = board.viewport().size()
    for width, height in ((1084, 240), (700, 420), (300, 300)):
        board.resize(width, height)
        QApplication.processEvents()
        room = board.viewport().size()
        rects = [card.geometry() for card in board.cards]
        assert max(rect.right() for rect in rects) == room.width() - 1
        assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])
        assert min(rect.height() for rect in rects) >= 150
    board.show_all(shown[:1])
    assert len(board.cards) == 1
    assert board.cards[0].height() == board.viewport().height()


def test_large_pictures_cost_little(board: Board) -> None:
    pictures = np.random.default_rng(0).random((24, 3, 256, 256), np.float32)
    shown = Shown("m", "ShowImages", "", {"input": pictures}, {"low": 0.0, "high": 1.0})
    board.show_all([shown])
    times = []
    for _ in range(5):
        began = time.perf_counter()
        board.show_all([shown])
        times.append(time.perf_counter() - began)
    assert min(times) < 0.016


def test_monitors_of_a_training_are_drawn(screen: Screen, tmp_path: Path) -> None:
    project = systems.gan(epochs=1, batch_size=64)
    builders.add(project.training, "pictures", "ShowImages", "made")
    builders.connect(project.training, "generate > pictures.input")
    builders.connect(project.training, "data.image > pictures.beside")
    builders.add(project.training, "scores", "ShowHistogram", "scores")
    builders.connect(project.training, "judged > scores")
    panel = SamplesPanel(screen.workspace)
    screen.show(panel)
    screen.workspace.open(project, None, tmp_path)
    session = Session(project, base=tmp_path, folder=tmp_path / "runs")
    screen.workspace.set_session(session)
    session.start()
    screen.bot.waitUntil(lambda: session.state.over, timeout=60_000)
    assert session.join(20)
    screen.bot.waitUntil(lambda: not screen.workspace._poll_timer.isActive())
    assert session.failure is None
    assert panel.board.isVisible()
    assert [card.title for card in panel.board.cards] == ["made", "scores"]
    assert panel.summary.text() == "2 monitors"
    pictures = panel.board.cards[0]
    assert isinstance(pictures, ImagesCard)
    assert len(pictures.groups) == 24
