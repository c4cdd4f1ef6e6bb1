"""The shipped examples as they are drawn."""

from __future__ import annotations

from itertools import combinations

import pytest

from graph import files
from graph.analysis import Analysis
from gui.canvas import CanvasView
from gui.undo import UndoStack
from runtime.examples import EXAMPLES, Example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_no_two_cards_touch(view: CanvasView, example: Example) -> None:
    project = files.load(example.path).project
    analysis = Analysis(project)
    undo = UndoStack(project, view)
    for network in project.graphs():
        view.set_network(network, analysis, undo)
        cards = {node.id: view.scene().nodes[node.id].sceneBoundingRect() for node in network}
        for one, other in combinations(cards, 2):
            assert not cards[one].intersects(cards[other]), (network.name, one, other)
    view.close_network()
    analysis.close()
