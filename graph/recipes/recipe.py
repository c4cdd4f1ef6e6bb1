"""What a recipe is: a few choices, and the ordinary training graph that they stand for.

A recipe draws a :class:`Sketch`. Its nodes have fixed ids, so the choices can be read back from a
training graph: they are looked up where the recipe puts them, and they hold if drawing with them
gives that very graph again (places and comments aside).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from graph import catalog
from graph.catalog.entry import REQUIRED, Param
from graph.catalog.structure import input_ports, output_ports
from graph.dataspec import DataPort
from graph.document import Network, Node, Project, Value, Wire
from graph.edits import AddNetwork, AddNode, Batch, Connect, Edit, remove_nodes
from graph.errors import DocumentError

__all__ = ["Choice", "Choices", "Recipe", "Sketch", "column", "inputs_of", "outputs_of"]

Choices = Mapping[str, Value]

#: Scene pixels between the columns and between the rows of a sketch.
_COLUMN, _ROW = 240.0, 150.0


@dataclass
class Sketch:
    """A training graph that is being drawn."""

    nodes: dict[str, Node] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)

    def add(
        self,
        node_id: str,
        kind: str,
        place: tuple[float, float],
        title: str = "",
        /,
        **params: Value,
    ) -> str:
        """Add a node at a column and a row; return its id."""
        if not catalog.is_known(kind):
            raise DocumentError(f"There is no kind of node called {kind!r}.")
        position = (place[0] * _COLUMN, place[1] * _ROW)
        self.nodes[node_id] = Node(node_id, kind, params, title, position)
        return node_id

    def wire(self, source: str, port: str, target: str, into: str) -> None:
        """Draw a wire."""
        self.wires.append(Wire(source, port, target, into))

    def edit(self, project: Project) -> Batch:
        """Return the edit that puts this in place of the project's training graph."""
        training = project.training
        return Batch(
            (
                remove_nodes(training, [node.id for node in training]),
                *(AddNode(training.name, node) for node in self.nodes.values()),
                *(Connect(training.name, wire) for wire in self.wires),
            )
        )

    def is_drawn(self, training: Network) -> bool:
        """Whether a training graph is this one, places, titles and comments aside."""
        mine = {node.id: (node.kind, dict(node.params)) for node in self.nodes.values()}
        theirs = {node.id: (node.kind, dict(node.params)) for node in training}
        return mine == theirs and set(self.wires) == set(training.wires())


@dataclass(frozen=True)
class Choice:
    """One choice of a recipe, and where the training graph says it.

    `at` is ``("param", node, argument)``, with a place behind it where the argument is a tuple,
    ``("kind", node)`` or ``("column", node, input)``: the column of the data that is wired there,
    to any input where that is ``*``.
    """

    param: Param
    label: str
    at: tuple[str, ...]
    #: ``network`` and ``column`` are chosen among those that the project has; an ``or none``
    #: behind them lets nothing be chosen, which is said by an empty text.
    among: str = ""

    @property
    def name(self) -> str:
        """The name by which the choice is known."""
        return self.param.name

    def read(self, training: Network) -> Value:
        """Return what a training graph says; DocumentError where it has no such node."""
        what, node_id = self.at[0], self.at[1]
        if self.among.endswith("or none") and node_id not in training:
            return ""
        default: Value = self.param.default
        if node_id not in training and what == "param" and default is not REQUIRED:
            return default  # drawn with it, the graph is another, or does without that node
        node = training.node(node_id)
        if what == "kind":
            return node.kind
        if what == "param":
            return self._of(node.params.get(self.at[2], default))
        wires = training.wires_in(node_id)
        if self.at[2] == "*":
            wire = next((w for w in wires.values() if training.node(w.source).kind == "Data"), None)
        else:
            wire = wires.get(self.at[2])
        if wire is None:
            raise DocumentError(f"Nothing is wired to {self.at[2]!r} of {node.label!r}.")
        return wire.source_port

    def _of(self, value: Value) -> Value:
        if len(self.at) == 3:
            return value
        place = int(self.at[3])
        return value[place] if isinstance(value, tuple) and place < len(value) else value


@dataclass(frozen=True)
class Recipe:
    """A kind of training."""

    name: str
    title: str
    doc: str
    choices: tuple[Choice, ...]
    #: Draws the training graph of some choices.
    draw: Callable[[Project, Choices], Sketch]
    #: Returns the choices that suit a project; DocumentError says what it lacks.
    guess: Callable[[Project], Choices]
    #: Returns small networks to begin with, where a project has none that fit.
    starters: Callable[[Project], list[Network]]

    def write(self, project: Project, choices: Choices) -> Edit:
        """Return the edit that puts the training graph of `choices` in place of the present one.

        Raises
        ------
        DocumentError
            If a network or a column does not exist or lacks a port.
        """
        return self.draw(project, choices).edit(project)

    def begin(self, project: Project) -> Edit:
        """Return the edit that begins this kind of training with what suits the project.

        Where no networks of the project fit, small ones are added.
        """
        try:
            return self.write(project, self.guess(project))
        except DocumentError:
            added = self.starters(project)
        trial = _with_networks(project, added)
        sketch = self.draw(trial, self.guess(trial))
        return Batch((*(AddNetwork(network) for network in added), sketch.edit(project)))

    def read(self, project: Project) -> Choices | None:
        """Return the choices that the training graph spells out, or None where it is another."""
        try:
            found = {choice.name: choice.read(project.training) for choice in self.choices}
            return found if self.draw(project, found).is_drawn(project.training) else None
        except DocumentError:
            return None


def _with_networks(project: Project, added: list[Network]) -> Project:
    """Return a project with the data of another, and with new networks before its own."""
    trial = Project(project.name)
    trial.set_data(project.data)
    for network in [*added, *project.networks.values()]:
        if network.name not in trial.networks:
            trial.networks[network.name] = network  # looked at only: not ours to follow
    return trial


def column(project: Project, name: Value) -> DataPort:
    """Return a port of the data; DocumentError if there is none of that name."""
    found = project.data.port(str(name))
    if found is None:
        there = ", ".join(port.name for port in project.data.ports) or "none"
        raise DocumentError(f"The data has no column {name!r}; it has: {there}.")
    return found


def inputs_of(project: Project, name: Value, count: int, what: str) -> list[str]:
    """Return the first input ports of a network; DocumentError if it has fewer than `count`."""
    return _ports_of(list(input_ports(project.network(str(name)))), name, count, what, "input")


def outputs_of(project: Project, name: Value, count: int, what: str) -> list[str]:
    """Return the first output ports of a network; DocumentError if it has fewer than `count`."""
    return _ports_of(list(output_ports(project.network(str(name)))), name, count, what, "output")


def _ports_of(ports: list[str], name: Value, count: int, what: str, kind: str) -> list[str]:
    if len(ports) < count:
        there = ", ".join(ports) or "none"
        raise DocumentError(
            f"The network {name!r} needs {count} {kind}{'s' * (count > 1)} ({what}); it has: "
            f"{there}. Add {kind.capitalize()} nodes, or choose another network."
        )
    return ports[:count]
