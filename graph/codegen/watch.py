"""The function that computes what the monitors of a training graph show.

It is run among the names of the others, and is not exported.
"""

from __future__ import annotations

from graph.catalog.monitors import MonitorKind
from graph.codegen.functions import FunctionWriter, definitions_of, write_definitions
from graph.codegen.parts import FunctionCode, MonitorCode
from graph.codegen.source import Source, Writer
from graph.document import TRAINING, Node

__all__ = ["augmenting", "monitor_codes", "write_watch"]


def write_watch(writer: FunctionWriter) -> tuple[FunctionCode | None, Source | None]:
    """Return the function that computes what monitors show, to run beside the others."""
    if not writer.monitors:
        return None, None
    out = Writer()
    _write_shown_alone(writer, out)
    monitors = monitor_codes(writer)
    keys = tuple(key for monitor in monitors for key in monitor.values.values())
    name = writer.names.unique("watch")
    code, body = writer.begin_function(out, name, writer.watched, keys)
    out.line('"""Return what monitors show."""', 1)
    shown = {node.id for node in writer.monitors}
    for node in writer.watched:
        if node.id not in shown:
            writer.write_node(out, body, node)
    pairs = [
        f'"{key}": {body.inputs(node)[port]}'
        for node, monitor in zip(writer.monitors, monitors, strict=True)
        for port, key in monitor.values.items()
    ]
    out.statement("return ", f"{{{', '.join(pairs)}}}", 1)
    return code, out.source()


def _write_shown_alone(writer: FunctionWriter, out: Writer) -> None:
    """Write the definitions and objects on which only monitors depend."""
    trained = {node.id for node in writer.nodes}
    alone = [node for node in writer.watched if node.id not in trained]
    found = definitions_of(writer.graph.kind(node.id) for node in alone)
    write_definitions(out, [text for text in found if text not in writer.definitions])
    for node in alone:
        if node.id in writer.modules:
            args = writer.analysis.args(TRAINING, node.id)
            made = writer.graph.kind(node.id).construct(args) or ""
            before = f"{writer.modules[node.id]} = "
            out.statement(before, f"{made}.eval()", 0, (TRAINING, node.id))


def augmenting(writer: FunctionWriter) -> tuple[str, ...]:
    """Return the objects of the augmentations on the way to monitors."""
    behind = [n.id for n in writer.watched if writer.graph.kind(n.id).family == "augmentation"]
    return tuple(writer.modules[node_id] for node_id in behind if node_id in writer.modules)


def monitor_codes(writer: FunctionWriter) -> tuple[MonitorCode, ...]:
    """Return what is known of each monitor."""
    return tuple(_monitor_code(writer, node) for node in writer.monitors)


def _monitor_code(writer: FunctionWriter, node: Node) -> MonitorCode:
    kind, wired = writer.graph.kind(node.id), writer.graph.wires_in(node.id)
    assert isinstance(kind, MonitorKind)
    ports = [port.name for port in kind.inputs if port.name in wired]
    number = writer.monitors.index(node)
    values = {port: f"{number}.{port}" for port in ports}
    columns = {
        port: wired[port].source_port
        for port in ports
        if writer.graph.node(wired[port].source).kind == "Data"
    }
    args = dict(writer.analysis.args(TRAINING, node.id))
    return MonitorCode(node.id, node.kind, node.label, values, columns, args, kind.examples)
