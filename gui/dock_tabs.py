"""What the mouse does on the tabs of panels: they have no title bar to be moved or closed by."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabBar

__all__ = ["DockTabs"]


class DockTabs(QObject):
    """A double-click takes a panel out into a window of its own, a middle click closes it.

    Qt makes these tab bars itself, and makes new ones as it likes.
    """

    def __init__(self, window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
        super().__init__(window)
        self._docks = docks
        window.installEventFilter(self)
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in window.findChildren(QTabBar, options=direct):
            bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ChildPolished:
            child = event.child()  # type: ignore[attr-defined]
            if isinstance(child, QTabBar):
                child.installEventFilter(self)
        elif isinstance(watched, QTabBar) and isinstance(event, QMouseEvent):
            return self._press(watched, event)
        return False

    def _press(self, bar: QTabBar, event: QMouseEvent) -> bool:
        at = event.position().toPoint()
        dock = self.dock_at(bar, at)
        if dock is None:
            return False
        if event.type() == QEvent.Type.MouseButtonDblClick:
            if event.button() == Qt.MouseButton.LeftButton:
                dock.setFloating(True)
                return True
        elif event.type() == QEvent.Type.MouseButtonRelease:
            if event.button() == Qt.MouseButton.MiddleButton:
                dock.close()
                return True
            if event.button() == Qt.MouseButton.RightButton:
                self.menu(bar, dock).popup(bar.mapToGlobal(at))
                return True
        return False

    def dock_at(self, bar: QTabBar, at: QPoint) -> QDockWidget | None:
        """Return the panel whose tab is at a place of a tab bar."""
        title = bar.tabText(bar.tabAt(at))
        return next((d for d in self._docks.values() if title and d.windowTitle() == title), None)

    def menu(self, bar: QTabBar, dock: QDockWidget) -> QMenu:
        """Return the menu of a tab."""
        menu = QMenu(bar)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(self.tr("In a window of its own"), lambda: dock.setFloating(True))
        menu.addAction(self.tr("Close"), dock.close)
        return menu
