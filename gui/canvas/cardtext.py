"""What a card says about its node, in few words: ``32, 3×3, pad 1``, ``(N, 32, 26, 26)``, ``9.2k``.

Plain text from the catalogue's parameters; nothing here knows a single kind by name but those that
hold a graph together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.blocks import given_arguments
from graph.catalog.entry import REQUIRED, Kind, Param

if TYPE_CHECKING:
    from graph.document import Network, Node, Value

__all__ = ["CardText", "arguments", "count", "describe", "shorten", "single_line"]

#: Short forms of argument names that stand before a value on a card.
_SHORT = {
    "padding": "pad",
    "padding_mode": "",
    "dilation": "dil",
    "output_padding": "out pad",
    "num_layers": "layers",
    "num_heads": "heads",
    "negative_slope": "slope",
    "start_dim": "from",
    "end_dim": "to",
    "scale_factor": "×",
    "momentum": "mom",
    "weight_decay": "decay",
    "label_smoothing": "smooth",
    "dim_feedforward": "ff",
}
#: Arguments whose value says enough without the name.
_PLAIN = frozenset({"kernel_size", "p", "mode", "shape", "network", "networks", "algorithm"})
_LONGEST = 42


@dataclass(frozen=True, slots=True)
class CardText:
    """The lines of a card; an empty one is left out."""

    title: str
    kind: str = ""
    arguments: str = ""
    shape: str = ""
    parameters: str = ""


def describe(network: Network, node: Node, args: Mapping[str, Value]) -> CardText:
    """Return title, kind and arguments of a node; `args` are its resolved arguments."""
    kind = network.kind(node.id)
    title = single_line(node.title)
    line = arguments(kind, node.params, args)
    if node.kind == "Network":
        name = str(node.params.get("network", ""))
        return CardText(title or name or node.kind, node.kind if title or name else "", "")
    if node.kind == "Block":
        name = single_line(str(node.params.get("network", "")))
        return CardText(title or name or node.kind, name if title else "", _block(node))
    if node.kind == "Data" and network.project is not None:
        source = network.project.data.source
        line = "" if source == "none" else source
    return CardText(title or node.kind, node.kind if title else "", line)


def _block(node: Node) -> str:
    """Return how often a block stands in a row, what it is given, and whose weights it has."""
    words = []
    repeat = node.params.get("repeat", 1)
    if repeat != 1:
        words.append(f"×{_value(repeat)}")
    words += [f"{_SHORT.get(k, k)} {_value(v)}" for k, v in given_arguments(node).items()]
    if node.params.get("share"):
        words.append(f"weights: {_value(node.params['share'])}")
    return shorten(", ".join(words), _LONGEST)


def arguments(kind: Kind, params: Mapping[str, Value], args: Mapping[str, Value]) -> str:
    """Return the arguments that matter: those that were set and differ from PyTorch's default."""
    words: list[str] = []
    for param in kind.params:
        if param.name not in params:
            continue
        value = params[param.name]
        if param.default is not REQUIRED and value == param.default:
            continue
        words.append(_word(kind, param, value))
    known = {param.name for param in kind.params}
    words += [f"{name} {_value(params[name])}" for name in params if name not in known]
    return shorten(", ".join(word for word in words if word), _LONGEST)


def _word(kind: Kind, param: Param, value: Value) -> str:
    short = _SHORT.get(param.name, param.name.replace("_", " "))
    if isinstance(value, bool):
        return short if value else f"no {short}"
    text = _value(value)
    if param.type == "size":
        text = _size(kind.name, param.name, value)
    elif param.name == "shape" and isinstance(value, tuple):
        text = f"({', '.join(map(str, value))}{',' if len(value) == 1 else ''})"
    if param.positional or param.name in _PLAIN or not short:
        return text
    return f"{short}{text}" if short == "×" else f"{short} {text}"


def _size(kind: str, name: str, value: Value) -> str:
    """Return ``3×3`` for a kernel of 3 in two dimensions, ``2`` for a stride of 2."""
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    rank = re.search(r"([123])d$", kind)
    if name == "kernel_size" and isinstance(value, int) and rank:
        return "×".join([str(value)] * int(rank.group(1)))
    return _value(value)


def _value(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"({', '.join(_value(item) for item in value)})" if value else "()"
    return single_line(str(value), 24)


def count(number: int) -> str:
    """Return a number as people read it at a glance: ``320``, ``18.5k``, ``1.24M``."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= size:
            return f"{number / (1000 if letter == 'k' else size):.3g}{letter}"
    return f"{number:,}"


def single_line(text: str, longest: int = 36) -> str:
    """Return text from a file as one short line that cannot disturb the card."""
    clean = "".join(c if c.isprintable() else " " for c in text[: longest * 2])
    return shorten(" ".join(clean.split()), longest)


def shorten(text: str, longest: int) -> str:
    """Return `text`, cut with an ellipsis where it is longer than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip(" ,") + "…"
