"""Sources that are arrays by name: the embedded digits, IDX files, NumPy archives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Self

import numpy as np

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data import digits, folders, idx, npz, streaming
from runtime.data.folders import class_indices
from runtime.data.naming import LABEL_NAMES, port_name, skeleton
from runtime.data.source import Source
from runtime.data.transforms import (
    resize,
    to_images,
    to_labels,
    to_numbers,
    to_whole,
)
from runtime.data.writing import Call, Writer

__all__ = ["ArraySource", "Digits", "Idx", "Npz"]

#: Whole numbers up to here may be classes; beyond they are taken as numbers.
_MAX_CLASSES = 1000


@dataclass(frozen=True, kw_only=True)
class ArraySource(Source):
    """Arrays by column, each with one entry per example."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.arrays)

    @property
    def count(self) -> int:
        return max((len(array) for array in self.arrays.values()), default=0)

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        types = {name: _array_type(name, array) for name, array in self.arrays.items()}
        usable = [name for name in self.arrays if types[name]]
        targets = [name for name in usable if name.lower() in LABEL_NAMES]
        targets = targets or [name for name in usable if types[name] == "category"][-1:]
        ordered = [name for name in usable if name not in targets] + targets
        ports: list[DataPort] = []
        for name in ordered:
            kind = types[name]
            shown = {"image": "image", "category": "label"}.get(kind, name)
            shown = shown if list(types.values()).count(kind) == 1 else name
            called = port_name(shown, (port.name for port in ports))
            ports.append(skeleton(called, kind, name, scaled=name not in targets))
        return ports

    def classes(self, column: str) -> tuple[str, ...]:
        array = self.arrays[column]
        if array.dtype.kind == "U":
            return tuple(sorted(set(array.reshape(-1).tolist())))
        if array.dtype.kind not in "bui":
            raise DataError(
                f"{self.path}: {column!r} holds {array.dtype}, expected labels."
            )
        low, high = int(array.min()), int(array.max())
        if high >= 10 * _MAX_CLASSES:
            raise DataError(
                f"{self.path}: {column!r} has the label {high}: too many classes."
            )
        first = 1 if low == 1 else 0
        return tuple(str(label) for label in range(first, max(high, 0) + 1))

    def picture_shape(self, port: DataPort, spec: DataSpec) -> tuple[int, ...]:
        shape = to_images(self.arrays[port.columns[0]][:1]).shape[1:]
        if spec.grey and shape[0] > 1:
            message = "only folders of pictures are read as grey; switch it off."
            raise DataError(f"{self.path}: {message}")
        return shape

    def number_shape(self, port: DataPort) -> tuple[int, ...]:
        column = port.columns[0]
        array = self.arrays[column]
        if array.dtype.kind not in "buif":
            raise DataError(
                f"{self.path}: {column!r} holds {array.dtype}, expected numbers."
            )
        return array.shape[1:] or (1,)

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        array = self.arrays[port.columns[0]]
        if port.type == "category":
            if array.dtype.kind == "U":
                return class_indices(array.reshape(-1).tolist(), port.classes)
            return to_labels(array, len(port.classes))
        if port.type == "image":
            return self.read_items(range(len(array)), port, spec)
        values = to_numbers(array)
        return to_whole(values) if port.dtype == "int64" else values

    def items_of(self, port: DataPort) -> Sequence[Any]:
        # As they are stored, pictures take a quarter of what they take as numbers.
        return range(self.count) if port.type == "image" else ()

    def read_items(
        self, items: Sequence[Any], port: DataPort, spec: DataSpec
    ) -> np.ndarray:
        array = self.arrays[port.columns[0]]
        whole = isinstance(items, range) and len(items) == len(array)
        images = to_images(array if whole else array[list(items)])
        return resize(images, spec.image_size) if spec.image_size else images

    def thinned(self, step: int, limit: int) -> Self:
        keep = slice(None, limit * step, step)
        arrays = {name: array[keep] for name, array in self.arrays.items()}
        return replace(self, arrays=arrays)

    def pictures(self, port: DataPort) -> list[np.ndarray]:
        return list(to_images(self.arrays[port.columns[0]]))

    def array_text(self, column: str, writer: Writer) -> str:
        """Return the name of a column's array in a script."""
        return {"image": "images", "label": "labels"}[column]

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        column = port.columns[0]
        array = self.array_text(column, writer)
        if port.type == "category":
            if self.arrays[column].dtype.kind == "U":
                classes = writer.list_of("CLASSES", port.classes)
                return writer.call("class_indices", f"{array}.reshape(-1)", classes)
            return writer.call("to_labels", array, str(len(port.classes)))
        if port.type == "image":
            streams, size = self.streams(port, spec), spec.image_size
            call = writer.call("to_images", f"{array}[rows]" if streams else array)
            call = writer.call("resize", str(call), str(size)) if size else call
            if streams:
                call = writer.call(
                    "Streamed", f"lambda rows: {call}", f"range(len({array}))"
                )
            return call
        call = writer.call("to_numbers", array)
        return writer.call("to_whole", str(call)) if port.dtype == "int64" else call


