"""The tabs over the canvas: one for each network, and one for the training graph."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QMenu, QTabBar, QToolButton, QWidget

from graph.document import TRAINING, Network, Node, Wire
from graph.edits import AddNetwork, RemoveNetwork, rename_network
from graph.errors import DocumentError
from gui import theme
from gui.workspace import Workspace

__all__ = ["GraphTabs"]


class GraphTabs(QWidget):
    """Chooses which graph the canvas shows; networks are added, renamed and removed here."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._filling = False
        self.setProperty("role", "tabs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.bar = QTabBar(expanding=False, drawBase=False)
        self.bar.setAccessibleName(self.tr("Graphs"))
        self.bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.bar.customContextMenuRequested.connect(self._menu)
        self.bar.currentChanged.connect(self._choose)
        self.bar.tabBarDoubleClicked.connect(self._rename)
        self.add = QToolButton()
        self.add.setToolTip(self.tr("New network"))
        self.add.setAccessibleName(self.tr("New network"))
        self.add.clicked.connect(self.add_network)
        for part in (self.bar, self.add):  # a click here leaves the keys to the canvas
            part.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(4)
        row.addWidget(self.bar)
        row.addWidget(self.add)
        row.addStretch(1)
        workspace.project_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        workspace.graph_changed.connect(self.refresh)
        theme.changed.connect(self._dress)
        self._dress()
        self.refresh()

    def names(self) -> list[str]:
        """The graphs in the order of the tabs."""
        return [*self._workspace.project.networks, TRAINING]

    def refresh(self) -> None:
        """Show the graphs as they are now."""
        self._filling = True
        names = self.names()
        if [self.bar.tabData(i) for i in range(self.bar.count())] != names:
            while self.bar.count():
                self.bar.removeTab(0)
            for name in names:
                index = self.bar.addTab(self.tr("Training") if name == TRAINING else name)
                self.bar.setTabData(index, name)
                tip = self.tr("How it is trained: data, loss, optimizer, metrics")
                self.bar.setTabToolTip(index, tip if name == TRAINING else "")
            self._dress()
        self.bar.setCurrentIndex(names.index(self._workspace.graph))
        self._filling = False

    def add_network(self) -> None:
        """Add a network with an input and an output."""
        project = self._workspace.project
        name = next(n for i in range(1, 10_000) if (n := f"network{i}") not in project.networks)
        network = Network(name, project)
        network.add_node(Node("input", "Input", title="input"))
        network.add_node(Node("output", "Output", title="output", position=(480.0, 0.0)))
        network.connect(Wire("input", "output", "output", "input"))
        if self._workspace.push(AddNetwork(network), self.tr("Add {0}").format(name)):
            self._workspace.update()
            self._workspace.show_graph(name)

    def _choose(self, index: int) -> None:
        if not self._filling and index >= 0:
            self._workspace.show_graph(self.bar.tabData(index))

    def _rename(self, index: int) -> None:
        old = self.bar.tabData(index) if index >= 0 else TRAINING
        if old == TRAINING:
            return
        name, accepted = QInputDialog.getText(
            self, self.tr("Rename the network"), self.tr("Name"), text=old
        )
        if accepted and name != old:
            self.rename(old, name.strip())

    def rename(self, old: str, new: str) -> None:
        """Give a network another name, everywhere."""
        project = self._workspace.project
        try:
            project.check_network_name(new)
        except DocumentError as error:
            self._workspace.told.emit("error", str(error))
            return
        edit = rename_network(project, old, new)
        self._workspace.push(edit, self.tr("Rename {0}").format(old))

    def remove(self, name: str) -> None:
        """Take a network out of the project."""
        self._workspace.push(RemoveNetwork(name), self.tr("Remove {0}").format(name))

    def _menu(self, at: QPoint) -> None:
        index = self.bar.tabAt(at)
        if index < 0 or self.bar.tabData(index) == TRAINING:
            return
        name = self.bar.tabData(index)
        menu = QMenu(self)
        menu.addAction(self.tr("Rename…"), lambda: self._rename(index))
        menu.addAction(self.tr("Remove"), lambda: self.remove(name))
        menu.exec(self.bar.mapToGlobal(at))

    def _dress(self) -> None:
        self.add.setIcon(theme.icon("add"))
        for i in range(self.bar.count()):
            training = self.bar.tabData(i) == TRAINING
            self.bar.setTabIcon(i, theme.icon("training" if training else "network"))
