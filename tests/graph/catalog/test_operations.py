"""Operations beyond the harness: defaults, ports that follow arguments, wording, bad input."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import catalog
from graph.catalog import operations
from graph.catalog.entry import REQUIRED, InputError, Param
from graph.catalog.functions import argument_help, defaults_of, function_summary
from graph.catalog.operation import OperationKind
from graph.dims import BATCH, TIME, Dim, TensorType
from graph.document import Value
from graph.errors import ParamError
from graph.shapes import evaluate

KINDS = [kind for kind in operations.KINDS if isinstance(kind, OperationKind)]

#: Arguments that PyTorch requires, or takes from a tensor, and that may be left out here because
#: a wire or torch's shorter form (``x.sum()``) takes their place.
OPTIONAL_HERE = {"other", "exponent", "weight", "input", "dim", "end"}
#: Arguments that PyTorch has a default for which a graph cannot use: it needs the values.
REQUIRED_HERE = {("one_hot", "num_classes")}


def tensor(*shape: Dim, dtype: str = "float32") -> TensorType:
    return TensorType(shape, dtype)


def error_of(name: str, inputs: Mapping[str, TensorType], **params: Value) -> InputError:
    result = evaluate(catalog.lookup(name), params, inputs)
    assert result.error is not None
    return result.error


def written(name: str, *inputs: str, wanted: tuple[str, ...] = (), **params: Value) -> str:
    """Return the expression of an operation on inputs with these names, in port order."""
    kind = catalog.lookup(name)
    args = kind.resolve(params, {})
    ports = kind.ports(args, None)
    given = {port.name: text for port, text in zip(ports.inputs, inputs, strict=False)}
    outputs = frozenset(wanted or (port.name for port in ports.outputs))
    return kind.call("", given, args, outputs).expression


# -- read from PyTorch ----------------------------------------------------------------------------


def _arguments() -> list[object]:
    return [
        pytest.param(kind, param, id=f"{kind.name}.{param.name}")
        for kind in KINDS
        if kind.function is not None
        for param in kind.params
        if not param.own and param.name in defaults_of(kind.function)
    ]


@pytest.mark.parametrize(("kind", "param"), _arguments())
def test_defaults_are_those_of_pytorch(kind: OperationKind, param: Param) -> None:
    assert kind.function is not None
    theirs = defaults_of(kind.function)[param.name]
    if (kind.name, param.name) in REQUIRED_HERE:
        assert param.default is REQUIRED
    elif theirs is REQUIRED and param.default is None:
        assert param.name in OPTIONAL_HERE
    else:
        assert repr(param.default) == repr(theirs)


def test_most_defaults_are_compared() -> None:
    assert len(_arguments()) > 90


def test_help_and_summaries_are_read_from_docstrings() -> None:
    def documented() -> None:
        """documented(input, dim=1, *, out=None) -> Tensor

        .. note:: Not this.

        Turns :attr:`input` along :math:`d`; see :class:`~torch.nn.Linear`.

        Args:
            input (Tensor): the input
              tensor.
            dim (int, optional): the ``dim`` to turn

        Keyword args:
            out (Tensor, optional): {out}
        """

    assert function_summary(documented) == "Turns input along d; see torch.nn.Linear."
    assert argument_help(documented) == {
        "input": "the input tensor.",
        "dim": "the dim to turn",
        "out": "out",
    }


# -- ports that follow arguments ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "inputs", "outputs"),
    [
        ("cat", {}, ["tensors0", "tensors1"], ["output"]),
        ("cat", {"inputs": 3}, ["tensors0", "tensors1", "tensors2"], ["output"]),
        ("WeightedSum", {"inputs": 2}, ["input0", "input1"], ["output"]),
        ("einsum", {"equation": "ab->a"}, ["operands0"], ["output"]),
        ("einsum", {"equation": "a,b,c"}, ["operands0", "operands1", "operands2"], ["output"]),
        ("einsum", {}, ["operands0", "operands1"], ["output"]),
        (
            "split",
            {"split_size_or_sections": (1, 2, 3)},
            ["tensor"],
            ["output0", "output1", "output2"],
        ),
        ("chunk", {"chunks": 3}, ["input"], ["output0", "output1", "output2"]),
        ("unbind", {"outputs": 1}, ["input"], ["output0"]),
        ("topk", {"k": 2}, ["input"], ["values", "indices"]),
    ],
)
def test_ports_follow_arguments(
    name: str, params: dict[str, Value], inputs: list[str], outputs: list[str]
) -> None:
    ports = catalog.lookup(name).ports(params, None)
    assert [port.name for port in ports.inputs] == inputs
    assert [port.name for port in ports.outputs] == outputs


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("cat", {"inputs": 10**9}),
        ("WeightedSum", {"inputs": 10**9}),
        ("chunk", {"chunks": 10**9}),
        ("unbind", {"outputs": 10**9}),
        ("split", {"split_size_or_sections": (1,) * 10_000}),
        ("einsum", {"equation": "," * 10_000}),
    ],
)
def test_a_file_cannot_ask_for_endless_ports(name: str, params: dict[str, Value]) -> None:
    ports = catalog.lookup(name).ports(params, None)
    assert len(ports.inputs) + len(ports.outputs) <= 66
    for key, value in params.items():
        with pytest.raises(ParamError):
            catalog.lookup(name).check_param(key, value)


@pytest.mark.parametrize("value", [None, "3", 2.5, True, -7, ()])
def test_ports_survive_nonsense(value: Value) -> None:
    for name, argument in (("cat", "inputs"), ("chunk", "chunks"), ("unbind", "outputs")):
        ports = catalog.lookup(name).ports({argument: value}, None)
        assert 1 <= len(ports.inputs) <= 64
        assert 1 <= len(ports.outputs) <= 64


# -- what a person would have written -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "inputs", "params"),
    [
        ("x.flatten(1)", "flatten", "x", {"start_dim": 1}),
        ("x.mean(dim=(2, 3))", "mean", "x", {"dim": (2, 3)}),
        ("torch.cat((a, b), dim=1)", "cat", "a b", {"dim": 1}),
        ("a + b", "add", "a b", {}),
        ("a + 1.0", "add", "a", {"other": 1.0}),
        ("a - 2", "add", "a", {"other": -2}),
        ("a + 0.5 * b", "add", "a b", {"alpha": 0.5}),
        ("a - 2 * b", "add", "a b", {"alpha": -2}),
        ("x**2", "pow", "x", {"exponent": 2}),
        ("-x", "neg", "x", {}),
        ("a @ b", "matmul", "a b", {}),
        ("x[:, -1]", "select", "x", {"dim": 1, "index": -1}),
        ("x[..., 1:]", "slice", "x", {"dim": -1, "start": 1}),
        ("x[:, :-1]", "slice", "x", {"dim": 1, "end": -1}),
        ("x.permute(0, 2, 1)", "permute", "x", {"dims": (0, 2, 1)}),
        ("x.reshape(x.shape[0], -1, 8)", "reshape", "x", {"shape": ("N", -1, 8)}),
        ("x.split((16, 48), dim=1)", "split", "x", {"split_size_or_sections": (16, 48), "dim": 1}),
        ("F.interpolate(x, scale_factor=2.0)", "interpolate", "x", {"scale_factor": 2.0}),
        ('x.masked_fill(m, float("-inf"))', "masked_fill", "x m", {"value": "-inf"}),
        ("x.to(torch.int64)", "to", "x", {"dtype": "int64"}),
        ("0.5 * a + b", "WeightedSum", "a b", {"weights": (0.5, 1.0)}),
        ("-a - 2.0 * b", "WeightedSum", "a b", {"weights": (-1.0, -2.0)}),
        ("F.linear(x, w, bias=b)", "linear", "x w b", {}),
        ("torch.randn(x.shape[0], 100, device=x.device)", "randn", "x", {"size": ("N", 100)}),
        ("torch.full((), 1.0)", "full", "", {"size": (), "fill_value": 1.0}),
    ],
)
def test_expressions(text: str, name: str, inputs: str, params: dict[str, Value]) -> None:
    assert written(name, *inputs.split(), **params) == text


def test_a_named_part_is_taken_by_its_name() -> None:
    assert written("topk", "x", k=5, wanted=("indices",)) == "x.topk(5).indices"
    assert written("topk", "x", k=5) == "x.topk(5)"


# -- what does not fit ----------------------------------------------------------------------------

IMAGE = tensor(BATCH, 64, 14, 14)


@pytest.mark.parametrize(
    ("name", "params", "inputs", "port", "expected", "fixes"),
    [
        (
            "add",
            {},
            {"input": IMAGE, "other": tensor(BATCH, 32, 14, 14)},
            "other",
            "a shape that broadcasts with (N, 64, 14, 14)",
            ("conv1x1:64",),
        ),
        (
            "mul",
            {},
            {"input": tensor(BATCH, 8), "other": tensor(BATCH, 4)},
            "other",
            "a shape that broadcasts with (N, 8)",
            ("linear:8",),
        ),
        ("add", {}, {"input": IMAGE}, "other", "a tensor, or a number", ()),
        (
            "cat",
            {"dim": 1},
            {"tensors0": IMAGE, "tensors1": tensor(BATCH, 32, 7, 14)},
            "tensors1",
            "size 14 in dimension 2, as at tensors0 (N, 64, 14, 14)",
            (),
        ),
        (
            "cat",
            {"dim": 1},
            {"tensors0": tensor(BATCH, 4, 8), "tensors1": tensor(BATCH, 4, 6)},
            "tensors1",
            "size 8 in dimension 2, as at tensors0 (N, 4, 8)",
            ("set:dim=2",),
        ),
        (
            "cat",
            {"dim": 1},
            {"tensors0": IMAGE, "tensors1": tensor(BATCH, 64)},
            "tensors1",
            "4 dimensions, as many as at tensors0 (N, 64, 14, 14)",
            ("unsqueeze",),
        ),
        (
            "stack",
            {},
            {"tensors0": tensor(BATCH, 4), "tensors1": tensor(BATCH, 5)},
            "tensors1",
            "(N, 4), the shape at tensors0",
            ("linear:4",),
        ),
        (
            "matmul",
            {},
            {"input": tensor(BATCH, 4, 8), "other": tensor(BATCH, 4, 8)},
            "other",
            "size 8 in its second-last dimension, the last size of input (N, 4, 8)",
            ("permute:0,2,1",),
        ),
        ("bmm", {}, {"input": IMAGE, "mat2": IMAGE}, "input", "3 dimensions", ("flatten",)),
        (
            "mean",
            {"dim": (2, 3)},
            {"input": tensor(BATCH, 8)},
            "input",
            "at least 3 dimensions, because dim=(2, 3)",
            (),
        ),
        (
            "unsqueeze",
            {"dim": 3},
            {"input": tensor(BATCH, 8)},
            "input",
            "at least 3 dimensions, because dim=3",
            (),
        ),
        (
            "split",
            {"split_size_or_sections": (1, 2), "dim": 1},
            {"tensor": tensor(BATCH, 4)},
            "tensor",
            "size 3 in dimension 1, the sum of the sections (1, 2)",
            (),
        ),
        (
            "chunk",
            {"chunks": 3, "dim": 1},
            {"input": tensor(BATCH, 4)},
            "input",
            "a size in dimension 1 that makes 3 chunks",
            (),
        ),
        (
            "unbind",
            {"outputs": 2, "dim": 1},
            {"input": tensor(BATCH, 4)},
            "input",
            "size 2 in dimension 1, one for each output",
            ("set:outputs=4",),
        ),
        (
            "select",
            {"dim": 1, "index": 4},
            {"input": tensor(BATCH, 4)},
            "input",
            "a size in dimension 1 that has the index 4",
            (),
        ),
        (
            "einsum",
            {"equation": "bij,bjk->bik"},
            {"operands0": tensor(BATCH, 4, 5), "operands1": tensor(BATCH, 4, 5)},
            "operands1",
            "size 5 for the letter 'j', as at operands0",
            (),
        ),
        (
            "scaled_dot_product_attention",
            {},
            {"query": IMAGE, "key": tensor(BATCH, 64, 14, 8), "value": IMAGE},
            "key",
            "last size 14, as at query (N, 64, 14, 14)",
            ("linear:14",),
        ),
        (
            "WeightedSum",
            {"weights": (1.0, 2.0, 3.0)},
            {"input0": tensor(), "input1": tensor()},
            "input0",
            "3 tensors, one for each weight",
            (),
        ),
        ("randn", {"size": ("N", 4)}, {}, "input", "a tensor that N in size", ()),
        ("arange", {}, {}, "input", "a tensor whose size is the end", ()),
        (
            "SinusoidalPositions",
            {"max_len": 10},
            {"input": tensor(BATCH, 20, 8)},
            "input",
            "at most 10 positions, because of max_len",
            ("set:max_len=20",),
        ),
    ],
)
def test_what_does_not_fit_is_said_at_the_port(
    name: str,
    params: dict[str, Value],
    inputs: dict[str, TensorType],
    port: str,
    expected: str,
    fixes: tuple[str, ...],
) -> None:
    error = error_of(name, inputs, **params)
    assert error.port == port
    assert error.expected.startswith(expected)
    assert error.fixes == fixes
    assert error.received
    assert error.mend.endswith(".")


def test_symbolic_sizes_broadcast_with_themselves_and_with_one() -> None:
    result = evaluate(
        catalog.lookup("add"),
        {},
        {"input": tensor(BATCH, TIME, 8), "other": tensor(1, TIME, 1)},
    )
    assert result.error is None
    assert str(result.outputs["output"]) == "(N, T, 8)"


def test_the_batch_does_not_broadcast_with_a_number() -> None:
    error = error_of("add", {"input": tensor(BATCH, 8), "other": tensor(4, 8)})
    assert error.received == "(4, 8)"


def test_time_flows_through_positions_and_masks() -> None:
    sequence = tensor(BATCH, TIME, 8)
    token = evaluate(catalog.lookup("ClassToken"), {}, {"input": sequence})
    assert str(token.outputs["output"]) == "(N, T+1, 8)"
    mask = evaluate(catalog.lookup("causal_mask"), {}, {"input": sequence})
    assert str(mask.outputs["output"]) == "(T, T)"


# -- strings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "equation", ["ij,jk->ik", "bij", "...i,...i->...", "a,b,c->abc", "ii->i", ",->", "i->"]
)
def test_equations_that_einsum_takes(equation: str) -> None:
    catalog.lookup("einsum").check_param("equation", equation)


@pytest.mark.parametrize(
    "equation",
    ["ij->k", "i j", "ij,jk->ii", "i->i->i", "i.j", "....", '"', "i\n", "é", "i" * 301, "," * 20],
)
def test_equations_that_it_does_not(equation: str) -> None:
    with pytest.raises(ParamError, match="equation"):
        catalog.lookup("einsum").check_param("equation", equation)


@given(st.text(max_size=40) | st.text("abij,.->", max_size=20))
def test_an_equation_stays_a_literal(text: str) -> None:
    kind = catalog.lookup("einsum")
    try:
        kind.check_param("equation", text)
    except ParamError:
        return
    ports = kind.ports({"equation": text}, None).inputs
    names = {port.name: f"x{i}" for i, port in enumerate(ports)}
    call = kind.call("", names, {"equation": text}, frozenset({"output"}))
    tree = ast.parse(call.expression, mode="eval").body
    assert isinstance(tree, ast.Call)
    assert ast.literal_eval(tree.args[0]) == text
    assert len(tree.args) == 1 + len(ports)


@pytest.mark.parametrize("value", ["inf; import os", "nan", math.nan, math.inf, "__import__('os')"])
def test_numbers_take_no_words_but_infinity(value: Value) -> None:
    with pytest.raises(ParamError):
        catalog.lookup("masked_fill").check_param("value", value)


@pytest.mark.parametrize("text", ["N, -1, 8", "(N, T, 4)", "2x3", "-1"])
def test_sizes_are_read_from_a_form(text: str) -> None:
    param = catalog.lookup("reshape").param("shape")
    assert param is not None
    value = param.parse(text)
    assert param.parse(param.format(value)) == value


@pytest.mark.parametrize("value", [("M",), ("N; x",), (1.5,), (True,), (-2,), "N", 3])
def test_sizes_take_no_other_words(value: Value) -> None:
    with pytest.raises(ParamError, match="shape: expected sizes of at least -1"):
        catalog.lookup("reshape").check_param("shape", value)
