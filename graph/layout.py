"""JSON laid out for people and for diffs: a node, a wire or a setting per line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["layout", "natural_key"]

_GRAPH: Mapping[str, Any] = {
    part: [None] for part in ("arguments", "nodes", "wires", "frames", "bends", "views")
}
#: Which parts are opened over several lines; whatever is not named here stands on one.
_OPEN: Mapping[str, Any] = {
    "data": {"ports": [None]},
    "settings": {},
    "networks": [_GRAPH],
    "training": _GRAPH,
}


def layout(content: Mapping[str, Any]) -> str:
    """Return the text of a project file, in ASCII, with a newline at its end."""
    return _open(content, _OPEN, "") + "\n"


def _open(value: Any, plan: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, Mapping) and isinstance(plan, Mapping) and value:
        lines = [
            f"{inner}{json.dumps(key)}: {_open(item, plan.get(key), inner)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and isinstance(plan, list) and value:
        lines = [inner + _open(item, plan[0], inner) for item in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return json.dumps(value)


def natural_key(text: str) -> tuple[Any, ...]:
    """Return a sort key by which ``n2`` comes before ``n10``."""
    parts = re.split(r"([0-9]+)", text)
    digits = tuple((len(d.lstrip("0")), d.lstrip("0")) for d in parts[1::2])
    return (
        *(item for pair in zip(parts[::2], (*digits, (0, "")), strict=True) for item in pair),
        text,
    )
