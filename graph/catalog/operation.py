"""What an operation's entry is made of: ports, arguments, and ways to write it as an expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graph.catalog.entry import REQUIRED, Call, InputError, Kind, Param, Pattern, Port, Ports
from graph.catalog.functions import argument_help, function_summary
from graph.catalog.writing import call_text, literal
from graph.dims import TensorType

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = [
    "OperationKind",
    "count",
    "flag",
    "function",
    "infix",
    "method",
    "number",
    "one_of",
    "operand",
    "operation",
    "several",
    "whole",
]

Writer = Callable[["OperationKind", Mapping[str, str], Mapping[str, "Value"]], str]
"""Writes an expression from the kind, the expressions of its inputs and its arguments."""

Check = Callable[[Mapping[str, "Value"], Mapping[str, TensorType]], None]
"""Raises InputError where what arrives cannot be taken."""

_DIMENSIONS = frozenset({"dim", "dims", "dim0", "dim1", "start_dim", "end_dim"})
_INFINITE = ("inf", "-inf")


@dataclass(frozen=True, kw_only=True)
class OperationKind(Kind):
    """A function of tensors, written as one expression.

    An input port that ends in ``*`` stands for as many ports as the argument ``inputs`` says,
    called by its name and a number; an output port likewise by the argument ``outputs``.
    """

    __hash__ = Kind.__hash__

    write: Writer
    inputs: tuple[Port, ...] = (Port("input"),)
    outputs: tuple[Port, ...] = (Port("output"),)
    #: torch's function, whose names, defaults and help these are.
    function: Callable[..., Any] | None = None
    checks: tuple[Check, ...] = ()
    #: How many dimensions more than its input the result has; arguments may name these too.
    new_dims: int = 0

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports(
            self._expanded(self.inputs, "inputs", params),
            self._expanded(self.outputs, "outputs", params),
        )

    def _expanded(
        self, ports: tuple[Port, ...], argument: str, params: Mapping[str, Value]
    ) -> tuple[Port, ...]:
        found: list[Port] = []
        for port in ports:
            if port.name.endswith("*"):
                stem = port.name[:-1]
                number = self.number_of(argument, params)
                found.extend(replace(port, name=f"{stem}{i}") for i in range(number))
            else:
                found.append(port)
        return tuple(found)

    def number_of(self, argument: str, params: Mapping[str, Value]) -> int:
        """Return how many ports `argument` asks for."""
        param, value = self.param(argument), params.get(argument)
        if param is None or not isinstance(value, int):
            return 2 if param is None or param.default is REQUIRED else int(param.default)
        # A file may ask for any number; what the argument does not take is reported elsewhere.
        return min(max(value, int(param.low or 0)), int(param.high or value))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        plain = {name: _finite(value, self.param(name)) for name, value in args.items()}
        text = self.write(self, inputs, plain)
        names = [port.name for port in self.ports(args, None).outputs]
        return self._unpacked(text, names, wanted)

    def _unpacked(self, text: str, names: list[str], wanted: frozenset[str]) -> Call:
        """Return the call with the names of its parts; a named tuple's single part by its name."""
        targets: Pattern = names[0] if len(self.outputs) == 1 == len(names) else tuple(names)
        if set(names) == {"values", "indices"} and len(wanted) == 1:
            (only,) = wanted
            return Call(f"{text}.{only}", only)
        return Call(text, targets)

    def check_inputs(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> None:
        for param in self.params:
            if not param.own and param.name in _DIMENSIONS and inputs:
                self._check_dimension(param.name, args.get(param.name), inputs)
        for check in self.checks:
            check(args, inputs)

    def _check_dimension(self, name: str, value: Value, inputs: Mapping[str, TensorType]) -> None:
        port, arriving = next(iter(inputs.items()))
        rank = len(arriving.shape) + self.new_dims
        limit = max(rank, 1)  # torch takes dim=0 and dim=-1 of a scalar
        for dim in value if isinstance(value, tuple) else (value,):
            if isinstance(dim, int) and not -limit <= dim < limit:
                need = (dim + 1 if dim >= 0 else -dim) - self.new_dims
                raise InputError(
                    port,
                    f"at least {need} dimensions, because {name}={value}",
                    arriving.shape_text,
                    f"Set {name} to a value from {-limit} to {limit - 1}.",
                )


def _finite(value: Value, param: Param | None) -> Value:
    """Return the float that one of the words ``inf`` and ``-inf`` stands for."""
    if param is not None and value in _INFINITE and value in param.words:
        return float(str(value))
    return value


# -- ways to write an operation -----------------------------------------------------------------


def function(path: str) -> Writer:
    """Return a writer of ``torch.where(condition, input, other)``; optional inputs by name."""

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        ports = kind.ports(args, None).inputs
        first = [inputs[p.name] for p in ports if p.name in inputs and not p.optional]
        named = [f"{p.name}={inputs[p.name]}" for p in ports if p.name in inputs and p.optional]
        text = call_text(path, kind.params, args, *first)
        if not named:
            return text
        return f"{text[:-1]}, {', '.join(named)})" if "(" in text[:-1] else text

    return write


def method(name: str) -> Writer:
    """Return a writer of ``input.name(more, ...)``."""

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        own, *more = [inputs[p.name] for p in kind.ports(args, None).inputs if p.name in inputs]
        return call_text(f"{own}.{name}", kind.params, args, *more)

    return write


def infix(operator: str, other: str = "other") -> Writer:
    """Return a writer of ``input + other``, where `other` is a tensor or an argument."""

    def write(kind: OperationKind, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
        right, sign = operand(other, inputs, args), operator
        if right.startswith("-") and operator in ("+", "-"):
            right, sign = right[1:], "-" if operator == "+" else "+"
        gap = "" if operator == "**" else " "
        return f"{inputs['input']}{gap}{sign}{gap}{right}"

    return write


def operand(name: str, inputs: Mapping[str, str], args: Mapping[str, Value]) -> str:
    """Return the expression of what is wired to the port `name`, else of the argument."""
    return inputs[name] if name in inputs else literal(args.get(name))


# -- arguments ------------------------------------------------------------------------------------


def whole(name: str, default: Any = REQUIRED, doc: str = "", **more: Any) -> Param:
    """Return an argument that is an int."""
    return _param(name, "int", default, doc, more)


def number(name: str, default: Any = REQUIRED, doc: str = "", **more: Any) -> Param:
    """Return an argument that is an int or a float, and stays what it is."""
    return _param(name, "number", default, doc, more)


def several(name: str, default: Any = REQUIRED, doc: str = "", **more: Any) -> Param:
    """Return an argument that is an int or a tuple of ints."""
    return _param(name, "size", default, doc, more)


def flag(name: str, default: bool = False, doc: str = "", **more: Any) -> Param:
    """Return an argument that is True or False."""
    return _param(name, "bool", default, doc, more)


def one_of(name: str, default: Any, *choices: str, **more: Any) -> Param:
    """Return an argument that is one of some words."""
    return _param(name, "choice", default, more.pop("doc", ""), {**more, "choices": choices})


def count(what: str = "inputs", default: int = 2) -> Param:
    """Return the argument that says how many ports a ``*`` stands for."""
    doc = f"How many tensors {'come in' if what == 'inputs' else 'go out'}."
    return Param(what, "int", default, doc, low=2 if what == "inputs" else 1, high=64, own=True)


def _param(name: str, kind: Any, default: Any, doc: str, more: dict[str, Any]) -> Param:
    more.setdefault("optional", default is None)
    more.setdefault("positional", default is REQUIRED)
    return Param(name, kind, default, doc, **more)


def operation(
    torch_function: Callable[..., Any] | None,
    family: str,
    write: Writer,
    *params: Param,
    name: str = "",
    **more: Any,
) -> OperationKind:
    """Return the entry of a torch function, with the help from its docstring."""
    helps = argument_help(torch_function) if torch_function is not None else {}
    given = name or getattr(torch_function, "__name__", "").removeprefix("linalg_")
    doc = more.pop("doc", "") or (function_summary(torch_function) if torch_function else "")
    more.setdefault("detached", family == "comparison")  # truth values have no gradient
    make: type[OperationKind] = more.pop("kind", OperationKind)
    return make(
        name=given,
        family=family,
        write=write,
        doc=doc,
        params=tuple(
            param if param.doc else replace(param, doc=helps.get(param.name, ""))
            for param in params
        ),
        function=torch_function,
        **more,
    )
