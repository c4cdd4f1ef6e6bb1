"""Texts that a network writes: what it is told, what it reads, which tokens it must not write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from torch import Tensor

from graph.dataspec import DataPort, DataSpec
from runtime.data.sources.tokens import encode, tokens_of

__all__ = ["Manner", "Reading", "begun", "end_of", "never_of", "read"]

#: The numbers of the special tokens; see :attr:`graph.dataspec.DataPort.vocabulary`.
_PADDING, _UNKNOWN, _BEGIN, _END = range(4)


@dataclass(frozen=True)
class Manner:
    """How a text is written."""

    #: How many tokens at most.
    length: int = 200
    #: See :func:`runtime.decoding.pick`.
    temperature: float = 0.8
    top_k: int | None = None
    #: With more than one, the likeliest texts are sought and nothing is drawn.
    beams: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Reading:
    """What a network reads of a text that one has written."""

    #: Its tokens, as they are in the vocabulary.
    tokens: tuple[str, ...]
    #: Those that the vocabulary lacks, once each.
    unknown: tuple[str, ...] = ()
    #: How many of the tokens are read: the first ones, or of what is continued the last ones.
    kept: int = 0


def read(spec: DataSpec, port: DataPort, written: str, room: int) -> Reading:
    """Return what is read of a text by a network that has room for so many tokens of it."""
    known = set(port.vocabulary)
    (tokens,) = tokens_of([written], spec.text_of(port), port)
    unknown = dict.fromkeys(token for token in tokens if token not in known)
    return Reading(tuple(tokens), tuple(unknown), min(len(tokens), room))


def begun(spec: DataSpec, port: DataPort, prompt: str, column: Tensor) -> list[int]:
    """Return the tokens that a text begins with: those of a prompt, behind <bos> where texts have
    it, or without any the first of the text in `column` (T,)."""
    options = spec.text_of(port)
    found = encode(port, options, prompt)
    if options.bounds:
        found = [_BEGIN, *found]
    return found or column[:1].tolist()


def never_of(spec: DataSpec, port: DataPort) -> Collection[int]:
    """Return the tokens that are never written in a port's texts."""
    bounds = spec.text_of(port).bounds
    return (_PADDING, _UNKNOWN, _BEGIN) if bounds else (_PADDING, _UNKNOWN)


def end_of(spec: DataSpec, port: DataPort) -> int | None:
    """Return the token that ends a port's texts, if they have one."""
    return _END if spec.text_of(port).bounds else None
