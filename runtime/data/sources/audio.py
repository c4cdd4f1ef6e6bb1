"""A folder of sounds, one sub-folder per class."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np

from graph.dataspec import AudioOptions, DataPort, DataSpec
from graph.errors import DataError
from runtime.data import audio, folders, streaming
from runtime.data.audio import (
    ENDINGS_OF_SOUNDS,
    list_sounds,
    log_mel,
    read_log_mels,
    read_sounds,
)
from runtime.data.folders import entries_of
from runtime.data.source import Examples
from runtime.data.sources.by_class import FilesByClass, class_folders
from runtime.data.writing import Call, Writer

__all__ = ["Audio"]


@dataclass(frozen=True, kw_only=True)
class Audio(FilesByClass):
    """The sounds' files, and the class of each."""

    name: ClassVar[str] = "audio"
    about: ClassVar[str] = "Sounds from a folder with one sub-folder per class."
    wanted: ClassVar[str] = (
        "a folder with one sub-folder of WAV or FLAC files per class"
    )
    modules: ClassVar[tuple[ModuleType, ...]] = (folders, audio, streaming)
    content: ClassVar[str] = "audio"
    holds: ClassVar[str] = "sounds"
    lists: ClassVar[str] = "list_sounds"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return any(
            file.suffix.lower() in ENDINGS_OF_SOUNDS
            for kind in class_folders(path)[:1]
            for file in entries_of(kind, folders=False)
        )

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        files, names, parts = list_sounds(path)
        return cls(path=path, files=files, names=names, parts=parts)

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["soundfile>=0.12", "scipy>=1.11"]

    def with_options(self, spec: DataSpec) -> DataSpec:
        if spec.audio is not None:
            return spec
        return spec.model_copy(update={"audio": self._measured()})

    def _measured(self) -> AudioOptions:
        """Return options that suit the files: their rate, their length up to 10 s."""
        import soundfile

        rates: Counter[int] = Counter()
        longest = 0.0
        for file in self.files[:: max(1, len(self.files) // 64)]:
            try:
                info = soundfile.info(file)
            except (RuntimeError, TypeError):
                continue  # reading it for training names the file and the fault
            rates[info.samplerate] += 1
            longest = max(longest, info.duration)
        rate = min(16000, rates.most_common(1)[0][0]) if rates else 16000
        rate = max(rate, 1000)
        seconds = math.ceil(min(max(longest, 0.1), 10) * 100) / 100
        frame = 2 ** round(math.log2(rate * 0.032))
        return AudioOptions(
            rate=rate, seconds=seconds, frame=frame, hop=max(1, rate // 100)
        )

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        port = super().fill(port, spec)
        if port.type == "category":
            return port
        options = _options(spec)
        shape: tuple[int, ...] = (1, options.length)
        if options.form == "log_mel":
            if options.length <= options.frame // 2:
                found = f"{options.length} samples, a frame has {options.frame}"
                mend = "Set a longer duration or a shorter frame."
                raise DataError(f"{self.path}: a sound has {found}. {mend}")
            shape = (1, options.mels, options.length // options.hop + 1)
        return port.model_copy(update={"shape": shape, "dtype": "float32"})

    def read_items(
        self, files: Sequence[Path], port: DataPort, spec: DataSpec
    ) -> np.ndarray:
        options = _options(spec)
        if options.form == "waveform":
            return read_sounds(files, options.rate, options.length)
        return read_log_mels(
            files,
            options.rate,
            options.length,
            options.frame,
            options.hop,
            options.mels,
        )

    def examples(self, port: DataPort, spec: DataSpec, limit: int) -> Examples:
        if port.type == "category":
            return super().examples(port, spec, limit)
        options = _options(spec)
        files = self.files[:limit]
        waves = read_sounds(files, options.rate, options.length)
        mels = log_mel(waves, options.rate, options.frame, options.hop, options.mels)
        return Examples(
            texts=tuple(file.name for file in files),
            waves=tuple(waves[:, 0]),
            rate=options.rate,
            images=tuple(_picture(mel[0]) for mel in mels),
        )

    def write_content(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        options = _options(spec)
        shape = (str(options.rate), str(options.length))
        if options.form == "waveform":
            return writer.call("read_sounds", "files", *shape)
        sizes = (str(options.frame), str(options.hop), f"mels={options.mels}")
        return writer.call("read_log_mels", "files", *shape, *sizes)


def _options(spec: DataSpec) -> AudioOptions:
    return spec.audio or AudioOptions()


def _picture(mel: np.ndarray) -> np.ndarray:
    """Return a spectrogram (mels, frames) as grey bytes, low bands at the bottom."""
    low, high = float(mel.min()), float(mel.max())
    return np.round((mel[::-1] - low) / (high - low or 1) * 255).astype(np.uint8)
