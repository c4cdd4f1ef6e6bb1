"""The ports of a source: which there are by default, and what each one carries."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.pictures import read_image
from runtime.data.source import Source, is_number, open_source
from runtime.data.table import MISSING
from runtime.data.transforms import to_images

__all__ = ["describe", "describe_source", "left_out", "port_name", "target_of"]

_LABEL_NAMES = ("y", "label", "labels", "target", "targets", "class", "classes")
#: Whole numbers up to here may be classes; beyond they are taken as numbers.
_MAX_CLASSES = 1000


def describe(spec: DataSpec, base: Path) -> DataSpec:
    """Return `spec` with its ports as the source has them.

    Without ports the usual ones are made; ports that are there keep their names, types,
    columns and classes, and get their shapes anew. Relative paths start at `base`.
    Raises DataError.
    """
    with data_faults():
        return describe_source(spec, open_source(spec, base))


def describe_source(spec: DataSpec, source: Source) -> DataSpec:
    """Return `spec` with the ports of an open source."""
    ports = spec.ports or _default_ports(spec, source)
    if not ports:
        raise DataError(f"{source.path}: no column can be used as it is.")
    filled = tuple(_fill(port, spec, source) for port in ports)
    for port in filled:
        if 0 in port.shape:
            message = f"one example has the shape {port.shape}, there is nothing in it"
            raise DataError(f"{source.path}: the port {port.name!r}: {message}.")
    return spec.model_copy(update={"ports": filled})


def target_of(spec: DataSpec) -> DataPort | None:
    """Return the category to divide evenly in a stratified split: the last one."""
    categories = [port for port in spec.ports if port.type == "category"]
    return categories[-1] if categories else None


def port_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return `text` made an identifier: ASCII, lower case, no keyword, not taken."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^0-9a-z]+", "_", plain.lower()).strip("_")[:60] or "column"
    if name[0].isdigit() or keyword.iskeyword(name):
        name = f"column_{name}"
    taken = set(taken)
    return next(
        each
        for k in range(1, len(taken) + 2)
        if (each := f"{name}_{k}" if k > 1 else name) not in taken
    )


def _default_ports(spec: DataSpec, source: Source) -> list[DataPort]:
    if source.table:
        return _table_ports(spec, source)
    if source.files:
        return [
            _skeleton("image", "image", "image"),
            _skeleton("label", "category", "label"),
        ]
    types = {name: _array_type(name, array) for name, array in source.arrays.items()}
    usable = [name for name in source.arrays if types[name]]
    targets = [name for name in usable if name.lower() in _LABEL_NAMES]
    targets = targets or [name for name in usable if types[name] == "category"][-1:]
    ordered = [name for name in usable if name not in targets] + targets
    ports: list[DataPort] = []
    for name in ordered:
        kind = types[name]
        shown = {"image": "image", "category": "label"}.get(kind, name)
        shown = shown if list(types.values()).count(kind) == 1 else name
        called = port_name(shown, (port.name for port in ports))
        ports.append(_skeleton(called, kind, name, scaled=name not in targets))
    return ports


def _skeleton(name: str, kind: str, *columns: str, scaled: bool = True) -> DataPort:
    """Return a port whose shape and classes are still to be read."""
    scale = "standard" if scaled and kind != "category" else "none"
    fields = {
        "name": name,
        "type": kind,
        "columns": columns,
        "shape": (),
        "normalize": scale,
    }
    return DataPort.model_validate(fields)


def _array_type(name: str, array: np.ndarray) -> str:
    """Return image, number or category, or nothing for an array of another kind."""
    kind = array.dtype.kind
    if array.ndim == 1 and kind == "U":
        return "category"
    if kind not in "buif":
        return ""
    if array.ndim == 4 and (array.shape[1] in (1, 3, 4) or array.shape[3] in (1, 3, 4)):
        return "image"
    if array.ndim == 3 and (kind == "u" or array.shape[1] == array.shape[2]):
        return "image"
    single = array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)
    if single and kind in "ui" and array.max() < _MAX_CLASSES:
        return (
            "category" if array.min() >= 0 or name.lower() in _LABEL_NAMES else "number"
        )
    return "number"


def _table_ports(spec: DataSpec, source: Source) -> list[DataPort]:
    """Return numbers side by side as `features`, then categories, the target last.

    The target is the last category, or the last column if all are numbers.
    """
    skipped = {spec.split.column, *left_out(source)}
    types = {
        name: _cell_type(cells)
        for name, cells in source.table.items()
        if name not in skipped
    }
    if not types:
        return []
    texts = [name for name in types if types[name] == "category"]
    target = texts[-1] if texts else list(types)[-1]
    numeric = [name for name in types if types[name] == "number" and name != target]
    ports = [_skeleton("features", "number", *numeric)] if numeric else []
    for name in [*(name for name in texts if name != target), target]:
        called = port_name(name, [port.name for port in ports])
        ports.append(_skeleton(called, types[name], name, scaled=False))
    return ports


def left_out(source: Source) -> list[str]:
    """Return columns of free text: nearly every row has its own."""
    found = []
    for name, cells in source.table.items():
        different = len(set(cells))
        if (
            different > 50
            and different * 2 > len(cells)
            and _cell_type(cells) == "category"
        ):
            found.append(name)
    return found


def _cell_type(cells: list[str]) -> str:
    """Return number where most cells that hold something are numbers, else category.

    A table of numbers with a few words in it is a faulty table of numbers, not a category.
    """
    filled = [cell for cell in cells if cell.lower() not in MISSING]
    hits = sum(is_number(cell) for cell in filled)
    return "number" if not filled or hits * 10 >= len(filled) * 8 else "category"


def _fill(port: DataPort, spec: DataSpec, source: Source) -> DataPort:
    """Return `port` with the shape, dtype and classes that its columns have."""
    if not port.columns:
        raise DataError(f"The port {port.name!r} holds no column. Choose at least one.")
    for column in port.columns:
        if column not in source.columns:
            there = ", ".join(source.columns)[:300]
            message = f"{source.path}: there is no column {column!r} for the port {port.name!r}"
            raise DataError(f"{message}. There are: {there}.")
    if len(port.columns) > 1 and not (source.table and port.type == "number"):
        raise DataError(f"The port {port.name!r} holds several columns, expected one.")
    column = port.columns[0]
    if port.type == "category":
        classes = port.classes or _classes(column, source)
        update = {
            "shape": (),
            "dtype": "int64",
            "classes": classes,
            "normalize": "none",
        }
        return port.model_copy(update=update)
    if port.type == "image":
        channels, *size = _picture_shape(port, spec, source)
        shape = (channels, *(spec.image_size or size))
        return port.model_copy(
            update={"shape": shape, "dtype": "float32", "classes": ()}
        )
    if source.files:
        raise DataError(
            f"The port {port.name!r}: pictures and their classes are not numbers."
        )
    # What is normalised is no longer whole.
    dtype = port.dtype if port.normalize == "none" else "float32"
    if source.table:
        shape = (len(port.columns),)
        return port.model_copy(update={"shape": shape, "dtype": dtype, "classes": ()})
    array = source.arrays[column]
    if array.dtype.kind not in "buif":
        raise DataError(
            f"{source.path}: {column!r} holds {array.dtype}, expected numbers."
        )
    shape = array.shape[1:] or (1,)
    return port.model_copy(update={"shape": shape, "dtype": dtype, "classes": ()})


def _classes(column: str, source: Source) -> tuple[str, ...]:
    if source.files:
        return tuple(sorted(set(source.names)))
    if source.table:
        names = {cell for cell in source.table[column] if cell}
        by_value = all(is_number(name) for name in names)
        return tuple(
            sorted(names, key=lambda name: (float(name) if by_value else 0, name))
        )
    array = source.arrays[column]
    if array.dtype.kind == "U":
        return tuple(sorted(set(array.reshape(-1).tolist())))
    if array.dtype.kind not in "bui":
        raise DataError(
            f"{source.path}: {column!r} holds {array.dtype}, expected labels."
        )
    low, high = int(array.min()), int(array.max())
    if high >= 10 * _MAX_CLASSES:
        raise DataError(
            f"{source.path}: {column!r} has the label {high}: too many classes."
        )
    return tuple(str(label) for label in range(1 if low == 1 else 0, max(high, 0) + 1))


def _picture_shape(port: DataPort, spec: DataSpec, source: Source) -> tuple[int, ...]:
    """Return (C, H, W) as stored; colour unless every picture looked at is grey."""
    column = port.columns[0]
    if source.files:
        if column != "image":
            raise DataError(f"The port {port.name!r}: {column!r} holds no pictures.")
        height_width = read_image(source.files[0], "L").shape[1:]
        step = max(1, len(source.files) // 64)
        grey = spec.grey or all(_is_grey(file) for file in source.files[::step])
        return (1 if grey else 3, *height_width)
    shape = to_images(source.arrays[column][:1]).shape[1:]
    if spec.grey and shape[0] > 1:
        message = (
            f"{source.path}: only folders of pictures are read as grey; switch it off."
        )
        raise DataError(message)
    return shape


def _is_grey(file: Path) -> bool:
    try:
        with Image.open(file, formats=("PNG", "JPEG", "BMP", "GIF", "WEBP")) as image:
            return image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith(
                "I;"
            )
    except Exception:  # reading it for training names the file and the fault
        return True
