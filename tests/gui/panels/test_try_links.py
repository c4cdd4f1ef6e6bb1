"""Triples in the Try panel: how true one is, which way leads there, what relations lead to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.panels.try_inputs import CategoryInput
from gui.panels.try_panel import TryPanel
from tests.gui.panels.screen import Screen
from tests.gui.panels.test_try import Open, settle, trained
from tests.runtime.test_knowledge import family

__all__ = ["trained"]


def choose(screen: Screen, panel: TryPanel, **names: str) -> None:
    for port, name in names.items():
        given = panel.inputs[port]
        assert isinstance(given, CategoryInput)
        given.box.setFocus()
        QTest.keyClick(given.box, Qt.Key.Key_Home)
        for _ in range(given.box.findText(name)):
            QTest.keyClick(given.box, Qt.Key.Key_Down)
    settle(screen, panel)


def test_a_way_is_found_and_relations_follow_each_other(
    screen: Screen, trained: Open, tmp_path: Path
) -> None:
    panel = trained(family(tmp_path))
    assert panel.choice.currentText() == "head, relation, tail → transe"
    choose(screen, panel, head="anna", relation="parent", tail="dora")
    said = panel.answer.words.text().splitlines()
    assert said[0].startswith("Of 5 entities as the tail it is number ")
    assert said[1] in (
        "Known: anna —parent→ bert —friend→ dora",
        "Known: anna —friend→ carl —parent→ dora",
    )
    assert said[2:] == ["Reached by known triples:", "    anna —parent→ bert"]
    assert panel.then is not None
    QTest.keyClicks(panel.then.box, "friend")
    settle(screen, panel)
    assert panel.answer.words.text().splitlines()[-1] == "    anna —parent→ bert —friend→ dora"
    choose(screen, panel, head="erik", relation="parent", tail="anna")
    said = panel.answer.words.text().splitlines()
    assert said[1] == "No known triples lead from erik to anna."
    assert said[2] == "No known triples lead on; likely by their score:"
    assert panel.reply is not None
    assert panel.reply.links is not None
    rank = panel.reply.links.rank
    assert 1 <= rank <= 5
    screen.click(panel.another)
    settle(screen, panel)
    assert panel.reply.links is not None
