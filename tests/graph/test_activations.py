"""Losses warn of the wrong kind of numbers, which fit in shape and only train badly."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graph.analysis import Analysis
from graph.document import Node, Project
from graph.edits import insert_node
from graph.files import dumps, loads
from graph.problems import Problem
from tests import builders


def warnings(project: Project) -> list[Problem]:
    found = Analysis(project).problems()
    assert [p.message for p in found if p.severity == "error"] == []
    return [p for p in found if p.node == "loss"]


def ending(*layers: builders.Layer, loss: str = "CrossEntropyLoss") -> Project:
    linear = ("Linear", {"out_features": 10})
    project = builders.trained(builders.chain(["Flatten", linear, *layers]))
    return loads(dumps(project).replace('"CrossEntropyLoss"', f'"{loss}"')).project


@pytest.mark.parametrize(
    "layers",
    [
        [("Softmax", {"dim": 1})],
        [("softmax", {"dim": 1})],
        ["Sigmoid"],
        [("Softmax", {"dim": 1}), "Dropout", "Flatten"],
    ],
)
def test_probabilities_before_cross_entropy(layers: Sequence[builders.Layer]) -> None:
    project = ending(*layers)
    (problem,) = warnings(project)
    assert (problem.severity, problem.port) == ("warning", "input")
    label = project.network("net").node("n3").label
    assert problem.message == (
        "at 'input': expected logits, the numbers before Softmax, which CrossEntropyLoss applies "
        f"itself, received the output of {label!r} ({label}). Remove {label!r}; the predictions "
        "shown are probabilities all the same."
    )
    (fix,) = problem.fixes
    assert fix.label == f"Remove {label}"
    before = dumps(project)
    inverse = fix.edit.apply(project)
    assert warnings(project) == []
    assert "n3" not in project.network("net")
    inverse.apply(project)
    assert dumps(project) == before


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        ([], "CrossEntropyLoss"),
        ([("LogSoftmax", {"dim": 1})], "CrossEntropyLoss"),  # changes nothing
        (["Sigmoid", ("Linear", {"out_features": 10})], "CrossEntropyLoss"),
        ([("LogSoftmax", {"dim": 1})], "NLLLoss"),
    ],
)
def test_what_a_loss_takes_is_no_reason_for_a_word(
    layers: Sequence[builders.Layer], loss: str
) -> None:
    assert warnings(ending(*layers, loss=loss)) == []


def test_logits_before_nll_loss() -> None:
    project = ending(loss="NLLLoss")
    (problem,) = warnings(project)
    assert "expected logarithms of probabilities, as of LogSoftmax" in problem.message
    (fix,) = problem.fixes
    fix.edit.apply(project)
    assert warnings(project) == []
    assert [n.params for n in project.network("net").by_kind("LogSoftmax")] == [{"dim": 1}]


@pytest.mark.parametrize(
    ("layers", "loss", "said"),
    [
        (["Sigmoid"], "BCEWithLogitsLoss", "expected logits, the numbers before Sigmoid"),
        ([], "BCEWithLogitsLoss", ""),
        (["Sigmoid"], "BCELoss", ""),
        ([], "BCELoss", "expected probabilities from 0 to 1, as of Sigmoid"),
    ],
)
def test_two_classes(layers: Sequence[builders.Layer], loss: str, said: str) -> None:
    project = ending(*layers, loss=loss)
    training = project.training
    wire = training.wires_in("loss")["target"]
    insert_node(training, wire, Node("hot", "one_hot", {"num_classes": 10})).apply(project)
    wire = training.wires_in("loss")["target"]
    insert_node(training, wire, Node("cast", "to", {"dtype": "float32"})).apply(project)
    found = warnings(project)
    assert [said in p.message for p in found] == ([True] if said else [])
    for problem in found:
        problem.fixes[0].edit.apply(project)
        assert warnings(project) == []


def test_a_softmax_in_the_training_graph_itself() -> None:
    project = ending()
    training = project.training
    wire = training.wires_in("loss")["input"]
    insert_node(training, wire, Node("soft", "Softmax", {"dim": 1})).apply(project)
    (problem,) = warnings(project)
    (fix,) = problem.fixes
    fix.edit.apply(project)
    assert warnings(project) == []
