"""Rules about nodes, wires and the training graph that hold whatever the shapes are."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import networkx as nx
import torch

from graph import catalog
from graph.activations import activation_problems
from graph.catalog.entry import Kind
from graph.catalog.schedulers import trial_names
from graph.document import TRAINING, Node, Project, Value
from graph.errors import ParamError
from graph.problems import Problem

if TYPE_CHECKING:
    from graph.flow import Flow

__all__ = ["node_problems", "reached_networks", "training_problems"]


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
            yield flow.problem(node, port.name, "a wire", "none", mend, ("connect",))


def _argument_problems(flow: Flow, node: Node, kind: Kind) -> Iterator[Problem]:
    """Yield what is wrong with the arguments of a node that is not run to find its shapes."""
    for param in kind.params:
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


# -- the training graph ---------------------------------------------------------------------------


def reached_networks(project: Project, node_id: str) -> list[str]:
    """Return the names of the networks whose weights the value of a node depends on.

    What lies behind a ``detach`` is not reached.
    """
    training, names = project.training, dict[str, None]()
    stack, seen = [node_id], {node_id}
    while stack:
        node = training.node(stack.pop())
        if node.kind == "detach":
            continue
        name = node.params.get("network")
        if node.kind == "Network" and isinstance(name, str) and name in project.networks:
            names[name] = None
        for source in training.graph.predecessors(node.id):
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return [name for name in project.networks if name in names]


def training_problems(project: Project, flows: Mapping[str, Flow]) -> list[Problem]:
    """Return what keeps the training graph from training, or makes it train the wrong thing."""
    flow = flows[TRAINING]
    return [
        *_missing_parts(project),
        *_class_name_problems(project),
        *_optimizer_problems(project, flow, flows),
        *_schedule_problems(project, flow),
        *_class_problems(project, flow),
        *activation_problems(project, flow),
    ]


def _missing_parts(project: Project) -> Iterator[Problem]:
    training = project.training
    uses_data = any(node.kind == "Data" for node in training)
    if uses_data and not project.data.ports:
        yield _whole(
            "data",
            "examples to train on",
            "no data",
            "Choose data in the data panel, such as the embedded digits.",
        )
    if not any(training.kind(node.id).family == "optimizer" for node in training):
        yield _whole(
            "training",
            "an optimizer",
            "none",
            "Add one, such as Adam, to the training graph and wire the loss to it.",
        )


def _class_name_problems(project: Project) -> Iterator[Problem]:
    """Two networks cannot become classes of the same name."""
    from graph.codegen.names import class_name  # the generator needs the analysis, and so this

    used = {node.params.get("network") for node in project.training if node.kind == "Network"}
    first: dict[str, str] = {}
    for name in project.networks:
        other = first.setdefault(class_name(name), name)
        if other != name and (not used or {name, other} <= used):
            yield _whole(
                name,
                "a name that makes a class of its own",
                f"one that makes {class_name(name)}, as {other!r} does",
                "Rename one of the two networks.",
            )


def _whole(title: str, expected: str, received: str, mend: str) -> Problem:
    return Problem("error", TRAINING, None, None, title, expected, received, mend)


def _optimizer_problems(
    project: Project, flow: Flow, flows: Mapping[str, Flow]
) -> Iterator[Problem]:
    training = project.training
    trained: dict[str, Node] = {}
    optimizers = [n for n in training if training.kind(n.id).family == "optimizer"]
    for node in sorted(optimizers, key=lambda n: (n.position, n.id)):
        wire = training.wires_in(node.id).get("loss")
        if wire is None:
            continue
        loss = flow.types.get((wire.source, wire.source_port))
        if loss is not None and loss.shape:
            yield flow.problem(
                node,
                "loss",
                "a scalar ()",
                loss.shape_text,
                "Reduce it with mean or sum before the optimizer.",
                ("mean",),
            )
        reached = reached_networks(project, wire.source)
        named = node.params.get("networks") or ()
        wanted = [str(name) for name in named] if isinstance(named, tuple) and named else reached
        for name in wanted:
            if name not in reached:
                known = name in project.networks
                yield flow.problem(
                    node,
                    None,
                    f"a loss that depends on the network {name!r}",
                    "a loss that does not" if known else "no such network",
                    "Wire the loss to an output of that network, or name another one.",
                )
        parts = [flows[name] for name in wanted if name in flows]
        faulty = any(p.severity == "error" for part in parts for p in part.problems())
        # Layers with errors count no weights yet; that is said at the layers.
        if not faulty and not any(part.parameter_count() for part in parts):
            yield flow.problem(
                node,
                "loss",
                "a loss that depends on weights",
                "one that reaches none",
                "Wire a network with layers that learn between the data and the loss.",
            )
        for name in wanted:
            if name in trained:
                yield flow.problem(
                    node,
                    None,
                    "weights that no other optimizer updates",
                    f"{name}, which {trained[name].label!r} updates too",
                    "Name the networks of each optimizer.",
                    (),
                    "warning",
                )
            trained[name] = node
    yield from _untrained(project, flow, flows, set(trained), bool(optimizers))


def _schedule_problems(project: Project, flow: Flow) -> Iterator[Problem]:
    """Try every schedule on the optimizer that it is wired to: some need momentum."""
    training = project.training
    for node in training:
        if training.kind(node.id).family != "scheduler":
            continue
        above = nx.ancestors(training.graph, node.id)
        optimizer = next(
            (training.node(n) for n in above if training.kind(n).family == "optimizer"), None
        )
        if optimizer is None or flow.problems_of(node.id) or flow.problems_of(optimizer.id):
            continue
        refusal = _refused_together(
            optimizer.kind, _frozen(optimizer.params), node.kind, _frozen(node.params)
        )
        if refusal:
            yield flow.problem(
                node,
                "optimizer",
                f"an optimizer that {node.kind} can drive",
                optimizer.kind,
                f"PyTorch says: {refusal} Choose another schedule or optimizer.",
            )


def _frozen(params: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(params.items()))


@functools.lru_cache(maxsize=256)
def _refused_together(
    optimizer: str,
    optimizer_params: tuple[tuple[str, Value], ...],
    schedule: str,
    schedule_params: tuple[tuple[str, Value], ...],
) -> str:
    """Return what torch says against a schedule on an optimizer, or ''."""
    made, driver = catalog.lookup(optimizer), catalog.lookup(schedule)
    text = made.construct(made.resolve(dict(optimizer_params), {})) or ""
    tried = eval(text.replace("{params}", "params"), trial_names(optimizer))
    text = driver.construct(driver.resolve(dict(schedule_params), {})) or ""
    for placeholder, value in (("optimizer", "optimizer"), ("epochs", "10"), ("steps", "100")):
        text = text.replace(f"{{{placeholder}}}", value)
    try:
        eval(text, {"torch": torch, "optimizer": tried})
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        return f"{' '.join(str(error).split())[:200].rstrip('.')}."
    return ""


def _untrained(
    project: Project,
    flow: Flow,
    flows: Mapping[str, Flow],
    trained: set[str],
    any_optimizer: bool,
) -> Iterator[Problem]:
    seen: set[object] = set()
    for node in project.training.by_kind("Network"):
        name = node.params.get("network")
        if name not in project.networks:
            yield flow.problem(
                node,
                None,
                f"one of the networks {', '.join(project.networks) or '(none)'}",
                repr(name)[:80],
                "Choose a network that this project has.",
            )
        elif (
            any_optimizer
            and name not in trained
            and name not in seen
            and flows[str(name)].parameter_count()
        ):
            yield flow.problem(
                node,
                None,
                "an optimizer that updates it",
                "none",
                "It keeps its initial weights. Wire its loss to an optimizer.",
                (),
                "warning",
            )
        seen.add(name)


def _class_problems(project: Project, flow: Flow) -> Iterator[Problem]:
    """Compare the classes of the data with the logits of a classification loss."""
    training = project.training
    for node in training:
        if node.kind not in ("CrossEntropyLoss", "NLLLoss"):
            continue
        wires = training.wires_in(node.id)
        target, logits = wires.get("target"), flow.arriving(node.id).get("input")
        if target is None or logits is None or training.node(target.source).kind != "Data":
            continue
        port = project.data.port(target.source_port)
        size = logits.shape[1] if len(logits.shape) > 1 else None
        if port is None or not port.classes or not isinstance(size, int):
            continue
        if size < len(port.classes):
            yield flow.problem(
                node,
                "input",
                f"{len(port.classes)} logits, one for each class of {port.name!r}",
                f"{logits.shape_text}",
                f"Set out_features of the network's last layer to {len(port.classes)}.",
                (f"classes:{len(port.classes)}",),
            )
