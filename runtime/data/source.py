"""What every kind of source has in common: its ports, its values, its lines of a script."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from graph.dataspec import DataPort, DataSpec, Split
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.folders import files_inside
from runtime.data.splits import (
    given_split,
    ordered_split,
    random_split,
    stratified_split,
)
from runtime.data.streaming import Streamed
from runtime.data.transforms import standardize
from runtime.data.writing import Call, Writer, braced
from runtime.machine import memory_of

__all__ = [
    "MAX_BYTES",
    "Examples",
    "Source",
    "check_memory",
    "fractions",
    "normal_axes",
    "shown",
]

#: What the examples of a port may take in memory.
MAX_BYTES = 2**33


def check_memory(path: Path, count: int, shape: Sequence[int], mend: str) -> None:
    """Raise DataError if `count` examples of float32 do not fit into memory."""
    needed = 4 * math.prod(shape) * count
    if needed > MAX_BYTES:
        amount = f"{count} examples of {tuple(shape)} need {needed / 2**30:.0f} GiB"
        raise DataError(f"{path}: {amount} of memory, at most are 8. {mend}")


@dataclass(frozen=True)
class Examples:
    """A port's first examples: pictures, or text to be shown in a row."""

    #: (H, W) grey or (H, W, 3) colour, uint8.
    images: tuple[np.ndarray, ...] = ()
    texts: tuple[str, ...] = ()
    #: Of text and labels per step: the tokens of each example, <unk> where unknown.
    tokens: tuple[tuple[str, ...], ...] = ()
    #: Sounds: (S,) float32 of `rate` samples per second, their spectrograms in `images`.
    waves: tuple[np.ndarray, ...] = ()
    rate: int = 0
    #: Clips: (T, H, W) grey or (T, H, W, 3) colour, uint8, the middle frames in `images`.
    frames: tuple[np.ndarray, ...] = ()
    #: Windows of a time series and what follows: (T, k), or (T,) of one column.
    curves: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """Examples as they are stored, read from disk and not yet transformed.

    A kind of source is a subclass: it opens what a description points at, says which ports
    there are and what they carry, gives their values, and writes the lines of an exported
    script that do the same. :mod:`runtime.data.sources` lists them and says how to add one.
    """

    #: The kind's name in a description: one of `DataSpec.source`.
    name: ClassVar[str]
    #: The docstring of an exported data.py.
    about: ClassVar[str]
    #: What `recognises` takes, as it stands in "expected ..."; empty: nothing.
    wanted: ClassVar[str] = ""
    #: Whether the path is a folder; None: it may be either.
    is_folder: ClassVar[bool | None] = False
    #: Whether the data comes with a package, so that there is no path.
    embedded: ClassVar[bool] = False
    #: Modules whose functions, and constants in capitals, are written into scripts.
    modules: ClassVar[tuple[ModuleType, ...]] = ()
    #: Whether columns have names of the user's, by which other data can take their place.
    named_columns: ClassVar[bool] = False
    #: Columns that no usual port holds; a project may have ports of them.
    further_columns: ClassVar[tuple[str, ...]] = ()
    #: The type of the port that only this kind has, if there is one; its shape is told by `fill`.
    content: ClassVar[str] = ""
    #: Whether colour pictures can be read as grey.
    reads_grey: ClassVar[bool] = False
    #: Whether the last category is to be told, so that its classes should be even.
    has_target: ClassVar[bool] = True
    #: Whether an open source holds only names of files, which are decoded when asked for.
    decodes_late: ClassVar[bool] = False

    path: Path
    #: Each example's part where the source divides them: 0 train, 1 validation, 2 test.
    parts: np.ndarray | None = None
    #: What was worked out of the data once and is asked for again.
    cache: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    # -- opening ------------------------------------------------------------------------------

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Say whether a file or folder that exists is of this kind."""
        return False

    @classmethod
    def takes(cls, path: Path) -> bool:
        """Say whether what exists at `path` may be read as this kind, if that is wanted."""
        return cls.recognises(path)

    @classmethod
    def locate(cls, spec: DataSpec, base: Path) -> Path:
        """Return the file or folder of a description; DataError if it is not there."""
        if not spec.path:
            raise DataError("No file or folder is chosen for the data. Choose one.")
        path = base / Path(spec.path).expanduser()
        if not path.exists():
            message = f"there is no file or folder {path}. Choose it again."
            raise DataError(f"The data is missing: {message}")
        if cls.is_folder is not None and path.is_dir() != cls.is_folder:
            wanted = "a folder" if cls.is_folder else "a file"
            message = f"expected {wanted} for a source of kind {cls.name}."
            raise DataError(f"{path}: {message}")
        return path

    @classmethod
    @abstractmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        """Read what lies at `path`.

        Raises DataError, ValueError or OSError (see :mod:`runtime.data.faults`).
        """

    @classmethod
    def files_at(cls, path: Path) -> Iterable[Path]:
        """Return the files that are read of what lies at `path`, which is of this kind."""
        return files_inside(path) if path.is_dir() else [path]

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        """Return what an exported script needs beside torch and numpy, as pip writes it."""
        return []

    # -- describing ---------------------------------------------------------------------------

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The names of the source's columns."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many examples there are."""

    @abstractmethod
    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        """Return the usual ports, their shapes and classes still to be filled."""

    def with_options(self, spec: DataSpec) -> DataSpec:
        """Return `spec`, which has its ports, with the options that these need."""
        return spec

    def fit(self, spec: DataSpec) -> DataSpec:
        """Return `spec`, whose ports are filled, with what is fitted to the training part."""
        return spec

    def training_rows(self, spec: DataSpec) -> list[int]:
        """Return the rows of the training part; only plain ports need be filled."""
        arrays = {}
        if spec.split.kind == "stratified" and spec.target is not None:
            arrays[spec.target.name] = self.array_of(spec.target, spec)
        rows: list[int] = self.divide(spec, arrays)[0].tolist()
        return rows

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        """Return `port` with the shape, dtype and classes that its columns have."""
        self._check_columns(port)
        column = port.columns[0]
        if port.type == "category":
            update: dict[str, object] = {"shape": (), "dtype": "int64"}
            update["classes"] = port.classes or self.classes(column)
            update["normalize"] = "none"
        elif port.type == "image":
            channels, *size = self.picture_shape(port, spec)
            update = {"shape": (channels, *(spec.image_size or size))}
            update |= {"dtype": "float32", "classes": ()}
        elif port.type == self.content:
            update = {"dtype": "float32", "classes": ()}
        elif port.type != "number":
            raise DataError(f"The port {port.name!r}: this data holds no {port.type}.")
        else:
            # What is normalised is no longer whole.
            dtype = port.dtype if port.normalize == "none" else "float32"
            update = {"shape": self.number_shape(port), "dtype": dtype, "classes": ()}
        return port.model_copy(update=update)

    def _check_columns(self, port: DataPort) -> None:
        if not port.columns:
            message = f"The port {port.name!r} holds no column. Choose at least one."
            raise DataError(message)
        for column in port.columns:
            if column not in self.columns:
                there = ", ".join(self.columns)[:300]
                message = f"{self.path}: there is no column {column!r} for the port {port.name!r}"
                raise DataError(f"{message}. There are: {there}.")
        if len(port.columns) > 1 and not self.takes_several(port):
            message = f"The port {port.name!r} holds several columns, expected one."
            raise DataError(message)

    def takes_several(self, port: DataPort) -> bool:
        """Say whether a port of this type may hold several columns side by side."""
        return False

    def classes(self, column: str) -> tuple[str, ...]:
        """Return the classes in a column, in the order of their indices."""
        raise DataError(f"{self.path}: {column!r} holds no classes.")

    def picture_shape(self, port: DataPort, spec: DataSpec) -> tuple[int, ...]:
        """Return a picture's shape (C, H, W) as stored."""
        raise DataError(f"The port {port.name!r}: there are no pictures in this data.")

    def number_shape(self, port: DataPort) -> tuple[int, ...]:
        """Return the shape of one example's numbers."""
        raise DataError(f"The port {port.name!r}: there are no numbers in this data.")

    def usual_split(self) -> Split:
        """Return the division that the source has itself, else a random one."""
        has_parts = self.parts is not None and self.parts.any()
        return Split(kind="given") if has_parts else Split()

    def warnings(self, spec: DataSpec) -> list[tuple[str, str | None]]:
        """Return what is worth knowing about data that can be loaded, with the port's name."""
        return []

    def check_training(
        self, spec: DataSpec, arrays: dict[str, np.ndarray], train: Tensor
    ) -> None:
        """Raise DataError if the target has a class without a training example."""
        port = spec.target
        if port is None:
            return
        counts = np.bincount(
            arrays[port.name][train.numpy()], minlength=len(port.classes)
        )
        pairs = zip(port.classes, counts, strict=True)
        empty = [name for name, count in pairs if not count]
        if empty:
            shown = ", ".join(repr(name) for name in empty[:5])
            mend = "Add examples, remove the class, or divide by a stratified split."
            message = f"no training example has the class {shown}. {mend}"
            raise DataError(f"The port {port.name!r}: {message}")

    # -- giving values ------------------------------------------------------------------------

    @abstractmethod
    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        """Return a port's values for all examples, before normalisation."""

    @abstractmethod
    def thinned(self, step: int, limit: int) -> Self:
        """Return every `step`-th example, `limit` at most, or all where that is cheap."""

    def texts(self, port: DataPort, spec: DataSpec, limit: int) -> tuple[str, ...]:
        """Return up to `limit` first examples of a port as text to be shown in a row."""
        values = self.thinned(1, limit).array_of(port, spec)[:limit]
        flat = values.reshape(len(values), -1)[:, :16]
        return tuple(
            ", ".join(f"{number:.6g}" for number in row) for row in flat.tolist()
        )

    def examples(self, port: DataPort, spec: DataSpec, limit: int) -> Examples:
        """Return up to `limit` first examples of a port to look at, pictures not resized."""
        if port.type == "category":
            first = self.thinned(1, limit).array_of(port, spec)[:limit]
            return Examples(texts=tuple(port.classes[label] for label in first))
        if port.type == "image":
            pictures = self.thinned(1, limit).pictures(port)[:limit]
            return Examples(images=tuple(shown(image) for image in pictures))
        return Examples(texts=self.texts(port, spec, limit))

    def items_of(self, port: DataPort) -> Sequence[Any]:
        """Return what each of a port's examples is read from: a file, or a row of an array.

        None where all are read at once.
        """
        return ()

    def read_items(
        self, items: Sequence[Any], port: DataPort, spec: DataSpec
    ) -> np.ndarray:
        """Return the examples of some of the port's items, as `array_of` does."""
        raise DataError(f"The port {port.name!r}: all examples are read at once.")

    @classmethod
    def can_stream(cls) -> bool:
        """Say whether examples of this kind can be read when they are asked for."""
        return cls.items_of is not Source.items_of

    def streams(self, port: DataPort, spec: DataSpec) -> bool:
        """Say whether a port's examples are read when asked for: too large for the memory."""
        bound = float(min(MAX_BYTES, memory_of(torch.device("cpu")) // 2))
        if spec.memory is not None:
            bound = spec.memory * 2**30
        items = self.items_of(port)
        return 4 * math.prod(port.shape) * len(items) > bound

    def streamed(self, port: DataPort, spec: DataSpec) -> Streamed:
        """Return a port's examples as a column that reads them when they are asked for."""

        def read(items: Sequence[Any]) -> np.ndarray:
            with data_faults():
                return self.read_items(items, port, spec)

        return Streamed(read, self.items_of(port))

    def pictures(self, port: DataPort) -> list[np.ndarray]:
        """Return pictures (C, H, W) as stored, which may differ in size."""
        raise DataError(f"The port {port.name!r}: there are no pictures in this data.")

    def given_parts(self, spec: DataSpec) -> np.ndarray:
        """Return each example's part as the source gives it, zeros if it gives none."""
        return np.zeros(self.count) if self.parts is None else self.parts

    def divide(
        self,
        spec: DataSpec,
        arrays: dict[str, np.ndarray],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the indices of the training, validation and test part.

        `arrays` needs the target only, and that only for a stratified split.
        """
        split = spec.split
        shares = (split.validation, split.test, split.seed)
        if split.kind == "random":
            return random_split(self.count, *shares)
        if split.kind == "ordered":
            return ordered_split(self.count, split.validation, split.test)
        if split.kind == "stratified":
            if spec.target is None:
                message = "A stratified split needs a category. Choose a random split."
                raise DataError(message)
            return stratified_split(arrays[spec.target.name], *shares)
        parts = self.given_parts(spec)
        if not parts.any():
            message = "The data has no validation or test part of its own. Choose a random split."
            raise DataError(f"{self.path}: {message}")
        return given_split(parts, *shares)

    def standardized(
        self, port: DataPort, values: np.ndarray, train: Tensor
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return a port's values normalised, and what was subtracted and divided by.

        Both are fitted to the training part, and broadcast against a batch.
        """
        return standardize(values, train, normal_axes(port))

    # -- writing ------------------------------------------------------------------------------

    @abstractmethod
    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        """Return the lines of load_data that read the source."""

    @abstractmethod
    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        """Return the expression of a port's values."""

    def write_parts(self, writer: Writer, spec: DataSpec) -> list[str]:
        """Return the lines that give `parts`, if `write_read` has not."""
        return []

    def write_count(self, writer: Writer, spec: DataSpec) -> str:
        """Return the expression of the number of examples."""
        port = next(port for port in spec.ports if not port.is_fitted)
        return f"len(columns[{writer.text_of(port.name)}])"

    def is_late(self, port: DataPort) -> bool:
        """Say whether a port's values can be written only after `train` is known."""
        return port.is_fitted

    def write_fitted(self, writer: Writer, spec: DataSpec) -> list[str]:
        """Return the lines that add the late ports to `columns`."""
        return []

    def write_split(self, writer: Writer, spec: DataSpec) -> list[str]:
        """Return the lines that give `train`, `validation` and `test` from `columns`."""
        split = spec.split
        if split.kind in ("random", "ordered"):
            lines, what = [f"    count = {self.write_count(writer, spec)}"], "count"
        elif split.kind == "stratified":
            if spec.target is None:
                message = "A stratified split needs a category. Choose a random split."
                raise DataError(message)
            target = writer.text_of(spec.target.name)
            lines, what = [f"    target = columns[{target}]"], "target"
        else:
            lines, what = self.write_parts(writer, spec), "parts"
        writer.called.append(f"{split.kind}_split")
        return [
            *lines,
            f"    train, validation, test = {split.kind}_split(",
            f"        {what},",
            *(f"        {fraction}," for fraction in fractions(split)),
            "    )",
        ]

    def write_scaling(
        self, ports: list[DataPort], writer: Writer, streamed: Container[str]
    ) -> list[str]:
        """Return the lines that normalise `ports` in `columns`, as `load` does."""
        lines = [
            f"    columns[{writer.text_of(port.name)}].standardize(train, {normal_axes(port)})"
            for port in ports
            if port.name in streamed
        ]
        ports = [port for port in ports if port.name not in streamed]
        if not ports:
            return lines
        writer.called.append("standardize")
        pairs = [f"{writer.text_of(port.name)}: {normal_axes(port)}" for port in ports]
        about = "# Normalised ports, and the axes they share a mean over."
        writer.constants += [about, braced("NORMALIZED", pairs, "{}")]
        return [
            *lines,
            "    for name, axes in NORMALIZED.items():",
            "        columns[name], _, _ = standardize(columns[name], train, axes)",
        ]


def shown(image: np.ndarray) -> np.ndarray:
    """Return an image (C, H, W) as bytes to draw; floats beyond [0, 1] are stretched."""
    low, high = float(image.min(initial=0)), float(image.max(initial=1))
    pixels = np.round((image - low) / (high - low) * 255).astype(np.uint8)
    if len(pixels) >= 3:
        return np.ascontiguousarray(pixels[:3].transpose(1, 2, 0))
    grey: np.ndarray = pixels[0]
    return grey


def normal_axes(port: DataPort) -> tuple[int, ...]:
    """Return the axes over which a port is normalised: all but channels, bands, columns."""
    if port.type in ("image", "clip"):
        return (0, *range(2, 1 + len(port.shape)))
    if port.type == "audio":
        return (0, 1, 3) if len(port.shape) == 3 else (0, 1, 2)
    return tuple(range(len(port.shape))) if port.shape else (0,)


def fractions(split: Split) -> list[str]:
    """Return the arguments of a call that divides examples, as written."""
    shares = [f"validation={split.validation}", f"test={split.test}"]
    return shares if split.kind == "ordered" else [*shares, f"seed={split.seed}"]
