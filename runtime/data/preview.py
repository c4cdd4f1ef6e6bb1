"""A look at the data: first examples, columns, counts and class balance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from graph.dataspec import DataPort, DataSpec
from runtime.data.faults import data_faults
from runtime.data.ports import describe_source
from runtime.data.source import Examples, Source
from runtime.data.sources import open_source

__all__ = ["ColumnFacts", "Examples", "Preview", "preview"]

_PARTS = ("train", "validation", "test")
#: Statistics of arrays are taken over so many examples at most, evenly spaced.
_MAX_COUNTED = 20_000


@dataclass(frozen=True)
class ColumnFacts:
    """One column of the source as its port uses it. Statistics are before normalisation.

    Of text they are of the number of tokens.
    """

    name: str
    port: str
    type: str
    dtype: str
    shape: tuple[int, ...]
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What the data panel shows."""

    spec: DataSpec
    examples: dict[str, Examples]
    columns: tuple[ColumnFacts, ...]
    #: Number of examples by part: train, validation, test.
    counts: dict[str, int]
    #: By category port and part: the number of examples of each class.
    balance: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)


def preview(spec: DataSpec, base: Path, limit: int = 64) -> Preview:
    """Return a look at the data with up to `limit` examples, pictures before resizing.

    Reads the whole file, and divides by torch: not for the GUI thread. Raises DataError.
    """
    with data_faults():
        source = open_source(spec, base)
        found = describe_source(spec, source)
        labels = {
            port.name: source.array_of(port, found)
            for port in found.ports
            if port.type == "category"
        }
        rows = source.divide(found, labels)
        counts = {part: len(chosen) for part, chosen in zip(_PARTS, rows, strict=True)}
        balance = {}
        for port in found.ports:
            if port.type == "category":
                balance[port.name] = {
                    part: _count(labels[port.name][chosen.numpy()], len(port.classes))
                    for part, chosen in zip(_PARTS, rows, strict=True)
                }
        examples = {
            port.name: source.examples(port, found, limit) for port in found.ports
        }
        facts = [
            one for port in found.ports for one in _facts(port, found, source, limit)
        ]
    return Preview(found, examples, tuple(facts), counts, balance)


def _count(labels: np.ndarray, classes: int) -> tuple[int, ...]:
    return tuple(np.bincount(labels, minlength=classes).tolist())


def _values(port: DataPort, spec: DataSpec, source: Source) -> np.ndarray:
    """Return all of a port's numbers, for statistics."""
    if port.is_fitted:
        counts: np.ndarray = (source.array_of(port, spec) > 0).sum(axis=1)
        return counts
    if port.type == "image":
        return np.concatenate([image.ravel() for image in source.pictures(port)])
    return source.array_of(port, spec)


def _facts(
    port: DataPort, spec: DataSpec, source: Source, limit: int
) -> list[ColumnFacts]:
    common = ColumnFacts("", port.name, port.type, port.dtype, port.shape)
    if port.type == "category":
        return [replace(common, name=port.columns[0], classes=port.classes)]
    most = limit if source.decodes_late else _MAX_COUNTED
    some = source.thinned(source.count // most + 1, most)
    facts = []
    for column in port.columns:
        shape = port.shape if len(port.columns) == 1 else (1,)
        one = port.model_copy(update={"columns": (column,)})
        fact = replace(common, name=column, shape=shape)
        try:
            values = _values(one, spec, some)
        except ValueError:
            facts.append(fact)  # a faulty cell: the rows are shown, check() names it
            continue
        low, high = float(values.min()), float(values.max())
        mean = float(values.mean(dtype=np.float64))
        facts.append(replace(fact, minimum=low, maximum=high, mean=mean))
    return facts
