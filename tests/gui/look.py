"""Finds text that is clipped, or lies over other text, in the widgets of a window.

Run as a program it looks over the main window at the scale that ``QT_SCALE_FACTOR`` asks for.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolButton,
    QWidget,
)

from gui.panels.parts import Elided, Line
from gui.window import MainWindow

__all__ = ["faults", "visit"]

#: What is looked at for overlaps: text and what is typed or clicked.
_LEAVES = (QLabel, QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit)


def faults(root: QWidget) -> list[str]:
    """Return what is wrong with the text in `root`, as far as it is on the screen."""
    shown = [w for w in root.findChildren(QWidget) if _seen(w)]
    found = [
        f"{_what(widget)} is clipped: has {_has(widget)}, needs {need}"
        for widget in shown
        for need in _missing(widget)
    ]
    leaves = [w for w in shown if isinstance(w, _LEAVES) and not _is_part(w)]
    for one, other in itertools.combinations(leaves, 2):
        if one.isAncestorOf(other) or other.isAncestorOf(one):
            continue
        common = _place(one, root) & _place(other, root)
        if common.width() > 1 and common.height() > 1:
            found.append(f"{_what(one)} lies over {_what(other)} by {common.size().toTuple()}")
    return found


def visit(window: MainWindow, size: QSize) -> list[str]:
    """Show every panel of a window at a size, and say what is wrong in each."""
    window.show_sized(size)
    found: list[str] = []
    for panel in window.docks:
        window.show_panel(panel)
        QApplication.processEvents()
        found += [f"{panel}: {fault}" for fault in faults(window)]
    return list(dict.fromkeys(found))


def _seen(widget: QWidget) -> bool:
    if not widget.isVisible() or widget.visibleRegion().isEmpty():
        return False
    # Qt keeps this button where it does not fit, outside of the tool bar.
    return widget.objectName() != "qt_toolbar_ext_button"


def _is_part(widget: QWidget) -> bool:
    """Whether it belongs to a widget of Qt's that places it itself."""
    return isinstance(widget.parent(), QTabBar | QComboBox | QLineEdit | QDockWidget)


def _place(widget: QWidget, root: QWidget) -> QRect:
    """Return the visible part of a widget in the root's pixels."""
    part = widget.visibleRegion().boundingRect()
    return part.translated(widget.mapTo(root, QPoint()))


def _has(widget: QWidget) -> tuple[int, int]:
    return (widget.width(), widget.height())


def _what(widget: QWidget) -> str:
    text = getattr(widget, "text", None) or getattr(widget, "currentText", None)
    words = text() if callable(text) and not isinstance(widget, QTabBar) else ""
    return f"{type(widget).__name__} {widget.objectName()} {words[:40]!r}"


def _missing(widget: QWidget) -> Iterator[object]:
    """Yield the sizes that a widget would need and does not have."""
    metrics = widget.fontMetrics()
    if isinstance(widget, Elided | Line):
        cut = metrics.horizontalAdvance(getattr(widget, "_full", widget.text())) > widget.width()
        if cut and not widget.toolTip() and not isinstance(widget, Line):
            yield "a tooltip"
    elif isinstance(widget, QLabel):
        yield from _missing_of_label(widget)
    elif isinstance(widget, QComboBox):
        yield from _missing_of_combo(widget)
    elif isinstance(widget, QTabBar):
        for i in range(widget.count()):
            words = metrics.horizontalAdvance(widget.tabText(i).replace("&", ""))
            if words > widget.tabRect(i).width():
                yield f"{words} for {widget.tabText(i)!r}"
    elif isinstance(widget, QAbstractButton) and widget.text():
        yield from _missing_of_button(widget)


def _missing_of_label(label: QLabel) -> Iterator[object]:
    if not label.text() or not label.pixmap().isNull():
        return
    if label.wordWrap():
        if label.height() < label.heightForWidth(label.width()):
            yield (label.width(), label.heightForWidth(label.width()))
    elif label.width() < label.minimumSizeHint().width() - 1:
        yield label.minimumSizeHint().toTuple()
    if label.height() < label.fontMetrics().height() - 1:
        yield f"a height of {label.fontMetrics().height()}"


def _missing_of_combo(box: QComboBox) -> Iterator[object]:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box)
    words = box.fontMetrics().horizontalAdvance(box.currentText())
    if words > room.width() and box.toolTip().find(box.currentText()) < 0:
        yield f"{words} in {room.width()}, or a tooltip that has the text"


def _missing_of_button(button: QAbstractButton) -> Iterator[object]:
    if button.property("role") == "menu":  # cuts its text itself
        if not button.toolTip():
            yield "a tooltip"
        return
    if isinstance(button, QToolButton):
        words = button.fontMetrics().horizontalAdvance(button.text().replace("&", ""))
        if button.toolButtonStyle().name != "ToolButtonIconOnly" and words > button.width():
            yield (words, button.sizeHint().height())
        return
    needed = button.minimumSizeHint()
    if button.width() < needed.width() - 1 or button.height() < button.fontMetrics().height():
        yield needed.toTuple()


def _main() -> int:
    """Look over the first example's window; print what is wrong as JSON."""
    import tempfile

    from gui import theme
    from gui.app import make_application

    app = make_application("dark")
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Path(folder))
        window.open_first()
        for name, size in (("dark", QSize(1024, 700)), ("light", QSize(1440, 900))):
            theme.apply(app, name)
            found[name] = visit(window, size)
        ratio = window.devicePixelRatioF()
        window.let_go()
        window.close()
    sys.stdout.write(json.dumps({"ratio": ratio, "faults": found}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
