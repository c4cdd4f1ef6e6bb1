"""Tensor operations that people write in ``forward``: one expression each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.catalog.entry import Call, Kind, Param, Port, Ports
from graph.catalog.writing import literal

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "OperationKind"]


@dataclass(frozen=True, kw_only=True)
class OperationKind(Kind):
    """A function of tensors, written as an expression.

    `code` is a format string with the names of inputs and arguments: ``torch.cat(({tensors}),
    dim={dim})``. A port that ends in ``*`` stands for as many ports as the argument ``inputs``
    says, called by its name and a number.
    """

    __hash__ = Kind.__hash__

    code: str
    inputs: tuple[Port, ...] = (Port("input"),)
    outputs: tuple[Port, ...] = (Port("output"),)

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        count = params.get("inputs", 2)
        inputs = [
            expanded
            for port in self.inputs
            for expanded in (
                [Port(f"{port.name[:-1]}{i}") for i in range(int(count))]  # type: ignore[arg-type]
                if port.name.endswith("*")
                else [port]
            )
        ]
        return Ports(tuple(inputs), self.outputs)

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        values = {name: literal(value, self.param(name)) for name, value in args.items()}
        for port in self.inputs:
            stem = port.name.rstrip("*")
            if port.name.endswith("*"):
                values[stem] = ", ".join(v for k, v in inputs.items() if k.startswith(stem))
            elif stem in inputs:
                values[stem] = inputs[stem]
        return Call(self.code.format(**values), "output")


def _count(default: int = 2) -> Param:
    return Param("inputs", "int", default, "How many tensors come in.", low=2, high=64, own=True)


KINDS: tuple[Kind, ...] = (
    OperationKind(
        name="add",
        family="arithmetic",
        code="{input} + {other}",
        inputs=(Port("input"), Port("other")),
    ),
    OperationKind(
        name="cat",
        family="shape",
        code="torch.cat(({tensors}), dim={dim})",
        inputs=(Port("tensors*"),),
        params=(_count(), Param("dim", "int", 0, "The dimension along which to join.")),
        presets={"dim": 1},
    ),
)
