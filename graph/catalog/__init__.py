"""The catalogue: one entry per node kind, looked up by name.

Reading PyTorch's signatures needs torch, so the entries are made on the first look-up, not when
this package is imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from graph.catalog.entry import Kind
from graph.catalog.unknown import UnknownKind

__all__ = ["closest", "entries", "is_known", "lookup", "search"]


@cache
def entries() -> Mapping[str, Kind]:
    """Return every entry by name, in the order in which families are shown."""
    from graph.catalog import (
        attention,
        augmentation,
        layers,
        losses,
        metrics,
        monitors,
        operations,
        optimizers,
        recurrent,
        spatial,
        structure,
        training,
    )

    found: dict[str, Kind] = {}
    torch_layers = (layers, spatial, recurrent, attention)
    for module in (
        structure,
        training,
        *torch_layers,
        augmentation,
        losses,
        operations,
        metrics,
        monitors,
        optimizers,
    ):
        for kind in module.KINDS:
            if kind.name in found:
                raise AssertionError(f"two catalogue entries are called {kind.name!r}")
            found[kind.name] = kind
    return MappingProxyType(found)


def is_known(name: str) -> bool:
    """Whether there is an entry called `name`."""
    return name in entries()


@cache
def _unknown(name: str) -> Kind:
    return UnknownKind(name=name, family="unknown")


def lookup(name: str) -> Kind:
    """Return the entry called `name`; for a name that nobody knows, one that only keeps it."""
    return entries().get(name) or _unknown(name)


def search(text: str, kinds: Iterable[Kind] | None = None) -> list[Kind]:
    """Return the entries that match `text`, best first.

    A match is, in this order: the name itself, its start, the start of a word in it, any part of
    it, a keyword, and the letters in their order. The empty text matches all.
    """
    pool = list(entries().values()) if kinds is None else list(kinds)
    needle = text.strip().lower().replace(" ", "")
    if not needle:
        return pool
    ranked = [
        (rank, len(kind.name), i, kind)
        for i, kind in enumerate(pool)
        if (rank := _rank(needle, kind)) is not None
    ]
    return [kind for *_, kind in sorted(ranked, key=lambda item: item[:3])]


def closest(text: str, kinds: Iterable[Kind]) -> list[Kind]:
    """Return the entries whose names hold `text`, or begin with its initials: the best matches.

    All of them match equally well; none where no name has it.
    """
    needle = text.strip().lower().replace(" ", "")
    ranked = [(_rank(needle, kind), kind) for kind in kinds] if needle else []
    named = [(rank, kind) for rank, kind in ranked if rank is not None and rank <= _IN_NAME]
    best = min((rank for rank, _ in named), default=0)
    return [kind for rank, kind in named if rank == best]


#: The last of the ranks below at which the text stands in the name as it is.
_IN_NAME = 3


def _rank(needle: str, kind: Kind) -> int | None:
    name = kind.name.lower()
    initials = "".join(re.findall(r"[A-Z]|\dd?", kind.name)).lower()
    words = [word.lower() for word in kind.keywords]
    tests = (
        name == needle,
        name.startswith(needle),
        initials.startswith(needle) and len(needle) > 1,
        needle in name,
        any(word.startswith(needle) for word in words),
        _in_order(needle, name),
        needle in kind.family,
    )
    return next((rank for rank, hit in enumerate(tests) if hit), None)


def _in_order(needle: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in needle)
