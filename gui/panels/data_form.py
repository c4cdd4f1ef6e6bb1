"""The left side of the data panel: the source, how images are read, and the split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from graph.catalog.entry import DEFAULT, Param
from graph.dataspec import DataSpec, Split
from gui.forms import Form
from gui.panels.data_options import OptionForm, ReadAs
from gui.panels.parts import button, heading, hint
from runtime.data.sources import KINDS

__all__ = ["DataForm"]

_SPLIT = (
    Param(
        "kind",
        "choice",
        "random",
        "random: any examples. stratified: the same share of each class in all parts. given: the "
        "parts that the source itself has. ordered: the first ones train, the last ones test.",
        choices=("random", "stratified", "given", "ordered"),
    ),
    Param("validation", "float", 0.1, "Share for watching the training.", low=0.0, high=0.95),
    Param("test", "float", 0.1, "Share that is kept for the end.", low=0.0, high=0.95),
    Param("seed", "int", 0, "Which examples go where.", low=0, high=2**31 - 1),
    Param("column", "str", None, "Column that names the part of each row.", optional=True),
)
_IMAGES = (
    Param(
        "image_size",
        "ints",
        None,
        "Height and width to which images are resized. Empty: as they are.",
        low=1,
        optional=True,
    ),
    Param("grey", "bool", False, "Read colour images as grey."),
)
_MEMORY = (
    Param(
        "memory",
        "float",
        None,
        "GiB that the examples of a port may take; what takes more is read while a network trains. "
        "Empty: half of the machine's memory, 8 at most.",
        low=0.0,
        high=4096.0,
        optional=True,
    ),
)


class DataForm(QWidget):
    """Choices about the whole source. Tells a new description, or a path to be recognised."""

    changed = Signal(object, str)  # DataSpec, what was done
    chosen = Signal(object)  # Path of a file or folder
    digits_chosen = Signal()
    kind_chosen = Signal(str)  # what the same source is to be read as

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = DataSpec()
        self.source = hint()
        digits = button(self.tr("Digits"), self.digits_chosen.emit)
        digits.setToolTip(self.tr("1,797 handwritten digits that are part of this program"))
        file = button(self.tr("File…"), self._ask_file)
        file.setToolTip(self.tr("A table, arrays, records, a text, or triples"))
        folder = button(self.tr("Folder…"), self._ask_folder)
        folder.setToolTip(
            self.tr("IDX files such as MNIST's, or images, sounds, clips or texts by class")
        )
        row = QHBoxLayout()
        row.setSpacing(6)
        for one in (digits, file, folder):
            row.addWidget(one)
        row.addStretch(1)
        self.read_as = ReadAs()
        self.read_as.chosen.connect(self.kind_chosen)
        self.options = OptionForm.all()
        for form in self.options:
            form.changed.connect(self.changed)
        self._image_head = heading(self.tr("Images"))
        self.images = Form(
            _IMAGES, labels={"image_size": self.tr("Resize to"), "grey": self.tr("Grey")}
        )
        self.images.edited.connect(self._set_image)
        self.split = Form(
            _SPLIT,
            labels={
                "kind": self.tr("Kind"),
                "validation": self.tr("Validation"),
                "test": self.tr("Test"),
                "seed": self.tr("Seed"),
                "column": self.tr("Part column"),
            },
        )
        self.split.edited.connect(self._set_split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(6)
        layout.addWidget(heading(self.tr("Source")))
        layout.addLayout(row)
        layout.addWidget(self.source)
        layout.addWidget(self.read_as)
        layout.addWidget(self._image_head)
        layout.addWidget(self.images)
        for form in self.options:
            layout.addWidget(form)
        layout.addWidget(heading(self.tr("Split")))
        layout.addWidget(self.split)
        self.memory = Form(_MEMORY, labels={"memory": self.tr("Memory")})
        self.memory.edited.connect(self._set_memory)
        layout.addWidget(self.memory)
        layout.addStretch(1)

    def show_spec(self, spec: DataSpec) -> None:
        """Show a description."""
        self._spec = spec
        words = {
            "none": self.tr("No data yet. Choose some, or drop a file here."),
            "digits": self.tr("Built-in digits"),
            "idx": self.tr("IDX files in {0}"),
            "npz": self.tr("Arrays of {0}"),
            "csv": self.tr("Table {0}"),
            "images": self.tr("Image folder {0}"),
            "text": self.tr("Text {0}"),
            "triples": self.tr("Triples of {0}"),
            "json": self.tr("Records of {0}"),
            "parquet": self.tr("Records of {0}"),
            "huggingface": self.tr("Dataset {0}"),
            "texts": self.tr("Texts by class in {0}"),
            "series": self.tr("Time series {0}"),
            "audio": self.tr("Sounds by class in {0}"),
            "clips": self.tr("Clips by class in {0}"),
            "pairs": self.tr("Paired images in {0}"),
        }
        self.source.setText(words[spec.source].format(Path(spec.path).name or spec.path))
        self.source.setToolTip(spec.path)
        self.read_as.show_spec(spec)
        for form in self.options:
            form.show_spec(spec)
        has_images = any(port.type in ("image", "clip") for port in spec.ports)
        self._image_head.setVisible(has_images)
        self.images.setVisible(has_images)
        _show(self.images, spec, DataSpec())
        _show(self.split, spec.split, Split())
        self.memory.setVisible(spec.source in KINDS and KINDS[spec.source].can_stream())
        _show(self.memory, spec, DataSpec())
        self.split.fields["column"].setVisible(spec.source == "csv" and spec.split.kind == "given")

    def _set_image(self, name: str, value: Any) -> None:
        if value is DEFAULT:
            value = DataSpec.model_fields[name].default
        if name == "image_size" and value is not None:
            value = (value[0], value[-1])
        self._tell({name: value}, self.tr("Change how images are read"))

    def _set_memory(self, name: str, value: Any) -> None:
        bound = None if value is DEFAULT else value
        self._tell({name: bound}, self.tr("Change the memory that data may take"))

    def _set_split(self, name: str, value: Any) -> None:
        if value is DEFAULT:
            value = Split.model_fields[name].default
        try:
            split = Split(**{**self._spec.split.model_dump(), name: value})
        except ValueError:
            text = self.tr("Validation and test together must leave examples for training.")
            self.split.fields[name].show_error(text)
            return
        self._tell({"split": split}, self.tr("Change the split"))

    def _tell(self, update: dict[str, Any], text: str) -> None:
        self.changed.emit(self._spec.model_copy(update=update), text)

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Choose data"),
            "",
            self.tr("Data (*.csv *.tsv *.npz *.json *.jsonl *.parquet *.txt);;All files (*)"),
        )
        if name:
            self.chosen.emit(Path(name))

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder of data"))
        if name:
            self.chosen.emit(Path(name))


def _show(form: Form, values: Any, defaults: Any) -> None:
    for name, field in form.fields.items():
        value, default = getattr(values, name), getattr(defaults, name)
        field.show_value(DEFAULT if value == default else value, default)
