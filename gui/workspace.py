"""What the window works on: a project, its analysis, its history and its training session.

Panels take a :class:`Workspace` and follow its signals; none knows another. After any change of
the document, by whomever, the analysis is brought up to date once per turn of the event loop and
:attr:`Workspace.updated` is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QElapsedTimer, QObject, QStandardPaths, QTimer, Signal

from graph.analysis import Analysis
from graph.document import TRAINING, Network, Node, Project
from graph.edits import Edit
from graph.ways import blocks_on, leads
from gui.undo import UndoStack

if TYPE_CHECKING:
    from graph.problems import Problem
    from graph.settings import RunSettings
    from graph.ways import Place
    from runtime.session import Session

__all__ = ["Workspace"]

#: Milliseconds between two looks at the telemetry while something trains.
POLL_INTERVAL = 33
#: Milliseconds between two times that its growth is told while steps follow each other: people see
#: no more, and while Python draws, the thread that trains waits for the interpreter.
TELL_INTERVAL = 250


class Workspace(QObject):
    """The open project and what belongs to it."""

    project_changed = Signal()  # another project was put in place
    updated = Signal(object)  # graph.analysis.Changes, after any change of the document
    graph_changed = Signal(str)  # name of the graph that is shown
    selection_changed = Signal()
    located = Signal(str, str)  # graph and node that should be brought into view
    session_changed = Signal()  # a session began, changed its state, or was put away
    polled = Signal()  # the telemetry has something new
    name_changed = Signal()  # file name or modified mark
    failed_changed = Signal()  # the mark that a run's failure left on a node came or went
    panel_asked = Signal(str)  # name of a panel that should be shown
    told = Signal(str, str)  # "error" | "warning" | "info", sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._update_timer = QTimer(self, singleShot=True, interval=0)
        self._update_timer.timeout.connect(self.update)
        self._poll_timer = QTimer(self, interval=POLL_INTERVAL)
        self._poll_timer.timeout.connect(self._poll)
        self._since_told = QElapsedTimer()
        self._followed: list[tuple[Any, Callable[..., None]]] = []
        self._seen: tuple[int, object] = (-1, None)
        self.project = Project()
        self.path: Path | None = None
        self._base: Path | None = None
        #: What a project without a file came from: "example", "run", or "" for a new one.
        self.origin = ""
        self.graph = TRAINING
        #: The blocks that were entered to get here, the outermost first: a graph and a node of it.
        self._trail: list[tuple[str, str]] = []
        self.selection: tuple[str, ...] = ()
        self.session: Session | None = None
        #: Where the last run failed, until that node is changed or another run begins.
        self.failed: Problem | None = None
        self.analysis = Analysis(self.project)
        self.undo = UndoStack(self.project, self)
        self._follow()

    # -- the project --------------------------------------------------------------------------

    def open(
        self,
        project: Project,
        path: Path | None,
        base: Path | None = None,
        origin: Literal["", "example", "run"] = "",
    ) -> None:
        """Put another project in place; a session of the old one must have ended.

        `base` is the folder of relative paths in a project that has no file of its own, `origin`
        what such a project came from.
        """
        self._unfollow()
        self.analysis.close()
        old_undo = self.undo
        self.session = self.failed = None
        self.project, self.path, self._base, self.origin = project, path, base, origin
        self.analysis = Analysis(project)
        self.analysis.update()
        self.undo = UndoStack(project, self)
        self.graph = next(iter(project.networks), TRAINING)
        self.selection = ()
        self._trail = []
        self._follow()
        self.project_changed.emit()
        self.session_changed.emit()
        self.name_changed.emit()
        old_undo.deleteLater()

    def close(self) -> None:
        """Let go of the document; nothing is told any more."""
        self._poll_timer.stop()
        self._update_timer.stop()
        self._unfollow()
        self.analysis.close()

    @property
    def base(self) -> Path:
        """The folder to which the paths in the project are relative."""
        return self.path.parent if self.path else self._base or Path.cwd()

    @property
    def place(self) -> Path:
        """The folder in which dialogs begin: the project's own, or the user's documents."""
        if self.path is not None:
            return self.path.parent
        where = QStandardPaths.StandardLocation.DocumentsLocation
        documents = Path(QStandardPaths.writableLocation(where))
        return documents if documents.is_dir() else Path.home()

    @property
    def name(self) -> str:
        """What to call the project: its file's name, or its own."""
        return self.path.name if self.path else self.project.name

    @property
    def modified(self) -> bool:
        """Whether there is something to save."""
        return not self.undo.isClean()

    def saved(self, path: Path) -> None:
        """The project was written to `path`."""
        self.path = path
        self.undo.setClean()
        self.name_changed.emit()

    def push(self, edit: Edit, text: str, gesture: str = "") -> bool:
        """Make an edit that can be undone; a refusal is told. Returns whether it was made.

        Edits that follow each other with the same `gesture` are undone as one.
        """
        return bool(self.undo.push(edit, text, gesture))

    # -- what is shown ------------------------------------------------------------------------

    @property
    def network(self) -> Network:
        """The graph that is shown."""
        return self.project.network(self.graph)

    @property
    def trail(self) -> list[tuple[str, str]]:
        """The blocks through which the shown graph was entered, as far as they still lead here."""
        graphs = {graph.name: graph for graph in self.project.graphs()}
        inner_names = [*(name for name, _ in self._trail[1:]), self.graph]
        for (name, node_id), inner in zip(self._trail, inner_names, strict=False):
            graph = graphs.get(name)
            if graph is None or node_id not in graph:
                return []
            if graph.node(node_id).params.get("network") != inner:
                return []
        return list(self._trail)

    def enter(self, node_id: str) -> bool:
        """Show the network that a node of the shown graph stands for; whether there is one."""
        name = self.network.node(node_id).params.get("network")
        if not isinstance(name, str) or name not in self.project.networks or name == self.graph:
            return False
        trail = [*self.trail, (self.graph, node_id)]
        self.show_graph(name, trail)
        return True

    def leave(self, steps: int = 1) -> bool:
        """Go back to where the shown network was entered; whether it was entered at all."""
        trail = self.trail
        if not trail:
            return False
        at = max(len(trail) - steps, 0)
        graph, node_id = trail[at]
        self.show_graph(graph, trail[:at])
        self.select([node_id])
        self.located.emit(graph, node_id)
        return True

    def show_graph(self, name: str, trail: Iterable[tuple[str, str]] = ()) -> None:
        """Show another of the project's graphs; `trail` are the blocks entered on the way."""
        if name != self.graph and (name == TRAINING or name in self.project.networks):
            self.graph = name
            self._trail = list(trail)
            self.analysis.look_through(self._trail)
            self._later()
            self.selection = ()
            self.graph_changed.emit(name)
            self.selection_changed.emit()

    def select(self, node_ids: Iterable[str]) -> None:
        """Make these nodes of the shown graph the selected ones."""
        ids = tuple(i for i in node_ids if i in self.network)
        if ids != self.selection:
            self.selection = ids
            self.selection_changed.emit()

    def locate(self, graph: str, node_id: str | None, way: Sequence[Place] = ()) -> None:
        """Show a graph, entered on this way; select a node of it and bring it into view."""
        trail = blocks_on(way) if way and leads(self.project, way) else []
        if trail and graph == self.graph and trail != self.trail:
            self.show_graph(trail[-1][0])
        self.show_graph(graph, trail)
        if node_id is not None and node_id in self.network:
            self.select([node_id])
            self.located.emit(graph, node_id)

    def selected_nodes(self) -> list[Node]:
        """The selected nodes of the shown graph."""
        return [self.network.node(i) for i in self.selection if i in self.network]

    def errors(self) -> list[Problem]:
        """The problems that stand in the way of training."""
        return self.analysis.errors()

    def problems(self) -> list[Problem]:
        """All that is wrong: where the last run failed, and what the analysis finds."""
        found = self.analysis.problems()
        return found if self.failed is None else [self.failed, *found]

    def problems_of(self, graph: str, node_id: str) -> list[Problem]:
        """Those of one node."""
        found = self.analysis.problems_of(graph, node_id)
        failed = self.failed
        if failed is None or (failed.network, failed.node) != (graph, node_id):
            return found
        return [failed, *found]

    def set_failed(self, problem: Problem | None) -> None:
        """Mark where a run failed, or take the mark away."""
        if problem != self.failed:
            self.failed = problem
            self.failed_changed.emit()

    # -- following the document ---------------------------------------------------------------

    def update(self) -> None:
        """Bring the analysis up to date now, and tell it."""
        self._update_timer.stop()
        changes = self.analysis.update()
        gone = [i for i in self.selection if i not in self.network]
        failed = self.failed
        if failed is not None and (failed.network, failed.node) in changes.nodes:
            self.failed = None
            self.failed_changed.emit()
        self.updated.emit(changes)
        if gone:
            self.select(i for i in self.selection if i not in gone)

    def _follow(self) -> None:
        project = self.project
        signals = [
            project.data_changed,
            project.settings_changed,
            project.name_changed,
        ]
        for signal in signals:
            self._on(signal, self._later)
        self._on(project.network_added, self._network_added)
        self._on(project.network_removed, self._network_removed)
        self._on(project.network_renamed, self._network_renamed)
        for network in project.graphs():
            self._follow_network(network)
        self.undo.cleanChanged.connect(self.name_changed)
        self.undo.refused.connect(lambda text: self.told.emit("error", text))

    def _follow_network(self, network: Network) -> None:
        for signal in (
            network.node_added,
            network.node_removed,
            network.node_changed,
            network.wire_added,
            network.wire_removed,
            network.arguments_changed,
        ):
            self._on(signal, self._later)

    def _network_added(self, network: Network) -> None:
        self._follow_network(network)
        self._later()

    def _network_removed(self, network: Network) -> None:
        if self.graph == network.name:
            self.show_graph(next(iter(self.project.networks), TRAINING))
        self._later()

    def _network_renamed(self, network: Network, old: str) -> None:
        if self.graph == old:
            self.graph = network.name
            self.graph_changed.emit(network.name)
        self._later()

    def _on(self, signal: Any, slot: Callable[..., None]) -> None:
        signal.connect(slot, unique=True, on_ref_error="ignore")
        self._followed.append((signal, slot))

    def _unfollow(self) -> None:
        for signal, slot in self._followed:
            signal.disconnect(slot, missing_ok=True)
        self._followed.clear()

    def _later(self, *_: object) -> None:
        self._update_timer.start()

    # -- training -----------------------------------------------------------------------------

    @property
    def training(self) -> bool:
        """Whether a session is alive: loading, running or paused."""
        return self.session is not None and not self.session.state.over

    def set_session(self, session: Session | None) -> None:
        """Show a session: poll its telemetry until it has ended."""
        self.session = session
        self._seen = (-1, None)
        self.set_failed(None)
        if session is None:
            self._poll_timer.stop()
        else:
            self._poll_timer.start()
        self.session_changed.emit()

    def set_settings(self, settings: RunSettings, text: str) -> bool:
        """Change the run settings, undoably."""
        from graph.edits import SetSettings

        return self.push(SetSettings(settings), text)

    def _poll(self) -> None:
        session = self.session
        if session is None:
            self._poll_timer.stop()
            return
        version, state = session.telemetry.version, session.state
        changed = state is not self._seen[1]
        if changed or (version != self._seen[0] and self._may_tell()):
            self._seen = (version, state)
            self._since_told.start()
            self.polled.emit()
        if changed:
            self.session_changed.emit()
            if not self.training:
                self._poll_timer.stop()
                self.polled.emit()

    def _may_tell(self) -> bool:
        """Whether it is time to tell growth; after a single step, always."""
        running = self.session is not None and self.session.state.name == "RUNNING"
        return not running or self._since_told.hasExpired(TELL_INTERVAL)
