"""Pens, brushes and fonts of the canvas, made once per theme and shared by all items."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPen, QPixmap

from gui import icons, theme
from gui.colors import mix
from gui.theme import Theme

__all__ = ["GRID", "Style", "style"]

#: Distance of the grid's dots, in scene pixels; nodes snap to it.
GRID = 20.0


class Style:
    """The resources of one theme."""

    def __init__(self, look: Theme) -> None:
        self.theme = look
        self.title_font = _font(13, QFont.Weight.DemiBold)
        self.line_font = _font(12)
        self.small_font = _font(11)
        self.big_font = _font(21, QFont.Weight.DemiBold)
        self.middle_font = _font(15)
        self.title_metrics = QFontMetricsF(self.title_font)
        self.line_metrics = QFontMetricsF(self.line_font)
        self.small_metrics = QFontMetricsF(self.small_font)
        self.text = QPen(QColor(look.text))
        self.muted = QPen(QColor(look.muted))
        self.card = QBrush(QColor(look.card))
        self.track = QBrush(QColor(look.card_border))
        self.border = _pen(look.card_border, 1.0)
        self.hover_border = _pen(mix(look.text, look.card_border, 0.35), 1.2)
        self.selected_border = _pen(look.accent, 2.0)
        self.error_border = _pen(look.error, 1.6)
        self.warning_border = _pen(look.warning, 1.4)
        self.shadow = QColor(0, 0, 0, 70 if look.dark else 26)
        self.wire = _wire(look.wire, 2.0)
        self.wire_hover = _wire(mix(look.text, look.wire, 0.6), 2.6)
        self.wire_selected = _wire(look.accent, 2.8)
        self.wire_lit = _wire(mix(look.accent, look.wire, 0.75), 2.4)
        self.wire_path = _wire(mix(look.accent, look.wire, 0.5), 2.2)
        self.wire_error = _wire(look.error, 2.2)
        self.wire_optimizer = _wire(look.family("optimizer"), 2.0)
        self.wire_optimizer.setStyle(Qt.PenStyle.DashLine)
        self.wire_draft = _wire(look.accent, 2.4)
        self.wire_refused = _wire(look.error, 2.4)
        self.port_rim = _pen(look.canvas, 2.0)
        self.no_pen = QPen(Qt.PenStyle.NoPen)
        self.brushes: dict[str, QBrush] = {}
        self._tints: dict[str, QBrush] = {}

    def brush(self, color: str) -> QBrush:
        """Return the shared brush of a colour."""
        found = self.brushes.get(color)
        if found is None:
            found = self.brushes[color] = QBrush(QColor(color))
        return found

    def family(self, family: str) -> QBrush:
        """Return the brush of a family's colour."""
        return self.brush(self.theme.family(family))

    def tint(self, family: str, part: float) -> QBrush:
        """Return the brush of a card's head."""
        key = f"{family}{part}"
        found = self._tints.get(key)
        if found is None:
            found = self._tints[key] = QBrush(QColor(self.theme.tint(family, part)))
        return found

    @cache  # noqa: B019 - one Style per theme, kept as long as the program runs
    def glyph(self, drawing: str, color: str) -> QPixmap:
        """Return the glyph of a family, at four times its size for zooming in at 2x."""
        return icons.pixmap(drawing, color, 16, 4.0)


def _font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont()
    # Scene pixels, not points: the layout of a card must not depend on the screen.
    font.setPixelSize(pixels)
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _pen(color: str, width: float) -> QPen:
    return QPen(QColor(color), width)


def _wire(color: str, width: float) -> QPen:
    pen = QPen(QColor(color), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # the ends lie under ports
    return pen


@cache
def _style(look: Theme) -> Style:
    return Style(look)


def style() -> Style:
    """Return the resources of the theme in use."""
    return _style(theme.current())
