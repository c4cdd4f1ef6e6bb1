"""Generated code is laid out as ruff format lays it out, however long its parts are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graph import catalog
from graph.catalog.writing import literal
from graph.codegen import generate_model
from graph.codegen.source import WIDTH, Source, Writer, layout, split_arguments
from graph.dataspec import DataPort, DataSpec
from graph.document import Project, Wire
from tests import builders
from tests.graph.catalog.cases import CASES
from tests.graph.catalog.cases_formulas import CASES as FORMULA_CASES
from tests.graph.catalog.cases_operations import CASES as OPERATION_CASES
from tests.graph.codegen import generated
from tests.graph.surroundings import Given, surrounded, types_of

_TITLES = ("", "a rather long title that goes on and on and on", "type")


def _every_kind() -> dict[str, str]:
    """A network for every kind that belongs in one, plain and with long names."""
    files = {}
    for kind, cases in {**CASES, **OPERATION_CASES, **FORMULA_CASES}.items():
        if "network" not in catalog.lookup(kind).places:
            continue
        for number, case in enumerate(cases):
            for title in _TITLES if number == 0 else _TITLES[1:2]:
                types = types_of(case)
                project = surrounded(kind, case.params, types, title)
                if title:
                    _rename_inputs(project)
                analysis = Given(project, types)
                text = generate_model(project, analysis).text
                analysis.close()
                files[f"{kind}_{number}_{title[:1]}.py"] = text
    return files


def _rename_inputs(project: Project) -> None:
    network = project.network("net")
    for i, node in enumerate(network.by_kind("Input")):
        network.update_node(replace(node, title=f"{i} long argument " * 2))


def test_networks_of_every_kind(tmp_path: Path) -> None:
    files = _every_kind()
    assert len(files) > 700
    assert generated.ruff_says(files, tmp_path) == ""


def _two(networks: tuple[str, str], ports: tuple[str, str, str], **settings: object) -> Project:
    """Two networks, each with an optimizer of its own, on data with these ports."""
    made = [
        builders.chain([("Linear", {"out_features": 3})], name=name, source=source)
        for name, source in zip(networks, "fg", strict=True)
    ]
    shapes = (4, 4, 3)
    columns = [
        DataPort(name=name, type="number", columns=(str(i),), shape=(shapes[i],))
        for i, name in enumerate(ports)
    ]
    data = DataSpec(source="csv", path="t.csv", ports=tuple(columns))
    project = builders.project(*made, data=data, **settings)
    training = project.training
    builders.add(training, "data", "Data")
    title = networks[0][:1] * len(networks[0])
    for i, source in enumerate("fg"):
        builders.add(training, f"use{i}", "Network", network=networks[i])
        builders.add(training, f"loss{i}", "MSELoss", title)
        clips = {"clip_norm": 1.0, "every": 2} if i else {"clip_value": 0.5}
        builders.add(training, f"step{i}", "Adam", title, **clips)
        training.connect(Wire("data", ports[i], f"use{i}", source))
        training.connect(Wire(f"use{i}", "logits", f"loss{i}", "input"))
        training.connect(Wire("data", ports[2], f"loss{i}", "target"))
        builders.connect(training, f"loss{i} > step{i}")
    builders.add(training, "error", "MeanAbsoluteError", title)
    builders.connect(training, "use0 > error.prediction")
    training.connect(Wire("data", ports[2], "error", "target"))
    builders.add(training, "plateau", "ReduceLROnPlateau", title)
    builders.connect(training, "step0 > plateau")
    builders.add(training, "cycle", "OneCycleLR", max_lr=0.1)
    builders.connect(training, "step1 > cycle")
    return project


_LONG = "a_long_name_for_a_network_that_goes_on_and_on"
_SCRIPTS = {
    "plain": (("a", "b"), ("x", "y", "z")),
    "long": ((f"{_LONG}_1", f"{_LONG}_2"), ("the first long column of the data", "second", "z")),
    "taken": (("print", "Class"), ("train", "order", "measure")),
    "same": (("x", "loss"), ("loss", "x", "results")),
    "script": (("SEED", "Mean"), ("batch", "copy", "step")),
    "kinds": (("accuracy", "Tensor"), ("Adam", "nn", "F")),
    "widest": (("w" * 40, "v" * 40), ("u" * 40, "t" * 40, "s" * 40)),
    "quotes": (("a", "b"), ('"' * 31, "'\"'", "{x}")),
}


@pytest.mark.parametrize("name", _SCRIPTS)
def test_scripts(name: str, tmp_path: Path) -> None:
    networks, ports = _SCRIPTS[name]
    for i, (patience, parts) in enumerate(((None, True), (3, False))):
        project = _two(networks, ports, early_stopping=patience, shuffle=parts)
        text = generated.script(project, has_validation=parts, has_test=parts).text
        (folder := tmp_path / str(i)).mkdir()
        files = {"train.py": text, "model.py": generated.model(project).text, "data.py": ""}
        assert generated.ruff_says(files, folder) == ""


def test_column_names_of_every_length(tmp_path: Path) -> None:
    texts = {}
    for length in range(10, 70):
        text = generated.script(_two(("a", "b"), ("x" * length, "y", "z"))).text
        texts[f"s{length}.py"] = text.replace("from data ", "from .data ").replace(
            "from model ", "from .model "
        )
    assert generated.ruff_says(texts, tmp_path) == ""


def test_texts_as_literals(tmp_path: Path) -> None:
    parts = ["", '"', "'", "\\", "a", "\n", "\x0c", "\u2028", "é", "\ud800", "\U0001f600", "\u202e"]
    values = [a + b + c for a in parts for b in parts for c in parts]
    text = "".join(f"x = {literal(value)}\n" for value in values)
    assert generated.ruff_says({"literals.py": text}, tmp_path) == ""
    names: dict[str, object] = {}
    exec(f"x = [{', '.join(map(literal, values))}]", names)
    assert names["x"] == values


def test_what_fits_stays_on_its_line() -> None:
    assert layout("x = ", "f(a, b)", "", 1) == ["    x = f(a, b)"]
    exactly = f"f({'a' * (WIDTH - 7)})"
    assert layout("x = ", exactly, "", 0) == [f"x = {exactly}"]
    assert layout("x = ", f"f({'a' * (WIDTH - 6)})", "", 0)[0] == "x = f("


def test_arguments_are_split_outside_of_brackets_and_strings() -> None:
    assert split_arguments('a, f(b, [c, d]), e="x, \\", y", g={h, i}') == [
        "a",
        "f(b, [c, d])",
        'e="x, \\", y"',
        "g={h, i}",
    ]
    assert split_arguments("") == []


def test_a_source_has_an_origin_for_every_line() -> None:
    writer = Writer()
    writer.line("import torch")
    writer.statement("x = ", f"f({', '.join(['argument'] * 20)})", 1, ("net", "a"), "# (N, 1)")
    writer.line()
    source: Source = writer.source()
    assert len(source.nodes) == source.text.count("\n")
    assert source.lines_of("net", "a") == list(range(1, len(source.nodes) - 1))


def test_a_dict_that_fits_no_line_has_an_item_per_line() -> None:
    names = [f"loss_number_{i}" for i in range(4)]
    pairs = ", ".join(f'"{name}": Mean()' for name in names)
    assert layout("means = ", f"{{{pairs}}}", "", 2) == [
        "        means = {",
        *(f'            "{name}": Mean(),' for name in names),
        "        }",
    ]
