"""The canvas: shows a network and lets hands change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from graph.document import Network, Wire
from graph.edits import Edit
from gui import theme
from gui.canvas import badges, dots, hints, menu, painting
from gui.canvas.actions import Actions
from gui.canvas.adding import Adding
from gui.canvas.arranging import Arranging
from gui.canvas.finding import Finding
from gui.canvas.framing import Framing
from gui.canvas.gestures import BoxSelect, Gesture, Move, Pan, Pointer
from gui.canvas.hovering import Hovering
from gui.canvas.lasso import Lasso
from gui.canvas.minimap import Minimap
from gui.canvas.node_item import NodeItem
from gui.canvas.overview import Overview
from gui.canvas.titles import TitleEditor
from gui.canvas.wire_actions import CutWires, WireActions, disconnect_at
from gui.canvas.wire_item import WireItem
from gui.canvas.wiring import REACH, DrawWire
from gui.canvas.zooming import ZoomView

if TYPE_CHECKING:
    from graph.analysis import Analysis, Changes
    from graph.problems import Problem
    from gui.canvas.palette import Palette
    from gui.undo import UndoStack

__all__ = ["CanvasView"]

ZOOMS = (0.02, 4.0)
#: How near the edge the pointer makes the view follow, and by how much a step, in pixels.
EDGE, EDGE_STEP = 28, 14
NONE = Qt.KeyboardModifier.NoModifier


class CanvasView(ZoomView):
    """A view of one network.

    Every change goes through the undo stack; the items follow the document. `told` carries
    sentences for the status bar: refusals and hints.
    """

    selection_changed = Signal(object)
    node_activated = Signal(str)
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.undo: UndoStack | None = None
        self.gesture: Gesture | None = None
        self.rubber_band: QRectF | None = None
        self._space = False
        self._lit: WireItem | None = None
        self._press: tuple[QPoint, NodeItem] | None = None
        self._last = QPoint()
        self._hovering = Hovering(self)
        self.overview = Overview(self.canvas_scene)
        #: Goes back to where this network was entered; whether there is such a place.
        self.leave: Callable[[], bool] = lambda: False
        self.setObjectName("canvas")
        self.setAccessibleName(self.tr("Canvas"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.hint = hints.HintLabel(self.viewport())
        self.adding = Adding(self)
        self.titles = TitleEditor(self)
        self.moved.connect(self.titles.reposition)
        self._edge_timer = QTimer(self, interval=16)
        self._edge_timer.timeout.connect(self._follow_edge)
        self.commands = Actions(self)
        self.framing = Framing(self)
        self.arranging = Arranging(self)
        self.finding = Finding(self)
        self.minimap = Minimap(self)
        self.wire_actions = WireActions(self)
        self.actions_by_name: dict[str, QAction] = self.commands.by_name
        self.canvas_scene.selection_changed.connect(self._on_selection)
        theme.changed.connect(self._on_theme)

    # -- what is shown --------------------------------------------------------------------------

    def set_network(
        self, network: Network | None, analysis: Analysis | None, undo: UndoStack | None
    ) -> None:
        """Show a network, with what the analysis knows of it; edits go through `undo`."""
        self.cancel()
        self.arranging.tidying.close()
        self.finding.bar.hide()
        self.adding.search.hide()
        self.titles.close_editor(keep=False)
        self._hovering.item = self._lit = None
        if self.undo is not None:
            self.undo.refused.disconnect(self.tell)
        self.undo = undo
        if undo is not None:
            undo.refused.connect(self.tell)
        self.canvas_scene.set_network(network, analysis)
        self.resetTransform()
        self._set_zoom(1.0)
        self.fit()

    def close_network(self) -> None:
        """Let go of the document."""
        self.set_network(None, None, None)

    @property
    def network(self) -> Network | None:
        """The network that is shown."""
        return self.canvas_scene.network

    def refresh(self, changes: Changes) -> None:
        """Show what an update of the analysis found."""
        self.canvas_scene.refresh(changes)
        self.viewport().update()

    def mark_failed(self, failed: Problem | None) -> None:
        """Mark the node at which a run failed, in whichever network it is; None: no mark."""
        self.canvas_scene.mark_failed(failed)

    @property
    def selected(self) -> list[str]:
        """The ids of the selected nodes, in the order in which they were selected."""
        return list(self.canvas_scene.selected)

    def select(self, ids: Iterable[str]) -> None:
        """Select these nodes and no others."""
        self.canvas_scene.select(ids)

    def tell(self, text: str) -> None:
        """Tell the user something: on the canvas for a moment, and to whoever listens."""
        self.hint.flash(text, self._last if self.underMouse() else None)
        self.told.emit(text)

    def push(self, edit: Edit, text: str, gesture: str = "") -> bool:
        """Make an edit that can be undone; return whether it was made."""
        return self.undo is not None and self.undo.push(edit, text, gesture)

    def follow(self, palette: Palette) -> None:
        """Take what is chosen in, or dragged from, a palette."""
        self.adding.follow(palette)

    def add_kind(self, name: str) -> None:
        """Add a node of the kind called `name`, after the selection where there is one."""
        self.adding.add_kind(name)

    def pointer_inside(self) -> QPointF | None:
        """Return the scene point under the pointer, or None where it is not on the canvas."""
        inside = self.viewport().rect().contains(self._last) and self.underMouse()
        return self.mapToScene(self._last) if inside else None

    # -- gestures -------------------------------------------------------------------------------

    def begin(self, gesture: Gesture, pointer: Pointer) -> None:
        """Start a gesture; the one before it, if any, is cancelled."""
        self.cancel()
        self._hovering.light(None)
        self.gesture = gesture
        gesture.start(pointer)

    def cancel(self) -> None:
        """Cancel the gesture that runs."""
        gesture, self.gesture, self._press = self.gesture, None, None
        self._edge_timer.stop()
        if gesture is not None:
            gesture.cancel()

    def move_gesture(self, pointer: Pointer) -> None:
        """Go on with the gesture that runs; near the edge the view follows."""
        self.gesture.move(pointer)
        inner = self.viewport().rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        if self.gesture.follows and not inner.contains(pointer.at):
            self._edge_timer.start()
        else:
            self._edge_timer.stop()

    def end_gesture(self, pointer: Pointer) -> None:
        """End the gesture that runs, unless it goes on after the button is released."""
        gesture = self.gesture
        self._edge_timer.stop()
        if gesture is not None and gesture.end(pointer) and self.gesture is gesture:
            self.gesture = None

    def _follow_edge(self) -> None:
        """Move the view on while the pointer stays near its edge."""
        if self.gesture is None:
            self._edge_timer.stop()
            return
        rect, at = self.viewport().rect(), self._last
        step = [
            EDGE_STEP * ((value < EDGE) - (value > size - EDGE))
            for value, size in ((at.x(), rect.width()), (at.y(), rect.height()))
        ]
        self.pan(QPoint(*step))
        self.gesture.move(Pointer(self, at))

    def set_rubber_band(self, rect: QRectF | None) -> None:
        """Draw the box of a selection, in scene pixels."""
        self.rubber_band = rect
        self.viewport().update()

    def light_wire(self, wire: Wire | None) -> None:
        """Show that something would go into a wire."""
        if self._lit is not None:
            self._lit.hovered = False
            self._lit.restyle()
        self._lit = self.canvas_scene.wires.get(wire) if wire is not None else None
        if self._lit is not None:
            self._lit.hovered = True
            self._lit.restyle()

    def wire_under(self, item: NodeItem) -> WireItem | None:
        """Return the wire that passes under the middle of a card."""
        return self.canvas_scene.wire_at(item.scene_body().center(), 14.0)

    def show_hint(self, text: str, at: QPoint | None = None, use: str = "") -> None:
        """Show a note beside the pointer, or none."""
        self.hint.show_at(text, at, use)

    # -- mouse ----------------------------------------------------------------------------------

    def _pointer(self, event: QMouseEvent) -> Pointer:
        self._last = event.position().toPoint()
        return Pointer(self, self._last, event.modifiers())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start the gesture that begins here."""
        pointer = self._pointer(event)
        self.setFocus()
        button = event.button()
        if self.gesture is not None:
            if button == Qt.MouseButton.RightButton:
                self.cancel()
            elif button == Qt.MouseButton.LeftButton and self.gesture.press(pointer):
                self.gesture = None
            return
        if button == Qt.MouseButton.MiddleButton or (
            button == Qt.MouseButton.LeftButton and self._space
        ):
            self.begin(Pan(self), pointer)
        elif button == Qt.MouseButton.LeftButton:
            self._press_left(pointer)
        elif button == Qt.MouseButton.RightButton and pointer.holds(
            Qt.KeyboardModifier.ControlModifier
        ):
            self.begin(CutWires(self), pointer)
        elif button == Qt.MouseButton.RightButton and pointer.holds(
            Qt.KeyboardModifier.ShiftModifier
        ):
            self.begin(dots.DotStroke(self), pointer)

    def _press_left(self, pointer: Pointer) -> None:
        scene = self.canvas_scene
        if pointer.holds(Qt.KeyboardModifier.AltModifier) and disconnect_at(self, pointer):
            return
        port = scene.port_at(pointer.scene, self.reach)
        if port is not None:
            self.begin(DrawWire(self, *port), pointer)
            return
        node = scene.node_at(pointer.scene)
        if node is not None and badges.press(self, node, pointer):
            return
        if node is not None:
            self._select_by_click(node, pointer)
            self._press = (pointer.at, node)
            return
        if self.framing.press(pointer):
            return
        dot = dots.dot_at(scene, pointer.scene, dots.REACH / self.zoom)
        if dot is not None:
            self.begin(dots.MoveDot(self, *dot), pointer)
            return
        wire = scene.wire_at(pointer.scene, 7.0 / self.zoom)
        adds = pointer.holds(Qt.KeyboardModifier.ShiftModifier)
        if wire is not None:
            kept = [*scene.selected_wires] if adds else []
            scene.select(scene.selected if adds else (), [*kept, wire.wire])
            return
        lasso = pointer.holds(Qt.KeyboardModifier.AltModifier)
        self.begin(Lasso(self) if lasso else BoxSelect(self), pointer)

    @property
    def reach(self) -> float:
        """How near a port a press must be, in scene pixels; never half a card."""
        return min(REACH / self.zoom, 16.0) if self.zoom >= 0.2 else 6.0

    def _select_by_click(self, node: NodeItem, pointer: Pointer) -> None:
        ids, one = self.selected, node.node.id
        if pointer.holds(Qt.KeyboardModifier.ShiftModifier):
            self.select([i for i in ids if i != one] if one in ids else [*ids, one])
        elif pointer.holds(Qt.KeyboardModifier.ControlModifier):
            self.select([i for i in ids if i != one])
        elif one not in ids:
            self.select([one])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the gesture, or light what is under the pointer."""
        pointer = self._pointer(event)
        if self.gesture is not None:
            self.move_gesture(pointer)
        elif self._press is not None and event.buttons() & Qt.MouseButton.LeftButton:
            at, node = self._press
            if (pointer.at - at).manhattanLength() > 4 and node.node.id in self.selected:
                self.begin(Move(self, node), Pointer(self, at, event.modifiers()))
                self.move_gesture(pointer)
        elif not event.buttons():
            self._hovering.look(pointer)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the gesture."""
        pointer = self._pointer(event)
        pressed, self._press = self._press, None
        if self.gesture is not None:
            self.end_gesture(pointer)
        elif pressed is not None and event.modifiers() == NONE and len(self.selected) > 1:
            self.select([pressed[1].node.id])  # a click into a selection keeps the one

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Rename on a title, open a node, search on empty canvas."""
        pointer = self._pointer(event)
        if event.button() != Qt.MouseButton.LeftButton or self.network is None:
            return
        self.cancel()
        if self.canvas_scene.port_at(pointer.scene, self.reach) is not None:
            return
        node = self.canvas_scene.node_at(pointer.scene)
        if node is None:
            if not (
                self.framing.double_click(pointer.scene) or dots.double_click(self, pointer.scene)
            ):
                self.adding.open_search(pointer.scene)
        elif node.card.title.contains(pointer.scene - node.pos()):
            self.titles.open(node)
        else:
            self.node_activated.emit(node.node.id)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        steps = event.angleDelta().y() / 120
        self.zoom_by(1.18**steps, event.position().toPoint())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done here."""
        if self.gesture is None and self.network is not None:
            self._last = event.pos()
            menu.open_at(self, event.pos(), event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._hovering.light(None)
        super().leaveEvent(event)

    # -- keys -----------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep shortcuts waiting while a gesture runs."""
        if event.type() == QEvent.Type.ShortcutOverride and self.gesture is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape cancels; Space and the mouse pan; arrows move the selection."""
        key = event.key()
        if key == Qt.Key.Key_Escape and self.gesture is not None:
            self.cancel()
        elif self.gesture is not None:
            return
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif key == Qt.Key.Key_Escape and self.canvas_scene.anything_selected:
            self.select(())
        elif key == Qt.Key.Key_Escape and self.leave():
            event.accept()
        elif not self.commands.nudge(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space was let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.viewport().unsetCursor()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QEvent) -> None:
        """A key that was held is not seen to be let go any more."""
        self._space = False
        super().focusOutEvent(event)

    # -- painting -------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the grid."""
        painting.background(painter, rect, self.canvas_scene.paper)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """Write the shapes onto the wires, and draw what gestures need."""
        painting.wire_labels(painter, rect, self.canvas_scene)
        dots.paint_dots(painter, rect, self.canvas_scene)
        painting.rubber_band(painter, self.rubber_band, self.canvas_scene.paper)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Let the items paint themselves, or draw all of them at once when they are tiny."""
        if not self.overview.wanted(self.zoom):
            super().paintEvent(event)
        else:
            painter = QPainter(self.viewport())
            painter.setTransform(self.viewportTransform())
            visible = self.mapToScene(self.viewport().rect()).boundingRect()
            painting.background(painter, visible, self.canvas_scene.paper)
            self.overview.paint(painter)
            painting.overlay_items(painter, self.canvas_scene)
            painting.rubber_band(painter, self.rubber_band, self.canvas_scene.paper)
            painter.end()
        if self.network is not None and not len(self.network):
            painting.welcome(self)

    def _on_selection(self, ids: list[str]) -> None:
        self.viewport().update()
        self.selection_changed.emit(ids)

    def _on_theme(self, look: object) -> None:
        self.canvas_scene.restyle()
        self.viewport().update()


def _grid(at: QPointF) -> tuple[float, float]:
    """Return a place on the grid."""
    return (round(at.x() / 20) * 20.0, round(at.y() / 20) * 20.0)
