"""Small arithmetic over the arguments of a network, such as ``channels * 2``.

An expression is parsed, never evaluated as code: names, numbers, ``+ - * / // % **``, brackets,
``min`` and ``max`` are all there is. It is worked out here for shapes, and written back from its
parsed form into generated code, so no text from a file ever reaches that code as it is.
"""

from __future__ import annotations

import ast
import functools
import keyword
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from graph.errors import DocumentError

__all__ = [
    "ARGUMENT_TYPES",
    "Argument",
    "Expression",
    "ExpressionError",
    "WrittenFloat",
    "WrittenInt",
    "WrittenText",
    "evaluated",
    "expressions_in",
    "names_in",
    "substituted",
    "written",
]

Number = int | float
Scalar = bool | int | float | str

#: Characters; nobody reads longer ones.
LONGEST = 200
_DEEPEST = 20
#: No size or number of anything is larger.
_LARGEST = 10**15

_OPERATORS: Final[Mapping[type[ast.operator], tuple[str, int, Callable[[Any, Any], Any]]]] = {
    ast.Add: ("+", 1, operator.add),
    ast.Sub: ("-", 1, operator.sub),
    ast.Mult: ("*", 2, operator.mul),
    ast.Div: ("/", 2, operator.truediv),
    ast.FloorDiv: ("//", 2, operator.floordiv),
    ast.Mod: ("%", 2, operator.mod),
    ast.Pow: ("**", 4, operator.pow),
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {"min": min, "max": max}
_CHARACTERS = re.compile(r"[\w .+\-*/%(),]*", re.ASCII)
_GRAMMAR = "names of arguments, numbers, + - * / // % **, brackets, min and max"


class ExpressionError(DocumentError):
    """An expression that cannot be read, or that has no value for some arguments."""


@dataclass(frozen=True, slots=True)
class Expression:
    """The value of an argument, as arithmetic over the arguments of the network around it.

    Raises
    ------
    ExpressionError
        If the text is no such arithmetic.
    """

    text: str

    def __post_init__(self) -> None:
        _parse(self.text)

    def __str__(self) -> str:
        return self.text

    @property
    def names(self) -> frozenset[str]:
        """The arguments that it needs."""
        return _names(self.text)

    def evaluate(self, arguments: Mapping[str, Scalar]) -> Scalar:
        """Return its value; raises ExpressionError where there is none."""
        try:
            return _value(_parse(self.text), arguments)
        except ZeroDivisionError:
            raise ExpressionError(f"{self.text!r} divides by zero{_for(arguments)}.") from None
        except (TypeError, ValueError, OverflowError):
            raise ExpressionError(f"{self.text!r} has no value{_for(arguments)}.") from None

    def code(self, names: Mapping[str, str]) -> str:
        """Return it as Python source, as ruff format writes it; `names` says what to call each."""
        return _code(_parse(self.text), names)[0]


def _for(arguments: Mapping[str, Scalar]) -> str:
    shown = ", ".join(f"{name}={value!r:.40}" for name, value in arguments.items())
    return f" for {shown}" if shown else ""


# -- reading --------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def _parse(text: object) -> ast.expr:
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise ExpressionError(
            f"An expression is text of {_GRAMMAR}, at most {LONGEST} characters; "
            f"received {text!r:.80}."
        )
    try:
        if not _CHARACTERS.fullmatch(text):
            raise ValueError
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "1or 2"
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionError(
            f"{text!r:.80} cannot be read; expected {_GRAMMAR}, such as channels * 2."
        ) from None
    _check(tree, text, _DEEPEST)
    return tree


def _check(node: ast.expr, text: str, deepest: int) -> None:
    """Raise ExpressionError for anything but arithmetic."""
    fine = deepest > 0
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            fine = fine and abs(value) <= _LARGEST
        case ast.Name(id=name):
            fine = fine and name.isascii() and not keyword.iskeyword(name)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            _check(node.operand, text, deepest - 1)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            _check(node.left, text, deepest - 1)
            _check(node.right, text, deepest - 1)
        case ast.Call(func=ast.Name(id="min" | "max"), keywords=[]) if len(node.args) > 1:
            for item in node.args:
                _check(item, text, deepest - 1)
        case _:
            fine = False
    if not fine:
        part = ast.get_source_segment(text.strip(), node) or text
        raise ExpressionError(
            f"{part!r:.60} cannot stand in an expression; expected {_GRAMMAR}, "
            "such as channels * 2."
        )


@functools.lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[str]:
    tree = _parse(text)
    functions = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in functions)
    return frozenset(n.id for n in found)


def _value(node: ast.expr, arguments: Mapping[str, Scalar]) -> Scalar:
    match node:
        case ast.Constant():
            return node.value  # type: ignore[return-value]
        case ast.Name(id=name):
            if name not in arguments:
                known = ", ".join(arguments) or "none"
                raise ExpressionError(f"There is no argument {name!r}; there are: {known}.")
            return arguments[name]
        case ast.UnaryOp():
            value = _number(_value(node.operand, arguments))
            return -value if isinstance(node.op, ast.USub) else value
        case ast.BinOp():
            left, right = (_number(_value(n, arguments)) for n in (node.left, node.right))
            return _bounded(node.op, left, right)
        case ast.Call():
            name = node.func.id  # type: ignore[attr-defined]
            return _FUNCTIONS[name](*(_number(_value(n, arguments)) for n in node.args))  # type: ignore[no-any-return]
    raise AssertionError(f"{type(node).__name__} passed the check")


