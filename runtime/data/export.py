"""The data's part of an exported project: the functions that the app runs, written out."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data import digits, idx, npz, pictures, splits, table, transforms
from runtime.data.faults import data_faults
from runtime.data.loading import normal_axes
from runtime.data.ports import describe_source, target_of
from runtime.data.source import Source, open_source

__all__ = ["quoted", "requirements", "source_code"]

#: The line length of ruff's defaults, under which exported scripts are checked.
_WIDTH = 88
#: Longer texts of users get a name of their own, so that lines stay foldable.
_INLINE = 40
_MODULES = (digits, idx, npz, table, pictures, transforms, splits)
#: The import behind each name that the functions use, in the order in which ruff sorts them.
_STANDARD = {
    "csv": "import csv",
    "gzip": "import gzip",
    "math": "import math",
    "struct": "import struct",
    "warnings": "import warnings",
    "zipfile": "import zipfile",
    "zlib": "import zlib",
    "Sequence": "from collections.abc import Sequence",
    "find_spec": "from importlib.util import find_spec",
    "Path": "from pathlib import Path",
}
_INSTALLED = {"np": "import numpy as np", "torch": "import torch"}
_ABOUT = {
    "digits": "The handwritten digits that scikit-learn carries.",
    "idx": "Images and labels from IDX files, as MNIST is distributed.",
    "npz": "Examples from a NumPy archive.",
    "csv": "Rows of a CSV table.",
    "images": "Pictures from a folder with one sub-folder per class.",
}


def requirements(spec: DataSpec) -> list[str]:
    """Return what the exported script needs beside Python, as pip writes it."""
    needed = ["torch>=2.6", "numpy>=1.26"]
    if spec.source == "digits":
        needed.append("scikit-learn>=1.4")
    if spec.source == "images":
        needed.append("pillow>=10.3")
    return needed


def source_code(spec: DataSpec, base: Path, path: str | None = None) -> str:
    """Return the text of an exported data.py with the function ``load_data``.

    It gives the very tensors and indices of `load`. `path` is the default place of the data
    in the script; without it, the description's own. Raises DataError.
    """
    with data_faults():
        source = open_source(spec, base)
        found = describe_source(spec, source)
    return _Writer(found, source, found.path if path is None else path).text()


def quoted(text: str) -> str:
    """Return `text` as an ASCII literal with the quotes that ruff format chooses."""
    plain = ascii(text)
    if plain[0] == '"' or text.count('"') > text.count("'"):
        return plain
    return '"' + plain[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


@dataclass
class _Writer:
    """Collects what one script needs: constants, functions, the lines of load_data."""

    spec: DataSpec
    source: Source
    path: str
    constants: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return the whole module."""
        body = self._body()
        functions = _with_callees(self.called)
        sources = [
            textwrap.dedent(inspect.getsource(function)) for function in functions
        ]
        used = {name for part in [*sources, body] for name in _names(part)}
        if "MISSING" in used:
            self.constants.append(_listing("MISSING", table.MISSING, "()"))
        parts = [f'"""{_ABOUT[self.spec.source]}"""\n\n{_import_block(used)}']
        if self.constants:
            parts.append("\n".join(self.constants) + "\n")
        functions_text = [part.rstrip() for part in [*sources, body]]
        return "\n\n\n".join(["\n".join(parts).rstrip(), *functions_text]) + "\n"

    def _body(self) -> str:
        spec = self.spec
        default = self._text(self.path)
        read = self._read()
        columns = ["    columns = {"]
        for port in spec.ports:
            columns += self._value(port).entry(self._text(port.name))
        columns.append("    }")
        split = self._split()
        scaled = [port for port in spec.ports if port.normalize == "standard"]
        if scaled:
            self.called.append("standardize")
            pairs = [f"{self._text(port.name)}: {normal_axes(port)}" for port in scaled]
            self.constants.append(
                "# Normalised ports, and the axes they share a mean over."
            )
            self.constants.append(_braced("NORMALIZED", pairs, "{}"))
            split += [
                "    for name, axes in NORMALIZED.items():",
                "        columns[name], _, _ = standardize(columns[name], train, axes)",
            ]
        self.called.append("to_tensor")
        head = ["def load_data("]
        head.append(f"    path: str = {default},")
        head.append(") -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:")
        if spec.source == "digits":
            head = [
                "def load_data() -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:"
            ]
        lines = [
            *head,
            '    """Return all examples by name, and the rows of each part.',
            "",
            "    The parts are training, validation and test.",
            '    """',
            *read,
            *columns,
            *split,
            "    tensors = {name: to_tensor(array) for name, array in columns.items()}",
            "    return tensors, train, validation, test",
        ]
        return "\n".join(lines)

    def _read(self) -> list[str]:
        """Return the lines that read the source."""
        spec, source = self.spec, self.source
        given = spec.split.kind == "given"
        parts = "parts" if given else "_"
        if spec.source == "digits":
            self.called.append("read_digits")
            return [f"    {self._arrays()} = read_digits()"]
        if spec.source == "idx":
            self.called.append("read_idx")
            return [f"    {self._arrays()}, {parts} = read_idx(path)"]
        if spec.source == "npz":
            self.called.append("read_npz")
            return [f"    arrays, {parts} = read_npz(path)"]
        if spec.source == "images":
            self.called.append("list_images")
            used = {port.columns[0] for port in spec.ports}
            names = "names" if "label" in used else "_"
            return [f"    files, {names}, {parts} = list_images(path)"]
        self.called.append("read_csv")
        arguments = ["path"]
        if source.delimiter != ",":
            arguments.append(f"delimiter={quoted(source.delimiter)}")
        if source.header is not None:
            self.constants.append(_listing("COLUMNS", source.header))
            arguments.append("names=COLUMNS")
        return [f"    table = read_csv({', '.join(arguments)})"]

    def _arrays(self) -> str:
        used = {port.columns[0] for port in self.spec.ports}
        images = "images" if "image" in used else "_"
        return f"{images}, {'labels' if 'label' in used else '_'}"

    def _value(self, port: DataPort) -> _Call:
        if self.source.table:
            return self._cells(port)
        if self.source.files:
            if port.type == "category":
                return self._call("class_indices", "names", self._classes(port))
            mode = '"L"' if port.shape[0] == 1 else '"RGB"'
            size = [f"size={self.spec.image_size}"] if self.spec.image_size else []
            return self._call("read_images", "files", mode, *size)
        column = port.columns[0]
        array = {"image": "images", "label": "labels"}.get(column, "")
        if self.spec.source == "npz":
            array = f"arrays[{self._text(column)}]"
        if port.type == "category":
            if self.source.arrays[column].dtype.kind == "U":
                return self._call(
                    "class_indices", f"{array}.reshape(-1)", self._classes(port)
                )
            return self._call("to_labels", array, str(len(port.classes)))
        if port.type == "image":
            call = self._call("to_images", array)
            wanted = self.spec.image_size
            return self._call("resize", str(call), str(wanted)) if wanted else call
        call = self._call("to_numbers", array)
        return self._call("to_whole", str(call)) if port.dtype == "int64" else call

    def _cells(self, port: DataPort) -> _Call:
        first = ["first_row=1"] if self.source.first_row == 1 else []
        if port.type == "category":
            column = self._text(port.columns[0])
            return self._call(
                "categories", "table", column, self._classes(port), *first
            )
        name = self._constant("FEATURES" if len(port.columns) > 1 else "NUMBERS")
        self.constants.append(_listing(name, port.columns))
        call = self._call("numbers", "table", name, *first)
        return self._call("to_whole", str(call)) if port.dtype == "int64" else call

    def _split(self) -> list[str]:
        split = self.spec.split
        fractions = (
            f"validation={split.validation}, test={split.test}, seed={split.seed}"
        )
        lines = []
        if split.kind == "random":
            first = self._text(self.spec.ports[0].name)
            lines.append(f"    count = len(columns[{first}])")
            what = "count"
        elif split.kind == "stratified":
            target = target_of(self.spec)
            if target is None:
                message = "A stratified split needs a category. Choose a random split."
                raise DataError(message)
            lines.append(f"    target = columns[{self._text(target.name)}]")
            what = "target"
        else:
            what = "parts"
            if self.source.table:
                self.called.append("table_parts")
                first_row = ", first_row=1" if self.source.first_row == 1 else ""
                column = self._text(split.column or "")
                lines.append(f"    parts = table_parts(table, {column}{first_row})")
        self.called.append(f"{split.kind}_split")
        return [
            *lines,
            f"    train, validation, test = {split.kind}_split(",
            f"        {what},",
            *(f"        {fraction}," for fraction in fractions.split(", ")),
            "    )",
        ]

    def _call(self, function: str, *arguments: str) -> _Call:
        self.called.append(function)
        return _Call(function, arguments)

    def _classes(self, port: DataPort) -> str:
        name = self._constant("CLASSES")
        self.constants.append(_listing(name, port.classes))
        return name

    def _text(self, text: str) -> str:
        """Return `text` as a literal, or the name of a constant that holds it."""
        literal = quoted(text)
        if len(literal) <= _INLINE:
            return literal
        name = self._constant("TEXT")
        line = f"{name} = {literal}"
        if len(line) > _WIDTH >= 4 + len(literal):
            line = f"{name} = (\n    {literal}\n)"
        self.constants.append(line)
        return name

    def _constant(self, name: str) -> str:
        """Return a name for a constant that none has yet."""
        taken = {line.split(" ")[0] for line in self.constants}
        number = 2
        free = name
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        return free


