"""The mark of a problem on a card: its words beside the pointer, its remedy one click away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from gui import theme
from gui.canvas.gestures import Pointer

if TYPE_CHECKING:
    from graph.problems import Fix, Problem
    from gui.canvas.node_item import NodeItem
    from gui.canvas.view import CanvasView

__all__ = ["note", "press"]


def _fixes(problems: Sequence[Problem]) -> list[Fix]:
    return [fix for problem in problems for fix in problem.fixes]


def note(problems: Sequence[Problem]) -> str:
    """Return what is said beside the pointer: what is wrong, and what a click does."""
    lines = [problem.message for problem in problems]
    fixes = _fixes(problems)
    if len(fixes) == 1:
        lines.append(QCoreApplication.translate("Canvas", "Click: {0}").format(fixes[0].label))
    elif fixes:
        lines.append(QCoreApplication.translate("Canvas", "Click to choose a remedy"))
    return "\n".join(lines)


def press(view: CanvasView, item: NodeItem, pointer: Pointer) -> bool:
    """Mend what is wrong where the press is on the mark; return whether it was.

    The one remedy is applied, as an edit that can be undone; among several one is chosen.
    """
    if not item.on_badge(pointer.scene):
        return False
    problems = view.canvas_scene.problems_of(item.node.id)
    fixes = _fixes(problems)
    view.select([item.node.id])
    if len(fixes) == 1:
        view.push(fixes[0].edit, fixes[0].label)
    elif fixes:
        menu = QMenu(view)
        menu.aboutToHide.connect(menu.deleteLater)
        for fix in fixes:
            menu.addAction(
                theme.icon("fix"), fix.label, lambda fix=fix: view.push(fix.edit, fix.label)
            )
        menu.popup(view.viewport().mapToGlobal(pointer.at))
    else:
        view.show_hint(note(problems), pointer.at)
    return True
