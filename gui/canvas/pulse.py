"""A pulse of activity: while the network trains, dots travel along its wires."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QGraphicsEllipseItem

if TYPE_CHECKING:
    from graph.document import Network, Wire
    from gui.canvas.scene import CanvasScene

__all__ = ["Pulse"]

#: The most wires that have dots: with more, nobody could follow them, and painting would cost.
MOST = 60
#: How much of a wire a dot travels from one look at the training to the next.
STRIDE = 0.08


class Pulse:
    """Moves a dot along each wire of a scene by a stride at each :meth:`beat`."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._network: Network | None = None
        self.dots: dict[Wire, QGraphicsEllipseItem] = {}
        self.phase = 0.0

    def beat(self) -> None:
        """Go on by a stride: something was trained."""
        scene = self._scene
        if len(scene.wires) > MOST:
            self.rest()
            return
        self._follow()
        self.phase = (self.phase + STRIDE) % 1.0
        for wire, dot in self.dots.items():
            item = scene.wires[wire]
            dot.setVisible(item.isVisible())
            dot.setPos(item.path().pointAtPercent(self.phase))

    def rest(self, look: object = None) -> None:
        """Take the dots away."""
        for dot in self.dots.values():
            if shiboken6.isValid(dot) and dot.scene() is not None:
                self._scene.removeItem(dot)
        self.dots = {}

    def _follow(self) -> None:
        """Have a dot for each wire that there is now."""
        stale = any(not shiboken6.isValid(dot) for dot in self.dots.values())
        if not stale and self.dots.keys() == self._scene.wires.keys():
            return
        self.rest()
        brush = QBrush(QColor(self._scene.paper.look.theme.accent))
        for wire in self._scene.wires:
            dot = QGraphicsEllipseItem(QRectF(-3, -3, 6, 6))
            dot.setPen(self._scene.paper.look.no_pen)
            dot.setBrush(brush)
            dot.setZValue(-0.5)
            self._scene.addItem(dot)
            self.dots[wire] = dot
