"""Ports as they begin: their names, and skeletons whose shapes are still to be read."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable

from graph.dataspec import DataPort

__all__ = ["LABEL_NAMES", "port_name", "skeleton"]

#: Columns called so hold what is to be predicted.
LABEL_NAMES = ("y", "label", "labels", "target", "targets", "class", "classes")
#: Types of numbers that are measured, not counted.
_SCALED = ("image", "number", "series", "audio", "clip")


def port_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return `text` made an identifier: ASCII, lower case, no keyword, not taken."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^0-9a-z]+", "_", plain.lower()).strip("_")[:60] or "column"
    if name[0].isdigit() or keyword.iskeyword(name):
        name = f"column_{name}"
    taken = set(taken)
    return next(
        each
        for k in range(1, len(taken) + 2)
        if (each := f"{name}_{k}" if k > 1 else name) not in taken
    )


def skeleton(name: str, kind: str, *columns: str, scaled: bool = True) -> DataPort:
    """Return a port of type `kind` whose shape and classes are still to be read.

    What is measured is normalised where it is `scaled`.
    """
    scale = "standard" if scaled and kind in _SCALED else "none"
    fields = {
        "name": name,
        "type": kind,
        "columns": columns,
        "shape": (),
        "normalize": scale,
    }
    return DataPort.model_validate(fields)
