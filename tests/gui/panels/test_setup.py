"""The short form of training writes the training graph, and reads it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit

from graph import recipes
from graph.document import TRAINING, Node
from graph.edits import AddNode, remove_nodes
from gui.supervised import TrainingForm
from tests.gui.panels.screen import Screen


@pytest.fixture
def form(screen: Screen) -> TrainingForm:
    made = TrainingForm(screen.workspace)
    screen.show(made, 320, 600)
    return made


def choose(form: TrainingForm, name: str, text: str) -> None:
    """Choose in a combo box as by keyboard: type its letters."""
    assert form.form is not None
    box = form.form.fields[name].editor
    assert isinstance(box, QComboBox)
    box.setFocus()
    QTest.keyClicks(box, text)


def test_the_learning_rate_goes_to_the_optimizer(screen: Screen, form: TrainingForm) -> None:
    assert form.form is not None
    field = form.form.fields["lr"].editor
    assert isinstance(field, QLineEdit)
    screen.write(field, "0.02")
    optimizer = screen.workspace.project.training.by_kind("Adam")[0]
    assert optimizer.params["lr"] == 0.02
    screen.workspace.undo.undo()
    screen.settle()
    assert "lr" not in screen.workspace.project.training.by_kind("Adam")[0].params
    assert field.text() == ""


def test_another_optimizer_is_one_edit(screen: Screen, form: TrainingForm) -> None:
    before = recipes.read(screen.workspace.project)
    choose(form, "optimizer", "SGD")
    screen.settle()
    found = recipes.read(screen.workspace.project)
    assert found is not None
    assert found.optimizer == "SGD"
    assert screen.workspace.undo.count() == 1
    screen.workspace.undo.undo()
    screen.settle()
    assert recipes.read(screen.workspace.project) == before
    assert form.form is not None
    box = form.form.fields["optimizer"].editor
    assert isinstance(box, QComboBox)
    assert box.currentText() == "Adam"


def test_losses_are_those_of_a_prediction_and_a_target(form: TrainingForm) -> None:
    assert form.form is not None
    box = form.form.fields["loss"].editor
    assert isinstance(box, QComboBox)
    offered = {box.itemText(i) for i in range(box.count())}
    assert {"MSELoss", "SequenceCrossEntropy", "BernoulliReconstructionLoss"} <= offered
    assert not offered & {"GaussianKL", "NTXentLoss", "HingeDiscriminatorLoss"}
    # Its weights belong in a network, where alone it can be placed.
    assert "AdaptiveLogSoftmaxWithLoss" not in offered


def test_metrics_are_ticked_in_a_menu(screen: Screen, form: TrainingForm) -> None:
    form.metrics["Accuracy"].trigger()
    screen.settle()
    found = recipes.read(screen.workspace.project)
    assert found is not None
    assert found.metrics == ()
    assert form.metrics_button.toolTip() == "none"
    screen.workspace.undo.undo()
    screen.settle()
    assert form.metrics["Accuracy"].isChecked()


def test_a_graph_beyond_the_form_is_left_alone(screen: Screen, form: TrainingForm) -> None:
    screen.workspace.push(AddNode(TRAINING, Node("again", "CrossEntropyLoss")), "add a loss")
    screen.settle()
    assert form.form is None
    button = _buttons(form)["Open the training graph"]
    screen.click(button)
    assert screen.workspace.graph == TRAINING
    screen.workspace.undo.undo()
    screen.settle()
    assert form.form is not None


def test_an_empty_training_graph_is_written_by_a_click(screen: Screen, form: TrainingForm) -> None:
    training = screen.workspace.project.training
    screen.workspace.push(remove_nodes(training, [n.id for n in training]), "clear")
    screen.settle()
    screen.click(_buttons(form)["Write a training graph"])
    assert recipes.read(screen.workspace.project) is not None
    assert form.form is not None


def _buttons(form: TrainingForm) -> dict:
    from PySide6.QtWidgets import QPushButton

    return {b.text(): b for b in form.findChildren(QPushButton) if b.isVisible()}


def test_keys_do_not_change_a_choice_by_the_wheel(screen: Screen, form: TrainingForm) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    assert form.form is not None
    box = form.form.fields["optimizer"].editor
    middle = QPointF(box.rect().center())
    event = QWheelEvent(
        middle,
        box.mapToGlobal(middle),
        QPoint(0, -40),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    screen.settle()
    assert screen.workspace.undo.count() == 0
