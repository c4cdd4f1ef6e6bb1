"""What the training graph uses: networks, and which ports of the data go where."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from graph.catalog.structure import NetworkKind, input_ports
from graph.catalog.training import EMAKind
from graph.document import Network, Node, Project

__all__ = [
    "cutting_node",
    "data_behind",
    "data_of_inputs",
    "data_of_monitors",
    "network_of",
    "reached_networks",
    "unwired_batch",
    "used_networks",
]


def network_of(project: Project, node: Node) -> str | None:
    """Return the network that a node of the training graph calls, or None where it calls none."""
    name = node.params.get("network")
    calls = project.training.kind(node.id).takes_network
    return name if calls and isinstance(name, str) and name in project.networks else None


def used_networks(project: Project) -> list[str]:
    """Return the networks that the training graph calls, in the project's order."""
    used = {network_of(project, node) for node in project.training}
    return [name for name in project.networks if name in used]


def reached_networks(project: Project, node_id: str) -> list[str]:
    """Return the names of the networks whose weights the value of a node depends on.

    What lies behind a node that lets no gradient through, such as ``detach``, is not reached.
    """
    training, names = project.training, set[str | None]()
    stack, seen = [node_id], {node_id}
    while stack:
        node = training.node(stack.pop())
        kind = training.kind(node.id)
        if not isinstance(kind, EMAKind):  # averages are weights of their own, and get no gradient
            names.add(network_of(project, node))
        if kind.blocks_gradient(node.params):
            continue
        for source in training.graph.predecessors(node.id):
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return [name for name in project.networks if name in names]


def cutting_node(project: Project, node_id: str, network: str | None = None) -> Node | None:
    """Return the node that lets no gradient from a value through to a network, or to any.

    Of several it is the one next to a use of the network. None where none lies between them.
    """
    training = project.training
    graph = training.graph
    part = graph.subgraph({node_id, *nx.ancestors(graph, node_id)})
    nearest: tuple[int, str] | None = None
    for use in sorted(part):
        name = network_of(project, training.node(use))
        if name is None or network not in (None, name):
            continue
        for other, steps in nx.single_source_shortest_path_length(part, use).items():
            blocks = training.kind(other).blocks_gradient(training.node(other).params)
            if blocks and (other != use or isinstance(training.kind(use), EMAKind)):
                nearest = min(nearest or (steps, other), (steps, other))
    return None if nearest is None else training.node(nearest[1])


def unwired_batch(training: Network, node: Node) -> str | None:
    """Return the input at which a node takes its batch from the data for want of a wire."""
    port = training.kind(node.id).batch_port
    return port if port and port not in training.wires_in(node.id) else None


def data_behind(project: Project, node_ids: Iterable[str]) -> list[str]:
    """Return the ports of the data that the values of some nodes depend on, in the data's order."""
    training = project.training
    part = set(node_ids)
    for node_id in tuple(part):
        part |= nx.ancestors(training.graph, node_id)
    wires = [wire for node_id in part for wire in training.wires_in(node_id).values()]
    used = {w.source_port for w in wires if training.node(w.source).kind == "Data"}
    return [port.name for port in project.data.ports if port.name in used]


def data_of_inputs(project: Project, network: str) -> dict[str, str]:
    """Return the port of the data that is wired straight to each input of a network.

    Inputs that get something else in every use, such as noise, are left out. Where several ports
    of the data arrive at one input, the leftmost use counts.
    """
    training = project.training
    found: dict[str, str] = {}
    for node in sorted(training, key=lambda n: (n.position, n.id)):
        is_use = isinstance(training.kind(node.id), NetworkKind)
        if is_use and network_of(project, node) == network:
            wires = training.wires_in(node.id)
            for port in input_ports(project.networks[network]):
                wire = wires.get(port)
                if wire is not None and training.node(wire.source).kind == "Data":
                    found.setdefault(port, wire.source_port)
    return found


def data_of_monitors(project: Project) -> dict[str, list[str]]:
    """Return, for each monitor of the training graph, the ports of the data behind it."""
    training = project.training
    monitors = [node.id for node in training if training.kind(node.id).family == "monitor"]
    return {node_id: data_behind(project, [node_id]) for node_id in monitors}
