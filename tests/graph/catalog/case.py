"""What a catalogue entry is tried with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from graph.document import Value

__all__ = ["Case"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Arguments and real inputs for one entry, and what must come of them.

    Size 0 of every input is the batch (of one and the same size in all of them), but where
    `unbatched` and `batch_at` say otherwise.
    """

    #: The arguments as a node would have them set: without those that are inferred.
    params: Mapping[str, Value] = field(default_factory=dict)
    #: A real tensor for each wired input port. For kinds without tensors (optimizers): empty.
    inputs: Mapping[str, Tensor] = field(default_factory=dict)
    #: Inputs that have no batch.
    unbatched: frozenset[str] = frozenset()
    #: Inputs whose batch is another size than size 0.
    batch_at: Mapping[str, int] = field(default_factory=dict)
    #: Arguments that must be inferred from what arrives, with the values they must get.
    inferred: Mapping[str, Value] = field(default_factory=dict)
    #: The same thing by hand: called under the same seed with the inputs by port name, it returns
    #: a tensor, or a dict from output port to tensor. A layer needs none: its torch class is built
    #: with `params` and `inferred` and called with the inputs in order.
    reference: Callable[..., Any] | None = None
    #: The output ports that something uses; None: all.
    wanted: frozenset[str] | None = None
    #: Why the shape is not compared, where the number of values decides it (nonzero, unique).
    shape_depends_on_values: bool = False
    #: Tells several cases of one kind apart.
    label: str = ""
