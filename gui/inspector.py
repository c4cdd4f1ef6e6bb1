"""The inspector: the form of the selected nodes, or the project's where nothing is selected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from graph.blocks import given_arguments
from graph.catalog.entry import DEFAULT, Kind, Param
from graph.document import TRAINING, Network, Node
from graph.edits import Batch, Edit, UpdateNode, set_params
from gui import theme
from gui.arguments import ArgumentsPage
from gui.forms import MIXED, Form
from gui.panels.parts import clear_layout, count_text, heading, hint, scrolled
from gui.panels.problems import ProblemCard
from gui.setup import SetupPage
from gui.workspace import Workspace

__all__ = ["Inspector", "NodePage"]


class Inspector(QStackedWidget):
    """Follows the selection: a form for nodes of one kind, a summary of several, or the project."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setMinimumWidth(288)
        self.setup = SetupPage(workspace)
        self.several = SeveralPage(workspace)
        self.page: NodePage | None = None
        self.arguments = ArgumentsPage(workspace)
        self._setup_area = scrolled(_below(self.setup, self.arguments))
        self._several_area = scrolled(self.several)
        self._node_area = scrolled(QWidget())
        for area in (self._setup_area, self._several_area, self._node_area):
            self.addWidget(area)
        workspace.project_changed.connect(self.refresh)
        workspace.selection_changed.connect(self.refresh)
        workspace.updated.connect(self.refresh)
        workspace.failed_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the selection asks for, as the document has it now."""
        nodes = self._workspace.selected_nodes()
        kinds = {node.kind for node in nodes}
        if len(kinds) == 1:
            self._show_nodes(nodes)
            self.setCurrentWidget(self._node_area)
        elif kinds:
            self.several.show_nodes(nodes)
            self.setCurrentWidget(self._several_area)
        else:
            self.setCurrentWidget(self._setup_area)

    def _show_nodes(self, nodes: Sequence[Node]) -> None:
        key = page_key(self._workspace, nodes)
        if self.page is None or self.page.key != key:
            self.page = NodePage(self._workspace, nodes)
            self.page.setProperty("role", "page")
            self._node_area.setWidget(self.page)
            self._node_area.verticalScrollBar().setValue(0)
        self.page.refresh()


def _below(*parts: QWidget) -> QWidget:
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for part in parts:
        layout.addWidget(part)
    layout.addStretch(1)
    return whole


class NodePage(QWidget):
    """One node, or several of one kind that are edited together."""

    def __init__(self, workspace: Workspace, nodes: Sequence[Node]) -> None:
        super().__init__()
        self._workspace = workspace
        self._network = workspace.network
        self._ids = tuple(node.id for node in nodes)
        self.key = page_key(workspace, nodes)
        self.kind: Kind = self._network.kind(self._ids[0])
        self._problems: object = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 10, 14)
        layout.setSpacing(8)
        self._add_head(layout)
        self._problem_list = QVBoxLayout()
        self._problem_list.setSpacing(6)
        layout.addLayout(self._problem_list)
        usable = self._network.arguments
        params = [param for param in self.kind.params if param.type != "arguments"]
        self.form = Form(params, self._choices(), parent=self, arguments=usable)
        self.form.setVisible(bool(params))
        self.form.edited.connect(self._set)
        if params:
            layout.addWidget(heading(self.tr("Arguments")))
            layout.addWidget(self.form)
        inner = inner_network(workspace, nodes)
        #: Of blocks: what they give for the arguments of their network.
        self.given = Form(given_params(inner), parent=self, arguments=usable)
        self.given.edited.connect(self._give)
        if self.given.fields:
            layout.addWidget(heading(self.tr("Given to {0}").format(inner.name)))
            layout.addWidget(self.given)
        self.given.setVisible(bool(self.given.fields))
        layout.addWidget(heading(self.tr("Shapes")))
        self._shapes = QGridLayout()
        self._shapes.setHorizontalSpacing(10)
        self._shapes.setColumnStretch(1, 1)
        layout.addLayout(self._shapes)
        self._cost = hint()
        layout.addWidget(self._cost)
        layout.addWidget(heading(self.tr("Comment")))
        self.comment = _CommentEdit()
        self.comment.setAccessibleName(self.tr("Comment"))
        self.comment.setPlaceholderText(self.tr("Why it is here"))
        self.comment.left.connect(self._set_comment)
        layout.addWidget(self.comment)
        layout.addStretch(1)

    def _add_head(self, layout: QVBoxLayout) -> None:
        chip = QLabel()
        chip.setFixedSize(10, 10)
        color = theme.current().family(self.kind.family)
        chip.setStyleSheet(f"background: {color}; border-radius: 5px;")
        name = QLabel(
            self.kind.name if len(self._ids) == 1 else f"{len(self._ids)} × {self.kind.name}"
        )
        name.setProperty("role", "title")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(chip)
        row.addWidget(name, 1)
        layout.addLayout(row)
        self.title = QLineEdit(maxLength=200)
        self.title.setObjectName("node-title")
        self.title.setAccessibleName(self.tr("Title"))
        self.title.editingFinished.connect(self._set_title)
        layout.addWidget(self.title)
        if self.kind.doc:
            doc = hint(self.kind.doc)
            doc.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(doc)

    def _choices(self) -> dict[str, Sequence[str]]:
        if not self.kind.takes_network:
            return {}
        return {"network": tuple(self._workspace.project.networks)}

    # -- showing ------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the nodes as they are now."""
        if any(node_id not in self._network for node_id in self._ids):
            return
        nodes = [self._network.node(node_id) for node_id in self._ids]
        self._show_title(nodes)
        for name in self.form.fields:
            self._show_param(name, nodes)
        for name, field in self.given.fields.items():
            values = [given_arguments(node).get(name, DEFAULT) for node in nodes]
            field.show_value(_common(values), field.param.default)
        self._show_shapes()
        self._show_cost()
        self._show_problems()
        if not self.comment.hasFocus():
            comments = {node.comment for node in nodes}
            self.comment.setPlainText(comments.pop() if len(comments) == 1 else "")

    def _show_title(self, nodes: Sequence[Node]) -> None:
        if self.title.hasFocus() and self.title.isModified():
            return
        titles = {node.title for node in nodes}
        self.title.setText(titles.pop() if len(titles) == 1 else "")
        self.title.setPlaceholderText(
            self.tr("Title: {0}").format(self.kind.name)
            if len(nodes) == 1
            else self.tr("Titles stay as they are")
        )
        self.title.setEnabled(len(nodes) == 1)

    def _show_param(self, name: str, nodes: Sequence[Node]) -> None:
        values = [node.params.get(name, DEFAULT) for node in nodes]
        analysis, graph = self._workspace.analysis, self._network.name
        effective = {repr(analysis.args(graph, n.id).get(name)) for n in nodes}
        first = analysis.args(graph, nodes[0].id).get(name)
        shown = first if len(effective) == 1 else None
        self.form.fields[name].show_value(_common(values), shown)

    def _show_shapes(self) -> None:
        clear_layout(self._shapes)
        if len(self._ids) > 1:
            self._shapes.addWidget(hint(self.tr("Select one node to see its shapes.")), 0, 0, 1, 2)
            return
        node_id = self._ids[0]
        ports = self._network.ports(node_id)
        row = 0
        for arrow, side in (("→", ports.inputs), ("←", ports.outputs)):
            for port in side:
                if port.carries != "tensor":
                    continue
                found = self._workspace.analysis.type_of(self._network.name, node_id, port.name)
                mark = "→ " if arrow == "→" else ""
                name = QLabel(f"{mark}{port.name}" + ("" if mark else " →"))
                name.setProperty("role", "field")
                shape = QLabel(str(found) if found else self.tr("not known yet"))
                shape.setProperty("role", "value" if found else "hint")
                shape.setFont(theme.mono_font())
                shape.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._shapes.addWidget(name, row, 0)
                self._shapes.addWidget(shape, row, 1)
                row += 1

    def _show_cost(self) -> None:
        costs = [self._workspace.analysis.cost(self._network.name, i) for i in self._ids]
        known = [cost for cost in costs if cost is not None]
        parameters = sum(cost.parameters for cost in known)
        flops = sum(cost.flops for cost in known)
        self._cost.setVisible(bool(known) and self._network.name != TRAINING)
        self._cost.setText(
            self.tr("{0} parameters, {1} FLOPs per example").format(
                f"{parameters:,}", count_text(flops)
            )
        )

    def _show_problems(self) -> None:
        problems = [
            problem
            for node_id in self._ids
            for problem in self._workspace.problems_of(self._network.name, node_id)
        ]
        if problems == self._problems:
            return
        self._problems = problems
        clear_layout(self._problem_list)
        for problem in problems[:5]:
            card = ProblemCard(problem)
            card.clicked.connect(
                lambda problem=problem: self._workspace.locate(
                    problem.network, problem.node, problem.way
                )
            )
            card.fixed.connect(lambda fix: self._workspace.push(fix.edit, fix.label))
            self._problem_list.addWidget(card)

    # -- editing ------------------------------------------------------------------------------

    def _set(self, name: str, value: object) -> None:
        edits: list[Edit] = [
            set_params(self._network, node_id, {name: value})  # type: ignore[dict-item]
            for node_id in self._ids
        ]
        edit = edits[0] if len(edits) == 1 else Batch(tuple(edits))
        text = self.tr("Set {0} of {1}").format(name, self._what())
        if not self._workspace.push(edit, text):
            self.refresh()

    def _give(self, name: str, value: object) -> None:
        """Give the network of the blocks another value for one of its arguments."""
        edits: list[Edit] = []
        for node_id in self._ids:
            given = {**given_arguments(self._network.node(node_id)), name: value}
            kept = tuple((k, v) for k, v in given.items() if v is not DEFAULT)
            edits.append(set_params(self._network, node_id, {"arguments": kept or DEFAULT}))
        text = self.tr("Set {0} of {1}").format(name, self._what())
        if not self._workspace.push(Batch(tuple(edits)), text):
            self.refresh()

    def _set_title(self) -> None:
        node = self._network.node(self._ids[0])
        title = self.title.text().strip()
        self.title.setModified(False)
        if len(self._ids) == 1 and title != node.title:
            edit = UpdateNode(self._network.name, replace(node, title=title))
            self._workspace.push(edit, self.tr("Rename {0}").format(node.label))

    def _set_comment(self) -> None:
        text = self.comment.toPlainText().strip()
        nodes = [self._network.node(i) for i in self._ids if i in self._network]
        changed = [node for node in nodes if node.comment != text]
        several_untouched = len(nodes) > 1 and not text
        if changed and not several_untouched:
            edits = tuple(
                UpdateNode(self._network.name, replace(node, comment=text)) for node in changed
            )
            self._workspace.push(Batch(edits), self.tr("Comment on {0}").format(self._what()))

    def _what(self) -> str:
        if len(self._ids) > 1:
            return self.tr("{0} nodes").format(len(self._ids))
        return self._network.node(self._ids[0]).label


