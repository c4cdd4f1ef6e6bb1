"""Reads torch's functions: their defaults and the help in their docstrings.

Most are built in and have no signature for :mod:`inspect`; their docstrings begin with one.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

from graph.catalog.entry import REQUIRED

__all__ = [
    "argument_help",
    "defaults_of",
    "docstring",
    "function_summary",
    "plain",
    "sections",
    "sources_in",
]

_HEADING = re.compile(
    r"^ *(?:Args|Arguments|Parameters|Keyword [Aa]rg(?:ument)?s):{1,2} *\n", re.MULTILINE
)
_SIGNATURE = re.compile(r"^(?:\w+\.)*\w+\([^)]*\)(?:\s*->[^\n]*)?(?:\n|$)")
_ENTRY = re.compile(r"^(\w+)\s*(?:\((?:[^()]|\([^()]*\))*\))?\s*:\s*(.*)$")


@cache
def docstring(thing: object) -> str:
    """Return the docstring of a class or function without its indentation, or ''."""
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")


def function_summary(function: Callable[..., Any]) -> str:
    """Return the first paragraph in prose of a function's docstring, without markup."""
    for paragraph in docstring(function).split("\n\n"):
        text = _SIGNATURE.sub("", paragraph.strip())
        if text and not text.startswith(("..", "Args", "Note", "    ")) and not _is_code(text):
            return plain(text)
    return ""


def sections(doc: str) -> Iterator[list[str]]:
    """Yield the lines below each heading that arguments are explained under, without empty ones.

    Docstrings are long, and there are hundreds: only these lines are looked at.
    """
    for heading in _HEADING.finditer(doc):
        lines = []
        for line in doc[heading.end() :].split("\n"):
            if line and not line.isspace():
                if line[0] != " ":
                    break
                lines.append(line)
        yield lines


def argument_help(function: Callable[..., Any]) -> dict[str, str]:
    """Return the help of each argument that the docstring explains."""
    found: dict[str, list[str]] = {}
    for lines in sections(docstring(function)):
        current: list[str] | None = None
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        for line in lines:
            stripped = line.strip()
            depth = len(line) - len(line.lstrip())
            entry = _ENTRY.match(stripped) if depth == indent else None
            if entry:
                current = found.setdefault(entry.group(1), [])
                stripped = entry.group(2)
            if current is not None and not stripped.startswith(".. "):
                current.append(stripped)
    return {name: plain("\n".join(lines)) for name, lines in found.items()}


def defaults_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the default of each argument, :data:`REQUIRED` for those without.

    Where the docstring shows several forms (``sum(input)``, ``sum(input, dim)``), the arguments of
    all of them; the last form wins.
    """
    defaults: dict[str, Any] = {}
    name = function.__name__.removeprefix("linalg_")
    for match in re.finditer(
        rf"^(?:\.\. function:: )?(?:\w+\.)*{name}\(", docstring(function), re.M
    ):
        for argument in _split(docstring(function)[match.end() :]):
            defaults.update(_default(argument))
    try:
        signature = inspect.signature(function)
    except ValueError:
        return defaults
    for p in signature.parameters.values():
        defaults[p.name] = REQUIRED if p.default is p.empty else p.default
    return defaults


def _default(argument: str) -> Iterator[tuple[str, Any]]:
    name, equals, value = argument.partition("=")
    name = name.split(":")[0].strip()
    if not name.isidentifier():
        return
    if not equals:
        yield name, REQUIRED
        return
    try:
        yield name, ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        return


def _split(text: str) -> Iterator[str]:
    """Yield the arguments of the call that `text` is the rest of, up to its closing bracket."""
    depth, start = 0, 0
    for i, char in enumerate(text):
        if char in "([":
            depth += 1
        elif char == "," and depth == 0:
            yield text[start:i]
            start = i + 1
        elif char in ")]":
            if depth == 0:
                yield text[start:i]
                return
            depth -= 1


def plain(text: str) -> str:
    """Return reStructuredText as one line of plain text; formulas stay as they are written."""
    text = re.sub(r"\\text\{+(.*?)\}+", r"\1", text)
    text = re.sub(r":\w+:\\?`~?\.?([^`<\\]*?)\\?(?: ?<[^>]*>)?`", r"\1", text)
    text = re.sub(r"`{1,2}([^`<]*?)\s*(?:<[^>]*>)?`{1,2}_{0,2}", r"\1", text)
    text = re.sub(r"\{(\w+)\}", r"\1", text.replace("{{", "{").replace("}}", "}"))
    return " ".join(text.replace("**", "").replace("\\", "").split())


def sources_in(module: ModuleType) -> dict[str, str]:
    """Return the source of every class and function at the top of a module.

    The same as ``inspect.getsource`` of each, which parses the whole file every time.
    """
    text = inspect.getsource(module)
    lines = text.splitlines(keepends=True)
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found[node.name] = "".join(lines[first - 1 : node.end_lineno])
    return found


def _is_code(text: str) -> bool:
    return text.startswith((">>>", "math::"))
