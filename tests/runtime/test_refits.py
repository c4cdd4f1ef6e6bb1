"""Other data with more or fewer tokens and classes: layers are made to fit, and it is said."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from graph import files
from graph.analysis import Analysis
from graph.document import Network, Project
from graph.edits import set_params
from runtime import examples
from runtime.data import from_path
from runtime.headless import Watcher, change, train
from runtime.refits import refits
from tests import builders
from tests.runtime.data.making import write_pictures, write_reviews, write_table, write_triples

SILENT = Watcher(lambda progress: None, lambda record: None, lambda note: None)


def loaded(name: str) -> tuple[Project, Path]:
    path = examples.find(name).path
    return files.load(path).project, path.parent


def params(network: Network, name: str) -> list[Any]:
    return [node.params[name] for node in network if name in node.params]


def genesis(base: Path) -> str:
    return (base / "genesis.txt").read_text(encoding="utf-8")[:12_000]


def check(project: Project, out: Path) -> None:
    """Nothing is wrong with it, and it trains."""
    analysis = Analysis(project)
    assert analysis.errors() == []
    analysis.close()
    outcome = train(project, Path(), SILENT, out=out)
    assert outcome.state == "finished"


@pytest.mark.parametrize("more", [True, False])
def test_another_text_has_other_characters(tmp_path: Path, more: bool) -> None:
    project, base = loaded("gpt")
    text = genesis(base)
    if more:  # as many again, of another alphabet
        text += "".join(chr(ord(c) + 0x400) if c.isalpha() else c for c in text)
        text = text[6_000:] + text[:6_000]
    else:
        text = 3 * "".join(c for c in text.lower() if c in "abcdefgh \n")
    (tmp_path / "other.txt").write_text(text, encoding="utf-8")
    lines = change(project, data=str(tmp_path / "other.txt"), epochs=1, threads=1)
    network = project.networks["gpt"]
    (size,) = {len(port.vocabulary) for port in project.data.ports}
    assert (size > 66) if more else (size < 66)
    assert params(network, "out_features") == [size]
    assert params(network, "num_embeddings") == [max(size, 66)]
    said = f"gpt, head: out_features is {size} instead of 66, one for each token of 'text'."
    assert said in lines
    assert len(lines) == 1 + more
    check(project, tmp_path)


def test_another_table_has_other_labels(tmp_path: Path) -> None:
    project, base = loaded("tagger")
    with (base / "punctuation.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))[:200]
    with (tmp_path / "other.csv").open("w", encoding="utf-8", newline="") as file:
        more = [[f"{w} word{k}", f"{m} mark{k % 5}"] for k, (w, m) in enumerate(rows)]
        csv.writer(file).writerows([head, *more])
    lines = change(project, data=str(tmp_path / "other.csv"), epochs=1, threads=1)
    marks = project.data.port("marks")
    assert marks is not None
    labels = len(marks.vocabulary)
    assert labels > 8
    assert lines == [
        f"tagger, head: out_features is {labels} instead of 8, one for each label of 'marks'."
    ]
    check(project, tmp_path)


def test_other_translations_have_other_words(tmp_path: Path) -> None:
    project, base = loaded("seq2seq")
    head, *rows = (base / "numbers.tsv").read_text(encoding="utf-8").split("\n")[:300]
    pairs = [row.split("\t") for row in rows if row]
    more = [f"{a} more{k % 9}\t{b} plus{k % 11}" for k, (a, b) in enumerate(pairs)]
    (tmp_path / "other.tsv").write_text("\n".join([head, *more]) + "\n", encoding="utf-8")
    lines = change(project, data=str(tmp_path / "other.tsv"), epochs=1, threads=1)
    english, french = (len(port.vocabulary) for port in project.data.ports)
    network = project.networks["translator"]
    assert params(network, "out_features") == [french]
    assert sorted(params(network, "num_embeddings")) == sorted([english, french])
    assert len(lines) == 3
    check(project, tmp_path)


def test_other_classes_through_a_block_and_an_activation(tmp_path: Path) -> None:
    network = builders.chain(["Flatten", ("Linear", {"out_features": 10}), "LogSoftmax"])
    project = builders.trained(network)
    other = from_path(write_pictures(tmp_path / "set"))
    (one,) = refits(project, other)
    assert (one.title, one.param, one.before, one.after) == ("Linear", "out_features", 10, 3)
    one.edit.apply(project)
    assert params(network, "out_features") == [3]


def test_a_hidden_layer_of_the_same_size_stays(tmp_path: Path) -> None:
    layers = [("Linear", {"out_features": 10}), "ReLU", ("Linear", {"out_features": 10})]
    project = builders.trained(builders.chain(["Flatten", *layers]))
    changes = refits(project, from_path(write_pictures(tmp_path / "set")))
    assert [change.node for change in changes] == ["n4"]


def test_data_of_as_many_classes_changes_nothing(tmp_path: Path) -> None:
    project = builders.trained(builders.chain(builders.CNN))
    assert refits(project, project.data) == []
    assert refits(project, from_path(write_table(tmp_path / "t.csv"))) == []


def test_candidates_are_of_the_new_entities(tmp_path: Path) -> None:
    project, _ = loaded("transe")
    other = from_path(write_triples(tmp_path / "set"), project.data)
    changes = {(one.title, one.param): one.after for one in refits(project, other)}
    assert set(changes.values()) == {8}
    assert {param for _, param in changes} == {"entities"}


def test_too_few_logits_for_the_tokens_are_told_before_training(tmp_path: Path) -> None:
    project, base = loaded("gpt")
    project.set_data(project.data.model_copy(update={"path": str(base / "genesis.txt")}))
    network = project.networks["gpt"]
    head = next(node for node in network if node.kind == "Linear")
    set_params(network, head.id, {"out_features": 40}).apply(project)
    analysis = Analysis(project)
    problem = next(p for p in analysis.errors() if p.network == "training" and p.port == "input")
    assert "66 logits, one for each token of 'text'" in problem.message
    (fix,) = problem.fixes
    fix.edit.apply(project)
    assert analysis.errors() == []
    analysis.close()


def test_reviews_of_more_moods(tmp_path: Path) -> None:
    layers = [
        ("Embedding", {"num_embeddings": 40, "embedding_dim": 4}),
        "Flatten",
        ("Linear", {"out_features": 3}),
    ]
    spec = from_path(write_reviews(tmp_path / "t.csv"))
    project = builders.trained(builders.chain(layers, source="text"), data=spec, epochs=1)
    text = (tmp_path / "t.csv").read_text().replace("fox", "wolf").replace("1.", "1 x.")
    more = text + "".join(f'"one {k} two {k}",mood{k % 4}\n' for k in range(40))
    (tmp_path / "u.csv").write_text(more)
    lines = change(project, data=str(tmp_path / "u.csv"), threads=1)
    assert any("out_features is 7 instead of 3, one for each class of 'mood'" in x for x in lines)
    assert any("num_embeddings" in line for line in lines)
    check(project, tmp_path)
