"""What the networks say in the Try panel: chances, pictures, words, numbers, with a headline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from gui.panels.parts import Line, button, scrolled
from gui.panels.pictures import image_of
from gui.panels.try_links import links_said
from gui.panels.try_outputs import Bars, Pictures, Strip
from gui.panels.try_text import Tagged, texts_said

if TYPE_CHECKING:
    from runtime.inference import Answer
    from runtime.tryout import Reply

__all__ = ["AnswerView"]

#: How many numbers of an answer are shown at most.
_NUMBERS = 256


class AnswerView(QWidget):
    """A headline, beneath it the answer as its kind is shown, and ways between two pictures."""

    farther_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline = Line()
        self.headline.setProperty("role", "title")
        self.bars = Bars()
        self.pictures = Pictures()
        self.words = QLabel(wordWrap=True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.tagged = Tagged()
        holder = QWidget()
        self._outputs = QStackedLayout(holder)
        for widget in (self.bars, self.pictures, scrolled(self.words), scrolled(self.tagged)):
            self._outputs.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.headline)
        layout.addWidget(holder, 1)
        layout.addWidget(self._make_way())

    def _make_way(self) -> QWidget:
        self.strip = Strip()
        self.farther = button(self.tr("Towards another"), self.farther_asked.emit)
        self.farther.setToolTip(self.tr("Go to another picture, by steps of the code between"))
        self._way = QWidget()
        way = QHBoxLayout(self._way)
        way.setContentsMargins(0, 0, 0, 0)
        way.addWidget(self.strip, 1)
        way.addWidget(self.farther)
        self._way.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return self._way

    def show_reply(self, reply: Reply, truth: str, given: QImage | None) -> None:
        """Show a reply; `truth` is what is known to be right, `given` the picture it is about."""
        answer = reply.answer
        if answer.trial.task == "classes":
            self._show_classes(answer, truth)
        elif answer.trial.task == "image":
            self._show_image(answer, given)
        elif answer.trial.task == "text":
            self._show_words(reply, truth)
        else:
            self._show_numbers(reply, truth)
        self.headline.setVisible(bool(self.headline.text()))
        self._way.setVisible(reply.between is not None)
        if reply.between is not None:
            shown = [("", image_of(one, answer.low, answer.high)) for one in reply.between]
            self.strip.show_images(shown)

    def clear(self) -> None:
        """Show nothing."""
        self.headline.setText("")
        self.bars.show_chances((), np.zeros(0))
        self.pictures.show_images(())
        self.words.setText("")
        self.tagged.show_pairs(())
        self._way.hide()

    def _show_classes(self, answer: Answer, truth: str) -> None:
        chances = answer.values[0]
        names = answer.names or tuple(map(str, range(len(chances))))
        self.bars.show_chances(names, chances)
        self._outputs.setCurrentIndex(0)
        if not np.isfinite(chances).all():
            self.headline.setText(self.tr("Not a number"))
            return
        best = names[self.bars.best] if self.bars.best < len(names) else str(self.bars.best)
        text = f"{best}  {chances[self.bars.best]:.0%}"
        if truth:
            said = self.tr("✓ right") if best == truth else self.tr("✗ is {0}")
            text += "   " + said.format(truth)
        self.headline.setText(text)

    def _show_image(self, answer: Answer, given: QImage | None) -> None:
        shown = [(answer.trial.title, image_of(answer.values[0], answer.low, answer.high))]
        if given is not None:
            shown.insert(0, (self.tr("given"), given))
        self.pictures.show_images(shown)
        self.headline.setText("")
        self._outputs.setCurrentIndex(1)

    def _show_words(self, reply: Reply, truth: str) -> None:
        answer = reply.answer
        is_tagged = answer.trial.target is not None and answer.trial.target.type == "tags"
        writes = answer.trial.writes
        headline = self.tr("Says") if writes is None else writes.name
        if truth and not is_tagged:
            headline += "   " + self.tr("is {0}").format(truth)
        self.headline.setText("" if is_tagged else headline)
        self.tagged.show_pairs(reply.tagged)
        self.words.setText(texts_said(reply))
        self._outputs.setCurrentIndex(3 if is_tagged else 2)

    def _show_numbers(self, reply: Reply, truth: str) -> None:
        answer = reply.answer
        numbers = answer.values[0].ravel()[:_NUMBERS]
        names = answer.names or tuple(str(i + 1) for i in range(len(numbers)))
        if len(numbers) == 1:
            name = answer.names[0] if answer.names else answer.trial.title
            text = f"{name}  {float(numbers[0]):.5g}"
            if truth:
                text += "   " + self.tr("is {0}").format(truth)
            self.headline.setText(text)
        else:
            sizes = ", ".join(map(str, answer.values.shape[1:]))
            self.headline.setText(self.tr("{0} ({1})").format(answer.trial.title, sizes))
        if reply.links is not None:
            self.words.setText(links_said(reply.links))
        self.bars.show_numbers(names if len(numbers) > 1 else ("",), numbers)
        self._outputs.setCurrentIndex(0 if reply.links is None else 2)
