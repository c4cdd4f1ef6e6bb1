"""The data panel: another source, the split, the ports; what cannot be read is said in place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QComboBox, QLineEdit

from gui.panels.data import DataPanel
from gui.panels.data_views import BalanceBars
from runtime.data import load
from runtime.data.streaming import Streamed
from tests.gui.panels.screen import Screen
from tests.runtime.data.making import write_translations

TABLE = "width,height,kind\n" + "".join(
    f"{i % 7}.5,{i % 5},{'round' if i % 2 else 'square'}\n" for i in range(40)
)


@pytest.fixture
def panel(screen: Screen):
    made = DataPanel(screen.workspace)
    screen.show(made, 900, 500)
    yield made
    made.close_jobs()


def wait_for_preview(screen: Screen, panel: DataPanel) -> None:
    screen.bot.waitUntil(lambda: "examples:" in panel.counts.text(), timeout=20_000)
    screen.settle()


def test_the_first_pictures_are_shown(screen: Screen, panel: DataPanel) -> None:
    wait_for_preview(screen, panel)
    assert len(panel.examples.grid.tiles) == 64
    assert panel.examples.grid.tiles[0].image is not None
    assert panel.examples.grid.tiles[0].caption in "0123456789"
    assert panel.counts.text().startswith("1,797 examples")
    assert panel.examples.grid.isVisible()


def test_a_table_takes_the_place_of_the_digits(
    screen: Screen, panel: DataPanel, tmp_path: Path
) -> None:
    wait_for_preview(screen, panel)
    (tmp_path / "shapes.csv").write_text(TABLE)
    panel.choose(tmp_path / "shapes.csv")
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "csv", timeout=20_000)
    screen.settle()
    screen.bot.waitUntil(lambda: panel.counts.text().startswith("40 examples"), timeout=20_000)
    assert panel.examples.rows.isVisible()
    assert panel.examples.rows.item(0, 0).text() == "0.5"
    names = [port.name for port in screen.workspace.project.data.ports]
    assert names == ["features", "kind"]
    assert screen.workspace.undo.count() == 1
    screen.workspace.undo.undo()
    screen.settle()
    assert screen.workspace.project.data.source == "digits"


def test_what_cannot_be_read_is_said_in_place(
    screen: Screen, panel: DataPanel, tmp_path: Path
) -> None:
    wait_for_preview(screen, panel)
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    panel.choose(tmp_path / "notes.pdf")
    screen.bot.waitUntil(lambda: panel.error.isVisible(), timeout=20_000)
    assert "notes.pdf" in panel.error.text()
    assert screen.workspace.undo.count() == 0


def test_a_file_is_dropped(screen: Screen, panel: DataPanel, tmp_path: Path) -> None:
    wait_for_preview(screen, panel)
    (tmp_path / "shapes.csv").write_text(TABLE)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "shapes.csv"))])
    screen.drop(panel, data)
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "csv", timeout=20_000)
    screen.settle()
    wait_for_preview(screen, panel)


def test_the_split_is_one_edit(screen: Screen, panel: DataPanel) -> None:
    wait_for_preview(screen, panel)
    field = panel.form.split.fields["validation"].editor
    assert isinstance(field, QLineEdit)
    screen.write(field, "0.25")
    screen.bot.waitUntil(lambda: screen.workspace.project.data.split.validation == 0.25)
    screen.settle()
    screen.bot.waitUntil(lambda: "449 to validate" in panel.counts.text(), timeout=20_000)
    screen.workspace.undo.undo()
    screen.settle()
    assert screen.workspace.project.data.split.validation == 0.1
    assert field.text() == ""
    wait_for_preview(screen, panel)


def test_a_split_that_leaves_nothing_is_refused(screen: Screen, panel: DataPanel) -> None:
    wait_for_preview(screen, panel)
    field = panel.form.split.fields["validation"].editor
    assert isinstance(field, QLineEdit)
    screen.write(field, "0.95")
    assert "must leave examples" in panel.form.split.fields["validation"].message.text()
    assert screen.workspace.project.data.split.validation == 0.1


def test_a_renamed_port_takes_its_wires_along(screen: Screen, panel: DataPanel) -> None:
    wait_for_preview(screen, panel)
    panel.tabs.setCurrentIndex(1)
    panel.ports.item(0, 0).setText("picture")
    data = screen.workspace.project.data
    screen.bot.waitUntil(
        lambda: screen.workspace.project.data.ports[0].name == "picture", timeout=20_000
    )
    screen.settle()
    training = screen.workspace.project.training
    node = training.by_kind("Data")[0]
    assert "picture" in {wire.source_port for wire in training.wires_out(node.id)}
    assert screen.workspace.errors() == []
    assert screen.workspace.undo.count() == 1
    screen.workspace.undo.undo()
    screen.settle()
    assert screen.workspace.project.data == data
    assert screen.workspace.errors() == []
    wait_for_preview(screen, panel)


def test_two_ports_cannot_share_a_name(screen: Screen, panel: DataPanel) -> None:
    wait_for_preview(screen, panel)
    panel.ports.item(0, 0).setText("label")
    assert "needs its own name" in panel.error.text()
    assert panel.ports.item(0, 0).text() == "image"


def test_a_number_becomes_a_category(screen: Screen, panel: DataPanel, tmp_path: Path) -> None:
    wait_for_preview(screen, panel)
    (tmp_path / "n.csv").write_text("a,b\n" + "".join(f"{i}.5,{i % 3}\n" for i in range(30)))
    panel.choose(tmp_path / "n.csv")
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "csv", timeout=20_000)
    screen.settle()
    row = panel.ports.rowCount() - 1
    box = panel.ports.cellWidget(row, 1)
    assert isinstance(box, QComboBox)
    wanted = "number" if box.currentText() == "category" else "category"
    box.setCurrentText(wanted)
    box.activated.emit(box.currentIndex())
    screen.bot.waitUntil(
        lambda: screen.workspace.project.data.ports[-1].type == wanted, timeout=20_000
    )
    screen.settle()
    wait_for_preview(screen, panel)


def test_bars_are_as_long_as_their_counts(screen: Screen) -> None:
    bars = BalanceBars()
    screen.show(bars, 400, 60)
    bars.show_balance(("few", "many"), {"train": (10, 100), "validation": (0, 0), "test": (0, 0)})
    image = bars.grab().toImage()
    from gui import theme

    color = theme.current().series[0]

    def length(y: int) -> int:
        return sum(image.pixelColor(x, y).name() == color for x in range(image.width()))

    assert length(11) == pytest.approx(length(33) / 10, abs=2)
    assert length(33) > 100


def test_a_table_is_read_as_a_time_series_with_other_windows(
    screen: Screen, panel: DataPanel, tmp_path: Path
) -> None:
    wait_for_preview(screen, panel)
    assert panel.form.read_as.isHidden()
    (tmp_path / "load.csv").write_text("load\n" + "".join(f"{i % 24}\n" for i in range(400)))
    panel.choose(tmp_path / "load.csv")
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "csv", timeout=20_000)
    screen.settle()
    wait_for_preview(screen, panel)
    box = panel.form.read_as.box
    assert panel.form.read_as.isVisible()
    assert box.currentData() == "csv"
    assert all(form.isHidden() for form in panel.form.options)
    box.setFocus()
    screen.bot.keyClick(box, Qt.Key.Key_Down)
    box.activated.emit(box.currentIndex())
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "series", timeout=20_000)
    screen.settle()
    assert screen.workspace.project.data.split.kind == "ordered"
    form = next(form for form in panel.form.options if form.isVisible())
    window = form.form.fields["window"].editor
    assert isinstance(window, QLineEdit)
    screen.write(window, "12")
    screen.bot.waitUntil(
        lambda: screen.workspace.project.data.ports[0].shape == (12, 1), timeout=20_000
    )
    screen.settle()
    wait_for_preview(screen, panel)
    screen.write(window, "500")
    screen.bot.waitUntil(panel.error.isVisible, timeout=20_000)
    assert "Choose a shorter window" in panel.error.text()
    screen.workspace.undo.undo()
    screen.settle()
    assert screen.workspace.project.data.ports[0].shape == (20, 1)
    wait_for_preview(screen, panel)


def test_pictures_may_take_less_memory(screen: Screen, panel: DataPanel, tmp_path: Path) -> None:
    wait_for_preview(screen, panel)
    field = panel.form.memory.fields["memory"].editor
    assert isinstance(field, QLineEdit)
    assert panel.form.memory.isVisible()
    screen.write(field, "0")
    screen.bot.waitUntil(lambda: screen.workspace.project.data.memory == 0, timeout=20_000)
    screen.settle()
    wait_for_preview(screen, panel)
    loaded = load(screen.workspace.project.data, tmp_path)
    assert isinstance(loaded.columns["image"], Streamed)
    screen.workspace.undo.undo()
    screen.settle()
    assert screen.workspace.project.data.memory is None
    assert field.text() == ""
    (tmp_path / "shapes.csv").write_text(TABLE)
    panel.choose(tmp_path / "shapes.csv")
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "csv", timeout=20_000)
    screen.settle()
    assert panel.form.memory.isHidden()  # a table is read at once
    wait_for_preview(screen, panel)


def test_other_classes_change_the_last_layer_in_the_same_step(
    screen: Screen, panel: DataPanel, tmp_path: Path
) -> None:
    wait_for_preview(screen, panel)
    network = next(iter(screen.workspace.project.networks.values()))

    def sizes() -> list[object]:
        return [node.params.get("out_features") for node in network.by_kind("Linear")]

    before = sizes()
    assert before[-1] == 10
    told: list[tuple[str, str]] = []
    screen.workspace.told.connect(lambda *words: told.append(words))
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for k in range(6):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{k}.png")
    panel.choose(tmp_path / "set")
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "images", timeout=20_000)
    screen.settle()
    assert sizes() == [*before[:-1], 3]
    assert told[0][0] == "info"
    assert "out_features of Linear is 3 now" in told[0][1]
    assert screen.workspace.undo.count() == 1
    screen.workspace.undo.undo()
    screen.settle()
    assert sizes() == before
    wait_for_preview(screen, panel)


def test_one_of_two_texts_is_cut_shorter(screen: Screen, panel: DataPanel, tmp_path: Path) -> None:
    wait_for_preview(screen, panel)
    panel.choose(write_translations(tmp_path / "t.tsv"))
    screen.bot.waitUntil(lambda: screen.workspace.project.data.source == "csv", timeout=20_000)
    screen.settle()
    wait_for_preview(screen, panel)
    form = next(form for form in panel.form.options if form.isVisible())
    names = [form.port.itemText(k) for k in range(form.port.count())]
    assert names == ["All texts", "english", "shsilgne"]
    form.port.setFocus()
    screen.bot.keyClick(form.port, Qt.Key.Key_Down)
    assert form.port.currentText() == "english"
    assert form.form.fields["shared"].isHidden()
    length = form.form.fields["length"].editor
    assert isinstance(length, QLineEdit)
    before = [port.shape for port in screen.workspace.project.data.ports]
    screen.write(length, "3")
    screen.bot.waitUntil(
        lambda: screen.workspace.project.data.ports[0].shape == (3,), timeout=20_000
    )
    screen.settle()
    assert screen.workspace.project.data.ports[1].shape == before[1]
    assert form.port.currentText() == "english"
    assert length.text() == "3"
    screen.write(length, "")
    screen.bot.waitUntil(
        lambda: screen.workspace.project.data.ports[0].shape == before[0], timeout=20_000
    )
    screen.settle()
    assert screen.workspace.project.data.ports[0].text is None
    wait_for_preview(screen, panel)
