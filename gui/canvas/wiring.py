"""The gesture that draws a wire, and the one that places a node dragged from the palette."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QGraphicsPathItem

from graph.document import Node, Wire
from graph.edits import Batch, Connect, Disconnect, Edit
from graph.errors import ConnectError
from gui.canvas import building
from gui.canvas.building import Choice, Loose
from gui.canvas.card import PortSpot
from gui.canvas.content import ghost_content, port_text
from gui.canvas.gestures import Gesture, Pointer, snapped, translated
from gui.canvas.node_item import NodeItem
from gui.canvas.wire_item import curve

if TYPE_CHECKING:
    from graph.dims import TensorType
    from gui.canvas.view import CanvasView

__all__ = ["DrawWire", "PlaceNode"]

#: How near a port the pointer must be for it to be meant, in pixels of the screen.
REACH = 14.0


class DrawWire(Gesture):
    """From a port to another: by dragging, or by a click on each.

    Dragged from a connected input it picks that wire up; dropped on empty canvas a picked wire is
    removed, and a new one opens the search box with what fits.
    """

    def __init__(self, view: CanvasView, item: NodeItem, spot: PortSpot) -> None:
        super().__init__(view)
        self._pressed = Loose(item.node.id, spot.port.name, spot.is_input)
        self._loose = self._pressed
        self._picked: Wire | None = None
        self._draft = QGraphicsPathItem()
        self._over: tuple[NodeItem, PortSpot] | None = None
        self._dragged = False

    # -- the gesture ----------------------------------------------------------------------------

    def start(self, pointer: Pointer) -> None:
        self._from = pointer.at
        self._draft.setPen(self.scene.paper.look.wire_draft)
        self.scene.show_draft(self._draft, 3)
        self._light()
        self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        if not self._dragged and (pointer.at - self._from).manhattanLength() > 5:
            self._dragged = True
            self._pick_up()
        self._over = self._port_for(pointer)
        item = self.scene.nodes[self._loose.node_id]
        fixed = item.port_point(self._loose.port, self._loose.is_input)
        loose, hint, refused = pointer.scene, "", False
        if self._over is not None:
            target, spot = self._over
            state = self._state(target, spot)
            refused = state is None
            hint = self._hint(target, spot, state)
            if not refused:
                loose = target.pos() + spot.point
        look = self.scene.paper.look
        self._draft.setPen(look.wire_refused if refused else look.wire_draft)
        ends = (loose, fixed) if self._loose.is_input else (fixed, loose)
        self._draft.setPath(curve(*ends))
        self.view.show_hint(hint, pointer.at, "error" if refused else "")

    def end(self, pointer: Pointer) -> bool:
        if not self._dragged:
            return False  # a click: the next click ends the wire
        self.move(pointer)
        over, loose, picked = self._over, self._loose, self._picked
        self.cancel()
        self._finish(pointer, over, loose, picked)
        return True

    def press(self, pointer: Pointer) -> bool:
        self.move(pointer)
        over, loose = self._over, self._loose
        self.cancel()
        if over is not None:
            self._finish(pointer, over, loose, None)
        return True

    def cancel(self) -> None:
        self.scene.paper.fits = None
        self.scene.drop_draft(self._draft)
        if self._picked in self.scene.wires:
            self.scene.wires[self._picked].setVisible(True)
        self.view.show_hint("")
        self.scene.update()

    # -- what it comes to -----------------------------------------------------------------------

    def _finish(
        self,
        pointer: Pointer,
        over: tuple[NodeItem, PortSpot] | None,
        loose: Loose,
        picked: Wire | None,
    ) -> None:
        network = self.scene.network
        if over is None:
            if picked is not None:
                self.view.push(Disconnect(network.name, picked), translated("Remove wire"))
            else:
                self.view.adding.open_search(pointer.scene, loose)
            return
        wire = self._wire(loose, *over)
        if wire == picked or wire in self.scene.wires:
            return
        try:
            edit = self._edit(wire, picked)
        except ConnectError as error:
            self.view.tell(str(error))
            return
        self.view.push(edit, translated("Connect") if picked is None else translated("Move wire"))

    def _edit(self, wire: Wire, picked: Wire | None) -> Edit:
        network = self.scene.network
        if picked is None:
            return building.connect(network, wire)
        occupied = network.wires_in(wire.target).get(wire.target_port)
        network.check_connect(wire, replacing=occupied is not None)
        gone = dict.fromkeys(w for w in (picked, occupied) if w is not None)
        return Batch((*(Disconnect(network.name, w) for w in gone), Connect(network.name, wire)))

    def _wire(self, loose: Loose, item: NodeItem, spot: PortSpot) -> Wire:
        if loose.is_input:
            return Wire(item.node.id, spot.port.name, loose.node_id, loose.port)
        return Wire(loose.node_id, loose.port, item.node.id, spot.port.name)

    def _pick_up(self) -> None:
        if not self._pressed.is_input:
            return
        wire = self.scene.network.wires_in(self._pressed.node_id).get(self._pressed.port)
        if wire is None:
            return
        self._picked = wire
        self._loose = Loose(wire.source, wire.source_port, False)
        self.scene.wires[wire].setVisible(False)
        self._light()

    # -- what fits ------------------------------------------------------------------------------

    def _light(self) -> None:
        """Say of every port whether it would take the wire."""
        loose, network = self._loose, self.scene.network
        closed = building.unreachable(network, loose)
        start = self.scene.nodes[loose.node_id].card.spot(loose.port, loose.is_input)
        fits: dict[tuple[str, bool, str], str] = {}
        if start is not None:
            arriving = self._type(loose.node_id, loose.port)
            for node_id, item in self.scene.nodes.items():
                if node_id in closed:
                    continue
                for spot in item.card.spots:
                    if spot.is_input == loose.is_input or spot.port.missing:
                        continue
                    if spot.port.carries != start.port.carries:
                        continue
                    comes = self._type(node_id, spot.port.name) if loose.is_input else arriving
                    into = start.port if loose.is_input else spot.port
                    sure = building.doubt(into, comes) is None
                    fits[node_id, spot.is_input, spot.port.name] = "fits" if sure else "doubtful"
        fits[loose.node_id, loose.is_input, loose.port] = "start"
        self.scene.paper.fits = fits
        self.scene.update()

    def _type(self, node_id: str, port: str) -> TensorType | None:
        analysis = self.scene.analysis
        return analysis.type_of(self.scene.network.name, node_id, port) if analysis else None

    def _state(self, item: NodeItem, spot: PortSpot) -> str | None:
        state = (self.scene.paper.fits or {}).get((item.node.id, spot.is_input, spot.port.name))
        return None if state == "start" else state

    def _port_for(self, pointer: Pointer) -> tuple[NodeItem, PortSpot] | None:
        """Return the port that is meant: the one under the pointer, else the card's first fit."""
        found = self.scene.port_at(pointer.scene, REACH / self.view.zoom)
        if found is not None:
            item, spot = found
            pressed = (item.node.id, spot.port.name, spot.is_input)
            own = (self._loose.node_id, self._loose.port, self._loose.is_input)
            return None if pressed == own else found
        item = self.scene.node_at(pointer.scene)
        if item is None or item.node.id == self._loose.node_id:
            return None
        spots = [s for s in item.card.spots if s.is_input != self._loose.is_input]
        free = [s for s in spots if (s.is_input, s.port.name) not in item.wired]
        ranked = sorted(
            [*free, *(s for s in spots if s not in free)],
            key=lambda s: ("fits", "doubtful", None).index(self._state(item, s)),
        )
        return (item, ranked[0]) if ranked else None

    def _hint(self, item: NodeItem, spot: PortSpot, state: str | None) -> str:
        if state is None:
            return self._reason(item, spot)
        loose, into = self._loose, spot.port
        comes = self._type(loose.node_id, loose.port)
        if loose.is_input:
            into = self.scene.nodes[loose.node_id].card.spot(loose.port, True).port
            comes = self._type(item.node.id, spot.port.name)
        why = building.doubt(into, comes)
        if why is not None:
            return why
        return port_text(self.scene.network, item.node.id, spot.port, self.scene.analysis)

    def _reason(self, item: NodeItem, spot: PortSpot) -> str:
        if spot.is_input == self._loose.is_input:
            return translated("A wire goes from an output to an input.")
        try:
            self.scene.network.check_connect(self._wire(self._loose, item, spot), replacing=True)
        except ConnectError as error:
            return str(error)
        return ""


