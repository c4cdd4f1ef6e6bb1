"""The project file: what is written is read back, and what is wrong costs as little as can be."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import files, migrations
from graph.dataspec import DataPort, DataSpec, Split
from graph.document import Network, Node, Project, Wire
from graph.errors import FileError
from graph.expressions import Argument, Expression
from graph.settings import RunSettings
from tests.graph import nested
from tests.graph.codegen import generated


def small_project() -> Project:
    project = Project("digits")
    project.set_data(
        DataSpec(
            source="digits",
            image_size=(28, 28),
            ports=(
                DataPort(name="image", type="image", columns=("image",), shape=(1, 28, 28)),
                DataPort(
                    name="label", type="category", columns=("label",), shape=(), dtype="int64"
                ),
            ),
        )
    )
    network = Network("net")
    project.add_network(network)
    network.add_node(Node("n1", "Input", title="image"))
    network.add_node(Node("n2", "Flatten", position=(220.0, 0.0)))
    network.add_node(Node("n10", "Linear", {"out_features": 10}, position=(440.0, 1.5)))
    network.restore_wire(Wire("n1", "output", "n2", "input"))
    network.restore_wire(Wire("n2", "output", "n10", "input"))
    project.training.add_node(Node("n1", "Network", {"network": "net"}))
    return project


def content() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files.dumps(small_project()))
    return found


def opened(value: dict[str, Any]) -> files.Loaded:
    return files.loads(json.dumps(value))


def only(notes: list[str]) -> str:
    assert len(notes) == 1, notes
    return notes[0]


# -- round trip -------------------------------------------------------------------------------


def test_a_project_is_read_back_without_notes() -> None:
    loaded = files.loads(files.dumps(small_project()))
    project = loaded.project
    assert loaded.notes == []
    assert loaded.complete
    assert project.name == "digits"
    assert project.data == small_project().data
    assert project.networks["net"].node("n10") == small_project().networks["net"].node("n10")
    assert set(project.networks["net"].wires()) == set(small_project().networks["net"].wires())
    assert project.training.node("n1").params == {"network": "net"}


def test_a_node_or_a_wire_stands_on_a_line_of_its_own_in_natural_order() -> None:
    lines = [line.strip() for line in files.dumps(small_project()).splitlines()]
    nodes = [line for line in lines if line.startswith('{"id"')]
    assert [line.split('"')[3] for line in nodes] == ["n1", "n2", "n10", "n1"]
    assert nodes[2] == (
        '{"id": "n10", "kind": "Linear", "params": {"out_features": 10}, "position": [440, 1.5]}'
    )
    assert '["n1", "output", "n2", "input"],' in lines


def test_the_order_in_which_a_graph_was_drawn_does_not_show() -> None:
    project = small_project()
    network = project.networks["net"]
    wire = Wire("n1", "output", "n2", "input")
    network.disconnect(wire)
    node = network.node("n1")
    network.remove_node("n1")
    network.add_node(node)
    network.restore_wire(wire)
    assert files.dumps(project) == files.dumps(small_project())


texts = st.text(st.characters(), max_size=12)
expressions = st.sampled_from(["channels", "a * 2 + b", "min(a, 3)", " -a//2"]).map(Expression)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | expressions
arguments = st.lists(
    st.builds(Argument, st.sampled_from("abc"), st.just("int"), st.integers(-9, 9))
    | st.builds(Argument, st.sampled_from("de"), st.just("str"), texts),
    unique_by=lambda argument: argument.name,
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=6)
places = st.floats(-1e6, 1e6).map(lambda x: round(x, 2))


@st.composite
def graphs(draw: st.DrawFn, name: str) -> Network:
    network = Network(name)
    ids = draw(st.lists(texts.filter(bool), unique=True, max_size=6))
    for node_id in ids:
        network.add_node(
            Node(
                node_id,
                draw(texts.filter(bool) | st.sampled_from(["Linear", "ReLU"])),
                draw(st.dictionaries(texts, values, max_size=3)),
                draw(texts),
                (draw(places), draw(places)),
                draw(texts),
            )
        )
    taken = set()
    for _ in range(draw(st.integers(0, 8)) if ids else 0):
        end = st.sampled_from(ids)
        wire = Wire(draw(end), draw(texts), draw(end), draw(texts))
        if (wire.target, wire.target_port) not in taken:
            taken.add((wire.target, wire.target_port))
            network.restore_wire(wire)
    return network


@st.composite
def projects(draw: st.DrawFn) -> Project:
    project = Project(draw(texts))
    for name in draw(st.lists(st.sampled_from(["net", "Encoder", "gan_2"]), unique=True)):
        project.add_network(draw(graphs(name)))
        project.networks[name].set_arguments(draw(arguments))
    project.training = draw(graphs("training"))
    project.set_settings(RunSettings(epochs=draw(st.integers(1, 99)), early_stopping=None))
    project.set_data(
        DataSpec(source="csv", path=draw(texts), split=Split(test=draw(st.floats(0, 0.5))))
    )
    return project


def _told(network: Network) -> list[str]:
    """Nodes as text, since NaN is not equal to itself; a file has arguments in order of name."""
    return sorted(repr(replace(n, params=dict(sorted(n.params.items())))) for n in network)


@settings(max_examples=100, deadline=None)
@given(projects())
def test_every_project_gives_the_same_bytes_again(project: Project) -> None:
    text = files.dumps(project)
    assert text.isascii()
    loaded = files.loads(text)
    assert loaded.notes == []
    assert files.dumps(loaded.project) == text
    assert loaded.project.data == project.data
    assert loaded.project.settings == project.settings
    assert list(loaded.project.networks) == list(project.networks)
    for ours, theirs in zip(project.graphs(), loaded.project.graphs(), strict=True):
        assert _told(ours) == _told(theirs) or _has_split_pairs(text)
        assert len(list(ours.wires())) == len(list(theirs.wires()))
        assert ours.arguments == theirs.arguments or _has_split_pairs(text)


def _has_split_pairs(text: str) -> bool:
    """Whether two lone surrogates met: JSON reads those as the one character they make up."""
    return "\\ud" in text


def test_numbers_that_json_has_no_way_to_write() -> None:
    project = small_project()
    node = Node("n1", "Odd", {"a": float("-inf"), "b": (float("nan"), 1e-320, -0.0, 10**400)})
    project.networks["net"].graph.nodes["n1"]["node"] = node
    text = files.dumps(project)
    assert '{"float": "-inf"}' in text
    read = files.loads(text).project.networks["net"].node("n1").params
    assert repr(read["a"]) == "-inf"
    assert repr(read["b"]) == f"(nan, 1e-320, -0.0, {10**400})"


@pytest.mark.parametrize(
    "title",
    [
        "\ud800 lone",
        "\u202eright to left",
        'quotes " and \\ """',
        "x" * 100_000,
        "\x00\r\n\u2028",
        "🦆",
    ],
    ids=ascii,
)
def test_titles_of_every_kind_are_kept(title: str, tmp_path: Path) -> None:
    project = small_project()
    project.networks["net"].update_node(Node("n1", "Input", title=title, comment=title))
    files.save(project, tmp_path / "p.loom")
    read = files.load(tmp_path / "p.loom").project.networks["net"].node("n1")
    assert (read.title, read.comment) == (title, title)