@dataclass(frozen=True)
class _Call:
    function: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(self.arguments)})"

    def entry(self, key: str) -> list[str]:
        """Return the lines of an entry in a dict, two levels deep."""
        line = f"        {key}: {self},"
        if len(line) <= _WIDTH:
            return [line]
        inner = [f"            {argument}," for argument in self.arguments]
        return [f"        {key}: {self.function}(", *inner, "        ),"]


def _listing(name: str, texts: Sequence[str], brackets: str = "[]") -> str:
    return _braced(name, [quoted(text) for text in texts], brackets)


def _braced(name: str, items: Sequence[str], brackets: str) -> str:
    """Return an assignment on one line, or with one item per line."""
    line = f"{name} = {brackets[0]}{', '.join(items)}{brackets[1]}"
    if len(line) <= _WIDTH and len(items) > (brackets == "()"):
        return line
    inner = "".join(f"    {item},\n" for item in items)
    return f"{name} = {brackets[0]}\n{inner}{brackets[1]}"


def _functions() -> dict[str, Callable[..., object]]:
    return {
        name: function
        for module in _MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }


def _with_callees(names: Sequence[str]) -> list[Callable[..., object]]:
    """Return the named functions and those they call, callees first."""
    known = _functions()
    ordered: dict[str, Callable[..., object]] = {}

    def add(name: str) -> None:
        if name in ordered:
            return
        source = textwrap.dedent(inspect.getsource(known[name]))
        for other in _names(source):
            if other in known and other != name:
                add(other)
        ordered[name] = known[name]

    for name in names:
        add(name)
    return list(ordered.values())


def _names(source: str) -> list[str]:
    """Return the names that a piece of code reads, in order."""
    nodes = ast.walk(ast.parse(source))
    return [node.id for node in nodes if isinstance(node, ast.Name)]


def _import_block(used: set[str]) -> str:
    lines = [line for name, line in _STANDARD.items() if name in used]
    lines += [""] if lines else []
    lines += [line for name, line in _INSTALLED.items() if name in used]
    # load_data's own annotation names Tensor, so that it is always there.
    lines.append(
        "from torch import Tensor, nn" if "nn" in used else "from torch import Tensor"
    )
    return "\n".join(lines) + "\n"
