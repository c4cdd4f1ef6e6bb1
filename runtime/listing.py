"""The catalogue as plain data, for machines."""

from __future__ import annotations

from typing import Any

from graph import catalog
from graph.catalog.entry import REQUIRED, Kind, Param, Port
from graph.records import to_json

__all__ = ["kind_facts", "kinds"]


def kinds() -> list[dict[str, Any]]:
    """Return every kind of the catalogue with its ports and arguments."""
    return [kind_facts(kind) for kind in catalog.entries().values()]


def kind_facts(kind: Kind) -> dict[str, Any]:
    """Return one kind as plain data; ports are those of a newly placed node."""
    ports = kind.ports(dict(kind.presets), None)
    return {
        "kind": kind.name,
        "family": kind.family,
        "doc": kind.doc,
        "places": list(kind.places),
        "inputs": [_port(port) for port in ports.inputs],
        "outputs": [_port(port) for port in ports.outputs],
        "params": [_param(param) for param in kind.params],
    }


def _port(port: Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "optional": port.optional,
        "carries": port.carries,
        "dtype": port.dtype,
        "doc": port.doc,
    }


def _param(param: Param) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": param.name,
        "type": param.type,
        "required": param.required,
        "inferred": param.inferred,
        "expected": param.expected,
        "doc": param.doc,
    }
    if param.default is not REQUIRED:
        facts["default"] = to_json(param.default)
    if param.choices:
        facts["choices"] = list(param.choices)
    return facts
