"""The document: a project with its networks, its training graph, its data and its settings.

All change goes through the methods here. Each validates, then changes, then emits a signal
(psygnal: plain Python), so every view follows the document and none has to be told. Edits that
can be undone are built on these methods in :mod:`graph.edits`.
"""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import networkx as nx
from psygnal import Signal

from graph.dataspec import DataSpec
from graph.drawing import Drawing
from graph.errors import ConnectError, DocumentError
from graph.expressions import ARGUMENT_TYPES, Argument, Expression
from graph.settings import RunSettings

if TYPE_CHECKING:
    from graph.catalog.entry import Kind, Ports

__all__ = [
    "TRAINING",
    "Network",
    "Node",
    "Project",
    "Value",
    "Wire",
    "check_argument",
    "freeze",
]

#: Reserved name of the training graph among a project's graphs.
TRAINING = "training"

Value = None | bool | int | float | str | Expression | tuple[Any, ...]
"""What an argument of a node can hold: JSON's scalars, expressions, and tuples of them."""


def freeze(value: object) -> Value:
    """Return `value` with lists as tuples.

    Raises
    ------
    DocumentError
        If it holds anything but None, bool, int, float, str, expressions and sequences of these.
    """
    if value is None or isinstance(value, bool | int | float | str | Expression):
        return value
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    raise DocumentError(
        f"An argument must be a number, text, a truth value or a list of these; "
        f"received {type(value).__name__}."
    )


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a graph.

    `params` holds only what was set; everything else is the catalogue's default, or is inferred
    from what arrives. `position` is in scene pixels. An empty title means the kind's own name.
    """

    id: str
    kind: str
    params: Mapping[str, Value] = field(default_factory=dict)
    title: str = ""
    position: tuple[float, float] = (0.0, 0.0)
    comment: str = ""
    #: Drawn with its title alone.
    collapsed: bool = False
    #: Stays where it is when others are arranged or dragged along.
    pinned: bool = False

    @property
    def label(self) -> str:
        """What to call the node in a message."""
        return self.title or self.kind


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire from an output port to an input port."""

    source: str
    source_port: str
    target: str
    target_port: str

    def __str__(self) -> str:
        return f"{self.source}.{self.source_port} -> {self.target}.{self.target_port}"


_WORD: Final = re.compile(r"[^\W\d]\w{0,63}")


def check_argument(argument: Argument) -> None:
    """Raise DocumentError unless this can be the argument of a network."""
    name = argument.name
    if not _WORD.fullmatch(name) or not name.isascii() or keyword.iskeyword(name):
        raise DocumentError(
            "The name of an argument is a word of letters, digits and _ that does not start with "
            f"a digit and means nothing in Python; received {name!r:.80}."
        )
    if name in ("min", "max"):
        raise DocumentError(f"{name!r} is a function in expressions; choose another name.")
    if argument.type not in ARGUMENT_TYPES or not argument.takes(argument.default):
        raise DocumentError(
            f"The argument {name!r} is one of {', '.join(ARGUMENT_TYPES)} with a default of that "
            f"type; received {argument.type!r:.40} with {argument.default!r:.80}."
        )


