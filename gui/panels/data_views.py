"""The right side of the data panel: its ports, and how many examples there are of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from graph.dataspec import DataPort
from gui import theme

__all__ = ["BalanceBars", "PortTable"]

_PARTS = ("train", "validation", "test")

#: Types among which a port can be told to change; the source says which of them fit.
_EXCHANGEABLE = (
    ("number", "category", "tokens", "tags"),
    ("series",),
    ("image",),
    ("audio",),
    ("clip",),
)


class PortTable(QTableWidget):
    """A row per port: its name, type, columns, shape and normalisation, to be changed in place."""

    changed = Signal(int, object)  # row, DataPort
    _COLUMNS = 5

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, self._COLUMNS, parent)
        self.setHorizontalHeaderLabels(
            [
                self.tr("Port"),
                self.tr("Type"),
                self.tr("Columns"),
                self.tr("Shape"),
                self.tr("Normalise"),
            ]
        )
        self.setAccessibleName(self.tr("Ports of the data"))
        self._ports: Sequence[DataPort] = ()
        self._filling = False
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(38)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.itemChanged.connect(self._edited)

    def show_ports(self, ports: Sequence[DataPort], editable: bool) -> None:
        """Show these ports; names and types can be changed, columns where `editable`."""
        self._filling = True
        self._ports = ports
        self.setRowCount(len(ports))
        for row, port in enumerate(ports):
            self._put(row, 0, port.name, True)
            self._put(row, 2, ", ".join(port.columns), editable)
            shape = "(" + ", ".join(map(str, port.shape)) + ("," if len(port.shape) == 1 else "")
            self._put(row, 3, f"{shape}) {port.dtype}", False)
            self.setCellWidget(row, 1, self._type_box(row, port))
            self.setCellWidget(row, 4, self._normalize_box(row, port))
        self._filling = False

    def _put(self, row: int, column: int, text: str, editable: bool) -> None:
        item = QTableWidgetItem(text)
        if not editable:
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
        item.setToolTip(text)
        self.setItem(row, column, item)

    def _type_box(self, row: int, port: DataPort) -> QWidget:
        box = QComboBox()
        choices = next(each for each in _EXCHANGEABLE if port.type in each)
        box.addItems(choices)
        box.setCurrentText(port.type)
        box.setEnabled(len(choices) > 1)
        box.setAccessibleName(self.tr("Type of {0}").format(port.name))
        box.activated.connect(lambda: self._tell(row, type=box.currentText()))
        return box

    def _normalize_box(self, row: int, port: DataPort) -> QWidget:
        box = QCheckBox()
        box.setChecked(port.normalize == "standard")
        box.setEnabled(port.type in ("image", "number"))
        box.setAccessibleName(self.tr("Normalise {0}").format(port.name))
        box.setToolTip(self.tr("Mean 0 and deviation 1, measured on the training part"))
        box.clicked.connect(lambda on: self._tell(row, normalize="standard" if on else "none"))
        holder = QWidget()
        inner = QHBoxLayout(holder)
        inner.setContentsMargins(8, 0, 0, 0)
        inner.addWidget(box)
        inner.addStretch(1)
        return holder

    def _edited(self, item: QTableWidgetItem) -> None:
        if self._filling:
            return
        text = item.text().strip()
        if item.column() == 0:
            self._tell(item.row(), name=text or self._ports[item.row()].name)
        elif item.column() == 2:
            columns = tuple(word.strip() for word in text.split(",") if word.strip())
            self._tell(item.row(), columns=columns)

    def _tell(self, row: int, **update: Any) -> None:
        port = self._ports[row]
        if all(getattr(port, name) == value for name, value in update.items()):
            return
        if "type" in update or "columns" in update:
            # What was known of the old column does not hold for the new one: it is read again.
            scaled = update.get("type", port.type) in ("image", "number")
            update |= {"classes": (), "vocabulary": (), "merges": (), "shape": (), "text": None}
            update["dtype"] = "float32" if scaled else "int64"
            if not scaled:
                update["normalize"] = "none"
        self.changed.emit(row, port.model_copy(update=update))


class BalanceBars(QWidget):
    """A bar per class: how many examples each part has of it."""

    ROW = 22

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, tuple[int, ...]]] = []
        theme.changed.connect(self.update)

    def show_balance(self, classes: Sequence[str], balance: dict[str, tuple[int, ...]]) -> None:
        """Show the counts of each class by part."""
        parts = [balance.get(part, ()) for part in _PARTS]
        self._rows = [
            (name, tuple(part[i] if i < len(part) else 0 for part in parts))
            for i, name in enumerate(classes)
        ]
        self.updateGeometry()
        self.setMinimumHeight(self.ROW * len(self._rows))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, self.ROW * max(len(self._rows), 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        names = max((metrics.horizontalAdvance(n) for n, _ in self._rows), default=0)
        left = min(names, self.width() // 3) + 12
        largest = max((sum(counts) for _, counts in self._rows), default=1) or 1
        number = metrics.horizontalAdvance(f"{largest:,}") + 14
        room = max(self.width() - left - number, 20)
        for row, (name, counts) in enumerate(self._rows):
            top = row * self.ROW
            painter.setPen(QColor(look.text))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 10)
            painter.drawText(
                QRectF(0, top, left - 10, self.ROW), int(Qt.AlignmentFlag.AlignVCenter), shown
            )
            x = float(left)
            for count, color in zip(counts, look.series, strict=False):
                width = room * count / largest
                painter.fillRect(QRectF(x, top + 5, width, self.ROW - 10), QColor(color))
                x += width
            painter.setPen(QColor(look.muted))
            painter.drawText(
                QRectF(x + 8, top, number, self.ROW),
                int(Qt.AlignmentFlag.AlignVCenter),
                f"{sum(counts):,}",
            )
        painter.end()
