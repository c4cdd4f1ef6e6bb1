"""Arguments as Python source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from graph.catalog.entry import DTYPES, REQUIRED, Param
from graph.expressions import WrittenFloat, WrittenInt, WrittenText

if TYPE_CHECKING:
    from graph.document import Value

__all__ = ["call_text", "literal"]


def literal(value: Value, param: Param | None = None) -> str:
    """Return the source of a value: a literal, or ``torch.float32`` for a dtype.

    Strings are written by ``repr``, escaped to ASCII where they hold what a source file cannot.
    """
    if isinstance(value, WrittenText):
        return value.text
    if param is not None and param.type == "dtype" and value in DTYPES:
        return f"torch.{value}"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        inner = ", ".join(literal(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, float) and not isinstance(value, WrittenFloat):
        return f'float("{value}")' if value != value or value in (_INF, -_INF) else repr(value)
    return repr(value)


_INF = float("inf")
_WRITTEN = (WrittenInt, WrittenFloat, WrittenText)


def _quoted(text: str) -> str:
    """Return `text` as a literal as ruff format writes it: in double quotes, unless that needs
    more backslashes than single ones."""
    plain = repr(text) if text.isprintable() else ascii(text)
    inner = plain[1:-1].replace("\\" + plain[0], plain[0])
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + inner.replace(quote, "\\" + quote) + quote


def call_text(
    function: str, params: Sequence[Param], args: Mapping[str, Value], *first: str
) -> str:
    """Return the source of a call with those arguments that differ from their defaults.

    Positional parameters come first and by position; the rest by name. `first` are expressions to
    stand before all of them.
    """
    written = list(first)
    by_position = True
    for param in params:
        if param.own or param.name not in args:
            by_position = False
            continue
        value = args[param.name]
        if param.default is not REQUIRED and _same(value, param.default):
            by_position = False
            continue
        text = literal(value, param)
        written.append(text if param.positional and by_position else f"{param.name}={text}")
    return f"{function}({', '.join(written)})"


def _same(value: object, default: object) -> bool:
    if any(isinstance(item, _WRITTEN) for item in (value if isinstance(value, tuple) else [value])):
        return False  # equal here, not in every instance
    return value == default and isinstance(value, bool) == isinstance(default, bool)
