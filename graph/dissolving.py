"""Dissolving blocks: what is in them comes to stand in their place, and computes the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from graph.blocks import given_arguments, inner_networks
from graph.catalog.structure import (
    MOST_REPEATS,
    input_ports,
    network_ports,
    output_ports,
    repeated_inputs,
)
from graph.document import Network, Node, Project, Value, Wire
from graph.edits import (
    AddNode,
    Batch,
    Edit,
    RemoveNetwork,
    RestoreWire,
    move_nodes,
    remove_nodes,
)
from graph.errors import DocumentError
from graph.expressions import Expression, substituted
from graph.grouping import center, unused

__all__ = ["dissolve"]

#: Distance between two copies of what stood in a repeated block, in scene pixels.
GAP = 280.0
#: Nodes that may come to stand in a block's place.
MOST = 10_000

Place = tuple[str, str]


def dissolve(network: Network, node_id: str) -> tuple[Edit, list[str]]:
    """Return the edit that puts what is in a block in its place, and the ids it will have.

    A repeated block becomes that many copies in a row. Blocks that share their weights are
    dissolved together where all weights are in blocks inside, which then share theirs. The block's
    network goes with its last block.

    Raises
    ------
    DocumentError
        If the node is no block, its weights could not stay shared, or it would become too much.
    """
    project, block = network.project, network.node(node_id)
    name = block.params.get("network")
    if project is None or block.kind != "Block" or name not in project.networks:
        raise DocumentError(f"{block.label!r} is no block of a network; select one.")
    inner = project.networks[str(name)]
    together = _sharing(network, block, inner)
    copies = {each.id: _Copies(each, inner, _repeats(each, inner)) for each in together}
    total = sum(each.repeat * len(each.held) for each in copies.values())
    if total > MOST:
        raise DocumentError(
            f"{block.label!r} would become {total:,} nodes, more than {MOST:,}; repeat it less "
            "often."
        )
    shares = _fresh_shares(network, copies.values())
    edits: list[Edit] = [remove_nodes(network, copies)]
    room = _room(network, copies.values())
    edits.append(move_nodes(network, {i: p for i, p in room.items() if i not in copies}))
    taken = set(network.graph)
    for each in copies.values():
        each.name_nodes(network, taken)
        edits += each.nodes(network, shares, room[each.block.id])
    edits += [RestoreWire(network.name, wire) for wire in _wires(network, copies)]
    if not _used_elsewhere(project, network, inner.name, copies):
        edits.append(RemoveNetwork(inner.name))
    made = [new for each in copies.values() for ids in each.ids for new in ids.values()]
    return Batch(tuple(edits)), made


# -- what may be dissolved ------------------------------------------------------------------------


def _repeats(block: Node, inner: Network) -> int:
    """Return how many copies stand for a block."""
    repeat = block.params.get("repeat", 1)
    if isinstance(repeat, Expression):
        raise DocumentError(
            f"{block.label!r} stands {repeat.text} times in a row, which differs with the "
            "arguments; set repeat to a number first."
        )
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= MOST_REPEATS:
        raise DocumentError(
            f"{block.label!r}: expected repeat to be a whole number from 1 to {MOST_REPEATS}, "
            f"received {repeat!r:.40}; correct it first."
        )
    if repeat > 1 and repeated_inputs(network_ports(inner)) is None:
        raise DocumentError(
            f"{block.label!r} cannot stand {repeat} times in a row: {inner.name} has more outputs "
            "than inputs; set repeat to 1 first."
        )
    return repeat


def _sharing(network: Network, block: Node, inner: Network) -> list[Node]:
    """Return the blocks that are dissolved together so that what shares weights goes on to.

    Raises DocumentError where layers inside hold weights of their own: copies of those would not
    be the same any more.
    """
    share = block.params.get("share")
    same = [n for n in network.by_kind("Block") if share and n.params.get("share") == share]
    if len(same) < 2:
        return [block]
    holder = next((n for n in inner if _holds_weights(inner, n)), None)
    if holder is not None:
        other = next(n for n in same if n.id != block.id)
        raise DocumentError(
            f"{block.label!r} has the same weights as {other.label!r} (share {str(share)[:40]!r}), "
            f"and dissolved, each would have a {holder.label!r} of its own. Clear share first, or "
            f"make {holder.label!r} in {inner.name} a block: blocks inside go on sharing."
        )
    if not inner.by_kind("Block"):
        return [block]  # nothing in it is learned
    differing = next((n for n in same if n.params.get("network") != inner.name), None)
    if differing is not None:
        raise DocumentError(
            f"{differing.label!r} shares the weights of {block.label!r} but is a block of another "
            "network; clear share there first."
        )
    return same


def _holds_weights(inner: Network, node: Node) -> bool:
    """Whether a node may have weights: such kinds stand in networks only."""
    if node.kind in ("Input", "Output", "Block"):
        return False
    return "training" not in inner.kind(node.id).places


# -- copies ---------------------------------------------------------------------------------------


class _Copies:
    """What comes to stand in the place of one block: a copy for each repetition."""

    def __init__(self, block: Node, inner: Network, repeat: int) -> None:
        self.block, self.inner, self.repeat = block, inner, repeat
        self.held = [node for node in inner if node.kind not in ("Input", "Output")]
        #: For each copy, the new ids of nodes by those they have inside.
        self.ids: list[dict[str, str]] = []
        #: The names of ports by the ids of Inputs, and the other way round for Outputs.
        self.inputs = {input_id: port for port, input_id in input_ports(inner).items()}
        self.outputs = output_ports(inner)
        #: The output of the copy before that goes into an input of the next.
        into = repeated_inputs(network_ports(inner)) or {}
        self.carried = {target: port for port, target in into.items()}
        xs = [node.position[0] for node in self.held]
        #: From one copy to the next, in scene pixels.
        self.step = max(xs) - min(xs) + GAP if xs else 0.0

    @property
    def length(self) -> float:
        """From the left of several copies to that of the last node, in scene pixels; else 0."""
        return max(self.step * self.repeat - GAP, 0.0) if self.repeat > 1 else 0.0

    def name_nodes(self, network: Network, taken: set[str]) -> None:
        """Choose the ids: those they have inside where these are free; `taken` are in use."""
        for _ in range(self.repeat):
            ids: dict[str, str] = {}
            for node in self.held:
                new = node.id
                while new in taken:
                    new = network.fresh_id()
                taken.add(new)
                ids[node.id] = new
            self.ids.append(ids)

    def nodes(
        self, network: Network, shares: Mapping[tuple[int, str], str], at: tuple[float, float]
    ) -> Iterator[Edit]:
        """Yield the edits that add the nodes, in a row from the scene position `at` on."""
        values: dict[str, Value] = {a.name: a.default for a in self.inner.arguments}
        values |= given_arguments(self.block)
        left, top = self._offset(at)
        for number, ids in enumerate(self.ids):
            for node in self.held:
                params = {key: substituted(value, values) for key, value in node.params.items()}
                if (number, node.id) in shares:
                    params["share"] = shares[number, node.id]
                x, y = node.position
                place = (x + left + number * self.step, y + top)
                copied = replace(node, id=ids[node.id], params=params, position=place)
                yield AddNode(network.name, copied)

    def _offset(self, at: tuple[float, float]) -> tuple[float, float]:
        """Return what to add to positions inside: one copy is centred, several begin at `at`."""
        if not self.held:
            return (0.0, 0.0)
        x, y = center(self.held)
        left = x if self.repeat == 1 else min(node.position[0] for node in self.held)
        return (at[0] - left, at[1] - y)


def _room(network: Network, copies: Iterable[_Copies]) -> dict[str, tuple[float, float]]:
    """Return where nodes stand once there is room for what becomes longer than it was.

    Those that stay where they are, other than the blocks themselves, are left out.
    """
    longer: dict[float, float] = {}
    found: dict[str, tuple[float, float]] = {}
    for each in copies:
        x = each.block.position[0]
        longer[x] = max(longer.get(x, 0.0), each.length)
        found[each.block.id] = each.block.position
    for node in network:
        x, y = node.position
        shift = sum(length for start, length in longer.items() if start < x)
        if shift:
            found[node.id] = (x + shift, y)
    return found


def _fresh_shares(network: Network, copies: Collection[_Copies]) -> dict[tuple[int, str], str]:
    """Return the names under which blocks inside share weights, by copy and id inside.

    What shares within a copy goes on to, apart from other copies; where several blocks with the
    same weights are dissolved, each block inside shares with those that stand for it elsewhere.
    """
    gone = {each.block.id for each in copies}
    taken = {str(n.params.get("share")) for n in network.by_kind("Block") if n.id not in gone}
    first = next(iter(copies))
    names: dict[tuple[int, str], str] = {}
    found: dict[tuple[int, str], str] = {}
    for number in range(max(each.repeat for each in copies)):
        for node in first.held:
            share = node.params.get("share")
            own = share if isinstance(share, str) else ""
            if node.kind != "Block" or not (own or len(copies) > 1):
                continue
            key = (number, f"share {own}" if own else f"node {node.id}")
            if key not in names:
                names[key] = unused(own or node.title or str(node.params.get("network")), taken)
                taken.add(names[key])
            found[number, node.id] = names[key]
    return found


# -- wires ----------------------------------------------------------------------------------------


def _wires(network: Network, copies: Mapping[str, _Copies]) -> Iterator[Wire]:
    """Yield the wires that stand for those inside blocks and at their ports."""
    for block_id, each in copies.items():
        for number, ids in enumerate(each.ids):
            for wire in each.inner.wires():
                if wire.target not in ids:
                    continue
                source: Place | None = None
                if wire.source in ids:
                    source = (ids[wire.source], wire.source_port)
                elif wire.source in each.inputs:
                    port = (block_id, number, each.inputs[wire.source])
                    source = _origin(network, copies, port, entering=True)
                if source is not None:
                    yield Wire(*source, ids[wire.target], wire.target_port)
        for wire in network.wires_out(block_id):
            port = (block_id, each.repeat - 1, wire.source_port)
            source = _origin(network, copies, port, entering=False)
            if source is not None and wire.target not in copies:
                yield Wire(*source, wire.target, wire.target_port)


def _origin(
    network: Network, copies: Mapping[str, _Copies], port: tuple[str, int, str], *, entering: bool
) -> Place | None:
    """Return where the value at a port comes from, once the blocks are gone; None: from nowhere.

    A port is that of a block, for one of the copies that stand for it.
    """
    seen: set[tuple[str, int, str, bool]] = set()
    while (*port, entering) not in seen:  # else the graph goes in a circle
        seen.add((*port, entering))
        block_id, number, name = port
        each = copies[block_id]
        if not entering:
            wire = each.inner.wires_in(each.outputs.get(name, "")).get("input")
            if wire is not None and wire.source in each.ids[number]:
                return each.ids[number][wire.source], wire.source_port
            if wire is None or wire.source not in each.inputs:
                return None
            port, entering = (block_id, number, each.inputs[wire.source]), True
        elif number and name in each.carried:
            port, entering = (block_id, number - 1, each.carried[name]), False
        else:
            wire = network.wires_in(block_id).get(name)
            if wire is None or wire.source not in copies:
                return None if wire is None else (wire.source, wire.source_port)
            last = copies[wire.source].repeat - 1
            port, entering = (wire.source, last, wire.source_port), False
    return None


def _used_elsewhere(project: Project, network: Network, name: str, gone: Collection[str]) -> bool:
    """Whether anything but these blocks uses a network."""
    for graph in project.graphs():
        for node in graph:
            if graph is network and node.id in gone:
                continue
            named = node.params.get("networks")
            if node.params.get("network") == name or (isinstance(named, tuple) and name in named):
                return True
    return name in inner_networks(project.networks[name])
