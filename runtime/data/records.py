"""Records with cells of any type: JSON, JSON lines, Parquet, Hugging Face datasets.

The functions here are exported as they stand. Rows are counted from 1.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from runtime.data.pictures import opened_image, pixels_of
from runtime.data.transforms import resize

__all__ = [
    "columns_of",
    "named_labels",
    "parse_lines",
    "picture_of",
    "read_hub",
    "read_json",
    "read_parquet",
    "record_images",
    "record_labels",
    "record_numbers",
    "record_texts",
]


def columns_of(rows: Sequence[object], path: str | Path) -> dict[str, list[Any]]:
    """Return records by column, None where one lacks it; objects in them as a.b."""
    columns: dict[str, list[Any]] = {}
    records = [row for row in rows if isinstance(row, dict)]
    if len(records) < len(rows):
        odd = next(k for k, row in enumerate(rows) if not isinstance(row, dict))
        found = f"found {type(rows[odd]).__name__}"
        raise ValueError(f"{path}, row {odd + 1}: expected an object, {found}")
    for number, row in enumerate(records):
        flat = dict(row)
        while nested := [key for key, cell in flat.items() if isinstance(cell, dict)]:
            for key in nested:
                inner = flat.pop(key)
                flat |= {f"{key}.{name}": cell for name, cell in inner.items()}
        for name, cell in flat.items():
            columns.setdefault(name, [None] * number).append(cell)
        for cells in columns.values():
            cells += [None] * (number + 1 - len(cells))
    if not columns:
        raise ValueError(f"{path}: there are no records in it")
    return columns


def parse_lines(lines: Sequence[str], path: str | Path) -> list[Any]:
    """Return the JSON values of lines; empty ones are left out."""
    values = []
    for number, line in enumerate(lines, 1):
        try:
            values += [json.loads(line)] if line.strip() else []
        except json.JSONDecodeError as error:
            fault = f"not JSON, {error.msg} at character {error.colno}"
            raise ValueError(f"{path}, line {number}: {fault}") from error
    return values


def read_json(path: str | Path) -> dict[str, list[Any]]:
    """Return the records of a JSON file, or of one with an object per line, by column.

    JSON is a list of objects, or an object that holds such a list, or lists by column.
    """
    path = Path(path)
    if path.stat().st_size > 2**30:
        raise ValueError(f"{path}: files of more than 1 GiB are not read into memory")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".json":
            return columns_of(parse_lines(text.split("\n"), path), path)
        content = json.loads(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON ({error})") from error
    except RecursionError as error:
        raise ValueError(f"{path}: nested too deep") from error
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        if len(lists) == 1 and lists[0] and isinstance(lists[0][0], dict):
            content = lists[0]
        elif lists and len(lists) == len(content):
            if len({len(value) for value in lists}) > 1:
                raise ValueError(f"{path}: the columns differ in length")
            return content
    if isinstance(content, list):
        return columns_of(content, path)
    raise ValueError(f"{path}: expected a list of objects, or lists by column")


def named_labels(cells: list[Any], names: Sequence[str]) -> list[Any]:
    """Return class indices, or lists of them, as names; None where there is none."""

    def name(cell: Any) -> Any:
        if isinstance(cell, list):
            return [name(one) for one in cell]
        known = isinstance(cell, int) and 0 <= cell < len(names)
        return names[cell] if known else None

    return [name(cell) for cell in cells]


def read_parquet(path: str | Path) -> tuple[dict[str, list[Any]], dict[str, list[str]]]:
    """Return a Parquet file's records by column, and the classes that it names."""
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(path)
        metadata = (table.schema.metadata or {}).get(b"huggingface", b"{}")
        features = json.loads(metadata).get("info", {}).get("features", {})
        columns = {name: table.column(name).to_pylist() for name in table.column_names}
    except (ArrowException, ValueError, AttributeError) as error:
        raise ValueError(f"{path}: not a readable Parquet file ({error})") from error
    classes = {}
    for name, feature in features.items():
        is_label = isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        if is_label and name in columns:
            classes[name] = [str(one) for one in feature.get("names", [])]
            columns[name] = named_labels(columns[name], classes[name])
    return columns, classes


