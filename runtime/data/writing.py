"""Writing a script of data: literals, constants, calls, functions with what they call."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType

__all__ = [
    "WIDTH",
    "Call",
    "Variable",
    "Writer",
    "braced",
    "import_block",
    "listing",
    "names_in",
    "quoted",
    "with_callees",
]

#: The line length of ruff's defaults, under which exported scripts are checked.
WIDTH = 88
#: Longer texts of users get a name of their own, so that lines stay foldable.
_INLINE = 40


@dataclass(frozen=True)
class Call:
    """A call of an exported function, its arguments as written."""

    function: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(self.arguments)})"

    def entry(self, key: str) -> list[str]:
        """Return the lines of an entry in a dict, two levels deep."""
        line = f"        {key}: {self},"
        if len(line) <= WIDTH:
            return [line]
        inner = [f"            {argument}," for argument in self.arguments]
        return [f"        {key}: {self.function}(", *inner, "        ),"]

    def assigned(self, target: str) -> list[str]:
        """Return the lines of an assignment within a function."""
        line = f"    {target} = {self}"
        if len(line) <= WIDTH:
            return [line]
        joined = f"        {', '.join(self.arguments)}"
        if len(joined) <= WIDTH:
            return [f"    {target} = {self.function}(", joined, "    )"]
        inner = [f"        {argument}," for argument in self.arguments]
        return [f"    {target} = {self.function}(", *inner, "    )"]


@dataclass(frozen=True)
class Variable(Call):
    """A variable in the place of a call."""

    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.function


@dataclass
class Writer:
    """Collects what one script needs: constants, and the functions that it calls."""

    constants: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    #: The names of constants by the literals that they hold.
    _texts: dict[str, str] = field(default_factory=dict)

    def call(self, function: str, *arguments: str) -> Call:
        """Return a call of an exported function, which the script will have."""
        self.called.append(function)
        return Call(function, arguments)

    def list_of(self, name: str, texts: Sequence[str]) -> str:
        """Return the name of a constant that lists `texts`; equal lists share one."""
        for line in self.constants:
            if line == listing(known := line.split(" ")[0], texts):
                return known
        name = self.free_name(name)
        self.constants.append(listing(name, texts))
        return name

    def text_of(self, text: str) -> str:
        """Return `text` as a literal, or the name of a constant that holds it."""
        literal = quoted(text)
        if len(literal) <= _INLINE:
            return literal
        if literal in self._texts:
            return self._texts[literal]
        name = self._texts[literal] = self.free_name("TEXT")
        line = f"{name} = {literal}"
        if len(line) > WIDTH >= 4 + len(literal):
            line = f"{name} = (\n    {literal}\n)"
        self.constants.append(line)
        return name

    def free_name(self, name: str) -> str:
        """Return a name for a constant that none has yet."""
        taken = {line.split(" ")[0] for line in self.constants}
        number = 2
        free = name
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        return free


def quoted(text: str) -> str:
    """Return `text` as an ASCII literal with the quotes that ruff format chooses."""
    plain = ascii(text)
    if plain[0] == '"' or text.count('"') > text.count("'"):
        return plain
    return '"' + plain[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


def listing(name: str, texts: Sequence[str], brackets: str = "[]") -> str:
    """Return an assignment of texts to `name`."""
    return braced(name, [quoted(text) for text in texts], brackets)


def braced(name: str, items: Sequence[str], brackets: str) -> str:
    """Return an assignment on one line, or with one item per line."""
    line = f"{name} = {brackets[0]}{', '.join(items)}{brackets[1]}"
    if len(line) <= WIDTH and len(items) > (brackets == "()"):
        return line
    inner = "".join(f"    {item},\n" for item in items)
    return f"{name} = {brackets[0]}\n{inner}{brackets[1]}"


def with_callees(
    names: Sequence[str], modules: Sequence[ModuleType]
) -> list[Callable[..., object]]:
    """Return the named functions and classes of `modules` and those they use, first these."""
    known = {
        name: function
        for module in modules
        for name, function in inspect.getmembers(module, callable)
        if getattr(function, "__module__", "") == module.__name__
    }
    ordered: dict[str, Callable[..., object]] = {}

    def add(name: str) -> None:
        if name in ordered:
            return
        source = textwrap.dedent(inspect.getsource(known[name]))
        for other in names_in(source):
            if other in known and other != name:
                add(other)
        ordered[name] = known[name]

    for name in names:
        add(name)
    return list(ordered.values())


def names_in(source: str) -> list[str]:
    """Return the names that a piece of code reads, in order."""
    nodes = ast.walk(ast.parse(source))
    return [node.id for node in nodes if isinstance(node, ast.Name)]


def import_block(used: set[str], modules: Sequence[ModuleType]) -> str:
    """Return the imports behind the names that a script uses, as `modules` import them.

    Standard library first, then what is installed, each sorted as ruff does.
    """
    whole: set[tuple[str, str]] = set()
    members: dict[str, set[str]] = {}
    for module in modules:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if (alias.asname or alias.name) in used:
                        whole.add((alias.name, alias.asname or ""))
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                origin = node.module or ""
                found = {alias.name for alias in node.names} & used
                if found and not origin.startswith("runtime"):
                    members.setdefault(origin, set()).update(found)
    blocks = []
    for standard in (True, False):
        lines = [
            f"import {name} as {short}" if short else f"import {name}"
            for name, short in sorted(whole)
            if (name.split(".")[0] in sys.stdlib_module_names) == standard
        ]
        lines += [
            f"from {name} import {', '.join(sorted(members[name], key=_by_type))}"
            for name in sorted(members)
            if (name.split(".")[0] in sys.stdlib_module_names) == standard
        ]
        if lines:
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _by_type(name: str) -> tuple[int, str]:
    """Order constants before classes before functions, as ruff does."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
