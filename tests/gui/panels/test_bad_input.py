"""Bad input in the window: said in its banner, nothing lost, and the window goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from graph import files
from gui.window import MainWindow
from runtime import examples
from tests.gui.panels.screen import Screen


@pytest.fixture
def hands(qtbot, window: MainWindow) -> Screen:
    return Screen(qtbot, window.workspace)


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """A copy of an example with its table, to be spoilt."""
    examples.copy("iris", tmp_path / "iris.loom")
    return tmp_path / "iris.loom"


def change(path: Path, edit: Callable[[dict], object]) -> None:
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def press_run(window: MainWindow, hands: Screen) -> None:
    hands.settle()
    QTest.mouseClick(window.tool_bar.run, Qt.MouseButton.LeftButton)
    hands.bot.waitUntil(lambda: window.banner.isVisible(), timeout=30_000)
    hands.bot.waitUntil(lambda: not window.running.alive, timeout=30_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ('{"format": "torchloom",\n "version": }', "line 2, column 13"),
        ('{"format": "torchloom", "version": 1000}', "Install a newer version"),
        ("[" * 100_000, "nested too deep"),
        ("\x00\x01", "not valid JSON"),
    ],
)
def test_a_file_that_cannot_be_opened(
    window: MainWindow, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "bad.loom").write_text(text)
    before = window.workspace.project
    assert not window.filing.open(tmp_path / "bad.loom")
    assert window.workspace.project is before
    assert said in window.banner.text.text()
    assert (tmp_path / "bad.loom").read_text() == text


def test_an_unknown_kind_is_shown_reported_and_saved_unchanged(
    window: MainWindow, hands: Screen, iris: Path
) -> None:
    strange = {"id": "z", "kind": "Warp", "params": {"speed": [9, {"float": "inf"}]}, "new": 1}
    change(iris, lambda content: content["networks"][0]["nodes"].append(strange))
    assert window.filing.open(iris)
    hands.settle()
    network = window.workspace.network
    assert network.node("z").kind == "Warp"
    first = window.workspace.analysis.problems_of(network.name, "z")[0]
    assert first.severity == "error"
    assert "'Warp'. Replace or remove it. It is kept and saved unchanged." in first.message
    press_run(window, hands)
    assert "Warp" in window.banner.text.text()
    assert window.workspace.session is None
    assert window.filing.write(iris)
    nodes = json.loads(iris.read_text())["networks"][0]["nodes"]
    assert next(node for node in nodes if node["id"] == "z").items() >= strange.items()


def test_a_cycle_in_a_file_is_named_by_its_path(
    window: MainWindow, hands: Screen, iris: Path
) -> None:
    project = files.load(iris).project
    (network,) = project.networks.values()
    order = [wire for wire in network.wires() if wire.source_port == "output"]
    content = json.loads(iris.read_text())
    first, last = order[0].target, next(n.id for n in network if n.kind == "Output")
    end = next(iter(network.wires_in(last).values())).source
    wires = content["networks"][0]["wires"]
    wires[:] = [wire for wire in wires if wire[2] != first] + [[end, "output", first, "input"]]
    iris.write_text(json.dumps(content))
    assert window.filing.open(iris)
    press_run(window, hands)
    messages = [p.message for p in window.workspace.analysis.errors()]
    assert any("expected a graph without cycles, received the cycle " in m for m in messages)
    assert window.workspace.session is None


def spoil_table(iris: Path, old: str, new: str) -> None:
    path = iris.with_name("iris.csv")
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (lambda iris: iris.with_name("iris.csv").unlink(), "iris.csv"),
        (lambda iris: spoil_table(iris, "5.1,3.5", "5.1,tall"), "'tall' is not a number. Correct"),
        (lambda iris: spoil_table(iris, "5.1,3.5", "5.1,nan"), "the value is missing. Fill it in"),
        (lambda iris: spoil_table(iris, "0.2,setosa", "0.2,tulip"), "'tulip'"),
    ],
    ids=["missing", "text", "nan", "class"],
)
def test_data_that_cannot_be_used_is_told_after_run(
    window: MainWindow,
    hands: Screen,
    iris: Path,
    spoiled: Callable[[Path], object],
    said: str,
) -> None:
    spoiled(iris)
    assert window.filing.open(iris)
    press_run(window, hands)
    assert said in window.banner.text.text()
    assert not any((window.running.folder).glob("*/run.json"))


def test_a_folder_for_runs_that_cannot_be_made(
    window: MainWindow, hands: Screen, tmp_path: Path
) -> None:
    window.running.folder = tmp_path / "file" / "runs"
    (tmp_path / "file").write_text("")
    press_run(window, hands)
    assert "could not be made" in window.banner.text.text()
    window.running.folder = tmp_path / "runs"
    window.banner.hide()
    settings = window.workspace.project.settings.model_copy(update={"epochs": 1})
    window.workspace.project.set_settings(settings)
    hands.settle()
    QTest.mouseClick(window.tool_bar.run, Qt.MouseButton.LeftButton)
    hands.bot.waitUntil(lambda: not window.running.alive, timeout=30_000)
    assert window.workspace.session.state.name == "FINISHED"


def test_saving_where_nothing_can_be_written(
    window: MainWindow, hands: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    (tmp_path / "mine.loom").write_text("old")
    assert not window.filing.write(tmp_path / "mine.loom")
    assert "the disk is full" in window.banner.text.text()
    assert (tmp_path / "mine.loom").read_text() == "old"
    assert [path.name for path in tmp_path.glob("*.tmp")] == []
