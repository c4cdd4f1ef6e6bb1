"""The runs panel lists what was trained, and opens it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.panels.runs import RunsPanel
from runtime.runs import Epoch, Run
from tests.gui.panels.screen import Screen


@pytest.fixture
def panel(screen: Screen, tmp_path: Path):
    run = Run.create(screen.workspace.project, tmp_path / "runs", seed=1)
    for epoch in (1, 2):
        values = {"train": {"loss": 1.0 / epoch}, "validation": {"loss": 2.0, "accuracy": 0.5}}
        run.record_epoch(Epoch(epoch, values))
    run.record_steps({"train/loss": (np.arange(1.0, 21.0), np.linspace(1, 0, 20))})
    run.finish("finished", test={"accuracy": 0.75})
    (tmp_path / "runs" / "torn").mkdir()
    (tmp_path / "runs" / "torn" / "run.json").write_text("{")
    made = RunsPanel(screen.workspace, tmp_path / "runs")
    screen.show(made)
    screen.bot.waitUntil(lambda: made.table.rowCount() == 2, timeout=10_000)
    yield made
    made.close_jobs()


def row_of(panel: RunsPanel, state: str) -> int:
    return next(i for i, info in enumerate(panel.runs) if info.state == state)


def click_row(panel: RunsPanel, row: int) -> None:
    rect = panel.table.visualItemRect(panel.table.item(row, 0))
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())


def test_runs_are_listed_with_what_came_of_them(panel: RunsPanel) -> None:
    row = row_of(panel, "finished")
    assert "accuracy 0.75" in panel.table.item(row, 5).text()
    broken = row_of(panel, "broken")
    assert panel.table.item(broken, 1).text() == "cannot be read"
    assert not panel.curves.isEnabled()


def test_a_broken_run_cannot_be_opened(panel: RunsPanel) -> None:
    click_row(panel, row_of(panel, "broken"))
    assert not panel.project.isEnabled()
    click_row(panel, row_of(panel, "finished"))
    assert panel.project.isEnabled()


def test_curves_of_a_run_come_back(screen: Screen, panel: RunsPanel) -> None:
    click_row(panel, row_of(panel, "finished"))
    with screen.bot.waitSignal(panel.curves_asked, timeout=10_000) as caught:
        screen.click(panel.curves)
    _, series, per_epoch = caught.args
    assert per_epoch == 10
    assert len(series["train/loss"][0]) == 20
    assert list(series["validation/accuracy"][0]) == [10, 20]


def test_the_project_of_a_run_comes_back(screen: Screen, panel: RunsPanel) -> None:
    click_row(panel, row_of(panel, "finished"))
    with screen.bot.waitSignal(panel.project_asked, timeout=10_000) as caught:
        screen.click(panel.project)
    project, _ = caught.args
    assert list(project.networks) == ["net"]
    assert project is not screen.workspace.project
