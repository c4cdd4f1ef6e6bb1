"""Edits: reversible changes of a project, as values.

``edit.apply(project)`` makes the change through one document method and returns the edit that
takes it back. The window's undo stack holds edits, a problem's one-click fix is an edit, and so
is anything a command line or a script wants to change. An edit that is refused leaves the project
as it was, a :class:`Batch` included.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from graph.dataspec import DataSpec
from graph.document import Network, Node, Project, Value, Wire
from graph.drawing import Frame, Point, View
from graph.errors import ConnectError, TorchloomError
from graph.expressions import Argument
from graph.settings import RunSettings

__all__ = [
    "AddNetwork",
    "AddNode",
    "Batch",
    "BendWire",
    "Connect",
    "Disconnect",
    "Edit",
    "KeepView",
    "PutFrame",
    "RemoveFrame",
    "RemoveNetwork",
    "RemoveNode",
    "RenameNetwork",
    "RestoreWire",
    "SetArguments",
    "SetData",
    "SetName",
    "SetSettings",
    "UpdateNode",
    "insert_node",
    "move_nodes",
    "remove_nodes",
    "rename_network",
    "renamed_uses",
    "set_params",
]


class Edit(ABC):
    """A change that can be made and taken back."""

    @abstractmethod
    def apply(self, project: Project) -> Edit:
        """Make the change; return its inverse. Raises DocumentError where it is refused."""


@dataclass(frozen=True)
class AddNode(Edit):
    """Add a node."""

    network: str
    node: Node

    def apply(self, project: Project) -> Edit:
        project.network(self.network).add_node(self.node)
        return RemoveNode(self.network, self.node.id)


@dataclass(frozen=True)
class RemoveNode(Edit):
    """Remove a node without wires; see :func:`remove_nodes`."""

    network: str
    node_id: str

    def apply(self, project: Project) -> Edit:
        network = project.network(self.network)
        node = network.node(self.node_id)
        network.remove_node(self.node_id)
        return AddNode(self.network, node)


@dataclass(frozen=True)
class UpdateNode(Edit):
    """Put another version of a node in place of the one with its id.

    One that was there before comes back as it was, even where its arguments would be refused now.
    """

    network: str
    node: Node
    was_there: bool = False

    def apply(self, project: Project) -> Edit:
        network = project.network(self.network)
        old = network.update_node(self.node, check=not self.was_there)
        return UpdateNode(self.network, old, was_there=True)


@dataclass(frozen=True)
class Connect(Edit):
    """Draw a wire."""

    network: str
    wire: Wire

    def apply(self, project: Project) -> Edit:
        project.network(self.network).connect(self.wire)
        return Disconnect(self.network, self.wire)


@dataclass(frozen=True)
class RestoreWire(Edit):
    """Bring back a wire that was there before, whatever became of its ports since."""

    network: str
    wire: Wire
    bends: tuple[Point, ...] = ()

    def apply(self, project: Project) -> Edit:
        network = project.network(self.network)
        network.restore_wire(self.wire)
        if self.bends:
            network.drawing.bend(self.wire, self.bends)
        return Disconnect(self.network, self.wire)


@dataclass(frozen=True)
class Disconnect(Edit):
    """Remove a wire."""

    network: str
    wire: Wire

    def apply(self, project: Project) -> Edit:
        network = project.network(self.network)
        bends = network.drawing.bends.get(self.wire, ())
        network.disconnect(self.wire)
        return RestoreWire(self.network, self.wire, bends)


@dataclass(frozen=True)
class BendWire(Edit):
    """Let a wire go through other points, or through none."""

    network: str
    wire: Wire
    points: tuple[Point, ...]

    def apply(self, project: Project) -> Edit:
        old = project.network(self.network).drawing.bend(self.wire, self.points)
        return BendWire(self.network, self.wire, old)


@dataclass(frozen=True)
class PutFrame(Edit):
    """Add a frame, or put another version of it in place."""

    network: str
    frame: Frame

    def apply(self, project: Project) -> Edit:
        old = project.network(self.network).drawing.put_frame(self.frame)
        return (
            RemoveFrame(self.network, self.frame.id) if old is None else PutFrame(self.network, old)
        )


@dataclass(frozen=True)
class RemoveFrame(Edit):
    """Remove a frame; what lies in it stays."""

    network: str
    frame_id: str

    def apply(self, project: Project) -> Edit:
        return PutFrame(
            self.network, project.network(self.network).drawing.remove_frame(self.frame_id)
        )


@dataclass(frozen=True)
class KeepView(Edit):
    """Set a bookmark of a graph, or remove it."""

    network: str
    number: int
    view: View | None

    def apply(self, project: Project) -> Edit:
        drawing = project.network(self.network).drawing
        return KeepView(self.network, self.number, drawing.keep_view(self.number, self.view))


@dataclass(frozen=True)
class AddNetwork(Edit):
    """Add a network, at the end or at an index."""

    network: Network
    index: int | None = None

    def apply(self, project: Project) -> Edit:
        project.add_network(self.network, self.index)
        return RemoveNetwork(self.network.name)


@dataclass(frozen=True)
class RemoveNetwork(Edit):
    """Take a network out of the project."""

    name: str

    def apply(self, project: Project) -> Edit:
        index = list(project.networks).index(self.name) if self.name in project.networks else None
        return AddNetwork(project.remove_network(self.name), index)


@dataclass(frozen=True)
class RenameNetwork(Edit):
    """Give a network another name; see :func:`rename_network`."""

    old: str
    new: str

    def apply(self, project: Project) -> Edit:
        project.rename_network(self.old, self.new)
        return RenameNetwork(self.new, self.old)


@dataclass(frozen=True)
class SetArguments(Edit):
    """Put other arguments of a network in place."""

    network: str
    arguments: tuple[Argument, ...]

    def apply(self, project: Project) -> Edit:
        return SetArguments(
            self.network, project.network(self.network).set_arguments(self.arguments)
        )


@dataclass(frozen=True)
class SetData(Edit):
    """Put another data description in place."""

    data: DataSpec

    def apply(self, project: Project) -> Edit:
        return SetData(project.set_data(self.data))


@dataclass(frozen=True)
class SetSettings(Edit):
    """Put other run settings in place."""

    settings: RunSettings

    def apply(self, project: Project) -> Edit:
        return SetSettings(project.set_settings(self.settings))


@dataclass(frozen=True)
class SetName(Edit):
    """Rename the project."""

    name: str

    def apply(self, project: Project) -> Edit:
        return SetName(project.set_name(self.name))


@dataclass(frozen=True)
class Batch(Edit):
    """Several edits as one: all are made, or none."""

    edits: tuple[Edit, ...]

    def apply(self, project: Project) -> Edit:
        done: list[Edit] = []
        try:
            for edit in self.edits:
                done.append(edit.apply(project))
        except TorchloomError:
            for inverse in reversed(done):
                inverse.apply(project)
            raise
        return Batch(tuple(reversed(done)))


def remove_nodes(network: Network, node_ids: Iterable[str]) -> Batch:
    """Return the edit that removes nodes together with all their wires."""
    gone = dict.fromkeys(node_ids)
    wires = dict.fromkeys(
        wire
        for node_id in gone
        for wire in [*network.wires_in(node_id).values(), *network.wires_out(node_id)]
    )
    return Batch(
        (
            *(Disconnect(network.name, wire) for wire in wires),
            *(RemoveNode(network.name, node_id) for node_id in gone),
        )
    )


def move_nodes(network: Network, positions: Mapping[str, tuple[float, float]]) -> Batch:
    """Return the edit that puts nodes at scene positions."""
    return Batch(
        tuple(
            UpdateNode(network.name, replace(network.node(node_id), position=position))
            for node_id, position in positions.items()
        )
    )


def insert_node(
    network: Network, wire: Wire, node: Node, into: str | None = None, out: str | None = None
) -> Batch:
    """Return the edit that puts a new node in the middle of a wire.

    `into` and `out` name the ports of the node to use; by default its first input and output.
    """
    from graph import catalog

    ports = catalog.lookup(node.kind).ports(node.params, network.project)
    if not ports.inputs or not ports.outputs:
        raise ConnectError(f"{node.label!r} has no input and output, so it cannot stand in a wire.")
    into, out = into or ports.inputs[0].name, out or ports.outputs[0].name
    return Batch(
        (
            Disconnect(network.name, wire),
            AddNode(network.name, node),
            Connect(network.name, Wire(wire.source, wire.source_port, node.id, into)),
            Connect(network.name, Wire(node.id, out, wire.target, wire.target_port)),
        )
    )


def set_params(network: Network, node_id: str, values: Mapping[str, Value | None]) -> UpdateNode:
    """Return the edit that sets arguments of a node.

    A name in `values` that should go back to its default is given as the string constant
    :data:`graph.catalog.entry.DEFAULT`.
    """
    from graph.catalog.entry import DEFAULT

    node = network.node(node_id)
    params = {**node.params, **values}
    kept = {name: value for name, value in params.items() if value is not DEFAULT}
    return UpdateNode(network.name, replace(node, params=kept))


def rename_network(project: Project, old: str, new: str) -> Batch:
    """Return the edit that renames a network and every use of it in other graphs."""
    uses: list[Edit] = []
    for graph in project.graphs():
        for node in graph:
            params = renamed_uses(node.params, {old: new})
            if params != node.params:
                # The graph that is renamed itself has its new name by then.
                where = new if graph.name == old else graph.name
                uses.append(UpdateNode(where, replace(node, params=params)))
    return Batch((RenameNetwork(old, new), *uses))


def renamed_uses(params: Mapping[str, Value], names: Mapping[str, str]) -> dict[str, Value]:
    """Return arguments of a node with networks called by other names, given by the old ones."""

    def new(value: Value) -> Value:
        if isinstance(value, tuple):
            return tuple(new(item) for item in value)
        return names.get(value, value) if isinstance(value, str) else value

    return {k: new(v) if k in ("network", "networks") else v for k, v in params.items()}
