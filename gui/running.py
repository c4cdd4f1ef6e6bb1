"""Starts, steers and ends training for the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from graph.document import TRAINING
from graph.problems import Problem
from gui.workspace import Workspace
from runtime.runs import default_folder

if TYPE_CHECKING:
    from graph.ways import Place
    from runtime.session import Failure, Session

__all__ = ["RunProblem", "Running"]


class Running(QObject):
    """Turns the window's commands into a session's.

    Signals
    -------
    started
        A session has begun.
    refused
        There are problems in the way; a sentence that says so.
    failed
        The session ended in an error: its message, and the node behind it or None.
    ended
        No session is alive any more, after :meth:`end`.
    """

    started = Signal()
    refused = Signal(str)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, workspace: Workspace, folder: Path | None = None) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        #: Where the folders of runs go.
        self.folder = folder or default_folder()
        self._told: object = None
        self._ending = QTimer(self, interval=30)
        self._ending.timeout.connect(self._check_end)
        workspace.session_changed.connect(self._look)

    @property
    def alive(self) -> bool:
        """Whether something trains or is paused."""
        return self._workspace.training

    @property
    def paused(self) -> bool:
        """Whether it waits between two steps."""
        session = self._workspace.session
        return session is not None and session.state.name == "PAUSED"

    def run(self) -> None:
        """Begin training, or go on where it is paused."""
        if self.alive:
            if self.paused:
                self.pause_or_resume()
            return
        session = self._new_session()
        if session is not None:
            session.start()
            self.started.emit()

    def pause_or_resume(self) -> None:
        """Pause between two steps, or go on."""
        session = self._workspace.session
        if session is not None and self.alive:
            if self.paused:
                session.resume()
            else:
                session.pause()

    def step(self) -> None:
        """Take one step and pause; without a session, begin with that."""
        session = self._workspace.session
        if session is None or not self.alive:
            session = self._new_session()
            if session is None:
                return
            session.pause()
            session.start()
            self.started.emit()
        elif not self.paused:
            session.pause()
        session.step()

    def stop(self) -> None:
        """End training after the current step; what was learned is kept."""
        session = self._workspace.session
        if session is not None and self.alive:
            session.stop()

    def end(self) -> None:
        """Stop, and tell `ended` when the session's thread is done. The window stays alive."""
        self.stop()
        self._ending.start()

    def _check_end(self) -> None:
        session = self._workspace.session
        if session is not None and not session.join(0.0):
            return
        self._ending.stop()
        self.ended.emit()

    def _new_session(self) -> Session | None:
        from runtime.session import Session

        workspace = self._workspace
        workspace.update()
        errors = workspace.errors()
        if errors:
            text = self.tr("{0} problems keep this from training. First: {1}")
            if len(errors) == 1:
                text = self.tr("A problem keeps this from training. {1}")
            first = f"{errors[0].title}: {errors[0].message}"
            self.refused.emit(text.format(len(errors), first))
            return None
        session = Session(workspace.project, base=workspace.base, folder=self.folder)
        workspace.set_session(session)
        return session

    def _look(self) -> None:
        session = self._workspace.session
        failure: Failure | None = None if session is None else session.failure
        if failure is not None and failure is not self._told:
            self._told = failure
            self._mark(failure)
            self.failed.emit(failure)

    def _mark(self, failure: Failure) -> None:
        """Let the node behind a failure carry it, if it is still there."""
        project = self._workspace.project
        name, node_id = failure.network, failure.node
        if name is None or node_id is None or (name != TRAINING and name not in project.networks):
            return
        network = project.network(name)
        if node_id in network:
            title = network.node(node_id).label
            problem = RunProblem(name, node_id, title, failure.message, failure.way)
            self._workspace.set_failed(problem)


@dataclass(frozen=True, init=False)
class RunProblem(Problem):
    """What stopped a run, at the node that wrote the line where it stopped."""

    text: str

    def __init__(
        self, network: str, node: str, title: str, text: str, way: tuple[Place, ...] = ()
    ) -> None:
        super().__init__("error", network, node, None, title, "", "", "", way=way)
        object.__setattr__(self, "text", text)

    @property
    def message(self) -> str:
        """What the run said."""
        return self.text
