"""Time series: windows of rows and what follows them. The functions are exported as they stand."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from runtime.data.splits import part_sizes
from runtime.data.transforms import standardize

__all__ = [
    "cut_horizon",
    "cut_windows",
    "scale_windows",
    "series_split",
    "window_starts",
]


def window_starts(
    rows: int,
    length: int,
    step: int,
    validation: float,
    test: float,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return each window's first row (N,), its part (N,), and how many rows train.

    The rows are divided in order: the first train (part 0), those after them validate
    (1), the last test (2). A window of `length` rows, its horizon among them, lies within
    one part, so that nothing of a later part is seen in training. Windows of a part start
    every `step` rows.
    """
    middle, last = part_sizes(rows, validation, test)
    bounds = [0, rows - middle - last, rows - last, rows]
    starts, parts = [], []
    for part, name in enumerate(("training", "validation", "test")):
        begin, end = bounds[part : part + 2]
        found = np.arange(begin, end - length + 1, step)
        if end > begin and not len(found):
            wanted = f"a window with its horizon takes {length} rows"
            mend = "Choose a shorter window, or give the part a larger share."
            raise ValueError(
                f"the {name} part has {end - begin} rows, {wanted}. {mend}"
            )
        starts.append(found)
        parts.append(np.full(len(found), part))
    return np.concatenate(starts), np.concatenate(parts), bounds[1]


def cut_windows(
    values: np.ndarray,
    starts: np.ndarray,
    length: int,
    offset: int = 0,
) -> np.ndarray:
    """Return `length` rows of values (rows, k) from each start + offset: (N, length, k)."""
    return values[starts[:, None] + offset + np.arange(length)]


def cut_horizon(
    values: np.ndarray,
    starts: np.ndarray,
    length: int,
    offset: int,
) -> np.ndarray:
    """Return what follows windows: (N, length, k), or (N, length) of a single column."""
    windows = cut_windows(values, starts, length, offset)
    return windows[:, :, 0] if values.shape[1] == 1 else windows


def scale_windows(
    windows: np.ndarray,
    values: np.ndarray,
    train_rows: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (windows - mean) / deviation with both, of each column's training rows.

    `values` (rows, k) are the series that windows (N, length, k), or (N, length) of one
    column, were cut from.
    """
    _, mean, deviation = standardize(values.copy(), torch.arange(train_rows), (0,))
    windows = (windows - mean) / deviation
    return windows, mean, deviation


def series_split(parts: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Return the indices of the training, validation and test windows, in order."""
    train, middle, last = (
        torch.from_numpy(np.flatnonzero(parts == part)) for part in range(3)
    )
    return train, middle, last
