"""Tables: CSV files with typed columns. The functions here are exported as they stand."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

__all__ = [
    "MISSING",
    "categories",
    "numbers",
    "parse_number",
    "read_csv",
    "table_parts",
]


#: What stands in a cell that has no value, in lower case.
MISSING = ("", "na", "n/a", "nan", "null", "none", "?")


def read_csv(
    path: str | Path,
    delimiter: str = ",",
    names: Sequence[str] | None = None,
) -> dict[str, list[str]]:
    """Return the cells of a CSV file by column, as text.

    `names` are the columns of a file that has no header. Where tabs separate the cells and
    quotation marks do not come in pairs around them, they are part of the text.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(
            file, delimiter=delimiter, skipinitialspace=True, strict=True
        )
        try:
            rows = [[cell.strip() for cell in line] for line in lines]
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not UTF-8 text; save it as UTF-8") from error
        except csv.Error as error:
            if delimiter != "\t" or "\0" in str(error):
                raise ValueError(f"{path}, line {lines.line_num}: {error}") from error
            file.seek(0)
            plain = file.read().removeprefix("\ufeff").splitlines()
            rows = [[cell.strip() for cell in line.split("\t")] for line in plain]
    while rows and not any(rows[-1]):
        rows.pop()
    first_row = 2 if names is None else 1
    if len(rows) < first_row:
        raise ValueError(f"{path}: the table has no rows")
    header = list(names) if names is not None else rows.pop(0)
    header = [name or f"column_{place}" for place, name in enumerate(header, 1)]
    for place, name in enumerate(header):
        if name in header[:place]:
            raise ValueError(f"{path}: two columns are called {name!r}")
    for number, row in enumerate(rows, first_row):
        if len(row) != len(header):
            cells = f"expected {len(header)} cells, found {len(row)}"
            raise ValueError(f"{path}, row {number}: {cells}")
    return {
        name: list(cells)
        for name, cells in zip(header, zip(*rows, strict=True), strict=True)
    }


def parse_number(cell: str, row: int, column: str) -> float:
    """Return the number that a cell holds."""
    place = f"row {row}, column {column!r}"
    if cell.lower() in MISSING:
        mend = "Fill it in, or remove the row or the column."
        raise ValueError(f"{place}: the value is missing. {mend}")
    try:
        number = float(cell)
    except ValueError:
        mend = "Correct it, or make the column a category."
        raise ValueError(f"{place}: {cell!r:.80} is not a number. {mend}") from None
    if not math.isfinite(number) or abs(number) > 3.4e38:
        mend = "Correct it, or remove the row."
        raise ValueError(f"{place}: {cell:.80} is not finite. {mend}")
    return number


def numbers(
    table: dict[str, list[str]],
    columns: Sequence[str],
    first_row: int = 2,
) -> np.ndarray:
    """Return columns of numbers side by side: (N, k) float64."""
    for column in columns:
        if column not in table:
            raise ValueError(f"there is no column {column!r}; there are: {list(table)}")
    values = [
        [
            parse_number(cell, row, column)
            for row, cell in enumerate(table[column], first_row)
        ]
        for column in columns
    ]
    return np.array(values, dtype=np.float64).T.copy()


def categories(
    table: dict[str, list[str]],
    column: str,
    classes: Sequence[str],
    first_row: int = 2,
) -> np.ndarray:
    """Return the index of each row's class: (N,) int64."""
    if column not in table:
        raise ValueError(f"there is no column {column!r}; there are: {list(table)}")
    index = {name: place for place, name in enumerate(classes)}
    for row, cell in enumerate(table[column], first_row):
        if not cell:
            raise ValueError(f"row {row}, column {column!r}: the value is missing")
        if cell not in index:
            known = f"{cell!r:.80} is none of the classes {list(classes)!r:.200}"
            raise ValueError(f"row {row}, column {column!r}: {known}")
    return np.array([index[cell] for cell in table[column]], dtype=np.int64)


def table_parts(
    table: dict[str, list[str]],
    column: str,
    first_row: int = 2,
) -> np.ndarray:
    """Return each row's part: 0 training, 1 validation, 2 test."""
    if column not in table:
        raise ValueError(f"there is no column {column!r}; there are: {list(table)}")
    kinds = {"train": 0, "training": 0, "test": 2, "testing": 2}
    kinds |= {"val": 1, "valid": 1, "validation": 1}
    for row, cell in enumerate(table[column], first_row):
        if cell.lower() not in kinds:
            wanted = f"expected train, validation or test, found {cell!r:.80}"
            raise ValueError(f"row {row}, column {column!r}: {wanted}")
    return np.array([kinds[cell.lower()] for cell in table[column]])
