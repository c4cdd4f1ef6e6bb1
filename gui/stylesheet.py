"""The style sheet of Qt's widgets, made from a theme."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.theme import Theme

__all__ = ["text"]

_SHEET = Template("""
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $window; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: $accent; }
QWidget { color: $text; selection-background-color: $selection; selection-color: $text; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 5px 7px; }

QDockWidget { color: $muted; font-weight: 600; }
QDockWidget::title { background: $panel; padding: 7px 10px; border-bottom: 1px solid $border; }
QDockWidget > QWidget { background: $panel; }

QMenuBar { background: $window; padding: 2px 6px; }
QMenuBar::item { padding: 5px 9px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $faded; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }

QToolBar { background: $window; border: 0; spacing: 4px; padding: 5px 8px; }
QToolBar::separator { background: $border; width: 1px; margin: 5px 6px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px;
  padding: 5px 7px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:disabled { color: $faded; }
QToolButton:focus { border-color: $accent; }

QPushButton { background: $raised; border: 1px solid $border; border-radius: 6px;
  padding: 5px 14px; min-height: 18px; }
QPushButton:hover { background: $hover; border-color: $muted; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $faded; background: $panel; border-color: $border; }
QPushButton:default, QPushButton[primary="true"] { background: $accent; color: $on_accent;
  border-color: $accent; font-weight: 600; }
QPushButton:default:hover, QPushButton[primary="true"]:hover { background: $accent_bright; }
QPushButton[primary="true"]:disabled { background: $panel; color: $faded; border-color: $border; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
  background: $field; border: 1px solid $border; border-radius: 5px; padding: 4px 7px;
  min-height: 18px; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: $muted; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus { border-color: $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
  color: $faded; background: $panel; }
QLineEdit[invalid="true"], QComboBox[invalid="true"] { border-color: $error; }
QPlainTextEdit, QTextEdit { padding: 6px; }
QLineEdit, QPlainTextEdit, QTextEdit { placeholder-text-color: $muted; }
QSpinBox, QDoubleSpinBox { padding-right: 2px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $border; padding: 4px;
  outline: 0; selection-background-color: $selection; selection-color: $text; }

QAbstractItemView { background: $panel; border: 0; outline: 0; alternate-background-color: $band; }
QTreeView::item, QListView::item { padding: 4px 4px; border-radius: 4px; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected { background: $selection; color: $text; }
QTableView { gridline-color: $border; }
QTableView::item { padding: 0 6px; }
QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $muted; border: 0;
  border-bottom: 1px solid $border; padding: 5px 8px; font-weight: 600; }
QTableCornerButton::section { background: $panel; border: 0; }

QTabWidget::pane { border: 0; background: $panel; }
QTabBar { background: $window; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; padding: 7px 13px; border: 0;
  border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $text; background: $panel; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }

QScrollBar { background: transparent; border: 0; margin: 0; }
QScrollBar:vertical { width: 11px; }
QScrollBar:horizontal { height: 11px; }
QScrollBar::handle { background: $scroll; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }

QStatusBar { background: $window; color: $muted; }
QStatusBar::item { border: 0; }
QStatusBar QLabel { color: $muted; padding: 0 6px; }
QSplitter::handle { background: $window; }
QSplitter::handle:horizontal { width: 5px; }
QSplitter::handle:vertical { height: 5px; }
QGroupBox { border: 1px solid $border; border-radius: 6px; margin-top: 16px; padding: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; color: $muted; font-weight: 600; }
QProgressBar { background: $field; border: 1px solid $border; border-radius: 5px;
  text-align: center; min-height: 14px; }
QProgressBar::chunk { background: $accent_soft; border-radius: 4px; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="title"] { font-weight: 600; }
QLabel[role="error"] { color: $error; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="ok"] { color: $ok; }
QFrame[frameShape="4"], QFrame[frameShape="5"] { color: $border; }
""")


def text(theme: Theme) -> str:
    """Return the style sheet for `theme`."""
    from gui.colors import mix

    colors = {
        name: value
        for name, value in vars(theme).items()
        if isinstance(value, str) and value.startswith("#")
    }
    return _SHEET.substitute(
        colors,
        faded=mix(theme.muted, theme.panel, 0.6),
        scroll=mix(theme.muted, theme.panel, 0.35),
        band=mix(theme.text, theme.panel, 0.025),
        accent_bright=mix(theme.text, theme.accent, 0.15),
        accent_soft=mix(theme.accent, theme.field, 0.45),
    )
