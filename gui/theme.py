"""The look: one place for colours, fonts, metrics and icons, as a dark and a light theme."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from gui import icons
from gui.colors import contrast, mix, oklch

__all__ = [
    "DARK",
    "LIGHT",
    "Theme",
    "apply",
    "changed",
    "current",
    "family_color",
    "icon",
    "mono_font",
]

#: Contrast of text with its ground, at least (WCAG 2, level AA).
READABLE = 4.5

#: Hue in degrees, chroma and a shift of lightness for each family of the catalogue.
#:
#: Those of :data:`COMMON` were found by a random search that made the smallest distance between any
#: two of them as large as it could, in both themes, as seen with all cones, without red ones and
#: without green ones (tests/gui/test_theme.py has the formula), each standing out from a card by
#: 3 to 1. Eyes that see one hue axis only tell them apart by lightness. The others are near to
#: their relatives; the glyph on a card tells all apart as well.
FAMILIES: dict[str, tuple[float, float, float]] = {
    "structure": (255, 0.035, 0.04),
    "linear": (263, 0.15, -0.14),
    "convolution": (201, 0.09, 0.12),
    "pooling": (224, 0.07, -0.01),
    "padding": (215, 0.05, -0.06),
    "activation": (99, 0.14, 0.13),
    "normalization": (287, 0.12, 0.06),
    "dropout": (47, 0.03, -0.14),
    "recurrent": (338, 0.2, -0.13),
    "attention": (286, 0.2, -0.04),
    "embedding": (106, 0.12, 0.02),
    "position": (158, 0.08, 0.06),
    "vision": (170, 0.09, 0.1),
    "distance": (275, 0.08, 0.03),
    "shape": (62, 0.04, -0.03),
    "joining": (72, 0.05, 0.11),
    "selection": (75, 0.06, -0.05),
    "arithmetic": (120, 0.07, 0.06),
    "elementwise": (120, 0.09, 0.0),
    "reduction": (105, 0.10, -0.05),
    "matrix": (270, 0.10, 0.0),
    "comparison": (230, 0.05, 0.04),
    "creation": (230, 0.05, 0.1),
    "random": (5, 0.09, 0.08),
    "augmentation": (355, 0.12, 0.03),
    "loss": (34, 0.2, -0.12),
    "optimizer": (55, 0.16, 0.02),
    "scheduler": (50, 0.10, 0.08),
    "metric": (112, 0.14, 0.06),
    "monitor": (200, 0.14, 0.06),
    "unknown": (0, 0.0, -0.05),
}

#: The families that stand side by side in most networks.
COMMON = (
    *("linear", "convolution", "pooling", "activation", "normalization", "dropout"),
    *("recurrent", "attention", "embedding", "shape", "joining", "loss"),
)


@dataclass(frozen=True)
class Theme:
    """Colours as ``#rrggbb`` by their use, and metrics in pixels."""

    name: str
    dark: bool
    window: str
    panel: str
    raised: str
    field: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    hover: str
    canvas: str
    grid: str
    grid_strong: str
    card: str
    card_border: str
    wire: str
    error: str
    warning: str
    ok: str
    #: Curves and series in charts, to be used in order.
    series: tuple[str, ...] = ()
    lightness: float = 0.75
    radius: int = 6
    spacing: int = 8
    _families: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def family(self, family: str) -> str:
        """Return the colour of a catalogue family; any name has one, always the same."""
        if family not in self._families:
            self._families[family] = oklch(*self._look_of(family))
        return self._families[family]

    def ink(self, family: str) -> str:
        """Return the family's colour for text: as light or dark as reading it on a field takes."""
        lightness, chroma, hue = self._look_of(family)
        found = oklch(lightness, chroma, hue)
        while contrast(found, self.field) < READABLE:
            lightness += 0.01 if self.dark else -0.01
            found = oklch(lightness, chroma, hue)
        return found

    def _look_of(self, family: str) -> tuple[float, float, float]:
        """Return lightness, chroma and hue of a family's colour."""
        known = FAMILIES.get(family)
        hue, chroma, shift = known or (zlib.crc32(family.encode()) % 360, 0.09, 0.0)
        return self.lightness + shift * self._swing, chroma, hue

    def tint(self, family: str, part: float = 0.16) -> str:
        """Return the family's colour laid thinly over a card."""
        return mix(self.family(family), self.card, part)

    @property
    def _swing(self) -> float:
        return 1.0 if self.dark else 0.8

    def color(self, use: str) -> QColor:
        """Return one of the colours by name as a QColor."""
        return QColor(getattr(self, use))


