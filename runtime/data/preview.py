"""A look at the data: first examples, columns, counts and class balance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from graph.dataspec import DataPort, DataSpec
from runtime.data.faults import data_faults
from runtime.data.ports import describe_source
from runtime.data.source import Source
from runtime.data.sources import open_source

__all__ = ["ColumnFacts", "Examples", "Preview", "preview"]

_PARTS = ("train", "validation", "test")
#: Statistics of arrays are taken over so many examples at most, evenly spaced.
_MAX_COUNTED = 20_000


@dataclass(frozen=True)
class Examples:
    """A port's first examples: pictures, or text to be shown in a row."""

    #: (H, W) grey or (H, W, 3) colour, uint8.
    images: tuple[np.ndarray, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnFacts:
    """One column of the source as its port uses it. Statistics are before normalisation."""

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
            port.name: _examples(port, found, source, labels, limit)
            for port in found.ports
        }
        facts = [
            one for port in found.ports for one in _facts(port, found, source, limit)
        ]
    return Preview(found, examples, tuple(facts), counts, balance)


def _count(labels: np.ndarray, classes: int) -> tuple[int, ...]:
    return tuple(np.bincount(labels, minlength=classes).tolist())


def _examples(
    port: DataPort,
    spec: DataSpec,
    source: Source,
    labels: dict[str, np.ndarray],
    limit: int,
) -> Examples:
    if port.type == "category":
        first = labels[port.name][:limit]
        return Examples(texts=tuple(port.classes[label] for label in first))
    if port.type == "image":
        pictures = source.thinned(1, limit).pictures(port)[:limit]
        return Examples(images=tuple(_shown(image) for image in pictures))
    return Examples(texts=source.texts(port, spec, limit))


def _values(port: DataPort, spec: DataSpec, source: Source) -> np.ndarray:
    """Return all of a port's numbers, for statistics."""
    if port.type == "image":
        return np.concatenate([image.ravel() for image in source.pictures(port)])
    return source.array_of(port, spec)


def _shown(image: np.ndarray) -> np.ndarray:
    """Return an image (C, H, W) as bytes to draw; floats beyond [0, 1] are stretched."""
    low, high = float(image.min(initial=0)), float(image.max(initial=1))
    pixels = np.round((image - low) / (high - low) * 255).astype(np.uint8)
    if len(pixels) >= 3:
        return np.ascontiguousarray(pixels[:3].transpose(1, 2, 0))
    grey: np.ndarray = pixels[0]
    return grey


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
