"""Everything that takes a key or a click has a name that a screen reader can say."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QMenu,
    QScrollArea,
    QScrollBar,
    QWidget,
)

from graph.document import TRAINING
from gui.window import MainWindow
from runtime.examples import find

#: Parts that Qt makes itself, within widgets that have a name.
_INNER = (
    *("qt_spinbox_lineedit", "qt_toolbar_ext_button", "qt_menubar_ext_button"),
    "qt_scrollarea_viewport",
)


def nameless(root: QWidget) -> list[str]:
    """Return what in a widget can be reached, and has no name."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        if not reached(widget):
            continue
        told = QAccessible.queryAccessibleInterface(widget)
        if not (told.text(QAccessible.Text.Name) or widget.accessibleName()).strip():
            chain = [widget]
            while chain[-1].parentWidget() is not None and len(chain) < 4:
                chain.append(chain[-1].parentWidget())
            found.append(" < ".join(f"{type(w).__name__} {w.objectName()!r}" for w in chain))
    return found


def reached(widget: QWidget) -> bool:
    """Whether a person can get to a widget by keys, or is to click on it."""
    inner = (QMenu, QScrollBar, QHeaderView, QDialog)
    if widget.objectName() in _INNER or isinstance(widget, inner):
        return False
    if widget.metaObject().className() == "QLineEditIconButton":  # clears a field; Qt's own
        return False
    above = widget.parentWidget()
    if isinstance(above, QAbstractScrollArea) and above.viewport() is widget:
        return False
    while above is not None:
        if isinstance(above, QMenu | QComboBox):  # lists that open, and menus of pyqtgraph
            return False
        above = above.parentWidget()
    if isinstance(widget, QScrollArea):  # scrolls what has names of its own
        return False
    if isinstance(widget.parent(), QAbstractItemView):
        return False
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractScrollArea)
    by_keys = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return by_keys or isinstance(widget, kinds)


@pytest.mark.parametrize("example", ["cnn", "gan", "speech"])
def test_all_that_is_reached_has_a_name(window: MainWindow, example: str) -> None:
    window.open_example(find(example), ask=False)
    window.banner.show_message("warning", "Something is to be said.", "Do it", lambda: None)
    found = []
    for panel in window.docks:
        window.show_panel(panel)
        QApplication.processEvents()
    found += nameless(window)
    workspace = window.workspace
    for graph in (workspace.graph, TRAINING):
        workspace.show_graph(graph)
        for node_id in {node.kind: node.id for node in workspace.network}.values():
            workspace.select([node_id])
            found += nameless(window.inspector)
    assert sorted(set(found)) == []


def test_the_pages_of_help_have_names(window: MainWindow) -> None:
    window.guidance.start_tour()
    window.guidance.show_shortcuts()
    assert window.guidance.page is not None
    assert window.guidance.tour is not None
    assert nameless(window.guidance.page) == []
    assert nameless(window.guidance.tour) == []
