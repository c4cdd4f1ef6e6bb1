"""What the keyboard and menus do on the canvas, as actions that a window can show in its menus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence

from graph import clips, grouping
from graph.dissolving import dissolve
from graph.edits import Batch, Disconnect, Edit, move_nodes, remove_nodes
from graph.errors import TorchloomError
from gui import theme
from gui.canvas import building, dots
from gui.canvas.gestures import translated
from gui.canvas.style import GRID

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["Actions"]

#: Name, text, shortcuts, icon.
_TABLE = (
    ("search", "Add node…", ("Tab", "Ctrl+Space"), "add"),
    ("delete", "Delete", ("Del", "Backspace"), "delete"),
    ("bridge", "Delete and bridge", ("Ctrl+Del", "Ctrl+Backspace"), ""),
    ("cut", "Cut", ("Ctrl+X",), "cut"),
    ("copy", "Copy", ("Ctrl+C",), "copy"),
    ("paste", "Paste", ("Ctrl+V",), "paste"),
    ("duplicate", "Duplicate", ("Ctrl+D",), ""),
    ("rename", "Rename", ("F2",), "rename"),
    ("group", "Make a block", ("Ctrl+G",), ""),
    ("dissolve", "Dissolve block", ("Ctrl+Shift+G",), ""),
    ("select_all", "Select all", ("Ctrl+A",), ""),
    ("invert", "Invert selection", ("Ctrl+I",), ""),
    ("fit", "Fit all", ("Home",), "fit"),
    ("fit_selection", "Fit selection", ("F",), ""),
    ("zoom_in", "Zoom in", ("Ctrl++", "Ctrl+="), "zoom_in"),
    ("zoom_out", "Zoom out", ("Ctrl+-",), "zoom_out"),
    ("zoom_reset", "Zoom to 100 %", ("Ctrl+0",), ""),
)
#: Distance by which a copy is set off, in scene pixels.
OFFSET = 2 * GRID


class Actions(QObject):
    """The actions of one view. Each edit is one undo entry."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._nudges = 0
        self.by_name: dict[str, QAction] = {}
        slots: dict[str, Callable[[], object]] = {
            "fit": view.fit,
            "fit_selection": view.fit_selection,
            "zoom_in": lambda: view.zoom_by(1.25),
            "zoom_out": lambda: view.zoom_by(0.8),
            "zoom_reset": view.reset_zoom,
            "search": view.adding.open_search,
        }
        for name, text, shortcuts, icon in _TABLE:
            self.add(
                name, translated(text), shortcuts, slots.get(name) or getattr(self, name), icon
            )
        self.dress()
        theme.changed.connect(self.dress)

    def add(
        self,
        name: str,
        text: str,
        shortcuts: Iterable[str],
        slot: Callable[[], object],
        icon: str = "",
    ) -> QAction:
        """Add an action of the canvas; its shortcuts hold while the canvas has the focus."""
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setProperty("icon_name", icon)
        # "triggered" says whether it is checked, which none of the slots wants to know.
        action.triggered.connect(lambda checked=False: slot())
        self.by_name[name] = action
        self._view.addAction(action)
        return action

    def dress(self, look: object = None) -> None:
        """Take up the icons of the theme."""
        for action in self.by_name.values():
            if name := action.property("icon_name"):
                action.setIcon(theme.icon(name))

    # -- removing -------------------------------------------------------------------------------

    def delete(self) -> None:
        """Delete the selected nodes and wires."""
        network, scene = self._view.network, self._view.canvas_scene
        if network is None:
            return
        nodes = remove_nodes(network, scene.selected)
        gone = {edit.wire for edit in nodes.edits if isinstance(edit, Disconnect)}
        wires = [
            Disconnect(network.name, wire) for wire in scene.selected_wires if wire not in gone
        ]
        edits: tuple[Edit, ...] = (*wires, *nodes.edits, *self._view.framing.removed())
        self._view.push(Batch(edits), translated("Delete"))

    def bridge(self) -> None:
        """Delete the selected nodes and join what they stood between."""
        network, scene = self._view.network, self._view.canvas_scene
        if network is not None and scene.selected:
            edit = building.bridge(network, scene.selected, scene.analysis)
            self._view.push(edit, translated("Delete and bridge"))

    # -- blocks ---------------------------------------------------------------------------------

    def group(self) -> None:
        """Put the selected nodes into a block of their own."""
        network, ids = self._view.network, self._view.selected
        if network is None or not ids:
            return
        try:
            edit, block = grouping.make_block(network, ids)
        except TorchloomError as error:
            self._view.tell(str(error))
            return
        if self._view.push(edit, translated("Make a block")):
            self._view.select([block])

    def dissolve(self) -> None:
        """Put what is in the selected block in its place."""
        network, ids = self._view.network, self._view.selected
        if network is None or not ids:
            return
        try:
            edit, inner = dissolve(network, ids[-1])
        except TorchloomError as error:
            self._view.tell(str(error))
            return
        if self._view.push(edit, translated("Dissolve block")):
            self._view.select(inner)

    # -- the clipboard --------------------------------------------------------------------------

    def copy(self) -> bool:
        """Put the selected nodes on the clipboard, as text."""
        frames = self._view.canvas_scene.frames
        if self._view.network is None or not (self._view.selected or frames.selected):
            return False
        text = clips.copy(self._view.network, self._carried(), frames.selected)
        QGuiApplication.clipboard().setText(text)
        return True

    def _carried(self) -> list[str]:
        """Return the selected nodes, and those that the selected frames carry."""
        scene = self._view.canvas_scene
        nodes = [n.node.id for f in self._view.framing.chosen() for n in scene.frames.nodes_of(f)]
        return list(dict.fromkeys([*scene.selected, *nodes]))

    def cut(self) -> None:
        """Copy, then delete."""
        if self.copy():
            nodes = remove_nodes(self._view.network, self._carried())
            edits = (*nodes.edits, *self._view.framing.removed())
            self._view.push(Batch(edits), translated("Cut"))

    def paste(self, at: QPointF | None = None) -> None:
        """Add the nodes on the clipboard."""
        text = QGuiApplication.clipboard().text()
        place = None
        if at is None:
            at = self._view.pointer_inside()
        if at is not None:
            place = (round(at.x() / GRID) * GRID, round(at.y() / GRID) * GRID)
        self._insert(text, place, translated("Paste"))

    def duplicate(self) -> None:
        """Add copies of the selected nodes and of the wires among them."""
        network, ids = self._view.network, self._view.selected
        if network is None or not ids:
            return
        left = min(network.node(i).position[0] for i in ids) + OFFSET
        top = min(network.node(i).position[1] for i in ids) + OFFSET
        self._insert(clips.copy(network, ids), (left, top), translated("Duplicate"))

    def _insert(self, text: str, place: tuple[float, float] | None, title: str) -> None:
        network = self._view.network
        if network is None:
            return
        try:
            edit, ids = clips.paste(network, text, place)
        except TorchloomError as error:
            self._view.tell(str(error))
            return
        if self._view.push(edit, title):
            self._view.select(ids)

    # -- selecting, renaming --------------------------------------------------------------------

    def select_all(self) -> None:
        """Select every node."""
        nodes = self._view.canvas_scene.nodes
        self._view.select([i for i, item in nodes.items() if item.box is None])

    def invert(self) -> None:
        """Select the nodes that are not selected."""
        scene = self._view.canvas_scene
        self._view.select(
            [i for i, item in scene.nodes.items() if i not in scene.selected and item.box is None]
        )

    def rename(self) -> None:
        """Edit the title of the selected frame, or of the node selected last."""
        if chosen := self._view.framing.chosen():
            self._view.framing.rename(chosen[-1])
        if self._view.selected:
            item = self._view.canvas_scene.nodes[self._view.selected[-1]]
            self._view.ensureVisible(item.scene_body(), 20, 20)
            self._view.titles.open(item)

    # -- moving ---------------------------------------------------------------------------------

    def nudge(self, event: QKeyEvent) -> bool:
        """Move the selection by an arrow key; return whether the key was one.

        By a pixel, with Shift by a step of the grid. While the key repeats it is one undo entry.
        """
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        direction = arrows.get(Qt.Key(event.key()))
        network = self._view.network
        if direction is None or network is None or not self._view.selected:
            return False
        step = GRID if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        if not event.isAutoRepeat():
            self._nudges += 1
        places = {}
        for node_id in self._view.selected:
            x, y = network.node(node_id).position
            if not network.node(node_id).pinned:
                places[node_id] = (x + step * direction[0], y + step * direction[1])
        text = translated("Move %n node(s)", len(places))
        bent = dots.shifted(network, places, step * direction[0], step * direction[1])
        edit = Batch((*move_nodes(network, places).edits, *bent))
        self._view.push(edit, text, gesture=f"nudge {self._nudges}")
        return True
