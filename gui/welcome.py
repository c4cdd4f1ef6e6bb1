"""The welcome page: the examples as pictures, and the files opened last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from graph import files
from graph.document import Network
from graph.errors import TorchloomError
from gui import theme
from gui.panels.parts import (
    Clickable,
    FlowLayout,
    button,
    button_row,
    clear_layout,
    heading,
    hint,
    scrolled,
)
from runtime.examples import EXAMPLES, Example

__all__ = ["ExampleCard", "Thumbnail", "Welcome"]

#: Width of a card in pixels, and lines of its description.
_WIDTH, _LINES = 174, 3


class Thumbnail(QWidget):
    """A small picture of a network: its nodes in their families' colours, and its wires."""

    def __init__(self, network: Network | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(56)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._places: dict[str, tuple[float, float]] = {}
        self._families: dict[str, str] = {}
        self._wires: list[tuple[str, str]] = []
        if network is not None:
            for node in network:
                self._places[node.id] = node.position
                self._families[node.id] = network.kind(node.id).family
            self._wires = [(wire.source, wire.target) for wire in network.wires()]
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.canvas))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        if self._places:
            self._paint_network(painter)
        painter.end()

    def _paint_network(self, painter: QPainter) -> None:
        look = theme.current()
        xs = [x for x, _ in self._places.values()]
        ys = [y for _, y in self._places.values()]
        size = QSize(11, 8)
        width, height = max(xs) - min(xs) or 1.0, max(ys) - min(ys)
        room_x, room_y = self.width() - 40, self.height() - 28
        scale_x = room_x / width
        scale_y = min(room_y / height, scale_x) if height else 0.0
        middle = self.height() / 2

        def place(node_id: str) -> QPointF:
            x, y = self._places[node_id]
            centre = (min(ys) + max(ys)) / 2
            return QPointF(20 + (x - min(xs)) * scale_x, middle + (y - centre) * scale_y)

        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.wire), 1.2))
        for source, target in self._wires:
            start, end = place(source), place(target)
            path = QPainterPath(start)
            bend = QPointF(abs(end.x() - start.x()) / 2, 0)
            path.cubicTo(start + bend, end - bend, end)
            painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        for node_id, family in self._families.items():
            at = place(node_id)
            painter.setBrush(QColor(look.family(family)))
            rect = QRectF(at.x() - size.width() / 2, at.y() - size.height() / 2, 0, 0)
            rect.setSize(size.toSizeF())
            painter.drawRoundedRect(rect, 2.5, 2.5)


class ExampleCard(Clickable):
    """One example: picture, name, and what it is about."""

    def __init__(self, example: Example, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.example = example
        network: Network | None = None
        try:
            project = files.load(example.path).project
            network = next(iter(project.networks.values()), None)
        except (TorchloomError, OSError):
            pass  # the card without its picture; opening it says what is wrong
        title = QLabel(example.title)
        title.setProperty("role", "card-title")
        about = hint(self._shortened(example.description))
        about.setAlignment(Qt.AlignmentFlag.AlignTop)
        line = self.fontMetrics().lineSpacing()
        about.setFixedHeight(_LINES * line + 2)
        picture = Thumbnail(network)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        for widget in (picture, title, about):
            layout.addWidget(widget)
        self.setFixedSize(_WIDTH, picture.height() + (_LINES + 1) * line + 34)
        told = self.tr("Reaches {0}.").format(example.result)
        self.setToolTip(f"<p style='white-space:normal'>{example.description}<br>{told}</p>")
        self.setAccessibleName(f"{example.title}: {example.description}")

    def _shortened(self, text: str) -> str:
        """Return as many words as fit the card's lines."""
        metrics, words = self.fontMetrics(), text.split()
        flags = int(Qt.TextFlag.TextWordWrap)
        room = QRect(0, 0, _WIDTH - 24, 1000)
        for count in range(len(words), 0, -1):
            shown = " ".join(words[:count]) + ("" if count == len(words) else " …")
            if metrics.boundingRect(room, flags, shown).height() <= _LINES * metrics.lineSpacing():
                return shown
        return ""


class Welcome(QWidget):
    """Where to start: an example, a file of late, or an empty project."""

    example_chosen = Signal(object)  # Example
    file_chosen = Signal(object)  # Path
    open_asked = Signal()
    new_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[ExampleCard] = []
        self._fill = QTimer(self, interval=0)
        self._fill.timeout.connect(self._add_card)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(
            button_row(
                button(self.tr("New project"), self.new_asked.emit),
                button(self.tr("Open…"), self.open_asked.emit),
                lead=heading(self.tr("Begin with an example")),
            )
        )
        self._flow = _row_of_rows(column)
        self._recent = _row_of_rows(column)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(page))

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._fill.start()

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self._fill.stop()

    def _add_card(self) -> None:
        """Add the card of the next example: each reads a file, and the window is not to wait."""
        if len(self.cards) == len(EXAMPLES):
            self._fill.stop()
            return
        example = EXAMPLES[len(self.cards)]
        card = ExampleCard(example)
        card.clicked.connect(lambda: self.example_chosen.emit(example))
        self.cards.append(card)
        self._flow.addWidget(card)

    def show_recent(self, paths: list[Path]) -> None:
        """List the files opened or saved last."""
        clear_layout(self._recent)
        if not paths:
            return
        self._recent.addWidget(heading(self.tr("Opened last")))
        for path in paths[:5]:
            made = button(path.name, lambda path=path: self.file_chosen.emit(path))
            made.setFlat(True)
            made.setProperty("flat", True)
            made.setToolTip(str(path))
            self._recent.addWidget(made)


def _row_of_rows(column: QVBoxLayout) -> FlowLayout:
    """Add a holder to a column whose widgets flow into as many rows as they need."""
    holder = QWidget()
    flow = FlowLayout(holder, spacing=8)
    policy = holder.sizePolicy()
    policy.setHeightForWidth(True)
    holder.setSizePolicy(policy)
    column.addWidget(holder)
    return flow
