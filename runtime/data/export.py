"""The data's part of an exported project: the functions that the app runs, written out."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from graph.dataspec import DataSpec
from runtime.data import splits, transforms
from runtime.data.faults import data_faults
from runtime.data.ports import describe_source
from runtime.data.source import Source
from runtime.data.sources import KINDS, open_source
from runtime.data.writing import (
    Writer,
    import_block,
    listing,
    names_in,
    quoted,
    with_callees,
)

__all__ = ["quoted", "requirements", "source_code"]

_RETURNS = ") -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:"


def requirements(spec: DataSpec) -> list[str]:
    """Return what the exported script needs beside Python, as pip writes it."""
    needed = ["torch>=2.6", "numpy>=1.26"]
    if spec.source in KINDS:
        needed += KINDS[spec.source].requirements(spec)
    return needed


def source_code(spec: DataSpec, base: Path, path: str | None = None) -> str:
    """Return the text of an exported data.py with the function ``load_data``.

    It gives the very tensors and indices of `load`. `path` is the default place of the data
    in the script; without it, the description's own. Raises DataError.
    """
    with data_faults():
        source = open_source(spec, base)
        found = describe_source(spec, source)
    writer = Writer()
    body = _body(found, source, writer, found.path if path is None else path)
    modules = (*source.modules, transforms, splits)
    functions = with_callees(writer.called, modules)
    texts = [textwrap.dedent(inspect.getsource(function)) for function in functions]
    used = {name for part in [*texts, body] for name in names_in(part)}
    constants = writer.constants + _module_constants(used, modules)
    parts = [f'"""{source.about}"""\n\n{import_block(used, modules)}']
    if constants:
        parts.append("\n".join(constants) + "\n")
    written = [part.rstrip() for part in [*texts, body]]
    return "\n\n\n".join(["\n".join(parts).rstrip(), *written]) + "\n"


def _module_constants(used: set[str], modules: Sequence[ModuleType]) -> list[str]:
    """Return the constants in capitals that the functions' modules define for them."""
    lines = {}
    for module in modules:
        for name, value in vars(module).items():
            if name.isupper() and name in used:
                is_listing = isinstance(value, tuple)
                lines[name] = (
                    listing(name, value, "()") if is_listing else f"{name} = {value!r}"
                )
    return list(lines.values())


def _body(spec: DataSpec, source: Source, writer: Writer, path: str) -> str:
    default = writer.text_of(path)
    read = source.write_read(writer, spec)
    columns = ["    columns = {"]
    plain = [port for port in spec.ports if not source.is_late(port)]
    for port in plain:
        value = source.write_value(port, writer, spec)
        columns += value.entry(writer.text_of(port.name))
    columns = [*columns, "    }"] if plain else ["    columns = {}"]
    split = source.write_split(writer, spec)
    streamed = [port.name for port in plain if source.streams(port, spec)]
    scaled = [port for port in spec.ports if port.normalize == "standard"]
    if scaled:
        split += source.write_scaling(scaled, writer, streamed)
    split += source.write_fitted(writer, spec)
    writer.called.append("to_tensor")
    returns = _RETURNS
    if streamed:
        returns = returns.replace("[str, Tensor]", "[str, Tensor | Streamed]")
    head = ["def load_data(", f"    path: str = {default},", returns]
    lines = [
        *([f"def load_data({_RETURNS}"] if source.embedded else head),
        '    """Return all examples by name, and the rows of each part.',
        "",
        "    The parts are training, validation and test.",
        '    """',
        *read,
        *columns,
        *split,
        *_tensors(writer, bool(streamed)),
        "    return tensors, train, validation, test",
    ]
    return "\n".join(lines)


def _tensors(writer: Writer, streamed: bool) -> list[str]:
    """Return the lines that make tensors of arrays; what is streamed stays as it is."""
    if not streamed:
        return [
            "    tensors = {name: to_tensor(array) for name, array in columns.items()}"
        ]
    writer.called.append("read_ahead")
    return [
        "    tensors = {",
        "        name: array if isinstance(array, Streamed) else to_tensor(array)",
        "        for name, array in columns.items()",
        "    }",
    ]
