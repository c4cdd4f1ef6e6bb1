"""Legal, unique, readable names made from titles."""

from __future__ import annotations

import ast
import builtins
import functools
import keyword
import re
import unicodedata
from collections.abc import Iterable

from torch import nn

from graph import catalog

__all__ = [
    "SCRIPT_NAMES",
    "Names",
    "attribute_names",
    "class_name",
    "comment_text",
    "defined_names",
    "kind_name",
    "snake_case",
]

_LONGEST = 32

#: Names that generated code gives another meaning, or that Python's readers expect to be theirs.
_TAKEN = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
    | {"torch", "nn", "F", "Tensor", "math", "self", "annotations"}
    | {"AveragedModel", "get_ema_multi_avg_fn"}
)

#: Names that train.py gives to its own things; see graph/codegen/script.py.
SCRIPT_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
    BATCH_SIZE DEVICE EPOCHS EVALUATION_BATCH_SIZE Mean PATIENCE SEED THREADS batch best
    best_epoch best_loss best_value column columns copy epoch evaluate found indices load_data
    losses main mean means measure name order part report results shuffle step test tested text
    train validated validation value
    """,
    )
)


def defined_names(definitions: Iterable[str]) -> frozenset[str]:
    """Return the names of the classes and functions that pieces of source define."""
    return frozenset(
        item.name
        for text in definitions
        for item in ast.parse(text).body
        if isinstance(item, ast.ClassDef | ast.FunctionDef)
    )


@functools.cache
def _taken_classes() -> frozenset[str]:
    """Return the names that the class of a network must not have."""
    kinds = catalog.entries().values()
    own = defined_names({text for kind in kinds for text in kind.definitions})
    return _TAKEN | SCRIPT_NAMES | own


def snake_case(text: str) -> str:
    """Return `text` as a lower-case identifier of ASCII letters, digits and _, or ''.

    ``"Max pool 2"`` gives ``max_pool_2``, ``"MaxPool2d"`` gives ``max_pool2d``.
    """
    text = unicodedata.normalize("NFKD", text[:200])
    text = text.encode("ascii", "ignore").decode("ascii")
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    text = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()[:_LONGEST].strip("_")
    return f"_{text}" if text[:1].isdigit() else text


def kind_name(kind: str) -> str:
    """Return the name for a value or layer of a kind: ``Conv2d`` gives ``conv``."""
    return snake_case(re.sub(r"(?<=[A-Za-z])[123]d$", "", kind)).replace("re_lu", "relu") or "value"


def class_name(name: str) -> str:
    """Return a network's name as a class name: ``image_classifier`` gives ``ImageClassifier``."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    text = "".join(word[0].upper() + word[1:] for word in words) or "Network"
    text = f"Network{text}" if text[0].isdigit() else text
    return f"{text}Network" if text in _taken_classes() else text


_INSTRUCTION = re.compile(r"(?i)(noqa\b|\w+\s*:\s*(off|on|skip|ignore|noqa|no cover)|type:|ruff:)")


def comment_text(text: str, longest: int = 80) -> str:
    """Return `text` as what may follow ``# ``: one line of visible characters.

    Every kind of line break, control, format (right-to-left marks among them) and surrogate
    character becomes a space, so nothing can leave the comment or disguise it. Nor does it become
    an instruction to a tool, such as ``# fmt: off``.
    """
    visible = "".join(
        " "
        if c == "#" or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        else c
        for c in text[: longest * 20]
    )
    line = " ".join(visible.split())
    if _INSTRUCTION.match(line):
        line = f"Note: {line}"
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def attribute_names() -> frozenset[str]:
    """Return the names that a module's own attributes must not take."""
    return frozenset(dir(nn.Module())) | {"forward"}


class Names:
    """A scope: gives each wish a name that nothing else in it has.

    A wish that means something else already gets a ``_`` behind it, as people write ``input_``;
    one that was granted before gets a number.
    """

    def __init__(self, taken: frozenset[str] | set[str] = frozenset()) -> None:
        self._reserved = frozenset(taken) | _TAKEN
        self._taken = set(self._reserved)

    def unique(self, wish: str, fallback: str = "x") -> str:
        """Return `wish` as an identifier, with a number behind it where it is taken."""
        base = snake_case(wish) or fallback
        if base in self._reserved:
            base += "_"
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name

    def release(self, name: str) -> None:
        """Let a name be used again."""
        self._taken.discard(name)

    def __contains__(self, name: str) -> bool:
        return name in self._taken
