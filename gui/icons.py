"""Icons as strokes on a 24 by 24 grid, drawn in any colour and at any size.

A drawing is a text of commands with numbers: ``M x y`` move, ``L x y`` line, ``C x1 y1 x2 y2 x y``
curve, ``Z`` close, ``O x y r`` circle, ``R x y w h r`` rounded rectangle. After ``|`` the rest is
filled instead of stroked.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

__all__ = ["DRAWINGS", "draw", "family_drawing", "make", "pixmap"]

DRAWINGS: dict[str, str] = {
    # actions
    "run": "|M7 4.5 L19.5 12 L7 19.5 Z",
    "pause": "|R6 5 4.2 14 1.2 R13.8 5 4.2 14 1.2",
    "stop": "|R6 6 12 12 2",
    "step": "M18.5 5 L18.5 19 |M5 5 L15 12 L5 19 Z",
    "undo": "M8.5 4.5 L4 9 L8.5 13.5 M4 9 L14 9 C22 9 22 19.5 14 19.5 L9 19.5",
    "redo": "M15.5 4.5 L20 9 L15.5 13.5 M20 9 L10 9 C2 9 2 19.5 10 19.5 L15 19.5",
    "fit": "M4 9 L4 4 L9 4 M15 4 L20 4 L20 9 M20 15 L20 20 L15 20 M9 20 L4 20 L4 15 R9 9 6 6 1",
    "zoom_in": "O10.5 10.5 6.5 M15.5 15.5 L20.5 20.5 M10.5 7.5 L10.5 13.5 M7.5 10.5 L13.5 10.5",
    "zoom_out": "O10.5 10.5 6.5 M15.5 15.5 L20.5 20.5 M7.5 10.5 L13.5 10.5",
    "search": "O10.5 10.5 6.5 M15.5 15.5 L20.5 20.5",
    "add": "M12 4.5 L12 19.5 M4.5 12 L19.5 12",
    "remove": "M4.5 12 L19.5 12",
    "close": "M6 6 L18 18 M18 6 L6 18",
    "new": "M6 3.5 L14 3.5 L19 8.5 L19 20.5 L6 20.5 Z M14 3.5 L14 8.5 L19 8.5",
    "open": "M3.5 19 L3.5 5.5 L9.5 5.5 L11.5 8 L19 8 L19 10.5 M3.5 19 L6.5 10.5 L22 10.5 L19 19 Z",
    "save": "M4 4 L16.5 4 L20 7.5 L20 20 L4 20 Z M8 4 L8 9 L15 9 L15 4 M7.5 20 L7.5 13.5 "
    "L16.5 13.5 L16.5 20",
    "export": "M12 15 L12 4 M7.5 8.5 L12 4 L16.5 8.5 M4 14 L4 20 L20 20 L20 14",
    "import": "M12 4 L12 15 M7.5 10.5 L12 15 L16.5 10.5 M4 14 L4 20 L20 20 L20 14",
    "delete": "M4 6.5 L20 6.5 M9 6.5 L9 4 L15 4 L15 6.5 M6 6.5 L7 20.5 L17 20.5 L18 6.5 "
    "M10 10.5 L10.4 16.5 M14 10.5 L13.6 16.5",
    "copy": "R8.5 8.5 12 12 2 M15.5 5.5 L15.5 3.5 L3.5 3.5 L3.5 15.5 L5.5 15.5",
    "paste": "R5 5 14 16 2 R9 3 6 4 1",
    "cut": "O6.5 17.5 3 O17.5 17.5 3 M8.2 15 L17 3.5 M15.8 15 L7 3.5",
    "rename": "M4 20 L4.8 15.6 L15.6 4.8 L19.2 8.4 L8.4 19.2 Z M13.2 7.2 L16.8 10.8",
    "settings": "M4 7 L11 7 M17 7 L20 7 O14 7 3 M4 17 L7 17 M13 17 L20 17 O10 17 3",
    "code": "M8.5 6.5 L3 12 L8.5 17.5 M15.5 6.5 L21 12 L15.5 17.5",
    "data": "M4 6 C4 3 20 3 20 6 C20 9 4 9 4 6 M4 6 L4 18 C4 21 20 21 20 18 L20 6 "
    "M4 12 C4 15 20 15 20 12",
    "training": "M4 4 L4 20 L20 20 M7 9 C9 17 13 16.5 20 17",
    "samples": "R4 4 7 7 1 R13 4 7 7 1 R4 13 7 7 1 R13 13 7 7 1",
    "runs": "M4 6 L20 6 M4 12 L20 12 M4 18 L13 18",
    "log": "M5 5 L19 5 M5 9.7 L16 9.7 M5 14.3 L19 14.3 M5 19 L12 19",
    "problems": "M12 4 L21 19.5 L3 19.5 Z M12 10 L12 14 |O12 16.7 1.1",
    "error": "O12 12 8.5 M12 7.5 L12 13 |O12 16.2 1.2",
    "warning": "M12 4 L21 19.5 L3 19.5 Z M12 10 L12 14 |O12 16.7 1.1",
    "ok": "M4.5 12.5 L9.8 18 L19.5 6.5",
    "info": "O12 12 8.5 M12 11 L12 16.5 |O12 7.8 1.2",
    "fix": "M14.5 5 C17 3 21 5 20.5 9 C20 11.5 17 12.5 15 11.8 L7.5 19.5 C5.5 21.2 2.8 18.5 4.5 "
    "16.5 L12.2 9 C11.5 7.5 12.5 5.5 14.5 5 M17.5 6.5 L15.5 8.5",
    "theme": "O12 12 4 M12 2.5 L12 4.5 M12 19.5 L12 21.5 M2.5 12 L4.5 12 M19.5 12 L21.5 12 "
    "M5.3 5.3 L6.7 6.7 M17.3 17.3 L18.7 18.7 M5.3 18.7 L6.7 17.3 M17.3 6.7 L18.7 5.3",
    "help": "O12 12 8.5 M9.5 9.5 C9.5 6 14.8 6 14.8 9.5 C14.8 11.8 12 11.8 12 14 |O12 16.8 1.1",
    "home": "M4 11 L12 4 L20 11 M6 9.5 L6 20 L18 20 L18 9.5",
    "left": "M14.5 5.5 L8 12 L14.5 18.5",
    "right": "M9.5 5.5 L16 12 L9.5 18.5",
    "down": "M5.5 9.5 L12 16 L18.5 9.5",
    "up": "M5.5 14.5 L12 8 L18.5 14.5",
    "folder": "M3.5 6 L9.5 6 L11.5 8.5 L20.5 8.5 L20.5 19 L3.5 19 Z",
    "layout": "R3.5 8.5 5.5 7 1.2 R15 4 5.5 6 1.2 R15 14 5.5 6 1.2 M9 12 C12 12 12 7 15 7 "
    "M9 12 C12 12 12 17 15 17",
    # families of the catalogue
    "input": "M3 12 L13 12 M9 8 L13 12 L9 16 M14 4 L20 4 L20 20 L14 20",
    "output": "M10 4 L4 4 L4 20 L10 20 M10 12 L21 12 M17 8 L21 12 L17 16",
    "network": "O5 12 2.4 O19 6 2.4 O19 18 2.4 O12 12 2.4 M7.4 12 L9.6 12 M13.9 10.4 L17 7.6 "
    "M13.9 13.6 L17 16.4",
    "linear": "O5 6 2 O5 18 2 O19 6 2 O19 18 2 M7 6 L17 6 M7 18 L17 18 M6.6 7.5 L17.4 16.5 "
    "M6.6 16.5 L17.4 7.5",
    "convolution": "R3.5 3.5 17 17 2 M3.5 9.2 L20.5 9.2 M3.5 14.8 L20.5 14.8 M9.2 3.5 L9.2 20.5 "
    "M14.8 3.5 L14.8 20.5 |R3.5 3.5 11.3 11.3 2",
    "pooling": "M4 5 L20 5 L14 12.5 L14 19 L10 19 L10 12.5 Z",
    "padding": "R3.5 3.5 17 17 2 |R8.5 8.5 7 7 1",
    "activation": "M3 18 L10 18 C14 18 13 6 17 6 L21 6",
    "normalization": "M3 19 C9 19 8.5 5 12 5 C15.5 5 15 19 21 19",
    "dropout": "O6 6 2.2 O18 18 2.2 O6 18 2.2 |O18 6 2.2 O12 12 2.2",
    "shape": "R3.5 8.5 8 12 1.5 M15 4 L20 4 L20 9 M20 4 L14 10",
    "recurrent": "M19 9 C17 3.5 8 3.2 5.5 9 C3 15 9 20.5 14 19.5 C17 19 19 17 19.6 14.5 "
    "M14.5 9 L19.3 9.2 L20 4.2",
    "attention": "M2.5 12 C7 4.5 17 4.5 21.5 12 C17 19.5 7 19.5 2.5 12 |O12 12 3.2",
    "embedding": "M4 5 L4 19 M4 5 L10 5 M4 12 L10 12 M4 19 L10 19 |O14 5 1.6 O19 5 1.6 O14 12 1.6 "
    "O19 12 1.6 O14 19 1.6 O19 19 1.6",
    "vision": "R3.5 5 17 14 2 M3.5 16 L9 11 L13 15 L16 12.5 L20.5 16.5 |O15.5 9 1.5",
    "distance": "O5 18 2 O19 6 2 M6.6 16.5 L17.4 7.5",
    "math": "M4 8 L11 8 M7.5 4.5 L7.5 11.5 M13.5 16.5 L20.5 16.5 M14 5 L20 11 M20 5 L14 11 "
    "M4 16.5 L11 16.5",
    "reduction": "M18 5 L6 5 L13 12 L6 19 L18 19",
    "elementwise": "M3 12 C6 2 9 2 12 12 C15 22 18 22 21 12",
    "matrix": "M8 4 L4.5 4 L4.5 20 L8 20 M16 4 L19.5 4 L19.5 20 L16 20 |O9.5 9 1.6 O14.5 9 1.6 "
    "O9.5 15 1.6 O14.5 15 1.6",
    "comparison": "M10 5 L3.5 9 L10 13 M14 11 L20.5 15 L14 19",
    "joining": "M3 5 L8 5 C13 5 11 12 16 12 M3 19 L8 19 C13 19 11 12 16 12 L21 12 "
    "M17.5 8.5 L21 12 L17.5 15.5",
    "selection": "R3.5 3.5 17 17 2 M3.5 9 L20.5 9 M3.5 15 L20.5 15 |R3.5 9 17 6 0",
    "position": "M3 8 C5 4 7 4 9 8 C11 12 13 12 15 8 C17 4 19 4 21 8 M4 19 L4 15 M9.3 19 L9.3 15 "
    "M14.6 19 L14.6 15 M20 19 L20 15",
    "creation": "R4 4 16 16 2 M12 8 L12 16 M8 12 L16 12",
    "random": "R4 4 16 16 3 |O8.5 8.5 1.5 O15.5 8.5 1.5 O12 12 1.5 O8.5 15.5 1.5 O15.5 15.5 1.5",
    "augmentation": "R3.5 9 11.5 11.5 2 M9 5.5 L18.5 5.5 L18.5 15 |O9.2 14.7 2.2",
    "scheduler": "M3 5 L8 5 L8 10 L13 10 L13 15 L18 15 L18 20 L21 20",
    "loss": "O12 12 8.5 O12 12 4.2 |O12 12 1.4",
    "optimizer": "M3 5 C7 5 7 18 12 18 C17 18 17 11 21 11 |O12 15.2 2.4",
    "metric": "M4 17 C2.5 5 21.5 5 20 17 M12 16 L16 10.5 |O12 16 1.6",
    "monitor": "M2.5 12 C7 4.5 17 4.5 21.5 12 C17 19.5 7 19.5 2.5 12 |O12 12 3",
    "pin": "M9 4 L15 4 L14.5 10 L18 13.5 L6 13.5 L9.5 10 Z M12 13.5 L12 20.5",
    "share": "M10 14 L14 10 M11 7 L13.5 4.5 C17 1.5 22.5 7 19.5 10.5 L17 13 M13 17 L10.5 19.5 "
    "C7 22.5 1.5 17 4.5 13.5 L7 11",
    "unknown": "M9 9 C9 5 15.5 5 15.5 9 C15.5 12 12 12 12 15 |O12 18.5 1.2",
}

#: Glyphs of the kinds that have their own, and of families that borrow one.
_SHARED = {
    "Input": "input",
    "Output": "output",
    "Data": "data",
    "Network": "network",
    "Block": "network",
    "structure": "network",
    "arithmetic": "math",
    "add": "add",
    "sub": "remove",
    "mul": "close",
    "sum": "reduction",
}


def family_drawing(family: str, kind: str = "") -> str:
    """Return the name of the drawing that stands for a kind on its card."""
    name = _SHARED.get(kind) or _SHARED.get(family, family)
    return name if name in DRAWINGS else "unknown"


@cache
def _paths(name: str) -> tuple[QPainterPath, QPainterPath]:
    stroked, _, filled = DRAWINGS[name].partition("|")
    return _path(stroked), _path(filled)


def _path(text: str) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    words = _words(text)
    while words:
        command = words.pop(0)
        count = {"M": 2, "L": 2, "C": 6, "O": 3, "R": 5, "Z": 0}[command]
        n = [float(words.pop(0)) for _ in range(count)]
        match command:
            case "M":
                path.moveTo(n[0], n[1])
            case "L":
                path.lineTo(n[0], n[1])
            case "C":
                path.cubicTo(*n)
            case "O":
                path.addEllipse(QPointF(n[0], n[1]), n[2], n[2])
            case "R":
                path.addRoundedRect(QRectF(*n[:4]), n[4], n[4])
            case "Z":
                path.closeSubpath()
    return path


def _words(text: str) -> list[str]:
    for command in "MLCORZ":
        text = text.replace(command, f" {command} ")
    return text.split()


def draw(painter: QPainter, name: str, rect: QRectF, color: str, width: float = 1.9) -> None:
    """Draw an icon into `rect`; `width` of strokes on the grid of 24."""
    stroked, filled = _paths(name)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / 24, rect.height() / 24)
    pen = QPen(QColor(color), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(stroked)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawPath(filled)
    painter.restore()


def pixmap(name: str, color: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return an icon of `size` logical pixels for a screen with `ratio` pixels to each."""
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    draw(painter, name, QRectF(0, 0, size, size), color)
    painter.end()
    return image


def make(name: str, color: str, faded: str) -> QIcon:
    """Return an icon in `color`, and in `faded` where it is disabled."""
    icon = QIcon()
    for size in (16, 18):  # of menus and of the tool bar
        for ratio in (1.0, 2.0):
            icon.addPixmap(pixmap(name, color, size, ratio), QIcon.Mode.Normal)
            icon.addPixmap(pixmap(name, faded, size, ratio), QIcon.Mode.Disabled)
    return icon
