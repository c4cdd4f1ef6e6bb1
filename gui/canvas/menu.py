"""The context menu: what can be done where the pointer is, with the shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtWidgets import QMenu

from graph.document import Wire
from graph.edits import Batch, Disconnect, set_params
from gui import theme
from gui.canvas import values
from gui.canvas.card import PortSpot
from gui.canvas.gestures import translated
from gui.canvas.node_item import NodeItem

if TYPE_CHECKING:
    from gui.canvas.view import CanvasView

__all__ = ["open_at"]


def open_at(view: CanvasView, at: QPoint, where: QPoint) -> QMenu:
    """Open the menu for a point of the viewport at `where` on the screen; return it."""
    scene, point = view.canvas_scene, view.mapToScene(at)
    menu = QMenu(view)
    menu.aboutToHide.connect(menu.deleteLater)
    port = scene.port_at(point, view.reach)
    node = scene.node_at(point)
    wire = scene.wire_at(point, 7.0 / view.zoom) if node is None else None
    if port is not None:
        _port_part(menu, view, *port)
    elif node is not None:
        if node.node.id not in scene.selected:
            view.select([node.node.id])
        _node_part(menu, view, node)
    elif view.framing.fill_menu(menu, point):
        pass
    elif wire is not None:
        scene.select((), [wire.wire])
        _add(menu, view, "delete")
    else:
        menu.addAction(
            theme.icon("add"), translated("Add node…"), lambda: view.adding.open_search(point)
        )
        menu.addAction(translated("Paste here"), lambda: view.commands.paste(point))
        menu.addSeparator()
        _add(menu, view, "select_all", "tidy", "fit", "zoom_reset")
    menu.popup(where)
    return menu


def _add(menu: QMenu, view: CanvasView, *names: str) -> None:
    for name in names:
        if name:
            menu.addAction(view.actions_by_name[name])
        else:
            menu.addSeparator()


def _node_part(menu: QMenu, view: CanvasView, item: NodeItem) -> None:
    for problem in view.canvas_scene.problems_of(item.node.id):
        for fix in problem.fixes:
            edit = fix.edit
            menu.addAction(
                theme.icon("fix"),
                fix.label,
                lambda edit=edit, label=fix.label: view.push(edit, label),
            )
    if not menu.isEmpty():
        menu.addSeparator()
    offered = values.offered(view.network, item.node)
    if offered is not None:
        param, numbers = offered
        part = menu.addMenu(param.name)
        for number in numbers:
            edit = set_params(view.network, item.node.id, {param.name: number})
            text = QCoreApplication.translate("Canvas", "Set {0}").format(param.name)
            act = part.addAction(str(number), lambda edit=edit, text=text: view.push(edit, text))
            act.setCheckable(True)
            act.setChecked(item.node.params.get(param.name) == number)
        menu.addSeparator()
    if view.network.kind(item.node.id).takes_network:
        node_id = item.node.id
        menu.addAction(translated("Open network"), lambda: view.node_activated.emit(node_id))
        menu.addSeparator()
    _add(menu, view, "rename", "replace", "", "cut", "copy", "duplicate", "duplicate_wired")
    _add(menu, view, "", "delete", "bridge")
    many = menu.addMenu(QCoreApplication.translate("Canvas", "Multiply"))
    for count in (2, 3, 4, 6, 8, 12):
        many.addAction(f"× {count}", lambda count=count: view.wire_actions.multiply(count))
    if len(view.network.ports(item.node.id).inputs) > 1:
        _add(menu, view, "swap")
    if not view.network.is_training:
        blocks = ("group", "dissolve") if item.node.kind == "Block" else ("group",)
        _add(menu, view, "", *blocks)
    menu.addSeparator()
    _add(menu, view, "fit_selection", "frame", "collapse", "pin")
    if "probe" in view.actions_by_name and not view.network.is_training:
        _add(menu, view, "", "probe")
    if len(view.selected) > 1:
        _arrange_part(menu, view)


def _arrange_part(menu: QMenu, view: CanvasView) -> None:
    arrange = menu.addMenu(translated("Arrange"))
    _add(arrange, view, "tidy", "", "align_left", "align_center", "align_right")
    _add(arrange, view, "align_top", "align_middle", "align_bottom")
    _add(arrange, view, "", "distribute_across", "distribute_down")


def _port_part(menu: QMenu, view: CanvasView, item: NodeItem, spot: PortSpot) -> None:
    network, node_id, name = view.network, item.node.id, spot.port.name
    wires: list[Wire] = (
        [w for w in [network.wires_in(node_id).get(name)] if w is not None]
        if spot.is_input
        else [w for w in network.wires_out(node_id) if w.source_port == name]
    )
    edit = Batch(tuple(Disconnect(network.name, wire) for wire in wires))
    action = menu.addAction(
        translated("Disconnect"), lambda: view.push(edit, translated("Disconnect"))
    )
    action.setEnabled(bool(wires))