def read_hub(
    path: str | Path,
) -> tuple[dict[str, list[Any]], np.ndarray, dict[str, list[str]]]:
    """Return a Hugging Face dataset's records by column, their parts, and its classes.

    `path` is a folder, a file, or hf://owner/name, with a subset behind another slash.
    Parts are 0 for training, 1 for validation, 2 for test.
    """
    import datasets

    datasets.disable_progress_bars()
    name, *subset = str(path).removeprefix("hf://").split("/")
    try:
        if str(path).startswith("hf://"):
            found = datasets.load_dataset(f"{name}/{subset[0]}", *subset[1:])
        elif any(
            Path(path, one).exists() for one in ("state.json", "dataset_dict.json")
        ):
            found = datasets.load_from_disk(str(path))
        else:
            found = datasets.load_dataset(str(path))
    except Exception as error:  # of the many packages below, each with its own kinds
        reason = f"{type(error).__name__}: {error}"
        mend = "Check the name; a dataset that was never loaded here needs the network."
        raise ValueError(
            f"{path}: no dataset was found. {reason:.300} {mend}"
        ) from error
    kinds = {"train": 0, "val": 1, "dev": 1, "test": 2}
    by_split = found if isinstance(found, dict) else {"train": found}
    columns: dict[str, list[Any]] = {}
    classes: dict[str, list[str]] = {}
    parts: list[int] = []
    for split, rows in by_split.items():
        part = next((kinds[key] for key in kinds if split.startswith(key)), None)
        if part is None and len(by_split) > 1:
            continue
        # A saved dataset's format names its columns as they were before.
        rows = rows.flatten().with_format(None)
        for name, feature in rows.features.items():
            if hasattr(feature, "decode"):
                rows = rows.cast_column(name, type(feature)(decode=False))
        table = rows[:]
        for name, feature in rows.features.items():
            label = getattr(feature, "feature", feature)
            cells = table[name]
            if isinstance(label, datasets.ClassLabel):
                classes[name] = list(label.names)
                cells = named_labels(cells, label.names)
            columns.setdefault(name, [None] * len(parts)).extend(cells)
        parts += [part or 0] * len(rows)
        for cells in columns.values():
            cells += [None] * (len(parts) - len(cells))
    if not parts:
        names = ", ".join(by_split)
        raise ValueError(f"{path}: expected a part called train, found {names:.200}")
    return columns, np.array(parts), classes


def record_numbers(
    records: dict[str, list[Any]],
    columns: Sequence[str],
) -> np.ndarray:
    """Return columns of numbers side by side (N, k), or one of lists (N, ...): float64."""
    values = []
    for column in columns:
        cells = records[column]
        shape = np.shape(cells[0]) if isinstance(cells[0], list) else ()
        for row, cell in enumerate(cells, 1):
            place = f"row {row}, column {column!r}"
            if cell is None:
                mend = "Fill it in, or remove the row or the column."
                raise ValueError(f"{place}: the value is missing. {mend}")
            try:
                number = np.array(cell, dtype=np.float64)
            except (TypeError, ValueError, OverflowError):
                fault = f"{str(cell)!r:.80} is not a number"
                raise ValueError(f"{place}: {fault}") from None
            if isinstance(cell, str) or not (np.abs(number) <= 3.4e38).all():
                raise ValueError(f"{place}: {str(cell)!r:.80} is not a finite number")
            if number.shape != shape:
                fault = f"a list of the shape {number.shape}, the first has {shape}"
                raise ValueError(f"{place}: {fault}")
        array = np.array(cells, dtype=np.float64)
        values.append(array[:, None] if array.ndim == 1 else array)
    return np.concatenate(values, axis=1) if len(values) > 1 else values[0]


def record_labels(cells: Sequence[Any], classes: Sequence[str]) -> np.ndarray:
    """Return the index of each row's class: (N,) int64."""
    index = {name: place for place, name in enumerate(classes)}
    for row, cell in enumerate(cells, 1):
        if cell is None:
            raise ValueError(f"row {row}: the label is missing")
        if str(cell) not in index:
            known = f"none of the classes {list(classes)!r:.200}"
            raise ValueError(f"row {row}: {str(cell)!r:.80} is {known}")
    return np.array([index[str(cell)] for cell in cells], dtype=np.int64)


def record_texts(cells: Sequence[Any]) -> list[str]:
    """Return each row's text; lists of words with spaces between, _ for those within."""
    texts = []
    for row, cell in enumerate(cells, 1):
        words = cell if isinstance(cell, list) else [cell]
        if any(word is None for word in words):
            raise ValueError(f"row {row}: the text is missing")
        if isinstance(cell, list):
            words = ["_".join(str(word).split()) for word in words]
        texts.append(" ".join(str(word) for word in words))
    return texts


def picture_of(cell: Any, mode: str = "RGB") -> np.ndarray:
    """Return the picture in a cell as (C, H, W) uint8: bytes, or an object with them."""
    if isinstance(cell, dict):
        content = cell.get("bytes")
        cell = Path(cell.get("path") or "").read_bytes() if content is None else content
    if isinstance(cell, bytes):
        with opened_image(io.BytesIO(cell)) as opened:
            return pixels_of(opened, mode)
    raise ValueError(f"expected a picture, found {type(cell).__name__}")


def record_images(
    cells: Sequence[Any],
    mode: str = "RGB",
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Return pictures as (N, C, H, W) float32 in [0, 1], resized to `size` if given."""
    images = np.empty(0, dtype=np.float32)
    for place, cell in enumerate(cells):
        try:
            image = picture_of(cell, mode)[None].astype(np.float32) / np.float32(255)
        except ValueError as error:
            raise ValueError(f"row {place + 1}: {error}") from error
        image = resize(image, size) if size else image
        if not place:
            images = np.empty((len(cells), *image.shape[1:]), dtype=np.float32)
        if image.shape[1:] != images.shape[1:]:
            sizes = f"{image.shape[2:]} pixels, the first {images.shape[2:]}"
            fault = f"pictures differ in size ({sizes}); set a size"
            raise ValueError(f"row {place + 1}: {fault}")
        images[place] = image[0]
    return images
