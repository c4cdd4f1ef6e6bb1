"""The window's actions: text, icon, shortcut and tool tip of each, in one place."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from gui import theme

__all__ = ["Actions"]


class Actions(QObject):
    """Actions by name, as attributes. What they do is connected by their owners."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._icons: dict[QAction, str] = {}
        standard = QKeySequence.StandardKey
        make = self._make
        self.new = make(self.tr("New"), "new", standard.New)
        self.open = make(self.tr("Open…"), "open", standard.Open)
        self.save = make(self.tr("Save"), "save", standard.Save)
        self.save_as = make(self.tr("Save as…"), "", "Ctrl+Shift+S")
        self.export = make(self.tr("Export…"), "export", "Ctrl+E")
        self.quit = make(self.tr("Quit"), "", standard.Quit)
        self.undo = make(self.tr("Undo"), "undo", "Ctrl+Z")
        self.redo = make(self.tr("Redo"), "redo", "Ctrl+Shift+Z", "Ctrl+Y")
        self.run = make(self.tr("Run"), "run", "F5", "Ctrl+Return", "Ctrl+Enter")
        self.pause = make(self.tr("Pause"), "pause", hint=self.tr("Space"))
        self.step = make(self.tr("Step"), "step", "F10")
        self.stop = make(self.tr("Stop"), "stop", hint=self.tr("Esc"))
        self.fit = make(self.tr("Fit the graph"), "fit")
        self.theme = make(self.tr("Light or dark"), "theme")
        self.welcome = make(self.tr("Welcome"), "home")
        self.restore = make(self.tr("Restore the layout"), "layout")
        self.add_network = make(self.tr("New network"), "add")
        self.shortcuts = make(self.tr("Shortcuts…"), "", "F1")
        self.tour = make(self.tr("Take the tour"), "")
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def by_name(self) -> dict[str, QAction]:
        """All actions by the names of their attributes."""
        return {name: one for name, one in vars(self).items() if isinstance(one, QAction)}

    def _make(self, text: str, icon: str, *keys: object, hint: str = "") -> QAction:
        action = QAction(text, self)
        sequences = [k if isinstance(k, str) else QKeySequence(k) for k in keys]  # type: ignore[call-overload]
        action.setShortcuts([QKeySequence(s) for s in sequences])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setProperty("hint", hint)
        self.tell_keys(action)
        if icon:
            self._icons[action] = icon
        return action

    def tell_keys(self, action: QAction) -> None:
        """Say in the tool tip of an action which keys it has."""
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        shown = keys or action.property("hint")
        plain = action.text().replace("…", "")
        action.setToolTip(f"{plain} ({shown})" if shown else plain)

    def connect(self, **slots: Callable[[], object]) -> None:  # type: ignore[override]
        """Connect actions by name: ``connect(run=self.start)``."""
        for name, slot in slots.items():
            action: QAction = getattr(self, name)
            action.triggered.connect(lambda _=False, slot=slot: slot())

    def _dress(self) -> None:
        look = theme.current()
        for action, name in self._icons.items():
            color = {"run": look.on_accent, "stop": look.error}.get(name)
            action.setIcon(theme.icon(name, color))
