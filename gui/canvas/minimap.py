"""The whole network small in a corner; a press or drag there moves the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSettings, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["Minimap"]

WIDTH, HEIGHT, MARGIN = 200, 130, 10
#: A network of more nodes has a minimap unless it was hidden.
MANY = 60
#: While nodes move the picture is drawn anew at most this often, in milliseconds.
INTERVAL = 120
_KEY = "canvas/minimap"


class Minimap(QWidget):
    """Painted by the overview, into a pixmap that is kept until something changes."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._picture: QPixmap | None = None
        self._area = QRectF()
        self._revision = -1
        self._fresh = QTimer(self, singleShot=True, interval=INTERVAL)
        self._fresh.timeout.connect(self.update)
        self.setObjectName("minimap")
        self.setAccessibleName(QCoreApplication.translate("Canvas", "Minimap"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFixedSize(WIDTH, HEIGHT)
        self.hide()
        view.commands.add(
            "minimap", QCoreApplication.translate("Canvas", "Minimap"), ("Ctrl+M",), self.toggle
        )
        view.moved.connect(self.update)
        view.resized.connect(self.place)
        view.canvas_scene.structure_changed.connect(self.refresh)

    def toggle(self) -> None:
        """Show or hide the minimap, and keep that."""
        QSettings().setValue(_KEY, self.isHidden())
        self.refresh()

    def refresh(self) -> None:
        """Show it where it is wanted, in the lower right corner."""
        count = len(self._view.canvas_scene.nodes)
        chosen = QSettings().value(_KEY)
        wanted = count > MANY if chosen is None else str(chosen).lower() == "true"
        self.setVisible(bool(count) and wanted)
        self.place()
        self.update()

    def place(self) -> None:
        """Stay in the corner."""
        port = self._view.viewport()
        self.move(port.width() - WIDTH - MARGIN, port.height() - HEIGHT - MARGIN)

    def _transform(self) -> QTransform:
        """Return the way from the scene to the minimap."""
        area = self._area
        scale = min((WIDTH - 12) / area.width(), (HEIGHT - 12) / area.height())
        middle = area.center()
        left, top = WIDTH / 2 - middle.x() * scale, HEIGHT / 2 - middle.y() * scale
        return QTransform(scale, 0, 0, scale, left, top)

    def _draw(self) -> QPixmap:
        """Return the picture of all cards and wires; kept while nothing changes."""
        scene = self._view.canvas_scene
        if self._picture is not None and (
            self._revision == scene.revision or self._fresh.isActive()
        ):
            return self._picture
        self._area = scene.content_rect()
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(WIDTH * ratio), round(HEIGHT * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(scene.paper.look.theme.color("raised"))
        painter = QPainter(picture)
        painter.setTransform(self._transform(), True)
        self._view.overview.paint(painter)
        painter.end()
        self._picture, self._revision = picture, scene.revision
        self._fresh.start()
        return picture

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, and round what the view shows a rectangle."""
        look = self._view.canvas_scene.paper.look
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._draw())
        view = self._view
        seen = view.mapToScene(view.viewport().rect()).boundingRect()
        accent = QColor(look.theme.accent)
        painter.setPen(QPen(accent, 1.4))
        accent.setAlpha(30)
        painter.setBrush(accent)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRect(self._transform().mapRect(seen).intersected(frame))
        painter.setPen(look.border)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
        painter.end()

    def point(self, scene: QPointF) -> QPointF:
        """Return where a point of the scene is on the minimap."""
        self._draw()
        return self._transform().map(scene)

    def _go(self, event: QMouseEvent) -> None:
        back, possible = self._transform().inverted()
        if possible:
            target = back.map(event.position())
            self._view.show_place(target.x(), target.y(), self._view.zoom)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring what is pressed into the middle of the view."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the canvas see nothing of it."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Let the canvas see nothing of it."""
        event.accept()