DARK = Theme(
    name="dark",
    dark=True,
    window="#12151b",
    panel="#191d25",
    raised="#242a35",
    field="#10131a",
    border="#2d3441",
    text="#e8ebf1",
    muted="#a7b1c2",
    accent="#5b9dff",
    on_accent="#06142b",
    selection="#25426f",
    hover="#2c3340",
    canvas="#0f1217",
    grid="#151920",
    grid_strong="#1b2029",
    card="#1f242e",
    card_border="#373f4e",
    wire="#66738a",
    error="#ff6f61",
    warning="#f4b740",
    ok="#4cc38a",
    series=("#5b9dff", "#f4a340", "#4cc3a5", "#d98ae8", "#e9736b", "#a8c256"),
    lightness=0.74,
)

LIGHT = Theme(
    name="light",
    dark=False,
    window="#e9ecf1",
    panel="#f6f7f9",
    raised="#ffffff",
    field="#ffffff",
    border="#cdd3dc",
    text="#1b2230",
    muted="#566175",
    accent="#1b5ccb",
    on_accent="#ffffff",
    selection="#cfe0fb",
    hover="#e4e8ef",
    canvas="#f3f5f8",
    grid="#ebeef3",
    grid_strong="#e0e5ec",
    card="#ffffff",
    card_border="#c3cad6",
    wire="#8490a3",
    error="#bb271d",
    warning="#875800",
    ok="#117048",
    series=("#1f63d6", "#b5620a", "#0f7f69", "#9a3fb0", "#c3392f", "#5d7a12"),
    lightness=0.56,
)


#: The property of an application whose style has been chosen.
_STYLED = "torchloom-styled"


class _Hub(QObject):
    """Carries the signal: a Qt one, so that a widget that is gone is not called."""

    changed = Signal(object)


_hub = _Hub()
_current = DARK
changed = _hub.changed


def current() -> Theme:
    """Return the theme in use."""
    return _current


def apply(app: QApplication, theme: Theme | str = "dark") -> Theme:
    """Give the application a theme's colours; windows, and all that paint themselves, are told."""
    global _current
    chosen = {"dark": DARK, "light": LIGHT}[theme] if isinstance(theme, str) else theme
    _current = chosen
    if not app.property(_STYLED):  # half a second in a window that has a style sheet
        app.setStyle("Fusion")
        app.setProperty(_STYLED, True)
    app.setPalette(_palette(chosen))
    changed.emit(chosen)
    return chosen


def family_color(family: str) -> QColor:
    """Return the colour of a catalogue family in the theme in use."""
    return QColor(_current.family(family))


def icon(name: str, color: str | None = None) -> QIcon:
    """Return the icon called `name` in the theme's text colour, or in `color`."""
    faded = mix(_current.muted, _current.panel, 0.5)
    return _icon(name, color or _current.text, faded)


@cache
def _icon(name: str, color: str, faded: str) -> QIcon:
    return icons.make(name, color, faded)


def mono_font(size: float | None = None) -> QFont:
    """Return the system's fixed-pitch font, `size` in points or as large as the ordinary one."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(size or QGuiApplication.font().pointSizeF())
    return font


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    colors = {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.field,
        role.AlternateBase: theme.panel,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.Highlight: theme.selection,
        role.HighlightedText: theme.text,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Light: theme.raised,
        role.Midlight: theme.border,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.window,
    }
    palette = QPalette()
    for which, color in colors.items():
        palette.setColor(which, QColor(color))
    faded = QColor(mix(theme.muted, theme.panel, 0.6))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, faded)
    return palette