def page_key(workspace: Workspace, nodes: Sequence[Node]) -> tuple[object, ...]:
    """Return what a page is made for: another key needs another page."""
    inner = inner_network(workspace, nodes)
    ids = tuple(node.id for node in nodes)
    networks = tuple(workspace.project.networks)
    given = (inner.name, inner.arguments) if inner is not None else None
    return (workspace.project, workspace.graph, ids, workspace.network.arguments, given, networks)


def inner_network(workspace: Workspace, nodes: Sequence[Node]) -> Network | None:
    """Return the network that all of these blocks stand for, or None."""
    names = {str(node.params.get("network")) if node.kind == "Block" else "" for node in nodes}
    return workspace.project.networks.get(names.pop()) if len(names) == 1 else None


def given_params(network: Network | None) -> list[Param]:
    """Return the arguments of a network as parameters of a form."""
    arguments = network.arguments if network is not None else ()
    return [Param(a.name, a.type, a.default, a.expected.capitalize() + ".") for a in arguments]


def _common(values: Sequence[object]) -> object:
    """Return the value that all have, or MIXED."""
    first = values[0]
    same = all(v is first or (v == first and type(v) is type(first)) for v in values)
    return first if same else MIXED


class SeveralPage(QWidget):
    """A summary of nodes of different kinds."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._title = heading("")
        self._title.setProperty("role", "title")
        self._text = hint()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 10, 14)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addStretch(1)

    def show_nodes(self, nodes: Sequence[Node]) -> None:
        """Count the nodes by kind, and what they cost together."""
        graph = self._workspace.graph
        costs = [self._workspace.analysis.cost(graph, node.id) for node in nodes]
        parameters = sum(cost.parameters for cost in costs if cost is not None)
        counts = Counter(node.kind for node in nodes).most_common()
        self._title.setText(self.tr("{0} nodes").format(len(nodes)))
        lines = [f"{count} × {kind}" for kind, count in counts]
        lines.append("")
        lines.append(self.tr("{0} parameters together").format(f"{parameters:,}"))
        lines.append(self.tr("Select nodes of one kind to edit them together."))
        self._text.setText("\n".join(lines))


class _CommentEdit(QPlainTextEdit):
    """A few lines of text that are told when the focus leaves them."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setFixedHeight(4 * self.fontMetrics().lineSpacing())

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.left.emit()
