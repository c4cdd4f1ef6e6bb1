"""What is only drawn: frames round nodes, and the dots through which wires go.

It belongs to the document (it is saved, copied, undone), and no part of what is computed: checking
and code generation never look here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psygnal import Signal

from graph.errors import DocumentError

if TYPE_CHECKING:
    from graph.document import Wire

__all__ = ["COLORS", "MOST_DOTS", "SMALLEST", "Drawing", "Frame", "Point", "View"]

Point = tuple[float, float]

View = tuple[float, float, float]

#: The colours of frames, by name; a theme has a shade for each.
COLORS: Final = ("grey", "blue", "green", "yellow", "orange", "red", "purple")
#: The smallest side of a frame, in scene pixels.
SMALLEST: Final = 80.0
#: The most dots that a wire can have.
MOST_DOTS: Final = 200


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled rectangle behind nodes; in scene pixels.

    `held` are the nodes that a collapsed frame stands for; an open one holds what lies in it.
    """

    id: str
    title: str = ""
    position: Point = (0.0, 0.0)
    size: Point = (SMALLEST, SMALLEST)
    color: str = COLORS[0]
    held: tuple[str, ...] = ()

    @property
    def collapsed(self) -> bool:
        """Whether it is drawn as a box in place of its nodes."""
        return bool(self.held)

    def holds(self, point: Point) -> bool:
        """Whether a point lies in it."""
        (x, y), (width, height) = self.position, self.size
        return x <= point[0] < x + width and y <= point[1] < y + height


class Drawing:
    """The frames of a graph by id, and the dots of its wires.

    `frame_changed` tells the id of a frame that was added, changed or removed.
    """

    frame_changed = Signal(str)
    wire_bent = Signal(object)

    def __init__(self) -> None:
        self.frames: dict[str, Frame] = {}
        self.bends: dict[Wire, tuple[Point, ...]] = {}
        #: Bookmarks 1 to 9: the scene point in the middle, and the zoom.
        self.views: dict[int, View] = {}
        self._fresh_ids = itertools.count(1)

    def frame(self, frame_id: str) -> Frame:
        """Return a frame by id, or raise DocumentError."""
        try:
            return self.frames[frame_id]
        except KeyError:
            raise DocumentError(f"There is no frame {frame_id!r}.") from None

    def fresh_id(self) -> str:
        """Return an id that no frame has."""
        for number in self._fresh_ids:
            if (name := f"f{number}") not in self.frames:
                return name
        raise AssertionError("itertools.count ended")

    def put_frame(self, frame: Frame) -> Frame | None:
        """Add a frame, or put it in place of the one with its id; return the old one.

        Raises
        ------
        DocumentError
            If it is smaller than a frame can be, or of no known colour.
        """
        if not frame.id or not all(math.isfinite(v) for v in (*frame.position, *frame.size)):
            raise DocumentError("A frame needs an id, a place and a size.")
        if min(frame.size) < SMALLEST:
            raise DocumentError(
                f"The sides of a frame are at least {SMALLEST:g}; received {frame.size}."
            )
        if frame.color not in COLORS:
            raise DocumentError(
                f"The colour of a frame is one of {', '.join(COLORS)}; received {frame.color!r}."
            )
        old = self.frames.get(frame.id)
        self.frames[frame.id] = frame
        if frame != old:
            self.frame_changed.emit(frame.id)
        return old

    def remove_frame(self, frame_id: str) -> Frame:
        """Remove a frame and return it; what lies in it stays."""
        frame = self.frame(frame_id)
        del self.frames[frame_id]
        self.frame_changed.emit(frame_id)
        return frame

    def keep_view(self, number: int, view: View | None) -> View | None:
        """Set a bookmark, or remove it; return the one before."""
        if not 1 <= number <= 9 or (view is not None and not all(map(math.isfinite, view))):
            raise DocumentError(f"Bookmarks are 1 to 9, a place each; received {number}: {view}.")
        old = self.views.pop(number, None)
        if view is not None:
            self.views[number] = view
        return old

    def bend(self, wire: Wire, points: Iterable[Point]) -> tuple[Point, ...]:
        """Let a wire go through points, in their order; return those before. None: straight."""
        new, old = tuple(points), self.bends.get(wire, ())
        if len(new) > MOST_DOTS:
            raise DocumentError(f"A wire has at most {MOST_DOTS} dots; received {len(new)}.")
        if not all(math.isfinite(value) for point in new for value in point):
            raise DocumentError("The dots of a wire have two finite coordinates each.")
        if new:
            self.bends[wire] = new
        else:
            self.bends.pop(wire, None)
        if new != old:
            self.wire_bent.emit(wire)
        return old
