"""What helps to find one's way: the page of shortcuts, and the tour of a first visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeyEvent

from gui.shortcut_page import ShortcutPage
from gui.shortcuts import Shortcuts
from gui.tour import Step, Tour, is_done

if TYPE_CHECKING:
    from gui.window import MainWindow

__all__ = ["Guidance"]


class Guidance(QObject):
    """Belongs to a window, whose actions and panels are made."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.shortcuts = Shortcuts(self)
        self.shortcuts.changed.connect(lambda one: window.actions_.tell_keys(one.action))
        self.shortcuts.add("window", window.actions_.by_name)
        self.shortcuts.add("canvas", window.canvas.actions_by_name)
        self.page: ShortcutPage | None = None
        self.tour: Tour | None = None
        window.actions_.connect(shortcuts=self.show_shortcuts, tour=self.start_tour)

    def show_shortcuts(self) -> None:
        """Open the page of all shortcuts."""
        if self.page is None:
            self.page = ShortcutPage(self.shortcuts, self._window)
        self.page.show()
        self.page.raise_()
        self.page.search.setFocus()

    def take(self, event: QKeyEvent) -> bool:
        """Do what a key of a keyboard that is not Latin stands for, if it stands for anything."""
        return self.shortcuts.take(event, self._window.canvas.hasFocus())

    def greet(self) -> None:
        """Begin the tour on a first visit."""
        if not is_done():
            self.start_tour()

    def start_tour(self) -> None:
        """Begin the tour, whether it was taken before or not."""
        if self.tour is None:
            self.tour = Tour(self._window, self._steps())
        self.tour.start()

    def _steps(self) -> list[Step]:
        window = self._window
        return [
            Step(
                self.tr("Layers"),
                self.tr(
                    "Drag a layer onto the canvas, or press Tab over the canvas and type its name. "
                    "They are PyTorch's own, by PyTorch's names."
                ),
                window.docks["palette"],
                lambda: window.show_panel("palette"),
            ),
            Step(
                self.tr("Canvas"),
                self.tr(
                    "Drag from port to port to wire. Every shape is worked out as you go; what "
                    "does not fit is marked, and a click on the mark mends it where that can be."
                ),
                window.canvas,
            ),
            Step(
                self.tr("Train"),
                self.tr(
                    "Run trains the network in the background. Curves and samples come while it "
                    "learns, and you can pause, step, and change the learning rate."
                ),
                window.tool_bar.run,
            ),
            Step(
                self.tr("Code"),
                self.tr(
                    "This is the PyTorch code that is trained, line for line. Export gives you a "
                    "folder that runs without Torchloom. F1 lists all shortcuts."
                ),
                window.docks["code"],
                lambda: window.show_panel("code"),
            ),
        ]
