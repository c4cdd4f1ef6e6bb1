"""The window's panels: where each stands at first, and where the user left it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from gui.panels.parts import Panel

__all__ = ["Docks", "Make"]

#: Makes a panel when it is needed.
Make = Callable[[], QWidget]

_GEOMETRY, _STATE = "window/geometry", "window/state"
#: Grows when docks are added or renamed, so that an older layout is not applied to them.
_LAYOUT_VERSION = 2
_AREA = Qt.DockWidgetArea
#: The size of a first window, in pixels, where the screen has room for it.
_FIRST = QSize(1440, 900)


class Docks:
    """Places the panels of a main window. `by_name` has the dock of each.

    A panel may be given as a function that makes it: when it is first seen, or asked for.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.by_name: dict[str, QDockWidget] = {}
        self._waiting: dict[str, Make] = {}
        self._front: set[str] = set()
        self._first_state = QByteArray()
        corner = Qt.Corner
        window.setDockNestingEnabled(True)
        window.setCorner(corner.BottomLeftCorner, _AREA.BottomDockWidgetArea)
        window.setCorner(corner.BottomRightCorner, _AREA.RightDockWidgetArea)
        window.setTabPosition(_AREA.BottomDockWidgetArea, QTabWidget.TabPosition.North)

    def place(
        self,
        left: tuple[str, str, QWidget],
        right: tuple[str, str, QWidget],
        bottom: list[tuple[str, str, QWidget | Make]],
    ) -> None:
        """Place panels, each a name, a title and what it shows; those at the bottom as tabs."""
        self._dock(*left, _AREA.LeftDockWidgetArea)
        self._dock(*right, _AREA.RightDockWidgetArea)
        first: QDockWidget | None = None
        for name, title, widget in bottom:
            dock = self._dock(name, title, widget, _AREA.BottomDockWidgetArea)
            _hide_title(dock)
            if first is not None:
                self._window.tabifyDockWidget(first, dock)
            first = first or dock
        self.size()
        self.show(bottom[0][0])
        self._first_state = self._window.saveState(_LAYOUT_VERSION)

    def _dock(
        self, name: str, title: str, panel: QWidget | Make, area: Qt.DockWidgetArea
    ) -> QDockWidget:
        dock = self.by_name[name] = QDockWidget(title, self._window)
        dock.setObjectName(name)
        if isinstance(panel, QWidget):
            self._put(name, panel)
        else:
            self._waiting[name] = panel
        dock.visibilityChanged.connect(lambda front: self._turn(name, front))
        self._window.addDockWidget(area, dock)
        return dock

    def _put(self, name: str, panel: QWidget) -> None:
        panel.setProperty("role", "dock")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.by_name[name].setWidget(panel)

    def _turn(self, name: str, front: bool) -> None:
        """Note that a dock came to the front, or went behind another."""
        (self._front.add if front else self._front.discard)(name)
        panel = self.panel(name) if front else self.made(name)
        if isinstance(panel, Panel):
            panel.set_front(front)

    def panel(self, name: str) -> QWidget:
        """Return a panel, made if it has not been."""
        make = self._waiting.pop(name, None)
        if make is not None:
            panel = make()
            if isinstance(panel, Panel):
                panel.set_front(name in self._front)
            self._put(name, panel)
        return self.by_name[name].widget()

    def made(self, name: str) -> QWidget | None:
        """Return a panel, or None where nobody has needed it yet."""
        return None if name in self._waiting else self.by_name[name].widget()

    @property
    def waiting(self) -> list[str]:
        """The panels that have not been made."""
        return list(self._waiting)

    def show(self, name: str) -> None:
        """Bring a panel to the front."""
        self.by_name[name].show()
        self.by_name[name].raise_()

    def size(self) -> None:
        """Give the panels their first sizes, from that of the window."""
        window, docks = self._window, self.by_name
        small = window.width() < 1200
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.resizeDocks([docks["palette"]], [204 if small else 216], across)
        window.resizeDocks([docks["inspector"]], [288 if small else 320], across)
        window.resizeDocks([docks["welcome"]], [max(190, round(window.height() * 0.33))], down)

    # -- keeping ------------------------------------------------------------------------------

    def restore(self) -> None:
        """Put all docks back to where they were at first."""
        self._take(self._first_state)
        self.size()

    def keep(self) -> None:
        """Store size, place and docks for the next time."""
        QSettings().setValue(_GEOMETRY, self._window.saveGeometry())
        QSettings().setValue(_STATE, self._window.saveState(_LAYOUT_VERSION))

    def take(self) -> None:
        """Take up size, place and docks of the last time; the first time, what the screen has."""
        geometry, state = QSettings().value(_GEOMETRY), QSettings().value(_STATE)
        if not (isinstance(geometry, QByteArray) and self._window.restoreGeometry(geometry)):
            self._fit_screen()
        if not (isinstance(state, QByteArray) and self._take(state)):
            self.size()

    def _fit_screen(self) -> None:
        room = self._window.screen().availableGeometry()
        frame = QSize(16, 48)
        if room.width() < (_FIRST + frame).width() or room.height() < (_FIRST + frame).height():
            self._window.resize(_FIRST.boundedTo(room.size() - frame))
            self._window.setWindowState(Qt.WindowState.WindowMaximized)

    def _take(self, state: QByteArray) -> bool:
        # Qt makes new tab bars for the docks and leaves the old ones in view.
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self._window.findChildren(QTabBar, options=direct):
            bar.hide()
        return bool(self._window.restoreState(state, _LAYOUT_VERSION))


def _hide_title(dock: QDockWidget) -> None:
    """Let the tab be the title, except while the dock floats."""
    blank = QWidget()
    dock.setTitleBarWidget(blank)

    def follow(floating: bool) -> None:
        dock.setTitleBarWidget(None if floating else blank)  # type: ignore[arg-type]

    dock.topLevelChanged.connect(follow)
