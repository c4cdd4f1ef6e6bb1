"""Rules about nodes and wires that hold whatever the shapes are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph.catalog.entry import Kind
from graph.document import Node
from graph.errors import ParamError
from graph.problems import Problem

if TYPE_CHECKING:
    from graph.flow import Flow

__all__ = ["node_problems"]


def node_problems(flow: Flow, node: Node, kind: Kind) -> list[Problem]:
    """Return what is wrong with a node's kind, arguments and wires, before anything is run."""
    if kind.family == "unknown":
        mend = "Replace or remove it. It is kept and saved unchanged."
        received = repr(node.kind)[:80]
        expected = "a kind that this version knows"
        return [flow.problem(node, None, expected, received, mend, ("remove",))]
    found = [
        *_place_problems(flow, node, kind),
        *_unknown_arguments(flow, node, kind),
        *_port_problems(flow, node),
        *_source_problems(flow, node),
    ]
    if kind.family in ("structure", "optimizer", "scheduler") and node.kind != "Network":
        found.extend(_argument_problems(flow, node, kind))
    return found


def _place_problems(flow: Flow, node: Node, kind: Kind) -> Iterator[Problem]:
    place = "training" if flow.network.is_training else "network"
    if place not in kind.places:
        where = "the training graph" if place == "training" else "a network"
        expected = f"a kind that belongs in {where}"
        yield flow.problem(node, None, expected, node.kind, "Remove it here.", ("remove",))


def _unknown_arguments(flow: Flow, node: Node, kind: Kind) -> Iterator[Problem]:
    for name in node.params:
        if kind.param(name) is None:
            known = ", ".join(p.name for p in kind.params) or "none"
            yield flow.problem(
                node,
                None,
                f"an argument of {node.kind} ({known})",
                repr(name)[:80],
                f"Remove the argument {name[:80]!r}.",
                (f"unset:{name}",),
                "warning",
            )


def _port_problems(flow: Flow, node: Node) -> Iterator[Problem]:
    """Yield a problem for each wire at an input that does not exist, and each input without one."""
    wired = flow.network.wires_in(node.id)
    for port in flow.network.ports(node.id).inputs:
        if port.missing:
            expected = "no wire, as there is no such input"
            mend = "Remove the wire."
            yield flow.problem(node, port.name, expected, "a wire", mend, ("disconnect",))
        elif port.name not in wired and not port.optional:
            mend = f"Connect something to the input {port.name!r} of {node.label!r}."
            severity = "error"
            if flow.network.kind(node.id).family == "monitor":  # the training does not need it
                mend, severity = f"{mend} It shows nothing.", "warning"
            yield flow.problem(node, port.name, "a wire", "none", mend, ("connect",), severity)


def _argument_problems(flow: Flow, node: Node, kind: Kind) -> Iterator[Problem]:
    """Yield what is wrong with the arguments of a node that is not run to find its shapes."""
    for param in kind.params:
        if kind.takes_network and param.name == "network":
            continue  # graph.training_rules knows which networks there are
        if param.name not in node.params and param.required:
            mend = f"Set the argument {param.name} of {kind.name}; it has no default."
            expected = f"{param.name}: {param.expected}"
            yield flow.problem(node, None, expected, "nothing", mend)
        elif param.name in node.params:
            try:
                param.check(node.params[param.name])
            except ParamError as error:
                yield flow.problem(
                    node,
                    None,
                    f"{param.name}: {error.expected}",
                    repr(error.value)[:200],
                    f"Correct the argument {param.name}.",
                    () if param.required else (f"unset:{param.name}",),
                )


def _source_problems(flow: Flow, node: Node) -> list[Problem]:
    """Return a problem for each wire that comes from a port which does not exist."""
    found = []
    for name, wire in flow.network.wires_in(node.id).items():
        source, kind = flow.network.node(wire.source), flow.network.kind(wire.source)
        out = kind.ports(source.params, flow.project).output(wire.source_port)
        if out is None and kind.family != "unknown":
            found.append(
                flow.problem(
                    node,
                    name,
                    "a wire from an output that exists",
                    f"{source.label}.{wire.source_port}"[:120],
                    "Remove the wire, or draw it from another output.",
                    ("disconnect",),
                )
            )
    return found
