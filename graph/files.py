"""The ``.loom`` format: a project as JSON that a diff can show.

A file is read in stages: text -> JSON -> migrations -> records -> objects. What this version does
not know (keys, node kinds, arguments, ports) is kept and written back; what is wrong is reported
and the rest opens. Unknown kinds, missing ports and cycles are the business of
:mod:`graph.analysis`, which reports them on their nodes.

The layout is fixed: a node or a wire per line, sorted, so that the same project always gives the
same bytes. Text is ASCII with JSON's escapes, so no editor and no encoding can damage it.
"""

from __future__ import annotations

import json
import os
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from graph import migrations
from graph.atomic import write_bytes
from graph.dataspec import DataSpec
from graph.document import TRAINING, Network, Node, Project, Wire
from graph.drawing_records import drawing_record, fill_drawing
from graph.errors import DocumentError, FileError
from graph.layout import layout, natural_key
from graph.records import (
    NodeRecord,
    Report,
    check_depth,
    read,
    read_arguments,
    read_params,
    read_wire,
    to_json,
)
from graph.settings import RunSettings

__all__ = [
    "FORMAT",
    "SUFFIX",
    "Loaded",
    "check_counts",
    "dumps",
    "fill",
    "graph_record",
    "load",
    "loads",
    "parse",
    "save",
]

FORMAT = "torchloom"
SUFFIX = ".loom"
#: Bytes.
LARGEST_FILE = 64 * 2**20
MOST_NODES = 100_000
MOST_WIRES = 100_000

_OF_NETWORKS = ("name", "arguments", "nodes", "wires", "frames", "bends", "views")
_OF_TRAINING = tuple(part for part in _OF_NETWORKS if part != "arguments")
_KNOWN = ("format", "version", "needs", "name", "data", "settings", "networks", "training")


@dataclass(frozen=True)
class Loaded:
    """A project from a file, and what there is to say about the file.

    `complete` is False where something in the file has no place in the project: saving over the
    file would lose it.
    """

    project: Project
    notes: list[str]
    complete: bool = True


# -- reading ----------------------------------------------------------------------------------


def load(path: str | os.PathLike[str]) -> Loaded:
    """Read a project file.

    Raises
    ------
    FileError
        If there is no file, or nothing in it can be opened.
    """
    path = Path(path)
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise FileError(f"{path} {what}; expected a {SUFFIX} file.")
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FileError(f"{path} could not be read: {reason}.") from error
    if len(data) > LARGEST_FILE:
        raise FileError(f"{path} is larger than {LARGEST_FILE >> 20} MiB; no project is.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path} is not a project file: expected text in UTF-8, "
            f"received the byte 0x{data[error.start]:02x} at offset {error.start}."
        ) from error
    return loads(text, str(path))


def loads(text: str, name: str = "The text") -> Loaded:
    """Read a project from the text of a file; `name` is what messages call it."""
    try:
        report = Report()
        content = parse(text, report)
        if (found := content.get("format")) != FORMAT:
            raise FileError(f"its 'format' should be {FORMAT!r}; received {reprlib.repr(found)}.")
        content = migrations.migrate(content, content.get("version"))
        project = _project(content, report)
    except FileError as error:
        raise FileError(f"{name} cannot be opened: {error}") from error
    return Loaded(project, report.all_notes(), not report.lost)


