"""Small pieces that several panels are made of."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

__all__ = [
    "Clickable",
    "Elided",
    "Empty",
    "FlowLayout",
    "Line",
    "Panel",
    "button",
    "button_row",
    "clear_layout",
    "count_text",
    "heading",
    "hint",
    "scrolled",
    "tool_button",
]


def heading(text: str) -> QLabel:
    """Return a section's title."""
    label = QLabel(text)
    label.setProperty("role", "heading")
    label.setIndent(0)
    return label


def hint(text: str = "") -> QLabel:
    """Return quiet text that wraps."""
    label = QLabel(text, wordWrap=True)
    label.setProperty("role", "hint")
    return label


def button(text: str, clicked: Callable[[], object], primary: bool = False) -> QPushButton:
    """Return a push button; the primary one is what the eye should find."""
    made = QPushButton(text)
    made.clicked.connect(lambda: clicked())
    made.setProperty("primary", primary)
    return made


def tool_button(text: str, clicked: Callable[[], object], tip: str = "") -> QToolButton:
    """Return a flat button."""
    made = QToolButton(text=text)
    made.clicked.connect(lambda: clicked())
    made.setToolTip(tip)
    return made


def button_row(
    *widgets: QWidget, lead: QWidget | None = None, stretched: bool = False
) -> QHBoxLayout:
    """Return a row with `lead` at its left and the widgets at its right end."""
    row = QHBoxLayout()
    row.setSpacing(6)
    if lead is not None:
        row.addWidget(lead, 1 if stretched else 0)
    if not stretched:
        row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    return row


def scrolled(content: QWidget) -> QScrollArea:
    """Return a frameless scroll area around `content`, which follows its width."""
    area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    content.setProperty("role", "page")
    area.setWidget(content)
    return area


def clear_layout(layout: QLayout) -> None:
    """Take every widget out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear_layout(inner)


def count_text(number: float) -> str:
    """Return a count as people read it: 950, 18.8k, 4.2M, 1.1G."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= limit:
            return f"{number / limit:.3g}{unit}"
    return f"{number:,.0f}"


class Panel(QWidget):
    """What stands in a dock. Behind another tab Qt calls it visible all the same; `seen` does not.

    Work that only serves the eye waits until :meth:`come_up`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._front = True

    @property
    def seen(self) -> bool:
        """Whether it is on the screen and not behind another tab."""
        return self._front and self.isVisible()

    def set_front(self, front: bool) -> None:
        """Note that its tab came to the front, or went behind another."""
        before, self._front = self._front, front
        if front and not before and self.isVisible():
            self.come_up()

    def come_up(self) -> None:
        """Catch up with what happened while it could not be seen."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._front:
            self.come_up()


class Line(QLabel):
    """A label whose words change often: other words are painted, and nothing is laid out anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        return self._line

    def setText(self, text: str) -> None:
        if text != self._line:
            self._line = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(60, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        cut = self.fontMetrics().elidedText(
            self._line, Qt.TextElideMode.ElideRight, self.contentsRect().width()
        )
        painter.drawText(self.contentsRect(), int(self.alignment()), cut)
        painter.end()


class Elided(QLabel):
    """One line of quiet text that is cut in the middle where there is no room for it."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = text
        self.setToolTip(text)
        self.setProperty("role", "hint")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        middle = Qt.TextElideMode.ElideMiddle
        self.setText(self.fontMetrics().elidedText(self._full, middle, self.width() - 2))


class Empty(QWidget):
    """What a panel shows while it has nothing: a line that says how it gets something."""

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter)
        self.title.setProperty("role", "empty-title")
        self.text = QLabel(text, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.text.setProperty("role", "hint")
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addStretch(1)

    def say(self, title: str, text: str) -> None:
        """Show other words."""
        self.title.setText(title)
        self.text.setText(text)


class Clickable(QFrame):
    """A frame that can be clicked and, having the focus, be chosen by Enter or Space."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


class FlowLayout(QLayout):
    """Widgets from left to right, going on in a new row where the width ends."""

    def __init__(self, parent: QWidget | None = None, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            wanted = item.sizeHint()
            if x > rect.x() and x + wanted.width() > rect.right() + 1:
                x, y, line = rect.x(), y + line + self.spacing(), 0
            if move:
                item.setGeometry(QRect(x, y, wanted.width(), wanted.height()))
            x += wanted.width() + self.spacing()
            line = max(line, wanted.height())
        return y + line - rect.y()
