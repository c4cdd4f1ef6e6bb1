"""Texts that trained networks write, label and are told: those of calls by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from graph import recipes
from graph.dataspec import DataPort, DataSpec, TextOptions
from graph.document import Project
from runtime.data import describe
from runtime.data.sources.tokens import encode
from runtime.session import Session, State
from runtime.tryout import Tryout
from runtime.writers import Manner, read
from tests import builders, systems
from tests.runtime.training import finished

GREEDY = Manner(length=20, temperature=0.0)


def text_port(name: str, kind: str = "tokens") -> DataPort:
    return DataPort.model_validate({"name": name, "type": kind, "columns": (name,), "shape": ()})


def described(path: Path, source: str, ports: list[DataPort], text: TextOptions) -> DataSpec:
    spec = DataSpec.model_validate({"source": source, "path": str(path), "text": text})
    return describe(spec.model_copy(update={"ports": tuple(ports)}), path.parent)


def language(folder: Path) -> Project:
    path = folder / "text.txt"
    path.write_text("the cat and the dog and the rat sat. " * 40)
    spec = described(path, "text", [text_port("text")], TextOptions(unit="char", length=10))
    return systems.language_model(spec, epochs=8, batch_size=16)


NUMBERS = ("one", "two", "three", "four", "five")
ZAHLEN = ("eins", "zwei", "drei", "vier", "fünf")


def translation(folder: Path) -> Project:
    path = folder / "numbers.csv"
    pairs = [
        f"{NUMBERS[i]} {NUMBERS[j]},{ZAHLEN[i]} {ZAHLEN[j]}" for i in range(5) for j in range(5)
    ]
    path.write_text("\n".join(["english,german", *pairs * 4]), encoding="utf-8")
    ports = [text_port("english"), text_port("german")]
    spec = described(path, "csv", ports, TextOptions(unit="word", bounds=True))
    project = builders.project(data=spec, epochs=15, batch_size=8)
    recipe = next(recipe for recipe in recipes.RECIPES if recipe.name == "translate")
    recipe.begin(project).apply(project)
    found = recipe.read(project)
    assert found is not None
    recipe.write(project, {**found, "lr": 0.01}).apply(project)
    return project


def tagger(folder: Path) -> Project:
    path = folder / "tags.csv"
    rows = ["the cat sat,det noun verb", "a dog ran off,det noun verb part"] * 20
    path.write_text("\n".join(["words,marks", *rows]))
    ports = [text_port("words"), text_port("marks", "tags")]
    spec = described(path, "csv", ports, TextOptions(unit="space"))
    words, marks = spec.ports
    layers: tuple[builders.Layer, ...] = (
        ("Embedding", {"num_embeddings": len(words.vocabulary), "embedding_dim": 8}),
        ("Linear", {"out_features": len(marks.vocabulary)}),
    )
    network = systems.row("tagger", "words", layers, "logits")
    project = builders.project(network, data=spec, epochs=1, batch_size=8)
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "tag": ("Network", {"network": "tagger"}),
        "loss": ("SequenceCrossEntropy", {"ignore_index": 0}),
        "optimizer": ("Adam", {"lr": 0.1}),
    }
    wires = ["data.words > tag", "tag > loss.input", "data.marks > loss.target", "loss > optimizer"]
    systems.draw(project, nodes, wires)
    return project


def tried(project: Project, folder: Path) -> Tryout:
    session: Session = finished(project, folder)
    assert session.state is State.FINISHED
    return Tryout(session)


@torch.no_grad()
def test_a_language_model_goes_on_from_a_beginning(tmp_path: Path) -> None:
    project = language(tmp_path)
    tryout = tried(project, tmp_path)
    (trial,) = tryout.trials
    (port,) = project.data.ports
    assert trial.writes == port
    assert trial.asked == (port,)
    reply = tryout.ask(trial, {"text": "the c"}, manner=GREEDY)
    network = tryout._plan.networks["model"].eval()
    tokens = encode(port, TextOptions(unit="char"), "the c")
    for _ in range(20):
        logits = network(torch.tensor([tokens[-10:]]))[0, -1]
        tokens.append(2 + int(logits[2:].argmax()))
    assert reply.answer.values.tolist() == [tokens]
    assert reply.texts == ("".join(port.vocabulary[i] for i in tokens),)
    assert reply.texts[0].startswith("the c")


def test_the_same_seed_writes_the_same_text(tmp_path: Path) -> None:
    tryout = tried(language(tmp_path), tmp_path)
    (trial,) = tryout.trials
    before = torch.random.get_rng_state()
    texts = [
        tryout.ask(trial, {"text": ""}, manner=Manner(60, 1.0, seed=seed)).texts[0]
        for seed in (0, 0, 1)
    ]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == 61, "the first token of an example begins it"
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_the_vocabulary_lacks_is_told_and_what_is_too_long_is_cut(tmp_path: Path) -> None:
    tryout = tried(language(tmp_path), tmp_path)
    (trial,) = tryout.trials
    reply = tryout.ask(trial, {"text": "a zebra, a dog"}, manner=Manner(3))
    reading = reply.readings["text"]
    assert (reading.unknown, len(reading.tokens), reading.kept) == (("z", "b", ","), 14, 10)


def test_a_translator_writes_until_the_end(tmp_path: Path) -> None:
    project = translation(tmp_path)
    tryout = tried(project, tmp_path)
    (trial,) = tryout.trials
    assert [port.name for port in trial.asked] == ["english"]
    assert trial.writes == project.data.port("german")
    for manner in (GREEDY, Manner(20, beams=4)):
        right = 0
        for i in range(5):
            for j in range(5):
                written = {"english": f"{NUMBERS[i]} {NUMBERS[j]}"}
                reply = tryout.ask(trial, written, manner=manner)
                right += reply.texts[0] == f"{ZAHLEN[i]} {ZAHLEN[j]}"
        assert right >= 23, manner
    assert len(reply.texts) == len(reply.answer.chances) == 4
    chances = list(reply.answer.chances)
    assert chances == sorted(chances, reverse=True)
    assert 0 < sum(chances) <= 1
    assert tryout.example(trial, 0).truth in {f"{a} {b}" for a in ZAHLEN for b in ZAHLEN}


@torch.no_grad()
def test_beams_of_a_translator_have_the_probabilities_that_it_gives(tmp_path: Path) -> None:
    project = translation(tmp_path)
    tryout = tried(project, tmp_path)
    (trial,) = tryout.trials
    reply = tryout.ask(trial, {"english": "two five"}, manner=Manner(20, beams=3))
    network = next(iter(tryout._plan.networks.values())).eval()
    source, target = project.data.ports
    given = encode(source, TextOptions(), "two five")
    padded = [2, *given, 3, *[0] * (source.shape[0] - len(given) - 2)]
    tokens = [2, *encode(target, TextOptions(), reply.texts[0])]
    logits = network(torch.tensor([padded]), torch.tensor([tokens]))[0].double()
    logits[:, :3] = -math.inf
    logs = logits.log_softmax(1)
    expected = sum(float(logs[i, token]) for i, token in enumerate([*tokens[1:], 3]))
    assert math.log(reply.answer.chances[0]) == pytest.approx(expected, abs=1e-5)


def test_a_tagger_labels_each_word(tmp_path: Path) -> None:
    tryout = tried(tagger(tmp_path), tmp_path)
    (trial,) = tryout.trials
    assert trial.writes is None
    reply = tryout.ask(trial, {"words": "a cat barked"})
    assert reply.tagged[:2] == (("a", "det"), ("cat", "noun"))
    assert reply.tagged[2][0] == "barked"
    assert reply.readings["words"].unknown == ("barked",)


def test_words_are_cut_and_looked_up_as_those_of_the_data() -> None:
    port = DataPort(
        name="text",
        type="tokens",
        columns=("text",),
        shape=(4,),
        dtype="int64",
        vocabulary=("<pad>", "<unk>", "the", "sea", "."),
    )
    spec = DataSpec(source="csv", path="x.csv", ports=(port,), text=TextOptions(lower=True))
    reading = read(spec, port, "The SEA, the Sun and the sea.", 4)
    assert reading.tokens == ("the", "sea", ",", "the", "sun", "and", "the", "sea", ".")
    assert (reading.unknown, reading.kept) == ((",", "sun", "and"), 4)
    assert read(spec, port, "", 4).tokens == ()
