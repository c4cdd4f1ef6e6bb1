"""The ports of a source: which there are by default, and what each one carries."""

from __future__ import annotations

from pathlib import Path

from graph.dataspec import DataSpec
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.source import Source
from runtime.data.sources import open_source

__all__ = ["describe", "describe_source"]


def describe(spec: DataSpec, base: Path) -> DataSpec:
    """Return `spec` with its ports as the source has them.

    Without ports the usual ones are made; ports that are there keep their names, types,
    columns and classes, and text its length; shapes and vocabularies are read anew.
    Relative paths start at `base`. Raises DataError.
    """
    with data_faults():
        return describe_source(spec, open_source(spec, base))


def describe_source(spec: DataSpec, source: Source) -> DataSpec:
    """Return `spec` with the ports of an open source."""
    ports = spec.ports or tuple(source.default_ports(spec))
    if not ports:
        raise DataError(f"{source.path}: no column can be used as it is.")
    spec = source.with_options(spec.model_copy(update={"ports": ports}))
    filled = tuple(source.fill(port, spec) for port in ports)
    found = source.fit(spec.model_copy(update={"ports": filled}))
    for port in found.ports:
        if 0 in port.shape:
            message = f"one example has the shape {port.shape}, there is nothing in it"
            raise DataError(f"{source.path}: the port {port.name!r}: {message}.")
    return found
