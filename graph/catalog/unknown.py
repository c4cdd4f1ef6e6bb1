"""The entry that stands in for a kind which this version does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.catalog.entry import Call, Kind, Ports
from graph.errors import GenerateError

if TYPE_CHECKING:
    from graph.document import Project, Value


@dataclass(frozen=True, kw_only=True)
class UnknownKind(Kind):
    """Keeps a node of an unknown kind: its arguments are taken as they are, its ports are those
    that wires end at."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports()

    def check_param(self, name: str, value: Value) -> None:
        """Take anything: what the argument means is not known here."""

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise GenerateError(f"There is no code for the unknown kind {self.name!r}.")