def _array_type(name: str, array: np.ndarray) -> str:
    """Return image, number or category, or nothing for an array of another kind."""
    kind = array.dtype.kind
    if array.ndim == 1 and kind == "U":
        return "category"
    if kind not in "buif":
        return ""
    if array.ndim == 4 and (array.shape[1] in (1, 3, 4) or array.shape[3] in (1, 3, 4)):
        return "image"
    if array.ndim == 3 and (kind == "u" or array.shape[1] == array.shape[2]):
        return "image"
    single = array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)
    if single and kind in "ui" and array.max() < _MAX_CLASSES:
        return (
            "category" if array.min() >= 0 or name.lower() in LABEL_NAMES else "number"
        )
    return "number"


def _images_and_labels(spec: DataSpec) -> str:
    """Return the variables of a pair of arrays, those without a port as _."""
    used = {port.columns[0] for port in spec.ports}
    images = "images" if "image" in used else "_"
    return f"{images}, {'labels' if 'label' in used else '_'}"


@dataclass(frozen=True, kw_only=True)
class Digits(ArraySource):
    """The digits that scikit-learn carries."""

    name: ClassVar[str] = "digits"
    about: ClassVar[str] = "The handwritten digits that scikit-learn carries."
    embedded: ClassVar[bool] = True
    modules: ClassVar[tuple[ModuleType, ...]] = (digits, streaming)

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        images, labels = digits.read_digits()
        return cls(path=path, arrays={"image": images, "label": labels})

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["scikit-learn>=1.4"]

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        return [f"    {_images_and_labels(spec)} = {writer.call('read_digits')}"]


@dataclass(frozen=True, kw_only=True)
class Idx(ArraySource):
    """A folder of IDX files."""

    name: ClassVar[str] = "idx"
    about: ClassVar[str] = "Images and labels from IDX files, as MNIST is distributed."
    wanted: ClassVar[str] = "a folder with IDX files"
    is_folder: ClassVar[bool | None] = True
    modules: ClassVar[tuple[ModuleType, ...]] = (idx, streaming)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return path.is_dir() and any("idx3" in entry.name for entry in path.iterdir())

    @classmethod
    def files_at(cls, path: Path) -> Iterable[Path]:
        return [file for pair in idx.idx_pairs(path).values() for file in pair]

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        images, labels, parts = idx.read_idx(path)
        return cls(path=path, arrays={"image": images, "label": labels}, parts=parts)

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        parts = "parts" if spec.split.kind == "given" else "_"
        call = writer.call("read_idx", "path")
        return [f"    {_images_and_labels(spec)}, {parts} = {call}"]


@dataclass(frozen=True, kw_only=True)
class Npz(ArraySource):
    """A NumPy archive."""

    name: ClassVar[str] = "npz"
    about: ClassVar[str] = "Examples from a NumPy archive."
    wanted: ClassVar[str] = "an NPZ file"
    modules: ClassVar[tuple[ModuleType, ...]] = (npz, folders, streaming)
    named_columns: ClassVar[bool] = True

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return path.is_file() and path.suffix.lower() == ".npz"

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        arrays, parts = npz.read_npz(path)
        return cls(path=path, arrays=arrays, parts=parts)

    def array_text(self, column: str, writer: Writer) -> str:
        return f"arrays[{writer.text_of(column)}]"

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        parts = "parts" if spec.split.kind == "given" else "_"
        return [f"    arrays, {parts} = {writer.call('read_npz', 'path')}"]
