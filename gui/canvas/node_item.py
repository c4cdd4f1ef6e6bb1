"""A node on the canvas: one item that paints card and ports itself.

The base is QGraphicsRectItem, so that the questions Qt asks most, bounding rectangle and shape,
are answered in C++. There are no child items: see :mod:`gui.canvas.card` for the geometry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from graph.document import Node
from gui.canvas.card import HEAD, MARGIN, RADIUS, Card, Content, PortSpot, lay_out
from gui.canvas.style import Style

if TYPE_CHECKING:
    from gui.canvas.frame_item import FrameItem
    from gui.canvas.link_item import LinkItem
    from gui.canvas.wire_item import WireItem

__all__ = ["COMMENT", "FULL", "NodeItem", "Paper"]

#: From this zoom on cards are drawn with everything on them, below it with the title alone.
FULL = 0.6
PORT = 5.0
#: How far above its card the comment of a node reaches, in scene pixels.
COMMENT = 26.0


class Paper:
    """What all items of a scene share: the zoom, the style, and how ports stand in a gesture."""

    def __init__(self, look: Style) -> None:
        self.look = look
        self.zoom = 1.0
        #: Learned numbers of the whole network, which the bars on cards are parts of.
        self.parameters = 0
        #: In a wire gesture: how well each port would take the wire; None: no gesture.
        self.fits: dict[tuple[str, bool, str], str] | None = None


class NodeItem(QGraphicsRectItem):
    """The card of one node."""

    def __init__(self, node: Node, content: Content, paper: Paper) -> None:
        super().__init__()
        self.node = node
        self.content = content
        self.paper = paper
        self.card: Card = lay_out(content, paper.look)
        self.wires: list[WireItem] = []
        self.links: list[LinkItem] = []
        #: The collapsed frame that stands in its place.
        self.box: FrameItem | None = None
        self.selected = False
        self.hovered = False
        self.hovered_port: PortSpot | None = None
        self.wired: set[tuple[bool, str]] = set()
        self.setPen(paper.look.no_pen)
        self.setPos(*node.position)
        self.fit_rect()

    def show_content(self, content: Content) -> bool:
        """Show something else; return whether the card's size or ports changed."""
        if content == self.content:
            return False
        return self._lay_out(content)

    def restyle(self) -> None:
        """Lay the card out again after a change of theme."""
        self._lay_out(self.content)

    def _lay_out(self, content: Content) -> bool:
        old = self.card
        self.content = content
        self.card = lay_out(content, self.paper.look)
        self.fit_rect()
        self.update()
        return old.width != self.card.width or old.spots != self.card.spots

    def fit_rect(self) -> None:
        """Take up as much room as the card and the comment over it need."""
        above = COMMENT if self.node.comment else MARGIN
        self.setRect(self.card.body.adjusted(-MARGIN, -above, MARGIN, MARGIN))

    # -- geometry -----------------------------------------------------------------------------

    def port_point(self, name: str, is_input: bool) -> QPointF:
        """Return where a wire ends, in scene pixels; at the card's side for an unknown port."""
        if self.box is not None:
            return self.box.side(is_input)
        spot = self.card.spot(name, is_input)
        at = spot.point if spot else QPointF(0 if is_input else self.card.width, HEAD / 2)
        return self.pos() + at

    def port_at(self, point: QPointF, reach: float) -> PortSpot | None:
        """Return the nearest port within `reach` of a scene point."""
        local = point - self.pos()
        near = [
            ((spot.x - local.x()) ** 2 + (spot.y - local.y()) ** 2, i)
            for i, spot in enumerate(self.card.spots)
        ]
        if not near:
            return None
        distance, index = min(near)
        return self.card.spots[index] if distance <= reach * reach else None

    def scene_body(self) -> QRectF:
        """Return the card's rectangle in the scene, without ports and shadow."""
        return self.box.body() if self.box is not None else self.card.body.translated(self.pos())

    # -- painting -----------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the card with as much on it as can be read at this zoom."""
        look = self.paper.look
        if self.paper.fits is not None:
            painter.setOpacity(1.0 if self._takes_part() else 0.4)
        if self.paper.zoom >= FULL:
            self._paint_body(painter, look)
            self._paint_lines(painter, look)
            self._paint_ports(painter, look)
        else:
            self._paint_small(painter, look)

    def _takes_part(self) -> bool:
        fits = self.paper.fits or {}
        return any(
            fits.get((self.node.id, spot.is_input, spot.port.name)) in ("fits", "doubtful", "start")
            for spot in self.card.spots
        )

    def _border(self, look: Style) -> object:
        if self.selected:
            return look.selected_border
        if self.content.severity == "error":
            return look.error_border
        if self.content.severity == "warning":
            return look.warning_border
        return look.hover_border if self.hovered else look.border

    def _paint_body(self, painter: QPainter, look: Style) -> None:
        card, family = self.card, self.content.family
        painter.setPen(look.no_pen)
        painter.setBrush(look.shadow)
        painter.drawRoundedRect(card.body.translated(0, 2.5).adjusted(-1, 0, 1, 1), RADIUS, RADIUS)
        solid = self.content.drawing in ("input", "output", "data")
        painter.setBrush(look.tint(family, 0.20) if solid else look.card)
        painter.drawRoundedRect(card.body, RADIUS, RADIUS)
        strong = solid or family in ("loss", "optimizer") or self.content.drawing == "network"
        painter.setBrush(look.tint(family, 0.34 if strong else 0.15))
        painter.drawPath(card.head)
        painter.setBrush(look.family(family))
        painter.drawPath(card.stripe)
        painter.setPen(self._border(look))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(card.body, RADIUS, RADIUS)
        if self.content.drawing == "network":
            painter.setPen(look.border)
            painter.drawRoundedRect(card.body.adjusted(-3, -3, 3, 3), RADIUS + 3, RADIUS + 3)

    def _paint_lines(self, painter: QPainter, look: Style) -> None:
        content = self.content
        glyph = look.glyph(content.drawing, look.theme.family(content.family))
        painter.drawPixmap(QRectF(13, 8, 16, 16), glyph, QRectF(0, 0, 64, 64))
        for line in self.card.lines:
            small = line.use == "small"
            plain = look.small_font if small else look.line_font
            painter.setFont(look.title_font if line.use == "title" else plain)
            painter.setPen(look.text if line.use in ("title", "line") else look.muted)
            painter.drawStaticText(QPointF(line.x, line.y), line.text)
        if content.parameters:
            self._paint_bar(painter, look)
        if content.severity:
            self._paint_badge(painter, look, self.badge)
        if content.pinned:
            pin = look.glyph("pin", look.theme.accent)
            painter.drawPixmap(QRectF(-7, -8, 16, 16), pin, QRectF(0, 0, 64, 64))
        if content.shared:
            mark = look.glyph("share", look.theme.family(content.family))
            painter.drawPixmap(QRectF(self.card.width - 9, -8, 16, 16), mark, QRectF(0, 0, 64, 64))

    def _paint_bar(self, painter: QPainter, look: Style) -> None:
        """Draw which part of the network's parameters are here; a small part as a dot."""
        bar = QRectF(self.card.bar)
        painter.fillRect(bar, look.track)
        part = self.content.parameters / max(self.paper.parameters, self.content.parameters)
        bar.setWidth(max(3.0, bar.width() * part))
        painter.fillRect(bar, look.family(self.content.family))

    @property
    def badge(self) -> QRectF:
        """Where the mark of a problem is on the card, at the zoom as it is."""
        if self.paper.zoom >= FULL:
            return QRectF(self.card.width - 24, 8, 16, 16)
        return QRectF(self.card.width - 16, -8, 24, 24)

    def on_badge(self, point: QPointF) -> bool:
        """Whether a scene point is on the mark of a problem."""
        return bool(self.content.severity) and self.badge.adjusted(-4, -4, 4, 4).contains(
            point - self.pos()
        )

    def _paint_badge(self, painter: QPainter, look: Style, place: QRectF) -> None:
        color = look.theme.error if self.content.severity == "error" else look.theme.warning
        badge = look.glyph(self.content.severity, color)
        painter.drawPixmap(place, badge, QRectF(0, 0, 64, 64))

    def _paint_ports(self, painter: QPainter, look: Style) -> None:
        fits = self.paper.fits
        for spot in self.card.spots:
            name = spot.port.name
            state = fits.get((self.node.id, spot.is_input, name)) if fits is not None else None
            radius = PORT + 2.5 if spot == self.hovered_port or state == "fits" else PORT
            pen, brush = self._port_colors(spot, state, look)
            painter.setPen(pen)
            painter.setBrush(brush)
            if spot.port.carries == "optimizer":
                painter.drawRect(QRectF(spot.x - radius, spot.y - radius, 2 * radius, 2 * radius))
            else:
                painter.drawEllipse(spot.point, radius, radius)

    def _port_colors(self, spot: PortSpot, state: str | None, look: Style) -> tuple:
        wired = (spot.is_input, spot.port.name) in self.wired
        if state in ("fits", "start"):
            return look.port_rim, look.brush(look.theme.accent)
        if state == "doubtful":
            return look.port_rim, look.brush(look.theme.warning)
        if spot.port.missing or spot.port.name in self.content.problem_ports:
            return look.error_border, look.brush(look.theme.error if wired else look.theme.card)
        if spot == self.hovered_port:
            return look.port_rim, look.brush(look.theme.accent)
        if wired:
            return look.port_rim, look.family(self.content.family)
        if spot.port.optional or not spot.is_input:
            return look.border, look.brush(look.theme.canvas)
        return look.muted, look.brush(look.theme.canvas)

    def _paint_small(self, painter: QPainter, look: Style) -> None:
        card = self.card
        painter.fillRect(card.body, look.tint(self.content.family, 0.18))
        painter.fillRect(QRectF(0, 0, 7, card.height), look.family(self.content.family))
        painter.setPen(self._border(look))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(card.body)
        for line in card.big:
            title = line.use == "title"
            painter.setFont(look.big_font if title else look.middle_font)
            painter.setPen(look.text if title else look.muted)
            painter.drawStaticText(QPointF(line.x, line.y), line.text)
        if self.content.severity:
            # On the corner: the title takes all the width of a small card.
            self._paint_badge(painter, look, self.badge)
        for spot in card.spots:
            painter.fillRect(
                QRectF(spot.x - 4, spot.y - 4, 8, 8),
                self._port_colors(spot, self._state(spot), look)[1],
            )

    def _state(self, spot: PortSpot) -> str | None:
        fits = self.paper.fits
        return fits.get((self.node.id, spot.is_input, spot.port.name)) if fits else None