class Network:
    """A graph of nodes and wires: a network, or the training graph.

    An input port takes one wire, an output port any number. Wires may end at ports that the node
    does not have (after its arguments changed, or because its kind is unknown here): they are
    kept, drawn and reported, never dropped.
    """

    node_added = Signal(Node)
    node_removed = Signal(Node)
    node_changed = Signal(Node, Node)  # new, old
    wire_added = Signal(Wire)
    wire_removed = Signal(Wire)
    arguments_changed = Signal(tuple)

    def __init__(self, name: str, project: Project | None = None) -> None:
        self.name = name
        self.project = project
        #: What a block of this network can be given; expressions in its nodes use them by name.
        self.arguments: tuple[Argument, ...] = ()
        self.graph: nx.MultiDiGraph = nx.MultiDiGraph()
        #: Frames, and the ways of wires.
        self.drawing = Drawing()
        self._fresh_ids = itertools.count(1)
        self._of_kind: dict[str, dict[str, None]] = {}

    def __repr__(self) -> str:
        return f"<Network {self.name!r}: {len(self)} nodes, {self.graph.number_of_edges()} wires>"

    # -- reading ------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self.graph.number_of_nodes())

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.graph

    def __iter__(self) -> Iterator[Node]:
        return (data["node"] for _, data in self.graph.nodes(data=True))

    @property
    def is_training(self) -> bool:
        """Whether this is the project's training graph."""
        return self.name == TRAINING

    def node(self, node_id: str) -> Node:
        """Return a node by id, or raise DocumentError."""
        try:
            found: Node = self.graph._node[node_id]["node"]
        except KeyError:
            raise DocumentError(f"There is no node {node_id!r} in {self.name!r}.") from None
        return found

    def kind(self, node_id: str) -> Kind:
        """Return the catalogue entry of a node."""
        from graph import catalog

        return catalog.lookup(self.node(node_id).kind)

    def wires(self) -> Iterator[Wire]:
        """All wires, in the order in which they were drawn per source node."""
        for source, target, (out, into) in self.graph.edges(keys=True):
            yield Wire(source, out, target, into)

    def wires_in(self, node_id: str) -> dict[str, Wire]:
        """The wire that arrives at each wired input port."""
        # networkx's views are ten times slower than what they show; this is asked all the time.
        sources = self.graph._pred.get(node_id, {})
        return {
            into: Wire(source, out, node_id, into)
            for source, keys in sources.items()
            for out, into in keys
        }

    def wires_out(self, node_id: str) -> list[Wire]:
        """The wires that leave a node."""
        targets = self.graph._succ.get(node_id, {})
        return [
            Wire(node_id, out, target, into)
            for target, keys in targets.items()
            for out, into in keys
        ]

    def ports(self, node_id: str) -> Ports:
        """Return a node's ports: its kind's, then those only a wire knows of (marked missing)."""
        node = self.node(node_id)
        ports = self.kind(node_id).ports(node.params, self.project)
        return ports.with_missing(
            self.wires_in(node_id), [wire.source_port for wire in self.wires_out(node_id)]
        )

    def argument(self, name: str) -> Argument | None:
        """Return the argument called `name`, or None."""
        return next((argument for argument in self.arguments if argument.name == name), None)

    def by_kind(self, kind: str) -> list[Node]:
        """The nodes of one kind, from left to right, then top to bottom."""
        found = [self.node(node_id) for node_id in self._of_kind.get(kind, ())]
        return sorted(found, key=lambda n: (n.position, n.id))

    def fresh_id(self) -> str:
        """Return an id that no node of this graph has."""
        for number in self._fresh_ids:
            if (name := f"n{number}") not in self.graph:
                return name
        raise AssertionError("itertools.count ended")

    # -- changing -----------------------------------------------------------------------------

    def add_node(self, node: Node) -> None:
        """Add a node; its id must be new here."""
        if node.id in self.graph:
            raise DocumentError(f"{self.name!r} already has a node with the id {node.id!r}.")
        if not node.id or not node.kind:
            raise DocumentError("A node needs an id and a kind.")
        node = replace(node, params={k: freeze(v) for k, v in node.params.items()})
        self.graph.add_node(node.id, node=node)
        self._of_kind.setdefault(node.kind, {})[node.id] = None
        self.node_added.emit(node)

    def remove_node(self, node_id: str) -> None:
        """Remove a node that has no wires left."""
        node = self.node(node_id)
        if self.graph.degree(node_id):
            raise DocumentError(f"{node.label!r} still has wires; remove them first.")
        self.graph.remove_node(node_id)
        del self._of_kind[node.kind][node_id]
        self.node_removed.emit(node)

    def update_node(self, node: Node, *, check: bool = True) -> Node:
        """Put `node` in place of the node with the same id and kind; return the old one.

        Without `check`, arguments are taken as they are: for undo, as a file may have held
        anything. What is wrong with them is reported as a problem instead.

        Raises
        ------
        ParamError
            If an argument that differs from the old node's has a value it cannot take.
        """
        old = self.node(node.id)
        node = replace(node, params={k: freeze(v) for k, v in node.params.items()})
        if node == old:
            return old
        if node.kind != old.kind:
            raise DocumentError("A node keeps its kind; add another node in its place.")
        if check and node.params != old.params:
            kind = self.kind(node.id)
            for name, value in node.params.items():
                if name not in old.params or old.params[name] != value:
                    kind.check_param(name, value)
            self._check_recursion(node, old)
        self.graph.nodes[node.id]["node"] = node
        self.node_changed.emit(node, old)
        return old

    def set_arguments(self, arguments: Iterable[Argument]) -> tuple[Argument, ...]:
        """Put other arguments in place; return the old ones.

        Raises
        ------
        DocumentError
            If a name is no word or is there twice, or a default is not of its type.
        """
        new, old = tuple(arguments), self.arguments
        names = [argument.name for argument in new]
        for argument in new:
            check_argument(argument)
            if names.count(argument.name) > 1:
                raise DocumentError(f"There are two arguments {argument.name!r}; rename one.")
        self.arguments = new
        if new != old:
            self.arguments_changed.emit(new)
        return old

    def _check_recursion(self, node: Node, old: Node) -> None:
        """Raise DocumentError where a block would hold the network that it stands in."""
        from graph.blocks import check_block

        name = node.params.get("network")
        if (
            node.kind == "Block"
            and self.project is not None
            and isinstance(name, str)
            and name != old.params.get("network")
        ):
            check_block(self.project, self.name, name)

    def check_connect(self, wire: Wire, *, replacing: bool = False) -> None:
        """Raise ConnectError with the exact reason if `wire` may not be drawn.

        With `replacing`, the wire that its input already has is taken to be gone.
        """
        source, target = self.node(wire.source), self.node(wire.target)
        out = self.ports(wire.source).output(wire.source_port)
        into = self.ports(wire.target).input(wire.target_port)
        if out is None or out.missing:
            raise ConnectError(f"{source.label!r} has no output {wire.source_port!r}.")
        if into is None or into.missing:
            raise ConnectError(f"{target.label!r} has no input {wire.target_port!r}.")
        if out.carries != into.carries:
            raise ConnectError(
                f"{target.label!r} expects {into.carries_text} at {into.name!r}; "
                f"{source.label!r} gives {out.carries_text}."
            )
        if not replacing and wire.target_port in self.wires_in(wire.target):
            raise ConnectError(
                f"The input {into.name!r} of {target.label!r} takes one wire and already has it."
            )
        if wire.source == wire.target or nx.has_path(self.graph, wire.target, wire.source):
            raise ConnectError(
                f"A wire to {target.label!r} would close a cycle: {self._loop(wire)}."
            )

    def can_connect(self, wire: Wire) -> bool:
        """Whether `wire` may be drawn: the same rule as :meth:`check_connect`."""
        try:
            self.check_connect(wire)
        except DocumentError:
            return False
        return True

    def connect(self, wire: Wire) -> None:
        """Draw a wire; raises ConnectError where it may not be."""
        self.check_connect(wire)
        self.restore_wire(wire)

    def restore_wire(self, wire: Wire) -> None:
        """Draw a wire without asking the catalogue, for files and undo.

        What is wrong with it is reported as a problem instead. An input port still takes one wire.
        """
        if wire.source not in self.graph or wire.target not in self.graph:
            raise ConnectError(f"The wire {wire} ends at a node that does not exist.")
        if wire.target_port in self.wires_in(wire.target):
            raise ConnectError(f"The input of the wire {wire} already has a wire.")
        self.graph.add_edge(wire.source, wire.target, key=(wire.source_port, wire.target_port))
        self.wire_added.emit(wire)

    def disconnect(self, wire: Wire) -> None:
        """Remove a wire."""
        key = (wire.source_port, wire.target_port)
        if not self.graph.has_edge(wire.source, wire.target, key=key):
            raise DocumentError(f"There is no wire {wire}.")
        self.graph.remove_edge(wire.source, wire.target, key=key)
        self.drawing.bends.pop(wire, None)
        self.wire_removed.emit(wire)

    def _loop(self, wire: Wire) -> str:
        path = nx.shortest_path(self.graph, wire.target, wire.source)
        return " -> ".join(self.node(n).label for n in [*path, wire.target])


