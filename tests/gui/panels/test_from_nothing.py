"""From an empty project to a training in the task's form; every key and button is counted."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox

from gui.window import MainWindow
from tests.gui.panels.person import Person
from tests.gui.panels.screen import Screen


@pytest.fixture
def person(qtbot, window: MainWindow) -> Person:
    return Person(window, Screen(qtbot, window.workspace))


def begin(person: Person, task: str) -> None:
    """A new project, the digits, and a task."""
    window = person.window
    person.begin()
    box = window.inspector.setup.training.task.editor
    assert isinstance(box, QComboBox)
    box.setFocus()
    QTest.qWait(QApplication.keyboardInputInterval() + 50)
    person.type(box, task)
    assert box.currentText() == task


def test_a_gan_in_sixty_events(person: Person) -> None:
    begin(person, "GAN")
    workspace = person.window.workspace
    assert {"generator", "discriminator"} <= set(workspace.project.networks)
    assert workspace.errors() == []
    person.train()
    session = workspace.session
    assert session is not None
    series = set(session.telemetry.series())
    assert {"train/discriminator_loss", "train/generator_loss"} <= series
    samples = session.telemetry.samples
    assert samples is not None
    assert [shown.kind for shown in samples.shown] == ["ShowImages"]
    assert person.presses <= 60


def test_a_vae_in_forty_events(person: Person) -> None:
    begin(person, "VAE")
    workspace = person.window.workspace
    assert workspace.errors() == []
    person.train()
    session = workspace.session
    assert session is not None
    assert {"train/loss", "train/reconstruction", "train/kl"} <= set(session.telemetry.series())
    samples = session.telemetry.samples
    assert samples is not None
    assert {shown.title for shown in samples.shown} == {
        "reconstructions",
        "samples from the prior",
    }
    assert person.presses <= 40
