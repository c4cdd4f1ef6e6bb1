"""Text in files: one text in windows for the next token, or a file per example by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

import numpy as np
from torch import Tensor

from graph.dataspec import DataPort, DataSpec, Split, TextOptions
from graph.errors import DataError
from runtime.data import folders, text
from runtime.data.folders import class_indices, list_by_class
from runtime.data.naming import skeleton
from runtime.data.source import Examples, Source
from runtime.data.sources.tables import is_table
from runtime.data.sources.tokens import (
    SPLITTERS,
    TextColumns,
    decode,
    fit_columns,
    tokens_of,
    unknown_warnings,
)
from runtime.data.text import (
    pack_windows,
    read_text,
    read_texts,
    rows_in_order,
    text_parts,
)
from runtime.data.writing import Call, Writer

__all__ = ["Text", "Texts"]

#: Tokens that a window is to predict, unless set.
_WINDOW = 64


@dataclass(frozen=True, kw_only=True)
class Text(Source):
    """A text, or its three parts, in windows of one token more than is predicted."""

    name: ClassVar[str] = "text"
    about: ClassVar[str] = "A text in windows, each token to be told from those before."
    wanted: ClassVar[str] = "a text file"
    is_folder: ClassVar[bool | None] = None
    modules: ClassVar[tuple[ModuleType, ...]] = (text,)

    #: The training, the validation and the test part.
    pieces: tuple[str, ...] = ()

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if path.is_dir():
            return any("train" in file.stem.lower() for file in path.glob("*.txt"))
        return path.suffix.lower() == ".txt" and not is_table(path)

    @classmethod
    def files_at(cls, path: Path) -> Iterable[Path]:
        return text_parts(path).values() if path.is_dir() else [path]

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        parts = read_texts(path, spec.split.validation, spec.split.test)
        return cls(path=path, pieces=tuple(parts))

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        return TextColumns.requirements(spec)

    @property
    def columns(self) -> tuple[str, ...]:
        return ("text",)

    @property
    def count(self) -> int:
        """The number of windows; before it is fitted, of parts that hold text."""
        sizes: list[int] = self.cache.get("sizes", [1 for part in self.pieces if part])
        return sum(sizes)

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        return [skeleton("text", "tokens", "text")]

    def usual_split(self) -> Split:
        return Split(kind="given" if self.path.is_dir() else "ordered")

    def with_options(self, spec: DataSpec) -> DataSpec:
        """Return `spec` with a window's length, and the split by position."""
        options = spec.text or TextOptions(unit="char")
        length = options.length or _WINDOW
        split = spec.split.model_copy(update={"kind": self.usual_split().kind})
        update = {
            "text": options.model_copy(update={"length": length, "bounds": False})
        }
        return spec.model_copy(update={**update, "split": split})

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        self._check_columns(port)
        if port.type != "tokens":
            raise DataError(f"The port {port.name!r}: a text holds tokens only.")
        return port

    def fit(self, spec: DataSpec) -> DataSpec:
        options = _options(spec)
        update = fit_columns([self.pieces], [0], options)
        update |= {"shape": (_length(spec) + 1,), "dtype": "int64"}
        ports = [port.model_copy(update=update) for port in spec.ports]
        parts = self._windows(ports[0], spec)
        names = ("training", "validation", "test")
        for name, text_, windows in zip(names, self.pieces, parts, strict=True):
            if text_ and not len(windows):
                needed = f"one window needs {_length(spec) + 1}"
                mend = "Take a longer text, a shorter window, or leave the part out."
                message = f"the {name} part has too few tokens, {needed}. {mend}"
                raise DataError(f"{self.path}: {message}")
        self.cache["sizes"] = [len(windows) for windows in parts]
        return spec.model_copy(update={"ports": tuple(ports)})

    def _windows(self, port: DataPort, spec: DataSpec) -> list[np.ndarray]:
        key = (spec.text, port.vocabulary)
        if key not in self.cache:
            parts = tokens_of(self.pieces, _options(spec), port)
            self.cache[key] = [
                pack_windows(part, port.vocabulary, _length(spec)) for part in parts
            ]
        windows: list[np.ndarray] = self.cache[key]
        return windows

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        return np.concatenate(self._windows(port, spec))

    def thinned(self, step: int, limit: int) -> Self:
        return self

    def warnings(self, spec: DataSpec) -> list[tuple[str, str | None]]:
        (port,) = spec.ports[:1]
        return unknown_warnings(port, self.array_of(port, spec))

    def divide(
        self, spec: DataSpec, arrays: dict[str, np.ndarray]
    ) -> tuple[Tensor, Tensor, Tensor]:
        parts = self._windows(spec.ports[0], spec)
        train, validation, test = rows_in_order([len(part) for part in parts])
        return train, validation, test

    def examples(self, port: DataPort, spec: DataSpec, limit: int) -> Examples:
        windows = self._windows(port, spec)[0][:limit].tolist()
        tokens = [tuple(port.vocabulary[i] for i in row) for row in windows]
        texts = [decode(port, _options(spec), row) for row in windows]
        return Examples(texts=tuple(texts), tokens=tuple(tokens))

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        options = _options(spec)
        shares = [f"validation={spec.split.validation}", f"test={spec.split.test}"]
        lines = writer.call("read_texts", "path", *shares).assigned("texts")
        texts = "[text.lower() for text in texts]" if options.lower else "texts"
        size = f"size={options.size}"
        if options.unit == "bpe":
            call = writer.call("split_bpe", f"[{texts}]", "[0]", size)
            lines += call.assigned("(tokens,), vocabulary")
        else:
            lines += writer.call(SPLITTERS[options.unit], texts).assigned("tokens")
            call = writer.call("build_vocabulary", "[tokens]", "[0]", size)
            lines += call.assigned("vocabulary")
        call = writer.call("pack_windows", "part", "vocabulary", str(_length(spec)))
        return [*lines, f"    windows = [{call} for part in tokens]"]

    def is_late(self, port: DataPort) -> bool:
        return False  # the training part is known as soon as the text is cut

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        return Call("np.concatenate", ("windows",))

    def write_split(self, writer: Writer, spec: DataSpec) -> list[str]:
        call = writer.call("rows_in_order", "[len(part) for part in windows]")
        return call.assigned("train, validation, test")


