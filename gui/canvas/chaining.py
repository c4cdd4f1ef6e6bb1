"""A typed chain of layers on the canvas: where it is wired, and where its nodes stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from graph import chains
from graph.chains import Candidate, Step
from graph.document import Network, Node, Wire
from graph.edits import AddNode, Batch, Connect, Disconnect, Edit, move_nodes
from graph.errors import ChainError
from gui.canvas import building
from gui.canvas.building import Choice, Loose
from gui.canvas.card import HEAD, WIDTH, lay_out
from gui.canvas.content import ghost_content
from gui.canvas.style import GRID

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["Reading", "add_chain", "read"]

#: Free room between the cards of a chain, in scene pixels.
SPACE = 40.0
#: Room for a card in height when a free row is looked for, in scene pixels.
TALL = 120.0

Place = tuple[float, float]


@dataclass(frozen=True)
class Reading:
    """What a typed chain was understood as: its nodes, or what is wrong and where."""

    steps: tuple[Step, ...] = ()
    error: str = ""
    position: int = 0


@dataclass(frozen=True)
class Ends:
    """What a chain is wired to: where it starts, where it ends, and the wire it goes into."""

    start: tuple[str, str] | None = None
    end: tuple[str, str] | None = None
    replaced: Wire | None = None


def read(text: str, network: Network, pool: Sequence[Choice]) -> Reading | None:
    """Return how a text reads as a chain; None where it is only words to search for."""
    candidates = [Candidate(c.kind, c.label or c.kind.name, {}) for c in pool if not c.params]
    for choice in pool:
        name = dict(choice.params).get("network")
        if name is not None:
            candidates.append(Candidate(choice.kind, str(name), dict(choice.params)))
    kinds = {c.kind.name: c.kind for c in pool if c.params}
    candidates += [Candidate(kind, kind.name, {}) for kind in kinds.values()]
    names = [argument.name for argument in network.arguments]
    try:
        return Reading(tuple(chains.parse(text, candidates, network.project, names)))
    except ChainError as error:
        meant = chains.looks_like_chain(text)
        return Reading((), str(error), error.position) if meant else None


def add_chain(
    view: CanvasView,
    steps: Sequence[Step],
    at: QPointF,
    loose: Loose | None = None,
    branch: bool = False,
) -> tuple[Edit, list[str]]:
    """Return the edit that adds a chain and wires it, and the ids its nodes will have.

    It goes behind the loose end or the selection; else behind the only output that is free. It
    ends at the network's Output where that is free. Behind a node with one wire it goes into that
    wire, unless it is to be a `branch` of its own.
    """
    network = view.network
    ends = _ends(view, steps, loose, branch)
    corner, moved = _room(view, steps, at, ends)
    nodes = []
    for step, x in zip(steps, _columns(view, steps), strict=True):
        place = (corner[0] + x, corner[1])
        nodes.append(Node(network.fresh_id(), step.kind.name, step.params, step.title, place))
    edits: list[Edit] = [AddNode(network.name, node) for node in nodes]
    if ends.replaced is not None:
        edits.append(Disconnect(network.name, ends.replaced))
    for wire in _wires(network, steps, nodes, ends):
        edits.append(Connect(network.name, wire))
    return Batch((*edits, *move_nodes(network, moved).edits)), [node.id for node in nodes]


# -- what it is wired to -----------------------------------------------------------------------


def _ends(view: CanvasView, steps: Sequence[Step], loose: Loose | None, branch: bool) -> Ends:
    network = view.network
    if loose is not None and loose.is_input:
        return Ends(
            end=(loose.node_id, loose.port) if _into(network, steps, loose) else None,
            replaced=network.wires_in(loose.node_id).get(loose.port),
        )
    if loose is not None:
        fits = _fits(network, loose.node_id, loose.port, steps[0])
        start = (loose.node_id, loose.port) if fits else None
    elif view.selected:
        node_id = view.selected[-1]
        leaving = network.wires_out(node_id)
        if not branch and len(leaving) == len(network.ports(node_id).outputs) == 1:
            wire = leaving[0]
            end = Loose(wire.target, wire.target_port, True)
            if _fits(network, node_id, wire.source_port, steps[0]) and _into(network, steps, end):
                return Ends((node_id, wire.source_port), (end.node_id, end.port), wire)
        start = next(iter(_starts(network, [node_id], steps[0], again=True)), None)
    else:
        start, straight = _from_nothing(network, steps)
        if straight is not None:
            return Ends(start, (straight.target, straight.target_port), straight)
    return Ends(start, _free_output(network, steps))


def _from_nothing(
    network: Network, steps: Sequence[Step]
) -> tuple[tuple[str, str] | None, Wire | None]:
    """Return where a chain starts where nothing is selected, and the wire it goes into.

    At the only output that is free; else in the wire from the only Input straight to an Output.
    """
    inputs = steps[0].kind.ports(steps[0].params, network.project).inputs
    if not any(not port.optional for port in inputs):
        return None, None
    free = _starts(network, [node.id for node in network], steps[0])
    if free:
        return (free[0] if len(free) == 1 else None), None
    wires = [w for node in network.by_kind("Input") for w in network.wires_out(node.id)]
    if len(wires) == 1 and network.node(wires[0].target).kind == "Output":
        end = Loose(wires[0].target, wires[0].target_port, True)
        if _into(network, steps, end):
            return (wires[0].source, wires[0].source_port), wires[0]
    return None, None


def _starts(
    network: Network, ids: Sequence[str], step: Step, again: bool = False
) -> list[tuple[str, str]]:
    """Return the free outputs of nodes that the first node of a chain takes.

    One whose name an input has goes first. With `again`, a node that has no free one gives another.
    """
    found = []
    names = {port.name for port in step.kind.ports(step.params, network.project).inputs}
    for node_id in ids:
        wired = {wire.source_port for wire in network.wires_out(node_id)}
        fitting = [
            (node_id, port.name)
            for port in network.ports(node_id).outputs
            if not port.missing and _fits(network, node_id, port.name, step)
        ]
        fitting.sort(key=lambda end: end[1] not in names)
        free = [end for end in fitting if end[1] not in wired]
        found += (free or fitting if again else free)[:1]
    return found


def _fits(network: Network, node_id: str, port: str, step: Step) -> bool:
    out = network.ports(node_id).output(port)
    inputs = step.kind.ports(step.params, network.project).inputs
    return out is not None and chains.input_for(out, inputs) is not None


def _into(network: Network, steps: Sequence[Step], end: Loose) -> bool:
    return _last_output(network, steps, end.node_id, end.port) is not None


def _last_output(network: Network, steps: Sequence[Step], node_id: str, port: str) -> str | None:
    """Return the output of a chain's last node that an input takes, or None."""
    into, last = network.ports(node_id).input(port), steps[-1]
    outputs = last.kind.ports(last.params, network.project).outputs
    wanted = [out for out in outputs if not last.output or out.name == last.output]
    found = building.first_fit(wanted, into.carries) if into is not None else None
    return found.name if found is not None else None


