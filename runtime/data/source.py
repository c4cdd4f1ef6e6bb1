"""What a data description points at, read from disk and not yet transformed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from graph.dataspec import DataSpec
from graph.errors import DataError
from runtime.data.digits import read_digits
from runtime.data.idx import read_idx
from runtime.data.npz import read_npz
from runtime.data.pictures import list_images
from runtime.data.table import read_csv

__all__ = ["Source", "is_number", "locate", "open_source", "sniff_csv"]

#: Larger tables take more memory as text than a desktop has to spare.
MAX_TABLE_BYTES = 2**30


@dataclass(frozen=True)
class Source:
    """Examples as they are stored, by column.

    Which of the fields are filled depends on the source: `arrays` for digits, IDX and NPZ,
    `table` for CSV, `files` and `names` for folders of pictures.
    """

    path: Path
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    table: dict[str, list[str]] = field(default_factory=dict)
    delimiter: str = ","
    #: The columns' names where the file has no header.
    header: tuple[str, ...] | None = None
    files: Sequence[Path] = ()
    #: The class of each picture.
    names: Sequence[str] = ()
    #: Each example's part where the source divides them: 0 train, 1 validation, 2 test.
    parts: np.ndarray | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the source's columns."""
        if self.files:
            return ("image", "label")
        return tuple(self.table or self.arrays)

    @property
    def count(self) -> int:
        """How many examples there are."""
        columns: Sequence[Sequence[object] | np.ndarray]
        columns = [self.files, *self.table.values(), *self.arrays.values()]
        return max((len(column) for column in columns), default=0)

    @property
    def first_row(self) -> int:
        """The number of a table's first row of values, counted as spreadsheets do."""
        return 2 if self.header is None else 1


def locate(spec: DataSpec, base: Path) -> Path:
    """Return the file or folder of a description; DataError if it is not there."""
    if not spec.path:
        raise DataError("No file or folder is chosen for the data. Choose one.")
    path = base / Path(spec.path).expanduser()
    if not path.exists():
        message = (
            f"The data is missing: there is no file or folder {path}. Choose it again."
        )
        raise DataError(message)
    wants_folder = spec.source in ("idx", "images")
    if path.is_dir() != wants_folder:
        wanted = "a folder" if wants_folder else "a file"
        raise DataError(
            f"{path}: expected {wanted} for a source of kind {spec.source}."
        )
    return path


def open_source(spec: DataSpec, base: Path) -> Source:
    """Read what `spec` points at; for pictures only the list of files.

    Raises DataError, ValueError or OSError (see :mod:`runtime.data.faults`).
    """
    source = _open(spec, base)
    if not source.count:
        raise DataError(f"{source.path}: the data is empty, there is no example in it.")
    return source


def _open(spec: DataSpec, base: Path) -> Source:
    if spec.source == "none":
        raise DataError("No data is chosen. Choose a source in the data panel.")
    if spec.source == "digits":
        images, labels = read_digits()
        return Source(Path("digits"), arrays={"image": images, "label": labels})
    path = locate(spec, base)
    if spec.source == "idx":
        images, labels, parts = read_idx(path)
        return Source(path, arrays={"image": images, "label": labels}, parts=parts)
    if spec.source == "npz":
        arrays, parts = read_npz(path)
        return Source(path, arrays=arrays, parts=parts)
    if spec.source == "images":
        files, names, parts = list_images(path)
        return Source(path, files=files, names=names, parts=parts)
    delimiter, header = sniff_csv(path)
    table = read_csv(path, delimiter, header)
    return Source(path, table=table, delimiter=delimiter, header=header)


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


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return up to 20 rows, none if the rows differ in length."""
    rows = []
    reader = csv.reader(text.splitlines(keepends=True)[:200], delimiter=delimiter)
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
