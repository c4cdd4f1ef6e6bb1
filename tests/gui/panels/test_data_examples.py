"""First examples as they are looked at: waves, frames, tokens, triples as a graph."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from graph.dataspec import DataSpec
from gui.panels import data_examples
from gui.panels.data_examples import ExamplesView, example_strips, example_tokens, look_at
from gui.panels.strips import envelope
from gui.panels.token_flow import TokenFlow, Tokens, visible
from gui.panels.triple_graph import TripleGraph, place
from runtime.data import from_path
from tests.gui.panels.screen import Screen
from tests.runtime.data.making import (
    write_clips,
    write_prose,
    write_series,
    write_sounds,
    write_table,
    write_tagged,
    write_triples,
)


@pytest.fixture
def view(screen: Screen) -> ExamplesView:
    made = ExamplesView()
    screen.show(made, 700, 300)
    return made


def shown(screen: Screen, view: ExamplesView, spec: DataSpec, folder: Path) -> None:
    view.show_look(look_at(spec, folder))
    screen.settle()


def colors(widget: object) -> set[int]:
    """Return the colours that a widget is painted in."""
    image = widget.grab().toImage()  # type: ignore[attr-defined]
    places = [(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
    return {image.pixel(x, y) for x, y in places}


def test_sounds_have_a_wave_and_a_spectrogram(
    screen: Screen, view: ExamplesView, tmp_path: Path
) -> None:
    shown(screen, view, from_path(write_sounds(tmp_path / "set")), tmp_path)
    assert view.strips.isVisible()
    assert len(view.strips.strips) == 12
    strip = view.strips.strips[0]
    assert (strip.caption, strip.detail) == ("high", "0.wav")
    assert strip.wave is not None
    assert strip.wave.min() == pytest.approx(-0.5, abs=0.01)
    assert strip.spectrogram is not None
    assert view.strips.height() == 12 * view.strips.row
    assert len(colors(view.strips)) > 20


def test_an_envelope_keeps_the_peaks() -> None:
    wave = np.zeros(5000, np.float32)
    wave[1234], wave[4999] = 0.75, -0.5
    found = envelope(wave, 600)
    assert found.shape == (2, 556)
    assert (found.min(), found.max()) == (-0.5, 0.75)
    assert found[1, 1234 // 9] == 0.75
    assert found[0, -1] == -0.5
    np.testing.assert_array_equal(envelope(wave[:3]), np.zeros((2, 3)))


def test_clips_are_strips_of_frames(screen: Screen, view: ExamplesView, tmp_path: Path) -> None:
    spec = from_path(write_clips(tmp_path / "set"))
    shown(screen, view, spec, tmp_path)
    assert view.strips.isVisible()
    strip = view.strips.strips[0]
    assert strip.caption == "left"
    assert len(strip.frames) == 16
    assert (strip.frames[0].width(), strip.frames[0].height()) == (8, 6)
    assert len(colors(view.strips)) > 20


def test_windows_of_a_series_are_curves(tmp_path: Path) -> None:
    spec = from_path(write_series(tmp_path / "sales.csv"))
    strips = example_strips(look_at(spec, tmp_path)[0])
    assert strips[0].curve is not None
    assert spec.series is not None
    assert strips[0].curve.shape == (spec.series.window, 2)


def test_tokens_are_set_apart(screen: Screen, view: ExamplesView, tmp_path: Path) -> None:
    shown(screen, view, from_path(write_prose(tmp_path / "t.txt")), tmp_path)
    assert view.tokens.isVisible()
    chips = view.tokens.chips()
    words = [word for _, word in chips[:65]]
    assert len(view.tokens.texts[0].tokens) == 65
    assert "\u2423" in words
    rects = [rect for rect, _ in chips]
    assert not any(a.intersects(b) for a, b in itertools.pairwise(rects))
    assert max(rect.right() for rect in rects) <= view.tokens.width()
    before = view.tokens.height()
    view.resize(400, 300)
    screen.settle()
    assert view.tokens.height() > before


def test_labels_stand_beneath_their_words(
    screen: Screen, view: ExamplesView, tmp_path: Path
) -> None:
    spec = from_path(write_tagged(tmp_path / "t.csv"))
    texts = example_tokens(look_at(spec, tmp_path)[0])
    assert [text.lead for text in texts[:2]] == ["words", "tags"]
    assert len(texts[0].tokens) == len(texts[1].tokens)
    assert set(texts[1].tokens) == {"WORD", "NUM"}


def test_the_class_of_a_text_follows_it() -> None:
    assert visible(" ") == "\u2423"
    assert visible("a\tb") == "a\u21e5b"
    flow = TokenFlow()
    flow.show_texts([Tokens(["one", "<unk>"], label="good")])
    assert flow.heightForWidth(60) > flow.heightForWidth(500)
    flow.deleteLater()


def test_triples_are_a_graph(screen: Screen, view: ExamplesView, tmp_path: Path) -> None:
    shown(screen, view, from_path(write_triples(tmp_path / "set")), tmp_path)
    assert view.graph.isVisible()
    names = set(view.graph.placed.places)
    assert names == {f"town {k}" for k in range(8)}
    assert view.graph.placed.arrows["town 0", "town 1"] == ("west of",)
    inside = view.graph.rect().toRectF()
    rects = [view.graph.entity_rect(name) for name in names]
    assert all(inside.contains(rect) for rect in rects)
    assert len(colors(view.graph)) > 5


@pytest.mark.parametrize(
    "triples",
    [
        [("a", "is", "a")],
        [("a", "is", "b"), ("b", "is", "a"), ("c", "is", "d")],
        [("a", "is", "b"), ("a", "was", "b")],
        [(f"hub {k % 2}", "has", f"leaf {k}") for k in range(60)],
    ],
)
def test_any_triples_are_drawn(screen: Screen, triples: list[tuple[str, str, str]]) -> None:
    placed = place(triples)
    assert 1 <= len(placed.places) <= 11
    assert all(0 <= part <= 1 for at in placed.places.values() for part in at)
    widget = TripleGraph()
    screen.show(widget, 500, 250)
    widget.show_graph(placed)
    assert len(colors(widget)) > 3
    if len(triples) == 2:
        assert placed.arrows == {("a", "b"): ("is", "was")}


def test_numbers_are_a_table(screen: Screen, view: ExamplesView, tmp_path: Path) -> None:
    shown(screen, view, from_path(write_table(tmp_path / "t.csv")), tmp_path)
    assert view.rows.isVisible()
    assert view.rows.rowCount() == 30
    view.say("Reading", "")
    assert view.empty.isVisible()


def test_the_layout_is_made_where_the_data_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    original: Callable[..., object] = data_examples.place
    monkeypatch.setattr(
        data_examples, "place", lambda triples: made.append(len(triples)) or original(triples)
    )
    look = look_at(from_path(write_triples(tmp_path / "set")), tmp_path)
    assert look[1] is not None
    assert made == [24]
