"""Rules about blocks and expressions that hold whatever the shapes are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph.blocks import DEEPEST, given_arguments, recursion, too_deep
from graph.catalog.entry import Kind
from graph.catalog.structure import network_ports, repeated_inputs
from graph.document import Network, Node, Value
from graph.errors import DocumentError
from graph.expressions import Argument, Expression, evaluated, expressions_in
from graph.problems import Problem

if TYPE_CHECKING:
    from graph.flow import Flow

__all__ = ["block_problems", "unshared", "weight_problems"]


def block_problems(flow: Flow, node: Node, kind: Kind) -> list[Problem]:
    """Return what is wrong with a node's expressions and, for a block, with what it stands for."""
    found = list(_expression_problems(flow, node, kind))
    if node.kind == "Block" and not flow.network.is_training:
        found += _network_problems(flow, node)
    return found


def _expression_problems(flow: Flow, node: Node, kind: Kind) -> Iterator[Problem]:
    known = {argument.name for argument in flow.network.arguments}
    for name, value in node.params.items():
        for expression in expressions_in(value):
            unknown = sorted(expression.names - known)
            if unknown:
                yield flow.problem(
                    node,
                    None,
                    f"{name}: an expression of the arguments of {flow.network.name} "
                    f"({', '.join(sorted(known)) or 'none'})",
                    repr(expression.text)[:80],
                    f"Declare the argument {unknown[0]} of the network, or correct the expression.",
                )
                break


def _network_problems(flow: Flow, node: Node) -> Iterator[Problem]:
    project, name = flow.project, node.params.get("network")
    if not isinstance(name, str) or name not in project.networks:
        received = repr(name)[:80] if name is not None else "nothing"
        mend = "Choose a network of this project."
        yield flow.problem(node, None, "a network that this project has", received, mend)
        return
    path = recursion(project, flow.network.name, name)
    if path is not None:
        yield flow.problem(
            node,
            None,
            "a network that does not hold itself",
            f"{' -> '.join(path)}"[:200],
            "Remove this block, or one on the way.",
            ("remove",),
        )
        return
    if too_deep(project, name):
        expected = f"networks in networks at most {DEEPEST} times"
        yield flow.problem(node, None, expected, "more", "Dissolve some of the blocks.")
        return
    network = project.networks[name]
    yield from _given_problems(flow, node, network)
    repeat = node.params.get("repeat", 1)
    if repeat != 1 and repeated_inputs(network_ports(network)) is None:
        ports = network_ports(network)
        yield flow.problem(
            node,
            None,
            "an input for each output, as what one repetition gives goes into the next",
            f"{len(ports.inputs)} inputs and {len(ports.outputs)} outputs",
            f"Give {name} as many inputs as outputs, or set repeat to 1.",
            ("unset:repeat",),
        )
    yield from _share_problems(flow, node)


def _given_problems(flow: Flow, node: Node, network: Network) -> Iterator[Problem]:
    """Yield what is wrong with the values that a block gives for its network's arguments."""
    for name, value in given_arguments(node).items():
        argument = network.argument(name)
        if argument is None:
            known = ", ".join(a.name for a in network.arguments) or "none"
            yield flow.problem(
                node,
                None,
                f"an argument of {network.name} ({known})",
                repr(name)[:80],
                f"Remove {name[:80]!r} here, or declare it in {network.name}.",
                (),
                "warning",
            )
        elif not _fits(flow, argument, value):
            yield flow.problem(
                node,
                None,
                f"{name}: {argument.expected}",
                str(value)[:80] if isinstance(value, Expression) else repr(value)[:80],
                f"Correct the argument {name}.",
            )


def _fits(flow: Flow, argument: Argument, value: Value) -> bool:
    try:
        return argument.takes(evaluated(value, flow.arguments))
    except DocumentError:
        return True  # reported as what is wrong with the expression


def unshared(network: Network, node: Node) -> Node | None:
    """Return the first block that a block shares its weights with, or None where it is the first.

    First means leftmost, then topmost.
    """
    name = node.params.get("share")
    if node.kind != "Block" or not isinstance(name, str) or not name:
        return None
    same = [n for n in network.by_kind("Block") if n.params.get("share") == name]
    return same[0] if same and same[0].id != node.id else None


def _share_problems(flow: Flow, node: Node) -> Iterator[Problem]:
    first = unshared(flow.network, node)
    if first is None:
        return
    for name in ("network", "arguments", "repeat"):
        mine, others = node.params.get(name), first.params.get(name)
        if name == "arguments":
            mine, others = given_arguments(node), given_arguments(first)  # type: ignore[assignment]
        if mine != others:
            yield flow.problem(
                node,
                None,
                f"the same {name} as {first.label!r}, whose weights it shares",
                _text(mine),
                f"Give both the same {name}, or share under another name.",
                ("unset:share",),
            )
            return


def weight_problems(flow: Flow) -> list[Problem]:
    """Return where the same weights would need two sizes: instances that share, or network uses."""
    found: list[Problem] = []
    firsts: dict[object, Node] = {}
    training = flow.network.is_training
    standing = [flow.network.node(node_id) for node_id in flow.children]
    for node in sorted(standing, key=lambda n: (n.position, n.id)):
        key = node.params.get("network" if training else "share")
        if not key or not flow.children.get(node.id):
            continue
        first = firsts.setdefault(key, node)
        if first is node:
            continue
        pairs = zip(flow.children[first.id], flow.children[node.id], strict=False)
        differing = next((d for pair in pairs if (d := _difference(*pair)) is not None), None)
        if differing is not None:
            layer, name, expected, received = differing
            found.append(
                flow.problem(
                    node,
                    None,
                    f"{name}={expected} for {layer!r} inside, as in {first.label!r} with the same "
                    "weights",
                    f"{name}={received}",
                    "Send the same size to both, or give them weights of their own.",
                    ("unset:share",) if node.kind == "Block" else (),
                )
            )
    return found


def _difference(first: Flow, other: Flow) -> tuple[str, str, Value, Value] | None:
    """Return the layer and the argument by which two flows through a network need other weights."""
    if first is other or first.network is not other.network:
        return None
    for node_id, result in first.results.items():
        there = other.results.get(node_id)
        if there is None or result.error or there.error:
            continue
        inner = zip(first.children.get(node_id, ()), other.children.get(node_id, ()), strict=False)
        deeper = next((d for pair in inner if (d := _difference(*pair)) is not None), None)
        if deeper is not None:
            return deeper
        if node_id in first.children or not result.cost.parameters:
            continue
        for name, value in result.args.items():
            if there.args.get(name) != value:
                return first.network.node(node_id).label, name, value, there.args.get(name)
    return None


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items())[:120] or "none"
    return "the default" if value is None else str(value)[:80]
