from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graph.dataspec import DataPort, DataSpec, Split, TextOptions
from graph.errors import DataError
from runtime.data import check, describe, from_path, load, match, preview
from runtime.data.sources.tokens import decode, encode
from runtime.data.text import (
    build_vocabulary,
    cut_text,
    pack_windows,
    read_texts,
    split_bpe,
    split_words,
    tag_ids,
    token_ids,
)
from tests.runtime.data.making import (
    CLASSES,
    write_prose,
    write_reviews,
    write_table,
    write_tagged,
    write_texts,
    write_translations,
)


def options(spec: DataSpec, **changes: object) -> DataSpec:
    assert spec.text is not None
    text = TextOptions.model_validate({**spec.text.model_dump(), **changes})
    ports = tuple(
        port.model_copy(update={"shape": (), "vocabulary": ()}) if port.is_fitted else port
        for port in spec.ports
    )
    return describe(spec.model_copy(update={"text": text, "ports": ports}), Path())


def test_words_are_ranked_by_the_training_rows() -> None:
    texts = split_words(["b a, a!", "c c c", "a <unk> b"])
    assert texts[0] == ["b", "a", ",", "a", "!"]
    assert texts[2] == ["a", "<unk>", "b"]
    vocabulary = build_vocabulary([texts], [0, 2], 100)
    assert vocabulary == ["<pad>", "<unk>", "a", "b", "!", ","]
    assert build_vocabulary([texts], [0, 2], 4, bounds=True) == ["<pad>", "<unk>", "<bos>", "<eos>"]
    ids = token_ids(texts, vocabulary, 4)
    np.testing.assert_array_equal(ids, [[3, 2, 5, 2], [1, 1, 1, 0], [2, 1, 3, 0]])
    framed = token_ids(texts, build_vocabulary([texts], [0], 100, bounds=True), 4, bounds=True)
    assert framed[0].tolist() == [2, 7, 4, 3]
    assert framed[1].tolist() == [2, 1, 1, 3]


def test_labels_that_training_does_not_have_are_named() -> None:
    assert tag_ids([["x", "y"], ["y"]], ["<pad>", "x", "y"], 2).tolist() == [[1, 2], [2, 0]]
    with pytest.raises(ValueError, match="row 3: 'z' labels no step"):
        tag_ids([["x"], ["z"]], ["<pad>", "x"], 2)


def test_windows_predict_each_token_once() -> None:
    tokens = list("abcdefghijk")
    vocabulary = ["<pad>", "<unk>", *tokens]
    windows = pack_windows(tokens, vocabulary, 3)
    assert ["".join(vocabulary[i] for i in row) for row in windows] == ["abcd", "defg", "ghij"]
    assert pack_windows(tokens[:3], vocabulary, 3).shape == (0, 4)


def test_a_cut_falls_behind_a_word() -> None:
    text = "one two three four five six seven eight nine ten"
    parts = cut_text(text, 0.25, 0.25)
    assert parts == ("one two three four five ", "six seven eight ", "nine ten")
    assert cut_text("a" * 10, 0.1, 0.2) == ("a" * 7, "a", "aa")
    assert cut_text(text, 0, 0) == (text, "", "")


def test_a_byte_pair_encoding_is_the_same_each_time_and_writes_every_text(tmp_path: Path) -> None:
    texts = write_prose(tmp_path / "t.txt").read_text().split("\n")
    (first,), vocabulary = split_bpe([texts], [0, 1, 2, 3, 4, 5], 280)
    (second,), again = split_bpe([texts], [0, 1, 2, 3, 4, 5], 280)
    assert first == second
    assert vocabulary == again
    assert len(vocabulary) == 280
    spec = options(from_path(tmp_path / "t.txt"), unit="bpe", size=300)
    assert spec.text is not None
    for text in ("the moon  rises", "\u4f60\u597d, <pad> \U0001f600"):
        assert decode(spec.ports[0], spec.text, encode(spec.ports[0], spec.text, text)) == text


def test_a_text_in_windows(tmp_path: Path) -> None:
    spec = from_path(write_prose(tmp_path / "t.txt"))
    assert (spec.source, spec.split.kind) == ("text", "ordered")
    assert spec.text == TextOptions(unit="char", length=64)
    data = load(spec, tmp_path)
    windows = data.columns["text"]
    assert windows.shape[1] == 65
    text = (tmp_path / "t.txt").read_text()
    whole = len(text) - 2 * int(len(text) * 0.1)
    first = [decode(spec.ports[0], spec.text, row.tolist()) for row in windows[data.train]]
    assert text[:whole].startswith(first[0])
    assert first[1][0] == first[0][-1]
    # The parts follow one another and share no token.
    assert len(data.train) + len(data.validation) + len(data.test) == len(windows)
    joined = "".join(one[:-1] for one in first)
    assert text.startswith(joined)
    middle = decode(spec.ports[0], spec.text, windows[data.validation[0]].tolist())
    place = text.index(middle)
    assert place >= len(joined)
    assert text[place - 1].isspace()


