"""How a source of some kind is read: its options as a form, and what else it could be read as."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from graph.catalog.entry import DEFAULT, Param
from graph.dataspec import AudioOptions, ClipOptions, DataSpec, SeriesOptions, TextOptions
from gui.forms import Form
from gui.panels.parts import heading

__all__ = ["OptionForm", "ReadAs"]

_MANY = 100_000

#: By the option's name in a description: its class and its fields.
_OPTIONS: dict[str, tuple[type[BaseModel], tuple[Param, ...]]] = {
    "series": (
        SeriesOptions,
        (
            Param("window", "int", 32, "Rows that are looked at.", low=1, high=_MANY),
            Param("horizon", "int", 1, "Rows after them, to be predicted.", low=1, high=_MANY),
            Param("step", "int", 1, "Rows from one window to the next.", low=1, high=_MANY),
        ),
    ),
    "audio": (
        AudioOptions,
        (
            Param("rate", "int", 16000, "Samples per second.", low=1000, high=192_000),
            Param("seconds", "float", 1.0, "Of each sound.", low=0.001, high=600),
            Param(
                "form",
                "choice",
                "log_mel",
                "waveform: samples. log_mel: the energy in bands, over time.",
                choices=("waveform", "log_mel"),
            ),
            Param("mels", "int", 40, "Bands of a spectrogram.", low=1, high=1024),
            Param("frame", "int", 512, "Samples of a frame.", low=16, high=65536),
            Param("hop", "int", 160, "Samples from one frame to the next.", low=1, high=65536),
        ),
    ),
    "clips": (
        ClipOptions,
        (Param("frames", "int", 16, "Chosen evenly from a clip.", low=1, high=4096),),
    ),
    "text": (
        TextOptions,
        (
            Param(
                "unit",
                "choice",
                "word",
                "char: characters. word: words and punctuation. space: what stands between "
                "spaces. bpe: pieces of words, fitted to the training part.",
                choices=("char", "word", "space", "bpe"),
            ),
            Param("size", "int", 10_000, "Most entries of a vocabulary.", low=3, high=200_000),
            Param("lower", "bool", False, "Capitals make no difference."),
            Param(
                "length",
                "int",
                None,
                "Tokens of an example. Empty: the longest text's.",
                low=2,
                high=_MANY,
                optional=True,
            ),
            Param("bounds", "bool", False, "Texts begin with <bos> and end with <eos>."),
            Param("shared", "bool", False, "All columns have one vocabulary."),
        ),
    ),
}

#: Kinds of sources that may be found at the same place; which one is meant, only people know.
_EXCHANGEABLE = (("csv", "series"), ("images", "pairs"))


class OptionForm(QWidget):
    """The options of a description under one name; hidden where it has none."""

    changed = Signal(object, str)  # DataSpec, what was done

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._spec = DataSpec()
        self._model, params = _OPTIONS[name]
        self.form = Form(params, labels=self._labels())
        self.form.edited.connect(self._set)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(heading(self._title()))
        layout.addWidget(self.form)

    def _title(self) -> str:
        return {
            "series": self.tr("Time series"),
            "audio": self.tr("Sounds"),
            "clips": self.tr("Clips"),
            "text": self.tr("Text"),
        }[self._name]

    def _labels(self) -> dict[str, str]:
        return {
            "window": self.tr("Window"),
            "horizon": self.tr("Horizon"),
            "step": self.tr("Step"),
            "rate": self.tr("Rate"),
            "seconds": self.tr("Seconds"),
            "form": self.tr("Form"),
            "mels": self.tr("Bands"),
            "frame": self.tr("Frame"),
            "hop": self.tr("Hop"),
            "frames": self.tr("Frames"),
            "unit": self.tr("Unit"),
            "size": self.tr("Vocabulary"),
            "lower": self.tr("Lower case"),
            "length": self.tr("Length"),
            "bounds": self.tr("Bounds"),
            "shared": self.tr("Shared"),
        }

    @classmethod
    def all(cls) -> list[OptionForm]:
        """Return a form for each kind of options."""
        return [cls(name) for name in _OPTIONS]

    def show_spec(self, spec: DataSpec) -> None:
        """Show the options of a description."""
        self._spec = spec
        options = getattr(spec, self._name)
        self.setVisible(options is not None)
        for name, field in self.form.fields.items() if options is not None else ():
            value, default = getattr(options, name), self._model.model_fields[name].default
            field.show_value(DEFAULT if value == default else value, default)

    def _set(self, name: str, value: Any) -> None:
        if value is DEFAULT:
            value = self._model.model_fields[name].default
        options = getattr(self._spec, self._name)
        try:
            options = self._model.model_validate({**options.model_dump(), name: value})
        except ValidationError as error:
            self.form.fields[name].show_error(str(error.errors()[0]["msg"]))
            return
        spec = self._spec.model_copy(update={self._name: options})
        self.changed.emit(spec, self.tr("Change how the data is read"))


class ReadAs(QWidget):
    """What a source is read as, where it could be of several kinds."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QComboBox()
        self.box.setAccessibleName(self.tr("Read as"))
        self.box.activated.connect(lambda: self.chosen.emit(str(self.box.currentData())))
        label = QLabel(self.tr("Read as"))
        label.setBuddy(self.box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(label)
        layout.addWidget(self.box)

    def show_spec(self, spec: DataSpec) -> None:
        """Show what a description reads its source as."""
        kinds: tuple[str, ...] = next((k for k in _EXCHANGEABLE if spec.source in k), ())
        self.setVisible(bool(kinds))
        self.box.clear()
        for kind in kinds:
            self.box.addItem(_words(kind), kind)
        self.box.setCurrentIndex(self.box.findData(spec.source))


def _words(kind: str) -> str:
    return {
        "csv": QCoreApplication.translate("ReadAs", "Table: a row is an example"),
        "series": QCoreApplication.translate("ReadAs", "Time series: rows follow in time"),
        "images": QCoreApplication.translate("ReadAs", "Images: a folder is a class"),
        "pairs": QCoreApplication.translate("ReadAs", "Pairs: equal names belong together"),
    }[kind]
