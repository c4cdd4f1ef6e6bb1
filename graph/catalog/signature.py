"""Reads a torch class: its arguments with types and defaults, and the help in its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from typing import Any

from graph.catalog.entry import REQUIRED, Param, ParamType

__all__ = ["params_of", "summary_of"]

_SKIPPED = frozenset({"self", "device", "dtype", "size_average", "reduce", "_weight", "_freeze"})


def summary_of(thing: object) -> str:
    """Return the first paragraph of a docstring, without markup."""
    first = inspect.cleandoc(getattr(thing, "__doc__", None) or "").split("\n\n")[0]
    return _plain(first)


def params_of(torch_class: type, tied: Collection[str] = ()) -> tuple[Param, ...]:
    """Return the parameters of a class's constructor; those in `tied` can be inferred."""
    helps = _argument_docs(torch_class)
    signature = inspect.signature(torch_class)
    return tuple(
        _param(p, helps.get(p.name, ""), p.name in tied)
        for p in signature.parameters.values()
        if p.name not in _SKIPPED
    )


def _param(p: inspect.Parameter, doc: str, inferred: bool) -> Param:
    default: Any = REQUIRED if p.default is p.empty else p.default
    annotation = p.annotation if isinstance(p.annotation, str) else str(p.annotation)
    kind: ParamType = "float"
    if isinstance(default, bool) or "bool" in annotation:
        kind = "bool"
    elif isinstance(default, str) or annotation == "<class 'str'>":
        kind = "str"
    elif "tuple" in annotation or "Tuple" in annotation:
        kind = "size"
    elif isinstance(default, int) or "int" in annotation:
        kind = "int"
    return Param(
        p.name,
        kind,
        default,
        doc,
        optional=default is None or "None" in annotation,
        inferred=inferred,
        positional=default is REQUIRED,
    )


def _argument_docs(thing: object) -> dict[str, str]:
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    found = re.search(r"^(?:Args|Arguments|Parameters):\n((?:[ \t]+.*\n|\n)+)", text + "\n", re.M)
    if not found:
        return {}
    docs: dict[str, str] = {}
    for match in re.finditer(
        r"^ {2,4}(\w+)(?: \(.*?\))?:((?:.*\n)(?: {6,}.*\n|\n)*)", found.group(1), re.M
    ):
        docs[match.group(1)] = _plain(match.group(2))
    return docs


def _plain(text: str) -> str:
    text = re.sub(r":\w+:`~?([^`<]*?)(?: ?<[^>]*>)?`", r"\1", text)
    text = re.sub(r"`{1,2}([^`]*)`{1,2}", r"\1", text).replace("**", "")
    return " ".join(text.split())
