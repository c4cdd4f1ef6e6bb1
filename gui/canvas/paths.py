"""The ways along which a selected node gets what comes in from the network's inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.document import Network, Wire

if TYPE_CHECKING:
    from gui.canvas.scene import CanvasScene

__all__ = ["light", "upstream"]


def upstream(network: Network, node_id: str) -> set[Wire]:
    """Return every wire that something travels along on its way to a node."""
    found: set[Wire] = set()
    seen, waiting = {node_id}, [node_id]
    while waiting:
        for wire in network.wires_in(waiting.pop()).values():
            found.add(wire)
            if wire.source not in seen:
                seen.add(wire.source)
                waiting.append(wire.source)
    return found


def light(scene: CanvasScene) -> None:
    """Light the way to the node that is selected alone; of several nothing is lit."""
    network, wanted = scene.network, set[Wire]()
    if network is not None and len(scene.selected) == 1:
        wanted = upstream(network, next(iter(scene.selected)))
    for wire in wanted ^ scene.path:
        item = scene.wires.get(wire)
        if item is not None:
            item.on_path = wire in wanted
            item.restyle()
    scene.path = wanted
