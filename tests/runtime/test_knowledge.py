"""Questions about a knowledge graph: ways, and what relations lead to in turn."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from graph import recipes
from graph.document import Project
from runtime.data import from_path
from runtime.knowledge import KnowledgeGraph, Link, Reached
from runtime.tryout import Tryout
from tests import builders
from tests.runtime.training import finished

ANNA, BERT, CARL, DORA, ERIK, FAY = range(6)
PARENT, MARRIED, FRIEND = range(3)
TRIPLES = [
    (ANNA, PARENT, BERT),
    (ANNA, PARENT, CARL),
    (BERT, MARRIED, DORA),
    (BERT, FRIEND, DORA),
    (CARL, MARRIED, DORA),
    (DORA, FRIEND, ERIK),
]


@pytest.fixture
def graph() -> KnowledgeGraph:
    return KnowledgeGraph(TRIPLES, 6)


def test_a_shortest_way_is_found_with_its_relations(graph: KnowledgeGraph) -> None:
    found = graph.path(ANNA, ERIK)
    assert found is not None
    assert len(found) == 3
    assert all((link.head, link.relation, link.tail) in TRIPLES for link in found)
    assert all(one.tail == other.head for one, other in itertools.pairwise(found))
    assert (found[0].head, found[-1].tail) == (ANNA, ERIK)
    assert graph.path(ANNA, ANNA) == ()


def test_links_lead_in_their_direction_alone(graph: KnowledgeGraph) -> None:
    assert graph.path(ERIK, ANNA) is None
    assert graph.path(ANNA, FAY) is None


def test_relations_lead_on_in_turn(graph: KnowledgeGraph) -> None:
    assert [one.entity for one in graph.reached(ANNA, [PARENT])] == [BERT, CARL]
    (dora,) = graph.reached(ANNA, [PARENT, MARRIED])
    assert dora.links == (Link(ANNA, PARENT, BERT), Link(BERT, MARRIED, DORA))
    assert dora.known
    (erik,) = graph.reached(ANNA, [PARENT, FRIEND, FRIEND])
    assert erik.entity == ERIK
    assert graph.reached(ANNA, [FRIEND]) == []
    assert graph.reached(ERIK, [PARENT, MARRIED]) == []


def test_scores_stand_in_where_no_link_is_known(graph: KnowledgeGraph) -> None:
    asked: list[tuple[int, int]] = []

    def scores(head: int, relation: int) -> np.ndarray:
        asked.append((head, relation))
        return np.array([-9, -1, -7, -8, -2, -3], np.float32)

    assert [one.known for one in graph.reached(ANNA, [PARENT], scores)] == [True, True]
    assert asked == [], "what is known is not guessed"
    found = graph.reached(ERIK, [PARENT], scores)
    assert asked == [(ERIK, PARENT)]
    assert [one.entity for one in found] == [BERT, ERIK, FAY, CARL, DORA]
    assert found[0] == Reached(BERT, (Link(ERIK, PARENT, BERT),), False, -1.0)
    (dora,) = graph.reached(ERIK, [PARENT, MARRIED], scores)
    assert (dora.entity, dora.known, dora.score) == (DORA, False, -1.0)
    assert [link.tail for link in dora.links] == [BERT, DORA], "by the likeliest guess"
    twice = graph.reached(ERIK, [PARENT, PARENT], scores)
    assert (twice[0].entity, twice[0].score) == (BERT, -2.0)
    assert len({one.entity for one in twice}) == len(twice)


PEOPLE = ("anna", "bert", "carl", "dora", "erik")


def family(folder: Path) -> Project:
    """Everyone is a parent of the next one and a friend of the one after, in a row."""
    (folder / "family").mkdir()
    triples = [f"{PEOPLE[i]}\tparent\t{PEOPLE[i + 1]}" for i in range(4)]
    triples += [f"{PEOPLE[i]}\tfriend\t{PEOPLE[i + 2]}" for i in range(3)]
    (folder / "family" / "train.txt").write_text("\n".join(triples) + "\n")
    (folder / "family" / "test.txt").write_text("anna\tfriend\tbert\n")
    spec = from_path(folder / "family")
    split = spec.split.model_copy(update={"validation": 0.0})
    spec = spec.model_copy(update={"split": split})
    project = builders.project(data=spec, epochs=3, batch_size=4)
    next(recipe for recipe in recipes.RECIPES if recipe.name == "links").begin(project).apply(
        project
    )
    return project


@torch.no_grad()
def test_scores_are_those_of_the_network(tmp_path: Path) -> None:
    project = family(tmp_path)
    session = finished(project, tmp_path)
    tryout = Tryout(session)
    (trial,) = tryout.trials
    assert trial.is_of_triples
    erik, parent = PEOPLE.index("erik"), project.data.ports[1].classes.index("parent")
    given = {
        name: np.array([number])
        for name, number in (("head", erik), ("relation", parent), ("tail", 2))
    }
    links = tryout.ask(trial, given).links
    assert links is not None
    network = tryout._plan.networks["transe"].eval()
    every = torch.arange(5)
    scores = network(torch.full((5,), erik), torch.full((5,), parent), every)
    assert links.rank == int((scores > scores[2]).sum()) + 1
    assert [one.entity for one in links.reached] == scores.argsort(descending=True).tolist()
    expected = scores.sort(descending=True).values.tolist()
    assert [one.score for one in links.reached] == pytest.approx(expected)
    assert tryout.ask(trial, {**given, "head": np.array([0])}, then=[parent]).links is not None