# -- what this version does not know ------------------------------------------------------------


def test_what_is_not_known_is_kept_and_written_back_unchanged() -> None:
    value = content()
    net = value["networks"][0]
    net["nodes"].append(
        {"id": "n11", "kind": "Quantum", "params": {"qubits": [1, "a"]}, "position": [0, 0]}
    )
    net["wires"].append(["n11", "entangled", "n10", "spin"])
    net["nodes"][0]["colour"] = "red"
    net["folded"] = [1, {"deep": None}]
    value["data"]["stream"] = {"workers": 2}
    value["settings"]["precision"] = "bf16"
    value["training"]["lanes"] = 3
    value["plugins"] = {"a": [1, 2.5, {"b": "c"}]}
    loaded = opened(value)
    assert loaded.complete
    assert loaded.project.networks["net"].node("n11").params == {"qubits": (1, "a")}
    assert Wire("n11", "entangled", "n10", "spin") in set(loaded.project.networks["net"].wires())
    for key in ("colour", "folded", "stream", "precision", "lanes", "plugins"):
        assert any(repr(key) in note for note in loaded.notes), key
    text = files.dumps(loaded.project)
    assert json.loads(text) == value
    assert files.dumps(files.loads(text).project) == text


def test_an_argument_that_no_argument_can_be_is_kept_until_it_is_set() -> None:
    value = content()
    value["networks"][0]["nodes"][2]["params"]["extra"] = {"a": 1}
    loaded = opened(value)
    assert "'extra' should be a number" in only(loaded.notes)
    assert json.loads(files.dumps(loaded.project)) == value


def test_an_expression_that_is_none_is_kept_and_said() -> None:
    value = content()
    _node(value)["params"] = {"out_features": {"expr": "__import__('os')"}}
    loaded = opened(value)
    assert "should be an expression" in loaded.notes[0]
    assert loaded.complete
    assert json.loads(files.dumps(loaded.project)) == value


