"""Records with cells of any type: JSON, JSON lines, Parquet, Hugging Face datasets."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Self

import numpy as np

from graph.dataspec import DataPort, DataSpec, Split
from graph.errors import DataError
from runtime.data import pictures, records, table, text
from runtime.data.naming import LABEL_NAMES, port_name, skeleton
from runtime.data.records import (
    picture_of,
    read_hub,
    read_json,
    read_parquet,
    record_images,
    record_labels,
    record_numbers,
    record_texts,
)
from runtime.data.source import check_memory
from runtime.data.sources.tables import (
    has_spaces,
    is_free_text,
    labels_steps,
    part_column,
)
from runtime.data.sources.tokens import TextColumns
from runtime.data.table import table_parts
from runtime.data.transforms import to_whole
from runtime.data.writing import Call, Writer

__all__ = ["HuggingFace", "Json", "Parquet"]

#: Whole numbers up to here may be classes, as in arrays.
_MAX_CLASSES = 1000
_TABLES = (".parquet", ".arrow", ".jsonl", ".json", ".csv")


@dataclass(frozen=True, kw_only=True)
class Records(TextColumns):
    """Cells of any type by column, and the classes that the source names."""

    named_columns: ClassVar[bool] = True
    reads_grey: ClassVar[bool] = True
    modules: ClassVar[tuple[ModuleType, ...]] = (records, text, table, pictures)

    records: dict[str, list[Any]] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        # Pictures are read by the same functions, whose module is imported with them.
        return ["pillow>=10.3", *super().requirements(spec)]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.records)

    @property
    def count(self) -> int:
        return max((len(cells) for cells in self.records.values()), default=0)

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        """Return pictures, lists of numbers, numbers side by side, texts and categories.

        What is called label or target comes last, else the last category does.
        """
        kinds = {
            name: self._kind(name)
            for name in self.records
            if name != spec.split.column and self._kind(name)
        }
        texts = [name for name, kind in kinds.items() if kind == "tokens"]
        for name in texts[1:]:
            if labels_steps(self.cells(name), self.cells(texts[0])):
                kinds[name] = "tags"
        single = [name for name, kind in kinds.items() if kind == "single"]
        targets = [name for name in kinds if name.lower() in LABEL_NAMES]
        targets = targets or [n for n, kind in kinds.items() if kind == "category"][-1:]
        if not targets and list(kinds) == single:
            targets = single[-1:]
        features = [name for name in single if name not in targets]
        ports: list[DataPort] = []
        if features:
            ports.append(skeleton("features", "number", *features))
        others = [name for name in kinds if name not in (*features, *targets)]
        for name in [*others, *targets]:
            kind = "number" if kinds[name] == "single" else kinds[name]
            called = port_name(name, [port.name for port in ports])
            ports.append(skeleton(called, kind, name, scaled=name not in targets))
        return ports

    def _kind(self, column: str) -> str:
        """Return the type of a port for a column, single for one number; empty: none."""
        cells = [cell for cell in self.records[column] if cell is not None]
        if not cells:
            return ""
        first = cells[0]
        if isinstance(first, bytes) or (isinstance(first, dict) and "bytes" in first):
            try:
                picture_of(first)
            except ValueError:
                return ""
            return "image"
        if isinstance(first, list):
            return _list_kind(cells)
        if any(isinstance(cell, list | dict | bytes) for cell in cells):
            return ""
        if column in self.named or isinstance(first, bool):
            return "category"
        if all(isinstance(cell, int | float) for cell in cells):
            whole = all(isinstance(cell, int) for cell in cells)
            is_label = whole and column.lower() in LABEL_NAMES
            few = is_label and len(set(cells)) <= _MAX_CLASSES
            return "category" if few else "single"
        written = [str(cell) for cell in cells]
        if is_free_text(written):
            return "tokens" if has_spaces(written) else ""
        return "category"

    def warnings(self, spec: DataSpec) -> list[tuple[str, str | None]]:
        used = {column for port in spec.ports for column in port.columns}
        lost = [
            column
            for column in self.records
            if column not in used and not self._kind(column)
        ]
        message = "The column {!r} is left out: it fits no type of port."
        found = [(message.format(column), None) for column in lost]
        return [*super().warnings(spec), *found]

    def takes_several(self, port: DataPort) -> bool:
        return port.type == "number"

    def cells(self, column: str) -> Sequence[str]:
        key = ("texts", column)
        if key not in self.cache:
            self.cache[key] = record_texts(self.records[column])
        texts: list[str] = self.cache[key]
        return texts

    def cells_text(self, column: str, writer: Writer, spec: DataSpec) -> str:
        return str(writer.call("record_texts", f"records[{writer.text_of(column)}]"))

    def classes(self, column: str) -> tuple[str, ...]:
        if column in self.named:
            return tuple(self.named[column])
        cells = {
            cell for cell in map(_hashable, self.records[column]) if cell is not None
        }
        by_value = all(isinstance(cell, int | float) for cell in cells)
        ordered = sorted(cells, key=lambda cell: cell if by_value else str(cell))
        return tuple(dict.fromkeys(str(cell) for cell in ordered))

    def picture_shape(self, port: DataPort, spec: DataSpec) -> tuple[int, ...]:
        """Return (C, H, W) as stored; colour unless every picture looked at is grey."""
        cells = self.records[port.columns[0]]
        looked = [picture_of(cell) for cell in cells[:: max(1, len(cells) // 64)]]
        grey = spec.grey or all((one == one[:1]).all() for one in looked)
        return (1 if grey else 3, *looked[0].shape[1:])

    def number_shape(self, port: DataPort) -> tuple[int, ...]:
        if len(port.columns) > 1:
            return (len(port.columns),)
        first = self.records[port.columns[0]][0]
        return np.shape(first) if isinstance(first, list) else (1,)

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        if port.is_fitted:
            return self.fitted_array(port, spec)
        cells = self.records[port.columns[0]]
        if port.type == "category":
            return record_labels(cells, port.classes)
        if port.type == "image":
            mend = "Set a smaller image size, or take fewer pictures."
            check_memory(self.path, self.count, port.shape, mend)
            return record_images(cells, _mode(port), spec.image_size)
        values = record_numbers(self.records, port.columns)
        return to_whole(values) if port.dtype == "int64" else values

    def thinned(self, step: int, limit: int) -> Self:
        keep = slice(None, limit * step, step)
        some = {name: cells[keep] for name, cells in self.records.items()}
        return replace(self, records=some, cache={})

    def texts(self, port: DataPort, spec: DataSpec, limit: int) -> tuple[str, ...]:
        cells = [self.records[column][:limit] for column in port.columns]
        rows = (
            ", ".join(f"{cell}"[:200] for cell in row)
            for row in zip(*cells, strict=True)
        )
        return tuple(rows)

    def pictures(self, port: DataPort) -> list[np.ndarray]:
        cells = self.records[port.columns[0]]
        return [
            picture_of(cell, _mode(port)).astype(np.float32) / 255 for cell in cells
        ]

    def usual_split(self) -> Split:
        column = part_column(self.records)
        if column is not None:
            return Split(kind="given", column=column)
        return super().usual_split()

    def given_parts(self, spec: DataSpec) -> np.ndarray:
        if spec.split.column is None:
            return super().given_parts(spec)
        if spec.split.column not in self.records:
            raise DataError(f"{self.path}: there is no column {spec.split.column!r}.")
        cells = [str(cell) for cell in self.records[spec.split.column]]
        return table_parts({spec.split.column: cells}, spec.split.column, 1)

    # -- writing ------------------------------------------------------------------------------

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        cells = f"records[{writer.text_of(port.columns[0])}]"
        if port.type == "category":
            classes = writer.list_of("CLASSES", port.classes)
            return writer.call("record_labels", cells, classes)
        if port.type == "image":
            size = [f"size={spec.image_size}"] if spec.image_size else []
            return writer.call("record_images", cells, f'"{_mode(port)}"', *size)
        several = len(port.columns) > 1
        columns = writer.list_of("FEATURES" if several else "NUMBERS", port.columns)
        call = writer.call("record_numbers", "records", columns)
        return writer.call("to_whole", str(call)) if port.dtype == "int64" else call

    def write_count(self, writer: Writer, spec: DataSpec) -> str:
        if not all(port.is_fitted for port in spec.ports):
            return super().write_count(writer, spec)
        return f"len(records[{writer.text_of(spec.ports[0].columns[0])}])"

    def write_parts(self, writer: Writer, spec: DataSpec) -> list[str]:
        if spec.split.column is None:
            return []
        column = writer.text_of(spec.split.column)
        call = writer.call("table_parts", "records", column, "first_row=1")
        return [f"    parts = {call}"]


def _list_kind(cells: list[Any]) -> str:
    """Return the type of a port for lists: words, or numbers of one shape."""
    if not all(isinstance(cell, list) for cell in cells):
        return ""
    if all(isinstance(one, str) for cell in cells for one in cell):
        return "tokens" if any(cells) else ""
    try:
        shapes = {np.shape(cell) for cell in cells[:1000]}
        kind = np.asarray(cells[0]).dtype.kind
    except ValueError:
        return ""
    return "number" if len(shapes) == 1 and kind in "buif" else ""


def _hashable(cell: Any) -> Any:
    return cell if isinstance(cell, str | int | float | None) else str(cell)


def _mode(port: DataPort) -> str:
    return "L" if port.shape[0] == 1 else "RGB"


@dataclass(frozen=True, kw_only=True)
class Json(Records):
    """A JSON file, or one with an object per line."""

    name: ClassVar[str] = "json"
    about: ClassVar[str] = "Records from JSON."
    wanted: ClassVar[str] = "a JSON file"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        endings = (".json", ".jsonl", ".ndjson")
        return path.is_file() and path.suffix.lower() in endings

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        return cls(path=path, records=read_json(path))

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        return [f"    records = {writer.call('read_json', 'path')}"]


@dataclass(frozen=True, kw_only=True)
class Parquet(Records):
    """A Parquet file."""

    name: ClassVar[str] = "parquet"
    about: ClassVar[str] = "Records from a Parquet file."
    wanted: ClassVar[str] = "a Parquet file"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return path.is_file() and path.suffix.lower() == ".parquet"

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        columns, classes = read_parquet(path)
        return cls(path=path, records=columns, named=classes)

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["pyarrow>=16", *super().requirements(spec)]

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        return [f"    records, _ = {writer.call('read_parquet', 'path')}"]


@dataclass(frozen=True, kw_only=True)
class HuggingFace(Records):
    """A dataset of the Hugging Face hub, or a folder as such datasets are saved."""

    name: ClassVar[str] = "huggingface"
    about: ClassVar[str] = "A Hugging Face dataset."
    wanted: ClassVar[str] = (
        "a folder of a Hugging Face dataset or its name as hf://owner/name"
    )
    is_folder: ClassVar[bool | None] = True

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if not path.is_dir():
            return False
        names = {entry.name for entry in path.iterdir()}
        if names & {"state.json", "dataset_dict.json"}:
            return True
        inner = [entry for entry in path.iterdir() if entry.is_dir()]
        if not inner:
            return any(Path(name).suffix in _TABLES for name in names)
        return any(True for place in (path, *inner) for _ in place.glob("*.parquet"))

    @classmethod
    def locate(cls, spec: DataSpec, base: Path) -> Path:
        if spec.is_remote:
            pieces = spec.path.removeprefix("hf://").split("/")
            if len(pieces) not in (2, 3) or not all(pieces):
                wanted = "hf://owner/name or hf://owner/name/subset"
                raise DataError(f"{spec.path}: expected a dataset as {wanted}.")
            return Path(spec.path)
        return super().locate(spec, base)

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        if spec.is_remote:
            with _without_waiting():
                columns, parts, classes = read_hub(spec.path)
        else:
            columns, parts, classes = read_hub(path)
        return cls(path=path, records=columns, parts=parts, named=classes)

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return ["datasets>=4.0", *super().requirements(spec)]

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        has_parts = spec.split.kind == "given" and spec.split.column is None
        call = writer.call("read_hub", "path")
        return [f"    records, {'parts' if has_parts else '_'}, _ = {call}"]


@contextmanager
def _without_waiting() -> Iterator[None]:
    """Without a network, take what was loaded before instead of trying for half a minute."""
    import datasets
    import huggingface_hub

    places = [
        (datasets.config, "HF_HUB_OFFLINE"),
        (huggingface_hub.constants, "HF_HUB_OFFLINE"),
    ]
    before = [getattr(place, name) for place, name in places]
    try:
        if not _reaches(huggingface_hub.constants.ENDPOINT):
            for place, name in places:
                setattr(place, name, True)
        yield
    finally:
        for (place, name), value in zip(places, before, strict=True):
            setattr(place, name, value)


def _reaches(endpoint: str) -> bool:
    """Say whether a server answers; a proxy is taken to reach it."""
    if any(name in os.environ for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")):
        return True
    host = endpoint.removeprefix("https://").removeprefix("http://").split("/")[0]
    name, _, port = host.partition(":")
    try:
        socket.create_connection((name, int(port or 443)), timeout=5).close()
    except OSError:
        return False
    return True