class PlaceNode(Gesture):
    """A node dragged in from the palette: a ghost until it is dropped."""

    def __init__(self, view: CanvasView, choice: Choice) -> None:
        super().__init__(view)
        self._choice = choice
        self._node = building.new_node(self.scene.network, choice, (0.0, 0.0))
        content = ghost_content(choice.kind, self._node, self.scene.network)
        self._ghost = NodeItem(self._node, content, self.scene.paper)
        self._target: Wire | None = None

    def start(self, pointer: Pointer) -> None:
        self._ghost.setOpacity(0.65)
        # The ghost is no node of the network: an empty id keeps hit tests from finding it.
        self._ghost.node = Node("", self._node.kind)
        self.scene.show_draft(self._ghost, 4)
        self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        size = self._ghost.card
        self._ghost.setPos(snapped(pointer.scene - QPointF(size.width / 2, size.height / 2)))
        item = self.view.wire_under(self._ghost)
        node = self._placed()
        fits = item is not None and building.insert(self.scene.network, item.wire, node) is not None
        self._target = item.wire if fits else None
        self.view.light_wire(self._target)

    def _placed(self) -> Node:
        at = self._ghost.pos()
        return replace(self._node, position=(at.x(), at.y()))

    def end(self, pointer: Pointer) -> bool:
        self.move(pointer)
        target, node = self._target, self._placed()
        self.cancel()
        self.view.adding.place(node, target, self._ghost.card.width)
        return True

    def cancel(self) -> None:
        self.view.light_wire(None)
        self.scene.drop_draft(self._ghost)