@pytest.mark.parametrize("name", nested.PROJECTS)
def test_projects_with_blocks_are_read_back(name: str) -> None:
    project = nested.PROJECTS[name]()
    text = files.dumps(project)
    loaded = files.loads(text)
    assert loaded.notes == []
    assert files.dumps(loaded.project) == text
    assert generated.model(loaded.project).text == generated.model(project).text


def test_a_data_description_that_cannot_be_read_is_kept_until_other_data_is_chosen() -> None:
    value = content()
    value["data"]["source"] = "hologram"
    loaded = opened(value)
    assert "source" in only(loaded.notes)
    assert "'hologram'" in only(loaded.notes)
    assert loaded.project.data == DataSpec()
    assert json.loads(files.dumps(loaded.project)) == value
    loaded.project.set_data(DataSpec(source="digits"))
    assert files.loads(files.dumps(loaded.project)).project.data.source == "digits"


# -- what is wrong ----------------------------------------------------------------------------


def _node(value: dict[str, Any], at: int = 2) -> dict[str, Any]:
    node: dict[str, Any] = value["networks"][0]["nodes"][at]
    return node


Damage = Callable[[dict[str, Any]], object]
MENDED: dict[str, tuple[Damage, str]] = {
    "duplicate id": (lambda v: _node(v).update(id="n2"), "has the id 'n2' of another node"),
    "title": (lambda v: _node(v).update(title=5), "'title' should be text; received 5"),
    "position": (lambda v: _node(v).update(position=[1]), "'position' Field required"),
    "far away": (lambda v: _node(v).update(position=[1e300, 0]), "less than or equal to 10000000"),
    "params": (lambda v: _node(v).update(params=[]), "'params' should be an object; received []"),
    "no kind": (lambda v: _node(v).pop("kind"), "'kind' Field required"),
    "node": (lambda v: v["networks"][0]["nodes"].append(7), "Node 4 of 'net' should be an object"),
    "wire to nowhere": (
        lambda v: v["networks"][0]["wires"].append(["n1", "output", "n99", "input"]),
        "there is no node 'n99'",
    ),
    "second wire": (
        lambda v: v["networks"][0]["wires"].append(["n1", "output", "n10", "input"]),
        "that input already has a wire",
    ),
    "short wire": (
        lambda v: v["networks"][0]["wires"].append(["n1"]),
        "should be [source, output, target, input]",
    ),
    "network name": (
        lambda v: v["networks"][0].update(name="my net!"),
        "A network is called 'mynet' here",
    ),
    "second network": (
        lambda v: v["networks"].append({"name": "net", "nodes": [], "wires": []}),
        "A network is called 'net_2' here",
    ),
    "taken name": (
        lambda v: v["networks"][0].update(name="training"),
        "A network is called 'network_training' here",
    ),
    "networks": (lambda v: v.update(networks=3), "'networks' should be a list; received 3"),
    "training": (lambda v: v.update(training=[]), "training graph should be an object"),
    "epochs": (lambda v: v["settings"].update(epochs=-1), "'epochs' should be greater than"),
    "argument": (
        lambda v: v["networks"][0].update(arguments=[["a", "int", 1.5], ["b", "int", 2]]),
        "An argument of 'net' was left out: ['a', 'int', 1.5]. The argument 'a' is one of int",
    ),
    "arguments": (
        lambda v: v["networks"][0].update(arguments={"a": 1}),
        "It should be [name, type, default].",
    ),
    "two arguments": (
        lambda v: v["networks"][0].update(arguments=[["a", "int", 1], ["a", "str", "x"]]),
        "There is one of this name already.",
    ),
    "name of an argument": (
        lambda v: v["networks"][0].update(arguments=[["import os", "int", 1]]),
        "The name of an argument is a word of letters",
    ),
    "project name": (lambda v: v.update(name=None), "name should be text; received None"),
}


@pytest.mark.parametrize(("damage", "said"), MENDED.values(), ids=MENDED.keys())
def test_what_is_wrong_is_said_and_the_rest_opens(damage: Damage, said: str) -> None:
    value = content()
    damage(value)
    loaded = opened(value)
    assert said in " ".join(loaded.notes)
    assert not loaded.complete
    assert "n1" in loaded.project.training or "training graph" in said
    again = files.loads(files.dumps(loaded.project))
    assert files.dumps(again.project) == files.dumps(loaded.project)


def test_a_cycle_opens_as_it_is_drawn() -> None:
    value = content()
    value["networks"][0]["wires"][0] = ["n10", "output", "n2", "input"]
    loaded = opened(value)
    assert loaded.notes == []
    assert Wire("n10", "output", "n2", "input") in set(loaded.project.networks["net"].wires())


