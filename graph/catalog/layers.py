"""Layers of torch.nn: names, arguments, defaults and help are read from PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from graph.catalog.entry import Call, Kind, Pattern, Port, Ports
from graph.catalog.signature import params_of, summary_of
from graph.catalog.writing import call_text

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["KINDS", "LayerKind"]


@dataclass(frozen=True, kw_only=True)
class LayerKind(Kind):
    """A torch.nn module: made once, called in ``forward``."""

    __hash__ = Kind.__hash__

    torch_class: type[nn.Module]
    inputs: tuple[Port, ...] = (Port("input", dtype="float"),)
    outputs: tuple[Port, ...] = (Port("output"),)
    targets: Pattern = "output"

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports(self.inputs, self.outputs)

    def construct(self, args: Mapping[str, Value]) -> str | None:
        return call_text(f"nn.{self.torch_class.__name__}", self.params, args)

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        given = ", ".join(inputs[port.name] for port in self.inputs if port.name in inputs)
        return Call(f"{module}({given})", self.targets)


def layer(name: str, family: str, *layout: str, **more: Any) -> LayerKind:
    """Return the entry for the torch.nn class `name`; `layout` is its input's."""
    torch_class = getattr(nn, name)
    inputs = more.pop("inputs", (Port("input", layout=layout or None, dtype="float"),))
    tied = {size for port in inputs for size in port.layout or ()}
    return LayerKind(
        name=name,
        family=family,
        torch_class=torch_class,
        doc=summary_of(torch_class),
        params=params_of(torch_class, tied),
        inputs=inputs,
        **more,
    )


KINDS: tuple[Kind, ...] = (
    layer("Linear", "linear", "...", "in_features", presets={"out_features": 64}),
    layer(
        "Conv2d",
        "convolution",
        "N",
        "in_channels",
        "H",
        "W",
        presets={"out_channels": 32, "kernel_size": 3},
    ),
    layer("MaxPool2d", "pooling", "N", "C", "H", "W", presets={"kernel_size": 2}),
    layer("BatchNorm2d", "normalization", "N", "num_features", "H", "W"),
    layer("ReLU", "activation"),
    layer("Sigmoid", "activation"),
    layer("Tanh", "activation"),
    layer("Flatten", "shape"),
    layer("Dropout", "dropout"),
)
