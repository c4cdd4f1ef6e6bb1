"""Everything that is wrong with a project, as records. Never an exception for a user's mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from graph.edits import Edit
    from graph.ways import Place

__all__ = ["Fix", "Problem"]


@dataclass(frozen=True)
class Fix:
    """A remedy that is one click away: an ordinary edit, undone like any other."""

    label: str
    edit: Edit


def _no_fixes() -> tuple[Fix, ...]:
    return ()


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where.

    An ``error`` keeps the project from training; a ``warning`` does not. `node` is an id in the
    graph called `network`, `port` a port of it; both are None where the whole graph is meant.
    """

    severity: Literal["error", "warning"]
    network: str
    node: str | None
    port: str | None
    #: What the node is called, for lists.
    title: str
    expected: str
    received: str
    mend: str
    #: Of a network that stands in others as a block, the instance meant: ``net › stage2``.
    instance: str = field(default="", kw_only=True)
    #: The nodes through which that instance is reached, the outermost first.
    way: tuple[Place, ...] = field(default=(), kw_only=True)
    #: Finds the remedies when they are first asked for.
    find_fixes: Callable[[], tuple[Fix, ...]] = field(default=_no_fixes, compare=False, repr=False)

    @cached_property
    def fixes(self) -> tuple[Fix, ...]:
        """The one-click remedies there are."""
        return self.find_fixes()

    @property
    def message(self) -> str:
        """The problem in a sentence or two: expected, received, how to mend it."""
        where = f"in {self.instance}: " if self.instance else ""
        where += f"at {self.port!r}: " if self.port else ""
        received = f", received {self.received}" if self.received else ""
        return f"{where}expected {self.expected}{received}. {self.mend}".strip()

    def as_json(self) -> dict[str, str | None]:
        """The problem as plain data."""
        return {
            "severity": self.severity,
            "network": self.network,
            "node": self.node,
            "title": self.title,
            "port": self.port,
            "instance": self.instance,
            "expected": self.expected,
            "received": self.received,
            "mend": self.mend,
            "message": self.message,
        }
