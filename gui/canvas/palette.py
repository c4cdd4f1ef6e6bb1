"""The palette: everything that can be added, by family; dragged out, or added by Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QHeaderView,
    QLineEdit,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from graph.document import Project
from gui import theme
from gui.canvas import building
from gui.canvas.building import Choice
from gui.canvas.choice_list import CHOICE, ChoiceDelegate
from gui.canvas.gestures import translated
from gui.canvas.search import matching

__all__ = ["Palette"]

#: Families that are open at first; the others are one click away.
OPEN = frozenset({"structure", "linear", "convolution"})


class PaletteTree(QTreeView):
    """The tree; it tells of drags itself, so that the canvas can show a ghost of the node."""

    dragged = Signal(object, QPoint)
    dropped = Signal(QPoint)
    drag_cancelled = Signal()
    #: Enter on a row. Not Qt's "activated", which comes with a double click as well.
    accepted = Signal(QModelIndex)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pressed: tuple[QPoint, Choice] | None = None
        self._dragging = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember what was pressed; a press on a family opens or closes it."""
        index = self.indexAt(event.position().toPoint())
        choice = index.data(CHOICE)
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and choice is not None:
            self._pressed = (event.position().toPoint(), choice)
        elif event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self.setExpanded(index, not self.isExpanded(index))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag once the pointer has moved a little."""
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        at, choice = self._pressed
        far = (event.position().toPoint() - at).manhattanLength()
        if not self._dragging and far > QApplication.startDragDistance():
            self._dragging = True
            self.setCursor(Qt.CursorShape.DragCopyCursor)
        if self._dragging:
            self.dragged.emit(choice, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop."""
        dragging = self._dragging
        self._stop()
        if dragging:
            self.dropped.emit(event.globalPosition().toPoint())
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape cancels a drag; Enter adds."""
        if event.key() == Qt.Key.Key_Escape and self._dragging:
            self._stop()
            self.drag_cancelled.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accepted.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _stop(self) -> None:
        self._pressed = None
        self._dragging = False
        self.unsetCursor()


class Palette(QWidget):
    """Families with their kinds, and a field that filters them.

    `chosen` carries a :class:`~gui.canvas.building.Choice`; connect it with
    :meth:`gui.canvas.CanvasView.follow`.
    """

    chosen = Signal(object)
    dragged = Signal(object, QPoint)
    dropped = Signal(QPoint)
    drag_cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setMinimumWidth(204)  # the longest family's name and its count
        self._choices: list[Choice] = []
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(translated("Search"))
        self.field.setAccessibleName(translated("Search the palette"))
        self.field.setClearButtonEnabled(True)
        self._lens = self.field.addAction(
            theme.icon("search", theme.current().muted), QLineEdit.ActionPosition.LeadingPosition
        )
        self.model = QStandardItemModel(self)
        self.tree = PaletteTree(self)
        self._set_up_tree()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 4, 4)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.tree)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.tree.doubleClicked.connect(self._choose)
        self.tree.accepted.connect(self._choose)
        self.tree.dragged.connect(self.dragged)
        self.tree.dropped.connect(self.dropped)
        self.tree.drag_cancelled.connect(self.drag_cancelled)
        theme.changed.connect(self._dress)

    def _set_up_tree(self) -> None:
        tree = self.tree
        tree.setAccessibleName(translated("Palette"))
        tree.setModel(self.model)
        tree.setHeaderHidden(True)
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        tree.setRootIsDecorated(False)
        tree.setIndentation(0)
        tree.setExpandsOnDoubleClick(False)
        tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        tree.setItemDelegate(ChoiceDelegate(tree, two_lines=False))
        tree.setMouseTracking(True)

    def _dress(self, look: object = None) -> None:
        self._lens.setIcon(theme.icon("search", theme.current().muted))
        self.tree.viewport().update()

    def show_graph(self, project: Project, training: bool, within: str = "") -> None:
        """Offer what may be added to the training graph, or to the network `within`.

        Needs torch.
        """
        opened = self._opened()
        place = "training" if training else "network"
        self._choices = building.choices(project, place, within)
        self._fill()
        if opened is not None:
            self._open(opened)

    def _opened(self) -> set[str] | None:
        if not self.model.rowCount() or self.field.text():
            return None
        heads = [self.model.item(row) for row in range(self.model.rowCount())]
        return {str(h.data(CHOICE + 1)) for h in heads if self.tree.isExpanded(h.index())}

    def _open(self, families: set[str] | frozenset[str]) -> None:
        for row in range(self.model.rowCount()):
            head = self.model.item(row)
            self.tree.setExpanded(head.index(), str(head.data(CHOICE + 1)) in families)

    def _fill(self) -> None:
        text = self.field.text()
        found = matching(self._choices, text, [])
        families: dict[str, list[Choice]] = {}
        for choice in found:
            families.setdefault(choice.kind.family, []).append(choice)
        self.model.clear()
        for family, choices in families.items():
            head = QStandardItem(family.replace("_", " ").capitalize())
            head.setData(family, CHOICE + 1)
            for choice in choices:
                item = QStandardItem(choice.name)
                item.setData(choice, CHOICE)
                item.setToolTip(" ".join(choice.kind.doc.split()))
                head.appendRow(item)
            self.model.appendRow(head)
        if text.strip():
            self.tree.expandAll()
            if found:
                first = self.model.item(0).child(0)
                self.tree.setCurrentIndex(first.index())
        else:
            self._open(OPEN)

    def _choose(self, index: QModelIndex) -> None:
        choice = index.data(CHOICE)
        if choice is not None:
            self.chosen.emit(choice)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the field, arrows choose in the tree and Enter adds."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.tree.currentIndex())
            return True
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            QApplication.sendEvent(self.tree, event)
            return True
        if event.key() == Qt.Key.Key_Escape and self.field.text():
            self.field.clear()
            return True
        return False
