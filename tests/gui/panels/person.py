"""A person at the window, whose events are counted."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QPushButton, QWidget

from gui.window import MainWindow
from tests.gui.panels.screen import Screen

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Person:
    """Acts on a window by mouse and keys.

    `events` counts what a person does: each click, each drag and each turn of the wheel, however
    far, is one (a double-click is two), each text typed in one go is one, and each other key, such
    as Tab, Enter or Ctrl+N, is one. `presses` counts every single key and button that goes down.
    """

    def __init__(self, window: MainWindow, hands: Screen) -> None:
        self.window, self.hands = window, hands
        self.events = self.presses = 0

    def _count(self, events: int, presses: int) -> None:
        self.events += events
        self.presses += presses
        self.hands.settle()

    def click(self, widget: QWidget, at: QPoint | None = None, button=LEFT) -> None:
        QTest.mouseClick(widget, button, NONE, at or widget.rect().center())
        self._count(1, 1)

    def double_click(self, widget: QWidget, at: QPoint) -> None:
        QTest.mouseClick(widget, LEFT, NONE, at)
        QTest.mouseDClick(widget, LEFT, NONE, at)
        self._count(2, 2)

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        QTest.mousePress(widget, LEFT, NONE, start)
        for part in (0.2, 0.6, 1.0):
            QTest.mouseMove(widget, start + (QPointF(end - start) * part).toPoint())
            QApplication.processEvents()
        QTest.mouseRelease(widget, LEFT, NONE, end)
        self._count(1, 1)

    def wheel(self, area: QAbstractScrollArea, pixels: int) -> None:
        """Turn the wheel, notch by notch, until what is shown has moved by so many pixels."""
        bar, widget = area.verticalScrollBar(), area.viewport()
        at = QPointF(widget.rect().center())
        wanted = min(max(bar.minimum(), bar.value() + pixels), bar.maximum())
        down = pixels > 0
        while (bar.value() < wanted) if down else (bar.value() > wanted):
            notch = QWheelEvent(
                at,
                QPointF(widget.mapToGlobal(at.toPoint())),
                QPoint(),
                QPoint(0, -120 if down else 120),
                Qt.MouseButton.NoButton,
                NONE,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(widget, notch)
        self._count(1, 0)

    def key(self, widget: QWidget, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
        QTest.keyClick(widget, key, held or NONE)
        self._count(1, 1)

    def type(self, widget: QWidget, text: str) -> None:
        QTest.keyClicks(widget, text)
        self._count(1, len(text))

    # -- on the canvas --------------------------------------------------------------------------

    def type_chain(self, text: str, held: Qt.KeyboardModifier = NONE) -> None:
        """Open the search box, type, and accept: three events."""
        view = self.window.canvas
        assert view.hasFocus()
        self.key(view, Qt.Key.Key_Tab)
        self.type(view.adding.search.field, text)
        note = view.adding.search.note.text()
        assert "Adds" in note or ">" not in text, note
        self.key(view.adding.search.field, Qt.Key.Key_Return, held)

    def click_empty(self) -> None:
        """Click on the canvas where nothing is."""
        view = self.window.canvas
        self.click(view.viewport(), QPoint(30, view.viewport().height() - 30))
        assert not view.selected

    def click_node(self, node_id: str) -> None:
        """Click on a card, beside its title and its ports."""
        self.click(self.window.canvas.viewport(), self.on_card(node_id))

    def on_card(self, node_id: str) -> QPoint:
        view = self.window.canvas
        rect = view.canvas_scene.nodes[node_id].scene_body()
        return view.mapFromScene(QPointF(rect.center().x() + 10, rect.bottom() - 8))

    def draw(self, source: str, out: str, target: str, into: str) -> None:
        """Drag a wire from an output to an input."""
        view = self.window.canvas
        nodes = view.canvas_scene.nodes
        start = view.mapFromScene(nodes[source].port_point(out, False))
        end = view.mapFromScene(nodes[target].port_point(into, True))
        for at in (start, end):
            assert view.viewport().rect().contains(at), "the port is not in view"
        self.drag(view.viewport(), start, end)

    def newest(self, kind: str) -> str:
        """The id of the node of a kind that was added last."""
        found = [n.id for n in self.window.canvas.network if n.kind == kind]
        return found[-1]

    # -- a whole session ------------------------------------------------------------------------

    def begin(self) -> None:
        """A new project on the built-in digits: two events."""
        self.key(self.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        assert len(self.window.workspace.project.networks) <= 1
        buttons = {b.text(): b for b in self.window.data.findChildren(QPushButton)}
        self.click(buttons["Digits"])
        self.hands.bot.waitUntil(
            lambda: len(self.window.workspace.project.data.ports) == 2, timeout=20_000
        )
        self.hands.settle()

    def open_graph(self, name: str) -> None:
        """Click on the tab of a graph."""
        tabs = self.window.graph_tabs
        index = tabs.names().index(name)
        self.click(tabs.bar, tabs.bar.tabRect(index).center())
        assert self.window.workspace.graph == name

    def train(self) -> None:
        """Run, and wait until both the curves and the monitors show something."""
        window = self.window
        self.click(window.tool_bar.run)
        session = window.workspace.session
        assert session is not None, window.banner.text.text()
        self.hands.bot.waitUntil(
            lambda: session.telemetry.samples is not None or session.state.over, timeout=60_000
        )
        session.stop()
        assert session.join(30)
        assert session.failure is None
        self.hands.bot.waitUntil(lambda: not window.running.alive, timeout=10_000)
