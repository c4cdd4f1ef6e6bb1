"""The problems panel: what is wrong, where, how to mend it, and the remedies as buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from graph.document import TRAINING
from graph.problems import Fix, Problem
from gui.panels.parts import Clickable, Empty, button, clear_layout, hint, scrolled
from gui.workspace import Workspace

__all__ = ["ProblemCard", "ProblemsPanel"]

#: More than these are counted instead of listed: nobody reads further.
SHOWN = 100


class ProblemCard(Clickable):
    """One problem. A click shows the node; a button applies a remedy."""

    fixed = Signal(object)  # Fix

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = problem
        self.setProperty("severity", problem.severity)
        graph = self.tr("Training") if problem.network == TRAINING else problem.network
        mark = QLabel("●" if problem.severity == "error" else "▲")
        mark.setProperty("severity", problem.severity)
        mark.setAccessibleName(
            self.tr("Error") if problem.severity == "error" else self.tr("Warning")
        )
        title = QLabel(problem.title)
        title.setProperty("role", "card-title")
        where = hint(graph)
        where.setWordWrap(False)
        head = QHBoxLayout()
        head.setSpacing(8)
        for widget in (mark, title, where):
            head.addWidget(widget)
        head.addStretch(1)
        message = problem.message
        self.text = QLabel(message[:1].upper() + message[1:], wordWrap=True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.text)
        if problem.fixes:
            row = QHBoxLayout()
            row.setSpacing(6)
            for fix in problem.fixes:
                row.addWidget(button(fix.label, lambda fix=fix: self.fixed.emit(fix)))
            row.addStretch(1)
            layout.addLayout(row)
        self.setAccessibleName(f"{problem.title}: {problem.message}")


class ProblemsPanel(QWidget):
    """All problems of the project, errors first."""

    count_changed = Signal(int, int)  # errors, warnings

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._shown: list[Problem] | None = None
        self.cards: list[ProblemCard] = []
        page = QWidget()
        self._list = QVBoxLayout(page)
        self._list.setContentsMargins(12, 10, 12, 10)
        self._list.setSpacing(6)
        self._empty = Empty(
            self.tr("No problems"), self.tr("Every shape fits and the training graph is complete.")
        )
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(scrolled(page))
        workspace.project_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        workspace.failed_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """List the problems as they are now."""
        problems = self._workspace.problems()
        if problems == self._shown:
            return
        self._shown = problems
        clear_layout(self._list)
        self.cards = [ProblemCard(problem) for problem in problems[:SHOWN]]
        for card in self.cards:
            card.clicked.connect(lambda card=card: self._show(card.problem))
            card.fixed.connect(self._fix)
            self._list.addWidget(card)
        if len(problems) > SHOWN:
            self._list.addWidget(hint(self.tr("and {0} more").format(len(problems) - SHOWN)))
        self._list.addStretch(1)
        self._stack.setCurrentIndex(1 if problems else 0)
        errors = sum(problem.severity == "error" for problem in problems)
        self.count_changed.emit(errors, len(problems) - errors)

    def _show(self, problem: Problem) -> None:
        self._workspace.locate(problem.network, problem.node, problem.way)

    def _fix(self, fix: Fix) -> None:
        self._workspace.push(fix.edit, fix.label)
