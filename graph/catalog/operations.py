"""Tensor operations that people write in ``forward``: one expression each."""

from __future__ import annotations

from graph.catalog import (
    arithmetic,
    creation,
    elementwise,
    generative,
    joining,
    matrices,
    positional,
    reductions,
    shaping,
)
from graph.catalog.entry import Kind
from graph.catalog.operation import OperationKind

__all__ = ["KINDS", "OperationKind"]

KINDS: tuple[Kind, ...] = (
    *arithmetic.KINDS,
    *elementwise.KINDS,
    *shaping.KINDS,
    *joining.KINDS,
    *reductions.KINDS,
    *matrices.KINDS,
    *creation.KINDS,
    *positional.KINDS,
    *generative.KINDS,
)
