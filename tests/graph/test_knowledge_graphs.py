"""Embeddings of knowledge graphs are drawn from ordinary nodes: one network scores one true triple,
several wrong ones, and every entity there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from graph.analysis import Analysis
from graph.codegen import generate_model, generate_training
from graph.compile import compile_source
from graph.dataspec import DataPort, DataSpec
from graph.dims import BATCH, TensorType
from graph.document import Network, Project
from tests import builders
from tests.builders import add, connect

ENTITIES, RELATIONS, SIZE = 8, 3, 6


def _scorer(relation_size: int, nodes: dict[str, builders.Layer], wires: list[str]) -> Network:
    """A network in which head and tail are looked up in one table: as ``ends.output0`` and 1."""
    return builders.graph(
        "scorer",
        {
            "head": ("Input", {}, "head"),
            "relation": ("Input", {}, "relation"),
            "tail": ("Input", {}, "tail"),
            "both": ("stack", {"dim": -1}),
            "entities": ("Embedding", {"num_embeddings": ENTITIES, "embedding_dim": SIZE}),
            "ends": ("unbind", {"dim": -2}),
            "r": ("Embedding", {"num_embeddings": RELATIONS, "embedding_dim": relation_size}),
            **nodes,
            "score": ("Output", {}, "score"),
        },
        ["head > both.tensors0", "tail > both.tensors1", "both > entities", "entities > ends",
         "relation > r", *wires],
    )  # fmt: skip


def transe() -> Network:
    """-|h + r - t| (Bordes et al., 2013)."""
    return _scorer(
        SIZE,
        {"add": "add", "sub": "sub", "norm": ("vector_norm", {"dim": -1}), "neg": "neg"},
        ["ends.output0 > add.input", "r > add.other", "add > sub.input", "ends.output1 > sub.other",
         "sub > norm", "norm > neg", "neg > score"],
    )  # fmt: skip


def distmult() -> Network:
    """The sum of h * r * t (Yang et al., 2015)."""
    return _scorer(
        SIZE,
        {"hr": "mul", "hrt": "mul", "sum": ("sum", {"dim": -1})},
        ["ends.output0 > hr.input", "r > hr.other", "hr > hrt.input", "ends.output1 > hrt.other",
         "hrt > sum", "sum > score"],
    )  # fmt: skip


def rotate() -> Network:
    """-|h turned by r, minus t|, the modulus of complex numbers summed (Sun et al., 2019)."""
    return _scorer(
        SIZE // 2,
        {
            "turn": "rotate",
            "sub": "sub",
            "parts": ("Unflatten", {"dim": -1, "unflattened_size": (2, SIZE // 2)}),
            "modulus": ("vector_norm", {"dim": -2}),
            "sum": ("sum", {"dim": -1}),
            "neg": "neg",
        },
        ["ends.output0 > turn.input", "r > turn.angle", "turn > sub.input",
         "ends.output1 > sub.other", "sub > parts", "parts > modulus", "modulus > sum",
         "sum > neg", "neg > score"],
    )  # fmt: skip


def _by_hand(name: str, head: Tensor, relation: Tensor, tail: Tensor) -> Tensor:
    if name == "transe":
        return -(head + relation - tail).norm(dim=-1)
    if name == "distmult":
        return (head * relation * tail).sum(dim=-1)
    h, t = (torch.complex(*x.chunk(2, dim=-1)) for x in (head, tail))
    return -(h * torch.polar(torch.ones_like(relation), relation) - t).abs().sum(dim=-1)


def _project(network: Network, loss: str) -> Project:
    columns = {"head": ENTITIES, "relation": RELATIONS, "tail": ENTITIES}
    ports = tuple(
        DataPort(
            name=name,
            type="category",
            columns=(name,),
            shape=(),
            dtype="int64",
            classes=tuple(f"{name}{i}" for i in range(size)),
        )
        for name, size in columns.items()
    )
    data = DataSpec(source="csv", path="triples.csv", ports=ports)
    project = builders.project(network, data=data)
    training = project.training
    add(training, "data", "Data")
    add(training, "wrong", "CorruptTriples", entities=ENTITIES, negatives=5)
    add(training, "all", "CandidateTriples", entities=ENTITIES)
    add(training, "loss", loss)
    add(training, "adam", "Adam")
    for use, source in (("true", "data"), ("false", "wrong"), ("ranked", "all")):
        add(training, use, "Network", network="scorer")
        for column in columns:
            connect(training, f"{source}.{column} > {use}.{column}")
            if source != "data":
                connect(training, f"data.{column} > {source}.{column}")
    add(training, "mrr", "MeanReciprocalRank")
    connect(training, "true > loss.positive")
    connect(training, "false > loss.negative")
    connect(training, "ranked > mrr.scores")
    connect(training, "data.tail > mrr.target")
    connect(training, "loss > adam.loss")
    return project


@pytest.mark.parametrize("loss", ["TripleMarginLoss", "NegativeSamplingLoss"])
@pytest.mark.parametrize("network", [transe, distmult, rotate])
def test_a_score_is_drawn_once_and_used_for_any_number_of_triples(
    network: Callable[[], Network], loss: str
) -> None:
    project = _project(network(), loss)
    analysis = Analysis(project)
    assert analysis.problems() == []
    shapes = {use: analysis.type_of("training", use, "score") for use in ("true", "false")}
    assert shapes == {"true": TensorType((BATCH,)), "false": TensorType((BATCH, 5))}
    model = generate_model(project, analysis)
    step = compile_source(generate_training(project, analysis), "step").names["compute_loss"]
    analysis.close()
    torch.manual_seed(0)
    scorer = compile_source(model, "model").names["Scorer"]()
    tables = {tuple(p.shape): p for p in scorer.parameters()}
    entities, relations = (tables[k] for k in sorted(tables, reverse=True))
    h, r, t = (torch.randint(k, (7, 4)) for k in (ENTITIES, RELATIONS, ENTITIES))
    expected = _by_hand(network.__name__, entities[h], relations[r], entities[t])
    torch.testing.assert_close(scorer(h, r, t), expected)
    optimizer = torch.optim.Adam(scorer.parameters(), lr=0.05)
    values = []
    for _ in range(100):
        optimizer.zero_grad()
        value = step(scorer, h[:, 0], r[:, 0], t[:, 0])["loss"]
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert sum(values[-10:]) < 0.8 * sum(values[:10])
