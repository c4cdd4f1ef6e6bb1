"""Why a run failed, in words and with the node where it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.document import Project
from graph.ways import Place, blocks_on, in_words
from runtime.memory import is_out_of_memory

__all__ = ["Failure", "in_a_sentence", "named"]


@dataclass(frozen=True)
class Failure:
    """Why a run failed, and the node that wrote the line where it did."""

    message: str
    network: str | None = None
    node: str | None = None
    #: The nodes through which that one is reached, the outermost first.
    way: tuple[Place, ...] = ()


def named(project: Project, way: Sequence[Place]) -> str:
    """Return the node at the end of a way in words, with the blocks that lead to it."""
    if blocks_on(way[:-1]):
        return in_words(project, way)
    return repr(project.network(way[-1].graph).node(way[-1].node).label)


def in_a_sentence(error: BaseException, project: Project, way: Sequence[Place]) -> str:
    """Return an unforeseen exception as a message for a user."""
    where = f" in {named(project, way)}" if way else ""
    if is_out_of_memory(error):
        return (
            f"Training ran out of memory{where}. Lower the batch size, or make the layers smaller."
        )
    first = str(error).strip().split("\n")[0][:500] or type(error).__name__
    return f"Training failed{where}: {first}"