def _options(spec: DataSpec) -> TextOptions:
    return spec.text or TextOptions(unit="char")


def _length(spec: DataSpec) -> int:
    return _options(spec).length or _WINDOW


@dataclass(frozen=True, kw_only=True)
class Texts(TextColumns):
    """A folder of text files, one sub-folder per class."""

    name: ClassVar[str] = "texts"
    about: ClassVar[str] = "Texts from a folder with one sub-folder per class."
    wanted: ClassVar[str] = "a folder with one sub-folder of text files per class"
    is_folder: ClassVar[bool | None] = True
    modules: ClassVar[tuple[ModuleType, ...]] = (text, folders)

    files: Sequence[Path] = ()
    contents: Sequence[str] = ()
    names: Sequence[str] = ()

    @classmethod
    def recognises(cls, path: Path) -> bool:
        if not path.is_dir():
            return False
        inner = [entry for entry in path.iterdir() if entry.is_dir()]
        inner += [one for entry in inner for one in entry.iterdir() if one.is_dir()]
        return any(True for entry in inner for _ in entry.glob("*.txt"))

    @classmethod
    def files_at(cls, path: Path) -> Iterable[Path]:
        return list_by_class(path, (".txt",), "texts")[0]

    @classmethod
    def open(cls, spec: DataSpec, path: Path) -> Self:
        files, names, parts = list_by_class(path, (".txt",), "texts")
        contents = [read_text(file) for file in files]
        return cls(path=path, files=files, contents=contents, names=names, parts=parts)

    @property
    def columns(self) -> tuple[str, ...]:
        return ("text", "label")

    @property
    def count(self) -> int:
        return len(self.files)

    def default_ports(self, spec: DataSpec) -> list[DataPort]:
        return [
            skeleton("text", "tokens", "text"),
            skeleton("label", "category", "label"),
        ]

    def cells(self, column: str) -> Sequence[str]:
        return self.names if column == "label" else self.contents

    def cells_text(self, column: str, writer: Writer, spec: DataSpec) -> str:
        return "names" if column == "label" else "texts"

    def classes(self, column: str) -> tuple[str, ...]:
        return tuple(sorted(set(self.names)))

    def array_of(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        if port.is_fitted:
            return self.fitted_array(port, spec)
        return class_indices(self.cells(port.columns[0]), port.classes)

    def thinned(self, step: int, limit: int) -> Self:
        keep = slice(None, limit * step, step)
        return replace(
            self,
            files=self.files[keep],
            contents=self.contents[keep],
            names=self.names[keep],
            cache={},
        )

    def write_read(self, writer: Writer, spec: DataSpec) -> list[str]:
        used = {port.columns[0] for port in spec.ports}
        names = "names" if "label" in used else "_"
        parts = "parts" if spec.split.kind == "given" else "_"
        call = writer.call("list_by_class", "path", '[".txt"]', '"texts"')
        lines = call.assigned(f"files, {names}, {parts}")
        if "text" in used:
            writer.called.append("read_text")
            lines.append("    texts = [read_text(file) for file in files]")
        return lines

    def write_value(self, port: DataPort, writer: Writer, spec: DataSpec) -> Call:
        classes = writer.list_of("CLASSES", port.classes)
        cells = self.cells_text(port.columns[0], writer, spec)
        return writer.call("class_indices", cells, classes)
