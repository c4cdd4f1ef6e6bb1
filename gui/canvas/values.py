"""The numbers that a node's menu offers for its size, so that the mouse alone can set it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.catalog.entry import Param
    from graph.document import Network, Node

__all__ = ["offered"]

#: Sizes that layers mostly have.
_USUAL = (8, 16, 32, 64, 128, 256, 512)


def offered(network: Network, node: Node) -> tuple[Param, list[int]] | None:
    """Return the argument that says how large a layer is, and the numbers to offer; or None.

    It is the first whole number that must be given: ``out_channels``, ``hidden_size``. How many
    classes the data has is among the numbers.
    """
    kind = network.kind(node.id)
    param = next((p for p in kind.params if p.required and p.type == "int"), None)
    if param is None:
        return None
    project = network.project
    ports = project.data.ports if project is not None else ()
    classes = {len(port.classes) for port in ports if port.classes}
    numbers = {1, *_USUAL, *classes} - {0}
    if isinstance(now := node.params.get(param.name), int):
        numbers.add(now)
    return param, sorted(number for number in numbers if number >= (param.low or 1))