def test_tokens_of_other_parts_only_are_unknown(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("abc " * 300)
    (tmp_path / "valid.txt").write_text("abz " * 40)
    spec = options(from_path(tmp_path), length=8)
    assert spec.split.kind == "given"
    assert spec.ports[0].vocabulary == ("<pad>", "<unk>", " ", "a", "b", "c")
    data = load(spec, tmp_path)
    assert (data.columns["text"][data.validation] == 1).any()
    assert not (data.columns["text"][data.train] == 1).any()
    assert len(data.test) > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c", "5 examples are too few|too few tokens"),
        ("   \n", "there is no text in it"),
    ],
)
def test_short_texts_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        describe(DataSpec(source="text", path="t.txt"), tmp_path)


def test_a_text_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"caf\xe9 " * 200)
    with pytest.raises(DataError, match="not UTF-8 text; save it as UTF-8"):
        from_path(tmp_path / "t.txt")


def test_two_files_for_one_part(tmp_path: Path) -> None:
    for name in ("train.txt", "train_2.txt"):
        (tmp_path / name).write_text("abc " * 60)
    with pytest.raises(ValueError, match=r"both train\.txt and train_2\.txt"):
        read_texts(tmp_path, 0.1, 0.1)


def test_a_table_of_texts_is_classified(tmp_path: Path) -> None:
    spec = from_path(write_reviews(tmp_path / "t.csv"))
    assert [(port.name, port.type) for port in spec.ports] == [
        ("review", "tokens"),
        ("mood", "category"),
    ]
    assert spec.split.kind == "stratified"
    data = load(spec, tmp_path)
    (length,) = spec.ports[0].shape
    assert data.columns["review"].shape == (60, length)
    train = data.columns["review"][data.train]
    # Fitted to the training part: everything in it is known, every entry is used.
    assert not (train == 1).any()
    used = {*train.unique().tolist(), 0, 1}
    assert used == set(range(len(spec.ports[0].vocabulary)))
    seen = preview(spec, tmp_path, limit=2)
    assert seen.examples["review"].tokens[0][-1] == "."
    assert seen.columns[0].maximum == length


def test_translations_begin_and_end(tmp_path: Path) -> None:
    spec = from_path(write_translations(tmp_path / "t.tsv"))
    assert [port.type for port in spec.ports] == ["tokens", "tokens"]
    spec = options(spec, unit="char", bounds=True, shared=True, lower=True)
    assert spec.ports[0].vocabulary == spec.ports[1].vocabulary
    data = load(spec, tmp_path)
    for column in data.columns.values():
        assert (column[:, 0] == 2).all()
        assert ((column == 3).sum(dim=1) == 1).all()
    port, text = spec.ports[1], spec.text
    assert text is not None
    first = decode(port, text, data.columns[port.name][0].tolist())
    assert first == (tmp_path / "t.tsv").read_text().split("\n")[1].split("\t")[1].lower()


def test_labels_per_step(tmp_path: Path) -> None:
    spec = from_path(write_tagged(tmp_path / "t.csv"))
    assert [(port.name, port.type) for port in spec.ports] == [
        ("words", "tokens"),
        ("tags", "tags"),
    ]
    assert spec.ports[1].vocabulary == ("<pad>", "NUM", "WORD")
    data = load(spec, tmp_path)
    words, tags = data.columns["words"], data.columns["tags"]
    assert words.shape == tags.shape
    assert ((words > 0) == (tags > 0)).all()
    with pytest.raises(DataError, match=r"row 2, column 'tags': \d labels for \d+ tokens"):
        options(spec, unit="char")
    with pytest.raises(DataError, match="leave no room for <bos> and <eos>"):
        options(spec, bounds=True)


def test_texts_by_class(tmp_path: Path) -> None:
    spec = from_path(write_texts(tmp_path / "set", parts=("train", "test")))
    assert (spec.source, spec.split.kind) == ("texts", "given")
    assert spec.ports[1].classes == CLASSES
    data = load(spec, tmp_path)
    assert len(data.test) == 24


