"""Triples of a knowledge graph, in a file or in one file per part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np
from torch import Tensor

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data import folders, triples
from runtime.data.folders import class_indices
from runtime.data.naming import skeleton
from runtime.data.source import Source, check_memory, fractions
from runtime.data.sources.tables import is_number
from runtime.data.triples import (
    entities_of,
    known_answers,
    list_triple_files,
    read_triples,
    triple_split,
)
from runtime.data.writing import Call, Variable, Writer

__all__ = ["Triples"]

_COLUMNS = ("head", "relation", "tail")
#: What is known to be right beside the triple's own, by the column that is asked for. Not among
#: the usual ports: it has a number for each entity in each example.
_KNOWN = {"known_heads": "head", "known_tails": "tail"}


@dataclass(frozen=True, kw_only=True)
class Triples(Source):
    """Heads, relations and tails by name; heads and tails are of the same entities."""

    name: ClassVar[str] = "triples"
    about: ClassVar[str] = "Triples of a knowledge graph."
    wanted: ClassVar[str] = "a file or a folder of triples"
    is_folder: ClassVar[bool | None] = None
    has_target: ClassVar[bool] = False
    modules: ClassVar[tuple[ModuleType, ...]] = (triples, folders)
    further_columns: ClassVar[tuple[str, ...]] = tuple(_KNOWN)

    names: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if path.is_dir():
            files = [path / "train.txt", path / "train.tsv"]
            return any(file.is_file() and _are_triples(file) for file in files)
        return path.suffix.lower() in (".tsv", ".txt") and _are_triples(path)

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        *names, parts = read_triples(path)
        by_column = dict(zip(_COLUMNS, names, strict=True))
        return cls(path=path, names=by_column, parts=parts)

    @classmethod
    def files_at(cls, path: Path) -> Iterable[Path]:
        return list_triple_files(path).values()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*_COLUMNS, *self.further_columns)

    @property
    def count(self) -> int:
        return len(self.names["head"])

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        return [skeleton(column, "category", column) for column in _COLUMNS]

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        if port.columns and port.type != _type_of(port.columns[0]):
            wanted = f"expected {_type_of(port.columns[0])} for the column {port.columns[0]!r}"
            message = f"{wanted}, received {port.type}"
            raise DataError(f"The port {port.name!r}: {message}.")
        # Entities are those of the data, so that heads and tails keep the same numbers.
        return super().fill(port.model_copy(update={"classes": ()}), spec)

    def classes(self, column: str) -> tuple[str, ...]:
        if column == "relation":
            return tuple(sorted(set(self.names["relation"])))
        return tuple(entities_of(self.names["head"], self.names["tail"]))

    def number_shape(self, port: DataPort) -> tuple[int, ...]:
        return (len(self.classes("head")),)

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        column = port.columns[0]
        if column not in _KNOWN:
            return class_indices(self.names[column], port.classes)
        mend = f"Remove the port {port.name!r}; ranks are then raw."
        check_memory(self.path, self.count, port.shape, mend)
        numbers = {
            name: class_indices(self.names[name], self.classes(name))
            for name in _COLUMNS
        }
        asked, given = _asked(column)
        return known_answers(
            numbers[given], numbers["relation"], numbers[asked], port.shape[0]
        )

    def thinned(self, step: int, limit: int) -> Self:
        return self

    def divide(
        self, spec: DataSpec, arrays: dict[str, np.ndarray]
    ) -> tuple[Tensor, Tensor, Tensor]:
        split = spec.split
        if split.kind == "given":
            return super().divide(spec, arrays)
        if split.kind != "random":
            message = "triples are divided at random, or as their files are"
            raise DataError(f"{self.path}: {message}. Choose another split.")
        heads, relations, tails = (
            class_indices(self.names[column], self.classes(column))
            for column in _COLUMNS
        )
        shares = (split.validation, split.test, split.seed)
        return triple_split(heads, relations, tails, *shares)

    def check_training(
        self, spec: DataSpec, arrays: dict[str, np.ndarray], train: Tensor
    ) -> None:
        """Entities without a training triple are a warning: published sets have them."""

    def warnings(self, spec: DataSpec) -> list[tuple[str, str | None]]:
        rows = self.divide(spec, {})
        seen = self._names_in(rows[0].tolist())
        found: list[tuple[str, str | None]] = []
        for part, chosen in zip(("validation", "test"), rows[1:], strict=True):
            for what, names in self._names_in(chosen.tolist()).items():
                if lost := sorted(names - seen[what]):
                    few = ", ".join(repr(name) for name in lost[:3])
                    more = ", ..." if len(lost) > 3 else ""
                    message = f"{len(lost)} {what} of the {part} part are in no training triple"
                    effect = "nothing is learned about them"
                    found.append((f"{message}, {effect}: {few}{more}.", None))
        kept = self._triples(rows[0].tolist())
        for part, chosen in zip(("validation", "test"), rows[1:], strict=True):
            if both := len(self._triples(chosen.tolist()) & kept):
                message = (
                    f"{both} triples of the {part} part are in the training part too."
                )
                found.append((message, None))
        return found

    def _names_in(self, rows: Sequence[int]) -> dict[str, set[str]]:
        head, relation, tail = (self.names[column] for column in _COLUMNS)
        entities = {names[row] for names in (head, tail) for row in rows}
        return {"entities": entities, "relations": {relation[row] for row in rows}}

    def _triples(self, rows: Sequence[int]) -> set[tuple[str, ...]]:
        columns = [self.names[column] for column in _COLUMNS]
        return {tuple(names[row] for names in columns) for row in rows}

    # -- writing ------------------------------------------------------------------------------

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        parts = "parts" if spec.split.kind == "given" else "_"
        call = writer.call("read_triples", "path")
        lines = [f"    heads, relations, tails, {parts} = {call}"]
        entities = writer.call("entities_of", "heads", "tails")
        lines.append(f"    entities = {entities}")
        lines.append("    kinds = sorted(set(relations))")
        used = {port.columns[0] for port in spec.ports}
        needs_all = spec.split.kind == "random" or not used.isdisjoint(_KNOWN)
        for column in _COLUMNS:
            if column in used or needs_all:
                classes = "kinds" if column == "relation" else "entities"
                call = writer.call("class_indices", f"{column}s", classes)
                lines += call.assigned(column)
        return lines

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        column = port.columns[0]
        if column not in _KNOWN:
            return Variable(column)
        asked, given = _asked(column)
        return writer.call("known_answers", given, "relation", asked, "len(entities)")

    def write_split(self, writer: Writer, spec: DataSpec) -> list[str]:
        if spec.split.kind == "given":
            return super().write_split(writer, spec)
        shares = ", ".join(fractions(spec.split))
        call = writer.call("triple_split", *_COLUMNS, shares)
        return call.assigned("train, validation, test")


def _type_of(column: str) -> str:
    return "number" if column in _KNOWN else "category"


def _asked(column: str) -> tuple[str, str]:
    """Return the column that is asked for, and the other entity, which is given."""
    asked = _KNOWN[column]
    return asked, "tail" if asked == "head" else "head"


def _are_triples(path: Path) -> bool:
    """Say whether the first lines have three names, the outer two of the same kind."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        lines = [line.rstrip("\n").split("\t") for line in islice(file, 1000)]
    rows = [[name.strip() for name in line] for line in lines if any(line)]
    if not rows or any(len(row) != 3 for row in rows):
        return False
    if [name.lower() for name in rows[0]] in (
        ["head", "relation", "tail"],
        ["subject", "predicate", "object"],
        ["h", "r", "t"],
    ):
        return True
    if all(is_number(name) for name in rows[-1]):
        return False
    heads, kinds, tails = (set(column) for column in zip(*rows, strict=True))
    return bool(heads & tails) and len(kinds) * 2 <= max(len(rows), 2)
