"""Loading: all examples as tensors in memory, divided and normalised."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.ports import describe_source
from runtime.data.source import normal_axes
from runtime.data.sources import open_source
from runtime.data.streaming import Streamed
from runtime.data.transforms import to_tensor

__all__ = ["Dataset", "load", "vocabulary_fault"]


@dataclass(frozen=True)
class Dataset:
    """All examples by port name, and the indices of the three parts.

    They are contiguous in memory or, where they would not fit, read when asked for: either way
    `index_select` gives a batch.
    """

    columns: dict[str, Tensor | Streamed]
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

    def examples(self, port: str, rows: Tensor) -> Tensor:
        """Return the examples of a port in some rows, in any thread.

        What a training reads ahead is left to it.
        """
        column = self.columns[port]
        if isinstance(column, Tensor):
            return column.index_select(0, rows.cpu())
        return torch.from_numpy(column.scaled(column.rows(rows.cpu().numpy())))

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
        streamed: dict[str, Streamed] = {}
        arrays: dict[str, np.ndarray] = {}
        for port in found.ports:
            if source.streams(port, found):
                streamed[port.name] = source.streamed(port, found)
            else:
                arrays[port.name] = source.array_of(port, found)
        train, validation, test = source.divide(found, arrays)
        source.check_training(found, arrays, train)
        fitted = {}
        for port in found.ports:
            name = port.name
            if port.normalize == "standard" and name in streamed:
                mean, deviation = streamed[name].standardize(train, normal_axes(port))
                fitted[name] = (to_tensor(mean), to_tensor(deviation))
            elif port.normalize == "standard":
                values, mean, deviation = source.standardized(port, arrays[name], train)
                arrays[name] = values
                fitted[name] = (to_tensor(mean), to_tensor(deviation))
        columns: dict[str, Tensor | Streamed] = {}
        for port in found.ports:
            if port.name in streamed:
                columns[port.name] = streamed[port.name]
                continue
            tensor = columns[port.name] = to_tensor(arrays.pop(port.name))
            # Images are checked as they are read; a test image cannot stray this far.
            if port.type == "number" and not torch.isfinite(tensor).all():
                message = "holds numbers that do not fit into float32 once normalised"
                raise DataError(f"The port {port.name!r} {message}.")
    return Dataset(columns, train, validation, test, found, fitted)


def _check_shapes(spec: DataSpec, found: DataSpec) -> None:
    for kept, port in zip(spec.ports, found.ports, strict=False):
        if kept.shape != port.shape or kept.dtype != port.dtype:
            wanted = f"the project expects {kept.shape} {kept.dtype}"
            message = f"The port {port.name!r}: {wanted}, the data has {port.shape} {port.dtype}."
            raise DataError(f"{message} Choose the data again to take over its shapes.")
        if fault := vocabulary_fault(kept, port):
            raise DataError(f"The port {port.name!r}: {fault}")


def vocabulary_fault(kept: DataPort, port: DataPort) -> str:
    """Say what is wrong where a port does not have the vocabulary that the project keeps."""
    for what in ("vocabulary", "classes"):
        old, new = getattr(kept, what), getattr(port, what)
        if old and old != new:
            sizes = f"{len(old)} and {len(new)} entries"
            fault = f"the {what} of the project and of the data differ"
            return f"{fault} ({sizes}). Choose the data again to take them over."
    return ""