def _free_output(network: Network, steps: Sequence[Step]) -> tuple[str, str] | None:
    """Return the input of the network's Output where it has one that is free and takes the end."""
    free = [node for node in network.by_kind("Output") if not network.wires_in(node.id)]
    if len(free) != 1 or _last_output(network, steps, free[0].id, "input") is None:
        return None
    return free[0].id, "input"


def _wires(
    network: Network, steps: Sequence[Step], nodes: Sequence[Node], ends: Ends
) -> list[Wire]:
    wires = []
    if ends.start is not None:
        out = network.ports(ends.start[0]).output(ends.start[1])
        inputs = steps[0].kind.ports(steps[0].params, network.project).inputs
        wires.append(Wire(*ends.start, nodes[0].id, chains.input_for(out, inputs).name))
    for (before, node), (after, following) in pairwise(zip(steps, nodes, strict=True)):
        leaving, into = chains.joint(before, after, network.project)
        wires.append(Wire(node.id, leaving, following.id, into))
    if ends.end is not None:
        wires.append(Wire(nodes[-1].id, _last_output(network, steps, *ends.end), *ends.end))
    return wires


# -- where it stands ---------------------------------------------------------------------------


def _columns(view: CanvasView, steps: Sequence[Step]) -> list[float]:
    """Return how far right of the first card each card stands, and no two overlap.

    Cards grow when their shapes are known: room is left for the widest.
    """
    places, x = [], 0.0
    for step in steps:
        places.append(x)
        x += _width(view, step) + SPACE
    return places


def _width(view: CanvasView, step: Step) -> float:
    node = Node("", step.kind.name, step.params, step.title)
    content = ghost_content(step.kind, node, view.network)
    width = max(lay_out(content, view.canvas_scene.paper.look).width, WIDTH[1])
    return GRID * math.ceil(width / GRID)


def _room(
    view: CanvasView, steps: Sequence[Step], at: QPointF, ends: Ends
) -> tuple[Place, dict[str, Place]]:
    """Return where the first card stands, and where what is behind the chain moves to."""
    items = view.canvas_scene.nodes
    wide = _columns(view, steps)[-1] + _width(view, steps[-1])
    if ends.start is not None:
        body = items[ends.start[0]].scene_body()
        corner = QPointF(body.right() + SPACE, body.top())
    elif ends.end is not None:
        body = items[ends.end[0]].scene_body()
        corner = QPointF(body.left() - SPACE - wide, body.top())
    else:
        corner = at - QPointF(0, HEAD / 2)
    x, y = (round(v / GRID) * GRID for v in (corner.x(), corner.y()))
    moved: dict[str, Place] = {}
    if ends.start is not None and ends.end is not None:
        moved = _pushed(view, ends, x + wide + SPACE)
    others = [items[i].scene_body() for i in items if i not in moved]
    for _ in range(60):
        row = QRectF(x - 10, y - 10, wide + 20, TALL)
        if not any(row.intersects(body) for body in others):
            break
        y += 2 * GRID
    return (x, y), moved


def _pushed(view: CanvasView, ends: Ends, right: float) -> dict[str, Place]:
    """Return where the chain's end and all behind it move to, so that it stands before them."""
    network, items = view.network, view.canvas_scene.nodes
    lacking = right - items[ends.end[0]].scene_body().left()
    if lacking <= 0:
        return {}
    shift = GRID * math.ceil(lacking / GRID)
    edge = items[ends.end[0]].scene_body().left()
    return {
        node_id: (place[0] + shift, place[1])
        for node_id in building.downstream(network, ends.end[0])
        for place in [network.node(node_id).position]
        if place[0] >= edge
    }
