"""From an empty project to a training, by mouse and keys that are counted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QWidget

from gui.window import MainWindow
from tests.gui.panels.screen import Screen


class Person:
    """Acts on a window; each click and each key is an event."""

    def __init__(self, window: MainWindow, hands: Screen) -> None:
        self.window, self.hands = window, hands
        self.events = 0

    def click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.events += 1
        self.hands.settle()

    def key(self, widget: QWidget, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
        QTest.keyClick(widget, key, held or Qt.KeyboardModifier.NoModifier)
        self.events += 1
        self.hands.settle()

    def type(self, widget: QWidget, text: str) -> None:
        QTest.keyClicks(widget, text)
        self.events += len(text)
        self.hands.settle()


@pytest.fixture
def person(qtbot, window: MainWindow) -> Person:
    return Person(window, Screen(qtbot, window.workspace))


def begin(person: Person, task: str) -> None:
    """A new project, the digits, and a task."""
    window = person.window
    person.key(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert len(window.workspace.project.networks) <= 1
    buttons = {b.text(): b for b in window.data.findChildren(QPushButton)}
    person.click(buttons["Digits"])
    person.hands.bot.waitUntil(
        lambda: len(window.workspace.project.data.ports) == 2, timeout=20_000
    )
    person.hands.settle()
    box = window.inspector.setup.training.task.editor
    assert isinstance(box, QComboBox)
    box.setFocus()
    QTest.qWait(QApplication.keyboardInputInterval() + 50)
    person.type(box, task)
    assert box.currentText() == task


def train(person: Person) -> None:
    """Run, and wait until both the curves and the monitors show something."""
    window = person.window
    person.click(window.tool_bar.run)
    session = window.workspace.session
    assert session is not None, window.banner.text.text()
    person.hands.bot.waitUntil(
        lambda: session.telemetry.samples is not None or session.state.over, timeout=60_000
    )
    session.stop()
    assert session.join(30)
    assert session.failure is None
    person.hands.bot.waitUntil(lambda: not window.running.alive, timeout=10_000)


def test_a_gan_in_sixty_events(person: Person) -> None:
    begin(person, "GAN")
    workspace = person.window.workspace
    assert {"generator", "discriminator"} <= set(workspace.project.networks)
    assert workspace.errors() == []
    train(person)
    session = workspace.session
    assert session is not None
    series = set(session.telemetry.series())
    assert {"train/discriminator_loss", "train/generator_loss"} <= series
    samples = session.telemetry.samples
    assert samples is not None
    assert [shown.kind for shown in samples.shown] == ["ShowImages"]
    assert person.events <= 60


def test_a_vae_in_forty_events(person: Person) -> None:
    begin(person, "VAE")
    workspace = person.window.workspace
    assert workspace.errors() == []
    train(person)
    session = workspace.session
    assert session is not None
    assert {"train/loss", "train/reconstruction", "train/kl"} <= set(session.telemetry.series())
    samples = session.telemetry.samples
    assert samples is not None
    assert {shown.title for shown in samples.shown} == {
        "reconstructions",
        "samples from the prior",
    }
    assert person.events <= 40
