"""Shortcuts that the user may change: which action has which keys, and what keys are taken.

Changed ones are kept in the settings and taken up again at the next start. Keys of keyboards that
are not Latin are read by their place, where Qt itself does not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

__all__ = ["Shortcut", "Shortcuts", "latin_key"]

_PORTABLE = QKeySequence.SequenceFormat.PortableText
#: Where the settings have the keys of an action.
_PLACE = "shortcuts/{0}"

#: Letters by their places on a keyboard, as xkb and macOS number them.
_XKB = {24: "QWERTYUIOP", 38: "ASDFGHJKL", 52: "ZXCVBNM"}
_MAC = {
    **dict(enumerate("ASDFHGZXCV")),
    **dict(enumerate("BQWERYT", start=11)),
    31: "O",
    32: "U",
    34: "I",
    35: "P",
    37: "L",
    38: "J",
    40: "K",
    45: "N",
    46: "M",
}


@dataclass(frozen=True)
class Shortcut:
    """An action whose keys can be changed."""

    #: What the settings call it: ``canvas.duplicate``.
    name: str
    action: QAction
    defaults: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the action is called."""
        return self.action.text().replace("&", "").replace("…", "")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys as they are now, in portable form: ``Ctrl+D``."""
        return tuple(s.toString(_PORTABLE) for s in self.action.shortcuts() if not s.isEmpty())

    @property
    def is_changed(self) -> bool:
        """Whether the user has given it other keys."""
        return self.keys != self.defaults


class Shortcuts(QObject):
    """All shortcuts of a window.

    Signals
    -------
    changed
        A Shortcut that has other keys now.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.by_name: dict[str, Shortcut] = {}

    def add(self, group: str, actions: Mapping[str, QAction]) -> None:
        """Take in actions with the keys that they have; give them those that the user chose."""
        for name, action in actions.items():
            full = f"{group}.{name}"
            first = (s.toString(_PORTABLE) for s in action.shortcuts())
            defaults = tuple(keys for keys in first if keys)
            self.by_name[full] = Shortcut(full, action, defaults)
            kept = QSettings().value(_PLACE.format(full))
            if isinstance(kept, str):
                self._apply(self.by_name[full], kept.split("\n") if kept else ())

    def owner(self, keys: str, apart_from: Shortcut | None = None) -> Shortcut | None:
        """Return who has these keys already, or None."""
        wanted = QKeySequence(keys).toString(_PORTABLE)
        for shortcut in self.by_name.values():
            if shortcut is not apart_from and wanted in shortcut.keys:
                return shortcut
        return None

    def assign(self, shortcut: Shortcut, keys: Iterable[str]) -> None:
        """Give an action other keys; whoever had one of them loses it."""
        wanted = list(dict.fromkeys(QKeySequence(k).toString(_PORTABLE) for k in keys if k))
        for one in wanted:
            loser = self.owner(one, shortcut)
            if loser is not None:
                self._keep(loser, [k for k in loser.keys if k != one])
        self._keep(shortcut, wanted)

    def reset(self, shortcut: Shortcut) -> None:
        """Give an action its first keys again; whoever has them now loses them."""
        self.assign(shortcut, shortcut.defaults)

    def reset_all(self) -> None:
        """Give every action its first keys again."""
        for shortcut in self.by_name.values():
            self._keep(shortcut, shortcut.defaults)

    def _keep(self, shortcut: Shortcut, keys: Sequence[str]) -> None:
        if tuple(keys) != shortcut.keys:
            self._apply(shortcut, keys)
        place = _PLACE.format(shortcut.name)
        if shortcut.is_changed:
            QSettings().setValue(place, "\n".join(keys))
        else:
            QSettings().remove(place)

    def _apply(self, shortcut: Shortcut, keys: Sequence[str]) -> None:
        shortcut.action.setShortcuts([QKeySequence(k) for k in keys])
        self.changed.emit(shortcut)

    def take(self, event: QKeyEvent, canvas_has_focus: bool) -> bool:
        """Do what a key of a keyboard that is not Latin stands for; return whether there was one.

        Qt finds the Latin key itself where a Latin layout is switched on beside the other one.
        """
        key = latin_key(event)
        if key is None:
            return False
        keys = QKeySequence(QKeyCombination(event.modifiers(), key)).toString(_PORTABLE)
        found = self.owner(keys)
        if found is None or not found.action.isEnabled():
            return False
        if found.name.startswith("canvas.") and not canvas_has_focus:
            return False
        found.action.trigger()
        event.accept()
        return True


def latin_key(event: QKeyEvent, platform: str = sys.platform) -> Qt.Key | None:
    """Return the Latin letter at the place of a key that gives another script, or None."""
    if not 0x80 <= event.key() < 0x01000000:
        return None
    letter = ""
    if platform == "win32":
        code = event.nativeVirtualKey()
        letter = chr(code) if ord("A") <= code <= ord("Z") else ""
    elif platform == "darwin":
        letter = _MAC.get(event.nativeVirtualKey(), "")
    else:
        code = event.nativeScanCode()
        for first, row in _XKB.items():
            if first <= code < first + len(row):
                letter = row[code - first]
    return Qt.Key(ord(letter)) if letter else None
