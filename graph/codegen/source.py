"""Source text with the node behind every line, laid out as ruff format lays it out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["WIDTH", "Source", "Writer", "split_arguments"]

#: The line length of ruff format's defaults.
WIDTH = 88

Origin = tuple[str, str]
"""The graph and the node that wrote a line."""


@dataclass(frozen=True)
class Source:
    """Generated text, and for each of its lines the (graph, node) that wrote it, or None."""

    text: str
    nodes: tuple[Origin | None, ...]

    def lines_of(self, network: str, node_id: str) -> list[int]:
        """Return the numbers, from 0, of the lines that a node wrote."""
        return [i for i, origin in enumerate(self.nodes) if origin == (network, node_id)]


class Writer:
    """Collects lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._nodes: list[Origin | None] = []

    def line(self, text: str = "", indent: int = 0, node: Origin | None = None) -> None:
        """Add one line; `indent` counts steps of four spaces."""
        self._lines.append("    " * indent + text if text else "")
        self._nodes.append(node)

    def block(self, text: str, indent: int = 0) -> None:
        """Add several lines of fixed text."""
        for line in text.strip("\n").split("\n"):
            self.line(line, indent)

    def statement(
        self,
        before: str,
        expression: str,
        indent: int,
        node: Origin | None = None,
        comment: str = "",
        after: str = "",
    ) -> None:
        """Add ``before + expression + after``, broken at its outermost call where it is too long.

        The comment is left out where it would make the line too long.
        """
        for text in layout(before, expression, after, indent):
            self.line(text, 0, node)
        if comment and len(self._lines[-1]) + 2 + len(comment) <= WIDTH:
            self._lines[-1] += f"  {comment}"

    def extend(self, other: Writer) -> None:
        """Add all lines of another writer."""
        self._lines += other._lines
        self._nodes += other._nodes

    def source(self) -> Source:
        """Return what was written, with one line break at the end."""
        return Source("\n".join(self._lines) + "\n", tuple(self._nodes))


def layout(before: str, expression: str, after: str, indent: int) -> list[str]:
    """Return the lines of ``before + expression + after`` as ruff format breaks them."""
    space = "    " * indent
    whole = f"{space}{before}{expression}{after}"
    if len(whole) <= WIDTH:
        return [whole]
    targets = split_arguments(before.removesuffix(" = "))
    if before.endswith(" = ") and len(targets) > 1 and len(f"{space}{before}(") > WIDTH:
        return [*_column(space, "(", targets), *layout(") = ", expression, after, indent)]
    values = split_arguments(expression)
    if before.endswith(("return ", " = ")) and len(values) > 1:
        return [*_column(space, f"{before}(", values), f"{space}){after}"]
    parts, operands = _outermost_call(expression), _operands(expression)
    by_operators = len(operands) > 2 or (len(operands) == 2 and parts is None)
    may_wrap = before.endswith((" = ", "return "))
    if may_wrap and (by_operators or len(f"{space}{before}{parts[0] if parts else '('}") > WIDTH):
        inside = layout("", expression, "", indent + 1)
        return [f"{space}{before}(", *inside, f"{space}){after}"]
    if by_operators:
        return [f"{space}{before}{operands[0]}", *(f"{space}{part}" for part in operands[1:])]
    if parts is None:
        wrapped = [f"{space}{before}(", f"{space}    {expression}", f"{space}){after}"]
        return wrapped if may_wrap and expression.endswith("()") else [whole]
    head, inner, tail = parts
    first, last = f"{space}{before}{head}", f"{space}{tail}{after}"
    together = f"{space}    {inner}"
    if len(together) <= WIDTH and head not in ("{", "["):  # dicts and lists: an item per line
        return [first, together, last]
    lines = [first]
    for argument in split_arguments(inner):
        name, equals, value = _keyword(argument)
        lines += layout(name + equals, value, ",", indent + 1)
    return [*lines, last]


def _column(space: str, first: str, items: list[str]) -> list[str]:
    return [f"{space}{first}", *(f"{space}    {item}," for item in items)]


def _keyword(argument: str) -> tuple[str, str, str]:
    name, equals, value = argument.partition("=")
    return (name, equals, value) if equals and name.isidentifier() else ("", "", argument)


def _outermost_call(expression: str) -> tuple[str, str, str] | None:
    """Return what comes before, inside and after the last brackets that end the expression."""
    if not expression or expression[-1] not in ")]}":
        return None
    opened = [position for position, depth in _openings(expression) if depth == 0]
    if not opened:
        return None
    at = opened[-1]
    inner = expression[at + 1 : -1]
    return (expression[: at + 1], inner, expression[-1]) if inner else None


#: Python's operators between tensors, the loosest first.
_OPERATORS: tuple[tuple[str, ...], ...] = (
    (" == ", " != ", " < ", " <= ", " > ", " >= "),
    (" | ",),
    (" ^ ",),
    (" & ",),
    (" + ", " - "),
    (" * ", " / ", " @ ", " // ", " % "),
)


def _operands(text: str) -> list[str]:
    """Split ``a + b * c`` at its loosest operators outside of brackets, which begin the parts."""
    starts = [i for i, depth in _spaces(text) if not depth]
    for family in _OPERATORS:
        found = [i for i in starts if text.startswith(family, i)]
        if found:
            return [text[i + bool(i) : j] for i, j in itertools.pairwise([0, *found, len(text)])]
    return [text]


def _spaces(text: str) -> list[tuple[int, int]]:
    return [(i, depth) for i, c, depth in _outside_strings(text) if c == " "]


def _openings(text: str) -> list[tuple[int, int]]:
    """Return the position and depth of every opening bracket outside of strings."""
    return [(i, depth) for i, c, depth in _outside_strings(text) if c in "([{"]


def _outside_strings(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield the position, character and depth in brackets of everything outside of strings.

    An opening bracket has the depth around it, a closing one the depth inside.
    """
    depth, quote, i = 0, "", 0
    while i < len(text):
        c = text[i]
        if quote:
            if c == "\\":
                i += 1
            elif c == quote:
                quote = ""
        elif c in "\"'":
            quote = c
        else:
            yield i, c, depth
            depth += (c in "([{") - (c in ")]}")
        i += 1


def split_arguments(text: str) -> list[str]:
    """Split ``a, f(b, c), d="x, y"`` at the commas outside of brackets and strings."""
    parts, start = [], 0
    for i, c, depth in _outside_strings(text):
        if c == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    return [part for part in [*parts, text[start:].strip()] if part]
