"""What sources with a folder of files per class have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data.folders import class_indices, entries_of, part_folders
from runtime.data.naming import skeleton
from runtime.data.source import Source
from runtime.data.writing import Call, Writer

__all__ = ["FilesByClass", "class_folders"]


def class_folders(path: Path) -> list[Path]:
    """Return the folders that would be classes, of all parts; empty for a file."""
    if not path.is_dir():
        return []
    return [
        kind for top in part_folders(path) for kind in entries_of(top, folders=True)
    ]


@dataclass(frozen=True, kw_only=True)
class FilesByClass(Source):
    """Files, or folders that are one example each, and the class of each."""

    is_folder: ClassVar[bool | None] = True
    decodes_late: ClassVar[bool] = True
    #: The column of what the files hold, which is the type of its port too.
    content: ClassVar[str]
    #: What they hold, for messages; and the exported function that lists them.
    holds: ClassVar[str]
    lists: ClassVar[str]

    files: Sequence[Path] = ()
    names: Sequence[str] = ()

    @classmethod
    def files_at(cls, path: Path) -> Iterable[Path]:
        for place in cls.open(DataSpec(), path).files:
            yield from entries_of(place, folders=False) if place.is_dir() else [place]

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.content, "label")

    @property
    def count(self) -> int:
        return len(self.files)

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        return [
            skeleton(self.content, self.content, self.content),
            skeleton("label", "category", "label"),
        ]

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        self._check_columns(port)
        wanted = self.content if port.columns[0] == self.content else "category"
        if port.type != wanted:
            held = "classes" if wanted == "category" else self.holds
            message = f"{held} are of the type {wanted}, not {port.type}"
            raise DataError(f"The port {port.name!r}: {message}.")
        return super().fill(port, spec)

    def classes(self, column: str) -> tuple[str, ...]:
        return tuple(sorted(set(self.names)))

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        if port.type == "category":
            return class_indices(self.names, port.classes)
        return self.read_items(self.files, port, spec)

    def items_of(self, port: DataPort) -> Sequence[Path]:
        return () if port.type == "category" else self.files

    @abstractmethod
    def read_items(
        self, files: Sequence[Path], port: DataPort, spec: DataSpec
    ) -> np.ndarray:
        """Return what files hold: (n, *port.shape)."""

    def thinned(self, step: int, limit: int) -> Self:
        keep = slice(None, limit * step, step)
        return replace(self, files=self.files[keep], names=self.names[keep])

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        used = {port.columns[0] for port in spec.ports}
        files = "files" if self.content in used else "_"
        names = "names" if "label" in used else "_"
        parts = "parts" if spec.split.kind == "given" else "_"
        call = writer.call(self.lists, "path")
        return [f"    {files}, {names}, {parts} = {call}"]

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        if port.type == "category":
            classes = writer.list_of("CLASSES", port.classes)
            return writer.call("class_indices", "names", classes)
        call = self.write_content(port, writer, spec)
        if self.streams(port, spec):
            return writer.call("Streamed", f"lambda files: {call}", "files")
        return call

    @abstractmethod
    def write_content(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        """Return the expression of what the files hold."""
