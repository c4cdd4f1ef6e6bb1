"""Rules about the training graph: what keeps it from training, or has it train the wrong thing."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import torch

from graph import catalog
from graph.activations import activation_problems
from graph.blocks import used_with_blocks
from graph.catalog.schedulers import trial_names
from graph.catalog.structure import network_ports, output_ports
from graph.catalog.training import PenaltyKind
from graph.dataspec import DataPort
from graph.document import TRAINING, Node, Project, Value
from graph.problems import Problem
from graph.uses import cutting_node, network_of, reached_networks, unwired_batch

if TYPE_CHECKING:
    from graph.flow import Flow

__all__ = ["training_problems"]


def training_problems(project: Project, flows: Mapping[str, Flow]) -> list[Problem]:
    """Return what keeps the training graph from training, or makes it train the wrong thing."""
    flow = flows[TRAINING]
    return [
        *_missing_parts(project),
        *_class_name_problems(project),
        *_optimizer_problems(project, flow, flows),
        *_schedule_problems(project, flow),
        *_penalty_problems(project, flow, flows),
        *_writer_problems(project, flow, flows),
        *_class_problems(project, flow),
        *activation_problems(project, flow),
    ]


def _missing_parts(project: Project) -> Iterator[Problem]:
    training = project.training
    uses_data = any(node.kind == "Data" or unwired_batch(training, node) for node in training)
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

    used = set(used_with_blocks(project))
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


@dataclass(frozen=True)
class _Choice:
    """An optimizer with the networks that it updates."""

    node: Node
    networks: tuple[str, ...]
    #: Whether the node names them; else they are all that the loss depends on.
    named: bool


def _optimizer_problems(
    project: Project, flow: Flow, flows: Mapping[str, Flow]
) -> Iterator[Problem]:
    training = project.training
    optimizers = [n for n in training if training.kind(n.id).family == "optimizer"]
    choices: list[_Choice] = []
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
        is_named = isinstance(named, tuple) and bool(named)
        wanted = tuple(map(str, named)) if isinstance(named, tuple) and named else tuple(reached)
        for name in wanted:
            if name not in reached:
                yield _not_reached(project, flow, node, wire.source, name)
        parts = [flows[name] for name in wanted if name in flows]
        faulty = any(p.severity == "error" for part in parts for p in part.problems())
        # Layers with errors count no weights yet; that is said at the layers.
        if not faulty and not any(part.parameter_count() for part in parts):
            yield _no_weights(project, flow, node, wire.source)
        choices.append(_Choice(node, wanted, is_named))
    yield from _shared(flow, choices)
    trained = {name for choice in choices for name in choice.networks}
    yield from _untrained(project, flow, flows, trained, bool(optimizers))


def _not_reached(project: Project, flow: Flow, node: Node, loss: str, name: str) -> Problem:
    """Return the problem of an optimizer that names a network which its loss does not reach."""
    expected = f"a loss that depends on the network {name!r}"
    if name not in project.networks:
        received, remedy = "no such network", "name another one"
        return flow.problem(
            node, None, expected, received, f"Wire the loss to that network, or {remedy}."
        )
    cut = cutting_node(project, loss, name)
    if cut is not None:
        received = f"a loss that {_called(cut)} cuts off from it"
        mend = f"Take {cut.label!r} out of the path to the loss, or name another network."
        return flow.problem(node, None, expected, received, mend, (f"bypass:{cut.id}",))
    mend = "Wire the loss to an output of that network, or name another one."
    return flow.problem(node, None, expected, "a loss that does not", mend)


def _no_weights(project: Project, flow: Flow, node: Node, loss: str) -> Problem:
    """Return the problem of an optimizer whose loss reaches nothing that learns."""
    expected, cut = "a loss that depends on weights", cutting_node(project, loss)
    if cut is not None:
        received = f"one that {_called(cut)} cuts off from them"
        mend = f"No gradient passes {cut.label!r}; take it out of the path to the loss."
        return flow.problem(node, "loss", expected, received, mend, (f"bypass:{cut.id}",))
    mend = "Wire a network with layers that learn between the data and the loss."
    return flow.problem(node, "loss", expected, "one that reaches none", mend)


def _called(node: Node) -> str:
    return repr(node.label) if node.label == node.kind else f"{node.label!r} ({node.kind})"


def _shared(flow: Flow, choices: Sequence[_Choice]) -> Iterator[Problem]:
    """Yield a warning for each two optimizers that update the same weights.

    It stands at the one that can leave them to the other: with a GAN's generator, whose loss
    depends on the discriminator too.
    """
    for i, later in enumerate(choices):
        for earlier in choices[:i]:
            both = [name for name in later.networks if name in earlier.networks]
            if not both:
                continue
            loose, other = later, earlier
            if _own(later, both) is None and _own(earlier, both) is not None:
                loose, other = earlier, later
            own = _own(loose, both)
            mend = "Name the networks of each optimizer."
            remedies: tuple[str, ...] = ()
            if not loose.named and len(loose.networks) > 1:
                remedies = tuple(f"set:networks={json.dumps([name])}" for name in loose.networks)
            if own is not None:
                mend = f"Set its networks to {', '.join(own)}."
                remedies = (f"set:networks={json.dumps(own)}",)
            yield flow.problem(
                loose.node,
                None,
                "weights that no other optimizer updates",
                f"{', '.join(both)}, which {other.node.label!r} updates too",
                mend,
                remedies,
                "warning",
            )


def _own(choice: _Choice, shared: Sequence[str]) -> list[str] | None:
    """Return what is left of an optimizer's networks without the shared ones, if it may be less."""
    left = [name for name in choice.networks if name not in shared]
    return left if left and not choice.named else None


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
    training = project.training
    callers = [node for node in training if training.kind(node.id).takes_network]
    for node in sorted(callers, key=lambda n: (n.position, n.id)):
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