class Project:
    """Named networks, one training graph, the data description and the run settings."""

    network_added = Signal(Network)
    network_removed = Signal(Network)
    network_renamed = Signal(Network, str)  # network, old name
    data_changed = Signal(DataSpec)
    settings_changed = Signal(RunSettings)
    name_changed = Signal(str)

    def __init__(self, name: str = "Untitled") -> None:
        self.name = name
        self.networks: dict[str, Network] = {}
        self.training = Network(TRAINING, self)
        self.data = DataSpec()
        self.settings = RunSettings()
        #: Parts of a file that this version does not know; written back unchanged.
        self.unknown: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<Project {self.name!r}: {', '.join(self.networks) or 'no networks'}>"

    def graphs(self) -> Iterable[Network]:
        """The networks in order, then the training graph."""
        return [*self.networks.values(), self.training]

    def network(self, name: str) -> Network:
        """Return a network, or the training graph, by name."""
        if name == TRAINING:
            return self.training
        try:
            return self.networks[name]
        except KeyError:
            raise DocumentError(
                f"There is no network {name!r}; there are: {', '.join(self.networks) or 'none'}."
            ) from None

    def check_network_name(self, name: str) -> None:
        """Raise DocumentError unless a new network may have this name.

        A name becomes a variable in the code, so it is a word of letters, digits and _ .
        """
        if not _WORD.fullmatch(name) or not name.isascii():
            raise DocumentError(
                "The name of a network is a word of letters, digits and _ that does not start with "
                f"a digit, at most 64 long; received {name!r:.80}."
            )
        if name == TRAINING or name in self.networks:
            raise DocumentError(f"The name {name!r} is taken.")

    def add_network(self, network: Network, index: int | None = None) -> None:
        """Add a network under its name, at the end or at `index`."""
        self.check_network_name(network.name)
        network.project = self
        names = list(self.networks)
        names.insert(len(names) if index is None else index, network.name)
        self.networks[network.name] = network
        self.networks = {name: self.networks[name] for name in names}
        self.network_added.emit(network)

    def remove_network(self, name: str) -> Network:
        """Take a network out of the project and return it."""
        network = self.network(name)
        if network is self.training:
            raise DocumentError("The training graph cannot be removed.")
        del self.networks[name]
        self.network_removed.emit(network)
        return network

    def rename_network(self, old: str, new: str) -> None:
        """Give a network another name. Uses of it in other graphs are not renamed."""
        network = self.network(old)
        if network is self.training:
            raise DocumentError("The training graph keeps its name.")
        if new == old:
            return
        self.check_network_name(new)
        network.name = new
        self.networks = {n.name: n for n in self.networks.values()}
        self.network_renamed.emit(network, old)

    def set_data(self, data: DataSpec) -> DataSpec:
        """Put another data description in place; return the old one."""
        old, self.data = self.data, data
        if data != old:
            self.data_changed.emit(data)
        return old

    def set_settings(self, settings: RunSettings) -> RunSettings:
        """Put other run settings in place; return the old ones."""
        old, self.settings = self.settings, settings
        if settings != old:
            self.settings_changed.emit(settings)
        return old

    def set_name(self, name: str) -> str:
        """Rename the project; return the old name."""
        old, self.name = self.name, name
        if name != old:
            self.name_changed.emit(name)
        return old
