"""Text in the Try panel with real keys: a text goes on, is translated, labelled, classified."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph.dataspec import TextOptions
from gui.panels.try_inputs import TextInput
from gui.panels.try_panel import TryPanel
from gui.panels.try_text import MannerInput, Tagged
from runtime.writers import Manner
from tests import builders, systems
from tests.gui.panels.screen import Screen
from tests.gui.panels.test_try import Open, settle, trained
from tests.runtime.test_writers import described, language, tagger, text_port, translation

__all__ = ["trained"]


def _type(screen: Screen, panel: TryPanel, port: str, text: str) -> None:
    given = panel.inputs[port]
    assert isinstance(given, TextInput)
    QTest.keyClick(given.edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(given.edit, text)
    settle(screen, panel)


def test_a_text_goes_on(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(language(tmp_path))
    assert panel.choice.currentText() == "text → model"
    assert panel.answer.words.isVisible()
    _type(screen, panel, "text", "the c")
    manner = panel.manner
    assert manner is not None
    assert len(panel.answer.words.text()) == 205
    assert panel.answer.words.text().startswith("the c")
    assert not panel.remark.isVisible()
    first = panel.answer.words.text()
    screen.click(manner.anew)
    settle(screen, panel)
    assert panel.answer.words.text() != first
    screen.write(manner.fields["length"].editor, "7")
    screen.write(manner.fields["temperature"].editor, "0")
    settle(screen, panel)
    assert manner.manner == Manner(length=7, temperature=0.0, seed=1)
    assert len(panel.answer.words.text()) == 12
    assert not manner.anew.isEnabled(), "nothing is drawn"
    _type(screen, panel, "text", "a zebra, a dog")
    assert panel.remark.isVisible()
    assert panel.remark.text() == (
        "Not in the vocabulary, so read as unknown: 'z', 'b', ','. "
        "Of 14 tokens only the last 10 are read."
    )
    screen.click(panel.another)
    settle(screen, panel)
    assert not panel.remark.isVisible()


def test_what_is_typed_meanwhile_ends_what_is_written(
    screen: Screen, trained: Open, tmp_path: Path
) -> None:
    panel = trained(language(tmp_path))
    assert panel.manner is not None
    screen.write(panel.manner.fields["length"].editor, "1000")
    assert panel._asking.busy
    given = panel.inputs["text"]
    assert isinstance(given, TextInput)
    QTest.keyClicks(given.edit, "a")
    texts: list[str] = []
    panel._asking.done.connect(lambda reply: texts.append(reply.texts[0]))
    settle(screen, panel)
    assert len(texts[0]) < 1000
    assert len(panel.answer.words.text()) == len(given.edit.toPlainText()) + 1000
    screen.write(panel.manner.fields["length"].editor, "999")
    began = time.monotonic()
    panel.close_jobs()
    assert time.monotonic() - began < 0.5
    assert not panel._asking._thread or not panel._asking._thread.is_alive()


def test_a_text_is_translated_by_beams(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(translation(tmp_path))
    assert list(panel.inputs) == ["english"]
    assert panel.answer.headline.text().startswith("german   is ")
    _type(screen, panel, "english", "two five")
    assert panel.answer.words.text() == "zwei fünf"
    assert panel.manner is not None
    screen.write(panel.manner.fields["beams"].editor, "3")
    settle(screen, panel)
    lines = panel.answer.words.text().splitlines()
    assert len(lines) == 3
    assert lines[0].endswith("%  zwei fünf")
    assert not panel.manner.fields["temperature"].isEnabled()
    _type(screen, panel, "english", "seven")
    assert panel.remark.text() == "Not in the vocabulary, so read as unknown: 'seven'."


def test_a_word_has_its_label_below(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(tagger(tmp_path))
    _type(screen, panel, "words", "a cat")
    assert panel.answer.tagged.isVisible()
    assert panel.answer.tagged.pairs == (("a", "det"), ("cat", "noun"))
    _type(screen, panel, "words", "the zebra ran")
    assert "'zebra'" in panel.remark.text()
    assert [word for word, _ in panel.answer.tagged.pairs] == ["the", "zebra", "ran"]


def test_a_text_is_classified(screen: Screen, trained: Open, tmp_path: Path) -> None:
    path = tmp_path / "moods.csv"
    path.write_text("\n".join(["text,mood", *["good fine day,up", "bad sad day,down"] * 30]))
    ports = [text_port("text"), text_port("mood", "category")]
    spec = described(path, "csv", ports, TextOptions(unit="word"))
    layers: tuple[builders.Layer, ...] = (
        ("Embedding", {"num_embeddings": len(spec.ports[0].vocabulary), "embedding_dim": 8}),
        "Flatten",
        ("Linear", {"out_features": 2}),
    )
    project = builders.project(systems.row("reader", "text", layers, "logits"), data=spec, epochs=6)
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "use": ("Network", {"network": "reader"}),
        "loss": "CrossEntropyLoss",
        "optimizer": ("Adam", {"lr": 0.05}),
    }
    wires = ["data.text > use", "use > loss.input", "data.mood > loss.target", "loss > optimizer"]
    systems.draw(project, nodes, wires)
    panel = trained(project)
    _type(screen, panel, "text", "fine good day")
    assert panel.answer.headline.text().startswith("up  ")
    _type(screen, panel, "text", "bad sad night")
    assert panel.answer.headline.text().startswith("down  ")
    assert panel.remark.text() == "Not in the vocabulary, so read as unknown: 'night'."


def test_how_a_text_is_written_is_typed(screen: Screen) -> None:
    manner = MannerInput(Manner())
    screen.show(manner, 420, 160)
    told: list[Manner] = []
    manner.changed.connect(lambda: told.append(manner.manner))
    screen.write(manner.fields["top_k"].editor, "5")
    assert told == [Manner(top_k=5)]
    screen.write(manner.fields["beams"].editor, "0")
    assert told == [Manner(top_k=5)], "there is no beam of width 0"
    assert "from 1 to 16" in manner.fields["beams"].message.text()


@pytest.mark.parametrize("width", [60, 200, 900])
def test_labels_stay_below_their_words_in_any_width(screen: Screen, width: int) -> None:
    tagged = Tagged()
    tagged.show_pairs([("the", "article"), ("extraordinary", "x"), ("sea", "noun"), ("", "none")])
    places = tagged.places(width)
    assert len(places) == 4
    for one, other in itertools.pairwise(places):
        assert not one.intersects(other)
        assert other.top() > one.top() or other.left() > one.right()
    assert all(place.right() < width or place.left() == 0 for place in places)
    assert tagged.heightForWidth(width) > places[-1].bottom()
