"""The first examples of the data, each kind as it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from graph.dataspec import DataPort, DataSpec
from gui.panels.parts import Empty, scrolled
from gui.panels.pictures import Tile, TileGrid
from gui.panels.strips import Strip, Strips, envelope
from gui.panels.token_flow import TokenFlow, Tokens
from gui.panels.triple_graph import Placed, TripleGraph, place
from runtime.data.preview import Preview, preview

__all__ = ["ExamplesView", "Look", "look_at"]

#: Sounds, clips, curves and texts are shown of so many examples.
_STRIPS, _TEXTS = 24, 40
#: Tokens of a text; longer ones are cut.
_TOKENS = 400

Look = tuple[Preview, Placed | None]


def look_at(spec: DataSpec, base: Path) -> Look:
    """Return a look at the data, triples among it laid out. Not for the GUI thread."""
    found = preview(spec, base)
    texts = {port.columns: found.examples[port.name].texts for port in found.spec.ports}
    sides = [texts.get((column,), ()) for column in ("head", "relation", "tail")]
    if found.spec.source != "triples" or not all(sides):
        return found, None
    return found, place(list(zip(*sides, strict=True)))


class ExamplesView(QWidget):
    """Pictures in a grid, sounds and clips as strips, texts as tokens, triples as a graph,
    and what else there is as a table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = Empty(self.tr("No data yet"), self.tr("Choose a source, or drop a file here."))
        self.grid = TileGrid(56)
        self.strips = Strips()
        self.tokens = TokenFlow()
        self.graph = TripleGraph()
        self.rows = QTableWidget()
        self.rows.setAccessibleName(self.tr("First examples"))
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.rows.setShowGrid(False)
        self.rows.setAlternatingRowColors(True)
        self.rows.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._pages: dict[QWidget, QWidget] = {self.graph: self.graph, self.rows: self.rows}
        for widget in (self.grid, self.strips, self.tokens):
            self._pages[widget] = _page(widget)
        for page in self._pages.values():
            self._stack.addWidget(page)

    def say(self, title: str, text: str) -> None:
        """Say something in the place of examples."""
        self.empty.say(title, text)
        self._stack.setCurrentWidget(self.empty)

    def show_look(self, look: Look) -> None:
        """Show the first examples."""
        found, placed = look
        kinds = [found.examples[port.name] for port in found.spec.ports]
        if placed is not None:
            self.graph.show_graph(placed)
            self._bring(self.graph)
        elif any(one.waves or one.frames or one.curves for one in kinds):
            self.strips.show_strips(example_strips(found))
            self._bring(self.strips)
        elif tiles := example_tiles(found):
            self.grid.show_tiles(tiles)
            self._bring(self.grid)
        elif any(one.tokens for one in kinds):
            self.tokens.show_texts(example_tokens(found))
            self._bring(self.tokens)
        else:
            self._fill_rows(*example_rows(found))
            self._bring(self.rows)

    def _bring(self, widget: QWidget) -> None:
        self._stack.setCurrentWidget(self._pages[widget])

    def _fill_rows(self, head: list[str], rows: list[list[str]]) -> None:
        self.rows.setColumnCount(len(head))
        self.rows.setHorizontalHeaderLabels(head)
        self.rows.setRowCount(len(rows))
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                self.rows.setItem(y, x, QTableWidgetItem(text))


def _page(widget: QWidget) -> QWidget:
    page = QWidget()
    inner = QVBoxLayout(page)
    inner.setContentsMargins(0, 6, 4, 0)
    inner.addWidget(widget)
    inner.addStretch(1)
    return scrolled(page)


def _image(array: np.ndarray) -> QImage:
    """Return bytes (H, W) or (H, W, 3) as a picture."""
    array = np.ascontiguousarray(array)
    height, width = array.shape[:2]
    grey = array.ndim == 2
    form = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    return QImage(array.data, width, height, width * (1 if grey else 3), form).copy()


def _labels(found: Preview) -> tuple[str, ...]:
    """Return the class of each example, where there are any."""
    categories = (port.name for port in found.spec.ports if port.type == "category")
    return next((found.examples[name].texts for name in categories), ())


def example_tiles(found: Preview) -> list[Tile]:
    """Return the first examples as pictures with their classes; empty where there are none."""
    pictures = next((e.images for e in found.examples.values() if e.images), ())
    labels = _labels(found)
    return [
        Tile(_image(array), labels[i] if i < len(labels) else "")
        for i, array in enumerate(pictures)
    ]


def example_strips(found: Preview) -> list[Strip]:
    """Return the first sounds, clips or windows of a series."""
    kinds = [found.examples[port.name] for port in found.spec.ports]
    one = next(each for each in kinds if each.waves or each.frames or each.curves)
    labels = _labels(found)
    strips = []
    for i in range(min(_STRIPS, max(len(one.waves), len(one.frames), len(one.curves)))):
        name = one.texts[i] if i < len(one.texts) and not one.curves else ""
        label = labels[i] if i < len(labels) else ""
        caption, detail = (label, name) if label else (name or str(i + 1), "")
        if one.waves:
            image = _image(one.images[i]) if i < len(one.images) else None
            strips.append(Strip(caption, detail, envelope(one.waves[i]), image))
        elif one.frames:
            frames = [_image(frame) for frame in one.frames[i]]
            strips.append(Strip(caption, detail, frames=frames))
        else:
            curve = one.curves[i]
            strips.append(Strip(caption, detail, curve=curve.reshape(len(curve), -1)))
    return strips


def example_tokens(found: Preview) -> list[Tokens]:
    """Return the first texts with their tokens; of several texts in an example, each by name."""
    ports = [port for port in found.spec.ports if found.examples[port.name].tokens]
    others = [port for port in found.spec.ports if port not in ports]
    count = min(len(found.examples[port.name].tokens) for port in ports)
    several = len(ports) > 1
    made = []
    for i in range(min(_TEXTS, count)):
        for port in ports:
            tokens = found.examples[port.name].tokens[i]
            label = "" if port is not ports[-1] else _others(found, others, i)
            lead = port.name if several else ""
            made.append(Tokens(tokens[:_TOKENS], lead, label))
    return made


def _others(found: Preview, ports: Sequence[DataPort], row: int) -> str:
    texts = [found.examples[port.name].texts for port in ports]
    return ", ".join(column[row] for column in texts if row < len(column))


def example_rows(found: Preview) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the first examples as rows of text."""
    head: list[str] = []
    columns: list[list[str]] = []
    for port in found.spec.ports:
        texts = list(found.examples[port.name].texts)
        if not texts:
            continue
        cells = [text.split(", ") for text in texts]
        if len(port.columns) > 1 and all(len(row) == len(port.columns) for row in cells):
            head.extend(port.columns)
            columns.extend([list(column) for column in zip(*cells, strict=True)])
        else:
            head.append(port.name)
            columns.append(texts)
    return head, [list(row) for row in zip(*columns, strict=False)]
