"""Triples in the Try panel: relations that follow, ways between entities, and what is reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from runtime.knowledge import Link
    from runtime.tryout import Links

__all__ = ["ThenInput", "links_said"]

#: How many entities that are reached are named.
_NAMED = 12


class ThenInput(QWidget):
    """A relation that follows the first one, or none. `changed` is told of the user's choice."""

    changed = Signal()

    def __init__(self, relations: Sequence[str]) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.addItems([self.tr("nothing"), *relations])
        self.box.setAccessibleName(self.tr("Then"))
        self.box.activated.connect(lambda _: self.changed.emit())
        label = QLabel(self.tr("then"))
        label.setToolTip(self.tr("Asks what the two relations lead to from the head, in turn"))
        label.setBuddy(self.box)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.addWidget(label)
        layout.addWidget(self.box, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def relations(self) -> tuple[int, ...]:
        """The relations that follow, by number."""
        return (self.box.currentIndex() - 1,) if self.box.currentIndex() > 0 else ()


def links_said(links: Links) -> str:
    """Return in words how true a triple is among all tails, which way leads there, and whereto
    the relations lead."""
    return "\n".join(_said(links))


def _said(links: Links) -> Iterator[str]:
    say = QCoreApplication.translate
    text = say("TryPanel", "Of {0} entities as the tail it is number {1} by its score.")
    yield text.format(len(links.entities), links.rank)
    start, end = links.entities[links.head], links.entities[links.tail]
    if links.path is None:
        yield say("TryPanel", "No known triples lead from {0} to {1}.").format(start, end)
    elif links.path:
        yield say("TryPanel", "Known: {0}").format(_way(links, links.path))
    if not links.reached:
        yield say("TryPanel", "Nothing is reached.")
        return
    if links.reached[0].known:
        yield say("TryPanel", "Reached by known triples:")
    else:
        yield say("TryPanel", "No known triples lead on; likely by their score:")
    for one in links.reached[:_NAMED]:
        score = "" if one.known else f"   {one.score:.3g}"
        yield f"    {_way(links, one.links)}{score}"
    if len(links.reached) > _NAMED:
        yield "    " + say("TryPanel", "and {0} more").format(len(links.reached) - _NAMED)


def _way(links: Links, way: Sequence[Link]) -> str:
    said = [links.entities[way[0].head]]
    for link in way:
        said.append(f"—{links.relations[link.relation]}→ {links.entities[link.tail]}")
    return " ".join(said)
