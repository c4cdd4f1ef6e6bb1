"""The Try panel: the networks, as they are now, on what the user draws, writes, opens or slides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QElapsedTimer, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from graph.dataspec import DataPort
from gui import theme
from gui.jobs import Jobs
from gui.panels.given import FileInput, Input
from gui.panels.parts import Empty, Line, Panel, button, clear_layout, scrolled
from gui.panels.pictures import image_of
from gui.panels.try_answer import AnswerView
from gui.panels.try_inputs import CategoryInput, CodeInput, ImageInput, input_for
from gui.panels.try_links import ThenInput
from gui.panels.try_text import MannerInput, remarks
from gui.workspace import Workspace
from runtime.trials import Trial
from runtime.writers import Manner

if TYPE_CHECKING:
    from runtime.inference import Answer
    from runtime.session import Session
    from runtime.tryout import Example, Reply, Tryout

__all__ = ["TryPanel"]

#: Milliseconds between two answers that nobody asked for but the training, which goes on.
_AGAIN = 500
#: How many times as long as an answer took it is waited for the next.
_SHARE = 4


class TryPanel(Panel):
    """What one gives at the left, what the networks say of it at the right.

    Everything that computes runs in a thread, with one thread of torch; the weights are copied by
    the training between two batches.
    """

    run_asked = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._session: Session | None = None
        self._tryout: Tryout | None = None
        self.trial: Trial | None = None
        self.inputs: dict[str, Input] = {}
        self.manner: MannerInput | None = None
        self.then: ThenInput | None = None
        self.reply: Reply | None = None
        self._number, self._end = 0, 1
        self._truth = ""
        self._again = False
        #: The step that was asked at, and whether the session was over then.
        self._of = (0, False)
        self._asked = QElapsedTimer()
        self._preparing = self._make_jobs("prepare to try", self._take_up)
        self._reading = self._make_jobs("read an example", self._fill)
        self._asking = self._make_jobs("try", self._show_reply)
        self._make()
        workspace.polled.connect(self.refresh)
        workspace.session_changed.connect(self.refresh)
        theme.changed.connect(self.update)
        self.refresh()

    def _make_jobs(self, name: str, done: Callable[[Any], None]) -> Jobs:
        jobs = Jobs(name, self)
        jobs.done.connect(done)
        jobs.failed.connect(self._say)
        return jobs

    # -- making -------------------------------------------------------------------------------

    def _make(self) -> None:
        self.empty = Empty("", "")
        self.run = button(self.tr("Run"), self.run_asked.emit, primary=True)
        self.empty.layout().insertWidget(3, self.run, 0, Qt.AlignmentFlag.AlignHCenter)
        self.page = QWidget()
        outer = QVBoxLayout(self.page)
        outer.setContentsMargins(12, 8, 12, 10)
        outer.setSpacing(8)
        outer.addLayout(self._make_head())
        self.error = QLabel(wordWrap=True, visible=False)
        self.error.setProperty("severity", "error")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        outer.addWidget(self.error)
        self.remark = QLabel(wordWrap=True, visible=False)
        self.remark.setProperty("severity", "warning")
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        outer.addWidget(self.remark)
        self._left = QWidget()
        self._left_layout = QVBoxLayout(self._left)
        self._left_layout.setContentsMargins(0, 0, 0, 0)
        self._left_layout.setSpacing(8)
        self._body = QHBoxLayout()
        self._body.setSpacing(24)
        self._body.addWidget(scrolled(self._left))
        self.answer = AnswerView()
        self.answer.farther_asked.connect(self._next_end)
        self._body.addWidget(self.answer)
        outer.addLayout(self._body, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.page)

    def _make_head(self) -> QHBoxLayout:
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What to try"))
        self.choice.activated.connect(lambda i: self.choose(i))
        self.another = button(self.tr("Another example"), self._next_example)
        self.another.setToolTip(self.tr("Take an example that the networks were not trained on"))
        self.about = Line()
        self.about.setProperty("role", "hint")
        self.about.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.choice)
        row.addWidget(self.another)
        row.addWidget(self.about, 1)
        return row

    # -- the session --------------------------------------------------------------------------

    def refresh(self) -> None:
        """Follow the session; while it trains, ask anew from time to time."""
        session = self._workspace.session
        if session is not self._session:
            self._put_away(session)
        if not self.seen:
            return
        if self._tryout is None:
            self._begin(session)
        elif self._is_old() and (not self._live or self._asked.hasExpired(self._pause)):
            self._ask()

    @property
    def _pause(self) -> int:
        """Milliseconds to wait while it trains: what takes long to answer is asked more rarely."""
        seconds = 0.0 if self.reply is None else self.reply.answer.seconds
        return max(_AGAIN, round(_SHARE * 1000 * seconds))

    def come_up(self) -> None:
        self.refresh()

    def close_jobs(self) -> None:
        """Wait for the threads to end."""
        if self._tryout is not None:
            self._tryout.halt()
        for jobs in (self._preparing, self._reading, self._asking):
            jobs.finish()

    @property
    def _live(self) -> bool:
        return self._session is not None and not self._session.state.over

    def _is_old(self) -> bool:
        """Whether the networks have learned, or the best ones were taken, since the answer."""
        session = self._session
        if session is None or self.reply is None:
            return False
        return (session.telemetry.progress.step, session.state.over) != self._of

    def _put_away(self, session: Session | None) -> None:
        if self._tryout is not None:
            self._tryout.halt()
        for jobs in (self._preparing, self._reading, self._asking):
            jobs.cancel()
        self._session, self._tryout, self.reply, self._again = session, None, None, False
        self._stack.setCurrentWidget(self.empty)

    def _begin(self, session: Session | None) -> None:
        """Say how one gets something to try, or prepare it."""
        self.run.setVisible(session is None or session.state.over)
        if session is None:
            self.empty.say(
                self.tr("Nothing to try yet"),
                self.tr("Run the training: the networks can be tried from its first step on."),
            )
        elif session.plan is None and session.state.over:
            self.empty.say(
                self.tr("Nothing to try yet"), self.tr("The last run ended before its first step.")
            )
        elif session.plan is None or self._preparing.busy:
            self.empty.say(self.tr("A moment…"), self.tr("The data is being read."))
        else:
            self.empty.say(self.tr("A moment…"), "")
            self._preparing.start(lambda: _tryout(session))

    def _take_up(self, tryout: Tryout) -> None:
        """Show what can be tried with the session; choose what was chosen before, if it can."""
        before = self.choice.currentText()
        self._tryout = tryout
        self.choice.clear()
        self.choice.addItems([_title(trial) for trial in tryout.trials])
        if not tryout.trials:
            self.run.setVisible(False)
            self.empty.say(
                self.tr("Nothing to try"),
                self.tr("No network of this training graph follows from data or noise alone."),
            )
            return
        self._stack.setCurrentWidget(self.page)
        self.choose(max(self.choice.findText(before), 0))

    # -- what is given ------------------------------------------------------------------------

    def choose(self, index: int) -> None:
        """Try another of the things that can be tried."""
        if self._tryout is None or not 0 <= index < len(self._tryout.trials):
            return
        self.choice.setCurrentIndex(index)
        trial = self._tryout.trials[index]
        if trial == self.trial and self.inputs:  # of another session: what is given stays
            self._ask()
            return
        self.trial = trial
        self.reply = None
        self._say("")
        clear_layout(self._left_layout)
        self.inputs = {}
        for port in trial.asked:
            paper = self._tryout.papers.get(port.name)
            self._add_input(port.name, input_for(port, paper, self._workspace.place))
        for code in trial.codes:
            self._add_input(code.name, CodeInput(code))
        self.manner = None
        if trial.writes is not None:
            self._add_manner(trial, trial.writes)
        self.then = None
        if trial.is_of_triples:
            relation = next(port for port in trial.ports if port.name == "relation")
            self.then = ThenInput(relation.classes)
            self.then.changed.connect(self._ask)
            self._left_layout.addWidget(self.then)
        self._align()
        only = len(self.inputs) == 1 and isinstance(next(iter(self.inputs.values())), ImageInput)
        if not only:
            self._left_layout.addStretch(1)
        self._body.setStretch(0, 2 if only else 1)
        self._body.setStretch(1, 3 if only else 1)
        self.another.setVisible(bool(trial.ports))
        self._clear_answer()
        if trial.ports:
            self._next_example(0)
        else:
            self._ask()

    def _align(self) -> None:
        """Let choices that stand beneath each other begin at the same place."""
        labels = [one.label for one in self.inputs.values() if isinstance(one, CategoryInput)]
        width = max((label.sizeHint().width() for label in labels), default=0)
        for label in labels:
            label.setMinimumWidth(width)

    def _add_input(self, name: str, made: Input) -> None:
        made.changed.connect(self._changed)
        if isinstance(made, FileInput):
            made.file_chosen.connect(lambda path: self._open(name, path))
        self.inputs[name] = made
        self._left_layout.addWidget(made)

    def _add_manner(self, trial: Trial, port: DataPort) -> None:
        """Add how a text is written: a translation of something as the likeliest tokens say."""
        usual = Manner()
        if port not in trial.asked:
            usual = Manner(length=port.shape[0], temperature=0.0)
        self.manner = MannerInput(usual)
        self.manner.changed.connect(self._ask_anew)
        self._left_layout.addWidget(self.manner)

    def _changed(self) -> None:
        self._truth = ""
        self._say("")
        self._ask_anew()

    def _ask_anew(self) -> None:
        """Ask, and let a text that is still being written for what was given before end."""
        if self._tryout is not None and self._asking.busy:
            self._tryout.halt()
        self._ask()

    def _next_example(self, number: int | None = None) -> None:
        tryout, trial = self._tryout, self.trial
        if tryout is None or trial is None:
            return
        self._number = self._number + 1 if number is None else number
        self._end = self._number + 1
        wanted = self._number
        self._reading.start(lambda: tryout.example(trial, wanted))

    def _next_end(self) -> None:
        self._end += 1
        self._ask()

    def _open(self, name: str, path: Path) -> None:
        tryout, trial = self._tryout, self.trial
        if tryout is not None and trial is not None:
            self._say("")
            self._reading.start(lambda: tryout.file(trial, name, path))

    def _fill(self, example: Example) -> None:
        for name, value in example.values.items():
            if name in self.inputs:
                self.inputs[name].show_value(np.asarray(value), example.origin)
        self._truth = example.truth
        self._say("")
        self._ask()

    # -- what comes back ----------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask for an answer to what is given now; while one is awaited, right after it."""
        tryout, trial = self._tryout, self.trial
        if tryout is None or trial is None or self._reading.busy:
            return
        if self._asking.busy:
            self._again = True
            return
        self._asked.start()
        if self._session is not None:
            self._of = (self._session.telemetry.progress.step, self._session.state.over)
        given = {name: made.value() for name, made in self.inputs.items()}
        end = self._end if trial.task == "image" else None
        manner = None if self.manner is None else self.manner.manner
        then = () if self.then is None else self.then.relations
        self._asking.start(lambda: tryout.ask(trial, given, end, manner, then))

    def _show_reply(self, reply: Reply) -> None:
        if reply.answer.trial is not self.trial and reply.answer.trial != self.trial:
            self._ask()
            return
        self.reply = reply
        answer = reply.answer
        self.about.setText(
            self.tr("weights after step {0:,} · {1:.0f} ms").format(
                answer.step, max(1.0, 1000 * answer.seconds)
            )
        )
        self.answer.show_reply(reply, self._truth, self._given_picture(answer))
        self.remark.setText(remarks(reply))
        self.remark.setVisible(bool(self.remark.text()))
        if self._again:
            self._again = False
            self._ask()

    def _given_picture(self, answer: Answer) -> QImage | None:
        """Return the picture that an answer in pictures is about."""
        ports = [port for port in answer.trial.ports if port.type == "image"]
        if not ports or self._tryout is None or answer.trial.task != "image":
            return None
        paper = self._tryout.papers[ports[0].name]
        given = np.asarray(self.inputs[ports[0].name].value())
        return image_of(given[0], paper.low, paper.high)

    def _clear_answer(self) -> None:
        self.answer.clear()
        self.about.setText("")
        self.remark.hide()

    def _say(self, text: str) -> None:
        """Say in place what was wrong; nothing takes the words away."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        if text and self._tryout is None:
            self.empty.say(self.tr("Nothing to try"), text)
        self._again = False


def _tryout(session: Session) -> Tryout:
    from runtime.tryout import Tryout

    return Tryout(session)


def _title(trial: Trial) -> str:
    """Return what a trial is called: what goes in, and the network that something comes out of."""
    given = ", ".join([*(p.name for p in trial.asked), *(c.name for c in trial.codes)])
    name = trial.title
    if trial.averaged:
        name = QCoreApplication.translate("TryPanel", "{0}, averaged weights").format(name)
    return f"{given} → {name}"