def _penalty_problems(project: Project, flow: Flow, flows: Mapping[str, Flow]) -> Iterator[Problem]:
    """Compare what arrives at a penalty with the network that the penalty calls on it."""
    training = project.training
    for node in training:
        name = network_of(project, node)
        if name is None or not isinstance(training.kind(node.id), PenaltyKind):
            continue
        if not_one_to_one := _not_one_to_one(project, flow, node, name, "its score"):
            yield not_one_to_one
            continue
        arriving, taken = flow.arriving(node.id).get("real"), [*flows[name].given.values()]
        if arriving is not None and taken and taken[0].shape != arriving.shape:
            yield flow.problem(
                node,
                "real",
                f"examples as {name} takes them, {taken[0].shape_text}",
                arriving.shape_text,
                f"Wire what goes into {name} to it.",
            )


def _not_one_to_one(
    project: Project, flow: Flow, node: Node, name: str, result: str
) -> Problem | None:
    """Return a problem where the network that a node calls is not of one input and one output."""
    ports = network_ports(project.networks[name])
    if (len(ports.inputs), len(ports.outputs)) == (1, 1):
        return None
    return flow.problem(
        node,
        None,
        f"a network of one input and one output, {result}",
        f"{name} of {len(ports.inputs)} inputs and {len(ports.outputs)} outputs",
        "Choose such a network.",
    )


def _writer_problems(project: Project, flow: Flow, flows: Mapping[str, Flow]) -> Iterator[Problem]:
    """Compare the vocabulary of a monitor that has a network write with what the network gives."""
    training = project.training
    for node in training.by_kind("GenerateText"):
        name, wanted = network_of(project, node), node.params.get("vocabulary")
        texts = [port for port in project.data.ports if port.vocabulary]
        port = next((port for port in texts if not wanted or port.name == wanted), None)
        if name is None:
            continue
        if not_one_to_one := _not_one_to_one(project, flow, node, name, "the logits"):
            yield not_one_to_one
        elif port is None:
            named = f"a column {wanted!r} with a vocabulary" if wanted else "a vocabulary"
            columns = ", ".join(port.name for port in texts) or "none"
            mend = "Choose data that holds text, or another column of it."
            yield flow.problem(node, None, named[:120], f"columns of text: {columns}", mend)
        else:
            (output,) = output_ports(project.networks[name]).values()
            given, size = flows[name].arriving(output).get("input"), len(port.vocabulary)
            if given is not None and (len(given.shape) != 3 or given.shape[-1] != size):
                yield flow.problem(
                    node,
                    None,
                    f"logits (N, T, {size}), one for each token of {port.name!r}",
                    f"{given.shape_text} of {name}",
                    "Set out_features of the network's last layer to that number.",
                )


def _class_problems(project: Project, flow: Flow) -> Iterator[Problem]:
    """Compare the classes, or the tokens, of the data with the logits of a loss."""
    training = project.training
    for node in training:
        if node.kind not in ("CrossEntropyLoss", "NLLLoss", "SequenceCrossEntropy"):
            continue
        logits, port = flow.arriving(node.id).get("input"), _compared(project, node)
        entries = () if port is None else port.vocabulary or port.classes
        if port is None or not entries or logits is None or len(logits.shape) < 2:
            continue
        size = logits.shape[-1 if node.kind == "SequenceCrossEntropy" else 1]
        if isinstance(size, int) and size < len(entries):
            what = "token" if port.type == "tokens" else "class"
            yield flow.problem(
                node,
                "input",
                f"{len(entries)} logits, one for each {what} of {port.name!r}",
                f"{logits.shape_text}",
                f"Set out_features of the network's last layer to {len(entries)}.",
                (f"classes:{len(entries)}",),
            )


def _compared(project: Project, loss: Node) -> DataPort | None:
    """Return the port of the data that a loss compares with, as it is or shifted."""
    training = project.training
    wire = training.wires_in(loss.id).get("target")
    if wire is not None and training.node(wire.source).kind == "Shift":
        wire = training.wires_in(wire.source).get("input")
    if wire is None or training.node(wire.source).kind != "Data":
        return None
    return project.data.port(wire.source_port)
