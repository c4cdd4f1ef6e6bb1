"""The layout of a card: where its lines stand and where its ports are. All in scene pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainterPath, QStaticText

from graph.catalog.entry import Port, Ports
from gui.canvas.cardtext import CardText, single_line
from gui.canvas.style import GRID, Style

__all__ = ["HEAD", "MARGIN", "RADIUS", "Card", "Content", "Line", "PortSpot", "lay_out"]

HEAD = 32.0
LINE = 19.0
ROW = 20.0
LEFT = 14.0
GLYPH = 16.0
RADIUS = 7.0
#: How far ports, border and shadow reach beyond the card.
MARGIN = 9.0
WIDTH = (120.0, 200.0)


@dataclass(frozen=True)
class Content:
    """All that a card shows of its node."""

    family: str
    drawing: str
    ports: Ports
    text: CardText
    severity: str = ""
    problem_ports: frozenset[str] = frozenset()
    #: The name of weights that other blocks have too.
    shared: str = ""
    #: How many numbers it learns.
    parameters: int = 0
    #: Shown with its title alone; kept where it is.
    collapsed: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class PortSpot:
    """A port and its place relative to the card's top left corner."""

    port: Port
    is_input: bool
    x: float
    y: float

    @property
    def point(self) -> QPointF:
        """The place as a point."""
        return QPointF(self.x, self.y)


@dataclass(slots=True)
class Line:
    """A line of text, ready to be drawn."""

    x: float
    y: float
    text: QStaticText
    use: str  # "title", "line", "muted" or "small"


@dataclass(slots=True)
class Card:
    """A card laid out."""

    width: float
    height: float
    lines: list[Line]
    spots: list[PortSpot]
    title: QRectF
    body: QRectF
    #: The title and the shape, large, for when the card is small on the screen.
    big: list[Line]
    head: QPainterPath
    stripe: QPainterPath
    #: Where the share of the network's parameters is drawn; empty for a node that learns nothing.
    bar: QRectF
    #: What was too long for the card, in full.
    cut: str = ""
    by_name: dict[tuple[bool, str], PortSpot] = field(default_factory=dict)

    def spot(self, name: str, is_input: bool) -> PortSpot | None:
        """Return a port's spot by name."""
        return self.by_name.get((is_input, name))


def lay_out(content: Content, look: Style) -> Card:
    """Return the card for `content`."""
    text = content.text
    rows: tuple[list[Port], list[Port]] = ([], []) if content.collapsed else _rows(content.ports)
    width = _width(text, rows, look)
    lines = [_line(LEFT + GLYPH + 6, 7.0, text.title, look.title_font, "title", width - LEFT - 52)]
    y = HEAD + 3.0
    second = " · ".join(part for part in (text.kind, text.arguments) if part)
    if second:
        lines.append(_line(LEFT, y, second, look.line_font, "line", width - 2 * LEFT))
        y += LINE
    if text.shape or text.parameters:
        if text.shape:
            lines.append(_line(LEFT, y, text.shape, look.line_font, "muted", width - 2 * LEFT))
        if text.parameters:
            wide = look.small_metrics.horizontalAdvance(text.parameters)
            lines.append(
                _line(width - LEFT + 2 - wide, y + 1, text.parameters, look.small_font, "small")
            )
        y += LINE
    spots = _spots(content.ports, rows, width, y)
    for spot, (name, is_input) in zip(spots, _labels(content.ports, rows), strict=True):
        if name:
            wide = look.small_metrics.horizontalAdvance(name)
            x = LEFT if is_input else width - LEFT - wide
            lines.append(_line(x, spot.y - 8, name, look.small_font, "small"))
    y += ROW * max(len(side) for side in rows)
    height = max(HEAD + 4, y + 6) if y > HEAD + 4 else HEAD
    title = QRectF(LEFT + GLYPH, 4, min(width - 60, lines[0].text.size().width() + 14), HEAD - 8)
    body = QRectF(0, 0, width, height)
    big = _big(text, width, height, look)
    bar = QRectF(LEFT, height - 6.0, width - 2 * LEFT, 2.5) if content.parameters else QRectF()
    card = Card(width, height, lines, spots, title, body, big, *_outlines(width, height), bar)
    if look.line_metrics.horizontalAdvance(second) > width - 2 * LEFT:
        card.cut = second
    card.by_name = {(spot.is_input, spot.port.name): spot for spot in spots}
    return card