def test_missing_text_is_named_by_its_row(tmp_path: Path) -> None:
    spec = from_path(write_reviews(tmp_path / "t.csv"))
    lines = (tmp_path / "t.csv").read_text().split("\n")
    lines[4] = ",cat"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    (finding,) = check(spec, tmp_path)
    assert finding.message.startswith("row 5, column 'review': the text is missing.")


def test_what_is_cut_and_what_is_unknown_is_said(tmp_path: Path) -> None:
    spec = from_path(write_reviews(tmp_path / "t.csv"))
    messages = [finding.message for finding in check(options(spec, length=5), tmp_path)]
    assert any("texts have more than 5 tokens and are cut, the longest has" in m for m in messages)
    small = options(spec, size=4)
    messages = [finding.message for finding in check(small, tmp_path)]
    assert any("of the tokens are not in the vocabulary" in m for m in messages)
    with pytest.raises(DataError, match="at least 260 tokens; the size is 4"):
        options(spec, unit="bpe", size=4)


def test_another_vocabulary_than_the_projects_is_refused(tmp_path: Path) -> None:
    spec = from_path(write_reviews(tmp_path / "t.csv"))
    text = (tmp_path / "t.csv").read_text()
    (tmp_path / "t.csv").write_text(text.replace("sun", "star"))
    with pytest.raises(DataError, match="vocabulary of the project and of the data differ"):
        load(spec, tmp_path)
    assert check(spec, tmp_path)[0].severity == "error"


def test_other_texts_take_the_place_of_the_projects(tmp_path: Path) -> None:
    wanted = options(from_path(write_reviews(tmp_path / "t.csv")), lower=True, size=12)
    write_texts(tmp_path / "set", count=10)
    spec = match(from_path(tmp_path / "set"), wanted)
    assert [(port.name, port.columns) for port in spec.ports] == [
        ("review", ("text",)),
        ("mood", ("label",)),
    ]
    assert spec.ports[0].shape == wanted.ports[0].shape
    assert len(spec.ports[0].vocabulary) <= 12
    assert load(spec, Path()).columns["review"].shape == (30, *wanted.ports[0].shape)
    with pytest.raises(DataError, match="has no counterpart"):
        match(from_path(write_table(tmp_path / "n.csv")), wanted)


def test_another_text_has_the_windows_of_the_first(tmp_path: Path) -> None:
    wanted = options(from_path(write_prose(tmp_path / "t.txt")), length=16)
    wanted = wanted.model_copy(update={"split": Split(kind="ordered", validation=0.2, test=0.05)})
    other = match(from_path(write_prose(tmp_path / "u.txt", count=200)), wanted)
    assert load(other, Path()).columns["text"].shape[1] == 17
    assert (other.split.validation, other.split.test) == (0.2, 0.05)


def test_text_options_are_in_files_only_where_they_are_set(tmp_path: Path) -> None:
    plain = json.loads(DataSpec(source="digits").model_dump_json())
    assert list(plain) == ["source", "path", "image_size", "grey", "ports", "split"]
    spec = from_path(write_reviews(tmp_path / "t.csv"))
    record = spec.model_dump()
    assert "vocabulary" in record["ports"][0]
    assert "vocabulary" not in record["ports"][1]
    assert DataSpec.model_validate(record) == spec


def test_only_text_can_be_tokens(tmp_path: Path) -> None:
    port = DataPort(name="x", type="tokens", columns=("image",), shape=())
    with pytest.raises(DataError, match="this data holds no tokens"):
        describe(DataSpec(source="digits", ports=(port,)), tmp_path)


def test_whose_options_a_port_has(tmp_path: Path) -> None:
    spec = from_path(write_tagged(tmp_path / "t.csv"))
    words, tags = spec.ports
    assert spec.text_of(words) == spec.text == spec.text_of(tags)
    cut = spec.text_of(words).model_copy(update={"length": 3})
    words = words.model_copy(update={"text": cut, "shape": ()})
    changed = spec.model_copy(update={"ports": (words, tags.model_copy(update={"shape": ()}))})
    assert changed.text_of(tags) == cut  # labels follow their text
    assert {port.shape for port in describe(changed, tmp_path).ports} == {(3,)}
    assert "text" in changed.model_dump()["ports"][0]
    assert "text" not in spec.model_dump()["ports"][0]
    assert spec.text is not None
    shared = spec.text.model_copy(update={"shared": True})
    assert changed.model_copy(update={"text": shared}).text_of(words) == shared
