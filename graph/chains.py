"""Chains of layers typed as text: ``Conv2d 32 3 > ReLU > MaxPool2d 2 > Flatten > Linear 10``.

A chain is read against the kinds that a graph may have. Arguments without a name stand in PyTorch's
order, without those that are inferred from what arrives; the others are named::

    chain  = item { ">" item }
    item   = [count "x"] ( "(" chain ")" | layer )
    layer  = name [ "." output ] [ arguments ] [ "as" title ]

Arguments are separated by spaces, or stand in brackets as in Python: ``Conv2d(32, 3, padding=1)``.
A name may be shortened as long as it is clear, and its case does not matter.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from graph import catalog
from graph.errors import ChainError, ParamError

if TYPE_CHECKING:
    from graph.catalog.entry import Kind, Param, Port
    from graph.document import Project, Value

__all__ = [
    "Candidate",
    "Step",
    "input_for",
    "joint",
    "looks_like_chain",
    "parse",
    "summary",
    "word_at_end",
]

#: The most nodes that one text may add.
MOST: Final = 500
#: The most brackets within each other: reading is recursive.
DEEPEST: Final = 20

_ARROW: Final = re.compile(r"\s*(?:[-=]?>|→)\s*")
_COUNT: Final = re.compile(r"(\d+)\s*[x×*]\s*(?=[(\w])")
_AFTER: Final = re.compile(r"\s*[x×*]\s*(\d+)\b")
_NAME: Final = re.compile(r"[^\W\d]\w*")
_OUTPUT: Final = re.compile(r"\.(\w+)")
_TITLE: Final = re.compile(r"\s*\bas\s+(?:\"([^\"]*)\"|'([^']*)'|([^\s>()→,]+))")
_KEY: Final = re.compile(r"([^\W\d]\w*)\s*=\s*(?![=>])")
_PART_OF_SHAPE: Final = re.compile(r"-?\d+|[NT]")
_NEXT_OF_SHAPE: Final = re.compile(r"[ \t]+(-?\d+|[NT])(?=[\s>)→]|$)")
_SPACE: Final = re.compile(r"[\s,]*")


@dataclass(frozen=True)
class Candidate:
    """Something that a chain may name: a kind, or the use of a network by the network's name."""

    kind: Kind
    name: str
    params: Mapping[str, Value]


@dataclass(frozen=True)
class Step:
    """One node of a chain, and where in the text it was named."""

    kind: Kind
    params: Mapping[str, Value]
    title: str = ""
    #: The output that goes on to the next one; empty: the first that fits.
    output: str = ""
    position: int = 0


def looks_like_chain(text: str) -> bool:
    """Whether a text is meant as a chain whatever is in it, not as words to search for."""
    return bool(re.search(r"[>→(=]", text) or _COUNT.match(text.strip()))


def word_at_end(text: str) -> tuple[int, str]:
    """Return where the name that is being typed begins, and the name; empty where it is none."""
    found = re.search(r"(?:^|[>→(]|\d\s*[x×*])\s*([^\W\d]\w*)?$", text)
    if found is None:
        return len(text), ""
    name = found[1] or ""
    return len(text) - len(name), name


def parse(
    text: str,
    candidates: Sequence[Candidate],
    project: Project | None = None,
    names: Collection[str] = (),
) -> list[Step]:
    """Return the nodes that a text stands for, in order.

    `names` are the arguments of the network around it, which expressions may use.

    Raises
    ------
    ChainError
        If the text cannot be read, or two neighbours cannot be wired to each other.
    """
    reader = _Reader(text, candidates, names)
    steps = reader.chain()
    if reader.at < len(text):
        raise ChainError(f"Expected > or the end, found {text[reader.at]!r}.", reader.at)
    for before, after in pairwise(steps):
        joint(before, after, project)
    return steps


def joint(before: Step, after: Step, project: Project | None) -> tuple[str, str]:
    """Return the output and the input that join two neighbours: of the same name, else the first.

    Raises
    ------
    ChainError
        If no output carries what an input takes.
    """
    outputs = before.kind.ports(before.params, project).outputs
    if before.output:
        outputs = tuple(port for port in outputs if port.name == before.output)
        if not outputs:
            have = ", ".join(p.name for p in before.kind.ports(before.params, project).outputs)
            raise ChainError(
                f"{before.kind.name} has no output {before.output!r}; it has: {have or 'none'}.",
                before.position,
            )
    for out in outputs:
        into = input_for(out, after.kind.ports(after.params, project).inputs)
        if into is not None:
            return out.name, into.name
    raise ChainError(
        f"{before.kind.name} has no output that {after.kind.name} takes.", after.position
    )


