"""Sounds, clips and series in the Try panel: an example of the data, or a file of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout

from graph.dataspec import DataPort
from gui.panels.given import Array, FileInput, Given
from gui.panels.parts import button, hint
from gui.panels.pictures import image_of
from gui.panels.strips import Strip, Strips, envelope

__all__ = ["StripInput"]

#: Frames of a clip that are drawn.
_FRAMES = 32


class StripInput(FileInput):
    """A sound, a clip or a window of a series: drawn as in the data, and the way to a file."""

    def __init__(self, port: DataPort, place: Path) -> None:
        super().__init__()
        self._port, self._place = port, place
        self._value: Array = np.zeros((1, *port.shape), np.float32)
        self.strips = Strips(110)
        self.strips.setAccessibleName(port.name)
        row = QHBoxLayout()
        row.setSpacing(6)
        for made in self._buttons():
            row.addWidget(made)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.strips)
        layout.addWidget(hint(self._about()))
        layout.addStretch(1)
        self.show_value(self._value)

    def _buttons(self) -> list[QPushButton]:
        self.open = button(self.tr("Open…"), self._ask_file)
        tips = {
            "audio": self.tr("Take a sound from a WAV or FLAC file"),
            "clip": self.tr("Take a clip from a GIF file"),
            "series": self.tr("Take the last rows of a CSV file"),
        }
        self.open.setToolTip(tips[self._port.type])
        if self._port.type != "clip":
            return [self.open]
        self.folder = button(self.tr("Folder…"), self._ask_folder)
        self.folder.setToolTip(self.tr("Take a clip from a folder of frames"))
        return [self.open, self.folder]

    def _about(self) -> str:
        if self._port.type == "audio":
            return self.tr("Or drop a sound here; it is resampled and cut as the data's are.")
        if self._port.type == "clip":
            return self.tr("Or drop a GIF, or a folder of frames, here.")
        text = self.tr("Or drop a CSV file here: its last {0} rows are taken, of the columns {1}.")
        return text.format(self._port.shape[0], ", ".join(self._port.columns))

    def value(self) -> Given:
        return self._value

    def show_value(self, value: Array, origin: str = "") -> None:
        self._value = np.asarray(value)
        detail = origin or self.tr("of the data")
        self.strips.show_strips([_drawn(self._port, self._value[0], detail)])

    def _ask_file(self) -> None:
        kinds = {
            "audio": self.tr("Sounds (*.wav *.flac *.ogg)"),
            "clip": self.tr("Clips (*.gif)"),
            "series": self.tr("Tables (*.csv *.tsv *.txt)"),
        }
        title = self.tr("Open a file")
        self._choose(
            lambda: QFileDialog.getOpenFileName(
                self, title, str(self._place), kinds[self._port.type]
            )[0]
        )

    def _ask_folder(self) -> None:
        title = self.tr("Open a folder of frames")
        self._choose(lambda: QFileDialog.getExistingDirectory(self, title, str(self._place)))

    def _choose(self, ask: Callable[[], str]) -> None:
        if chosen := ask():
            self.file_chosen.emit(Path(chosen))


def _drawn(port: DataPort, value: Array, detail: str) -> Strip:
    """Return an example (*port.shape) as a strip."""
    if port.type == "series":
        return Strip(port.name, detail, curve=value)
    if port.type == "audio" and value.ndim == 2:
        return Strip(port.name, detail, wave=envelope(value[0]))
    low, high = float(value.min()), float(value.max())
    if port.type == "audio":  # low bands at the bottom
        return Strip(port.name, detail, spectrogram=image_of(value[:, ::-1], low, high))
    frames = value.transpose(1, 0, 2, 3)[:: -(-value.shape[1] // _FRAMES)]
    return Strip(port.name, detail, frames=[image_of(one, 0.0, 1.0) for one in frames])
