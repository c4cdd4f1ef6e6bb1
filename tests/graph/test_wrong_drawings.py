"""Drawings that cannot train: each says what is missing, and where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.analysis import Analysis
from graph.document import TRAINING, Node, Project, Wire
from graph.edits import insert_node, set_params
from tests import builders, systems


def _reaches_no_weights() -> Project:
    project = builders.trained(builders.chain(builders.CNN))
    training = project.training
    training.disconnect(training.wires_in("loss")["input"])
    builders.connect(training, "data.image > loss.input")
    return project


def _trained_by_none() -> Project:
    project = systems.gan()
    names = {"networks": ("discriminator",)}
    set_params(project.training, "train_generator", names).apply(project)
    return project


def _no_scalar() -> Project:
    project = builders.trained(builders.chain(builders.CNN))
    set_params(project.training, "loss", {"reduction": "none"}).apply(project)
    return project


def _detached() -> Project:
    project = builders.trained(builders.chain(builders.CNN))
    wire = project.training.wires_in("loss")["input"]
    insert_node(project.training, wire, Node("cut", "detach")).apply(project)
    return project


def _updated_twice() -> Project:
    project = systems.gan()
    set_params(project.training, "train_generator", {"networks": ()}).apply(project)
    return project


def _monitor_on_nothing() -> Project:
    project = builders.trained(builders.chain(builders.CNN))
    project.training.add_node(Node("shown", "ShowImages", {}, "pictures"))
    return project


def _text_too_long() -> Project:
    layers: list[builders.Layer] = [
        ("Embedding", {"num_embeddings": 9, "embedding_dim": 4}),
        ("LearnedPositions", {"max_len": 10}, "positions"),
    ]
    network = builders.chain(layers, shape=(20,), dtype="int64", source="tokens")
    return builders.project(network)


#: What is drawn; the graph, node and port meant; the severity; and what is said.
WRONG: dict[str, tuple[Callable[[], Project], tuple[str, str, str | None], str, str]] = {
    "an optimizer that reaches no weights": (
        _reaches_no_weights,
        (TRAINING, "optimizer", "loss"),
        "error",
        "expected a loss that depends on weights, received one that reaches none. Wire a network",
    ),
    "a network trained by no optimizer": (
        _trained_by_none,
        (TRAINING, "generate", None),
        "warning",
        "expected an optimizer that updates it",
    ),
    "a loss that is not a scalar": (
        _no_scalar,
        (TRAINING, "optimizer", "loss"),
        "error",
        "at 'loss': expected a scalar (), received (N,). Reduce it with mean or sum",
    ),
    "a detached path to a loss": (
        _detached,
        (TRAINING, "optimizer", "loss"),
        "error",
        "received one that 'detach' cuts off from them",
    ),
    "two optimizers on the same weights": (
        _updated_twice,
        (TRAINING, "train_generator", None),
        "warning",
        "received discriminator, which 'Adam' updates too",
    ),
    "a monitor on nothing": (
        _monitor_on_nothing,
        (TRAINING, "shown", "input"),
        "warning",
        "at 'input': expected a wire, received none. Connect something to the input 'input' of "
        "'pictures'. It shows nothing.",
    ),
    "text longer than the positional table": (
        _text_too_long,
        ("net", "n2", "input"),
        "error",
        "expected at most 10 positions, because of max_len, received (N, 20, 4). Set max_len to "
        "at least 20.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_drawing_says_what_is_missing_and_where(name: str) -> None:
    """Triples with unseen entities are no drawing: see tests/runtime/data/test_triples.py."""
    make, (graph, node, port), severity, said = WRONG[name]
    analysis = Analysis(make())
    found = [p for p in analysis.problems() if (p.network, p.node) == (graph, node)]
    analysis.close()
    told = [(p.severity, p.port, p.message) for p in found]
    assert any((s, p) == (severity, port) and said in m for s, p, m in told), told


def test_a_text_of_any_length_fits_where_the_table_is_as_long() -> None:
    project = _text_too_long()
    net = project.networks["net"]
    set_params(net, "n2", {"max_len": 20}).apply(project)
    assert net.wires_in("n2")["input"] == Wire("n1", "output", "n2", "input")
    analysis = Analysis(project)
    assert [p for p in analysis.problems() if p.network == "net"] == []
    analysis.close()
