"""Notes beside the pointer: what flows at a port, why a wire is refused, what is wrong here."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from gui import theme
from gui.canvas import badges
from gui.canvas.card import PortSpot
from gui.canvas.cardtext import shorten
from gui.canvas.content import port_text, type_text
from gui.canvas.node_item import NodeItem
from gui.canvas.scene import CanvasScene
from gui.canvas.wire_item import WireItem

__all__ = ["HintLabel", "hover_hint", "port_hint", "repaint"]

#: How long a refusal stays, in milliseconds.
FLASH = 5000


class HintLabel(QLabel):
    """A note on the canvas. A child of the viewport: it takes no focus and no mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.hide()
        self._timer = QTimer(self, singleShot=True, interval=FLASH)
        self._timer.timeout.connect(self.hide)
        self._use = ""
        self.dress()
        theme.changed.connect(self.dress)

    def dress(self, look: object = None) -> None:
        """Take up the colours of the theme."""
        now = theme.current()
        edge = now.error if self._use == "error" else now.border
        self.setStyleSheet(
            f"background: {now.raised}; color: {now.text}; border: 1px solid {edge};"
            "border-radius: 6px; padding: 5px 8px;"
        )

    def show_at(self, text: str, at: QPoint | None = None, use: str = "") -> None:
        """Show `text` near a point of the viewport; the empty text hides the note."""
        if not text:
            if not self._timer.isActive():
                self.hide()
            return
        self._timer.stop()
        if use != self._use:
            self._use = use
            self.dress()
        self.setText(shorten(text, 600))
        self._fit(at if at is not None else QPoint(16, 16))
        self.show()
        self.raise_()

    def flash(self, text: str, at: QPoint | None = None) -> None:
        """Show `text` for some seconds."""
        self.show_at(text, at, "error")
        self._timer.start()

    def _fit(self, at: QPoint) -> None:
        room = self.parentWidget().size()
        widest = min(380, max(120, room.width() - 24))
        flags = Qt.TextFlag.TextWordWrap
        text = self.fontMetrics().boundingRect(0, 0, widest - 20, 2000, flags, self.text())
        self.resize(text.width() + 24, text.height() + 16)
        x = min(at.x() + 16, room.width() - self.width() - 8)
        y = at.y() + 20
        if y + self.height() > room.height() - 8:
            y = at.y() - self.height() - 12
        self.move(max(8, x), max(8, y))


def port_hint(scene: CanvasScene, item: NodeItem, spot: PortSpot) -> str:
    """Return the note for a port: what flows there, and what is wrong."""
    lines = [port_text(scene.network, item.node.id, spot.port, scene.analysis)]
    lines += [
        problem.message
        for problem in scene.problems_of(item.node.id)
        if problem.port == spot.port.name
    ]
    return "\n".join(lines)


def hover_hint(scene: CanvasScene, item: NodeItem | WireItem | None, at: QPointF) -> str:
    """Return the note for what is under the pointer: a wire's shape, a node's problems."""
    if isinstance(item, WireItem):
        return wire_text(scene, item)
    if isinstance(item, NodeItem):
        found = scene.problems_of(item.node.id)
        if found and item.on_badge(at):
            return badges.note(found)
        return item.card.cut
    return ""


def wire_text(scene: CanvasScene, item: WireItem) -> str:
    """Return the shape that flows along a wire; empty while it is not known."""
    if scene.analysis is None or scene.network is None:
        return ""
    wire = item.wire
    found = scene.analysis.type_of(scene.network.name, wire.source, wire.source_port)
    return "" if found is None else type_text(found)


def repaint(item: NodeItem | WireItem) -> None:
    """Have an item painted with the state it now has."""
    if isinstance(item, WireItem):
        if item.scene() is not None:
            item.restyle()
    else:
        item.update()
