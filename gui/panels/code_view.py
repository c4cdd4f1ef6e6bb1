"""A view of Python source: line numbers, colours, and lines that belong to nodes."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from gui import theme
from gui.colors import mix
from gui.theme import Theme

__all__ = ["CodeView", "PythonHighlighter"]

_TOKEN = re.compile(
    r"""(?P<comment>\#.*$)
    |(?P<string>[rbfu]{0,2}(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
    |(?P<decorator>^\s*@[\w.]+)
    |(?P<number>\b\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?\b)
    |(?P<word>\b[A-Za-z_]\w*\b)""",
    re.VERBOSE,
)
_QUOTES = '"""'


def code_colors(look: Theme) -> dict[str, str]:
    """Return the colour of each kind of word in code."""
    return {
        "comment": look.muted,
        "string": look.ink("embedding"),
        "decorator": look.ink("activation"),
        "number": look.ink("optimizer"),
        "keyword": look.ink("normalization"),
        "definition": look.ink("linear"),
        "type": look.ink("convolution"),
    }


class PythonHighlighter(QSyntaxHighlighter):
    """Colours Python: enough for generated code, which holds no surprises."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self.dress()

    def dress(self) -> None:
        """Take the colours of the theme in use."""
        for name, color in code_colors(theme.current()).items():
            made = QTextCharFormat()
            made.setForeground(QColor(color))
            made.setFontItalic(name == "comment")
            self._formats[name] = made
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        start = 0
        if self.previousBlockState() == 1:
            end = text.find(_QUOTES)
            if end < 0:
                self.setFormat(0, len(text), self._formats["string"])
                self.setCurrentBlockState(1)
                return
            start = end + 3
            self.setFormat(0, start, self._formats["string"])
        self.setCurrentBlockState(0)
        opening = text.find(_QUOTES, start)
        if opening >= 0:
            closing = text.find(_QUOTES, opening + 3)
            length = (closing + 3 if closing >= 0 else len(text)) - opening
            self._tokens(text, start, opening)
            self.setFormat(opening, length, self._formats["string"])
            if closing < 0:
                self.setCurrentBlockState(1)
            return
        self._tokens(text, start, len(text))

    def _tokens(self, text: str, start: int, end: int) -> None:
        before = ""
        for match in _TOKEN.finditer(text, start, end):
            name = match.lastgroup or ""
            if name == "word":
                word = match.group()
                if keyword.iskeyword(word) or word in ("self", "True", "False", "None"):
                    name = "keyword"
                elif before in ("def", "class"):
                    name = "definition"
                elif word[:1].isupper():
                    name = "type"
                before = word
            if name in self._formats:
                self.setFormat(match.start(), match.end() - match.start(), self._formats[name])


class _Numbers(QWidget):
    """The column of line numbers."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_numbers(event.rect())


class CodeView(QPlainTextEdit):
    """Source that is read, not written. Lines can be marked; a click tells which line it hit."""

    line_clicked = Signal(int)  # from 0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(theme.mono_font())
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._marked: tuple[int, ...] = ()
        self._numbers = _Numbers(self)
        self._highlighter = PythonHighlighter(self.document())
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._scroll_numbers)
        theme.changed.connect(self._dress)
        self._make_room()

    def set_source(self, text: str) -> None:
        """Show another text; the place scrolled to is kept where it still exists."""
        if text == self.toPlainText():
            return
        place = self.verticalScrollBar().value()
        self.setPlainText(text)
        self.verticalScrollBar().setValue(place)

    def mark(self, lines: Collection[int], reveal: bool = True) -> None:
        """Lay a colour behind these lines, and bring the first into view."""
        self._marked = tuple(sorted(lines))
        look = theme.current()
        color = QColor(mix(look.accent, look.field, 0.22))
        selections = []
        for line in self._marked:
            one = QTextEdit.ExtraSelection()
            one.format.setBackground(color)
            one.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            one.cursor = QTextCursor(self.document().findBlockByNumber(line))
            selections.append(one)
        self.setExtraSelections(selections)
        self._numbers.update()
        if reveal and self._marked and not self._is_visible(self._marked[0]):
            self.verticalScrollBar().setValue(max(self._marked[0] - 3, 0))

    @property
    def marked(self) -> tuple[int, ...]:
        """The marked lines, from 0."""
        return self._marked

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        left = event.button() == Qt.MouseButton.LeftButton
        if left and not self.textCursor().hasSelection():
            cursor = self.cursorForPosition(event.position().toPoint())
            self.line_clicked.emit(cursor.blockNumber())

    # -- line numbers ---------------------------------------------------------------------------

    def numbers_width(self) -> int:
        """The width of the column of line numbers, in pixels."""
        digits = len(str(max(self.blockCount(), 99)))
        return 20 + digits * self.fontMetrics().horizontalAdvance("9")

    def paint_numbers(self, rect: QRect) -> None:
        """Paint the numbers of the lines in view."""
        look = theme.current()
        painter = QPainter(self._numbers)
        painter.fillRect(rect, QColor(look.field))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        marked = set(self._marked)
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if box.top() > rect.bottom():
                break
            number = block.blockNumber()
            painter.setPen(QColor(look.accent if number in marked else look.muted))
            painter.drawText(
                QRect(0, round(box.top()), self._numbers.width() - 10, round(box.height())),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(number + 1),
            )
            block = block.next()
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inner = self.contentsRect()
        self._numbers.setGeometry(
            QRect(inner.left(), inner.top(), self.numbers_width(), inner.height())
        )

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)

    def _scroll_numbers(self, rect: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())

    def _is_visible(self, line: int) -> bool:
        block = self.document().findBlockByNumber(line)
        box = self.blockBoundingGeometry(block).translated(self.contentOffset())
        return box.top() >= 0 and box.bottom() <= self.viewport().height()

    def _dress(self) -> None:
        self._highlighter.dress()
        self.mark(self._marked, reveal=False)
