"""The search box at the pointer: a few letters, Enter, and the node stands there."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from graph import catalog, chains
from graph.chains import Step
from graph.document import Network
from gui import theme
from gui.canvas import building
from gui.canvas.building import Choice, Loose
from gui.canvas.chaining import Reading, read
from gui.canvas.choice_list import CHOICE, ChoiceDelegate
from gui.canvas.gestures import translated
from gui.canvas.scene import CanvasScene

__all__ = ["SearchBox", "fitting", "matching"]

WIDTH, HEIGHT = 380, 400
#: How many kinds that were used last stand first.
RECENT = 8


class SearchBox(QFrame):
    """Finds something to add. `chosen` carries the choice and the loose end to be wired, or None.

    A chain typed with its arguments, ``Conv2d 32 3 > ReLU``, is read while it is typed; Enter adds
    all of it: `typed` carries its steps, the loose end, and whether it is to be a branch of its own
    (Shift+Enter) rather than to go into the wire behind the selection.

    A child of the canvas, not a window: it goes with the canvas and takes no focus from other
    windows.
    """

    chosen = Signal(object, object)
    typed = Signal(object, object, bool)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("search-box")
        self._loose: Loose | None = None
        self._network: Network | None = None
        self._pool: list[Choice] = []
        self._all: list[Choice] = []
        self._reading: Reading | None = None
        self._hint = ""
        self._recent: list[str] = []
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(translated("Search layers and operations"))
        self.field.setAccessibleName(translated("Search layers and operations"))
        self.field.setClearButtonEnabled(False)
        self.list = QListView(self)
        self.list.setAccessibleName(translated("What can be added"))
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(ChoiceDelegate(self.list, two_lines=True))
        self.list.setMouseTracking(True)
        self.model = QStandardItemModel(self.list)
        self.list.setModel(self.model)
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.setSpacing(6)
        for part in (self.field, self.list, self.note):
            layout.addWidget(part)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._on_click)
        self.hide()
        self._dress()
        theme.changed.connect(self._dress)

    def _dress(self, look: object = None) -> None:
        now = theme.current()
        self.setStyleSheet(
            f"#search-box {{ background: {now.raised}; border: 1px solid {now.border};"
            f" border-radius: 9px; }} QListView {{ background: {now.raised}; }}"
        )

    def open(
        self,
        at: QPoint,
        scene: CanvasScene,
        loose: Loose | None = None,
        pool: list[Choice] | None = None,
    ) -> None:
        """Show the box at a point of the viewport, for what may be added to the scene's graph.

        With a `pool`, for one of these, in place of what is selected: chains are not read then.
        """
        network = scene.network
        self._loose, self._network = loose, network if pool is None else None
        given = pool is not None
        pool = self._all = pool if pool is not None else building.choices_for(network)
        if loose is not None:
            pool = fitting(pool, loose, scene)
        self._pool = pool
        self._hint = self.tr("Keeps the wires") if given else self._note_text(scene, loose)
        self.field.clear()
        self._fill()
        room = self.parentWidget().size()
        self.resize(min(WIDTH, room.width() - 16), min(HEIGHT, room.height() - 16))
        x = min(max(8, at.x()), room.width() - self.width() - 8)
        y = min(max(8, at.y()), room.height() - self.height() - 8)
        self.move(x, y)
        self.show()
        self.raise_()
        self.field.setFocus()

    def _note_text(self, scene: CanvasScene, loose: Loose | None) -> str:
        if loose is not None:
            item = scene.nodes[loose.node_id]
            note = (
                translated("What fits before {title}")
                if loose.is_input
                else translated("What fits after {title}")
            )
            return note.format(title=item.content.text.title)
        if scene.selected:
            item = scene.nodes[list(scene.selected)[-1]]
            note = self.tr("Wired after {title}; with Shift+Enter as a branch")
            return note.format(title=item.content.text.title)
        return translated("Enter adds, Escape closes")

    def _fill(self) -> None:
        text = self.field.text()
        self._reading = self._read(text)
        pool, words = self._pool, text
        if self._reading is not None:
            start, words = chains.word_at_end(text)
            pool = self._all if start else self._pool
        found = matching(pool, words, self._recent) if words or not text.strip() else []
        self.model.clear()
        for choice in found:
            item = QStandardItem(choice.name)
            item.setData(choice, CHOICE)
            item.setToolTip(choice.kind.doc)
            self.model.appendRow(item)
        if found:
            self.list.setCurrentIndex(self.model.index(0, 0))
        self._tell()

    def _read(self, text: str) -> Reading | None:
        """Return the text as a chain; None where it is a word or two to search for."""
        if self._network is None or not re.search(r"[>→(=.]|\s\S|^\d", text.strip()):
            return None
        reading = read(text, self._network, self._all)
        project = self._network.project
        for step in reading.steps if reading is not None else ():
            named = step.params.get("network")
            if named is not None and project is not None and named not in project.networks:
                return None  # part of a network's name, to search for
        return reading

    def _tell(self) -> None:
        """Say below the list what Enter adds, or what is wrong and where."""
        reading, note = self._reading, self._hint
        if reading is not None and reading.steps:
            note = translated("Adds %n node(s): {chain}", len(reading.steps))
            note = note.format(chain=chains.summary(reading.steps))
        elif reading is not None:
            note = self.tr("At {position}: {message}").format(
                position=reading.position + 1, message=reading.error
            )
        self.note.setText(note)
        role = "muted" if reading is None or reading.steps else "error"
        if self.note.property("role") != role:
            self.note.setProperty("role", role)
            self.note.style().polish(self.note)

    def _on_click(self, index: QModelIndex) -> None:
        if self._reading is None:
            self._accept(index)
        else:
            self._complete(index)

    def _complete(self, index: QModelIndex) -> None:
        """Write a name from the list in place of the one that is being typed."""
        choice = index.data(CHOICE)
        if choice is not None:
            text = self.field.text()
            start, _ = chains.word_at_end(text)
            name = str(dict(choice.params).get("network") or choice.kind.name)
            self.field.setText(text[:start] + name + " ")
            self.field.setFocus()

    def _enter(self, branch: bool) -> None:
        choice = self.list.currentIndex().data(CHOICE)
        steps: tuple[Step, ...] = () if self._reading is None else self._reading.steps
        if self._network is not None and self._reading is None and branch and choice is not None:
            steps = (Step(choice.kind, {**choice.kind.presets, **dict(choice.params)}),)
        if steps:
            loose = self._loose
            names = dict.fromkeys(step.kind.name for step in reversed(steps))
            self._recent = [*names, *(n for n in self._recent if n not in names)][:RECENT]
            self._close()
            self.typed.emit(steps, loose, branch)
        elif self._reading is None:
            self._accept(self.list.currentIndex())
        else:
            self.field.setCursorPosition(self._reading.position)

    def _accept(self, index: QModelIndex) -> None:
        choice = index.data(CHOICE)
        if choice is None:
            return
        name = choice.kind.name
        self._recent = [name, *(n for n in self._recent if n != name)][:RECENT]
        loose = self._loose
        self._close()
        self.chosen.emit(choice, loose)

    def _close(self) -> None:
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows choose, Enter adds, Escape and a click elsewhere close."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 8,
            Qt.Key.Key_PageUp: -8,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Backtab: -1,
        }
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Tab and self._reading is not None:
            self._complete(self.list.currentIndex())
        elif key in steps and self.model.rowCount():
            row = self.list.currentIndex().row() + steps[key]
            row = min(max(0, row), self.model.rowCount() - 1)
            self.list.setCurrentIndex(self.model.index(row, 0))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Escape:
            self._close()
        else:
            return key in steps
        return True


def matching(pool: list[Choice], text: str, recent: list[str]) -> list[Choice]:
    """Return the choices that match `text`, best first; without a text those used last first."""
    if not text.strip():
        order = {name: i for i, name in enumerate(recent)}
        return sorted(pool, key=lambda choice: order.get(choice.kind.name, len(order)))
    ranks = {
        kind.name: i
        for i, kind in enumerate(catalog.search(text, [choice.kind for choice in pool]))
    }
    labelled = [c for c in pool if c.label and text.strip().lower() in c.label.lower()]
    found = sorted(
        (c for c in pool if c.kind.name in ranks and c not in labelled),
        key=lambda choice: ranks[choice.kind.name],
    )
    return [*labelled, *found]


def fitting(pool: list[Choice], loose: Loose, scene: CanvasScene) -> list[Choice]:
    """Return the choices with a port that takes what a loose end carries."""
    network, analysis = scene.network, scene.analysis
    own = network.ports(loose.node_id)
    start = own.input(loose.port) if loose.is_input else own.output(loose.port)
    if start is None:
        return []
    arriving = None
    if analysis is not None and not loose.is_input:
        arriving = analysis.type_of(network.name, loose.node_id, loose.port)
    found = []
    for choice in pool:
        params = {**choice.kind.presets, **dict(choice.params)}
        ports = choice.kind.ports(params, network.project)
        if loose.is_input:
            fits = any(port.carries == start.carries for port in ports.outputs)
        else:
            port = building.first_fit(ports.inputs, start.carries, arriving)
            fits = port is not None and building.doubt(port, arriving) is None
        if fits:
            found.append(choice)
    return found
