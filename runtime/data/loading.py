"""Loading: all examples as tensors in memory, divided and normalised."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.pictures import class_indices, read_images
from runtime.data.ports import describe_source, target_of
from runtime.data.source import Source, open_source
from runtime.data.splits import given_split, random_split, stratified_split
from runtime.data.table import categories, numbers, table_parts
from runtime.data.transforms import (
    resize,
    standardize,
    to_images,
    to_labels,
    to_numbers,
    to_tensor,
    to_whole,
)

__all__ = ["Dataset", "array_of", "check_classes", "divide", "load", "normal_axes"]


#: What pictures may take in memory.
MAX_BYTES = 2**33


@dataclass(frozen=True)
class Dataset:
    """All examples by port name, contiguous in memory, and the indices of the three parts."""

    columns: dict[str, Tensor]
    train: Tensor
    validation: Tensor
    test: Tensor
    #: The description that was loaded, its ports filled.
    spec: DataSpec
    #: Mean and deviation by port, as subtracted and divided by; broadcast against a batch.
    normalization: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def classes(self, port: str) -> tuple[str, ...]:
        """Return the names of a port's classes, in the order of their indices."""
        found = self.spec.port(port)
        return found.classes if found else ()

    def original(self, port: str, values: Tensor) -> Tensor:
        """Return values of a port as they were before normalisation, for display."""
        if port not in self.normalization:
            return values
        mean, deviation = self.normalization[port]
        return values * deviation.to(values) + mean.to(values)


def load(spec: DataSpec, base: Path) -> Dataset:
    """Read, transform, divide and normalise all examples.

    The shapes must be those that `spec` has kept. Raises DataError.
    """
    with data_faults():
        source = open_source(spec, base)
        found = describe_source(spec, source)
        _check_shapes(spec, found)
        arrays = {port.name: array_of(port, found, source) for port in found.ports}
        train, validation, test = divide(found, source, arrays)
        target = target_of(found)
        if target:
            check_classes(target, arrays[target.name], train)
        fitted = {}
        for port in found.ports:
            if port.normalize == "standard":
                name = port.name
                arrays[name], *pair = standardize(
                    arrays[name], train, normal_axes(port)
                )
                fitted[name] = (to_tensor(pair[0]), to_tensor(pair[1]))
        columns = {port.name: to_tensor(arrays.pop(port.name)) for port in found.ports}
        for port in found.ports:
            # Images are checked as they are read; a test image cannot stray this far.
            if port.type == "number" and not torch.isfinite(columns[port.name]).all():
                message = "holds numbers that do not fit into float32 once normalised"
                raise DataError(f"The port {port.name!r} {message}.")
    return Dataset(columns, train, validation, test, found, fitted)


def _check_shapes(spec: DataSpec, found: DataSpec) -> None:
    for kept, port in zip(spec.ports, found.ports, strict=False):
        if kept.shape != port.shape or kept.dtype != port.dtype:
            wanted = f"the project expects {kept.shape} {kept.dtype}"
            message = f"The port {port.name!r}: {wanted}, the data has {port.shape} {port.dtype}."
            raise DataError(f"{message} Choose the data again to take over its shapes.")


def array_of(port: DataPort, spec: DataSpec, source: Source) -> np.ndarray:
    """Return a port's values for all examples, before normalisation."""
    column = port.columns[0]
    if source.table:
        if port.type == "category":
            return categories(source.table, column, port.classes, source.first_row)
        if port.type == "image":
            raise DataError(f"The port {port.name!r}: a table holds no pictures.")
        values = numbers(source.table, port.columns, source.first_row)
        return to_whole(values) if port.dtype == "int64" else values
    if source.files:
        if port.type == "category":
            return class_indices(source.names, port.classes)
        _check_memory(port, source)
        return read_images(
            source.files, "L" if port.shape[0] == 1 else "RGB", spec.image_size
        )
    array = source.arrays[column]
    if port.type == "category":
        if array.dtype.kind == "U":
            return class_indices(array.reshape(-1).tolist(), port.classes)
        return to_labels(array, len(port.classes))
    if port.type == "image":
        images = to_images(array)
        return resize(images, spec.image_size) if spec.image_size else images
    return to_whole(to_numbers(array)) if port.dtype == "int64" else to_numbers(array)


def _check_memory(port: DataPort, source: Source) -> None:
    needed = 4 * math.prod(port.shape) * source.count
    if needed > MAX_BYTES:
        amount = (
            f"{source.count} pictures of {port.shape} need {needed / 2**30:.0f} GiB"
        )
        mend = "Set a smaller image size, or take fewer pictures."
        raise DataError(f"{source.path}: {amount} of memory, at most are 8. {mend}")


def normal_axes(port: DataPort) -> tuple[int, ...]:
    """Return the axes over which a port is normalised: all but channels, or columns."""
    if port.type == "image":
        return (0, 2, 3)
    return tuple(range(len(port.shape))) if port.shape else (0,)


def divide(
    spec: DataSpec,
    source: Source,
    arrays: dict[str, np.ndarray],
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the indices of the training, validation and test part.

    `arrays` needs the target only, and that only for a stratified split.
    """
    split = spec.split
    fractions = (split.validation, split.test, split.seed)
    if split.kind == "random":
        return random_split(source.count, *fractions)
    if split.kind == "stratified":
        target = target_of(spec)
        if target is None:
            raise DataError(
                "A stratified split needs a category. Choose a random split."
            )
        return stratified_split(arrays[target.name], *fractions)
    parts = given_parts(spec, source)
    if not parts.any():
        message = (
            "The data has no validation or test part of its own. Choose a random split."
        )
        raise DataError(f"{source.path}: {message}")
    return given_split(parts, *fractions)


def given_parts(spec: DataSpec, source: Source) -> np.ndarray:
    """Return each example's part as the source gives it, zeros if it gives none."""
    if source.table and spec.split.column is not None:
        return table_parts(source.table, spec.split.column, source.first_row)
    return np.zeros(source.count) if source.parts is None else source.parts


def check_classes(port: DataPort, labels: np.ndarray, train: Tensor) -> None:
    """Raise DataError if a class has no training example: nothing could learn it."""
    counts = np.bincount(labels[train.numpy()], minlength=len(port.classes))
    empty = [
        name for name, count in zip(port.classes, counts, strict=True) if not count
    ]
    if empty:
        shown = ", ".join(repr(name) for name in empty[:5])
        mend = "Add examples, remove the class, or divide by a stratified split."
        raise DataError(
            f"The port {port.name!r}: no training example has the class {shown}. {mend}"
        )
