"""The window as a whole: run, stop, open, save, close; by keys and clicks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from graph import files
from graph.dataspec import DataPort, DataSpec
from graph.document import TRAINING, Project
from graph.edits import SetSettings, remove_nodes, set_params
from gui import theme
from gui.exporting import folder_name, target
from gui.filing import new_project
from gui.running import RunProblem
from gui.window import MainWindow
from runtime.control import State
from runtime.examples import find
from tests import builders
from tests.gui.panels.screen import Screen

NO_MODIFIER = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def hands(qtbot, window: MainWindow) -> Screen:
    return Screen(qtbot, window.workspace)


def long_training(window: MainWindow) -> None:
    """Let the training go on until it is stopped."""
    settings = window.workspace.project.settings.model_copy(update={"epochs": 10_000})
    window.workspace.push(SetSettings(settings), "long")
    window.workspace.update()


def run(window: MainWindow, hands: Screen) -> None:
    """Press Run and wait for the first point of the curve."""
    QTest.mouseClick(window.tool_bar.run, Qt.MouseButton.LeftButton)
    hands.bot.waitUntil(
        lambda: any(len(c.raw) for c in window.training.loss.curves.values()), timeout=20_000
    )


def end(window: MainWindow, hands: Screen) -> None:
    hands.bot.waitUntil(lambda: not window.running.alive, timeout=30_000)
    assert window.workspace.session is not None
    assert window.workspace.session.join(20)
    hands.bot.waitUntil(lambda: not window.workspace._poll_timer.isActive())


def answer(monkeypatch: pytest.MonkeyPatch, button: QMessageBox.StandardButton) -> list[str]:
    """Answer every question with a button; return the questions."""
    asked: list[str] = []

    def exec_(box: QMessageBox) -> QMessageBox.StandardButton:
        asked.append(box.text())
        return button

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    return asked


# -- training -----------------------------------------------------------------------------------


def test_one_click_trains_to_the_end(window: MainWindow, hands: Screen) -> None:
    settings = window.workspace.project.settings.model_copy(update={"epochs": 40})
    window.workspace.push(SetSettings(settings), "longer")
    window.show_panel("welcome")
    run(window, hands)
    assert window.training.isVisible()
    assert not window.actions_.run.isEnabled()
    end(window, hands)
    hands.bot.waitUntil(window.actions_.run.isEnabled)
    assert "Finished" in window.tool_bar.progress.text.text()
    assert window.runs.folder.is_dir()


def test_pause_resume_step_and_stop_by_keys(window: MainWindow, hands: Screen) -> None:
    long_training(window)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F5)
    session = window.workspace.session
    assert session is not None
    hands.bot.waitUntil(lambda: session.telemetry.progress.step > 2, timeout=20_000)
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    hands.bot.waitUntil(lambda: window.running.paused, timeout=10_000)
    hands.bot.waitUntil(lambda: window.actions_.pause.text() == "Resume")
    before = session.telemetry.progress.step
    QTest.keyClick(window.canvas, Qt.Key.Key_F10)
    hands.bot.waitUntil(
        lambda: session.telemetry.progress.step == before + 1 and window.running.paused,
        timeout=10_000,
    )
    QTest.keyClick(window.training, Qt.Key.Key_Space)
    hands.bot.waitUntil(lambda: session.telemetry.progress.step > before + 2, timeout=10_000)
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    end(window, hands)
    assert session.state.name == "STOPPED"


def test_space_in_a_field_does_not_pause(window: MainWindow, hands: Screen) -> None:
    long_training(window)
    run(window, hands)
    window.palette_.field.setFocus()
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Space)
    QTest.keyClick(window.palette_.field, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert window.running.alive
    assert not window.running.paused
    QTest.mouseClick(
        window.tool_bar.widgetForAction(window.tool_bar.actions()[3]), Qt.MouseButton.LeftButton
    )
    end(window, hands)


def test_problems_keep_it_from_training(window: MainWindow, hands: Screen) -> None:
    network = window.workspace.network
    window.workspace.push(remove_nodes(network, [hands.node("Flatten")]), "break")
    QTest.mouseClick(window.tool_bar.run, Qt.MouseButton.LeftButton)
    assert window.workspace.session is None
    assert window.problems.isVisible()
    assert "keeps this from training" in window.banner.text.text()
    assert window.docks["problems"].windowTitle() == "Problems (2)"
    window.workspace.undo.undo()
    hands.settle()
    assert window.docks["problems"].windowTitle() == "Problems"


def test_a_loss_that_is_no_number_pauses_and_shows_the_node(
    window: MainWindow, hands: Screen
) -> None:
    edit = set_params(
        window.workspace.project.training,
        window.workspace.project.training.by_kind("Adam")[0].id,
        {"lr": 1e30},
    )
    window.workspace.push(edit, "far too fast")
    QTest.mouseClick(window.tool_bar.run, Qt.MouseButton.LeftButton)
    hands.bot.waitUntil(lambda: window.banner.isVisible(), timeout=30_000)
    assert window.workspace.session is not None
    assert window.workspace.session.state is State.PAUSED
    assert window.workspace.session.failure is not None
    assert window.workspace.session.failure.node in window.workspace.network
    assert window.banner.text.text() == window.workspace.session.failure.message
    hands.bot.waitUntil(
        lambda: window.workspace.session.failure.message in window.log.text.toPlainText()
    )
    window.running.stop()
    end(window, hands)


def failing(folder: Path) -> Project:
    """A project whose embedding has too few rows for the words in its data."""
    lines = [f"{i % 10},{i % 3}.5" for i in range(200)]
    (folder / "words.csv").write_text("\n".join(["word,y", *lines]) + "\n")
    layers: list[builders.Layer] = [
        ("to", {"dtype": "int64"}),
        ("Embedding", {"num_embeddings": 5, "embedding_dim": 3}, "the words"),
        "Flatten",
        ("Linear", {"out_features": 1}),
    ]
    word = DataPort(name="word", type="number", columns=("word",), shape=(1,))
    number = DataPort(name="y", type="number", columns=("y",), shape=(1,))
    data = DataSpec(source="csv", path="words.csv", ports=(word, number))
    return builders.trained(builders.chain(layers, source="word"), data=data)


def test_the_node_at_which_a_run_failed_is_marked(
    window: MainWindow, hands: Screen, tmp_path: Path
) -> None:
    workspace = window.workspace
    workspace.open(failing(tmp_path), None, tmp_path)
    hands.settle()
    assert workspace.errors() == []
    QTest.mouseClick(window.tool_bar.run, Qt.MouseButton.LeftButton)
    hands.bot.waitUntil(lambda: workspace.failed is not None, timeout=30_000)
    end(window, hands)
    card = window.canvas.canvas_scene.nodes["n2"]
    assert workspace.selection == ("n2",)
    assert card.content.severity == "error"
    told = [problem.message for problem in window.canvas.canvas_scene.problems_of("n2")]
    assert told == [workspace.session.failure.message]
    assert "index out of range" in told[0]
    assert window.docks["problems"].windowTitle() == "Problems (1)"
    assert workspace.errors() == []  # nothing keeps it from being tried again
    workspace.push(set_params(workspace.network, "n2", {"num_embeddings": 10}), "enough rows")
    hands.settle()
    assert card.content.severity == ""
    assert window.docks["problems"].windowTitle() == "Problems"


def test_the_mark_goes_with_the_project(window: MainWindow, tmp_path: Path) -> None:
    workspace = window.workspace
    workspace.open(failing(tmp_path), None, tmp_path)
    workspace.set_failed(RunProblem("net", "n2", "the words", "It broke."))
    assert window.canvas.canvas_scene.nodes["n2"].content.severity == "error"
    workspace.open(failing(tmp_path), None, tmp_path)
    assert window.canvas.canvas_scene.nodes["n2"].content.severity == ""


# -- the document and the canvas ------------------------------------------------------------------


def test_the_canvas_and_the_inspector_agree(window: MainWindow, hands: Screen) -> None:
    conv = hands.node("Conv2d")
    window.canvas.select([conv])
    assert window.workspace.selection == (conv,)
    assert window.inspector.page is not None
    window.workspace.select([])
    assert window.canvas.selected == []


def test_tabs_choose_the_graph(window: MainWindow, hands: Screen) -> None:
    bar = window.graph_tabs.bar
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(1).center())
    assert window.canvas.network is window.workspace.project.training
    window.workspace.show_graph("net")
    assert bar.currentIndex() == 0
    assert window.canvas.network is window.workspace.project.networks["net"]


def test_networks_are_added_renamed_and_removed(window: MainWindow, hands: Screen) -> None:
    hands.click(window.graph_tabs.add)
    assert window.workspace.graph == "network1"
    window.graph_tabs.rename("network1", "decoder")
    hands.settle()
    assert window.graph_tabs.names() == ["net", "decoder", TRAINING]
    assert window.workspace.graph == "decoder"
    window.graph_tabs.rename("decoder", "net")
    assert "taken" in window.banner.text.text()
    window.graph_tabs.remove("decoder")
    hands.settle()
    assert window.workspace.graph == "net"
    for _ in range(3):
        window.workspace.undo.undo()
        hands.settle()
    assert window.graph_tabs.names() == ["net", TRAINING]
    assert window.graph_tabs.bar.count() == 2


def test_a_network_opens_from_the_training_graph(window: MainWindow, hands: Screen) -> None:
    window.workspace.show_graph(TRAINING)
    window.canvas.node_activated.emit(hands.node("Network"))
    assert window.workspace.graph == "net"


def test_undo_and_redo_by_keys(window: MainWindow, hands: Screen) -> None:
    conv = hands.node("Conv2d")
    window.workspace.push(set_params(window.workspace.network, conv, {"out_channels": 3}), "x")
    assert window.actions_.undo.isEnabled()
    window.canvas.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, control)
    assert window.workspace.network.node(conv).params["out_channels"] == 8
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert window.workspace.network.node(conv).params["out_channels"] == 3
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, control)
    QTest.keyClick(window.canvas, Qt.Key.Key_Y, control)
    assert window.workspace.network.node(conv).params["out_channels"] == 3


# -- files ----------------------------------------------------------------------------------------


def change(window: MainWindow) -> None:
    network = window.workspace.network
    conv = network.by_kind("Conv2d")[0].id
    window.workspace.push(set_params(network, conv, {"out_channels": 3}), "change")


def test_saving_takes_the_mark_away(window: MainWindow, tmp_path: Path) -> None:
    assert not window.isWindowModified()
    change(window)
    assert window.isWindowModified()
    assert window.filing.write(tmp_path / "mine.loom")
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("mine.loom")
    assert window.filing.recent() == [tmp_path / "mine.loom"]
    found = files.load(tmp_path / "mine.loom").project
    assert found.networks["net"].by_kind("Conv2d")[0].params["out_channels"] == 3


def test_changes_are_asked_about(
    window: MainWindow, hands: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = QMessageBox.StandardButton
    before = window.workspace.project
    asked = answer(monkeypatch, buttons.Cancel)
    window.filing.new()
    assert asked == []  # nothing to lose yet
    assert window.workspace.project is not before
    before = window.workspace.project
    window.workspace.push(SetSettings(before.settings.model_copy(update={"seed": 5})), "change")
    window.filing.new()
    assert len(asked) == 1
    assert window.workspace.project is before
    answer(monkeypatch, buttons.Discard)
    window.filing.new()
    assert window.workspace.project is not before


def test_a_new_project_leads_to_data_and_to_a_training(window: MainWindow, hands: Screen) -> None:
    window.actions_.new.trigger()
    hands.settle()
    assert window.status.saved.text() == "New"
    assert window.data.isVisible()
    window.data._choose_digits()
    hands.bot.waitUntil(lambda: len(window.workspace.project.training) > 0, timeout=10_000)
    hands.settle()
    assert window.inspector.setup.training.supervised.form is not None
    window.workspace.undo.undo()  # data and training graph came as one change
    hands.settle()
    assert window.workspace.project.data.source == "none"
    assert len(window.workspace.project.training) == 0


def test_a_panel_behind_another_waits(window: MainWindow, hands: Screen) -> None:
    window.show_panel("data")
    hands.settle()
    assert not window.code.seen
    before = window.code.view.toPlainText()
    conv = hands.node("Conv2d")
    window.workspace.push(set_params(window.workspace.network, conv, {"out_channels": 5}), "five")
    hands.settle()
    assert window.code.view.toPlainText() == before
    window.show_panel("code")
    hands.settle()
    assert window.code.seen
    assert not window.data.seen
    assert "nn.Conv2d(1, 5, 3)" in window.code.view.toPlainText()


def test_the_status_bar_says_what_the_project_is(
    window: MainWindow, hands: Screen, tmp_path: Path
) -> None:
    window.open_example(find("cnn"), ask=False)
    assert window.status.saved.text() == "Example"
    change(window)
    assert window.status.saved.text() == "Unsaved changes"
    assert window.filing.write(tmp_path / "mine.loom")
    assert window.status.saved.text() == "Saved"


def test_the_whole_network_stays_in_view_until_it_is_moved(window: MainWindow) -> None:
    canvas = window.canvas
    window.resize(1500, 900)
    QApplication.processEvents()
    before = canvas.zoom
    window.resize(1100, 900)
    QApplication.processEvents()
    assert canvas.zoom < before
    shown = canvas.mapToScene(canvas.viewport().rect()).boundingRect()
    assert shown.contains(canvas.canvas_scene.content_rect())
    canvas.zoom_by(1.5)
    chosen = canvas.zoom
    window.resize(1300, 900)
    QApplication.processEvents()
    assert canvas.zoom == chosen


def test_an_example_is_opened_with_its_data(window: MainWindow, hands: Screen) -> None:
    assert window.open_example(find("iris"))
    assert window.workspace.path is None
    window.show_panel("data")
    hands.bot.waitUntil(lambda: window.data.counts.text().startswith("150"), timeout=20_000)
    assert window.data.examples.rows.rowCount() == 64


def test_a_saved_example_finds_its_data(window: MainWindow, tmp_path: Path) -> None:
    assert window.open_example(find("iris"))
    assert window.filing.write(tmp_path / "iris.loom")
    data = files.load(tmp_path / "iris.loom").project.data
    assert Path(data.path).is_absolute()
    assert Path(data.path).is_file()


def test_a_card_of_the_welcome_page_opens_an_example(window: MainWindow, hands: Screen) -> None:
    window.show_panel("welcome")
    QApplication.processEvents()
    card = next(c for c in window.welcome.cards if c.example.name == "xor")
    hands.click(card)
    assert list(window.workspace.project.networks) == ["xor"]


def test_a_file_is_dropped_on_the_window(window: MainWindow, hands: Screen, tmp_path: Path) -> None:
    files.save(new_project(), tmp_path / "dropped.loom")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "dropped.loom"))])
    hands.drop(window, data)
    assert window.workspace.path == tmp_path / "dropped.loom"


def test_a_file_that_is_none_is_told(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "bad.loom").write_text("not json")
    before = window.workspace.project
    assert not window.filing.open(tmp_path / "bad.loom")
    assert window.workspace.project is before
    assert "bad.loom" in window.banner.text.text()


def test_an_export_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    assert folder_name("My net (2).loom") == "my-net-2"
    assert folder_name("…") == "exported"
    assert target(tmp_path, "net") == tmp_path
    (tmp_path / "letter.txt").write_text("dear")
    assert target(tmp_path, "net") == tmp_path / "net"
    (tmp_path / "train.py").write_text("")
    assert target(tmp_path, "net") == tmp_path


def test_dialogs_begin_where_the_user_has_files(window: MainWindow, tmp_path: Path) -> None:
    window.open_example(find("iris"), ask=False)
    assert "examples" not in window.workspace.place.parts
    assert window.filing.write(tmp_path / "mine.loom")
    assert window.workspace.place == tmp_path


def test_exporting_is_told(window: MainWindow, hands: Screen, tmp_path: Path) -> None:
    window.exporting.export_to(tmp_path / "out")
    hands.bot.waitUntil(lambda: "files were written" in window.banner.text.text(), timeout=30_000)
    assert (tmp_path / "out" / "train.py").is_file()


# -- closing --------------------------------------------------------------------------------------


def test_closing_ends_a_training_without_freezing(
    window: MainWindow, hands: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, QMessageBox.StandardButton.Yes)
    settings = window.workspace.project.settings.model_copy(update={"epochs": 10_000})
    window.workspace.project.set_settings(settings)
    window.workspace.update()
    run(window, hands)
    session = window.workspace.session
    assert session is not None
    window.close()
    assert window.isVisible()  # it waits for the thread, alive
    hands.bot.waitUntil(lambda: not window.isVisible(), timeout=20_000)
    assert asked == ["Stop the training and close? What it has learned so far is kept."]
    assert session.join(0)
    assert session.state.name == "STOPPED"


def test_closing_with_changes_can_be_cancelled(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(window)
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    assert not window.close()
    QApplication.processEvents()
    assert window.isVisible()
    assert len(asked) == 1


# -- looks ----------------------------------------------------------------------------------------


def test_the_theme_is_switched_and_kept(window: MainWindow, hands: Screen) -> None:
    from PySide6.QtCore import QSettings

    assert theme.current().dark
    window.actions_.theme.trigger()
    assert not theme.current().dark
    assert QSettings().value("window/theme") == "light"
    window.actions_.theme.trigger()
    assert theme.current().dark


def test_the_layout_comes_back(window: MainWindow) -> None:
    window.docks["log"].setFloating(True)
    window.docks["palette"].hide()
    window.actions_.restore.trigger()
    QApplication.processEvents()
    assert not window.docks["log"].isFloating()
    assert window.docks["palette"].isVisible()


def test_the_layout_is_remembered(window: MainWindow, qtbot, tmp_path: Path) -> None:
    """Moved, closed, resized: the next window stands as this one was left."""
    area = Qt.DockWidgetArea
    window.addDockWidget(area.RightDockWidgetArea, window.docks["palette"])
    window.docks["runs"].close()
    window.show_panel("code")
    QApplication.processEvents()
    window.resize(1180, 760)
    window.workspace.undo.setClean()
    assert window.close()
    other = MainWindow(tmp_path / "runs")
    qtbot.addWidget(other)
    other.take_layout()
    other.show()
    QApplication.processEvents()
    assert other.dockWidgetArea(other.docks["palette"]) == area.RightDockWidgetArea
    assert other.docks["runs"].isHidden()
    assert other.height() == window.height()  # the screen of the tests is narrow
    assert not other.docks["code"].visibleRegion().isEmpty()
    other.actions_.restore.trigger()
    QApplication.processEvents()
    assert other.dockWidgetArea(other.docks["palette"]) == area.LeftDockWidgetArea
    assert not other.docks["runs"].isHidden()
