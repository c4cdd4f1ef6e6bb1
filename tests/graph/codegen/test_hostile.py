"""Whatever text a stranger's file holds, the program stays the program: only literals and the
names made from titles differ."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph import catalog
from graph.analysis import Analysis
from graph.codegen import generate_model, generate_training, write_training
from graph.compile import compile_source
from graph.dataspec import DataPort
from graph.document import Network, Node, Project, Wire
from graph.errors import GenerateError
from graph.files import dumps, loads
from tests import builders
from tests.graph.codegen import generated

_PIECES = (
    '"', "'", '"""', "'''", "\\", "\\\n", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d",
    "\x1e",
    "\x85", "\u2028", "\u2029", "\x00", "\x1b[2J", "\t", "\ufeff", "\u202e", "\u2066", "\u200b",
    "\ud800", "\udfff", "\U0001f4a5", "é", "ß", "İ", "ﬁ", "中", "#", "# noqa", ")", "]", "}",
    "{x}",
    "{params}", "{optimizer}", "{epochs}", "%s", "$", "import os", "\nimport os\n",
    "__import__('os')",
    '"""\nimport os\n"""', "x = 1", ";", "print", "self", "torch", "nn", "F", "class", "lambda: 0",
    "_", "__class__", "__init__", "9", "None", "forward", "x", "means", "loss", "train", " ",
    "a" * 300,
)  # fmt: skip
hostile = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=6).map("".join),
    st.text(alphabet=st.characters(), max_size=12),
)


class _Places:
    """Builds the same project with any text in every place that takes text."""

    def __init__(self, text: Callable[[str], str]) -> None:
        self.text = text

    def project(self) -> Project:
        project = Project(self.text("project name"))
        project.add_network(self._network())
        port, columns = self._ports()
        project.set_data(
            builders.project().data.model_copy(
                update={"source": "npz", "path": self._unicode("path"), "ports": columns}
            )
        )
        training = project.training
        self._node(training, "data", "Data")
        self._node(training, "use", "Network", network="net")
        self._node(training, "loss", "CrossEntropyLoss")
        self._node(training, "metric", "Accuracy")
        self._node(training, "adam", "Adam", lr=0.01)
        self._node(training, "steps", "StepLR", step_size=2)
        self._node(training, "average", "EMA", network="net")
        self._node(training, "noise", "Noise")
        self._node(training, "drop", "Dropout")
        for number in range(3):
            self._node(training, f"show{number}", "ShowTable")
        ins = {p.name: None for p in training.ports("use").inputs}
        logits = training.ports("use").outputs[0].name
        wires = [Wire("data", port, "use", name) for name in ins]
        for node in ("loss", "metric"):
            first, second = (p.name for p in training.ports(node).inputs)
            wires += [Wire("use", logits, node, first), Wire("data", columns[1].name, node, second)]
        wires += [Wire("data", port, "average", name) for name in ins]
        wires += [
            Wire("average", logits, "show0", "input"),
            Wire("noise", "output", "drop", "input"),
            Wire("drop", "output", "show1", "input"),
            Wire("loss", "loss", "show2", "input"),
            Wire("loss", "loss", "adam", "loss"),
        ]
        wires.append(Wire("adam", "optimizer", "steps", "optimizer"))
        for wire in wires:
            training.restore_wire(wire)
        return project

    def _unicode(self, place: str) -> str:
        """Text for the data description, which takes no lone surrogates and only short names."""
        return self.text(place)[-150:].encode("utf-8", "replace").decode("utf-8")

    def _ports(self) -> tuple[str, tuple[DataPort, DataPort]]:
        first, second = self._unicode("port 1"), self._unicode("port 2")
        second += "2" if first == second else ""
        classes = tuple(self._unicode(f"class {i}") for i in range(3))
        return first, (
            DataPort(name=first, type="number", columns=(self._unicode("column"),), shape=(4,)),
            DataPort(
                name=second, type="category", columns=("y",), shape=(), dtype="int64",
                classes=classes,
            ),
        )  # fmt: skip

    def _network(self) -> Network:
        network = Network("net")
        for node_id, kind, params in (
            ("a", "Input", {}),
            ("b", "Linear", {"out_features": 6}),
            ("c", "ReLU", {}),
            ("d", "chunk", {"chunks": 2, "dim": 1}),
            ("e", "add", {}),
            ("f", "einsum", {"equation": "ni,nj->nij"}),
            ("g", "Flatten", {}),
            ("h", "Linear", {"out_features": 3}),
            ("i", "Output", {}),
        ):
            self._node(network, node_id, kind, **params)
        for wire in ("a > b", "b > c", "c > d", "d.output0 > e.input", "d.output1 > e.other",
                     "e > f.operands0", "e > f.operands1", "f > g", "g > h", "h > i"):  # fmt: skip
            builders.connect(network, wire)
        return network

    def _node(self, network: Network, node_id: str, kind: str, /, **params: Any) -> None:
        builders.add(network, node_id, kind, self.text(f"title {node_id}"), **params)
        node = network.node(node_id)
        network.update_node(replace(node, comment=self.text(f"comment {node_id}")))


_FIXED = {"torch", "nn", "F", "self", "math", *dir(builtins)}


