"""The kind of a torch.nn module, and the one line that makes an entry from a class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from graph.catalog.entry import Call, Kind, Param, Pattern, Port, Ports
from graph.catalog.signature import TensorParam, params_of, summary_of
from graph.catalog.writing import call_text, literal
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = ["Check", "LayerKind", "layer", "present", "unused"]

Check = Callable[[Mapping[str, "Value"], Mapping[str, TensorType]], None]
"""Raises InputError where arguments and what arrives do not go together."""

#: Families whose modules have weights: they belong in a network, which an optimizer can name.
_WITH_WEIGHTS = frozenset(
    {"linear", "convolution", "normalization", "recurrent", "attention", "embedding"}
)


@dataclass(frozen=True, kw_only=True)
class LayerKind(Kind):
    """A torch.nn module: made once, called in ``forward`` with its inputs by position.

    An output port called ``indices`` is there only when ``return_indices`` is set.
    """

    __hash__ = Kind.__hash__

    torch_class: type[nn.Module]
    inputs: tuple[Port, ...] = (Port("input", dtype="float"),)
    outputs: tuple[Port, ...] = (Port("output"),)
    checks: tuple[Check, ...] = ()

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        if self.param("return_indices") is not None and not params.get("return_indices"):
            return Ports(self.inputs, tuple(p for p in self.outputs if p.name != "indices"))
        return Ports(self.inputs, self.outputs)

    def construct(self, args: Mapping[str, Value]) -> str | None:
        return self.module_text(self.name, self.params, args)

    def module_text(
        self, torch_name: str, params: tuple[Param, ...], args: Mapping[str, Value], *first: str
    ) -> str:
        """Return the call that makes a torch.nn module; tensors are written with torch.tensor."""
        plain = [p for p in params if not isinstance(p, TensorParam)]
        text = call_text(f"nn.{torch_name}", plain, args, *first)
        for param in params:
            value = args.get(param.name)
            if isinstance(param, TensorParam) and isinstance(value, tuple):
                inner = ", ".join(literal(float(item)) for item in value)
                comma = "" if text.endswith("()") else ", "
                text = f"{text[:-1]}{comma}{param.name}=torch.tensor([{inner}]))"
        return text

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        given = []
        by_position = True
        for port in self.inputs:
            if port.name in inputs:
                text = inputs[port.name]
                given.append(text if by_position else f"{port.name}={text}")
            else:
                by_position = False
        names = [port.name for port in self.ports(args, None).outputs]
        targets: Pattern = names[0] if len(names) == 1 else tuple(unused(n, wanted) for n in names)
        return Call(f"{module}({', '.join(given)})", targets)

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        for check in self.checks:
            check(args, inputs)


def unused(name: str, wanted: frozenset[str]) -> str:
    """Return `name`, or ``_`` for an output that nothing uses."""
    return name if name in wanted else "_"


def layer(
    name: str,
    family: str,
    *layout: str,
    kind: type[LayerKind] = LayerKind,
    dtype: str = "float",
    skip: tuple[str, ...] = (),
    change: Mapping[str, Mapping[str, Any]] | None = None,
    **fields: Any,
) -> LayerKind | None:
    """Return the entry for the torch.nn class `name`, or None where this torch has no such class.

    Parameters
    ----------
    layout, dtype
        Of its one input, unless `inputs` is given.
    skip, change
        As for :func:`~graph.catalog.signature.params_of`.
    fields
        Further fields of the kind.
    """
    torch_class = getattr(nn, name, None)
    if torch_class is None:
        return None
    one = Port("input", layout=layout or None, dtype=dtype)  # type: ignore[arg-type]
    fields.setdefault("inputs", (one,))
    tied = {size for port in fields["inputs"] for size in port.layout or ()}
    if family in _WITH_WEIGHTS:
        fields.setdefault("places", ("network",))
    fields.setdefault("doc", summary_of(torch_class))
    more = fields.pop("more_params", ())
    return kind(
        name=name,
        family=family,
        torch_class=torch_class,
        params=(*params_of(torch_class, tied, skip=skip, change=change), *more),
        **fields,
    )


def present(*entries: LayerKind | None) -> tuple[Kind, ...]:
    """Return the entries whose class this torch has."""
    return tuple(entry for entry in entries if entry is not None)
