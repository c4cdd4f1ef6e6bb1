"""A view of the scene that zooms at the pointer, pans and fits."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from gui.canvas.scene import CanvasScene

__all__ = ["ZoomView"]

ZOOMS = (0.02, 4.0)
#: Free room round what is fitted, in pixels of the screen, and how large it is shown at most.
ROOM, LARGEST = 80, 1.0


class ZoomView(QGraphicsView):
    """The part of the canvas that knows how large and where things are shown."""

    zoom_changed = Signal(float)
    resized = Signal()
    #: The picture moved under the pointer.
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas_scene = CanvasScene(self)
        self.setScene(self.canvas_scene)
        self.zoom = 1.0
        #: What the view shows as a whole until somebody zooms or pans; None: nothing.
        self._fitted: QRectF | None = None
        self._set_up()

    def _set_up(self) -> None:
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setMinimumSize(240, 180)

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Zoom by a factor; the scene point under `at` (viewport pixels) stays where it is."""
        self._fitted = None
        at = at if at is not None else self.viewport().rect().center()
        target = min(ZOOMS[1], max(ZOOMS[0], self.zoom * factor))
        before = self.mapToScene(at)
        self.scale(target / self.zoom, target / self.zoom)
        self._set_zoom(target)
        moved = self.mapFromScene(before) - at
        self.pan(-moved)

    def _set_zoom(self, zoom: float) -> None:
        self.zoom = self.canvas_scene.paper.zoom = zoom
        self.zoom_changed.emit(zoom)
        self.moved.emit()

    def pan(self, delta: QPoint) -> None:
        """Move the picture by pixels of the viewport."""
        self._fitted = None
        for bar, by in (
            (self.horizontalScrollBar(), delta.x()),
            (self.verticalScrollBar(), delta.y()),
        ):
            bar.setValue(bar.value() - by)
        self.moved.emit()

    def fit(self) -> None:
        """Show all nodes."""
        self._show_rect(self.canvas_scene.content_rect())

    def fit_selection(self) -> None:
        """Show the selected nodes; all where none is selected."""
        self._show_rect(self.canvas_scene.content_rect(self.canvas_scene.selected or None))

    def show_nodes(self, ids: Iterable[str]) -> None:
        """Bring nodes into view: by moving, or where they need more room by showing all."""
        rect = self.canvas_scene.content_rect(ids).adjusted(-40, -40, 40, 40)
        shown = self.mapToScene(self.viewport().rect()).boundingRect()
        if rect.width() > shown.width() or rect.height() > shown.height():
            self.fit()
        else:
            self.ensureVisible(rect, 0, 0)

    def reset_zoom(self) -> None:
        """Show the network at its own size."""
        self.zoom_by(1.0 / self.zoom)

    def _show_rect(self, rect: QRectF) -> None:
        if rect.isNull():
            rect = QRectF(-200, -150, 400, 300)
        size = self.viewport().size()
        room = (max(1.0, size.width() - ROOM), max(1.0, size.height() - ROOM))
        wanted = min(room[0] / rect.width(), room[1] / rect.height(), LARGEST)
        self.zoom_by(wanted / self.zoom)
        self.centerOn(rect.center())
        self._fitted = rect
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep showing the whole where nobody has chosen a part."""
        super().resizeEvent(event)
        if self._fitted is not None:
            self._show_rect(self._fitted)
        self.resized.emit()

    def center_on(self, node_id: str) -> None:
        """Bring a node into the middle, large enough to be read."""
        item = self.canvas_scene.nodes.get(node_id)
        if item is not None:
            if self.zoom < 0.7:
                self.zoom_by(1.0 / self.zoom)
            self._fitted = None
            self.centerOn(item.scene_body().center())
            self.viewport().update()

    def show_place(self, x: float, y: float, zoom: float) -> None:
        """Bring a scene point into the middle, at a zoom."""
        self.zoom_by(zoom / self.zoom)
        self.centerOn(x, y)
        self.moved.emit()
        self.viewport().update()

    def render_image(self, size: QSize) -> QImage:
        """Return a picture of the whole network on `size` pixels."""
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        look = self.canvas_scene.paper.look
        image.fill(look.theme.color("canvas"))
        rect = self.canvas_scene.content_rect().adjusted(-40, -40, 40, 40)
        painter = QPainter(image)
        painter.setRenderHints(self.renderHints())
        zoom = min(size.width() / rect.width(), size.height() / rect.height())
        before, self.canvas_scene.paper.zoom = self.canvas_scene.paper.zoom, zoom
        self.canvas_scene.render(painter, QRectF(image.rect()), rect)
        self.canvas_scene.paper.zoom = before
        painter.end()
        return image
