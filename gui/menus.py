"""The menu bar of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar

from gui.actions import Actions
from gui.filing import Filing
from runtime.examples import EXAMPLES, Example

__all__ = ["Menus"]

_EDIT = (
    *("cut", "copy", "paste", "duplicate", "delete", "select_all", "rename", "search"),
    *("group", "dissolve"),
)
_ARRANGE = (
    *("tidy", "", "align_left", "align_center", "align_right"),
    *("align_top", "align_middle", "align_bottom", "", "distribute_across", "distribute_down"),
    *("", "frame", "collapse", "pin"),
)
_FIND = ("find", "next_problem", "minimap")
_VIEW = ("fit", "fit_selection", "zoom_in", "zoom_out", "zoom_reset")


class Menus(QObject):
    """Fills a menu bar with the window's actions and those of the canvas.

    Parameters
    ----------
    canvas
        The canvas's actions by name.
    panels
        The actions that show and hide the panels.
    """

    def __init__(
        self,
        bar: QMenuBar,
        actions: Actions,
        filing: Filing,
        canvas: Mapping[str, QAction],
        panels: Iterable[QAction],
    ) -> None:
        super().__init__(bar)
        self._bar, self._actions, self._filing, self._canvas = bar, actions, filing, canvas
        #: Set by the window.
        self.open_example: Callable[[Example], object] = lambda example: None
        self.about: Callable[[], object] = lambda: None
        self._add_file()
        edit = bar.addMenu(self.tr("&Edit"))
        edit.addActions([actions.undo, actions.redo])
        edit.addSeparator()
        edit.addActions([canvas[name] for name in _EDIT])
        arrange = edit.addMenu(self.tr("Arrange"))
        for name in _ARRANGE:
            arrange.addAction(canvas[name]) if name else arrange.addSeparator()
        view = bar.addMenu(self.tr("&View"))
        view.addActions([canvas[name] for name in _VIEW])
        view.addSeparator()
        view.addActions([canvas[name] for name in _FIND])
        marks = view.addMenu(self.tr("Bookmarks"))
        marks.addActions([canvas[f"go_{i}"] for i in range(1, 10)])
        marks.addSeparator()
        marks.addActions([canvas[f"keep_{i}"] for i in range(1, 10)])
        view.addSeparator()
        view.addActions(list(panels))
        view.addSeparator()
        view.addActions([actions.theme, actions.restore])
        train = bar.addMenu(self.tr("&Train"))
        train.addActions([actions.run, actions.pause, actions.step, actions.stop])
        train.addSeparator()
        train.addAction(canvas["probe"])
        help_menu = bar.addMenu(self.tr("&Help"))
        help_menu.addActions([actions.welcome, actions.tour, actions.shortcuts])
        help_menu.addAction(self.tr("About Torchloom"), lambda: self.about())

    def _add_file(self) -> None:
        actions, bar = self._actions, self._bar
        file = bar.addMenu(self.tr("&File"))
        file.addActions([actions.new, actions.open])
        self.recent: QMenu = file.addMenu(self.tr("Open recent"))
        self.recent.setToolTipsVisible(True)
        self.recent.aboutToShow.connect(self._fill_recent)
        examples = file.addMenu(self.tr("Open example"))
        for example in EXAMPLES:
            examples.addAction(example.title, lambda e=example: self.open_example(e))
        file.addSeparator()
        file.addActions([actions.save, actions.save_as, actions.export])
        file.addSeparator()
        file.addAction(actions.quit)

    def _fill_recent(self) -> None:
        menu = self.recent
        menu.clear()
        for path in self._filing.recent():
            action = menu.addAction(path.name, lambda p=path: self._filing.open(p))
            action.setToolTip(str(path))
        if menu.isEmpty():
            menu.addAction(self.tr("None yet")).setEnabled(False)
