"""Words in the Try panel: how a text is written, and the labels of its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from graph.catalog.entry import DEFAULT, Param
from gui import theme
from gui.forms import Field
from gui.panels.parts import button
from runtime.writers import Manner, Reading

if TYPE_CHECKING:
    from runtime.tryout import Reply

__all__ = ["MannerInput", "Tagged", "remarks", "texts_said"]

#: The most tokens that are written, and the widest search.
_LONGEST, _WIDEST = 1000, 16
#: Probabilities below it say nothing: that of every long text is about 0.
_LEAST = 0.001
#: How many tokens that the vocabulary lacks are named.
_NAMED = 8


class MannerInput(QWidget):
    """How a text is written. `changed` is told of the user's changes."""

    changed = Signal()

    def __init__(self, manner: Manner) -> None:
        super().__init__()
        self.manner = self._usual = manner
        made = (
            (
                Param("length", "int", manner.length, low=1, high=_LONGEST),
                self.tr("Length"),
                self.tr("How many tokens are written at most."),
            ),
            (
                Param("temperature", "float", manner.temperature, low=0.0, high=100.0),
                self.tr("Temperature"),
                self.tr("Below 1 it keeps to the likely; at 0 each token is the likeliest."),
            ),
            (
                Param("top_k", "int", None, low=1, optional=True),
                self.tr("Top-k"),
                self.tr("It draws from so many of the likeliest tokens. Empty: from all."),
            ),
            (
                Param("beams", "int", manner.beams, low=1, high=_WIDEST),
                self.tr("Beams"),
                self.tr(
                    "With more than 1 nothing is drawn: so many of the likeliest texts are kept "
                    "while they grow."
                ),
            ),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        self.fields: dict[str, Field] = {}
        for place, (param, label, doc) in enumerate(made):
            field = Field(replace(param, doc=doc), label=label)
            field.edited.connect(lambda value, name=param.name: self._set(name, value))
            grid.addWidget(field, *divmod(place, 2))
            self.fields[param.name] = field
        self.anew = button(self.tr("Write anew"), self._draw)
        self.anew.setToolTip(self.tr("Draw other tokens"))
        row = QHBoxLayout()
        row.addWidget(self.anew)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.addLayout(grid)
        layout.addLayout(row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._show()

    def _set(self, name: str, value: Any) -> None:
        chosen = getattr(self._usual, name) if value is DEFAULT else value
        self.manner = replace(self.manner, **{name: chosen})
        self._show()
        self.changed.emit()

    def _draw(self) -> None:
        self.manner = replace(self.manner, seed=self.manner.seed + 1)
        self.changed.emit()

    def _show(self) -> None:
        for name, field in self.fields.items():
            value, usual = getattr(self.manner, name), getattr(self._usual, name)
            field.show_value(DEFAULT if value == usual else value, usual)
        drawn = self.manner.beams == 1
        self.fields["temperature"].setEnabled(drawn)
        self.fields["top_k"].setEnabled(drawn and self.manner.temperature > 0)
        self.anew.setEnabled(drawn and self.manner.temperature > 0)


class Tagged(QWidget):
    """Tokens in lines, each with its label below it."""

    _GAP = 12

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pairs: tuple[tuple[str, str], ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def show_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Show tokens with their labels."""
        self.pairs = tuple(pairs)
        self.setAccessibleDescription(", ".join(f"{word} {tag}" for word, tag in self.pairs))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max((place.bottom() + 1 for place in self.places(width)), default=0)

    def sizeHint(self) -> QSize:
        return QSize(260, self.heightForWidth(260))

    def places(self, width: int) -> list[QRect]:
        """Return where each token with its label is drawn, in so many pixels of width."""
        metrics = self.fontMetrics()
        line, found, at = 2 * metrics.height() + 4, [], QPoint(0, 0)
        for pair in self.pairs:
            wide = max(map(metrics.horizontalAdvance, pair)) + 2
            if at.x() and at.x() + wide > width:
                at = QPoint(0, at.y() + line + 6)
            found.append(QRect(at, QSize(wide, line)))
            at = QPoint(at.x() + wide + self._GAP, at.y())
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), theme.current()
        half = self.fontMetrics().height() + 2
        for place, (word, tag) in zip(self.places(self.width()), self.pairs, strict=True):
            painter.setPen(QColor(look.text))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft), word)
            painter.setPen(QColor(look.accent))
            painter.drawText(place.translated(0, half), int(Qt.AlignmentFlag.AlignLeft), tag)
        painter.end()


def texts_said(reply: Reply) -> str:
    """Return the texts of a reply: short ones with their probabilities, long ones one by one."""
    chances = reply.answer.chances
    if not chances or chances[0] < _LEAST:
        return "\n\n".join(reply.texts)
    pairs = zip(chances, reply.texts, strict=True)
    return "\n".join(f"{chance:.1%}  {text}" for chance, text in pairs)


def remarks(reply: Reply) -> str:
    """Return what the networks do not read of the texts that are given; '' where they read all."""
    writes = reply.answer.trial.writes
    said = [
        one
        for name, reading in reply.readings.items()
        for one in _remarks(reading, continued=writes is not None and writes.name == name)
    ]
    return " ".join(said)


def _remarks(reading: Reading, continued: bool) -> Iterator[str]:
    """Yield what is not read of a text; of one that is gone on with, the end is read."""
    say = QCoreApplication.translate
    if reading.unknown:
        shown = ", ".join(repr(token) for token in reading.unknown[:_NAMED])
        if len(reading.unknown) > _NAMED:
            shown += ", …"
        yield say("TryPanel", "Not in the vocabulary, so read as unknown: {0}.").format(shown)
    if reading.kept < len(reading.tokens):
        last = say("TryPanel", "Of {0} tokens only the last {1} are read.")
        first = say("TryPanel", "Of {0} tokens only the first {1} are read.")
        yield (last if continued else first).format(len(reading.tokens), reading.kept)
