"""How a source of some kind is read: its options as a form, and what else it could be read as."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from graph.catalog.entry import DEFAULT, Param
from graph.dataspec import (
    AudioOptions,
    ClipOptions,
    DataPort,
    DataSpec,
    SeriesOptions,
    TextOptions,
)
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
        #: Of text: which port the options are of.
        self.port = QComboBox()
        self.port.setAccessibleName(self.tr("Text"))
        self.port.activated.connect(lambda: self.show_spec(self._spec))
        layout.addWidget(self.port)
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
        """Show the options of a description, or of one of its texts where they are its own."""
        self._spec = spec
        self.setVisible(getattr(spec, self._name) is not None)
        self._list_ports(spec)
        options = self._options()
        for name, field in self.form.fields.items() if options is not None else ():
            value, default = getattr(options, name), self._model.model_fields[name].default
            field.show_value(DEFAULT if value == default else value, default)
        if "shared" in self.form.fields:
            self.form.fields["shared"].setVisible(self._chosen() is None)

    def _list_ports(self, spec: DataSpec) -> None:
        """Offer the ports of text where there are several that do not share a vocabulary."""
        texts = [port.name for port in spec.ports if port.type == "tokens"]
        several = self._name == "text" and len(texts) > 1
        if spec.text is None or spec.text.shared or not several:
            texts = []
        before = self.port.currentData()
        self.port.clear()
        self.port.addItem(self.tr("All texts"), "")
        for name in texts:
            self.port.addItem(name, name)
        self.port.setCurrentIndex(max(0, self.port.findData(before)))
        self.port.setVisible(bool(texts))

    def _chosen(self) -> DataPort | None:
        name = str(self.port.currentData() or "")
        return self._spec.port(name) if name else None

    def _options(self) -> BaseModel | None:
        port = self._chosen()
        found: BaseModel | None = getattr(self._spec, self._name)
        return found if port is None else self._spec.text_of(port)

    def _set(self, name: str, value: Any) -> None:
        if value is DEFAULT:
            value = self._model.model_fields[name].default
        options = self._options()
        assert options is not None
        try:
            options = self._model.model_validate({**options.model_dump(), name: value})
        except ValidationError as error:
            self.form.fields[name].show_error(str(error.errors()[0]["msg"]))
            return
        self.changed.emit(self._with(options, name), self.tr("Change how the data is read"))

    def _with(self, options: BaseModel, name: str) -> DataSpec:
        """Return the description with other options; texts of another unit get another length."""
        port = self._chosen()
        measured = name in ("unit", "length", "bounds")
        ports = []
        for each in self._spec.ports:
            update: dict[str, object] = {}
            is_own = port is not None and each.name == port.name
            if is_own:
                update["text"] = None if options == self._spec.text else options
            if measured and each.is_fitted and (port is None or is_own or each.type == "tags"):
                update["shape"] = ()
            ports.append(each.model_copy(update=update))
        whole = {} if port is not None else {self._name: options}
        return self._spec.model_copy(update={**whole, "ports": tuple(ports)})


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
