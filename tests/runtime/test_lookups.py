"""An embedding with too few rows for the data is told before the training, with its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.analysis import Analysis
from graph.document import Project
from graph.problems import Problem
from runtime.checking import check_project
from runtime.data import from_path, load
from runtime.export import export
from runtime.headless import change
from runtime.lookups import short_tables
from runtime.plan import ProblemsError
from runtime.session import State
from tests import builders
from tests.runtime.data.making import write_prose, write_reviews, write_triples
from tests.runtime.training import finished


def reader(folder: Path, rows: int) -> Project:
    """A classifier of texts that looks its words up after turning them around."""
    layers = [
        ("flip", {"dims": (1,)}),
        ("Embedding", {"num_embeddings": rows, "embedding_dim": 4}),
        "Flatten",
        ("Linear", {"out_features": 3}),
    ]
    spec = from_path(write_reviews(folder / "t.csv"))
    network = builders.chain(layers, source="text")
    return builders.trained(network, data=spec, epochs=1)


def found(project: Project, folder: Path) -> list[Problem]:
    return list(short_tables(project, Analysis(project), load(project.data, folder)))


def test_too_few_rows_for_the_words(tmp_path: Path) -> None:
    project = reader(tmp_path, 20)
    words = len(project.data.ports[0].vocabulary)
    (problem,) = found(project, tmp_path)
    assert (problem.network, problem.node) == ("net", "n2")
    expected = f"a row for each of the {words} numbers that the data has at 'review'"
    assert f"expected {expected}, received num_embeddings=20" in problem.message
    session = finished(project, tmp_path)
    assert session.state is State.FAILED
    assert expected in session.failure.message
    assert any(each["node"] == "n2" for each in check_project(project, tmp_path))
    with pytest.raises(ProblemsError, match=f"Set num_embeddings to {words}"):
        export(project, tmp_path, tmp_path / "out")
    (fix,) = problem.fixes
    fix.edit.apply(project)
    assert found(project, tmp_path) == []
    assert finished(project, tmp_path).state is State.FINISHED


def test_tokens_are_followed_through_the_training_graph(tmp_path: Path) -> None:
    spec = from_path(write_prose(tmp_path / "t.txt"))
    layers = [
        ("Embedding", {"num_embeddings": 9, "embedding_dim": 4}),
        ("Linear", {"out_features": 40}),
    ]
    network = builders.chain(layers, source="tokens")
    project = builders.project(network, data=spec)
    training = project.training
    builders.add(training, "data", "Data")
    builders.add(training, "shift", "Shift")
    builders.add(training, "net", "Network", network="net")
    builders.add(training, "loss", "SequenceCrossEntropy")
    builders.add(training, "step", "Adam")
    for wire in (
        "data.text > shift",
        "shift.input > net.tokens",
        "net.logits > loss.input",
        "shift.target > loss.target",
        "loss > step",
    ):
        builders.connect(training, wire)
    (problem,) = found(project, tmp_path)
    assert (problem.network, problem.node) == ("net", "n1")
    assert "at 'text'" in problem.message


def test_other_triples_get_rows_for_their_entities(tmp_path: Path) -> None:
    spec = from_path(write_triples(tmp_path / "set"))
    layers = [
        ("Embedding", {"num_embeddings": 8, "embedding_dim": 4}),
        ("Linear", {"out_features": 8}),
    ]
    project = builders.trained(builders.chain(layers, source="head"), data=spec, epochs=1)
    rows = [f"town {k}\tnear\ttown {(k + step) % 30}" for k in range(30) for step in (1, 2, 3)]
    (tmp_path / "other.tsv").write_text("\n".join(rows))
    change(project, data=str(tmp_path / "other.tsv"))
    assert project.networks["net"].node("n1").params["num_embeddings"] == 30
    assert found(project, Path()) == []