class _Plain(ast.NodeTransformer):
    """Takes out of a program what may differ: text, and the names that are made from titles."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        _check_name(node.id)
        return ast.Name(node.id if node.id in _FIXED else "name", node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            _check_name(node.attr)
            return ast.Attribute(node.value, "attribute", node.ctx)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        _check_name(node.arg)
        self.generic_visit(node)
        return ast.arg("name", node.annotation)


def _check_name(name: str) -> None:
    assert name.isidentifier(), name
    assert name.isascii(), name
    assert not keyword.iskeyword(name), name


def _programs(project: Project) -> tuple[str, str]:
    texts = generated.model(project).text, generated.script(project).text
    for text in texts:
        assert text.encode("utf-8").decode("utf-8") == text
        assert not set(text) & set("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00\u202e\u2066\ufeff")
    return texts


def _shape(text: str) -> str:
    return ast.dump(_Plain().visit(ast.parse(text)))


def _expected() -> tuple[str, str]:
    model, script = _programs(_Places(lambda place: f"plain {place}").project())
    return _shape(model), _shape(script)


_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=30, deadline=None, suppress_health_check=_SLOW)
@given(st.data())
def test_text_anywhere_leaves_the_program_as_it_is(data: st.DataObject) -> None:
    project = _Places(
        # A blank title is no title, and a title starts a part of its own.
        lambda place: data.draw(hostile, label=place) + ("" if "comment" in place else "?")
    ).project()
    model, script = _programs(project)
    assert (_shape(model), _shape(script)) == _expected()


@pytest.mark.parametrize("piece", [*_PIECES, "x" * 100_000, '"' * 100_000, "\\" * 99_999])
def test_each_piece_everywhere(piece: str) -> None:
    """Titles too, where the names they become must still work when the program runs."""
    project = _Places(lambda place: f"{piece}?").project()
    model, script = _programs(project)
    assert (_shape(model), _shape(script)) == _expected()
    again = loads(dumps(project)).project
    assert _programs(again) == (model, script)
    analysis = Analysis(project)
    assert analysis.errors() == []
    made = compile_source(generate_model(project, analysis), "hostile")
    steps = compile_source(generate_training(project, analysis), "hostile training")
    module = made.names["Net"]()
    losses = steps.names["compute_loss"](module, torch.ones(2, 4), torch.tensor([0, 2]))
    assert all(torch.isfinite(loss) for loss in losses.values())
    code = write_training(project, analysis)
    assert code.watch is not None
    assert code.watch_source is not None
    watch = compile_source(code.watch_source, "hostile monitors", steps.names).names["watch"]
    shown = watch(module, module, torch.ones(2, 4), torch.tensor([0, 2]))
    assert [*shown] == ["0.input", "1.input", "2.input"]
    assert all(torch.isfinite(value).all() for value in shown.values())


_VALUES: tuple[Any, ...] = (
    '")\nimport os\n("',
    "\ud800",
    ("a\nb", '"'),
    (("deep", ("er",)),),
    float("nan"),
    10**30,
    None,
)


@pytest.mark.parametrize("value", _VALUES, ids=repr)
def test_no_argument_brings_code(value: Any) -> None:
    """Every argument of every node, as a file may hold it: refused, or written as a literal."""
    refused = 0
    base = _Places(lambda place: f"plain {place}").project()
    expected = ast.dump(ast.parse("".join(_programs(base))))
    for network in base.graphs():
        for node in list(network):
            names = [param.name for param in catalog.lookup(node.kind).params]
            for name in [*names, "not an argument", '"""']:
                params = {**node.params, name: value}
                network.graph.nodes[node.id]["node"] = replace(node, params=params)
                try:
                    tree = ast.parse("".join(_programs(base)))
                except GenerateError:
                    refused += 1
                else:
                    assert not _names(tree) & {"os", "system", "__import__"}
                    assert name not in ("not an argument", '"""') or ast.dump(tree) == expected
                network.graph.nodes[node.id]["node"] = node
    assert refused > 5


def _names(tree: ast.AST) -> set[str]:
    nodes = list(ast.walk(tree))
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {
        n.attr for n in nodes if isinstance(n, ast.Attribute)
    }


@pytest.mark.parametrize(
    "comment",
    ["# noqa", "noqa: F401", "fmt: off", "type: ignore", "see C# # fmt:skip", "ruff: noqa"],
)
def test_a_comment_tells_tools_nothing(comment: str) -> None:
    network = builders.chain([("Linear", {"out_features": 2})], shape=(4,))
    network.update_node(replace(network.node("n1"), comment=comment))
    (line,) = [x for x in generated.model(builders.project(network)).text.split("\n") if "# " in x]
    assert not re.search(r"#\s*(noqa|fmt|type|ruff)", line)
    assert comment.split()[-1].lstrip("#") in line


def test_a_node_id_is_only_an_id() -> None:
    network = builders.chain(["ReLU"], shape=(4,))
    for node_id in ('"""', "a\nimport os", "\ud800", "cut:a:b"):
        network.add_node(Node(node_id, "Tanh"))
        network.restore_wire(Wire("n1", "output", node_id, "input"))
        builders.add(network, f"out {node_id}", "Output")
        network.restore_wire(Wire(node_id, "output", f"out {node_id}", "input"))
    text = generated.model(builders.project(network)).text
    ast.parse(text)
    assert "import os" not in text


@pytest.mark.parametrize("word", [*keyword.kwlist, *keyword.softkwlist, *dir(torch.nn.Module)])
def test_titles_that_mean_something_already(word: str) -> None:
    layers = [("Linear", {"out_features": 4}, word), ("Linear", {"out_features": 4}, word)]
    network = builders.chain(layers, shape=(4,), source=word)
    builders.add(network, "more", "relu", word)
    builders.add(network, "last", "Output", word)
    builders.connect(network, "n1 > more")
    builders.connect(network, "more > last")
    project = builders.project(network)
    analysis = Analysis(project)
    names = compile_source(generate_model(project, analysis), "words").names
    first, second = names["Net"]()(torch.ones(2, 4))
    assert first.shape == second.shape == (2, 4)
