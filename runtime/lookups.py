"""Tables of embeddings that have fewer rows than the data has tokens, entities or classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from torch import Tensor

from graph.analysis import Analysis
from graph.catalog.structure import NetworkKind, input_ports
from graph.document import TRAINING, Node, Project
from graph.edits import set_params
from graph.problems import Fix, Problem
from graph.uses import network_of, used_networks
from runtime.data import Dataset, load

__all__ = ["OF_ENTITIES", "TABLES", "data_at", "enlarge_tables", "short_tables"]

#: Kinds that make triples of any entities, in the training graph.
OF_ENTITIES = frozenset({"CandidateTriples", "CorruptTriples"})
TABLES = frozenset({"Embedding", "EmbeddingBag"})
#: Families of operations that arrange numbers without changing them.
_ARRANGING = frozenset({"shape", "selection", "joining"})


def short_tables(project: Project, analysis: Analysis, dataset: Dataset) -> Iterator[Problem]:
    """Yield a problem for each embedding that the data would ask for a row it does not have.

    Only numbers that come from the data unchanged are followed.
    """
    for name in used_networks(project):
        for node in project.networks[name]:
            rows = analysis.args(name, node.id).get("num_embeddings")
            if node.kind not in TABLES or not isinstance(rows, int):
                continue
            ports = data_at(project, name, node.id, "input")
            columns = {port: dataset.columns[port] for port in ports}
            needed = {
                port: int(column.max()) + 1
                for port, column in columns.items()
                if isinstance(column, Tensor)  # only pictures and sounds are streamed
            }
            port = max(needed, key=lambda each: needed[each], default=None)
            if port is not None and needed[port] > rows:
                yield _problem(project, name, node, rows, port, needed[port])


def enlarge_tables(project: Project, base: Path) -> list[str]:
    """Give embeddings the rows that the project's data needs, where they have too few.

    For whole numbers in data that was put in the place of the project's; those of tokens and
    classes are known without a look (see :mod:`runtime.refits`). Returns a line for each.
    Raises DataError.
    """
    analysis = Analysis(project)
    lines = []
    try:
        if _looked_up(project):
            for problem in list(short_tables(project, analysis, load(project.data, base))):
                for fix in problem.fixes:
                    fix.edit.apply(project)
                    lines.append(f"{problem.network}, {problem.title}: {fix.label}.")
    finally:
        analysis.close()
    return lines


def _looked_up(project: Project) -> set[str]:
    """Return the ports of the data by which embeddings are looked up."""
    return {
        port
        for name in used_networks(project)
        for node in project.networks[name]
        if node.kind in TABLES
        for port in data_at(project, name, node.id, "input")
    }


def _problem(project: Project, name: str, node: Node, rows: int, port: str, needed: int) -> Problem:
    found = project.data.port(port)
    entries = max(needed, len(found.vocabulary or found.classes) if found else 0)
    fix = Fix(
        f"Set num_embeddings to {entries}",
        set_params(project.networks[name], node.id, {"num_embeddings": entries}),
    )
    return Problem(
        "error",
        name,
        node.id,
        None,
        node.label,
        f"a row for each of the {entries} numbers that the data has at {port!r}",
        f"num_embeddings={rows}",
        f"Set num_embeddings to {entries}.",
        lambda: (fix,),
    )


def data_at(project: Project, name: str, node_id: str, port: str) -> set[str]:
    """Return the ports of the data whose whole numbers arrive at an input, as they are."""
    return _data_at(project, name, node_id, port, set())


def _data_at(
    project: Project, name: str, node_id: str, port: str, seen: set[tuple[str, str, str]]
) -> set[str]:
    network = project.network(name)
    wire = network.wires_in(node_id).get(port)
    if wire is None or (name, node_id, port) in seen:
        return set()
    seen.add((name, node_id, port))
    source = network.node(wire.source)
    places: list[tuple[str, str, str]] = []
    if name == TRAINING and source.kind == "Data":
        found = project.data.port(wire.source_port)
        return {wire.source_port} if found is not None and found.dtype == "int64" else set()
    if name != TRAINING and source.kind == "Input":
        into = {node: port for port, node in input_ports(network).items()}[source.id]
        places = [(TRAINING, use.id, into) for use in _uses(project, name)]
    elif source.kind == "Shift" or network.kind(source.id).family in _ARRANGING:
        places = [(name, source.id, into) for into in network.wires_in(source.id)]
    at = (_data_at(project, *place, seen) for place in places)
    return set().union(*at)


def _uses(project: Project, name: str) -> Iterator[Node]:
    training = project.training
    for node in training:
        if network_of(project, node) == name and isinstance(training.kind(node.id), NetworkKind):
            yield node
