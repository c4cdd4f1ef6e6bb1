"""The main window: canvas in the middle, palette, inspector and panels around it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSettings, QSize
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from graph.analysis import Changes
from graph.document import TRAINING, Project
from gui import theme
from gui.actions import Actions
from gui.banner import Banner
from gui.canvas.palette import Palette
from gui.canvas.view import CanvasView
from gui.dock_tabs import DockTabs
from gui.docks import Docks
from gui.exporting import Exporting
from gui.filing import Filing
from gui.graph_tabs import GraphTabs
from gui.guidance import Guidance
from gui.inspector import Inspector
from gui.keys import TrainingKeys
from gui.menus import Menus
from gui.panels.log import LogPanel
from gui.panels.problems import ProblemsPanel
from gui.panels.runs import RunsPanel
from gui.panels.style import sheet
from gui.panels.training import TrainingPanel
from gui.probing import Probing
from gui.running import Running
from gui.status import StatusBar
from gui.toolbar import ToolBar
from gui.trail import Trail
from gui.welcome import Welcome
from gui.workspace import Workspace
from runtime.examples import FIRST, Example, find

if TYPE_CHECKING:
    from gui.panels.code import CodePanel
    from gui.panels.data import DataPanel
    from gui.panels.samples import SamplesPanel
    from gui.panels.try_panel import TryPanel

__all__ = ["MainWindow"]

_THEME = "window/theme"


class MainWindow(QMainWindow):
    """One project, with everything that is done to it.

    Parameters
    ----------
    runs
        Where folders of runs go and are listed from; None: the user's data folder.
    """

    def __init__(self, runs: Path | None = None) -> None:
        super().__init__()
        self.setWindowTitle("Torchloom")
        self.setAcceptDrops(True)
        self.setAnimated(False)
        self.workspace = Workspace(self)
        self.running = Running(self.workspace, runs)
        self.filing = Filing(self.workspace, self)
        self.filing.may_replace = self._may_replace
        self.exporting = Exporting(self.workspace, self)
        self.actions_ = Actions(self)
        self._closing = self._gone = False
        self._offered: list[str] = []
        self._make_center()
        self._make_panels()
        self._place_docks()
        self.tool_bar = ToolBar(self.workspace, self.actions_, self)
        self.addToolBar(self.tool_bar)
        self.status = StatusBar(self.workspace, self)
        self.setStatusBar(self.status)
        self._make_menus()
        self._connect()
        self.keys = TrainingKeys(self, self.running, self.canvas)
        self.guidance = Guidance(self)
        self._dress()
        self._show_project()
        self.resize(1440, 900)

    # -- making -------------------------------------------------------------------------------

    def _make_center(self) -> None:
        self.canvas = CanvasView()
        self.probing = Probing(self.workspace, self.canvas)
        self.banner = Banner()
        self.graph_tabs = GraphTabs(self.workspace)
        self.trail = Trail(self.workspace)
        self.canvas.leave = self.workspace.leave
        center = QWidget()
        layout = QVBoxLayout(center)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.graph_tabs)
        layout.addWidget(self.trail)
        layout.addWidget(self.banner)
        layout.addWidget(self.canvas, 1)
        self.setCentralWidget(center)

    def _make_panels(self) -> None:
        workspace = self.workspace
        self.palette_ = Palette()
        self.inspector = Inspector(workspace)
        self.welcome = Welcome()
        self.training = TrainingPanel(workspace)
        self.problems = ProblemsPanel(workspace)
        self.runs = RunsPanel(workspace, self.running.folder)
        self.log = LogPanel(workspace)

    def _place_docks(self) -> None:
        self.layout_ = Docks(self)
        self.layout_.place(
            ("palette", self.tr("Layers"), self.palette_),
            ("inspector", self.tr("Inspector"), self.inspector),
            [
                ("welcome", self.tr("Welcome"), self.welcome),
                ("training", self.tr("Curves"), self.training),
                ("samples", self.tr("Samples"), self._make_samples),
                ("try", self.tr("Try"), self._make_try),
                ("problems", self.tr("Problems"), self.problems),
                ("code", self.tr("Code"), self._make_code),
                ("data", self.tr("Data"), self._make_data),
                ("runs", self.tr("Runs"), self.runs),
                ("log", self.tr("Log"), self.log),
            ],
        )
        self.docks = self.layout_.by_name
        self.dock_tabs = DockTabs(self, self.docks)

    # Panels that the first picture does not show are made when they are needed, or the window is
    # idle: they and what they import take longer than the rest of the window.

    def _make_samples(self) -> QWidget:
        from gui.panels.samples import SamplesPanel

        return SamplesPanel(self.workspace)

    def _make_try(self) -> QWidget:
        from gui.panels.try_panel import TryPanel

        panel = TryPanel(self.workspace)
        panel.run_asked.connect(self._run_to_try)
        return panel

    def _make_code(self) -> QWidget:
        from gui.panels.code import CodePanel

        panel = CodePanel(self.workspace)
        panel.export_asked.connect(self.exporting.ask)
        return panel

    def _make_data(self) -> QWidget:
        from gui.panels.data import DataPanel

        return DataPanel(self.workspace)

    @property
    def samples(self) -> SamplesPanel:
        """What the network says of examples."""
        return cast("SamplesPanel", self.layout_.panel("samples"))

    @property
    def try_(self) -> TryPanel:
        """Where the network answers what the user gives."""
        return cast("TryPanel", self.layout_.panel("try"))

    @property
    def code(self) -> CodePanel:
        """The generated code."""
        return cast("CodePanel", self.layout_.panel("code"))

    @property
    def data(self) -> DataPanel:
        """Where examples come from."""
        return cast("DataPanel", self.layout_.panel("data"))

    def _make_menus(self) -> None:
        panels = [dock.toggleViewAction() for dock in self.docks.values()]
        canvas = self.canvas.actions_by_name
        menus = Menus(self.menuBar(), self.actions_, self.filing, canvas, panels)
        menus.open_example = self.open_example
        menus.about = self._about
        self._menus = menus

    def _connect(self) -> None:
        workspace, actions = self.workspace, self.actions_
        actions.connect(
            new=self.begin_new,
            open=self.filing.ask_open,
            save=self.filing.save,
            save_as=self.filing.save_as,
            export=self.exporting.ask,
            quit=self.close,
            undo=lambda: workspace.undo.undo(),
            redo=lambda: workspace.undo.redo(),
            run=self.running.run,
            pause=self.running.pause_or_resume,
            step=self.running.step,
            stop=self.running.stop,
            fit=self.canvas.fit,
            theme=self.switch_theme,
            welcome=lambda: self.show_panel("welcome"),
            restore=self.layout_.restore,
        )
        workspace.project_changed.connect(self._show_project)
        workspace.graph_changed.connect(self._show_graph)
        workspace.updated.connect(self._refresh)
        workspace.failed_changed.connect(lambda: self.canvas.mark_failed(workspace.failed))
        workspace.selection_changed.connect(self._show_selection)
        workspace.located.connect(lambda _, node_id: self.canvas.center_on(node_id))
        workspace.name_changed.connect(self._show_name)
        workspace.told.connect(self._tell)
        workspace.panel_asked.connect(self.show_panel)
        self.canvas.selection_changed.connect(workspace.select)
        self.canvas.node_activated.connect(self._activate)
        self.canvas.follow(self.palette_)
        self.problems.count_changed.connect(self._show_problem_count)
        self.status.problems_clicked.connect(lambda: self.show_panel("problems"))
        self.runs.curves_asked.connect(self._show_run)
        self.runs.project_asked.connect(self._open_run_project)
        self.running.started.connect(lambda: self.show_panel("training"))
        self.running.started.connect(self.banner.hide)
        self.running.refused.connect(self._refuse_run)
        self.running.failed.connect(self._show_failure)
        self.running.ended.connect(self._ended)
        self.welcome.example_chosen.connect(self.open_example)
        self.welcome.file_chosen.connect(self.filing.open)
        self.welcome.open_asked.connect(self.filing.ask_open)
        self.welcome.new_asked.connect(self.begin_new)
        self.filing.recent_changed.connect(self._show_recent)
        theme.changed.connect(self._dress)
        self._show_recent()

    # -- the project --------------------------------------------------------------------------

    def open_first(self) -> None:
        """Show the first example, and the welcome page."""
        self.open_example(find(FIRST), ask=False)
        self.show_panel("welcome")

    def open_example(self, example: Example, ask: bool = True) -> bool:
        """Open a shipped example as a project of the user's own."""
        if ask and not self._may_replace():
            return False
        return self.filing.load(example.path, example=True)

    def begin_new(self) -> None:
        """Begin an empty project; what it needs first is data."""
        if self.filing.new():
            self.show_panel("data")

    def _show_project(self) -> None:
        self.banner.hide()
        undo = self.workspace.undo
        undo.canUndoChanged.connect(self.actions_.undo.setEnabled)
        undo.canRedoChanged.connect(self.actions_.redo.setEnabled)
        self.actions_.undo.setEnabled(undo.canUndo())
        self.actions_.redo.setEnabled(undo.canRedo())
        self._show_graph()
        self._show_name()

    def _show_graph(self) -> None:
        workspace = self.workspace
        if self.canvas.network is not workspace.network:
            self.canvas.set_network(workspace.network, workspace.analysis, workspace.undo)
            self.canvas.mark_failed(workspace.failed)
            self._fill_palette()

    def _fill_palette(self) -> None:
        """Offer what may be added to the graph that is shown, other networks among it."""
        workspace = self.workspace
        training = workspace.graph == TRAINING
        within = "" if training else workspace.graph
        self._offered = list(workspace.project.networks)
        self.palette_.show_graph(workspace.project, training, within)

    def _refresh(self, changes: Changes) -> None:
        self.canvas.refresh(changes)
        if self._offered != list(self.workspace.project.networks):
            self._fill_palette()

    def _show_selection(self) -> None:
        if list(self.canvas.selected) != list(self.workspace.selection):
            self.canvas.select(self.workspace.selection)

    def _show_name(self) -> None:
        self.setWindowModified(self.workspace.modified)
        self.setWindowTitle(f"{self.workspace.name}[*] – Torchloom")

    def _activate(self, node_id: str) -> None:
        """Open the network that a node stands for, or what else is behind it."""
        node = self.workspace.network.node(node_id)
        if self.workspace.network.kind(node_id).takes_network:
            self.workspace.enter(node_id)
        elif node.kind == "Data":
            self.show_panel("data")

    def _show_recent(self) -> None:
        self.welcome.show_recent(self.filing.recent())

    # -- messages -------------------------------------------------------------------------------

    def _tell(self, severity: str, text: str) -> None:
        self.banner.show_message(severity, text)

    def tell_surprise(self, line: str, trace: str) -> None:
        """Say that something went wrong which nobody foresaw; the log has the traceback."""
        self.log.write(trace)
        text = self.tr("Something went wrong that should not have: {0}. You can go on working.")
        label, action = self.tr("Open the log"), lambda: self.show_panel("log")
        self.banner.show_message("error", text.format(line), label, action)

    def _run_to_try(self) -> None:
        """Run, and come back to what is going to be tried."""
        self.running.run()
        if self.running.alive:
            self.show_panel("try")

    def _refuse_run(self, text: str) -> None:
        self.show_panel("problems")
        self.banner.show_message("error", text)

    def _show_failure(self, failure: object) -> None:
        network, node = getattr(failure, "network", None), getattr(failure, "node", None)
        label, action = self.tr("Open the log"), lambda: self.show_panel("log")
        if network is not None and node is not None:
            way = getattr(failure, "way", ())
            self.workspace.locate(network, node, way)
            label = self.tr("Show the node")
            action = lambda: self.workspace.locate(network, node, way)  # noqa: E731
        self.banner.show_message("error", getattr(failure, "message", ""), label, action)

    def _show_problem_count(self, errors: int, warnings: int) -> None:
        count = errors + warnings
        title = self.tr("Problems")
        self.docks["problems"].setWindowTitle(f"{title} ({count})" if count else title)
        self.status.show_problems(errors, warnings)

    def _show_run(self, title: str, series: dict, per_epoch: int) -> None:
        if self.running.alive:
            text = self.tr("Something is training; its curves are shown until it ends.")
            self._tell("info", text)
            return
        self.training.show_run(title, series, per_epoch)
        self.show_panel("training")

    def _open_run_project(self, project: Project, name: str) -> None:
        if self.filing.show(project, self.workspace.base):
            self._tell(
                "info", self.tr("This is the project as the run {0} trained it.").format(name)
            )

    def _about(self) -> None:
        QMessageBox.about(
            self,
            self.tr("About Torchloom"),
            self.tr(
                "Torchloom: design neural networks on a canvas, watch them train, take the "
                "PyTorch code with you."
            ),
        )

    # -- looks and layout -------------------------------------------------------------------------

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front."""
        self.layout_.show(name)

    def switch_theme(self) -> None:
        """Change between dark and light, and keep that."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        chosen = theme.apply(app, "light" if theme.current().dark else "dark")
        QSettings().setValue(_THEME, chosen.name)

    def _dress(self) -> None:
        self.setStyleSheet(sheet(theme.current(), self.font().pointSizeF()))

    def take_layout(self) -> None:
        """Take up size, place and docks of the last time."""
        self.layout_.take()

    def show_sized(self, size: QSize) -> None:
        """Show the window at a size with its first layout."""
        self.resize(size)
        self.show()
        self.layout_.size()

    # -- closing --------------------------------------------------------------------------------

    def _may_replace(self) -> bool:
        """Whether another project may come: not during a training; changes are asked about."""
        if self.running.alive:
            text = self.tr("Stop the training before opening another project.")
            self.banner.show_message("warning", text, self.tr("Stop"), self._stop_and_clear)
            return False
        return self.filing.ask_to_save()

    def _stop_and_clear(self) -> None:
        self.running.stop()
        self.banner.hide()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes and a training that runs; then end it without freezing."""
        if not self._closing:
            event.ignore()
            if not self.filing.ask_to_save():
                return
            if self.running.alive:
                if self._ask_to_stop():
                    self._closing = True
                    self.setEnabled(False)
                    self.running.end()
                return
        self.layout_.keep()
        self.let_go()
        event.accept()

    def _ask_to_stop(self) -> bool:
        buttons = QMessageBox.StandardButton
        box = QMessageBox(
            QMessageBox.Icon.NoIcon,
            self.tr("Training is running"),
            self.tr("Stop the training and close? What it has learned so far is kept."),
            buttons.Yes | buttons.No,
            self,
        )
        return bool(box.exec() == buttons.Yes)

    def _ended(self) -> None:
        if self._closing:
            self.close()

    def let_go(self) -> None:
        """Let go of the document, and of threads that read; nothing is asked."""
        if self._gone:
            return
        self._gone = True
        reading = [self.layout_.made(name) for name in ("data", "try", "runs")]
        for jobs in (*filter(None, reading), self.exporting):
            jobs.close_jobs()
        self.canvas.close_network()
        self.workspace.close()

    # -- keys and drops -------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no widget took: Space and Escape steer a training."""
        if not self.keys.take(event) and not self.guidance.take(event):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take project files."""
        if any(url.toLocalFile().endswith(".loom") for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a project file."""
        for url in event.mimeData().urls():
            if url.toLocalFile().endswith(".loom"):
                event.acceptProposedAction()
                self.filing.open(Path(url.toLocalFile()))
                return
