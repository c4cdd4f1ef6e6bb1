"""From the document and what is known of it to what a card shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gui import icons
from gui.canvas.card import Content
from gui.canvas.cardtext import CardText, arguments, count, describe

if TYPE_CHECKING:
    from graph.analysis import Analysis
    from graph.catalog.entry import Kind, Port, Ports
    from graph.dims import TensorType
    from graph.document import Network, Node
    from graph.problems import Problem

__all__ = ["content_of", "ghost_content", "port_text", "problems_by_node", "type_text"]


def content_of(
    network: Network, node: Node, analysis: Analysis | None, problems: Sequence[Problem] = ()
) -> Content:
    """Return what the card of a node shows."""
    kind = network.kind(node.id)
    ports = network.ports(node.id)
    args = analysis.args(network.name, node.id) if analysis is not None else node.params
    text = describe(network, node, args)
    shape, parameters = "", 0
    if analysis is not None:
        shape = _shape(network, node, ports, analysis)
        cost = analysis.cost(network.name, node.id)
        parameters = cost.parameters if cost is not None else 0
    severity = ""
    if problems:
        severity = "error" if any(p.severity == "error" for p in problems) else "warning"
    return Content(
        kind.family,
        icons.family_drawing(kind.family, kind.name),
        ports,
        CardText(text.title)
        if node.collapsed
        else CardText(
            text.title, text.kind, text.arguments, shape, count(parameters) if parameters else ""
        ),
        severity,
        frozenset(p.port for p in problems if p.port),
        str(node.params.get("share") or "") if node.kind == "Block" else "",
        0 if node.collapsed else parameters,
        node.collapsed,
        node.pinned,
    )


def ghost_content(kind: Kind, node: Node, network: Network) -> Content:
    """Return what the card of a node shows that is not in the network yet."""
    return Content(
        kind.family,
        icons.family_drawing(kind.family, kind.name),
        kind.ports(node.params, network.project),
        CardText(node.kind, "", arguments(kind, node.params, node.params)),
    )


def _shape(network: Network, node: Node, ports: Ports, analysis: Analysis) -> str:
    shown = ports.inputs if node.kind == "Output" else ports.outputs
    if len(shown) != 1 or shown[0].carries != "tensor":
        return ""
    port = shown[0]
    found = analysis.type_of(network.name, node.id, port.name)
    return "" if found is None else type_text(found)


def type_text(found: TensorType) -> str:
    """Return a type as it stands on cards and wires; ``scalar`` for a tensor without sizes."""
    return str(found) if found.shape else f"scalar{str(found)[2:]}"


def port_text(network: Network, node_id: str, port: Port, analysis: Analysis | None) -> str:
    """Return what the pointer shows at a port: its name, what flows there, what it is for."""
    lines = [port.name]
    found = analysis.type_of(network.name, node_id, port.name) if analysis is not None else None
    if found is not None:
        lines[0] += f"  {found.shape_text}  {found.dtype}"
    elif port.layout:
        lines[0] += f"  ({', '.join(port.layout)})"
    if port.optional:
        lines[0] += "  (optional)"
    if port.doc:
        lines.append(port.doc)
    return "\n".join(lines)


def problems_by_node(
    network: Network, analysis: Analysis | None, failed: Problem | None = None
) -> Mapping[str, list[Problem]]:
    """Return the problems of a graph by the id of their node; `failed` is where a run failed."""
    found: dict[str, list[Problem]] = {}
    told = analysis.problems() if analysis is not None else []
    for problem in [failed, *told] if failed is not None else told:
        if problem.network == network.name and problem.node is not None:
            found.setdefault(problem.node, []).append(problem)
    return found
