"""NumPy archives. The functions here are exported as they stand."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

__all__ = ["read_npz"]


def read_npz(path: str | Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the arrays by name, and each example's part: 0 train, 1 validation, 2 test.

    Names such as x_train, x_val and x_test (or train_x, ...) become one array x, the parts
    one after the other. Pickled objects are refused.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > 2**33:
                raise ValueError("it unpacks to more than 8 GiB")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in file.files}
    except OSError:
        raise
    except Exception as error:  # a damaged archive raises whatever its bytes provoke
        raise ValueError(f"{path}: not a readable NPZ file ({error})") from error
    kinds = {"train": 0, "val": 1, "valid": 1, "validation": 1, "test": 2}
    found: dict[str, dict[int, np.ndarray]] = {}
    for name, array in arrays.items():
        words = name.split("_")
        for place in (-1, 0):
            if len(words) > 1 and words[place].lower() in kinds:
                part = kinds[words.pop(place).lower()]
                found.setdefault("_".join(words), {})[part] = array
                break
    found = found or {name: {0: array} for name, array in arrays.items()}
    if not found or any(
        not array.ndim for by in found.values() for array in by.values()
    ):
        raise ValueError(f"{path}: expected arrays with one entry per example")
    first = next(iter(found))
    counts = {part: len(array) for part, array in sorted(found[first].items())}
    columns = {}
    for name, by_part in found.items():
        lengths = {part: len(array) for part, array in sorted(by_part.items())}
        if lengths != counts:
            sizes = f"{list(counts.values())} and {list(lengths.values())}"
            raise ValueError(f"{path}: {first} and {name} differ in length: {sizes}")
        ordered = [by_part[part] for part in counts]
        if any(array.shape[1:] != ordered[0].shape[1:] for array in ordered):
            raise ValueError(f"{path}: the parts of {name} differ in shape")
        columns[name] = np.concatenate(ordered)
    return columns, np.repeat(list(counts), list(counts.values()))
