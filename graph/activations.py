"""Whether what arrives at a loss is what it takes: logits, probabilities or their logarithms.

Each of them is a tensor of the same shape, so nothing fails where they are mixed up; the network
just learns badly. People who meet CrossEntropyLoss for the first time put a Softmax before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.catalog.structure import output_ports
from graph.document import Network, Node, Project, Wire
from graph.edits import Batch, RestoreWire, insert_node, remove_nodes
from graph.problems import Fix, Problem

if TYPE_CHECKING:
    from graph.flow import Flow

__all__ = ["activation_problems", "mended_numbers"]

_PROBABILITIES = frozenset({"Softmax", "Softmax2d", "softmax", "Sigmoid", "sigmoid", "Hardsigmoid"})
_UNBOUNDED = frozenset({"Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d"})
#: What leaves the numbers as they are.
_TRANSPARENT = frozenset(
    {"Dropout", "Flatten", "Identity", "Unflatten", "flatten", "reshape", "squeeze", "unsqueeze"}
)


@dataclass(frozen=True)
class _Rule:
    """What a loss takes, and the kinds of nodes that give something else."""

    expected: str
    wrong: frozenset[str]
    #: The layer to put behind the last one; "": the last one is to be removed.
    missing: str = ""


_LOGITS = "logits, the numbers before {}, which {} applies itself"
_RULES: dict[str, _Rule] = {
    "CrossEntropyLoss": _Rule(_LOGITS.format("Softmax", "CrossEntropyLoss"), _PROBABILITIES),
    "BCEWithLogitsLoss": _Rule(
        _LOGITS.format("Sigmoid", "BCEWithLogitsLoss"), _PROBABILITIES | {"LogSigmoid"}
    ),
    "NLLLoss": _Rule("logarithms of probabilities, as of LogSoftmax", _UNBOUNDED, "LogSoftmax"),
    "BCELoss": _Rule("probabilities from 0 to 1, as of Sigmoid", _UNBOUNDED, "Sigmoid"),
}


def activation_problems(project: Project, flow: Flow) -> Iterator[Problem]:
    """Yield a warning for each loss at which the wrong kind of numbers arrives."""
    for node in project.training:
        rule = _RULES.get(node.kind)
        wire = project.training.wires_in(node.id).get("input")
        if rule is None or wire is None:
            continue
        network, last = _origin(project, project.training, wire)
        if last is None or last.kind not in rule.wrong:
            continue
        if rule.missing:
            mend = f"Add a {rule.missing} behind it, or use the loss that takes logits."
        else:
            mend = f"Remove {last.label!r}; the predictions shown are probabilities all the same."
        yield flow.problem(
            node,
            "input",
            rule.expected,
            f"the output of {last.label!r} ({last.kind})"[:200],
            mend,
            (f"numbers:{json.dumps([network.name, last.id, rule.missing])}",),
            "warning",
        )


def _origin(project: Project, network: Network, wire: Wire) -> tuple[Network, Node | None]:
    """Return the node whose numbers come along a wire, and the graph that it is in.

    Networks are looked into, and nodes that change only the shape are looked through.
    """
    seen: set[tuple[str, str]] = set()
    while True:
        node = network.node(wire.source)
        if (network.name, node.id) in seen:
            return network, None
        seen.add((network.name, node.id))
        target = node.id
        if node.kind == "Network":
            inner = project.networks.get(str(node.params.get("network")))
            output = output_ports(inner).get(wire.source_port) if inner is not None else None
            if inner is None or output is None:
                return network, None
            network, target = inner, output
        elif node.kind not in _TRANSPARENT:
            return network, node
        before = next(iter(network.wires_in(target).values()), None)
        if before is None:
            return network, None
        wire = before


def mended_numbers(project: Project, place: str) -> Iterator[Fix]:
    """Yield the remedy of an activation problem; `place`: network, node, layer to add."""
    name, node_id, missing = json.loads(place)
    network = project.network(name)
    if node_id not in network:
        return
    node = network.node(node_id)
    wires = network.wires_out(node_id)
    if missing and len(wires) == 1:
        params = {"dim": 1} if missing == "LogSoftmax" else {}
        new = Node(network.fresh_id(), missing, params)
        yield Fix(f"Insert {missing} behind {node.label[:40]}", insert_node(network, wires[0], new))
    before = next(iter(network.wires_in(node_id).values()), None)
    if not missing and before is not None:
        source = (before.source, before.source_port)
        bridges = [RestoreWire(name, Wire(*source, w.target, w.target_port)) for w in wires]
        edit = Batch((remove_nodes(network, [node_id]), *bridges))
        yield Fix(f"Remove {node.label[:40]}", edit)
