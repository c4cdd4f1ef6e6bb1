"""A folder of pictures, one sub-folder per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np
from PIL import Image

from graph.dataspec import DataPort, DataSpec
from runtime.data import folders, pictures, streaming
from runtime.data.pictures import FORMATS, list_images, read_image, read_images
from runtime.data.sources.by_class import FilesByClass, class_folders
from runtime.data.writing import Call, Writer

__all__ = ["Pictures", "all_grey", "mode_of", "reading"]


@dataclass(frozen=True, kw_only=True)
class Pictures(FilesByClass):
    """The pictures' files, and the class of each."""

    name: ClassVar[str] = "images"
    about: ClassVar[str] = "Pictures from a folder with one sub-folder per class."
    wanted: ClassVar[str] = "a folder with one sub-folder of pictures per class"
    modules: ClassVar[tuple[ModuleType, ...]] = (folders, pictures, streaming)
    reads_grey: ClassVar[bool] = True
    content: ClassVar[str] = "image"
    holds: ClassVar[str] = "pictures"
    lists: ClassVar[str] = "list_images"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return bool(class_folders(path))

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        files, names, parts = list_images(path)
        return cls(path=path, files=files, names=names, parts=parts)

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["pillow>=10.3"]

    def picture_shape(self, port: DataPort, spec: DataSpec) -> tuple[int, ...]:
        """Return (C, H, W) as stored; colour unless every picture looked at is grey."""
        height_width = read_image(self.files[0], "L").shape[1:]
        return (1 if spec.grey or all_grey(self.files) else 3, *height_width)

    def read_items(
        self, files: Sequence[Path], port: DataPort, spec: DataSpec
    ) -> np.ndarray:
        return read_images(files, mode_of(port), spec.image_size)

    def pictures(self, port: DataPort) -> list[np.ndarray]:
        mode = mode_of(port)
        return [read_image(file, mode).astype(np.float32) / 255 for file in self.files]

    def write_content(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        return writer.call("read_images", "files", *reading(port, spec))


def mode_of(port: DataPort) -> str:
    """Return Pillow's name for the colours of a port of pictures or clips."""
    return "L" if port.shape[0] == 1 else "RGB"


def reading(port: DataPort, spec: DataSpec) -> list[str]:
    """Return the arguments of a call that reads pictures, as written."""
    size = [f"size={spec.image_size}"] if spec.image_size else []
    return [f'"{mode_of(port)}"', *size]


def all_grey(files: Sequence[Path]) -> bool:
    """Say whether all pictures are grey, of up to 64 that are looked at."""
    return all(_is_grey(file) for file in files[:: max(1, len(files) // 64)])


def _is_grey(file: Path) -> bool:
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.mode == "P":
                colours = np.array(image.getpalette("RGB")).reshape(-1, 3)
                return bool((colours == colours[:, :1]).all())
            mode = image.mode.partition(";")[0]
            return mode in ("1", "L", "LA", "I", "F")
    except Exception:  # reading it for training names the file and the fault
        return True
