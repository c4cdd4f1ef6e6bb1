"""What an entry of the catalogue is: ports, typed arguments, and how it is written as code.

One entry is the only place that knows a node kind. The inspector builds its form from
:attr:`Kind.params`, the checker runs :meth:`Kind.call`'s code on the meta device, the generator
writes that same code.
"""

from __future__ import annotations

import ast
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from graph.dims import TensorType
from graph.errors import DocumentError, ParamError
from graph.expressions import Expression, expressions_in

if TYPE_CHECKING:
    from graph.document import Project, Value

__all__ = [
    "DEFAULT",
    "REQUIRED",
    "Call",
    "Called",
    "Cost",
    "InputError",
    "Kind",
    "Param",
    "ParamType",
    "Pattern",
    "Port",
    "Ports",
]


class _Marker:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __deepcopy__(self, memo: object) -> _Marker:
        return self


#: In an edit: set the argument back to its default.
DEFAULT: Final[Any] = _Marker("DEFAULT")
#: As a parameter's default: it has none.
REQUIRED: Final[Any] = _Marker("REQUIRED")

Place = Literal["network", "training"]
Carries = Literal["tensor", "optimizer"]
ParamType = Literal[
    "int",  # 3
    "float",  # 0.5; an int is taken too
    "bool",
    "str",
    "choice",  # one of Param.choices
    "size",  # an int, or a tuple of up to Param.length ints
    "ints",  # a tuple of ints, such as a shape
    "floats",  # a tuple of floats
    "dtype",  # a torch dtype by name: float32, int64, bool
    "names",  # a tuple of words, such as networks
    "number",  # int or float, kept as it is
    "arguments",  # pairs of a name and a value, for the arguments of a network
]


@dataclass(frozen=True, slots=True)
class Port:
    """A place where a wire ends.

    `layout` names the sizes of the tensor it takes, ``("N", "in_channels", "H", "W")``; ``"..."``
    stands for any number of sizes. A name that is also a parameter's ties the two: the argument is
    inferred from what arrives, and checked against it when it is set.
    """

    name: str
    optional: bool = False
    carries: Carries = "tensor"
    layout: tuple[str, ...] | None = None
    #: ``float``: any floating type; ``int``: int64 or int32; ``any``: whatever comes.
    dtype: Literal["float", "int", "bool", "any"] = "any"
    doc: str = ""
    #: Only a wire knows of this port; the node's kind does not have it.
    missing: bool = False

    @property
    def carries_text(self) -> str:
        """What it carries, in words."""
        return "a tensor" if self.carries == "tensor" else "an optimizer"


@dataclass(frozen=True, slots=True)
class Ports:
    """The input and output ports of a node, in the order in which they are drawn."""

    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()

    def input(self, name: str) -> Port | None:
        """Return the input called `name`, or None."""
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> Port | None:
        """Return the output called `name`, or None."""
        return next((port for port in self.outputs if port.name == name), None)

    def with_missing(self, inputs: Iterable[str], outputs: Iterable[str]) -> Ports:
        """Return these ports and those in `inputs` and `outputs` not among them, marked missing."""
        more_in = [n for n in dict.fromkeys(inputs) if self.input(n) is None]
        more_out = [n for n in dict.fromkeys(outputs) if self.output(n) is None]
        if not more_in and not more_out:
            return self
        return Ports(
            (*self.inputs, *(Port(name, missing=True) for name in more_in)),
            (*self.outputs, *(Port(name, missing=True) for name in more_out)),
        )


Infer = Callable[[Mapping[str, TensorType], Mapping[str, "Value"]], "Value"]


