"""Texts as the tokens they are cut into, each on a ground of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme

__all__ = ["TokenFlow", "Tokens", "visible"]

#: What has no ink of its own, and what is drawn for it.
_SIGNS = {" ": "\u2423", "\n": "\u21b5", "\t": "\u21e5", "": "\u2205"}
UNKNOWN = "<unk>"


def visible(token: str) -> str:
    """Return a token with signs for what would not be seen."""
    if token in _SIGNS:
        return _SIGNS[token]
    return "".join(_SIGNS.get(letter, letter) for letter in token)


@dataclass(frozen=True)
class Tokens:
    """One text: its tokens, and its name before them where an example has several texts."""

    tokens: Sequence[str]
    lead: str = ""
    #: What else the example holds, such as its class; behind the tokens.
    label: str = ""


@dataclass
class _Placed:
    """Where a text's parts are drawn."""

    #: With how it is written, the token, and which it is in its text.
    chips: list[tuple[QRect, str, str, int]] = field(default_factory=list)
    words: list[tuple[QRect, str]] = field(default_factory=list)


class TokenFlow(QWidget):
    """Texts beneath each other, their tokens in lines. Its height follows from its width."""

    _GAP = 3
    _PAD = 4

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.texts: Sequence[Tokens] = ()
        self._placed = _Placed()
        self._width = -1
        self._height = 1
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("First examples"))
        theme.changed.connect(self.update)

    def show_texts(self, texts: Sequence[Tokens]) -> None:
        """Show other texts."""
        self.texts = texts
        self._width = -1
        self.setAccessibleDescription(" | ".join(texts[0].tokens[:50]) if texts else "")
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        self._place(width)
        return self._height

    def sizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(max(self.width(), 300)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 40)

    def chips(self) -> list[tuple[QRect, str]]:
        """Return where each token is drawn, and how it is written."""
        self._place(self.width())
        return [(rect, shown) for rect, shown, *_ in self._placed.chips]

    def _place(self, width: int) -> None:
        """Break the tokens into lines of a width."""
        if width == self._width:
            return
        self._width, self._placed = width, _Placed()
        metrics = QFontMetrics(self.font())
        line = metrics.height() + 8
        advances: dict[str, int] = {}

        def advance(text: str) -> int:
            if text not in advances:
                advances[text] = metrics.horizontalAdvance(text)
            return advances[text]

        leads = max((advance(text.lead) for text in self.texts), default=0)
        left = leads + 10 if leads else 0
        y = 0
        for text in self.texts:
            if text.lead:
                self._placed.words.append((QRect(0, y, leads, line - 4), text.lead))
            x = left
            for number, token in enumerate(text.tokens):
                shown = visible(token)
                size = min(advance(shown) + 2 * self._PAD, max(width - left, 20))
                if x > left and x + size > width:
                    x, y = left, y + line
                self._placed.chips.append((QRect(x, y, size, line - 4), shown, token, number))
                x += size + self._GAP
            if text.label:
                size = advance(text.label) + 12
                if x > left and x + size > width:
                    x, y = left, y + line
                self._placed.words.append((QRect(x + 6, y, size, line - 4), text.label))
            y += line + (0 if text.lead else 6)
        self._height = max(y, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._place(self.width())
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        grounds = (QColor(look.raised), QColor(look.selection))
        middle = Qt.AlignmentFlag.AlignCenter
        for rect, shown, token, number in self._placed.chips:
            if not rect.intersects(event.rect()):
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(grounds[number % 2])
            painter.drawRoundedRect(QRectF(rect), 3, 3)
            ink = look.error if token == UNKNOWN else look.muted if token in _SIGNS else look.text
            painter.setPen(QColor(ink))
            painter.drawText(rect, middle, shown)
        painter.setPen(QColor(look.muted))
        for rect, word in self._placed.words:
            side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(rect, side, word)
        painter.end()
