"""Paired pictures: two folders with equal names, or pictures of two halves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data import folders, pairs, pictures, streaming
from runtime.data.folders import entries_of, part_folders
from runtime.data.naming import port_name, skeleton
from runtime.data.pairs import list_halves, list_pairs, pair_folders, read_halves
from runtime.data.pictures import ENDINGS, read_image, read_images
from runtime.data.source import Source
from runtime.data.sources.by_class import class_folders
from runtime.data.sources.pictures import all_grey, mode_of, reading
from runtime.data.writing import Call, Writer

__all__ = ["Pairs"]

#: Two folders called so hold pairs; of other names they may be two classes.
_PAIR_NAMES = (
    {"a", "b"},
    {"x", "y"},
    {"input", "target"},
    {"input", "output"},
    {"inputs", "targets"},
    {"source", "target"},
    {"image", "mask"},
    {"images", "masks"},
    {"images", "labels"},
    {"images", "annotations"},
    {"photo", "sketch"},
    {"photos", "sketches"},
    {"clean", "noisy"},
    {"high", "low"},
    {"hr", "lr"},
)


@dataclass(frozen=True, kw_only=True)
class Pairs(Source):
    """The files of both sides; the same files twice where pictures have two halves."""

    name: ClassVar[str] = "pairs"
    about: ClassVar[str] = "Pairs of pictures."
    wanted: ClassVar[str] = (
        "a folder of paired pictures (folders a and b with equal names, or two halves)"
    )
    is_folder: ClassVar[bool | None] = True
    modules: ClassVar[tuple[ModuleType, ...]] = (folders, pictures, pairs, streaming)
    reads_grey: ClassVar[bool] = True
    decodes_late: ClassVar[bool] = True

    sides: tuple[str, str]
    files: tuple[Sequence[Path], Sequence[Path]]
    #: Whether each file holds both pictures, side by side.
    halves: bool = False

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if not path.is_dir():
            return False
        if class_folders(path):
            return {name.lower() for name in pair_folders(path)} in _PAIR_NAMES
        return any(
            file.suffix.lower() in ENDINGS
            for top in part_folders(path)
            for file in entries_of(top, folders=False)
        )

    @classmethod
    def takes(cls, path: Path) -> bool:
        return cls.recognises(path) or (path.is_dir() and bool(pair_folders(path)))

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        if not class_folders(path):
            files, parts = list_halves(path)
            sides = ("left", "right")
            return cls(
                path=path, sides=sides, files=(files, files), halves=True, parts=parts
            )
        names = pair_folders(path)
        if not names:
            wanted = "expected two folders of pictures with equal names, or no folder"
            raise DataError(f"{path}: {wanted}.")
        first, second = sorted(names, key=lambda name: name.lower() in _TARGETS)
        lefts, rights, parts = list_pairs(path, first, second)
        return cls(path=path, sides=(first, second), files=(lefts, rights), parts=parts)

    @classmethod
    def files_at(cls, path: Path) -> Iterable[Path]:
        sides = cls.open(DataSpec(), path).files
        return dict.fromkeys([*sides[0], *sides[1]])

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["pillow>=10.3"]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.sides

    @property
    def count(self) -> int:
        return len(self.files[0])

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        names = ("input", "target") if self.halves else self.sides
        first = port_name(names[0])
        return [
            skeleton(first, "image", self.sides[0]),
            skeleton(port_name(names[1], [first]), "image", self.sides[1]),
        ]

    def _side(self, port: DataPort) -> int:
        return self.sides.index(port.columns[0])

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        self._check_columns(port)
        if port.type != "image":
            message = f"pictures come in pairs, not as {port.type}"
            raise DataError(f"The port {port.name!r}: {message}.")
        return super().fill(port, spec)

    def picture_shape(self, port: DataPort, spec: DataSpec) -> tuple[int, ...]:
        files = self.files[self._side(port)]
        _, height, width = read_image(files[0], "L").shape
        channels = 1 if spec.grey or all_grey(files) else 3
        return (channels, height, width // 2 if self.halves else width)

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        return self.read_items(self.items_of(port), port, spec)

    def items_of(self, port: DataPort) -> Sequence[Path]:
        return self.files[self._side(port)]

    def read_items(
        self, files: Sequence[Path], port: DataPort, spec: DataSpec
    ) -> np.ndarray:
        if self.halves:
            side = self._side(port)
            return read_halves(files, side, mode_of(port), spec.image_size)
        return read_images(files, mode_of(port), spec.image_size)

    def thinned(self, step: int, limit: int) -> Self:
        keep = slice(None, limit * step, step)
        return replace(self, files=(self.files[0][keep], self.files[1][keep]))

    def pictures(self, port: DataPort) -> list[np.ndarray]:
        side, mode = self._side(port), mode_of(port)
        if self.halves:
            return [read_halves([file], side, mode)[0] for file in self.files[side]]
        return [read_images([file], mode)[0] for file in self.files[side]]

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        parts = "parts" if spec.split.kind == "given" else "_"
        if self.halves:
            return [f"    files, {parts} = {writer.call('list_halves', 'path')}"]
        used = {port.columns[0] for port in spec.ports}
        first = "firsts" if self.sides[0] in used else "_"
        second = "seconds" if self.sides[1] in used else "_"
        names = [writer.text_of(side) for side in self.sides]
        call = writer.call("list_pairs", "path", *names)
        return call.assigned(f"{first}, {second}, {parts}")

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        side = self._side(port)
        files, call = ("firsts", "seconds")[side], Call("", ())
        if self.halves:
            files = "files"
            call = writer.call("read_halves", files, str(side), *reading(port, spec))
        else:
            call = writer.call("read_images", files, *reading(port, spec))
        if self.streams(port, spec):
            return writer.call("Streamed", f"lambda {files}: {call}", files)
        return call


#: Of the names above: what is to be predicted.
_TARGETS = (
    *("b", "y", "target", "targets", "output", "mask", "masks", "labels"),
    *("annotations", "photo", "photos", "clean", "high", "hr"),
)