@dataclass(frozen=True, slots=True)
class Param:
    """An argument of a node kind."""

    name: str
    type: ParamType
    default: Any = REQUIRED
    doc: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    #: Whether None may stand for a value.
    optional: bool = False
    #: The most ints a ``size`` may have; 0: any number.
    length: int = 0
    #: Words that are taken besides the type's values, such as padding's ``same``.
    words: tuple[str, ...] = ()
    #: Finds the value from what arrives, when it is not set; see also :attr:`Port.layout`.
    infer: Infer | None = None
    #: Whether it can be inferred, by `infer` or by a port's layout.
    inferred: bool = False
    #: Passed by position when written as code, as people write ``nn.Linear(64, 10)``.
    positional: bool = False
    #: Not an argument of the torch class: used by the entry itself.
    own: bool = False
    #: Never an expression, as it decides which ports there are or how the code is laid out.
    fixed: bool = False

    @property
    def required(self) -> bool:
        """Whether it must be set: no default, and nothing to infer it from."""
        return self.default is REQUIRED and not self.inferred

    @property
    def takes_expressions(self) -> bool:
        """Whether its value may be arithmetic over the arguments of the network around it."""
        return self.type in _EXPRESSED and not self.own and not self.fixed

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        text = {
            "int": "a whole number",
            "float": "a number",
            "number": "a number",
            "bool": "True or False",
            "str": "text",
            "choice": f"one of {', '.join(map(repr, self.choices))}",
            "size": "a whole number"
            + (f" or {self.length} of them" if self.length > 1 else " or several"),
            "ints": "whole numbers, such as (3, 4)",
            "floats": "numbers, such as (0.9, 0.999)",
            "dtype": f"a dtype: {', '.join(DTYPES)}",
            "names": "names, such as ('generator',)",
            "arguments": "names and values, such as channels=32, stride=2",
        }[self.type]
        if self.low is not None and self.high is not None:
            text += f" from {self.low:g} to {self.high:g}"
        elif self.low is not None:
            text += f" of at least {self.low:g}"
        elif self.high is not None:
            text += f" of at most {self.high:g}"
        if self.words:
            text += " or " + " or ".join(map(repr, self.words))
        return f"{text} or None" if self.optional else text

    def check(self, value: Value) -> None:
        """Raise ParamError unless `value` is one that the argument takes."""
        if not self._takes(value):
            raise ParamError(self.name, self.expected, value)

    def _takes(self, value: Value) -> bool:
        if value is None:
            return self.optional
        if isinstance(value, Expression):
            return self.takes_expressions
        if isinstance(value, str) and value in self.words:
            return True
        match self.type:
            case "int":
                return _is_int(value) and self._in_range(value)
            case "float" | "number":
                return _is_number(value) and self._in_range(value)
            case "bool":
                return isinstance(value, bool)
            case "str":
                return isinstance(value, str)
            case "choice":
                return isinstance(value, str) and value in self.choices
            case "dtype":
                return isinstance(value, str) and value in DTYPES
            case "size":
                if _is_int(value):
                    return self._in_range(value)
                right = isinstance(value, tuple) and (not self.length or len(value) == self.length)
                return right and self._all(value, _is_int)
            case "ints":
                return self._all(value, _is_int)
            case "floats":
                return self._all(value, _is_number)
            case "names":
                return isinstance(value, tuple) and all(isinstance(v, str) for v in value)
            case "arguments":
                return isinstance(value, tuple) and all(_is_pair(pair) for pair in value)

    def _all(self, value: Value, test: Callable[[Any], bool]) -> bool:
        return isinstance(value, tuple) and all(
            self.takes_expressions
            if isinstance(item, Expression)
            else test(item) and self._in_range(item)
            for item in value
        )

    def _in_range(self, value: Any) -> bool:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return bool(low <= value <= high)

    def parse(self, text: str, names: Collection[str] = ()) -> Value:
        """Return the value written as `text` in a form: ``3``, ``3, 5``, ``same``, ``None``.

        `names` are the arguments that expressions may use: ``channels * 2``. Arithmetic without
        names is worked out: ``28*28`` is 784.

        Raises
        ------
        ParamError
            If the text is no value that the argument takes.
        """
        from graph.document import freeze

        text = text.strip()
        value: Any = text
        if self.type == "names":
            value = tuple(word for word in text.strip("()").replace(",", " ").split())
        elif self.type not in ("str", "choice", "dtype") or text == "None":
            try:
                value = freeze(
                    ast.literal_eval(
                        text.strip("()[]x, ").replace("x", ",")
                        if self.type in ("size", "ints", "floats")
                        and any(c.isdigit() for c in text)
                        else text
                    )
                )
            except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                value = text
            if self.type in ("ints", "floats") and _is_number(value):
                value = (value,)
        reads = self.takes_expressions or self.type in _NUMERIC
        if isinstance(value, str) and reads and not self._takes(value):
            value = self._parse_expressions(value, names)
        self.check(value)
        return value  # type: ignore[no-any-return]

    def _parse_expressions(self, text: str, names: Collection[str]) -> Value:
        """Return an expression, or a tuple with some in it; the text itself where it is neither."""
        several = self.type in ("ints", "floats", "size")
        parts = split_commas(text.strip("()[] ") if several and text[:1] in "([" else text)
        try:
            whole = self.type in ("int", "size", "ints")
            values = tuple(_number_or_expression(part, whole) for part in parts)
        except (ValueError, DocumentError):
            return text
        if not all(e.names <= set(names) for e in expressions_in(values)):
            return text
        return values if len(values) > 1 or self.type in ("ints", "floats") else values[0]

    def format(self, value: Value) -> str:
        """Return the text for `value` that :meth:`parse` reads back."""
        if isinstance(value, tuple):
            return ", ".join(str(item) for item in value) if value else "()"
        return str(value)


