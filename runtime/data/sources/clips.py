"""A folder of clips, one sub-folder per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np

from graph.dataspec import ClipOptions, DataPort, DataSpec
from runtime.data import clips, folders, pictures, streaming
from runtime.data.clips import list_clips, read_clip, read_clips
from runtime.data.folders import entries_of
from runtime.data.pictures import ENDINGS, opened_image
from runtime.data.source import Examples
from runtime.data.sources.by_class import FilesByClass, class_folders
from runtime.data.sources.pictures import all_grey, mode_of, reading
from runtime.data.writing import Call, Writer

__all__ = ["Clips"]


@dataclass(frozen=True, kw_only=True)
class Clips(FilesByClass):
    """The clips' files or folders, and the class of each."""

    name: ClassVar[str] = "clips"
    about: ClassVar[str] = "Clips from a folder with one sub-folder per class."
    wanted: ClassVar[str] = (
        "a folder with one sub-folder per class of GIF files or folders of frames"
    )
    modules: ClassVar[tuple[ModuleType, ...]] = (folders, pictures, clips, streaming)
    reads_grey: ClassVar[bool] = True
    content: ClassVar[str] = "clip"
    holds: ClassVar[str] = "clips"
    lists: ClassVar[str] = "list_clips"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        kinds = class_folders(path)
        return len(kinds) > 1 and all(_holds_clips(kind) for kind in kinds)

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        files, names, parts = list_clips(path)
        return cls(path=path, files=files, names=names, parts=parts)

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["pillow>=10.3"]

    def with_options(self, spec: DataSpec) -> DataSpec:
        if spec.clips is not None:
            return spec
        return spec.model_copy(update={"clips": ClipOptions()})

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        port = super().fill(port, spec)
        if port.type == "category":
            return port
        frames = _frames(spec)
        size = spec.image_size or read_clip(self.files[0], 1, "L").shape[2:]
        firsts = [_first_frame(place) for place in self.files]
        channels = 1 if spec.grey or all_grey(firsts) else 3
        shape = (channels, frames, *size)
        return port.model_copy(update={"shape": shape, "dtype": "float32"})

    def read_items(
        self, files: Sequence[Path], port: DataPort, spec: DataSpec
    ) -> np.ndarray:
        return read_clips(files, _frames(spec), mode_of(port), spec.image_size)

    def examples(self, port: DataPort, spec: DataSpec, limit: int) -> Examples:
        if port.type == "category":
            return super().examples(port, spec, limit)
        files = self.files[:limit]
        found = [read_clip(place, _frames(spec), mode_of(port)) for place in files]
        shown = [one[:, 0] if one.shape[1] == 1 else one for one in found]
        frames = [
            one if one.ndim == 3 else np.ascontiguousarray(one.transpose(0, 2, 3, 1))
            for one in shown
        ]
        return Examples(
            texts=tuple(file.name for file in files),
            frames=tuple(frames),
            images=tuple(one[len(one) // 2] for one in frames),
        )

    def write_content(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        frames = str(_frames(spec))
        return writer.call("read_clips", "files", frames, *reading(port, spec))


def _frames(spec: DataSpec) -> int:
    return (spec.clips or ClipOptions()).frames


def _first_frame(place: Path) -> Path:
    inside = entries_of(place, folders=False) if place.is_dir() else []
    frames = (file for file in inside if file.suffix.lower() in ENDINGS)
    return next(frames, place)


def _holds_clips(kind: Path) -> bool:
    """Say whether a class has folders of pictures, or moving pictures."""
    inside = entries_of(kind, folders=True)
    if inside:
        return _first_frame(inside[0]) != inside[0]
    files = [file for file in entries_of(kind, folders=False) if file.suffix == ".gif"]
    try:
        with opened_image(files[0]) as image:
            return getattr(image, "n_frames", 1) > 1
    except (IndexError, ValueError):
        return False
