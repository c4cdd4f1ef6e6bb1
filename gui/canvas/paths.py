"""The ways along which a selected node gets what comes in from the network's inputs."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from graph.document import Network, Wire

if TYPE_CHECKING:
    from gui.canvas.scene import CanvasScene

__all__ = ["light", "upstream"]


#: The most wires that are lit: painting them anew takes 10 µs each, and a click must not be felt.
MOST = 800


def upstream(network: Network, node_id: str, most: int = MOST) -> set[Wire]:
    """Return the wires that something travels along on its way to a node, the nearest `most`."""
    found: set[Wire] = set()
    seen, waiting = {node_id}, deque([node_id])
    while waiting and len(found) < most:
        for wire in network.wires_in(waiting.popleft()).values():
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