#: The dtypes that a dtype argument takes.
DTYPES: Final = (
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
)


#: The types of numbers.
_NUMERIC: Final = frozenset({"int", "float", "number", "size", "ints", "floats"})
#: The types whose values expressions can give.
_EXPRESSED: Final = frozenset(
    {"int", "float", "number", "size", "ints", "floats", "bool", "str", "choice"}
)


def split_commas(text: str) -> list[str]:
    """Split text at the commas outside of brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


def _number_or_expression(text: str, whole: bool) -> int | float | Expression:
    """Return what is written as text: a number, arithmetic worked out, or one that needs names."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        found = Expression(text)
    if found.names:
        return found
    value = found.evaluate({})
    assert isinstance(value, int | float)  # there is nothing else in it
    return int(value) if whole and float(value).is_integer() else value


def _is_pair(pair: object) -> bool:
    """Whether this is the name of an argument and a value for it."""
    return (
        isinstance(pair, tuple)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and isinstance(pair[1], bool | int | float | str | Expression)
    )


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


Pattern = str | tuple["Pattern", ...]
"""How a call's result is unpacked to output ports: ``"output"`` or ``("output", ("h", "c"))``."""


@dataclass(frozen=True, slots=True)
class Call:
    """The code of one node in ``forward``: an expression, and what its parts are called."""

    expression: str
    targets: Pattern


@dataclass(frozen=True, slots=True)
class Cost:
    """Learnable parameters, and floating-point operations per example in the forward pass."""

    parameters: int = 0
    flops: int = 0


@dataclass(frozen=True, slots=True)
class Called:
    """What a call gives, and its floating-point operations at the sizes ``PROBES[0]``."""

    outputs: Mapping[str, TensorType]
    flops: int = 0


class InputError(Exception):
    """What arrives at a port is not what the node takes. Becomes a problem, never reaches a user.

    `fix` names a remedy that :mod:`graph.problems` turns into an edit: ``flatten``, ``unsqueeze``,
    ``squeeze``, ``permute``, ``linear``, ``conv1x1``, ``cast`` or ``set:PARAM``.
    """

    def __init__(
        self, port: str, expected: str, received: str, mend: str, fixes: Sequence[str] = ()
    ) -> None:
        super().__init__(f"{port}: expected {expected}, received {received}")
        self.port = port
        self.expected = expected
        self.received = received
        self.mend = mend
        self.fixes = tuple(fixes)


