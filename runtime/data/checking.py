"""Everything that is wrong or doubtful about the data, as a list."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from graph.dataspec import DataPort, DataSpec
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.loading import vocabulary_fault
from runtime.data.ports import describe_source
from runtime.data.source import Source
from runtime.data.sources import open_source

__all__ = ["Finding", "check"]

#: The largest class may be so many times the smallest before it is worth a word.
_IMBALANCE = 10
#: Pictures beyond these are not decoded by a check; loading reads them all.
_MAX_PICTURES = 2000
_MAX_BYTES = 2**29


@dataclass(frozen=True)
class Finding:
    """One fault, or one thing worth knowing; `port` is None if it concerns the whole."""

    severity: Literal["error", "warning"]
    message: str
    port: str | None = None


def check(spec: DataSpec, base: Path) -> list[Finding]:
    """Return the faults (loading would fail) and warnings, several at once where it can.

    Takes seconds for large data, and torch's threads: not for the GUI thread.
    """
    findings: list[Finding] = []
    try:
        with data_faults():
            source = open_source(spec, base)
            found = describe_source(spec, source)
    except DataError as error:
        return [Finding("error", str(error))]
    for kept, port in zip(spec.ports, found.ports, strict=False):
        if kept.shape != port.shape:
            message = f"the project expects {kept.shape}, the data has {port.shape}"
            findings.append(Finding("error", f"{port.name}: {message}", port.name))
        if fault := vocabulary_fault(kept, port):
            findings.append(Finding("error", f"{port.name}: {fault}", port.name))
    arrays: dict[str, np.ndarray] = {}
    # Resizing finds no fault that is not there before; only pictures that differ need it.
    plain = found
    if not source.decodes_late:
        plain = found.model_copy(update={"image_size": None})
    for port in found.ports:
        faults = _column_faults(port, plain, source, arrays)
        findings += [Finding("error", fault, port.name) for fault in faults]
    if not findings:
        findings = _division_findings(found, source, arrays)
    return findings


def _column_faults(
    port: DataPort,
    spec: DataSpec,
    source: Source,
    arrays: dict[str, np.ndarray],
) -> list[str]:
    """Return the first fault of each of a port's columns; keep its array if it has none."""
    faults: list[str] = []
    found: list[np.ndarray] = []
    columns = port.columns if len(port.columns) > 1 else (None,)
    for column in columns:
        one = port if column is None else port.model_copy(update={"columns": (column,)})
        try:
            with data_faults():
                found.append(_fewer_pictures(one, spec, source).array_of(one, spec))
        except DataError as error:
            faults.append(str(error))
    if not faults:
        arrays[port.name] = (
            found[0] if len(found) == 1 else np.concatenate(found, axis=1)
        )
    return faults


def _fewer_pictures(port: DataPort, spec: DataSpec, source: Source) -> Source:
    many = source.decodes_late or source.streams(port, spec)
    if port.type == "category" or not many:
        return source
    most = max(64, min(_MAX_PICTURES, _MAX_BYTES // (4 * math.prod(port.shape))))
    return source.thinned((source.count - 1) // most + 1, most)


def _division_findings(
    spec: DataSpec,
    source: Source,
    arrays: dict[str, np.ndarray],
) -> list[Finding]:
    target = spec.target
    try:
        with data_faults():
            train, _, _ = source.divide(spec, arrays)
            source.check_training(spec, arrays, train)
    except DataError as error:
        return [Finding("error", str(error), target.name if target else None)]
    findings = [Finding("warning", *found) for found in source.warnings(spec)]
    for port in spec.ports:
        array = arrays[port.name]
        if port.type == "category" and source.has_target:
            findings += _balance_findings(port, np.bincount(array))
        elif port.type == "number":
            flat = array.reshape(len(array), -1)
            for place in np.flatnonzero(flat.min(axis=0) == flat.max(axis=0))[:5]:
                named = flat.shape[1] == len(port.columns)
                name = port.columns[place] if named else place
                message = f"{port.name}: {name} has the same value in every example."
                findings.append(Finding("warning", message, port.name))
    return findings


def _balance_findings(port: DataPort, counts: np.ndarray) -> list[Finding]:
    if len(counts) < 2:
        message = f"{port.name}: there is only one class, nothing to tell apart."
        return [Finding("warning", message, port.name)]
    low, high = int(counts.argmin()), int(counts.argmax())
    if counts[high] < _IMBALANCE * counts[low]:
        return []
    sizes = f"{port.classes[high]!r} has {counts[high]} examples"
    sizes += f", {port.classes[low]!r} only {counts[low]}"
    return [
        Finding("warning", f"{port.name}: the classes are uneven: {sizes}.", port.name)
    ]
