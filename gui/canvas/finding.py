"""Finding the way: a bar that finds nodes, bookmarks, and the next problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from graph.edits import KeepView
from gui import theme

if TYPE_CHECKING:
    from graph.document import Network
    from gui.canvas.view import CanvasView

__all__ = ["FindBar", "Finding", "found_in"]

translate = QCoreApplication.translate
MARGIN = 10


def found_in(network: Network, text: str) -> list[str]:
    """Return the ids of the nodes that hold all words of a text, from left to right.

    Words are looked for in title, kind, comment and arguments, written as ``kernel_size=3``.
    """
    words = text.lower().split()
    if not words:
        return []
    found = []
    for node in network:
        params = " ".join(f"{name}={value}" for name, value in node.params.items())
        said = f"{node.title} {node.kind} {params} {node.comment}".lower()
        if all(word in said for word in words):
            found.append(node)
    return [node.id for node in sorted(found, key=lambda node: (node.position, node.id))]


class FindBar(QWidget):
    """A field over the canvas: what is typed is found at once, Enter goes on, Escape closes."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._found: list[str] = []
        self._at = 0
        self.setObjectName("find-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Title, kind or argument"))
        self.field.setAccessibleName(self.tr("Find a node"))
        self.field.setMinimumWidth(220)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.count = QLabel()
        self.count.setAccessibleName(self.tr("Nodes found"))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.field)
        row.addWidget(self.count)
        self.hide()
        view.resized.connect(self.place)
        theme.changed.connect(self.dress)
        self.dress()

    def dress(self, look: object = None) -> None:
        """Take up the colours of the theme."""
        now = theme.current()
        self.setStyleSheet(
            f"#find-bar {{ background: {now.raised}; border: 1px solid {now.border};"
            "border-radius: 6px; }"
        )

    def open(self) -> None:
        """Show the bar and take what is typed."""
        if self._view.network is None:
            return
        self.show()
        self.raise_()
        self.place()
        self.field.setFocus()
        self.field.selectAll()
        self._search(self.field.text())

    def place(self) -> None:
        """Stay in the upper right corner."""
        self.adjustSize()
        self.move(max(MARGIN, self._view.viewport().width() - self.width() - MARGIN), MARGIN)

    def close_bar(self) -> None:
        """Go back to the canvas; what was found stays selected."""
        had_focus = self.field.hasFocus()
        self.hide()
        if had_focus:
            self._view.setFocus()

    def _search(self, text: str) -> None:
        network = self._view.network
        self._found = found_in(network, text) if network is not None else []
        self._at = 0
        self._show()

    def _go(self, step: int) -> None:
        if self._found:
            self._at = (self._at + step) % len(self._found)
            self._show()

    def _show(self) -> None:
        network = self._view.network
        self._found = [i for i in self._found if network is not None and i in network]
        if self._found:
            self._at %= len(self._found)
            self._view.select([self._found[self._at]])
            self._view.center_on(self._found[self._at])
            self.count.setText(f"{self._at + 1} / {len(self._found)}")
        else:
            self.count.setText(self.tr("None") if self.field.text().strip() else "")
        self.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter goes to the next one, with Shift to the one before; Escape closes."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                self._go(-1 if back else 1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close_bar()
                return True
        return False


class Finding(QObject):
    """The actions that bring something into view."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self.bar = FindBar(view)
        add = view.commands.add
        add("find", translate("Canvas", "Find a node…"), ("Ctrl+F",), self.bar.open)
        add("next_problem", translate("Canvas", "Next problem"), ("F8",), self.next_problem)
        keep, go = (
            translate("Canvas", "Set bookmark {0}"),
            translate("Canvas", "Go to bookmark {0}"),
        )
        for i in range(1, 10):
            add(f"keep_{i}", keep.format(i), (f"Ctrl+{i}",), lambda i=i: self.keep(i))
            add(f"go_{i}", go.format(i), (f"Alt+{i}",), lambda i=i: self.go(i))

    def next_problem(self) -> None:
        """Select the next node with a problem, and bring it into view."""
        view = self._view
        nodes = view.canvas_scene.nodes
        bad = [i for i, item in nodes.items() if item.content.severity]
        bad.sort(key=lambda i: (nodes[i].content.severity != "error", nodes[i].node.position, i))
        if not bad:
            view.tell(translate("Canvas", "There is no problem here."))
            return
        last = view.selected[-1] if view.selected else ""
        chosen = bad[(bad.index(last) + 1) % len(bad)] if last in bad else bad[0]
        view.select([chosen])
        view.center_on(chosen)

    def keep(self, number: int) -> None:
        """Keep what is seen now as a bookmark of the network."""
        view = self._view
        if view.network is None:
            return
        middle = view.mapToScene(view.viewport().rect().center())
        place = (round(middle.x(), 1), round(middle.y(), 1), round(view.zoom, 4))
        text = translate("Canvas", "Set bookmark {0}").format(number)
        if view.push(KeepView(view.network.name, number, place), text):
            view.tell(translate("Canvas", "Alt+{0} comes back here.").format(number))

    def go(self, number: int) -> None:
        """Show what a bookmark has kept."""
        view = self._view
        kept = view.network.drawing.views.get(number) if view.network is not None else None
        if kept is None:
            text = translate("Canvas", "There is no bookmark {0}; Ctrl+{0} sets it.")
            view.tell(text.format(number))
            return
        view.show_place(*kept)