@dataclass(frozen=True, kw_only=True)
class Kind(ABC):
    """A node kind.

    `name` is PyTorch's: the class name of a layer, the function name of an operation. `presets` are
    arguments that a newly placed node gets, where PyTorch has no default or one that does not suit
    a canvas.
    """

    name: str
    family: str
    doc: str = ""
    params: tuple[Param, ...] = ()
    places: tuple[Place, ...] = ("network", "training")
    presets: Mapping[str, Value] = field(default_factory=dict)
    #: Words that find it in a search besides its name.
    keywords: tuple[str, ...] = ()
    #: Source of classes and functions that its code calls, to stand at the top of the module.
    definitions: tuple[str, ...] = ()
    #: Whether it calls a network of the project, named by its argument ``network``.
    takes_network: bool = False
    #: Whether no gradient flows back through it.
    detached: bool = False
    #: An optional input of which only the batch counts; unwired, it gets a column of the data.
    batch_port: str = ""

    def __hash__(self) -> int:
        return hash(self.name)

    # -- ports and arguments ------------------------------------------------------------------

    @abstractmethod
    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        """Return the ports of a node with these arguments."""

    def param(self, name: str) -> Param | None:
        """Return the parameter called `name`, or None."""
        return next((param for param in self.params if param.name == name), None)

    def check_param(self, name: str, value: Value) -> None:
        """Raise ParamError unless there is an argument `name` that takes `value`."""
        param = self.param(name)
        if param is None:
            names = ", ".join(p.name for p in self.params) or "none"
            raise ParamError(name, f"an argument of {self.name} ({names})", value)
        param.check(value)

    def resolve(
        self,
        params: Mapping[str, Value],
        inputs: Mapping[str, TensorType],
        project: Project | None = None,
    ) -> dict[str, Value]:
        """Return every argument: as set, else inferred from `inputs`, else the default.

        An argument that is required, or that nothing can be inferred for yet, is left out.
        """
        tied = self._tied_sizes(self.ports(params, project), inputs)
        args: dict[str, Value] = {}
        for param in self.params:
            if param.name in params:
                args[param.name] = params[param.name]
            elif param.infer is not None and (found := param.infer(inputs, params)) is not None:
                args[param.name] = found
            elif param.name in tied:
                args[param.name] = tied[param.name]
            elif param.default is not REQUIRED:
                args[param.name] = param.default
        return args

    def _tied_sizes(self, ports: Ports, inputs: Mapping[str, TensorType]) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for port in ports.inputs:
            arriving = inputs.get(port.name)
            if arriving is None or port.layout is None:
                continue
            for name, size in match_layout(port.layout, arriving).items():
                if isinstance(size, int) and self.param(name) is not None:
                    sizes.setdefault(name, size)
        return sizes

    def blocks_gradient(self, params: Mapping[str, Value]) -> bool:
        """Whether no gradient flows back through a node with these arguments."""
        return self.detached

    # -- code ---------------------------------------------------------------------------------

    def construct(self, args: Mapping[str, Value]) -> str | None:
        """Return the code that makes the node's module, or None where it has no module."""
        return None

    @abstractmethod
    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        """Return the code of the node in ``forward``.

        Parameters
        ----------
        module
            Expression of the node's module, such as ``self.conv``; empty without one.
        inputs
            Expression of what arrives at each wired input port.
        args
            The resolved arguments.
        wanted
            The output ports that something uses.
        """

    # -- what is known without running it -------------------------------------------------------

    def rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Mapping[str, TensorType] | None:
        """Return the output types where they are known by rule, or None: then it is run."""
        return None

    def cost_rule(self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]) -> Cost | None:
        """Return the cost where it is known by rule, or None: then it is counted."""
        return None

    def call_rule(
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> Called | None:
        """Return what the call gives where that is plain, or None: then it is run.

        PyTorch still makes the module and counts its parameters. The most frequent layers have
        such a rule because the first run of a Python operator on the meta device loads PyTorch's
        compiler, or the sympy that it measures with: up to a second at start-up. Tests hold the
        rules against the run.
        """
        return None

    def check_inputs(  # noqa: B027 - most kinds have nothing to add
        self, args: Mapping[str, Value], inputs: Mapping[str, TensorType]
    ) -> None:
        """Raise InputError where what arrives cannot be taken, in words better than torch's."""


def match_layout(layout: Sequence[str], arriving: TensorType) -> dict[str, Any]:
    """Return the size that each name in `layout` stands for; empty where the ranks differ."""
    shape = arriving.shape
    if "..." in layout:
        at = layout.index("...")
        after = len(layout) - at - 1
        if len(shape) < at + after:
            return {}
        pairs = [
            *zip(layout[:at], shape[:at], strict=True),
            *zip(layout[at + 1 :], shape[len(shape) - after :], strict=True),
        ]
        return dict(pairs)
    return dict(zip(layout, shape, strict=True)) if len(layout) == len(shape) else {}
