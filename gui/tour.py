"""A tour of four steps for a first visit: what the parts of the window are for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSettings, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.panels.parts import button, button_row, hint

__all__ = ["Step", "Tour", "is_done"]

_DONE = "tour/done"
#: Width of the note, and its distance from what it is about, in pixels.
_WIDTH, _GAP = 320, 12


def is_done() -> bool:
    """Whether the tour was taken, or sent away, before."""
    return bool(QSettings().value(_DONE, False, bool))


@dataclass(frozen=True)
class Step:
    """What is said of a part of the window, and how that is brought into view."""

    title: str
    text: str
    target: QWidget
    show: Callable[[], object] = lambda: None


class Tour(QFrame):
    """A note beside one part of the window after the other; Escape or a click sends it away."""

    def __init__(self, window: QWidget, steps: Sequence[Step]) -> None:
        super().__init__(window)
        self.steps = list(steps)
        self.at = 0
        self.setObjectName("tour")
        self.setAccessibleName(self.tr("Tour"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.text = QLabel(wordWrap=True)
        self.count = hint()
        self.count.setWordWrap(False)
        self.skip = button(self.tr("Skip the tour"), self.finish)
        self.back = button(self.tr("Back"), lambda: self.go(self.at - 1))
        self.next = button(self.tr("Next"), lambda: self.go(self.at + 1), primary=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addWidget(self.count)
        layout.addLayout(button_row(self.back, self.next, lead=self.skip))
        self.setFixedWidth(_WIDTH)
        #: Round what the note is about.
        self.frame = QFrame(window)
        self.frame.setObjectName("tour-frame")
        self.frame.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        self.frame.hide()
        self.dress()
        theme.changed.connect(self.dress)
        window.installEventFilter(self)

    def dress(self, look: object = None) -> None:
        """Take up the colours of the theme."""
        now = theme.current()
        self.setStyleSheet(
            f"QFrame#tour {{ background: {now.raised}; border: 1px solid {now.accent};"
            " border-radius: 8px; }"
        )
        self.frame.setStyleSheet(
            f"QFrame#tour-frame {{ background: transparent; border: 2px solid {now.accent};"
            " border-radius: 8px; }"
        )

    def start(self) -> None:
        """Begin with the first step."""
        self.go(0)
        self.setFocus()

    def go(self, step: int) -> None:
        """Show a step; after the last one the tour is over for good."""
        if step >= len(self.steps):
            self.finish()
            return
        self.at = max(0, step)
        now = self.steps[self.at]
        now.show()
        self.title.setText(now.title)
        self.text.setText(now.text)
        self.count.setText(self.tr("{0} of {1}").format(self.at + 1, len(self.steps)))
        self.back.setVisible(self.at > 0)
        last = self.at == len(self.steps) - 1
        self.next.setText(self.tr("Begin") if last else self.tr("Next"))
        self.skip.setVisible(not last)
        self.frame.show()
        self.show()
        self._place()

    def finish(self) -> None:
        """Go away, and do not come again by itself."""
        QSettings().setValue(_DONE, True)
        self.hide()
        self.frame.hide()

    def _place(self) -> None:
        """Stand beside the part that the step is about, inside the window."""
        target, window = self.steps[self.at].target, self.parentWidget()
        around = QRect(target.mapTo(window, QPoint()), target.size())
        self.frame.setGeometry(around.adjusted(-2, -2, 2, 2))
        self.layout().activate()  # what is wrapped, and how, is known after that
        self.resize(_WIDTH, self.layout().totalHeightForWidth(_WIDTH))
        room = window.rect().adjusted(_GAP, _GAP, -_GAP, -_GAP)
        size = self.size()
        places = (
            QPoint(around.right() + _GAP, around.top() + _GAP),
            QPoint(around.left() - _GAP - size.width(), around.top() + _GAP),
            QPoint(around.left(), around.bottom() + _GAP),
            QPoint(around.left(), around.top() - _GAP - size.height()),
            around.center() - QPoint(size.width() // 2, size.height() // 2),
        )
        free = [p for p in places if room.contains(QRect(p, size))]
        self.move((free or places[-1:])[0])
        self.frame.raise_()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape sends it away; the arrows go back and forth."""
        if event.key() == Qt.Key.Key_Escape:
            self.finish()
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go(self.at + 1)
        elif event.key() == Qt.Key.Key_Left:
            self.go(self.at - 1)
        else:
            super().keyPressEvent(event)