def _big(text: CardText, width: float, height: float, look: Style) -> list[Line]:
    title = _line(15, 0, text.title, look.big_font, "title", width - 24)
    below = text.shape or text.arguments
    if height < 66 or not below:
        title.y = (height - title.text.size().height()) / 2
        return [title]
    second = _line(15, height / 2 + 4, below, look.middle_font, "muted", width - 24)
    title.y = height / 2 - title.text.size().height()
    return [title, second]


def _rows(ports: Ports) -> tuple[list[Port], list[Port]]:
    """Return the inputs and outputs that stand in rows of their own, with their names.

    A single port has its place beside the title and needs no name.
    """
    inputs = list(ports.inputs) if len(ports.inputs) > 1 else []
    outputs = list(ports.outputs) if len(ports.outputs) > 1 else []
    return inputs, outputs


def _spots(
    ports: Ports, rows: tuple[list[Port], list[Port]], width: float, top: float
) -> list[PortSpot]:
    spots = []
    for is_input, side, listed in ((True, ports.inputs, rows[0]), (False, ports.outputs, rows[1])):
        for i, port in enumerate(side):
            y = top + ROW * i + ROW / 2 if listed else HEAD / 2
            spots.append(PortSpot(port, is_input, 0.0 if is_input else width, y))
    return spots


def _labels(ports: Ports, rows: tuple[list[Port], list[Port]]) -> list[tuple[str, bool]]:
    return [
        *((single_line(port.name, 18) if rows[0] else "", True) for port in ports.inputs),
        *((single_line(port.name, 18) if rows[1] else "", False) for port in ports.outputs),
    ]


def _width(text: CardText, rows: tuple[list[Port], list[Port]], look: Style) -> float:
    second = " · ".join(part for part in (text.kind, text.arguments) if part)
    third = look.line_metrics.horizontalAdvance(text.shape)
    if text.parameters:
        third += 14 + look.small_metrics.horizontalAdvance(text.parameters)
    names = [
        max(
            (look.small_metrics.horizontalAdvance(single_line(p.name, 18)) for p in side), default=0
        )
        for side in rows
    ]
    needed = max(
        look.title_metrics.horizontalAdvance(text.title) + GLYPH + 34,
        look.line_metrics.horizontalAdvance(second),
        third,
        sum(names) + 24,
    )
    low, high = WIDTH
    return min(high, max(low, GRID * -(-(needed + 2 * LEFT) // GRID)))


def _line(x: float, y: float, text: str, font: QFont, use: str, room: float | None = None) -> Line:
    if room is not None:
        text = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
    return Line(x, y, _static(text, font), use)


@lru_cache(maxsize=4096)
def _static(text: str, font: QFont) -> QStaticText:
    """Return prepared text; many cards say the same."""
    static = QStaticText(text)
    static.setTextFormat(Qt.TextFormat.PlainText)
    static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    static.prepare(font=font)
    return static


@lru_cache(maxsize=256)
def _outlines(width: float, height: float) -> tuple[QPainterPath, QPainterPath]:
    """Return the head, and the stripe at the left, both with the card's round corners."""
    body = QPainterPath()
    body.addRoundedRect(QRectF(0.5, 0.5, width - 1, height - 1), RADIUS - 0.5, RADIUS - 0.5)
    head, stripe = QPainterPath(), QPainterPath()
    head.addRect(QRectF(0, 0, width, min(HEAD, height)))
    stripe.addRect(QRectF(0, 0, 5.0, height))
    return body.intersected(head), body.intersected(stripe)
