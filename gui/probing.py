"""Probes: nodes that the user watches while they train, and the pulse of a training."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject

from graph.catalog.entry import Kind
from gui import theme
from gui.canvas.probe_item import ProbeItem
from gui.canvas.pulse import Pulse
from gui.canvas.view import CanvasView
from gui.workspace import Workspace

__all__ = ["Probing"]

Place = tuple[str, str]


class Probing(QObject):
    """Asks the session for what is probed, and shows what it has seen beneath the cards."""

    def __init__(self, workspace: Workspace, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._workspace, self._canvas = workspace, canvas
        self._scene = canvas.canvas_scene
        #: The (graph, node) of what is probed, in this project.
        self.wanted: frozenset[Place] = frozenset()
        self.items: dict[str, ProbeItem] = {}
        self.pulse = Pulse(self._scene)
        self._step = -1
        canvas.commands.add("probe", self.tr("Probe"), (), self.toggle)
        workspace.project_changed.connect(self._forget)
        workspace.session_changed.connect(self._ask)
        workspace.polled.connect(self._look)
        self._scene.structure_changed.connect(self._show)
        theme.changed.connect(self.pulse.rest)

    def toggle(self) -> None:
        """Probe the selected nodes; where all of them are, do so no more."""
        network = self._canvas.network
        if network is None or not self._canvas.selected:
            return
        if network.is_training:
            self._canvas.tell(self.tr("Layers of a network are probed; open the network first."))
            return
        readable = [i for i in self._canvas.selected if _is_layer(network.kind(i))]
        chosen = {(network.name, node_id) for node_id in readable}
        if not chosen:
            text = self.tr("Layers can be probed; expected one in the selection, found none.")
            self._canvas.tell(text)
        elif chosen <= self.wanted:
            self.wanted -= chosen
        else:
            self.wanted |= chosen
        self._ask()
        self._show()

    def _forget(self) -> None:
        self.wanted = frozenset()
        self._step = -1
        self.pulse.rest()
        self._show()

    def _ask(self) -> None:
        """Tell the session what is wanted, also one that has just begun."""
        session = self._workspace.session
        if session is not None and session.telemetry.wanted != self.wanted:
            session.telemetry.wanted = self.wanted
        if not self._workspace.training:
            self.pulse.rest()

    def _look(self) -> None:
        """Show what there is to see now."""
        session = self._workspace.session
        if session is None or not self._canvas.isVisible():
            return
        step = session.telemetry.progress.step
        if self._workspace.training and step != self._step:
            self.pulse.beat()
        self._step = step
        self._show_traces()

    def _show(self) -> None:
        """Have an item for each probed node of the graph that is shown."""
        network = self._scene.network
        here = {n for g, n in self.wanted if network is not None and g == network.name}
        here &= self._scene.nodes.keys()
        for node_id, item in list(self.items.items()):
            gone = not shiboken6.isValid(item)
            if gone or node_id not in here:
                if not gone and item.scene() is not None:
                    self._scene.removeItem(item)
                del self.items[node_id]
        for node_id in here - self.items.keys():
            self.items[node_id] = ProbeItem(self._scene.nodes[node_id])
        if self.items:
            self._show_traces()

    def _show_traces(self) -> None:
        session, network = self._workspace.session, self._scene.network
        if network is None or not self.items:
            return
        seen = session.telemetry.probes if session is not None else {}
        for node_id, item in self.items.items():
            if shiboken6.isValid(item):
                item.show_trace(seen.get((network.name, node_id)))


def _is_layer(kind: Kind) -> bool:
    """Whether a node of the kind has a module of its own, from which can be read."""
    return kind.takes_network or type(kind).construct is not Kind.construct