def parse(text: str, report: Report) -> dict[str, Any]:
    """Return the JSON object in `text`; raises FileError where there is none."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            report.left_out("An object has the same key twice; the last one counts.")
        return found

    if not text.strip():
        raise FileError("it is empty.")
    try:
        content = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise FileError(
            f"it is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise FileError("its lists and objects are nested too deep.") from error
    except ValueError as error:
        # Python refuses to read a number of more than some thousand digits.
        raise FileError("it holds a number with thousands of digits.") from error
    if not isinstance(content, dict):
        raise FileError(f"expected a JSON object; received {reprlib.repr(content)}.")
    check_depth(content)
    return content


def _project(content: dict[str, Any], report: Report) -> Project:
    project = Project()
    if isinstance(name := content.get("name"), str):
        project.name = name
    else:
        report.left_out(f"The project's name should be text; received {reprlib.repr(name)}.")
    for key in content:
        if key not in _KNOWN:
            report.kept(f"The file has the unknown part {reprlib.repr(key)}; it is kept as it is.")
            project.unknown[key] = content[key]
    project.data = _data(content.get("data", {}), project, report)
    settings, extra = read(RunSettings, content.get("settings", {}), "The settings", report)
    project.settings = settings or RunSettings()
    if extra:
        project.unknown["settings"] = extra
    graphs = _listed(content.get("networks", []), "The file's 'networks'", report)
    check_counts([*graphs, content.get("training")])
    for raw in graphs:
        if (network := _named_network(raw, project, report)) is not None:
            project.add_network(network)
            fill(network, raw, project, report)
    training = content.get("training", {})
    if isinstance(training, dict):
        fill(project.training, training, project, report)
    else:
        report.left_out(f"The training graph should be an object; received {type(training)}.")
    return project


def _data(raw: object, project: Project, report: Report) -> DataSpec:
    """Return the data description; one that cannot be read is kept as a whole."""
    if not isinstance(raw, dict):
        report.left_out(f"The file's 'data' should be an object; received {reprlib.repr(raw)}.")
        return DataSpec()
    extra = {key: value for key, value in raw.items() if key not in DataSpec.model_fields}
    for key in extra:
        report.kept(f"The data has the unknown key {reprlib.repr(key)}; it is kept as it is.")
    try:
        data = DataSpec.model_validate({k: v for k, v in raw.items() if k not in extra})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "data"
        report.kept(
            f"The data description cannot be used: {where}: {first['msg']}; received "
            f"{reprlib.repr(first['input'])}. It is kept until other data is chosen."
        )
        project.unknown["data"] = {"whole": raw}
        return DataSpec()
    if extra:
        project.unknown["data"] = {"keys": extra}
    return data


def _listed(raw: object, what: str, report: Report) -> list[Any]:
    if isinstance(raw, list):
        return raw
    report.left_out(f"{what} should be a list; received {reprlib.repr(raw)}.")
    return []


def check_counts(graphs: Sequence[object]) -> None:
    """Raise FileError for more nodes or wires than anything here could draw."""
    for part, most in (("nodes", MOST_NODES), ("wires", MOST_WIRES)):
        lists = [graph.get(part) for graph in graphs if isinstance(graph, dict)]
        count = sum(len(items) for items in lists if isinstance(items, list))
        if count > most:
            raise FileError(f"it has {count:,} {part}; at most {most:,} can be opened.")


def _named_network(raw: object, project: Project, report: Report) -> Network | None:
    """Return a new network under the name in `raw`, or one like it that is free."""
    if not isinstance(raw, dict):
        report.left_out(f"A network should be an object; received {reprlib.repr(raw)}.")
        return None
    name = raw.get("name")
    try:
        project.check_network_name(name if isinstance(name, str) else "")
        return Network(str(name), project)
    except DocumentError as error:
        word = "".join(c for c in str(name)[:48] if c.isascii() and (c.isalnum() or c == "_"))
        base = word if word[:1].isalpha() and word != TRAINING else f"network_{word}".rstrip("_")
        new, number = base, 2
        while new in project.networks:
            new, number = f"{base}_{number}", number + 1
        report.left_out(f"A network is called {new!r} here. {error}")
        return Network(new, project)


def fill(network: Network, raw: dict[str, Any], project: Project, report: Report) -> None:
    """Put the nodes and wires in `raw` into an empty network."""
    where = "the training graph" if network.is_training else repr(network.name)
    known = _OF_TRAINING if network.is_training else _OF_NETWORKS
    extra = {key: raw[key] for key in raw if key not in known}
    if "arguments" in raw and not network.is_training:
        network.arguments = read_arguments(raw["arguments"], where, report)
    for key in extra:
        report.kept(f"{where} has the unknown key {reprlib.repr(key)}; it is kept as it is.")
    of_nodes: dict[str, Any] = {}
    for at, item in enumerate(_listed(raw.get("nodes", []), f"The nodes of {where}", report), 1):
        _add_node(network, item, f"Node {at} of {where}", of_nodes, report)
    _add_wires(
        network, _listed(raw.get("wires", []), f"The wires of {where}", report), where, report
    )
    fill_drawing(network, raw, where, report)
    if extra or of_nodes:
        graphs = project.unknown.setdefault("networks", {})
        graphs[network.name] = {"keys": extra, "nodes": of_nodes}


def _add_node(
    network: Network, raw: object, where: str, of_nodes: dict[str, Any], report: Report
) -> None:
    record, extra = read(NodeRecord, raw, where, report)
    if record is None:
        return
    label = f"{where} ({reprlib.repr(record.title or record.kind)})"
    params, refused = read_params(record.params, label, report)
    node_id = record.id
    if node_id in network:
        node_id = network.fresh_id()
        report.left_out(
            f"{label} has the id {reprlib.repr(record.id)} of another node; it is {node_id!r} "
            "here, and wires stay with the first."
        )
    network.add_node(record.node(node_id, params))
    if refused:
        extra = {**extra, "params": refused}
    if extra:
        of_nodes[node_id] = extra


def _add_wires(network: Network, raw: list[Any], where: str, report: Report) -> None:
    taken: set[tuple[str, str]] = set()
    for item in raw:
        if (parts := read_wire(item, where, report)) is None:
            continue
        wire = Wire(*parts)
        missing = [end for end in (wire.source, wire.target) if end not in network]
        if missing:
            why = f"there is no node {reprlib.repr(missing[0])}"
        elif (wire.target, wire.target_port) in taken:
            why = "that input already has a wire"
        else:
            # Not restore_wire, which looks through all wires of the target for each: nobody
            # follows this network yet, and its rules were just checked.
            network.graph.add_edge(
                wire.source, wire.target, key=(wire.source_port, wire.target_port)
            )
            taken.add((wire.target, wire.target_port))
            continue
        report.left_out(f"The wire {reprlib.repr(str(wire))} of {where} was left out: {why}.")


# -- writing ----------------------------------------------------------------------------------


def save(project: Project, path: str | os.PathLike[str]) -> None:
    """Write a project file in one step: at every moment the old or the new one is there, whole.

    Raises
    ------
    FileError
        If it cannot be written; what was there before is unchanged.
    """
    write_bytes(Path(path), dumps(project).encode("ascii"))


def dumps(project: Project) -> str:
    """Return the text of a project's file; the same project always gives the same text."""
    unknown = dict(project.unknown)
    of_graphs = unknown.pop("networks", {})
    data, settings = unknown.pop("data", {}), unknown.pop("settings", {})
    content = {
        "format": FORMAT,
        "version": migrations.CURRENT,
        "needs": migrations.NEEDS,
        "name": project.name,
        "data": _data_record(project.data, data),
        "settings": _with(_settings_record(project.settings), settings),
        "networks": [
            {"name": name, **graph_record(network, of_graphs.get(name, {}))}
            for name, network in project.networks.items()
        ],
        "training": graph_record(project.training, of_graphs.get(TRAINING, {})),
        **unknown,
    }
    try:
        return layout(content)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{project.name[:80]!r} cannot be written as a file: {error}.") from error


