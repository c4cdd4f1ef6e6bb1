"""Choosing what to train for draws networks and a training graph; the form changes them."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from graph import recipes
from graph.document import TRAINING
from gui.tasks import TaskForm
from tests.gui.panels.screen import Screen


@pytest.fixture
def form(screen: Screen) -> TaskForm:
    made = TaskForm(screen.workspace)
    screen.show(made, 320, 800)
    return made


def choose(screen: Screen, box: object, text: str) -> None:
    """Choose in a combo box by keyboard: type its first letters."""
    assert isinstance(box, QComboBox)
    box.setFocus()
    QTest.qWait(QApplication.keyboardInputInterval() + 50)  # else letters add to those before
    QTest.keyClicks(box, text)
    screen.settle()


def test_the_task_of_a_classifier_is_shown(form: TaskForm) -> None:
    box = form.task.editor
    assert isinstance(box, QComboBox)
    assert box.currentText() == "Classify"
    assert form.supervised.isVisible()
    assert not form.recipe.isVisible()


def test_a_task_brings_networks_and_graph_as_one_change(screen: Screen, form: TaskForm) -> None:
    workspace = screen.workspace
    choose(screen, form.task.editor, "VAE")
    assert {"encoder", "decoder"} <= set(workspace.project.networks)
    assert workspace.graph in ("encoder", "decoder"), "a network that is trained now is shown"
    assert form.recipe.isVisible()
    assert not form.supervised.isVisible()
    assert workspace.undo.count() == 1
    assert workspace.errors() == []
    workspace.undo.undo()
    screen.settle()
    assert "encoder" not in workspace.project.networks
    assert form.supervised.isVisible()


def test_fields_of_a_recipe_change_the_graph(screen: Screen, form: TaskForm) -> None:
    choose(screen, form.task.editor, "VAE")
    assert form.recipe.form is not None
    beta = form.recipe.form.fields["beta"].editor
    assert isinstance(beta, QLineEdit)
    screen.write(beta, "0.5")
    training = screen.workspace.project.training
    assert training.node("objective").params["weights"] == (1.0, 0.5)
    found = recipes.read_recipe(screen.workspace.project)
    assert found is not None
    assert found[1]["beta"] == 0.5
    screen.workspace.undo.undo()
    screen.settle()
    assert beta.text() in ("", "1.0")


def test_a_choice_that_does_not_go_is_told_and_taken_back(screen: Screen, form: TaskForm) -> None:
    told: list[str] = []
    screen.workspace.told.connect(lambda _, text: told.append(text))
    choose(screen, form.task.editor, "VAE")
    assert form.recipe.form is not None
    box = form.recipe.form.fields["encoder"].editor
    assert isinstance(box, QComboBox)
    choose(screen, box, "decoder")
    assert told
    assert "needs 2 outputs" in told[0]
    assert box.currentText() == "encoder"


def test_data_that_does_not_suit_is_told(screen: Screen, form: TaskForm) -> None:
    told: list[str] = []
    screen.workspace.told.connect(lambda _, text: told.append(text))
    choose(screen, form.task.editor, "Link")
    assert told
    assert "triples" in told[-1]
    box = form.task.editor
    assert isinstance(box, QComboBox)
    assert box.currentText() == "Classify"


def test_a_graph_drawn_by_hand_is_called_so(screen: Screen, form: TaskForm) -> None:
    choose(screen, form.task.editor, "GAN")
    training = screen.workspace.project.training
    node = training.node("noise")
    training.update_node(type(node)("noise", "Noise", {"shape": (3,), "low": -2.0}))
    screen.settle()
    box = form.task.editor
    assert isinstance(box, QComboBox)
    assert box.currentText() == "Drawn by hand"
    choose(screen, box, "VAE")
    choose(screen, box, "Drawn")
    assert screen.workspace.graph == TRAINING
