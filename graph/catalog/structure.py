"""The nodes that hold graphs together: a network's inputs and outputs, data, and network uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.catalog.entry import Call, Kind, Param, Port, Ports
from graph.dims import BATCH, TIME, Dim, TensorType

if TYPE_CHECKING:
    from graph.document import Network, Project, Value

__all__ = [
    "KINDS",
    "MOST_REPEATS",
    "NetworkKind",
    "input_ports",
    "input_type",
    "network_ports",
    "output_ports",
    "repeated_inputs",
]

#: Repetitions of one block.
MOST_REPEATS = 1000


@dataclass(frozen=True, kw_only=True)
class InputKind(Kind):
    """Where a network's tensor comes in; its title is the name of the argument of ``forward``."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports(outputs=(Port("output"),))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("an Input is written as an argument of forward")


@dataclass(frozen=True, kw_only=True)
class OutputKind(Kind):
    """Where a network's tensor goes out; its title names the port of the network."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return Ports(inputs=(Port("input"),))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("an Output is written as a value that forward returns")


@dataclass(frozen=True, kw_only=True)
class DataKind(Kind):
    """The project's examples, a batch at a time: a port for each column."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        if project is None:
            return Ports()
        return Ports(outputs=tuple(Port(port.name) for port in project.data.ports))

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("Data is written as the arguments of a step")


@dataclass(frozen=True, kw_only=True)
class NetworkKind(Kind):
    """A use of one of the project's networks: the same weights wherever its name is drawn."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return _ports_of(params.get("network"), project)

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("a network use is written by the generator, which knows its ports")


@dataclass(frozen=True, kw_only=True)
class BlockKind(Kind):
    """A network inside another, with weights of its own: an instance, made with arguments."""

    __hash__ = Kind.__hash__

    def ports(self, params: Mapping[str, Value], project: Project | None) -> Ports:
        return _ports_of(params.get("network"), project)

    def call(
        self,
        module: str,
        inputs: Mapping[str, str],
        args: Mapping[str, Value],
        wanted: frozenset[str],
    ) -> Call:
        raise AssertionError("a block is written by the generator, which knows its ports")


def _ports_of(name: Value, project: Project | None) -> Ports:
    if project is None or not isinstance(name, str) or name not in project.networks:
        return Ports()
    return network_ports(project.networks[name])


def input_ports(network: Network) -> dict[str, str]:
    """Return the input port names of a network and the ids of the Input nodes behind them."""
    return _port_names(network, "Input", "input")


def output_ports(network: Network) -> dict[str, str]:
    """Return the output port names of a network and the ids of the Output nodes behind them."""
    return _port_names(network, "Output", "output")


def network_ports(network: Network) -> Ports:
    """Return the ports that a use of `network` has."""
    return Ports(
        tuple(Port(name) for name in input_ports(network)),
        tuple(Port(name) for name in output_ports(network)),
    )


def repeated_inputs(ports: Ports) -> dict[str, str] | None:
    """Return which input of the next repetition each output goes to: the first to the first.

    None where there are more outputs than inputs, so that a block cannot be repeated.
    """
    if not ports.outputs or len(ports.outputs) > len(ports.inputs):
        return None
    return {out.name: into.name for out, into in zip(ports.outputs, ports.inputs, strict=False)}


def _port_names(network: Network, kind: str, fallback: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in network.by_kind(kind):
        base = node.title or fallback
        name, number = base, 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names[name] = node.id
    return names


def input_type(params: Mapping[str, Value]) -> TensorType | None:
    """Return the type that an Input node states itself, or None where it follows what arrives."""
    shape = params.get("shape")
    if not isinstance(shape, tuple):
        return None
    sizes: list[Dim] = [TIME if size == "T" else int(size) for size in shape]
    return TensorType((BATCH, *sizes), str(params.get("dtype", "float32")))


@dataclass(frozen=True)
class ShapeParam(Param):
    """An example's shape; a size may be ``T``, the length of a sequence."""

    @property
    def expected(self) -> str:
        return "an example's shape without the batch, such as (1, 28, 28), or None to follow it"

    def _takes(self, value: Value) -> bool:
        if value is None:
            return True
        return isinstance(value, tuple) and all(
            size == "T" or (isinstance(size, int) and not isinstance(size, bool) and size >= 1)
            for size in value
        )

    def parse(self, text: str, names: Collection[str] = ()) -> Value:
        """Return the shape written as ``1, 28, 28``, ``T, 16`` or ``1x28x28``."""
        words = text.strip("()[] ").replace("x", ",").replace(",", " ").split()
        value: Value
        if text.strip() in ("None", ""):
            value = None
        else:
            value = tuple(int(word) if word.isdigit() else word for word in words)
        self.check(value)
        return value


KINDS: tuple[Kind, ...] = (
    InputKind(
        name="Input",
        family="structure",
        doc="Where a tensor enters the network. Its title names the argument of forward.",
        places=("network",),
        params=(
            ShapeParam(
                "shape",
                "ints",
                None,
                "Shape of one example, without the batch. Empty: it follows what the training "
                "graph sends.",
                optional=True,
                own=True,
            ),
            Param("dtype", "dtype", "float32", "Type of the numbers, where a shape is set."),
        ),
    ),
    OutputKind(
        name="Output",
        family="structure",
        doc="Where a tensor leaves the network. Its title names the port of the network.",
        places=("network",),
    ),
    DataKind(
        name="Data",
        family="structure",
        doc="Examples of the project's data, a batch at a time; a port for each column.",
        places=("training",),
        keywords=("dataset", "source", "batch"),
    ),
    NetworkKind(
        name="Network",
        family="structure",
        doc="A network of this project. The same name is the same weights, however often drawn.",
        places=("training",),
        params=(Param("network", "str", doc="Name of the network.", own=True),),
        keywords=("model",),
        takes_network=True,
    ),
    BlockKind(
        name="Block",
        family="structure",
        doc="A network of this project inside another, with weights of its own. Edit it once, and "
        "all its instances follow.",
        places=("network",),
        params=(
            Param("network", "str", doc="Name of the network that it is an instance of.", own=True),
            Param(
                "arguments",
                "arguments",
                (),
                "Values for arguments of that network; the others keep their defaults.",
            ),
            Param(
                "repeat",
                "int",
                1,
                "How many times it stands in a row, each with weights of its own. What comes out "
                "goes into the next; inputs beyond that are given to each.",
                low=1,
                high=MOST_REPEATS,
            ),
            Param(
                "share",
                "str",
                "",
                "A name. Instances in this network with the same name have the same weights.",
            ),
        ),
        keywords=("network", "module", "repeat", "subgraph"),
        takes_network=True,
    ),
)