def test_a_thousand_faults_are_counted_not_listed() -> None:
    value = content()
    value["networks"][0]["wires"] = [["n1", "output", "gone", str(i)] for i in range(1_000)]
    notes = opened(value).notes
    assert len(notes) == 201
    assert notes[-1] == "... and 800 more."


REFUSED = {
    "": "it is empty",
    "{": "not valid JSON: .* at line 1, column 2",
    '{\n  "format": torchloom\n}': "line 2, column 13",
    "[]": "expected a JSON object",
    '"x"': "expected a JSON object",
    "{}": "its 'format' should be 'torchloom'; received None",
    '{"format": "torchloom"}': "its 'version' should be a whole number from 1 to 1; received 'N",
    '{"format": "torchloom", "version": true}': "received 'True'",
    '{"format": "torchloom", "version": 0}': "received '0'",
    '{"format": "torchloom", "version": ' + "9" * 5000 + "}": "thousands of digits",
    "[" * 200_000: "nested too deep",
    '{"a": ' * 70 + "1" + "}" * 70: "nested more than 64 deep",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=[t[:12] for t in REFUSED])
def test_what_is_no_project_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(FileError, match="The text cannot be opened: ") as refusal:
        files.loads(text)
    assert refusal.match(said)
    assert len(str(refusal.value)) < 400


def test_a_newer_file_says_which_version_it_needs() -> None:
    value = content() | {"version": 7, "needs": "2.3", "networks": "something else entirely"}
    with pytest.raises(FileError, match=r"file format 7; this version reads up to 1") as refusal:
        opened(value)
    assert refusal.match(r"Install Torchloom 2\.3 or later")


def test_an_older_file_goes_through_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: dict[int, migrations.Step] = {
        1: lambda old: {**old, "name": old["title"]},
        2: lambda old: {**old, "name": old["name"].upper()},
    }
    value = content()
    monkeypatch.setattr(migrations, "CURRENT", 3)
    monkeypatch.setattr(migrations, "STEPS", steps)
    value["title"] = value.pop("name")
    assert opened(value).project.name == "DIGITS"
    assert f'"version": {migrations.CURRENT},' in files.dumps(Project())


def test_a_first_format_file_opens_for_ever() -> None:
    text = (Path(__file__).parent / "data" / "format-1.loom").read_text(encoding="ascii")
    loaded = files.loads(text)
    assert loaded.notes == []
    assert files.dumps(loaded.project) == text


def test_more_nodes_than_can_be_drawn_are_refused() -> None:
    value = content()
    value["networks"][0]["nodes"] = [1] * 100_001
    with pytest.raises(FileError, match="it has 100,002 nodes; at most 100,000"):
        opened(value)


def test_a_file_full_of_wires_opens_in_seconds() -> None:
    value = content()
    nodes = [{"id": f"h{i}", "kind": "ReLU"} for i in range(50)]
    wires = [["h0", "output", f"h{k % 2}", str(k)] for k in range(100_000)]
    value["networks"][0].update(nodes=nodes, wires=wires)
    value["training"]["wires"] = []
    start = time.perf_counter()
    assert opened(value).notes == []
    assert time.perf_counter() - start < 20


@pytest.mark.timeout(120)
def test_mutated_files_are_refused_or_open() -> None:
    rng = random.Random(0)
    text = files.dumps(small_project())
    start = time.perf_counter()
    opened_count = longest = 0
    for _ in range(2_000):
        try:
            loaded = files.loads(_mutated(text, rng))
        except FileError as error:
            longest = max(longest, len(str(error)))
            continue
        opened_count += 1
        written = files.dumps(loaded.project)
        assert files.dumps(files.loads(written).project) == written
    assert 20 < longest < 1_000
    assert 200 < opened_count < 1_900
    assert time.perf_counter() - start < 60


VALUES = ["null", "-1", "1e999", "NaN", "[]", "{}", '"\\ud800"', '"n1"', "true", "9" * 5_000, '""']
PIECES = [*VALUES, "{", "]", ",", '"']


def _mutated(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.7:
            text = _with_another_value(text, rng)
            continue
        at = rng.randrange(len(text))
        end = min(len(text), at + rng.randint(0, 30))
        piece = rng.choice([rng.choice(PIECES), "", text[at:end] * 2, chr(rng.randrange(0x110000))])
        text = text[:at] + piece + text[end:]
    return text


def _with_another_value(text: str, rng: random.Random) -> str:
    """Put another value in place of one, so that the text is still JSON mostly."""
    spots = list(re.finditer(r'(?<=[:\[ ])("[^"]*"|[0-9.]+|null|true)(?=[,}\]\n])', text))
    if not spots:
        return text
    spot = rng.choice(spots)
    return text[: spot.start()] + rng.choice(VALUES) + text[spot.end() :]
