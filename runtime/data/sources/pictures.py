"""A folder of pictures, one sub-folder per class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np
from PIL import Image

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data import folders, pictures
from runtime.data.folders import class_indices
from runtime.data.naming import skeleton
from runtime.data.pictures import list_images, read_image, read_images
from runtime.data.source import Source
from runtime.data.writing import Call, Writer

__all__ = ["Pictures"]

#: What pictures may take in memory.
MAX_BYTES = 2**33


@dataclass(frozen=True, kw_only=True)
class Pictures(Source):
    """The pictures' files, and the class of each."""

    name: ClassVar[str] = "images"
    about: ClassVar[str] = "Pictures from a folder with one sub-folder per class."
    wanted: ClassVar[str] = "a folder with one sub-folder of pictures per class"
    is_folder: ClassVar[bool | None] = True
    modules: ClassVar[tuple[ModuleType, ...]] = (folders, pictures)
    reads_grey: ClassVar[bool] = True
    decodes_late: ClassVar[bool] = True

    files: Sequence[Path] = ()
    names: Sequence[str] = ()

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return path.is_dir() and any(
            entry.is_dir() and not entry.name.startswith(".")
            for entry in path.iterdir()
        )

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        files, names, parts = list_images(path)
        return cls(path=path, files=files, names=names, parts=parts)

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["pillow>=10.3"]

    @property
    def columns(self) -> tuple[str, ...]:
        return ("image", "label")

    @property
    def count(self) -> int:
        return len(self.files)

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        return [
            skeleton("image", "image", "image"),
            skeleton("label", "category", "label"),
        ]

    def classes(self, column: str) -> tuple[str, ...]:
        return tuple(sorted(set(self.names)))

    def number_shape(self, port: DataPort) -> tuple[int, ...]:
        raise DataError(
            f"The port {port.name!r}: pictures and their classes are not numbers."
        )

    def picture_shape(self, port: DataPort, spec: DataSpec) -> tuple[int, ...]:
        """Return (C, H, W) as stored; colour unless every picture looked at is grey."""
        column = port.columns[0]
        if column != "image":
            raise DataError(f"The port {port.name!r}: {column!r} holds no pictures.")
        height_width = read_image(self.files[0], "L").shape[1:]
        step = max(1, len(self.files) // 64)
        grey = spec.grey or all(_is_grey(file) for file in self.files[::step])
        return (1 if grey else 3, *height_width)

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        if port.type == "category":
            return class_indices(self.names, port.classes)
        needed = 4 * math.prod(port.shape) * self.count
        if needed > MAX_BYTES:
            amount = f"{self.count} pictures of {port.shape} need {needed / 2**30:.0f}"
            mend = "Set a smaller image size, or take fewer pictures."
            raise DataError(
                f"{self.path}: {amount} GiB of memory, at most are 8. {mend}"
            )
        return read_images(self.files, _mode(port), spec.image_size)

    def thinned(self, step: int, limit: int) -> Self:
        keep = slice(None, limit * step, step)
        return replace(self, files=self.files[keep], names=self.names[keep])

    def pictures(self, port: DataPort) -> list[np.ndarray]:
        mode = _mode(port)
        return [read_image(file, mode).astype(np.float32) / 255 for file in self.files]

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        used = {port.columns[0] for port in spec.ports}
        names = "names" if "label" in used else "_"
        parts = "parts" if spec.split.kind == "given" else "_"
        return [f"    files, {names}, {parts} = {writer.call('list_images', 'path')}"]

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        if port.type == "category":
            classes = writer.list_of("CLASSES", port.classes)
            return writer.call("class_indices", "names", classes)
        size = [f"size={spec.image_size}"] if spec.image_size else []
        return writer.call("read_images", "files", f'"{_mode(port)}"', *size)


def _mode(port: DataPort) -> str:
    return "L" if port.shape[0] == 1 else "RGB"


def _is_grey(file: Path) -> bool:
    try:
        with Image.open(file, formats=("PNG", "JPEG", "BMP", "GIF", "WEBP")) as image:
            return image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith(
                "I;"
            )
    except Exception:  # reading it for training names the file and the fault
        return True
