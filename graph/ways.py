"""The way to a node inside blocks: the nodes that stand for the networks it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.document import TRAINING, Node, Project

__all__ = ["Place", "blocks_on", "in_words", "leads"]


@dataclass(frozen=True, slots=True)
class Place:
    """One step of a way: a node of a graph."""

    graph: str
    node: str
    #: Which repetition of a block, from 1 on; 0 where there is one, or all are alike.
    number: int = 0


def in_words(project: Project, way: Sequence[Place]) -> str:
    """Return a way in words: ``encoder › layer 2 › Linear``."""
    if not way:
        return ""
    words = [] if way[0].graph == TRAINING else [way[0].graph]
    for step in way:
        name = _name(project.network(step.graph).node(step.node))
        words.append(f"{name} {step.number}" if step.number else name)
    return " › ".join(words)


def leads(project: Project, way: Sequence[Place]) -> bool:
    """Whether every step is there, and stands for the network of the next."""
    graphs = {graph.name: graph for graph in project.graphs()}
    for step, following in zip(way, [*way[1:], None], strict=True):
        graph = graphs.get(step.graph)
        if graph is None or step.node not in graph:
            return False
        if following and graph.node(step.node).params.get("network") != following.graph:
            return False
    return True


def blocks_on(way: Sequence[Place]) -> list[tuple[str, str]]:
    """Return the blocks among the steps of a way to a network, as graphs and nodes of them."""
    return [(step.graph, step.node) for step in way if step.graph != TRAINING]


def _name(node: Node) -> str:
    network = node.params.get("network")
    return node.title or (network if isinstance(network, str) else "") or node.kind
