"""Blocks as code: how instances are made in a constructor, and called in ``forward``."""

from __future__ import annotations

from graph.blocks import given_arguments
from graph.catalog.structure import input_ports, output_ports
from graph.codegen.body import Body
from graph.codegen.classes import ClassDesign
from graph.codegen.source import Writer
from graph.document import Network, Node
from graph.errors import GenerateError
from graph.expressions import Expression

__all__ = [
    "blocks_text",
    "in_a_row",
    "is_plain_block",
    "makes_several",
    "shared_name",
    "write_block_call",
]


def _one_text(design: ClassDesign, inner: ClassDesign, node: Node, number: int) -> str:
    """Return the call that makes one repetition of a block's network."""
    given = given_arguments(node)
    sizes = dict(
        zip(
            [p.name for p in inner.parameters if p.slot is not None],
            design.passed[node.id][number],
            strict=True,
        )
    )
    written_arguments: list[str] = []
    for parameter in inner.parameters:
        if parameter.argument is None:
            text = design.code_of(sizes[parameter.name])
        elif parameter.argument.name in given:
            text = design.code_of(given[parameter.argument.name])
        else:
            continue
        if not parameter.default:
            written_arguments.append(text)
        elif text != parameter.default:
            written_arguments.append(f"{parameter.name}={text}")
    return f"{inner.class_name}({', '.join(written_arguments)})"


def blocks_text(design: ClassDesign, inner: ClassDesign, node: Node) -> str:
    """Return the source of a block: one instance, or as many in an nn.Sequential or ModuleList."""
    repeat = node.params.get("repeat", 1)
    texts = [_one_text(design, inner, node, i) for i in range(len(design.passed[node.id]))]
    if repeat == 1:
        return texts[0]
    groups: list[tuple[str, int]] = []
    for text in texts:
        if groups and groups[-1][0] == text:
            groups[-1] = (text, groups[-1][1] + 1)
        else:
            groups.append((text, 1))
    parts: list[str] = []
    for i, (text, count) in enumerate(groups):
        last = i == len(groups) - 1
        if last and isinstance(repeat, Expression):
            before = len(texts) - count
            counted = design.code_of(
                Expression(f"({repeat.text}) - {before}" if before else repeat.text)
            )
            parts.append(f"*({text} for _ in range({counted}))")
        else:
            parts.append(text if count == 1 else f"*({text} for _ in range({count}))")
    if _container_of(design.network, node) == "nn.Sequential":
        return f"nn.Sequential({', '.join(parts)})"
    if len(parts) == 1:
        return f"nn.ModuleList({parts[0][2:-1]})"
    return f"nn.ModuleList([{', '.join(parts)}])"


def makes_several(node: Node) -> bool:
    """Whether a block stands several times in a row."""
    return node.params.get("repeat", 1) != 1


def shared_name(node: Node) -> str:
    """Return the name under which a block shares its weights, or ''."""
    name = node.params.get("share")
    return name if node.kind == "Block" and isinstance(name, str) else ""


def in_a_row(network: Network, node: Node) -> bool:
    """Whether repetitions can stand in an nn.Sequential: one input, and one output."""
    ports = network.ports(node.id)
    return len(ports.inputs) == len(ports.outputs) == 1


def _container_of(network: Network, node: Node) -> str:
    """Return what holds the repetitions of a block."""
    return "nn.Sequential" if in_a_row(network, node) else "nn.ModuleList"


def is_plain_block(network: Network, node: Node) -> bool:
    """Whether a block can stand in a Sequential among other layers."""
    alone = not makes_several(node) and not shared_name(node)
    return alone and in_a_row(network, node)


def write_block_call(
    out: Writer, body: Body, node: Node, inner: Network, module: str, indent: int = 2
) -> None:
    """Write the call of a block; repetitions that take more than one value are a loop."""
    origin = (body.network.name, node.id)
    arriving = body.inputs(node)
    ports = [port for port in input_ports(inner) if port in arriving]
    outputs = list(output_ports(inner))
    if not makes_several(node) or in_a_row(body.network, node):
        body.use_up(node)
        targets = body.targets(node, outputs[0] if len(outputs) == 1 else tuple(outputs), {})
        comment = body.shape_comment(node, outputs[0]) if len(outputs) == 1 else ""
        before = "" if targets == "_" else f"{targets} = "
        given = ", ".join(arriving[port] for port in ports)
        out.statement(before, f"{module}({given})", indent, origin, comment)
        return
    carried, kept = ports[: len(outputs)], ports[len(outputs) :]
    if len(carried) < len(outputs):
        raise GenerateError(f"{node.label[:80]!r} cannot be repeated: an input lacks its wire.")
    body.use_up(node, among=carried)
    names = body.named(node, outputs)
    constant = [arriving[port] for port in kept]
    body.use_up(node, among=kept)
    if names != [arriving[port] for port in carried]:
        values = ", ".join(arriving[port] for port in carried)
        out.statement(f"{', '.join(names)} = ", values, indent, origin)
    layer = body.names.unique("layer")
    out.line(f"for {layer} in {module}:", indent, origin)
    comment = body.shape_comment(node, outputs[0]) if len(outputs) == 1 else ""
    call = f"{layer}({', '.join([*names, *constant])})"
    out.statement(f"{', '.join(names)} = ", call, indent + 1, origin, comment)
    body.names.release(layer)
