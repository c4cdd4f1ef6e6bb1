"""Tables: a CSV file, and what every source with columns of cells has in common."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np

from graph.dataspec import DataPort, DataSpec, Split
from graph.errors import DataError
from runtime.data import table, text
from runtime.data.naming import port_name, skeleton
from runtime.data.sources.tokens import TextColumns
from runtime.data.table import MISSING, categories, numbers, read_csv, table_parts
from runtime.data.transforms import to_whole
from runtime.data.writing import Call, Writer

__all__ = [
    "Csv",
    "cell_type",
    "has_spaces",
    "is_free_text",
    "is_number",
    "is_table",
    "labels_steps",
    "part_column",
    "sniff_csv",
]

#: Larger tables take more memory as text than a desktop has to spare.
MAX_TABLE_BYTES = 2**30
_PART_COLUMNS = ("split", "part", "subset", "partition")
_PART_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation"}


@dataclass(frozen=True, kw_only=True)
class Csv(TextColumns):
    """A CSV file's cells as text, by column."""

    name: ClassVar[str] = "csv"
    about: ClassVar[str] = "Rows of a CSV table."
    wanted: ClassVar[str] = "a CSV file"
    modules: ClassVar[tuple[ModuleType, ...]] = (table, text)
    named_columns: ClassVar[bool] = True

    table: dict[str, list[str]] = field(default_factory=dict)
    delimiter: str = ","
    #: The columns' names where the file has no header.
    header: tuple[str, ...] | None = None

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return path.is_file() and path.suffix.lower() in (
            ".csv",
            ".tsv",
            ".txt",
        )

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        delimiter, header = sniff_csv(path)
        cells = read_csv(path, delimiter, header)
        return cls(path=path, table=cells, delimiter=delimiter, header=header)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.table)

    @property
    def count(self) -> int:
        return max((len(cells) for cells in self.table.values()), default=0)

    @property
    def first_row(self) -> int:
        """The number of the first row of values, counted as spreadsheets do."""
        return 2 if self.header is None else 1

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        """Return numbers side by side as `features`, then categories, the target last.

        The target is the last category, or the last column if all are numbers. Free text is
        what is learned from where the table holds no numbers; else it is left out.
        """
        texts = self._free_text()
        types = {
            name: cell_type(cells)
            for name, cells in self.table.items()
            if name not in (spec.split.column, *texts)
        }
        if "number" not in types.values() and texts:
            # Beside texts of several words, those of one are names and numbers of rows.
            spaced = [name for name in texts if has_spaces(self.table[name])]
            return self._text_ports(spaced or texts, list(types))
        if not types:
            return []
        categories = [name for name in types if types[name] == "category"]
        target = categories[-1] if categories else list(types)[-1]
        numeric = [name for name in types if types[name] == "number" and name != target]
        ports = [skeleton("features", "number", *numeric)] if numeric else []
        for name in [*(name for name in categories if name != target), target]:
            called = port_name(name, [port.name for port in ports])
            ports.append(skeleton(called, types[name], name, scaled=False))
        return ports

    def _text_ports(self, texts: list[str], others: list[str]) -> list[DataPort]:
        """Return columns of text, of labels per step, and of categories, the target last."""
        ports: list[DataPort] = []
        for name in [*texts, *others]:
            kind = "tokens" if name in texts else "category"
            if name != texts[0] and labels_steps(
                self.table[name], self.table[texts[0]]
            ):
                kind = "tags"
            called = port_name(name, [port.name for port in ports])
            ports.append(skeleton(called, kind, name))
        return ports

    def warnings(self, spec: DataSpec) -> list[tuple[str, str | None]]:
        used = {column for port in spec.ports for column in port.columns}
        lost = [column for column in self._free_text() if column not in used]
        message = "The column {!r} is free text and is left out."
        return [
            *super().warnings(spec),
            *((message.format(column), None) for column in lost),
        ]

    def _free_text(self) -> list[str]:
        return [name for name, cells in self.table.items() if is_free_text(cells)]

    def takes_several(self, port: DataPort) -> bool:
        return port.type == "number"

    def classes(self, column: str) -> tuple[str, ...]:
        names = {cell for cell in self.table[column] if cell}
        by_value = all(is_number(name) for name in names)
        return tuple(
            sorted(names, key=lambda name: (float(name) if by_value else 0, name))
        )

    def picture_shape(self, port: DataPort, spec: DataSpec) -> tuple[int, ...]:
        raise DataError(f"The port {port.name!r}: a table holds no pictures.")

    def number_shape(self, port: DataPort) -> tuple[int, ...]:
        return (len(port.columns),)

    def usual_split(self) -> Split:
        column = part_column(self.table)
        if column is not None:
            return Split(kind="given", column=column)
        return super().usual_split()

    def cells(self, column: str) -> Sequence[str]:
        return self.table[column]

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        if port.is_fitted:
            return self.fitted_array(port, spec)
        if port.type == "category":
            column = port.columns[0]
            return categories(self.table, column, port.classes, self.first_row)
        values = numbers(self.table, port.columns, self.first_row)
        return to_whole(values) if port.dtype == "int64" else values

    def thinned(self, step: int, limit: int) -> Self:
        return self  # rows that are left out would shift the numbers of faulty ones

    def texts(self, port: DataPort, spec: DataSpec, limit: int) -> tuple[str, ...]:
        cells = [self.table[column][:limit] for column in port.columns]
        return tuple(", ".join(row) for row in zip(*cells, strict=True))

    def given_parts(self, spec: DataSpec) -> np.ndarray:
        if spec.split.column is None:
            return super().given_parts(spec)
        return table_parts(self.table, spec.split.column, self.first_row)

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        arguments = ["path"]
        if self.delimiter != ",":
            arguments.append(f"delimiter={writer.text_of(self.delimiter)}")
        if self.header is not None:
            arguments.append(f"names={writer.list_of('COLUMNS', self.header)}")
        return [f"    table = {writer.call('read_csv', *arguments)}"]

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        if port.type == "category":
            column = writer.text_of(port.columns[0])
            classes = writer.list_of("CLASSES", port.classes)
            return writer.call("categories", "table", column, classes, *self._first())
        several = len(port.columns) > 1
        columns = writer.list_of("FEATURES" if several else "NUMBERS", port.columns)
        call = writer.call("numbers", "table", columns, *self._first())
        return writer.call("to_whole", str(call)) if port.dtype == "int64" else call

    def write_parts(self, writer: Writer, spec: DataSpec) -> list[str]:
        column = writer.text_of(spec.split.column or "")
        call = writer.call("table_parts", "table", column, *self._first())
        return [f"    parts = {call}"]

    def _first(self) -> list[str]:
        return ["first_row=1"] if self.first_row == 1 else []


