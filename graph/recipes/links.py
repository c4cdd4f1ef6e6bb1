"""The recipe of knowledge graphs: which link is missing between entities."""

from __future__ import annotations

from graph.catalog.entry import REQUIRED, Param
from graph.dataspec import DataPort
from graph.document import Network, Project, Value
from graph.errors import DocumentError
from graph.recipes.chains import Placed, drawn, renamed
from graph.recipes.parts import (
    network_choice,
    optimize,
    optimizer_choices,
    optimizer_guess,
)
from graph.recipes.recipe import Choice, Choices, Recipe, Sketch, column, inputs_of, outputs_of

__all__ = ["LINKS"]

_PARTS = ("head", "relation", "tail")
_SIZE = 50


def _triple(project: Project) -> tuple[DataPort, DataPort, DataPort]:
    """Return the columns head, relation and tail; DocumentError where the data has no triples."""
    found = [project.data.port(name) for name in _PARTS]
    head, relation, tail = found
    if head is None or relation is None or tail is None or head.classes != tail.classes:
        there = ", ".join(f"{port.name} ({port.type})" for port in project.data.ports) or "none"
        raise DocumentError(
            "This needs triples: columns head, relation and tail, with the same entities in head "
            f"and tail; there are: {there}. Choose a file of triples as data."
        )
    return head, relation, tail


def _draw(project: Project, choices: Choices) -> Sketch:
    network, negatives = choices["network"], choices["negatives"]
    ports = inputs_of(project, network, 3, "head, relation and tail")
    (score,) = outputs_of(project, network, 1, "the score")
    columns = [column(project, name).name for name in _PARTS]
    entities = len(_triple(project)[0].classes)
    sketch = Sketch()
    sketch.add("data", "Data", (0, 1))
    sketch.add("true", "Network", (2, 0), "positive", network=network)
    sketch.add("corrupt", "CorruptTriples", (1, 1.3), entities=entities, negatives=negatives)
    sketch.add("wrong", "Network", (2, 1.3), "negative", network=network)
    sketch.add("loss", str(choices["loss"]), (3, 0.6), "loss")
    sketch.add("candidates", "CandidateTriples", (1, 3), entities=entities)
    sketch.add("ranked", "Network", (2, 3), "scores", network=network)
    for part, name, into in zip(_PARTS, columns, ports, strict=True):
        for source, target, port, given in (
            ("data", "true", name, into),
            ("data", "corrupt", name, part),
            ("corrupt", "wrong", part, into),
            ("data", "candidates", name, part),
            ("candidates", "ranked", part, into),
        ):
            sketch.wire(source, port, target, given)
    sketch.wire("true", score, "loss", "positive")
    sketch.wire("wrong", score, "loss", "negative")
    optimize(sketch, choices, ("loss", "loss"), (4, 0.6))
    rated: tuple[tuple[str, str, dict[str, Value]], ...] = (
        ("mrr", "MeanReciprocalRank", {}),
        ("hits10", "HitsAtK", {}),
    )
    for i, (key, kind, params) in enumerate(rated):
        sketch.add(key, kind, (3, 3 + i), key, **params)
        sketch.wire("ranked", score, key, "scores")
        sketch.wire("data", "tail", key, "target")
    return sketch


def _guess(project: Project) -> Choices:
    _triple(project)
    network = next(
        (name for name, one in project.networks.items() if len(one.by_kind("Input")) == 3), None
    )
    if network is None:
        raise DocumentError("There is no network with three inputs: head, relation and tail.")
    return {
        "network": network,
        "loss": "TripleMarginLoss",
        "negatives": 8,
        **optimizer_guess(0.01),
    }


def _begin(project: Project) -> list[Network]:
    """Return TransE: minus the distance of head + relation from tail (Bordes et al., 2013)."""
    head, relation, _ = _triple(project)
    nodes: tuple[Placed, ...] = (
        ("head", "Input", {}, "head", 0, 0),
        ("relation", "Input", {}, "relation", 0, 1),
        ("tail", "Input", {}, "tail", 0, 2),
        ("ends", "stack", {"dim": 0}, "", 1, 0),
        ("entity", "Embedding", _table(head), "entities", 2, 0),
        ("parts", "unbind", {"dim": 0}, "", 3, 0),
        ("link", "Embedding", _table(relation), "relations", 2, 1.4),
        ("moved", "add", {}, "", 4, 0),
        ("left", "sub", {}, "", 5, 0.7),
        ("distance", "vector_norm", {"dim": -1}, "", 6, 0.7),
        ("negated", "neg", {}, "", 7, 0.7),
        ("score", "Output", {}, "score", 8, 0.7),
    )
    wires = (
        "head.output > ends.tensors0",
        "tail.output > ends.tensors1",
        "ends.output > entity.input",
        "entity.output > parts.input",
        "relation.output > link.input",
        "parts.output0 > moved.input",
        "link.output > moved.other",
        "moved.output > left.input",
        "parts.output1 > left.other",
        "left.output > distance.x",
        "distance.output > negated.input",
        "negated.output > score.input",
    )
    return [renamed(project, drawn("transe", nodes, wires))]


def _table(port: DataPort) -> dict[str, Value]:
    return {"num_embeddings": len(port.classes), "embedding_dim": _SIZE}


LINKS = Recipe(
    "links",
    "Link prediction",
    "Embeddings of entities and relations score true triples above wrong ones.",
    (
        network_choice("network", "Network", "Scores triples: more is truer.", "true"),
        Choice(
            Param(
                "loss",
                "choice",
                "TripleMarginLoss",
                "How true and wrong triples are compared.",
                choices=("TripleMarginLoss", "NegativeSamplingLoss"),
            ),
            "Loss",
            ("kind", "loss"),
        ),
        Choice(
            Param("negatives", "int", REQUIRED, "Wrong triples for each true one.", low=1),
            "Negatives",
            ("param", "corrupt", "negatives"),
        ),
        *optimizer_choices(),
    ),
    _draw,
    _guess,
    _begin,
)