def input_for(out: Port, inputs: Sequence[Port]) -> Port | None:
    """Return the input that takes an output: the one of its name, else the first; None: no one."""
    able = [port for port in inputs if port.carries == out.carries]
    return next((port for port in able if port.name == out.name), next(iter(able), None))


def summary(steps: Sequence[Step]) -> str:
    """Return the chain as it was understood: ``Conv2d(32, 3) > ReLU``."""
    return " > ".join(_written(step) for step in steps)


def _written(step: Step) -> str:
    given = []
    for param in step.kind.params:
        if param.name in step.params:
            shown = param.format(step.params[param.name])
            if "," in shown:
                shown = f"({shown})"
            plain = param.positional or param.name in ("network", "shape", "lr")
            given.append(shown if plain else f"{param.name}={shown}")
    output = f".{step.output}" if step.output else ""
    title = f" as {step.title}" if step.title else ""
    return f"{step.kind.name}{output}{'(' + ', '.join(given) + ')' if given else ''}{title}"


class _Reader:
    """Reads a text from left to right; `at` is where it is."""

    def __init__(self, text: str, candidates: Sequence[Candidate], names: Collection[str]) -> None:
        self._text = text
        self._candidates = candidates
        self._names = names
        self.at = 0
        self._depth = 0

    def chain(self) -> list[Step]:
        """Read items and the arrows between them."""
        steps = self._item()
        while arrow := _ARROW.match(self._text, self.at):
            self.at = arrow.end()
            steps += self._item()
            self._limit(len(steps))
        self._skip(" \t\n")
        return steps

    def _item(self) -> list[Step]:
        self._skip(" \t\n")
        start, count = self.at, 1
        if found := _COUNT.match(self._text, self.at):
            count, self.at = self._count(found[1], start), found.end()
        if self._peek() != "(":
            steps = [self._layer()]
        else:
            opened = self.at
            if self._depth >= DEEPEST:
                text = f"Expected at most {DEEPEST} ( within each other; write it with fewer."
                raise ChainError(text, opened)
            self.at += 1
            self._depth += 1
            steps = self.chain()
            self._depth -= 1
            if self._peek() != ")":
                raise ChainError("This ( has no ) yet.", opened)
            self.at += 1
            if found := _AFTER.match(self._text, self.at):
                count, self.at = count * self._count(found[1], found.start(1)), found.end()
        self._limit(count * len(steps))
        return steps * count

    def _count(self, digits: str, position: int) -> int:
        count = int(digits[:6])
        if count < 1:
            raise ChainError("How often something repeats is at least 1.", position)
        return count

    def _limit(self, count: int) -> None:
        if count > MOST:
            raise ChainError(f"At most {MOST} nodes can be added at once.", self.at)

    def _layer(self) -> Step:
        start = self.at
        name = _NAME.match(self._text, start)
        if name is None:
            found = self._text[start : start + 1]
            what = f"found {found!r}" if found else "and the text ends here"
            raise ChainError(f"Expected the name of a layer, {what}.", start)
        chosen = self._resolve(name[0], start)
        self.at = name.end()
        output = ""
        if found_output := _OUTPUT.match(self._text, self.at):
            output, self.at = found_output[1], found_output.end()
        params = {**chosen.kind.presets, **chosen.params}
        self._arguments(chosen, params)
        title = ""
        if found_title := _TITLE.match(self._text, self.at):
            title = next(part for part in found_title.groups() if part is not None)
            self.at = found_title.end()
        return Step(chosen.kind, params, title, output, start)

    def _resolve(self, name: str, position: int) -> Candidate:
        """Return what is meant by a name: itself, or the only thing that it may be short for."""
        for plain in (str, str.lower):
            same = [c for c in self._candidates if plain(c.name) == plain(name)]
            if plain is str:
                # A network is called as it is written; of a layer and the function of the same
                # name, which differ in case, a chain means the layer: it brings its own weights.
                same = [c for c in same if c.params]
            if same:
                return same[0]
        by_name: dict[str, Candidate] = {}
        for candidate in self._candidates:
            if not candidate.params:
                by_name.setdefault(candidate.name.lower().replace("_", ""), candidate)
        best = catalog.closest(name, [c.kind for c in by_name.values()])
        shortest = min(best, key=lambda kind: len(kind.name), default=None)
        if shortest is None:
            near = difflib.get_close_matches(name, [c.name for c in self._candidates], 1, 0.6)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ChainError(f"There is nothing called {name!r} here.{hint}", position)
        others = [k for k in best if not k.name.lower().startswith(shortest.name.lower())]
        if others or (len(best) > 1 and not shortest.name.lower().startswith(name.lower())):
            raise ChainError(_ambiguous(name, best), position)
        return next(c for c in by_name.values() if c.kind is shortest)

    # -- arguments ------------------------------------------------------------------------------

    def _arguments(self, chosen: Candidate, params: dict[str, Value]) -> None:
        called = self._peek() == "("
        opened = self.at
        self.at += called
        order = [
            p
            for p in chosen.kind.params
            if not p.inferred and p.infer is None and p.name not in chosen.params
        ]
        given: set[str] = set()
        while True:
            self._pass_separator()
            if self._ends(called):
                break
            position = self.at
            if key := _KEY.match(self._text, self.at):
                self.at = key.end()
                param = self._keyword(chosen.kind, key[1], position)
            else:
                param = self._positional(chosen.kind, order, given, position)
            if param.name in given:
                raise ChainError(f"{param.name} is given twice.", position)
            given.add(param.name)
            params[param.name] = self._value(param, called, position)
        if called:
            if self._peek() != ")":
                raise ChainError("This ( has no ) yet.", opened)
            self.at += 1

    def _pass_separator(self) -> None:
        found = _SPACE.match(self._text, self.at)
        if found is not None:
            self.at = found.end()

    def _ends(self, called: bool) -> bool:
        at = self.at
        if at >= len(self._text) or self._text[at] == ")":
            return True
        ends = _ARROW.match(self._text, at) or _TITLE.match(self._text, at)
        return not called and ends is not None

    def _keyword(self, kind: Kind, name: str, position: int) -> Param:
        exact = kind.param(name)
        begun = [p for p in kind.params if p.name.startswith(name)]
        if exact is None and len(begun) != 1:
            names = ", ".join(p.name for p in kind.params) or "none"
            raise ChainError(f"{kind.name} has no argument {name!r}; it has: {names}.", position)
        return exact or begun[0]

    def _positional(
        self, kind: Kind, order: Sequence[Param], given: Collection[str], position: int
    ) -> Param:
        left = [p for p in order if p.name not in given]
        if not left:
            names = ", ".join(p.name for p in order) or "none"
            raise ChainError(f"{kind.name} takes no more arguments than these: {names}.", position)
        return left[0]

    def _value(self, param: Param, called: bool, position: int) -> Value:
        text = self._token(called)
        if param.type == "ints" and not called and _PART_OF_SHAPE.fullmatch(text):
            parts = [text]
            while more := _NEXT_OF_SHAPE.match(self._text, self.at):
                parts.append(more[1])
                self.at = more.end()
            text = ", ".join(parts)
        if not text:
            raise ChainError(f"{param.name}: expected {param.expected}.", self.at)
        try:
            return param.parse(text, self._names)
        except ParamError as error:
            raise ChainError(f"{error}.", position) from error

    def _token(self, called: bool) -> str:
        """Read one value: a word, a number, something in brackets or in quotes."""
        text, start, depth = self._text, self.at, 0
        quote = text[start : start + 1]
        if quote in ("'", '"') and quote:
            end = text.find(quote, start + 1)
            if end < 0:
                raise ChainError("This quote does not end.", start)
            self.at = end + 1
            return text[start + 1 : end]
        at = start
        while at < len(text):
            c = text[at]
            if depth == 0 and (c in ")]>→" or text.startswith("->", at)):
                break
            if depth == 0 and (c == "," if called else c.isspace() or text[at : at + 2] == ", "):
                break
            depth += (c in "([") - (c in ")]")
            at += 1
        if depth:
            raise ChainError("This bracket is not closed yet.", start)
        self.at = at
        return text[start:at].strip()

    def _skip(self, characters: str) -> None:
        while self._peek() and self._peek() in characters:
            self.at += 1

    def _peek(self) -> str:
        return self._text[self.at : self.at + 1]


def _ambiguous(name: str, kinds: Sequence[Kind]) -> str:
    shortest_first = sorted(kinds, key=lambda kind: len(kind.name))
    names = [kind.name for kind in shortest_first[:5]] + ["…"] * (len(kinds) > 5)
    return f"{name!r} may be {', '.join(names)}: write more of it."
