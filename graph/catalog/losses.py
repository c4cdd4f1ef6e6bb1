"""Losses of torch.nn. A loss takes a prediction and a target and gives a scalar."""

from __future__ import annotations

from graph.catalog.entry import Kind, Port
from graph.catalog.layers import layer

__all__ = ["KINDS"]

_PAIR = (Port("input", dtype="float"), Port("target"))
_LOSS = (Port("loss"),)

KINDS: tuple[Kind, ...] = tuple(
    layer(name, "loss", inputs=_PAIR, outputs=_LOSS, targets="loss")
    for name in ("CrossEntropyLoss", "MSELoss", "L1Loss")
)
