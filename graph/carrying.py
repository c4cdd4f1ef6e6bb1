"""Networks that go with nodes into another project: linked where they are there, else added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph.blocks import innermost_first, too_deep, with_blocks
from graph.catalog.structure import input_ports, output_ports
from graph.document import Network, Node, Project, Value
from graph.edits import AddNetwork, renamed_uses
from graph.errors import FileError
from graph.grouping import unused

__all__ = ["carried_in", "networks_behind"]


def networks_behind(project: Project, nodes: Iterable[Node]) -> list[str]:
    """Return the networks that nodes stand for or name, and all that stand in those."""
    names = [name for node in nodes for name in _named(node.params)]
    return with_blocks(project, names)


def carried_in(
    project: Project, guests: Project, *, linked: bool
) -> tuple[list[AddNetwork], dict[str, str]]:
    """Return the edits that bring the networks of `guests`, and the names they will have by old.

    One that the project has under the same name and with the same content is linked; one with
    other content gets a new name. With `linked`, one of the same name is the same: it was copied
    here, and may have been edited since.

    Raises
    ------
    FileError
        If a network among the guests holds itself.
    """
    edits: list[AddNetwork] = []
    names: dict[str, str] = {}
    deep = next((name for name in guests.networks if too_deep(guests, name)), None)
    if deep is not None:
        raise FileError(f"the network {deep!r} holds itself, or too many in each other.")
    for name in innermost_first(guests, guests.networks):
        guest, host = guests.networks[name], project.networks.get(name)
        if host is not None and (linked or _content(host) == _content(guest, names)):
            names[name] = name
            continue
        names[name] = unused(name, [*project.networks, *names.values()])
        edits.append(AddNetwork(_copied(guest, names)))
    return edits, {old: new for old, new in names.items() if old != new}


def _named(params: Mapping[str, Value]) -> list[str]:
    several = params.get("networks")
    values = (params.get("network"), *(several if isinstance(several, tuple) else ()))
    return [value for value in values if isinstance(value, str)]


def _content(network: Network, names: Mapping[str, str] | None = None) -> object:
    """Return all of a network that its meaning depends on: not where its nodes stand."""
    nodes = {n.id: (n.kind, renamed_uses(n.params, names or {}), n.title) for n in network}
    ports = list(input_ports(network).items()), list(output_ports(network).items())
    return network.arguments, nodes, ports, set(network.wires())


def _copied(guest: Network, names: Mapping[str, str]) -> Network:
    """Return a copy of a network under its new name, with blocks of others under theirs."""
    made = Network(names[guest.name])
    made.arguments = guest.arguments
    for node in guest:
        made.add_node(replace(node, params=renamed_uses(node.params, names)))
    for wire in guest.wires():
        made.restore_wire(wire)
    return made
