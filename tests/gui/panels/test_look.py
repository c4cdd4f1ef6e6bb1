"""Every panel and dialog has room for its words, in both themes and at the sizes people use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QApplication, QDialog

from graph.document import TRAINING
from graph.edits import set_params
from gui import theme
from gui.window import MainWindow
from runtime.examples import find
from tests.gui.look import faults, visit
from tests.gui.panels.screen import Screen

SMALL, USUAL = QSize(1024, 700), QSize(1440, 900)


@pytest.fixture(params=["dark", "light"])
def dressed(
    request: pytest.FixtureRequest, qapp: QApplication, window: MainWindow
) -> Iterator[MainWindow]:
    theme.apply(qapp, request.param)
    yield window
    theme.apply(qapp, "dark")


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=["small", "usual"])
def test_every_panel_has_room_for_its_words(dressed: MainWindow, size: QSize) -> None:
    dressed.open_example(find("cnn"), ask=False)
    assert visit(dressed, size) == []


def test_every_page_of_the_inspector_has_room(dressed: MainWindow) -> None:
    """The widest forms: a recurrent layer, an optimizer, several nodes at once, a block."""
    found: list[str] = []
    dressed.show_sized(SMALL)
    for example, graph in (("gpt", ""), ("gan", TRAINING), ("resnet", "")):
        dressed.open_example(find(example), ask=False)
        workspace = dressed.workspace
        workspace.show_graph(graph or next(iter(workspace.project.networks)))
        by_kind = {node.kind: node.id for node in workspace.network}
        for wanted in [*([node_id] for node_id in by_kind.values()), list(by_kind.values())]:
            workspace.select(wanted)
            QApplication.processEvents()
            found += faults(dressed.inspector)
    assert list(dict.fromkeys(found)) == []


def test_what_is_told_has_room(dressed: MainWindow, qtbot) -> None:
    """Problems with their remedies, a long message, and the marks in the status bar."""
    hands = Screen(qtbot, dressed.workspace)
    dressed.show_sized(SMALL)
    workspace = dressed.workspace
    conv = hands.node("Conv2d")
    workspace.push(set_params(workspace.network, conv, {"in_channels": 7}), "wrong")
    hands.settle()
    text = "Expected a folder of pictures, received one that holds nothing but other folders. "
    dressed.banner.show_message("error", text * 3, "Open the log", lambda: None)
    dressed.show_panel("problems")
    QApplication.processEvents()
    assert dressed.problems.cards
    assert faults(dressed) == []


def seen_dialog(open_dialog: Callable[[], object]) -> list[str]:
    """Open a dialog, look it over, and close it; return what is wrong with it."""
    found: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        QApplication.processEvents()
        found.extend(faults(dialog))
        dialog.reject()
        seen.append(dialog)

    seen: list[QDialog] = []
    QTimer.singleShot(30, look)
    open_dialog()
    assert seen
    return found


def test_every_dialog_has_room_for_its_words(dressed: MainWindow) -> None:
    workspace = dressed.workspace
    workspace.push(set_params(workspace.network, "n2", {}), "nothing")
    tabs = dressed.graph_tabs
    for open_dialog in (
        dressed._about,
        dressed._ask_to_stop,
        lambda: tabs._rename(tabs.names().index("net")),
    ):
        assert seen_dialog(open_dialog) == []


def test_nothing_is_clipped_on_a_screen_with_two_pixels_to_each(tmp_path: Path) -> None:
    env = {**os.environ, "QT_SCALE_FACTOR": "2", "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.look"], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ratio"] == 2.0
    assert told["faults"] == {"dark": [], "light": []}
