from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graph.dataspec import DataPort, DataSpec, Split
from graph.errors import DataError
from runtime.data import check, describe, from_path, load, match, preview
from runtime.data.triples import known_answers, read_triples, triple_split
from tests.runtime.data.making import write_reviews, write_table, write_triples


def test_heads_and_tails_share_their_entities(tmp_path: Path) -> None:
    spec = from_path(write_triples(tmp_path))
    assert (spec.source, spec.split.kind) == ("triples", "given")
    assert [port.name for port in spec.ports] == ["head", "relation", "tail"]
    head, relation, tail = spec.ports
    assert head.classes == tail.classes == tuple(f"town {k}" for k in range(8))
    assert relation.classes == ("near", "west of")
    data = load(spec, Path())
    assert [len(part) for part in (data.train, data.validation, data.test)] == [16, 4, 4]
    assert data.columns["head"][:8].tolist() == list(range(8))
    assert data.columns["tail"][:8].tolist() == [1, 2, 3, 4, 5, 6, 7, 0]
    seen = preview(spec, Path(), limit=1)
    assert [seen.examples[port.name].texts for port in spec.ports] == [
        ("town 0",),
        ("west of",),
        ("town 1",),
    ]


def test_what_is_known_to_answer_a_question() -> None:
    given, relations, answers = np.array([[0, 0, 0, 1], [0, 0, 1, 0], [1, 2, 1, 2]])
    known = known_answers(given, relations, answers, entities=3)
    assert known.tolist() == [[0, 1, 1], [0, 1, 1], [0, 1, 0], [0, 0, 1]]


def test_ports_of_known_answers_are_there_for_those_who_ask(tmp_path: Path) -> None:
    plain = from_path(write_triples(tmp_path))
    asked = [
        DataPort(name=name, type="number", columns=(column,), shape=())
        for name, column in (("heads", "known_heads"), ("tails", "known_tails"))
    ]
    spec = describe(plain.model_copy(update={"ports": (*plain.ports, *asked)}), Path())
    assert [port.shape for port in spec.ports] == [(), (), (), (8,), (8,)]
    columns = load(spec, Path()).columns
    near = columns["relation"] == 0
    # Of all three parts: a town is near the next but one in both directions.
    assert columns["tails"][near].sum(1).tolist() == [2] * 16
    assert columns["heads"][~near].sum(1).tolist() == [1] * 8
    rows = range(len(near))
    assert (columns["heads"][rows, columns["head"]] == 1).all()
    assert (columns["tails"][rows, columns["tail"]] == 1).all()
    other = tmp_path / "other.tsv"
    other.write_text("".join(f"a\tr\tb{k}\nb{k}\tr\ta\n" for k in range(9)))
    matched = match(from_path(other), spec)
    assert [port.shape for port in matched.ports] == [(), (), (), (10,), (10,)]
    wrong = asked[0].model_copy(update={"type": "category", "dtype": "int64"})
    with pytest.raises(DataError, match=r"'heads': expected number .*'known_heads', received cat"):
        describe(plain.model_copy(update={"ports": (wrong,)}), Path())


def test_a_file_of_triples_is_no_table(tmp_path: Path) -> None:
    write_triples(tmp_path)
    spec = from_path(tmp_path / "all.tsv")
    assert (spec.source, spec.split.kind) == ("triples", "random")
    (tmp_path / "t.tsv").write_text("a\tb\tc\n" + "1\t2\t3\n" * 9)
    assert from_path(tmp_path / "t.tsv").source == "csv"
    (tmp_path / "u.tsv").write_text("".join(f"hi {k}\tsalut {k}\tby {k}\n" for k in range(60)))
    assert from_path(tmp_path / "u.tsv").source == "csv"


def test_nothing_is_asked_that_was_never_trained() -> None:
    rng = np.random.default_rng(0)
    heads, tails = rng.integers(0, 40, (2, 200))
    kinds = rng.integers(0, 5, 200)
    heads[0], tails[1], kinds[2] = 40, 41, 5
    parts = triple_split(heads, kinds, tails, 0.2, 0.2, 3)
    assert [len(part) for part in parts] == [120, 40, 40]
    assert sorted(row for part in parts for row in part.tolist()) == list(range(200))
    train = parts[0].numpy()
    assert {*heads[train], *tails[train]} == {*heads, *tails}
    assert {*kinds[train]} == {*kinds}
    again = triple_split(heads, kinds, tails, 0.2, 0.2, 3)
    assert all((one == two).all() for one, two in zip(parts, again, strict=True))


def test_triples_of_their_own_cannot_be_kept_from_training(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("".join(f"a{k}\tr\tb{k}\n" for k in range(20)))
    spec = DataSpec(source="triples", path="t.tsv")
    with pytest.raises(DataError, match="only 0 of 20 triples can be kept from training"):
        load(describe(spec, tmp_path), tmp_path)


def test_unseen_entities_are_reported(tmp_path: Path) -> None:
    write_triples(tmp_path)
    with (tmp_path / "test.txt").open("a") as file:
        file.write("town 1\tbeyond\tnowhere\ntown 0\twest of\ttown 1\n")
    spec = from_path(tmp_path)
    assert [finding.message for finding in check(spec, Path())] == [
        "1 entities of the test part are in no training triple, nothing is learned about them: "
        "'nowhere'.",
        "1 relations of the test part are in no training triple, nothing is learned about them: "
        "'beyond'.",
        "1 triples of the test part are in the training part too.",
    ]
    assert len(load(spec, Path()).test) == 6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a\tb", "line 2: expected head, relation and tail"),
        ("a\tb\tc\td", "line 2: expected head, relation and tail"),
        ("a\t\tc", "line 2: expected head, relation and tail"),
        ("caf\xe9\tr\tb", "not UTF-8 text"),
    ],
)
def test_broken_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "t.tsv").write_bytes(f"a\tr\tb\n{line}\n".encode("latin-1"))
    with pytest.raises(ValueError, match=message):
        read_triples(tmp_path / "t.tsv")


def test_repeated_triples_count_once(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("a\tr\tb\n" * 3 + "b\tr\ta\n")
    heads, *_ = read_triples(tmp_path / "t.tsv")
    assert heads == ["a", "b"]


def test_other_splits_are_refused(tmp_path: Path) -> None:
    spec = from_path(write_triples(tmp_path) / "all.tsv")
    changed = spec.model_copy(update={"split": Split(kind="stratified")})
    with pytest.raises(DataError, match="triples are divided at random"):
        load(changed, Path())


def test_other_triples_take_their_place(tmp_path: Path) -> None:
    wanted = from_path(write_triples(tmp_path / "set"))
    (tmp_path / "t.tsv").write_text("".join(f"a{k % 5}\tr\ta{k % 7}\n" for k in range(35)))
    spec = match(from_path(tmp_path / "t.tsv"), wanted)
    assert spec.ports[2].classes == tuple(f"a{k}" for k in range(7))
    assert spec.split.kind == "random"
    with pytest.raises(DataError, match="has no counterpart"):
        match(from_path(write_reviews(tmp_path / "r.csv")), wanted)
    with pytest.raises(DataError, match="has no counterpart"):
        match(from_path(write_table(tmp_path / "n.csv")), wanted)


def test_entities_that_came_later_are_refused(tmp_path: Path) -> None:
    spec = from_path(write_triples(tmp_path))
    with (tmp_path / "train.txt").open("a") as file:
        file.write("town 1\tnear\tnew town\n")
    with pytest.raises(DataError, match=r"classes of the project and of the data differ \(8 and 9"):
        load(spec, Path())
