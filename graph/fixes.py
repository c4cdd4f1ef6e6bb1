"""The one-click remedies of problems, as edits.

A remedy is named by the rule that found the problem, where the knowledge is; here the name becomes
an edit. A remedy that cannot be made as things stand, or would not mend them, is left out: what
the nodes concerned would give is tried out first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from graph import catalog
from graph.activations import mended_numbers
from graph.catalog.entry import DEFAULT
from graph.dims import TensorType
from graph.document import Node, Value, Wire, freeze
from graph.edits import (
    Batch,
    Connect,
    Disconnect,
    RestoreWire,
    insert_node,
    remove_nodes,
    set_params,
)
from graph.errors import DocumentError, ParamError
from graph.problems import Fix
from graph.shapes import evaluate

if TYPE_CHECKING:
    from graph.flow import Flow

__all__ = ["fixes_for"]


def fixes_for(
    flow: Flow, node_id: str, port: str | None, remedies: tuple[str, ...]
) -> tuple[Fix, ...]:
    """Return the fixes that the names in `remedies` stand for, at a node and a port."""
    if node_id not in flow.network:
        return ()
    found: list[Fix] = []
    for remedy in remedies:
        name, _, rest = remedy.partition(":")
        maker = _MAKERS.get(name)
        if maker is not None:
            found.extend(maker(flow, node_id, port, rest))
    return tuple(found)


def _insert(
    flow: Flow, node_id: str, port: str | None, kind: str, **params: Value
) -> Iterator[Fix]:
    network = flow.network
    wire = network.wires_in(node_id).get(port or "")
    if wire is None or not _inserted_helps(flow, node_id, port or "", kind, params):
        return
    (x0, y0), (x1, y1) = network.node(wire.source).position, network.node(node_id).position
    node = Node(network.fresh_id(), kind, params, position=((x0 + x1) / 2, (y0 + y1) / 2 + 60))
    shown = ", ".join(f"{key}={value}" for key, value in params.items())
    yield Fix(f"Insert {kind}({shown})", insert_node(network, wire, node))


def _inserted_helps(
    flow: Flow, node_id: str, port: str, name: str, params: Mapping[str, Value]
) -> bool:
    """Whether a new node before a port takes what arrives there and gives what is wanted."""
    arriving = flow.arriving(node_id)
    if port not in arriving:
        return True
    kind = catalog.lookup(name)
    result = evaluate(kind, params, {kind.ports(params, None).inputs[0].name: arriving[port]})
    if result.error is not None or not result.outputs:
        return False
    given = next(iter(result.outputs.values()))
    return _mended(flow, node_id, flow.network.node(node_id).params, {**arriving, port: given})


def _mended(
    flow: Flow, node_id: str, params: Mapping[str, Value], arriving: Mapping[str, TensorType]
) -> bool:
    """Whether what is wrong with a node now would not be with other arguments or types."""
    result = flow.results.get(node_id)
    if result is None or result.error is None:
        return True
    try:
        after = evaluate(flow.network.kind(node_id), flow.evaluated(params), arriving).error
    except DocumentError:
        return False
    before = result.error
    return after is None or (after.port, after.expected) != (before.port, before.expected)


def _changed(flow: Flow, node_id: str, label: str, name: str, value: Value) -> Iterator[Fix]:
    """Set an argument, where that helps and the argument takes the value."""
    try:
        if value is not DEFAULT:
            flow.network.kind(node_id).check_param(name, value)
    except ParamError:
        return
    edit = set_params(flow.network, node_id, {name: value})
    if _mended(flow, node_id, edit.node.params, flow.arriving(node_id)):
        yield Fix(label, edit)


def _flatten(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    first = int(rest or 1)
    return _insert(flow, node_id, port, "Flatten", **({} if first == 1 else {"start_dim": first}))


def _unsqueeze(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    return _insert(flow, node_id, port, "unsqueeze", dim=int(rest or 1))


def _squeeze(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    return _insert(flow, node_id, port, "squeeze", dim=int(rest or 1))


def _permute(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    dims = tuple(int(word) for word in rest.split(",")) if rest else (0, 2, 1)
    return _insert(flow, node_id, port, "permute", dims=dims)


def _mean(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    return _insert(flow, node_id, port, "mean")


def _cast(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    wanted = flow.network.ports(node_id).input(port or "")
    dtype = {"int": "int64", "bool": "bool"}.get(wanted.dtype if wanted else "", "float32")
    return _insert(flow, node_id, port, "to", dtype=rest or dtype)


def _linear(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    size = flow.network.node(node_id).params.get("in_features") or (rest and int(rest))
    if size:
        yield from _insert(flow, node_id, port, "Linear", out_features=size)


def _conv1x1(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    node = flow.network.node(node_id)
    size = node.params.get("in_channels") or node.params.get("num_features") or (rest and int(rest))
    arriving = flow.arriving(node_id).get(port or "")
    if size and arriving is not None and len(arriving.shape) in (3, 4, 5):
        kind = f"Conv{len(arriving.shape) - 2}d"
        yield from _insert(flow, node_id, port, kind, out_channels=size, kernel_size=1)


def _set(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    name, given, text = rest.partition("=")
    if given:
        value = freeze(json.loads(text))
        param = flow.network.kind(node_id).param(name)
        shown = value if param is None else param.format(value)
        yield from _changed(flow, node_id, f"Set {name} to {shown}", name, value)
    elif name in flow.network.node(node_id).params:
        yield from _unset(flow, node_id, port, name)


def _unset(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    param = flow.network.kind(node_id).param(rest)
    follows = param is not None and (param.inferred or rest == "shape")
    label = f"Let {rest} follow the input" if follows else f"Remove {rest[:40]}"
    yield from _changed(flow, node_id, label, rest, DEFAULT)


def _remove(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    label = flow.network.node(node_id).label[:40]
    yield Fix(f"Remove {label}", remove_nodes(flow.network, [node_id]))


def _disconnect(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    wire = flow.network.wires_in(node_id).get(port or "")
    if wire is not None:
        yield Fix("Remove the wire", Disconnect(flow.network.name, wire))


def _cut(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    source, target = json.loads(rest)
    network = flow.network
    if source not in network or target not in network:
        return
    wires = [wire for wire in network.wires_out(source) if wire.target == target]
    names = f"{network.node(source).label[:30]} to {network.node(target).label[:30]}"
    if wires:
        cut = Batch(tuple(Disconnect(network.name, wire) for wire in wires))
        yield Fix(f"Cut {names}", cut)


def _connect(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    """Connect the only output in the graph that leads nowhere yet and fits."""
    network = flow.network
    candidates = []
    for node in network:
        if network.wires_out(node.id) or node.id == node_id:
            continue
        for out in network.ports(node.id).outputs:
            wire = Wire(node.id, out.name, node_id, port or "")
            if network.can_connect(wire):
                candidates.append(wire)
    if len(candidates) == 1:
        label = network.node(candidates[0].source).label[:40]
        yield Fix(f"Connect {label}", Connect(network.name, candidates[0]))


def _classes(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    """Give the last Linear before the network's output as many features as there are classes."""
    project = flow.project
    wire = flow.network.wires_in(node_id).get(port or "")
    name = flow.network.node(wire.source).params.get("network") if wire else None
    if not isinstance(name, str) or name not in project.networks:
        return
    network = project.networks[name]
    for output in network.by_kind("Output"):
        for into in network.wires_in(output.id).values():
            source = network.node(into.source)
            if source.kind == "Linear":
                edit = set_params(network, source.id, {"out_features": int(rest)})
                yield Fix(f"Set out_features of {source.label[:40]} to {rest}", edit)


def _bypass(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    """Take a node with one input out, and wire what it got to where its output went."""
    network = flow.network
    wires = list(network.wires_in(rest).values()) if rest in network else []
    if len(wires) == 1 and not network.kind(rest).takes_network:
        source = (wires[0].source, wires[0].source_port)
        outs = network.wires_out(rest)
        bridges = [RestoreWire(network.name, Wire(*source, w.target, w.target_port)) for w in outs]
        edit = Batch((remove_nodes(network, [rest]), *bridges))
        yield Fix(f"Remove {network.node(rest).label[:40]}", edit)


def _numbers(flow: Flow, node_id: str, port: str | None, rest: str) -> Iterator[Fix]:
    return mended_numbers(flow.project, rest)


_MAKERS = {
    "flatten": _flatten,
    "unsqueeze": _unsqueeze,
    "squeeze": _squeeze,
    "permute": _permute,
    "mean": _mean,
    "cast": _cast,
    "linear": _linear,
    "conv1x1": _conv1x1,
    "set": _set,
    "unset": _unset,
    "remove": _remove,
    "disconnect": _disconnect,
    "cut": _cut,
    "connect": _connect,
    "classes": _classes,
    "bypass": _bypass,
    "numbers": _numbers,
}
