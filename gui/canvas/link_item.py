"""Dashed lines between blocks that have the same weights."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from gui.canvas.node_item import NodeItem

__all__ = ["LinkItem", "shared_pairs"]


#: How far a line hangs down between the lower sides of the cards, in scene pixels.
SAG = 56.0


class LinkItem(QGraphicsPathItem):
    """A line between two cards; it moves with them and is behind everything else."""

    def __init__(self, first: NodeItem, second: NodeItem) -> None:
        super().__init__()
        self.ends = (first, second)
        self.setZValue(-2)
        for item in self.ends:
            item.links.append(self)
        self.follow()
        self.restyle()

    def detach(self) -> None:
        """Let go of the cards."""
        for item in self.ends:
            if self in item.links:
                item.links.remove(self)

    def follow(self) -> None:
        """Draw the line anew between the lower sides of the cards, below what stands in a row."""
        ends = [QPointF(b.center().x(), b.bottom()) for b in map(NodeItem.scene_body, self.ends)]
        path = QPainterPath(ends[0])
        path.cubicTo(ends[0] + QPointF(0, SAG), ends[1] + QPointF(0, SAG), ends[1])
        self.setPath(path)

    def restyle(self) -> None:
        """Take the colour of the theme."""
        look = self.ends[0].paper.look.theme
        pen = QPen(QColor(look.family("structure")), 1.6, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self.setPen(pen)


def shared_pairs(items: Iterable[NodeItem]) -> list[tuple[NodeItem, NodeItem]]:
    """Return the pairs of blocks to be linked: each with the next that has the same weights."""
    groups: dict[str, list[NodeItem]] = {}
    for item in items:
        if item.content.shared:
            groups.setdefault(item.content.shared, []).append(item)
    return [
        pair
        for group in groups.values()
        for pair in pairwise(sorted(group, key=lambda i: (i.node.position, i.node.id)))
    ]
