"""Layers whose size is the number of tokens, classes or entities, made to fit other data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph.catalog.structure import NetworkKind, output_ports
from graph.dataspec import DataPort, DataSpec
from graph.document import TRAINING, Node, Project
from graph.edits import Edit, set_params
from graph.uses import network_of, used_networks
from runtime.lookups import OF_ENTITIES, TABLES, data_at

__all__ = ["Refit", "refits"]

#: By which parameter a layer, or a loss with a layer of its own, has as many outputs as classes.
_SIZES = ("out_features", "out_channels", "num_classes", "n_classes")
#: Families of operations that leave the number of classes as it is, and single ones.
_KEEPING = frozenset(
    {"activation", "normalization", "dropout", "shape", "arithmetic", "elementwise"}
)
_KEEPING_KINDS = frozenset({"slice", "select", "masked_fill", "where", "last_step", "Shift"})


@dataclass(frozen=True)
class Refit:
    """One parameter that has to change with the data."""

    network: str
    node: str
    title: str
    param: str
    before: int
    after: int
    #: The port of the data, and what it has as many of: ``token``, ``label`` or ``class``.
    port: str
    entry: str
    edit: Edit

    def __str__(self) -> str:
        place = f"{self.network}, {self.title}"
        size = f"{self.param} is {self.after} instead of {self.before}"
        return f"{place}: {size}, one for each {self.entry} of {self.port!r}."


def refits(project: Project, data: DataSpec) -> list[Refit]:
    """Return what has to change where `data` takes the place of the project's.

    Layers before a loss that have an output for each token or class have one for each of the new
    ones; embeddings get more rows where they have too few. Ports are compared by their names.
    """
    found: dict[tuple[str, str], Refit] = {}
    for one in [*_tables(project, data), *_outputs(project, data), *_entities(project, data)]:
        found.setdefault((one.network, one.node), one)
    return list(found.values())


def _entries(port: DataPort | None) -> int:
    return 0 if port is None else len(port.vocabulary or port.classes)


def _refit(project: Project, name: str, node: Node, param: str, data: DataSpec, at: str) -> Refit:
    """Return the change of a parameter to as many as a port of the new data has entries."""
    before, port = node.params.get(param), data.port(at)
    assert isinstance(before, int)
    assert port is not None
    after = _entries(port)
    entry = {"tokens": "token", "tags": "label"}.get(port.type, "class")
    edit = set_params(project.network(name), node.id, {param: after})
    return Refit(name, node.id, node.label, param, before, after, at, entry, edit)


def _tables(project: Project, data: DataSpec) -> Iterator[Refit]:
    """Yield a change for each embedding with fewer rows than the new data has entries."""
    for name in used_networks(project):
        for node in project.networks[name]:
            rows = node.params.get("num_embeddings")
            if node.kind not in TABLES or not isinstance(rows, int):
                continue
            ports = data_at(project, name, node.id, "input")
            port = max(ports, key=lambda each: _entries(data.port(each)), default=None)
            if port is not None and _entries(data.port(port)) > rows:
                yield _refit(project, name, node, "num_embeddings", data, port)


def _entities(project: Project, data: DataSpec) -> Iterator[Refit]:
    """Yield a change for what makes triples of entities in the training graph."""
    head = data.port("head")
    if data.source != "triples" or head is None:
        return
    for node in project.training:
        before = node.params.get("entities")
        if node.kind in OF_ENTITIES and isinstance(before, int) and before != _entries(head):
            yield _refit(project, TRAINING, node, "entities", data, "head")


def _outputs(project: Project, data: DataSpec) -> Iterator[Refit]:
    """Yield a change for each layer with an output for each entry of what a loss compares with."""
    training = project.training
    for loss in training:
        if training.kind(loss.id).family != "loss" or "target" not in training.wires_in(loss.id):
            continue
        for port in sorted(data_at(project, TRAINING, loss.id, "target")):
            before, after = _entries(project.data.port(port)), _entries(data.port(port))
            if not before or not after or before == after:
                continue
            places = {(TRAINING, loss.id)} | _encoders(project, port)
            for into in training.wires_in(loss.id):
                if into != "target":
                    places |= set(_behind(project, TRAINING, loss.id, into))
            for name, node_id in sorted(places):
                node = project.network(name).node(node_id)
                for param in _SIZES:
                    if node.params.get(param) == before:
                        yield _refit(project, name, node, param, data, port)


def _encoders(project: Project, port: str) -> set[tuple[str, str]]:
    """Return the nodes that write a port's numbers as vectors of zeros and a one."""
    return {
        (name, node.id)
        for name in (TRAINING, *used_networks(project))
        for node in project.network(name).by_kind("one_hot")
        if port in data_at(project, name, node.id, "input")
    }


def _behind(project: Project, name: str, node_id: str, into: str) -> Iterator[tuple[str, str]]:
    """Yield the layers whose outputs arrive at an input, changed at most number by number."""
    waiting, seen = [(name, node_id, into)], set[tuple[str, str, str]]()
    while waiting:
        place = waiting.pop()
        name, node_id, into = place
        network = project.network(name)
        wire = network.wires_in(node_id).get(into)
        if wire is None or place in seen:
            continue
        seen.add(place)
        source, kind = network.node(wire.source), network.kind(wire.source)
        inner = _called(project, name, source)
        if inner is not None:
            output = output_ports(project.networks[inner]).get(wire.source_port)
            if output is not None:
                waiting.append((inner, output, "input"))
        elif any(param in source.params for param in _SIZES):
            yield name, source.id
        elif kind.family in _KEEPING or source.kind in _KEEPING_KINDS:
            waiting += [(name, source.id, port) for port in network.wires_in(source.id)]


def _called(project: Project, name: str, node: Node) -> str | None:
    """Return the network that a node stands for: in the training graph, or as a block."""
    if name == TRAINING:
        calls = isinstance(project.training.kind(node.id), NetworkKind)
        return network_of(project, node) if calls else None
    inner = node.params.get("network")
    return inner if node.kind == "Block" and inner in project.networks else None
