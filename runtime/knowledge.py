"""Questions about a knowledge graph: whether and how one entity leads to another, and what is
reached by some relations in turn; by the known triples and, where none is known, by scores."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

__all__ = ["KnowledgeGraph", "Link", "Reached"]

#: Gives the score of every entity as the tail of a head and a relation: more is truer.
Scores = Callable[[int, int], NDArray[np.float32]]
#: How many guesses are kept at each relation.
_GUESSES = 5


@dataclass(frozen=True)
class Link:
    """A triple, by the numbers of its entities and its relation."""

    head: int
    relation: int
    tail: int


@dataclass(frozen=True)
class Reached:
    """An entity that is reached."""

    entity: int
    links: tuple[Link, ...]
    #: Whether all links are known triples.
    known: bool = True
    #: The sum of the scores of the links that are not.
    score: float = 0.0


class KnowledgeGraph:
    """Known triples as a directed multigraph of entities; a link's key is its relation."""

    def __init__(self, triples: Iterable[tuple[int, int, int]], entities: int) -> None:
        self.graph = nx.MultiDiGraph()
        self.graph.add_nodes_from(range(entities))
        self.graph.add_edges_from((head, tail, relation) for head, relation, tail in triples)

    def path(self, start: int, end: int) -> tuple[Link, ...] | None:
        """Return the links of a shortest way from one entity to another; None without any."""
        try:
            entities = nx.shortest_path(self.graph, start, end)
        except nx.NetworkXNoPath:
            return None
        return tuple(
            Link(head, min(self.graph[head][tail]), tail)
            for head, tail in itertools.pairwise(entities)
        )

    def reached(
        self, start: int, relations: Sequence[int], scores: Scores | None = None
    ) -> list[Reached]:
        """Return the entities that relations lead to in turn, known ones and likely ones first.

        Where no known triple goes on by a relation, the entities with the highest `scores` are
        taken for its tails, if there are scores.
        """
        found = [Reached(start, ())]
        for relation in relations:
            known = [next_ for one in found for next_ in self._known(one, relation)]
            guessed = [] if known or scores is None else self._guessed(found, relation, scores)
            found = _best(known or guessed)
        return found

    def _known(self, one: Reached, relation: int) -> list[Reached]:
        tails = sorted(
            tail for _, tail, key in self.graph.out_edges(one.entity, keys=True) if key == relation
        )
        return [
            Reached(tail, (*one.links, Link(one.entity, relation, tail)), one.known, one.score)
            for tail in tails
        ]

    def _guessed(self, found: Sequence[Reached], relation: int, scores: Scores) -> list[Reached]:
        guesses = []
        for one in found[:_GUESSES]:
            rated = scores(one.entity, relation)
            for tail in np.argsort(-rated, kind="stable")[:_GUESSES].tolist():
                links = (*one.links, Link(one.entity, relation, tail))
                guesses.append(Reached(tail, links, False, one.score + float(rated[tail])))
        return sorted(guesses, key=lambda one: -one.score)[:_GUESSES]


def _best(found: Iterable[Reached]) -> list[Reached]:
    """Return each entity once, by the best way to it."""
    best: dict[int, Reached] = {}
    for one in sorted(found, key=lambda one: (not one.known, -one.score)):
        best.setdefault(one.entity, one)
    return list(best.values())
