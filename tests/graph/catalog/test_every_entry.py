"""One harness over every entry of the catalogue, with the cases of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from graph import catalog, files, shapes
from graph.catalog.entry import REQUIRED, Kind, Param, Pattern
from graph.catalog.layerkind import LayerKind
from graph.catalog.metrics import MetricKind
from graph.catalog.signature import TensorParam
from graph.dims import BATCH, TIME, TensorType
from graph.document import TRAINING, Network, Node, Project, Value, freeze
from graph.errors import ParamError
from graph.expressions import written
from graph.flops import FlopCount
from graph.shapes import evaluate, namespace
from tests.graph.catalog import cases, cases_formulas, cases_operations, cases_training
from tests.graph.catalog.case import Case
from tests.graph.catalog.samples import bad_values, good_values

#: Torch says so where its faster kernel does not apply; the numbers are the same.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
#: Entries that stand for parts of the project or call them; alone they have no code to run.
STRUCTURE = ("Input", "Output", "Data", "Network", "Block", "EMA", "GradientPenalty")
ALL: dict[str, tuple[Case, ...]] = {
    **{name: (Case(),) for name in STRUCTURE},
    **cases.CASES,
    **cases_operations.CASES,
    **cases_formulas.CASES,
    **cases_training.CASES,
}


def _cases(run: bool) -> Iterator[Any]:
    """Yield each case with its name; with `run`, only those of tensors."""
    for name, several in ALL.items():
        for case in several:
            if not run or case.inputs or case.reference is not None:
                yield pytest.param(name, case, id=f"{name}[{case.label}]" if case.label else name)


def _params() -> Iterator[Any]:
    for name, kind in catalog.entries().items():
        for param in kind.params:
            yield pytest.param(param, id=f"{name}.{param.name}")


def _arriving(case: Case) -> dict[str, TensorType]:
    types = {}
    for name, tensor in case.inputs.items():
        at = case.batch_at.get(name, 0)
        shape = tuple(
            BATCH if i == at and name not in case.unbatched else size
            for i, size in enumerate(tensor.shape)
        )
        types[name] = TensorType(shape, str(tensor.dtype).removeprefix("torch."))
    return types


def _batch(case: Case) -> int:
    sizes = {
        tensor.shape[case.batch_at.get(name, 0)]
        for name, tensor in case.inputs.items()
        if name not in case.unbatched and tensor.dim()
    }
    assert len(sizes) <= 1, f"the batches of the case differ: {sizes}"
    return sizes.pop() if sizes else 1


def _resolved(name: str, case: Case) -> tuple[Kind, dict[str, Value]]:
    kind = catalog.lookup(name)
    return kind, kind.resolve(case.params, _arriving(case))


def _wanted(kind: Kind, case: Case) -> frozenset[str]:
    ports = kind.ports(case.params, None).outputs
    return case.wanted if case.wanted is not None else frozenset(p.name for p in ports)


def _run_code(kind: Kind, case: Case, args: Mapping[str, Value]) -> dict[str, Any]:
    """Return what the generated code gives, by output port."""
    names = namespace(kind)
    torch.manual_seed(7)
    constructor = kind.construct(args)
    if constructor is not None:
        names["module"] = eval(constructor, names)
    given = {port: f"given_{port}" for port in case.inputs}
    call = kind.call("module" if constructor else "", given, args, _wanted(kind, case))
    names |= {f"given_{port}": tensor.clone() for port, tensor in case.inputs.items()}
    return dict(_unpack(call.targets, eval(call.expression, names)))


def _unpack(pattern: Pattern, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(pattern, str):
        if pattern != "_":
            yield pattern, value
        return
    assert len(pattern) == len(value)
    for part, inner in zip(pattern, value, strict=True):
        yield from _unpack(part, inner)


def _run_by_hand(kind: Kind, case: Case) -> dict[str, Any]:
    """Return what the torch class gives, called by hand, by output port."""
    torch.manual_seed(7)
    inputs = {port: tensor.clone() for port, tensor in case.inputs.items()}
    if case.reference is not None:
        value = case.reference(**inputs)
    else:
        assert isinstance(kind, LayerKind), f"the case of {kind.name} needs a reference"
        value = _built(kind, {**case.params, **case.inferred})(*_in_order(kind, case, inputs))
    if isinstance(value, dict):
        return value
    ports = [port.name for port in kind.ports(case.params, None).outputs]
    values = (value,) if isinstance(value, Tensor) else tuple(value)
    assert len(ports) == len(values), f"{kind.name} has outputs {ports}, torch gives {len(values)}"
    return dict(zip(ports, values, strict=True))


def _built(kind: LayerKind, params: Mapping[str, Value]) -> nn.Module:
    given: dict[str, Any] = {}
    for name, value in params.items():
        param = kind.param(name)
        assert param is not None
        tensor = isinstance(param, TensorParam) and value is not None
        given[name] = torch.tensor(value) if tensor else value
    return kind.torch_class(**given)


def _in_order(kind: LayerKind, case: Case, inputs: dict[str, Tensor]) -> list[Tensor | None]:
    order = [inputs.get(port.name) for port in kind.ports(case.params, None).inputs]
    while order and order[-1] is None:
        order.pop()
    return order


# -- completeness ---------------------------------------------------------------------------------


def test_every_entry_has_a_case() -> None:
    assert set(catalog.entries()) == set(ALL)


def test_there_are_enough_kinds() -> None:
    assert len(catalog.entries()) >= 230


@pytest.mark.parametrize("kind", [*catalog.entries().values()], ids=lambda kind: kind.name)
def test_an_entry_explains_itself(kind: Kind) -> None:
    assert kind.doc, "without a word of help"
    assert ":math:" not in kind.doc
    assert "`" not in kind.doc
    assert kind.places
    names = [param.name for param in kind.params]
    assert len(names) == len(set(names))
    for param in kind.params:
        assert param.doc, f"{param.name} without a word of help"
        assert "`" not in param.doc
        if param.default is not REQUIRED:
            param.check(param.default)
    for name, value in kind.presets.items():
        kind.check_param(name, value)


@pytest.mark.parametrize("kind", [*catalog.entries().values()], ids=lambda kind: kind.name)
def test_a_new_node_lacks_nothing_but_what_arrives(kind: Kind) -> None:
    if kind.takes_network:
        return  # which network it is says the one who places it
    missing = [p.name for p in kind.params if p.required and p.name not in kind.presets]
    assert missing == []


# -- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize("param", [*_params()])
def test_values_survive_form_and_file(param: Param) -> None:
    values = good_values(param)
    for value in values:
        param.check(value)
        assert param.parse(param.format(value)) == value
        back = freeze(json.loads(json.dumps(value)))
        assert back == value
        assert type(back) is type(value)


@pytest.mark.parametrize("param", [*_params()])
def test_a_bad_value_is_refused_by_name_expectation_and_value(param: Param) -> None:
    for value in bad_values(param):
        with pytest.raises(ParamError) as caught:
            param.check(value)
        assert str(caught.value) == f"{param.name}: expected {param.expected}, received {value!r}"
        assert caught.value.param == param.name


@pytest.mark.parametrize(("name", "case"), [*_cases(run=False)])
def test_arguments_survive_the_project_file(name: str, case: Case) -> None:
    kind = catalog.lookup(name)
    for param, value in case.params.items():
        kind.check_param(param, value)
    project = Project()
    project.add_network(Network("network"))
    graph = project.networks["network"] if "network" in kind.places else project.training
    graph.add_node(Node("node", name, dict(case.params)))
    loaded = files.loads(files.dumps(project)).project
    again = loaded.networks["network"] if graph.name != TRAINING else loaded.training
    assert again.node("node").params == case.params
    for param, value in case.params.items():
        assert repr(again.node("node").params[param]) == repr(value)


# -- inference, shapes, numbers -------------------------------------------------------------------


@pytest.mark.parametrize(("name", "case"), [*_cases(run=True)])
def test_arguments_are_inferred(name: str, case: Case) -> None:
    kind, args = _resolved(name, case)
    for param in case.inferred:
        assert param not in case.params
    assert {param: args[param] for param in case.inferred} == case.inferred
    complete = {p.name for p in kind.params if p.required or p.inferred}
    assert complete <= set(args)


@pytest.mark.parametrize(("name", "case"), [*_cases(run=True)])
def test_code_gives_the_numbers_of_torch(name: str, case: Case) -> None:
    kind, args = _resolved(name, case)
    got, wanted = _run_code(kind, case, args), _run_by_hand(kind, case)
    for port in _wanted(kind, case):
        torch.testing.assert_close(got[port], wanted[port], rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(("name", "case"), [*_cases(run=True)])
def test_inferred_shape_is_the_real_one(name: str, case: Case) -> None:
    if case.shape_depends_on_values:
        return
    kind, args = _resolved(name, case)
    result = evaluate(kind, case.params, _arriving(case))
    assert result.error is None, (result.error.args, result.error.mend)
    real = _run_code(kind, case, args)
    for port in _wanted(kind, case):
        inferred = result.outputs[port]
        assert inferred.at(_batch(case), 1) == tuple(real[port].shape), port
        assert f"torch.{inferred.dtype}" == str(real[port].dtype), port


@pytest.mark.parametrize(("name", "case"), [*_cases(run=True)])
def test_a_layer_is_the_very_torch_class_with_so_many_parameters(name: str, case: Case) -> None:
    kind, args = _resolved(name, case)
    constructor = kind.construct(args)
    if constructor is None:
        return
    module = eval(constructor, namespace(kind))
    if isinstance(kind, LayerKind):
        assert type(module) is getattr(nn, name)
    own = module.parameters() if isinstance(module, nn.Module) else [module]
    expected = sum(p.numel() for p in own)
    assert evaluate(kind, case.params, _arriving(case)).cost.parameters == expected


RULED = (
    "RNN",
    "GRU",
    "LSTM",
    "MultiheadAttention",
    "TransformerEncoderLayer",
    "TransformerDecoder",
    "Transformer",
)


@pytest.mark.parametrize("name", RULED)
def test_operations_by_rule_are_those_counted(name: str) -> None:
    for case in ALL[name]:
        if any(port.endswith("mask") for port in case.inputs):
            continue  # a stack reads its masks, which the meta device cannot
        kind, args = _resolved(name, case)
        names = namespace(kind)
        with torch.device("meta"), torch.no_grad():
            names["module"] = eval(kind.construct(args) or "", names)
            names |= {k: v[:1].to("meta") for k, v in case.inputs.items() if not case.batch_at}
            names |= {k: v.to("meta") for k, v in case.inputs.items() if case.batch_at}
            call = kind.call("module", {k: k for k in case.inputs}, args, _wanted(kind, case))
            with FlopCounterMode(display=False) as counter:
                eval(call.expression, names)
        batch = _batch(case) if case.batch_at else 1
        by_rule = evaluate(kind, case.params, _arriving(case)).cost.flops
        assert by_rule * batch == counter.get_total_flops()


CLASSIFIED = {"logits": TensorType((BATCH, 10)), "target": TensorType((BATCH,), "int64")}


def _ruled_calls() -> Iterator[Any]:
    """Yield each case whose call goes by rule, and shapes that the cases do not have."""
    for name, several in ALL.items():
        kind = catalog.lookup(name)
        if type(kind).call_rule is Kind.call_rule:
            continue
        if isinstance(kind, MetricKind) and not kind.takes_all:
            continue
        for i, case in enumerate(several):
            arriving = _arriving(case) or CLASSIFIED  # the cases of metrics are elsewhere
            yield pytest.param(name, case.params, arriving, id=f"{name}-{i}")
            sizes = [one.shape for one in arriving.values()]
            for more in ((BATCH, TIME), (3, BATCH, 4, 5), (2,)):
                types = {}
                for port, one in arriving.items():
                    shape = (*more, sizes[0][-1])
                    if len(one.shape) < len(sizes[0]):  # class indices have no classes
                        shape = (shape[0], *shape[2:])
                    types[port] = TensorType(shape, one.dtype)
                yield pytest.param(name, case.params, types, id=f"{name}-{i}-{len(more)}")


@pytest.mark.parametrize(("name", "params", "arriving"), [*_ruled_calls()])
def test_a_call_by_rule_gives_what_the_run_gives(
    name: str,
    params: dict[str, Value],
    arriving: dict[str, TensorType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = catalog.lookup(name)
    by_rule = evaluate(kind, params, arriving)
    monkeypatch.setattr(type(kind), "call_rule", Kind.call_rule)
    shapes._evaluate.cache_clear()
    by_run = evaluate(kind, params, arriving)
    shapes._evaluate.cache_clear()
    assert (by_rule.outputs, by_rule.cost) == (by_run.outputs, by_run.cost)
    assert str(by_rule.error) == str(by_run.error)


@pytest.mark.parametrize(("name", "case"), [*_cases(run=True)])
def test_operations_are_those_that_torch_counts(name: str, case: Case) -> None:
    kind, args = _resolved(name, case)
    by_rule = type(kind).cost_rule is not Kind.cost_rule
    if by_rule or case.shape_depends_on_values or isinstance(kind, MetricKind):
        return
    names = namespace(kind)
    with torch.device("meta"), torch.no_grad():
        names["module"] = eval(kind.construct(args) or "None", names)
        names |= {port: tensor.to("meta") for port, tensor in case.inputs.items()}
        call = kind.call("module", {port: port for port in case.inputs}, args, _wanted(kind, case))
        with FlopCounterMode(display=False) as theirs:
            eval(call.expression, names)
        with FlopCount() as ours:
            eval(call.expression, names)
    assert ours.total == theirs.get_total_flops()


# -- torch.nn, whole ------------------------------------------------------------------------------

#: What of torch.nn is no layer to place: containers, base classes, and classes out of use.
NOT_LAYERS = {
    "Module",
    "Container",
    "Sequential",
    "ModuleList",
    "ModuleDict",
    "ParameterList",
    "ParameterDict",
    "DataParallel",
    "RNNBase",
    "RNNCellBase",
    "NLLLoss2d",
}


def test_every_usable_class_of_torch_nn_is_there() -> None:
    classes = {
        name
        for name in dir(nn)
        if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.Module)
    }
    usable = {name for name in classes - NOT_LAYERS if not name.startswith("Lazy")}
    have = {name for name, kind in catalog.entries().items() if isinstance(kind, LayerKind)}
    assert have == usable


def test_a_class_that_this_torch_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from graph.catalog.layerkind import layer, present

    monkeypatch.delattr(nn, "Mish")
    assert present(layer("Mish", "activation")) == ()


# -- expressions ----------------------------------------------------------------------------------

#: Arguments that a wire takes the place of in their case.
_WIRED = {("lerp", "weight")}


@pytest.mark.parametrize("name", [n for n, k in catalog.entries().items() if "network" in k.places])
def test_an_expression_stands_in_the_code_as_it_is(name: str) -> None:
    """What another instance gives for an argument must not be lost, whatever this one gives."""
    kind = catalog.lookup(name)
    if kind.family == "structure":
        return
    args = kind.resolve(ALL[name][0].params, {})
    ports = kind.ports(args, None)
    given = {port.name: port.name for port in ports.inputs}
    for param in kind.params:
        value = args.get(param.name)
        items = value if isinstance(value, tuple) else (value,)
        numbers = items and all(isinstance(item, int | float) for item in items)
        if not param.takes_expressions or not numbers or (name, param.name) in _WIRED:
            continue
        symbols = tuple(written(item, "symbol") for item in items)
        asked = {**args, param.name: symbols if isinstance(value, tuple) else symbols[0]}
        call = kind.call("module", given, asked, frozenset(p.name for p in ports.outputs))
        assert "symbol" in f"{kind.construct(asked)} {call.expression}", param.name