def _number(value: Scalar) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def _bounded(op: ast.operator, left: Number, right: Number) -> Number:
    """Return the value of an operator; numbers beyond what any size can be are refused."""
    if isinstance(op, ast.Pow) and abs(left) > 1 and right * math.log2(abs(left)) > 60:
        raise OverflowError
    found = _OPERATORS[type(op)][2](left, right)
    if isinstance(found, complex) or not math.isfinite(found) or abs(found) > _LARGEST:
        raise OverflowError
    return found  # type: ignore[no-any-return]


# -- writing --------------------------------------------------------------------------------------


def _code(node: ast.expr, names: Mapping[str, str]) -> tuple[str, int]:
    """Return source, and how strongly it binds: 5 for what never needs brackets."""
    match node:
        case ast.Constant():
            return repr(node.value), 5
        case ast.Name(id=name):
            return names.get(name, name), 5
        case ast.UnaryOp():
            inner, strength = _code(node.operand, names)
            sign = "-" if isinstance(node.op, ast.USub) else "+"
            return f"{sign}{inner if strength >= 3 else f'({inner})'}", 3
        case ast.BinOp():
            return _operation(node, names)
        case ast.Call():
            inner = ", ".join(_code(item, names)[0] for item in node.args)
            return f"{node.func.id}({inner})", 5  # type: ignore[attr-defined]
    raise AssertionError(f"{type(node).__name__} passed the check")


def _operation(node: ast.BinOp, names: Mapping[str, str]) -> tuple[str, int]:
    sign, strength, _ = _OPERATORS[type(node.op)]
    left, left_strength = _code(node.left, names)
    right, right_strength = _code(node.right, names)
    power = isinstance(node.op, ast.Pow)
    if left_strength < strength + power:
        left, left_strength = f"({left})", 0
    if right_strength < (3 if power else strength + 1):
        right, right_strength = f"({right})", 0
    if power and left_strength and right_strength >= 3 and _simple(left) and _simple(right):
        return f"{left}**{right}", strength
    return f"{left} {sign} {right}", strength


def _simple(text: str) -> bool:
    """Whether ruff format lets a power stand close to this: a name, an attribute or a number."""
    return re.fullmatch(r"-?[\w.]+", text) is not None


# -- arguments of a network -----------------------------------------------------------------------

ArgumentType = Literal["int", "float", "bool", "str"]
ARGUMENT_TYPES: Final[tuple[ArgumentType, ...]] = get_args(ArgumentType)
_WORDS = {"int": "a whole number", "float": "a number", "bool": "True or False", "str": "text"}


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a network: a name, a type, and the value it has where none is given."""

    name: str
    type: ArgumentType
    default: Scalar

    def takes(self, value: object) -> bool:
        """Whether `value` is one of its type."""
        if isinstance(value, bool):
            return self.type == "bool"
        if self.type == "float":
            return isinstance(value, int | float) and math.isfinite(value)
        return isinstance(value, {"int": int, "str": str}.get(self.type, bytes))

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        return _WORDS[self.type]


# -- values with expressions in them --------------------------------------------------------------


def expressions_in(value: object) -> Iterator[Expression]:
    """Yield every expression in a value: itself, or the items of tuples."""
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from expressions_in(item)


def names_in(params: Mapping[str, Any]) -> frozenset[str]:
    """Return the names that the expressions among some arguments need."""
    return frozenset(n for v in params.values() for e in expressions_in(v) for n in e.names)


def evaluated(value: Any, arguments: Mapping[str, Scalar]) -> Any:
    """Return a value with every expression in it worked out; raises ExpressionError."""
    if isinstance(value, Expression):
        return value.evaluate(arguments)
    if isinstance(value, tuple):
        return tuple(evaluated(item, arguments) for item in value)
    return value


def substituted(value: Any, values: Mapping[str, Any]) -> Any:
    """Return a value with names in its expressions replaced by what they stand for.

    What is left without names is a number; raises ExpressionError where that has no value.
    """
    if isinstance(value, tuple):
        return tuple(substituted(item, values) for item in value)
    if not isinstance(value, Expression) or not value.names & values.keys():
        return value
    if value.text.strip() in values:
        return values[value.text.strip()]
    names = {name: f"({given})" for name, given in values.items()}
    found = Expression(value.code(names))
    return Expression(found.code({})) if found.names else found.evaluate({})


class WrittenInt(int):
    """A whole number that is written as something else in code: ``channels * 2``."""

    text: str

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__


class WrittenFloat(float):
    """A number that is written as something else in code."""

    text: str

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__


class WrittenText(str):
    """Text that is written as something else in code: the name of an argument."""

    text: str


def written(value: Scalar, text: str) -> Scalar:
    """Return a value that is written in code as `text`.

    A truth value becomes the number that it is, as bool has no kinds of its own.
    """
    made: WrittenInt | WrittenFloat | WrittenText
    if isinstance(value, int):
        made = WrittenInt(value)
    elif isinstance(value, float):
        made = WrittenFloat(value)
    else:
        made = WrittenText(value)
    made.text = text
    return made
