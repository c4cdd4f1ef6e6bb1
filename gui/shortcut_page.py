"""The page of all shortcuts (F1): to be searched, and to be changed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.panels.parts import button, button_row, hint
from gui.shortcuts import Shortcut, Shortcuts

__all__ = ["ShortcutPage"]

_NATIVE = QKeySequence.SequenceFormat.NativeText


class ShortcutPage(QDialog):
    """Lists every action with its keys; those of the chosen one can be changed beneath."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setWindowTitle(self.tr("Shortcuts"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search by what it does or by its keys"))
        self.search.setAccessibleName(self.tr("Search shortcuts"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = self._make_list()
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setAccessibleName(self.tr("New keys"))
        inner = self.keys.findChild(QLineEdit)
        if inner is not None:  # it is what has the focus
            inner.setAccessibleName(self.keys.accessibleName())
        self.keys.keySequenceChanged.connect(self._check)
        self.note = hint()
        self.use = button(self.tr("Use these keys"), self._use, primary=True)
        self.none = button(self.tr("No keys"), self._clear)
        self.reset = button(self.tr("Reset"), self._reset)
        self.reset_all = button(self.tr("Reset all"), self._reset_all)
        self.close_ = button(self.tr("Close"), self.accept)
        for one in (self.use, self.none, self.reset, self.reset_all, self.close_):
            one.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.note)
        layout.addLayout(button_row(self.use, self.none, self.reset, lead=self.keys))
        layout.addLayout(button_row(self.reset_all, self.close_))
        self.resize(620, 560)
        self._fill()
        shortcuts.changed.connect(self._show_keys)
        self._choose()

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget()
        made.setAccessibleName(self.tr("Shortcuts"))
        made.setHeaderLabels([self.tr("Action"), self.tr("Keys")])
        made.setRootIsDecorated(False)
        made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        made.setAlternatingRowColors(True)
        made.setTextElideMode(Qt.TextElideMode.ElideRight)
        made.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        made.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        made.header().setStretchLastSection(False)
        made.currentItemChanged.connect(lambda *_: self._choose())
        return made

    def _fill(self) -> None:
        self._items: dict[str, QTreeWidgetItem] = {}
        for name, shortcut in self._shortcuts.by_name.items():
            item = QTreeWidgetItem([shortcut.text, ""])
            item.setData(0, Qt.ItemDataRole.UserRole, name)
            item.setToolTip(0, shortcut.text)
            self.list.addTopLevelItem(item)
            self._items[name] = item
            self._show_keys(shortcut)
        for text, keys in self._gestures():
            item = QTreeWidgetItem([text, keys])
            item.setToolTip(0, text)
            item.setForeground(1, self.palette().placeholderText())
            self.list.addTopLevelItem(item)
        self.list.setCurrentItem(self.list.topLevelItem(0))

    def _gestures(self) -> list[tuple[str, str]]:
        """What the mouse does, and keys that belong to a gesture; they cannot be changed."""
        return [
            (self.tr("Search for a layer to add"), self.tr("Double-click on empty canvas")),
            (self.tr("Wire two ports"), self.tr("Drag from a port, or click one and another")),
            (self.tr("Move the canvas"), self.tr("Middle-drag, or Space and drag")),
            (self.tr("Zoom at the pointer"), self.tr("Wheel")),
            (self.tr("Add to the selection"), self.tr("Shift+click, Shift+drag")),
            (self.tr("Take from the selection"), self.tr("Ctrl+click, Ctrl+drag")),
            (self.tr("Move the selection"), self.tr("Arrows; with Shift by a step of the grid")),
            (self.tr("Open a block or a network"), self.tr("Double-click on a card")),
            (self.tr("Cancel a gesture, leave a block"), self.tr("Esc")),
            (self.tr("Pause and stop a training"), self.tr("Space, Esc")),
        ]

    def _show_keys(self, shortcut: Shortcut) -> None:
        item = self._items[shortcut.name]
        item.setText(1, ", ".join(QKeySequence(k).toString(_NATIVE) for k in shortcut.keys))
        font = item.font(1)
        font.setBold(shortcut.is_changed)
        item.setFont(1, font)

    def _filter(self, text: str) -> None:
        """Show the lines that have every word, in the action or in its keys."""
        words = text.lower().split()
        shown = []
        for i in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(i)
            line = f"{item.text(0)} {item.text(1)}".lower()
            item.setHidden(not all(word in line for word in words))
            if not item.isHidden():
                shown.append(item)
        current = self.list.currentItem()
        if shown and (current is None or current.isHidden()):
            self.list.setCurrentItem(shown[0])

    # -- changing -------------------------------------------------------------------------------

    @property
    def chosen(self) -> Shortcut | None:
        """The shortcut of the chosen line; None for what cannot be changed."""
        item = self.list.currentItem()
        name = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return self._shortcuts.by_name.get(name) if name else None

    def _choose(self) -> None:
        self.keys.clear()
        self._check()

    def _check(self, sequence: QKeySequence | None = None) -> None:
        """Say what the keys would do, and to whom."""
        shortcut, keys = self.chosen, self.keys.keySequence()
        self.keys.setEnabled(shortcut is not None)
        self.use.setEnabled(shortcut is not None and not keys.isEmpty())
        self.use.setText(self.tr("Use these keys"))
        self.none.setEnabled(shortcut is not None and bool(shortcut.keys))
        self.reset.setEnabled(shortcut is not None and shortcut.is_changed)
        if shortcut is None:
            self.note.setText(self.tr("This belongs to the mouse or to a gesture; it stays."))
            return
        owner = self._shortcuts.owner(keys.toString(), shortcut) if not keys.isEmpty() else None
        if owner is not None:
            text = self.tr("{0} belongs to “{1}”, which would lose it.")
            self.note.setText(text.format(keys.toString(_NATIVE), owner.text))
            self.use.setText(self.tr("Take them over"))
        else:
            text = self.tr("Press the keys for “{0}” in the field beneath.")
            self.note.setText(text.format(shortcut.text))

    def _use(self) -> None:
        if self.chosen is not None:
            self._shortcuts.assign(self.chosen, [self.keys.keySequence().toString()])
            self._choose()

    def _clear(self) -> None:
        if self.chosen is not None:
            self._shortcuts.assign(self.chosen, [])
            self._choose()

    def _reset(self) -> None:
        if self.chosen is not None:
            self._shortcuts.reset(self.chosen)
            self._choose()

    def _reset_all(self) -> None:
        self._shortcuts.reset_all()
        self._choose()
