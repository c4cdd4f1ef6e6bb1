"""Folders with one sub-folder per class. The functions are exported as they stand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

__all__ = [
    "class_indices",
    "entries_of",
    "files_inside",
    "in_order",
    "list_by_class",
    "part_folders",
]


def in_order(entry: Path) -> list[str | int]:
    """Return a key that sorts names as people do: frame 2 comes before frame 10."""
    pieces = re.split(r"([0-9]+)", entry.name)
    return [int(piece) if k % 2 else piece for k, piece in enumerate(pieces)]


def entries_of(folder: Path, *, folders: bool) -> list[Path]:
    """Return the folders, or the files, in a folder by name; hidden ones are left out."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    shown = [entry for entry in entries if not entry.name.startswith(".")]
    return [entry for entry in shown if entry.is_dir() == folders]


def files_inside(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and in the folders in it; hidden ones are left out."""
    for place, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        shown = sorted(name for name in names if not name.startswith("."))
        yield from (Path(place, name) for name in shown)


def part_folders(folder: str | Path) -> dict[Path, int]:
    """Return the folders of the parts: 0 for training, 1 for validation, 2 for test.

    Without a folder called train (or training) the folder itself is the training part.
    """
    kinds = {"train": 0, "training": 0, "test": 2, "testing": 2}
    kinds |= {"val": 1, "valid": 1, "validation": 1}
    inside = entries_of(Path(folder), folders=True)
    found = {
        top: kinds[top.name.lower()] for top in inside if top.name.lower() in kinds
    }
    return found if 0 in found.values() else {Path(folder): 0}


def list_by_class(
    folder: str | Path,
    endings: Sequence[str],
    what: str,
    *,
    folders: bool = False,
) -> tuple[list[Path], list[str], np.ndarray]:
    """Return the files in a folder of classes, the class of each and its part.

    A class is a sub-folder. Folders called train and test (or val) may stand above the
    classes. Where `folders` count as well, each folder in a class is one example.
    """
    files: list[Path] = []
    names: list[str] = []
    parts: list[int] = []
    for top, part in part_folders(folder).items():
        classes = entries_of(top, folders=True)
        if not classes:
            raise ValueError(f"{top}: expected one folder of {what} per class")
        for kind in classes:
            entries = entries_of(kind, folders=False)
            found = [file for file in entries if file.suffix.lower() in endings]
            found += entries_of(kind, folders=True) if folders else []
            if not found:
                raise ValueError(f"{kind}: the class {kind.name!r} has no {what}")
            files += found
            names += [kind.name] * len(found)
            parts += [part] * len(found)
    return files, names, np.array(parts)


def class_indices(names: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Return the index of each name in `classes`: (N,) int64."""
    index = {name: place for place, name in enumerate(classes)}
    for place, name in enumerate(names):
        if name not in index:
            known = f"none of the classes {list(classes)!r:.200}"
            raise ValueError(f"example {place}: {name!r:.80} is {known}")
    return np.array([index[name] for name in names], dtype=np.int64)