def _settings_record(settings: RunSettings) -> dict[str, Any]:
    """Return the settings' record; what is watched and how often a run is saved only where set."""
    usual = RunSettings()
    kept = _plain(settings)
    for name in ("watch", "watch_mode", "save_seconds", "save_steps"):
        if kept[name] == getattr(usual, name):
            del kept[name]
    return kept


def _data_record(data: DataSpec, unknown: dict[str, Any]) -> dict[str, Any]:
    """Return the data's record; while none was chosen, one that could not be read goes back."""
    if data == DataSpec() and "whole" in unknown:
        return dict(unknown["whole"])
    return _with(_plain(data), unknown.get("keys", {}))


def _with(record: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    """Return a record followed by the keys that only the file knows."""
    return {**record, **{key: value for key, value in unknown.items() if key not in record}}


def _plain(model: BaseModel) -> dict[str, Any]:
    """Return a model's fields as JSON values, keys in the order of their definition."""
    return {name: _listified(value) for name, value in model.model_dump().items()}


def _listified(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listified(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_listified(item) for item in value]
    return value


def graph_record(
    network: Network, unknown: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the record of a graph's arguments, nodes and wires; `unknown` is from its file."""
    of_nodes = unknown.get("nodes", {})
    nodes = sorted(network, key=lambda node: natural_key(node.id))
    wires = [[w.source, w.source_port, w.target, w.target_port] for w in network.wires()]
    arguments = [[a.name, a.type, a.default] for a in network.arguments]
    return {
        **({"arguments": arguments} if arguments else {}),
        "nodes": [_node(node, of_nodes.get(node.id, {})) for node in nodes],
        "wires": sorted(wires, key=lambda wire: [natural_key(part) for part in wire]),
        **drawing_record(network),
        **unknown.get("keys", {}),
    }


def _node(node: Node, unknown: dict[str, Any]) -> dict[str, Any]:
    """Return a node's record. What is empty is left out, so that a line says what is special."""
    refused = unknown.get("params", {})
    params = {name: to_json(value) for name, value in node.params.items()}
    if isinstance(refused, dict):
        params = {**refused, **params}
    record = {
        "id": node.id,
        "kind": node.kind,
        "title": node.title,
        "params": dict(sorted(params.items())),
        "position": [int(x) if x.is_integer() else x for x in map(float, node.position)],
        "comment": node.comment,
        "collapsed": node.collapsed,
        "pinned": node.pinned,
    }
    return _with({name: value for name, value in record.items() if value}, unknown)
