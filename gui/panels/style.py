"""The style sheet of a window: the theme's for Qt's widgets, and over it that of our own parts.

It is the window's and not the application's: Qt takes three times as long to apply the latter.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from string import Template

from gui import stylesheet
from gui.colors import mix
from gui.theme import Theme

__all__ = ["sheet"]

_SHEET = Template("""
QWidget[role="page"] { background: transparent; }
QScrollArea { background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QLabel[role="title"] { font-size: ${large}pt; font-weight: 600; }
QLabel[role="heading"] { color: $muted; font-weight: 600; padding-top: 4px; }
QLabel[role="chart-title"] { color: $muted; font-weight: 600; }
QLabel[role="hint"] { color: $muted; }
QLabel[role="value"] { color: $text; }
QLabel[role="field"] { color: $muted; }
QLabel[role="field"][set="true"] { color: $text; font-weight: 600; }
QLabel[role="empty-title"] { font-size: ${large}pt; color: $muted; font-weight: 600; }
QLabel[role="card-title"] { font-weight: 600; }
QLabel[severity="error"] { color: $error; }
QLabel[severity="warning"] { color: $warning; }
QToolButton[role="reset"] { color: $muted; padding: 2px 4px; border: 0; }
QToolButton[role="reset"]:hover { color: $text; }
QFrame[role="card"] { background: $raised; border: 1px solid $border; border-radius: 7px; }
QFrame[role="card"]:hover { border-color: $muted; }
QFrame[role="card"]:focus { border-color: $accent; }
QFrame[role="card"][severity="error"] { border-left: 3px solid $error; }
QFrame[role="card"][severity="warning"] { border-left: 3px solid $warning; }
QFrame[role="banner"] { background: $raised; border: 0; border-bottom: 1px solid $border; }
QFrame[role="banner"][severity="error"] { background: $error_soft; }
QFrame[role="banner"][severity="warning"] { background: $warning_soft; }
QWidget[role="tabs"] { background: $window; }
QToolButton[role="run"] { background: $accent; color: $on_accent; font-weight: 600;
  border: 1px solid $accent; padding: 6px 18px 6px 12px; border-radius: 6px; }
QToolButton[role="run"]:hover { background: $accent_bright; }
QToolButton[role="run"]:disabled { background: $raised; color: $faded; border-color: $border; }
QToolButton[role="run"]:focus { border-color: $text; }
QToolButton[role="status"] { color: $muted; padding: 1px 6px; border-radius: 4px; }
QToolButton[role="status"][severity="error"] { color: $error; font-weight: 600; }
QToolButton[role="status"][severity="warning"] { color: $warning; }
QStatusBar { background: $window; color: $muted; }
QStatusBar QLabel { color: $muted; padding: 0 6px; }
QStatusBar::item { border: 0; }
QProgressBar[role="run"] { background: $raised; border: 0; border-radius: 3px; min-height: 6px;
  max-height: 6px; }
QProgressBar[role="run"]::chunk { background: $accent; border-radius: 3px; }
QCheckBox { spacing: 7px; }
QCheckBox::indicator { width: 15px; height: 15px; border: 1px solid $muted; border-radius: 4px;
  background: $field; }
QCheckBox::indicator:hover { border-color: $text; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($tick); }
QCheckBox::indicator:indeterminate { image: url($dash); }
QCheckBox::indicator:disabled { border-color: $border; }
QCheckBox:focus { color: $accent; }
QCheckBox[role="legend"] { spacing: 6px; }
QComboBox { padding-right: 4px; }
QComboBox::drop-down { border: 0; width: 18px; }
QComboBox::down-arrow { image: url($down); width: 12px; height: 12px; }
QPushButton[role="menu"]::menu-indicator { image: url($down); width: 12px; height: 12px;
  subcontrol-position: right center; right: 6px; }
QPushButton[role="menu"] { background: $field; text-align: left; padding: 4px 7px; }
QDockWidget > QWidget[role="dock"] { background: $panel; }
""")


def sheet(theme: Theme, points: float) -> str:
    """Return the style sheet for a theme; `points` is the size of ordinary text."""
    colors = {
        name: value
        for name, value in vars(theme).items()
        if isinstance(value, str) and value.startswith("#")
    }
    icons = Path(str(resources.files("assets"))) / "icons"
    own = _SHEET.substitute(
        colors,
        tick=(icons / f"tick-{theme.name}.png").as_posix(),
        down=(icons / f"down-{theme.name}.png").as_posix(),
        dash=(icons / f"dash-{theme.name}.png").as_posix(),
        large=round(points * 1.25, 1),
        faded=mix(theme.muted, theme.panel, 0.6),
        accent_bright=mix(theme.text, theme.accent, 0.15),
        error_soft=mix(theme.error, theme.panel, 0.16),
        warning_soft=mix(theme.warning, theme.panel, 0.14),
    )
    return stylesheet.text(theme) + own
