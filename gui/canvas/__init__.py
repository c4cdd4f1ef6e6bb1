"""The canvas: a view of one network, the palette beside it and the search box on it."""

from gui.canvas.palette import Palette
from gui.canvas.view import CanvasView

__all__ = ["CanvasView", "Palette"]
