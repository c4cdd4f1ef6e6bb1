"""The statements of one graph in topological order: what ``forward`` and a training step share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import networkx as nx

from graph.catalog.entry import Pattern
from graph.codegen.names import Names, kind_name, snake_case
from graph.codegen.source import Writer
from graph.dims import TensorType
from graph.document import Network, Node
from graph.errors import GenerateError

__all__ = ["Body", "ordered"]


class Known(Protocol):
    """What is known of the nodes that are written: an analysis, or a part of it."""

    def args(self, network: str, node_id: str) -> Mapping[str, Any]:
        """Return every argument of a node."""

    def type_of(self, network: str, node_id: str, port: str) -> TensorType | None:
        """Return the type at a port."""


Value = tuple[str, str]
"""A value by the node and the output port that give it."""


def ordered(network: Network, among: Collection[str]) -> list[Node]:
    """Return the nodes `among` in topological order, from left to right where that leaves a choice.

    Raises
    ------
    GenerateError
        If they are on a cycle.
    """

    def place(node_id: str) -> tuple[float, float, str]:
        return (*network.node(node_id).position, node_id)

    part = network.graph.subgraph(among)
    try:
        order = list(nx.lexicographical_topological_sort(nx.DiGraph(part), key=place))
    except nx.NetworkXUnfeasible:
        raise GenerateError(f"{network.name!r} has a cycle; remove one of its wires.") from None
    return [network.node(node_id) for node_id in order]


@dataclass
class Body:
    """Writes calls of nodes as assignments, and names their values.

    A value is called ``x`` while no other ``x`` is still needed, as people write chains; else it
    gets a name from its node's title or kind.
    """

    network: Network
    analysis: Known
    names: Names
    #: Expression of each value so far.
    values: dict[Value, str] = field(default_factory=dict)
    #: How many uses of each value are still to be written.
    left: dict[Value, int] = field(default_factory=dict)
    #: Values that keep their name to the end.
    kept: set[Value] = field(default_factory=set)
    #: What arrives at optional inputs without a wire, by node and input port.
    unwired: dict[Value, str] = field(default_factory=dict)

    def count_uses(self, node_ids: Iterable[str]) -> None:
        """Count the uses of every value among the nodes that will be written."""
        for node_id in node_ids:
            for wire in self.network.wires_in(node_id).values():
                key = (wire.source, wire.source_port)
                self.left[key] = self.left.get(key, 0) + 1

    def inputs(self, node: Node) -> dict[str, str]:
        """Return the expression that arrives at each wired input of a node, in port order."""
        wires = self.network.wires_in(node.id)
        found: dict[str, str] = {}
        for port in self.network.ports(node.id).inputs:
            wire = wires.get(port.name)
            if wire is None:
                if (node.id, port.name) in self.unwired:
                    found[port.name] = self.unwired[(node.id, port.name)]
                elif not port.optional:
                    raise GenerateError(f"Nothing is wired to {port.name!r} of {node.label!r}.")
                continue
            try:
                found[port.name] = self.values[(wire.source, wire.source_port)]
            except KeyError:
                raise GenerateError(
                    f"{node.label!r} needs {wire.source_port!r} of "
                    f"{self.network.node(wire.source).label!r}, which gives no such value."
                ) from None
        return found

    def use_up(self, node: Node, among: Collection[str] | None = None) -> None:
        """Note that a node has been written; names of values no longer needed become free.

        With `among`, only what arrives at these inputs is used up.
        """
        for port, wire in self.network.wires_in(node.id).items():
            if among is not None and port not in among:
                continue
            key = (wire.source, wire.source_port)
            self.left[key] = self.left.get(key, 1) - 1
            self._free(key)

    def _free(self, key: Value) -> None:
        name = self.values.get(key)
        if name is not None and not self.left.get(key) and key not in self.kept:
            self.names.release(name)

    def wanted(self, node: Node) -> frozenset[str]:
        """Return the outputs of a node that something still uses."""
        ports = self.network.ports(node.id).outputs
        return frozenset(
            p.name
            for p in ports
            if self.left.get((node.id, p.name)) or (node.id, p.name) in self.kept
        )

    def targets(
        self, node: Node, pattern: Pattern, wishes: Mapping[str, str], title: str = ""
    ) -> str:
        """Return the left-hand side of a call's assignment, naming the values it makes.

        `title` stands in for that of the node.
        """
        if isinstance(pattern, str):
            if pattern not in self.wanted(node):
                return "_"
            wish = wishes.get(pattern) or self._part_name(node, pattern)
            name = self._name(node, wish, title or node.title)
            self.values[(node.id, pattern)] = name
            return name
        inner = [self.targets(node, part, wishes, title) for part in pattern]
        if all(part == "_" for part in inner):
            return "_"
        parts = [f"({text})" if "," in text else text for text in inner]
        return f"{parts[0]}," if len(parts) == 1 else ", ".join(parts)

    def named(self, node: Node, ports: Iterable[str]) -> list[str]:
        """Return a name for each output of a node, whether something uses it or not."""
        found = []
        for port in ports:
            name = self._name(node, self._part_name(node, port), node.title)
            self.values[(node.id, port)] = name
            found.append(name)
        for port in ports:
            self._free((node.id, port))
        return found

    def _part_name(self, node: Node, port: str) -> str:
        """Return the name for one of several outputs that a node gives: ``h``, ``weights``."""
        if len(self.network.ports(node.id).outputs) == 1 or port == "output":
            return ""
        own, part = snake_case(node.title), snake_case(port.rstrip("0123456789"))
        if part == "output":
            return own or kind_name(node.kind)
        return f"{own}_{part}" if own else part

    def _name(self, node: Node, wish: str, title: str) -> str:
        if not wish and "x" not in self.names:
            return self.names.unique("x")
        kind = str(node.params.get("network")) if node.kind == "Block" else node.kind
        return self.names.unique(wish or snake_case(title) or kind_name(kind))

    def shape_comment(self, node: Node, port: str) -> str:
        """Return ``# (N, 32, 26, 26)`` for a value, or '' where its type is not known."""
        found = self.analysis.type_of(self.network.name, node.id, port)
        return f"# {found.shape_text}" if found is not None else ""

    def write(
        self, writer: Writer, node: Node, module: str, indent: int, wishes: Mapping[str, str]
    ) -> None:
        """Write the statement of one node."""
        kind = self.network.kind(node.id)
        args = self.analysis.args(self.network.name, node.id)
        call = kind.call(module, self.inputs(node), args, self.wanted(node))
        self.use_up(node)
        target = self.targets(node, call.targets, wishes)
        first = next(iter(sorted(self.wanted(node))), "")
        comment = self.shape_comment(node, first) if "," not in target else ""
        before = "" if target == "_" else f"{target} = "
        writer.statement(before, call.expression, indent, (self.network.name, node.id), comment)