def part_column(table: Mapping[str, Sequence[object]]) -> str | None:
    """Return the column that names the part of each row, if there is one."""
    for name, cells in table.items():
        if name.lower() in _PART_COLUMNS:
            found = {str(cell).lower() for cell in cells}
            if found <= _PART_NAMES and len(found) > 1:
                return name
    return None


def is_free_text(cells: Sequence[str]) -> bool:
    """Say whether nearly every row has its own text."""
    different = len(set(cells))
    many = different > 50 and different * 2 > len(cells)
    return many and cell_type(cells) == "category"


def has_spaces(cells: Sequence[str]) -> bool:
    """Say whether most of the texts are more than one word."""
    return sum(" " in cell.strip() for cell in cells) * 2 > len(cells)


def labels_steps(column: Sequence[str], texts: Sequence[str]) -> bool:
    """Say whether a column has one word per word of a text, and few different ones."""
    pairs = zip(column, texts, strict=True)
    counts = [(len(tags.split()), len(words.split())) for tags, words in pairs]
    aligned = max(counts)[0] > 1 and all(tags == words for tags, words in counts)
    tags, words = (
        {word for cell in cells for word in cell.split()} for cells in (column, texts)
    )
    return aligned and len(tags) * 2 <= min(200, len(words))


def cell_type(cells: Sequence[str]) -> str:
    """Return number where most cells that hold something are numbers, else category.

    A table of numbers with a few words in it is a faulty table of numbers, not a category.
    """
    filled = [cell for cell in cells if cell.lower() not in MISSING]
    hits = sum(is_number(cell) for cell in filled)
    return "number" if not filled or hits * 10 >= len(filled) * 8 else "category"


def sniff_csv(path: Path) -> tuple[str, tuple[str, ...] | None]:
    """Return a CSV file's delimiter, and names for its columns if it has no header."""
    if path.stat().st_size > MAX_TABLE_BYTES:
        raise DataError(
            f"{path}: tables of more than 1 GiB are not read. Take fewer rows."
        )
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        text = file.read(65536)
    best: list[list[str]] = []
    chosen = ","
    for delimiter in ",;\t":
        rows = _first_rows(text, delimiter)
        if rows and len(rows[0]) > (len(best[0]) if best else 1):
            best, chosen = rows, delimiter
    best = best or _first_rows(text, chosen)
    if not best or _is_header(best[0], best[1:]):
        return chosen, None
    return chosen, tuple(f"column_{place}" for place in range(1, len(best[0]) + 1))


def is_table(path: Path) -> bool:
    """Say whether a text file is a table: two columns or more, or numbers only."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        text_ = file.read(65536)
    for delimiter in ",;\t":
        rows = _first_rows(text_, delimiter)
        if rows and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows):
            return True
    rows = _first_rows(text_, ",")
    return bool(rows) and all(is_number(cell) for row in rows for cell in row)


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return up to 20 rows, none if the rows differ in length."""
    rows = _quoted_rows(text, delimiter, quoted=True)
    if delimiter == "\t" and len(rows) < 2:
        # Quotation marks can be part of the text; read_csv does the same.
        rows = _quoted_rows(text, delimiter, quoted=False)
    return rows


def _quoted_rows(text: str, delimiter: str, *, quoted: bool) -> list[list[str]]:
    rows: list[list[str]] = []
    lines = text.splitlines(keepends=True)[:200]
    if quoted:
        reader = csv.reader(lines, delimiter=delimiter)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            if len(rows) == 20:
                break
    except csv.Error:
        pass  # reading the whole file says where
    agreeing = sum(len(row) == len(rows[0]) for row in rows)
    return rows if agreeing * 2 > len(rows) else []


def _is_header(first: list[str], below: list[list[str]]) -> bool:
    """Say whether the first row names the columns: no number in it and no name twice."""
    if any(is_number(cell) for cell in first) or not any(first):
        return False
    return not below or len(set(first)) == len(first) or all(first)


def is_number(cell: str) -> bool:
    """Say whether a cell reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
