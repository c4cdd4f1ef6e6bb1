"""A time series: a table whose rows follow one another in time, cut into windows."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np
from torch import Tensor

from graph.dataspec import DataPort, DataSpec, SeriesOptions, Split
from graph.errors import DataError
from runtime.data import series, table
from runtime.data.naming import port_name, skeleton
from runtime.data.series import (
    cut_horizon,
    cut_windows,
    scale_windows,
    series_split,
    window_starts,
)
from runtime.data.source import Examples, Source, check_memory
from runtime.data.sources.tables import Csv, cell_type, is_number, sniff_csv
from runtime.data.splits import part_sizes
from runtime.data.table import numbers, read_csv
from runtime.data.writing import Call, Writer

__all__ = ["Series"]

#: Columns called so, growing from row to row, say when and not what.
_TIMES = (
    *("date", "time", "year", "quarter", "month", "week", "day"),
    *("hour", "minute", "second"),
)
#: Rows of a window unless it is set, or the series is short.
_WINDOW = 32


@dataclass(frozen=True, kw_only=True)
class Series(Source):
    """The cells of a table as text, and the first rows of its windows."""

    name: ClassVar[str] = "series"
    about: ClassVar[str] = "Windows of a time series, and what follows each."
    wanted: ClassVar[str] = "a CSV file whose first column is a date or time"
    modules: ClassVar[tuple[ModuleType, ...]] = (table, series)
    named_columns: ClassVar[bool] = True

    table: dict[str, list[str]] = field(default_factory=dict)
    delimiter: str = ","
    header: tuple[str, ...] | None = None
    options: SeriesOptions
    starts: np.ndarray
    #: How many rows are in the training part.
    train_rows: int = 0

    @classmethod
    def takes(cls, path: Path) -> bool:
        return Csv.recognises(path)

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if not cls.takes(path):
            return False
        try:
            delimiter, header = sniff_csv(path)
            cells = read_csv(path, delimiter, header)
        except (ValueError, DataError, OSError):
            return False  # read as a plain table, it is told what is wrong
        name, first = next(iter(cells.items()))
        others = [column for column in cells if column != name]
        return (
            header is None
            and _is_time(name, first)
            and bool(others)
            and all(cell_type(cells[column]) == "number" for column in others)
        )

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        delimiter, header = sniff_csv(path)
        cells = read_csv(path, delimiter, header)
        rows = len(next(iter(cells.values())))
        shares = (spec.split.validation, spec.split.test)
        options = spec.series or _suggested(rows, *shares)
        length = options.window + options.horizon
        starts, parts, train_rows = window_starts(rows, length, options.step, *shares)
        return cls(
            path=path,
            table=cells,
            delimiter=delimiter,
            header=header,
            options=options,
            starts=starts,
            parts=parts,
            train_rows=train_rows,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.table)

    @property
    def count(self) -> int:
        return len(self.starts)

    @property
    def first_row(self) -> int:
        """The number of the first row of values, counted as spreadsheets do."""
        return 2 if self.header is None else 1

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        """Return a window of all columns of numbers, and what the last one is after it."""
        names = [
            name
            for place, (name, cells) in enumerate(self.table.items())
            if cell_type(cells) == "number"
            and not (place == 0 and _is_time(name, cells))
        ]
        if not names:
            return []
        window = skeleton("series", "series", *names)
        return [window, skeleton(port_name("target"), "number", names[-1])]

    def with_options(self, spec: DataSpec) -> DataSpec:
        return spec.model_copy(update={"series": self.options})

    def takes_several(self, port: DataPort) -> bool:
        return True

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        self._check_columns(port)
        if port.type not in ("series", "number"):
            wanted = "series (a window of rows) or number (what follows it)"
            message = f"expected the type {wanted}, received {port.type}"
            raise DataError(f"The port {port.name!r}: {message}.")
        several = len(port.columns)
        if port.type == "series":
            shape: tuple[int, ...] = (self.options.window, several)
        else:
            shape = (self.options.horizon, several)[: 1 + (several > 1)]
        return port.model_copy(
            update={"shape": shape, "dtype": "float32", "classes": ()}
        )

    def usual_split(self) -> Split:
        return Split(kind="ordered")

    def _values(self, port: DataPort) -> np.ndarray:
        return numbers(self.table, port.columns, self.first_row)

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        mend = "Take a longer step, a shorter window, or fewer rows."
        check_memory(self.path, 2 * self.count, port.shape, mend)
        window, horizon = self.options.window, self.options.horizon
        if port.type == "series":
            return cut_windows(self._values(port), self.starts, window)
        return cut_horizon(self._values(port), self.starts, horizon, window)

    def thinned(self, step: int, limit: int) -> Self:
        return replace(self, starts=self.starts[: limit * step : step])

    def examples(self, port: DataPort, spec: DataSpec, limit: int) -> Examples:
        some = self.thinned(1, limit)
        return Examples(
            texts=some.texts(port, spec, limit), curves=tuple(some.array_of(port, spec))
        )

    def divide(
        self, spec: DataSpec, arrays: dict[str, np.ndarray]
    ) -> tuple[Tensor, Tensor, Tensor]:
        if spec.split.kind != "ordered":
            reason = "windows overlap, another division would train on what is tested"
            message = f"A time series is divided in its order: {reason}."
            raise DataError(f"{message} Choose an ordered split.")
        assert self.parts is not None
        return series_split(self.parts)

    def standardized(
        self, port: DataPort, values: np.ndarray, train: Tensor
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return scale_windows(values, self._values(port), self.train_rows)

    # -- writing ------------------------------------------------------------------------------

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        arguments = ["path"]
        if self.delimiter != ",":
            arguments.append(f"delimiter={writer.text_of(self.delimiter)}")
        if self.header is not None:
            arguments.append(f"names={writer.list_of('COLUMNS', self.header)}")
        options = self.options
        writer.called.append("window_starts")
        column = writer.text_of(spec.ports[0].columns[0])
        return [
            f"    table = {writer.call('read_csv', *arguments)}",
            f"    rows = len(table[{column}])",
            "    starts, parts, train_rows = window_starts(",
            "        rows,",
            f"        length={options.window + options.horizon},",
            f"        step={options.step},",
            f"        validation={spec.split.validation},",
            f"        test={spec.split.test},",
            "    )",
        ]

    def _numbers(self, port: DataPort, writer: Writer) -> str:
        columns = writer.list_of("COLUMNS", port.columns)
        first = ["first_row=1"] if self.first_row == 1 else []
        return str(writer.call("numbers", "table", columns, *first))

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        values = self._numbers(port, writer)
        window, horizon = str(self.options.window), str(self.options.horizon)
        if port.type == "series":
            return writer.call("cut_windows", values, "starts", window)
        return writer.call("cut_horizon", values, "starts", horizon, f"offset={window}")

    def write_split(self, writer: Writer, spec: DataSpec) -> list[str]:
        call = writer.call("series_split", "parts")
        return [f"    train, validation, test = {call}"]

    def write_scaling(
        self, ports: list[DataPort], writer: Writer, streamed: Container[str]
    ) -> list[str]:
        lines = []
        for port in ports:
            target = f"columns[{writer.text_of(port.name)}]"
            values = self._numbers(port, writer)
            call = writer.call("scale_windows", target, values, "train_rows")
            lines += call.assigned(f"{target}, _, _")
        return lines


def _is_time(name: str, cells: list[str]) -> bool:
    """Say whether a column, the first, gives the time of each row: called so, and growing."""
    if not any(word in name.lower() for word in _TIMES) or len(cells) < 3:
        return False
    if all(map(is_number, cells)):
        return all(float(here) < float(there) for here, there in pairwise(cells))
    return all(here < there for here, there in pairwise(cells))


def _suggested(rows: int, validation: float, test: float) -> SeriesOptions:
    """Return options whose windows fit into each part."""
    middle, last = part_sizes(rows, validation, test)
    shortest = min(size for size in (rows - middle - last, middle, last) if size)
    return SeriesOptions(window=max(1, min(_WINDOW, shortest // 2)))
