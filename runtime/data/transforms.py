"""From arrays as they are stored to what a network takes.

The functions here are exported as they stand. Sums run in numpy: torch splits them among threads,
so that the last bit would depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

__all__ = [
    "mean_and_deviation",
    "resize",
    "standardize",
    "to_images",
    "to_labels",
    "to_numbers",
    "to_tensor",
    "to_whole",
]


def to_images(array: np.ndarray) -> np.ndarray:
    """Return images as (N, C, H, W) float32, whole numbers 0..255 scaled to [0, 1].

    Takes (N, H, W), (N, H, W, C) and (N, C, H, W); floats are left as they are.
    """
    channels = (1, 3, 4)
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[3] in channels:
        # Where either could be the channels, the fewer are.
        last = array.shape[1] not in channels or array.shape[3] < array.shape[1]
        array = array.transpose(0, 3, 1, 2) if last else array
    is_image = array.ndim == 4 and array.shape[1] in channels
    if not is_image or array.dtype.kind not in "buif":
        wanted = "(N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels"
        raise ValueError(
            f"images: expected {wanted}, found {array.shape} {array.dtype}"
        )
    images = np.array(array, dtype=np.float32, order="C")
    if array.dtype.kind in "ui":
        if images.size and not 0 <= images.min() <= images.max() <= 255:
            raise ValueError("images: whole numbers must lie between 0 and 255")
        images /= 255
    elif not np.isfinite(images).all():
        bad = np.flatnonzero(~np.isfinite(images).all(axis=(1, 2, 3)))
        mend = "Remove the example, or replace such values."
        raise ValueError(f"images: example {bad[0]} holds NaN or infinity. {mend}")
    return images


def resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return images (N, C, H, W) brought to the size (height, width), bilinearly."""
    if images.shape[2:] == tuple(size):
        return images
    resized = np.empty((*images.shape[:2], *size), dtype=np.float32)
    for start in range(0, len(images), 1024):
        block = torch.from_numpy(images[start : start + 1024])
        block = nn.functional.interpolate(block, size=size, mode="bilinear")
        resized[start : start + 1024] = block.numpy()
    return resized


def to_labels(array: np.ndarray, classes: int) -> np.ndarray:
    """Return labels as (N,) int64 from 0; labels from 1 to `classes` are moved down."""
    labels = array.reshape(-1) if array.ndim == 2 and array.shape[1] == 1 else array
    if labels.ndim != 1 or labels.dtype.kind not in "bui":
        found = f"{array.shape} {array.dtype}"
        raise ValueError(f"labels: expected whole numbers (N,), found {found}")
    labels = labels.astype(np.int64)
    if len(labels) and labels.min() == 1 and labels.max() == classes:
        labels -= 1
    bad = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(bad):
        found = f"example {bad[0]} has label {labels[bad[0]]}"
        mend = "Correct the labels, or choose the data again to take over its classes."
        raise ValueError(f"labels: {found}, expected 0 to {classes - 1}. {mend}")
    return labels


def to_numbers(array: np.ndarray) -> np.ndarray:
    """Return numbers as (N, ...) float64, one number per example as (N, 1)."""
    if array.dtype.kind not in "buif":
        raise ValueError(f"expected numbers, found an array of {array.dtype}")
    values = array.astype(np.float64)
    values = values[:, None] if values.ndim == 1 else values
    bad = np.argwhere(~(np.abs(values) <= 3.4e38))
    if len(bad):
        where = f"example {bad[0][0]}, position {tuple(bad[0][1:].tolist())}"
        raise ValueError(f"{where}: {values[tuple(bad[0])]} is not a finite number")
    return values


def to_tensor(array: np.ndarray) -> Tensor:
    """Return whole numbers as an int64 tensor, all others as float32."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor if tensor.dtype == torch.int64 else tensor.float()


def to_whole(values: np.ndarray) -> np.ndarray:
    """Return whole numbers as int64."""
    bad = np.argwhere(values != np.floor(values))
    if len(bad):
        found = f"example {bad[0][0]}: {values[tuple(bad[0])]}"
        raise ValueError(f"{found} is not a whole number")
    return values.astype(np.int64)


def mean_and_deviation(
    read: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    axes: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation over `axes` of the examples that `read` gives for `rows`.

    The deviation divides by n; where it is zero, 1 stands in its place.
    """
    blocks = [rows[start : start + 256] for start in range(0, len(rows), 256)]
    example = read(rows[:1])
    means = example.sum(axis=axes).size
    size = example.size * len(rows) // means
    sums = [
        read(block).sum(axis=axes, keepdims=True, dtype=np.float64) for block in blocks
    ]
    mean = np.sum(sums, axis=0) / size
    squares = [
        np.square(read(block) - mean).sum(axis=axes, keepdims=True) for block in blocks
    ]
    deviation = np.sqrt(np.sum(squares, axis=0) / size)
    constant = deviation <= 1e-12 * np.abs(mean)
    deviation = np.where(constant, 1, deviation)
    return mean.astype(example.dtype), deviation.astype(example.dtype)


def standardize(
    values: np.ndarray,
    train: Tensor,
    axes: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (values - mean) / deviation with both, fitted over `axes` of the training part.

    `values` is changed in place.
    """
    mean, deviation = mean_and_deviation(values.__getitem__, train.numpy(), axes)
    values -= mean
    values /= deviation
    return values, mean, deviation
