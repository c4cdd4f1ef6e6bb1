"""Generated code: networks and training graphs as readable Python.

There is one generator. What trains is the module that its text makes when executed
(:mod:`graph.compile`), and what is exported is that text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph.analysis import Analysis
from graph.blocks import inner_networks, used_with_blocks, with_blocks
from graph.codegen.blocks import makes_several
from graph.codegen.classes import Designs, design_classes
from graph.codegen.network import NetworkCode, write_network
from graph.codegen.parts import TrainingCode
from graph.codegen.script import Facts, used_names, write_script
from graph.codegen.source import Source, Writer
from graph.codegen.training import write_training
from graph.document import Project
from graph.errors import GenerateError
from graph.flow import Flow

__all__ = [
    "Facts",
    "NetworkCode",
    "Source",
    "TrainingCode",
    "generate_model",
    "generate_network",
    "generate_script",
    "generate_training",
    "network_paths",
    "prefers_channels_last",
    "write_training",
]


def generate_network(project: Project, name: str, analysis: Analysis) -> Source:
    """Return the module text with the class of one network, and those of the blocks in it."""
    designs = design_classes(project, analysis, [project.network(name).name])
    return _module(_written(designs, with_blocks(project, [name]), analysis))


def generate_model(project: Project, analysis: Analysis) -> Source:
    """Return ``model.py``: the classes of all networks that the training graph uses, or of all."""
    names = used_with_blocks(project) or list(project.networks)
    if not names:
        raise GenerateError("There is no network yet; add one.")
    return _module(_written(design_classes(project, analysis), names, analysis))


def _written(designs: Designs, names: list[str], analysis: Analysis) -> list[NetworkCode]:
    """Return the classes of networks; one stands below those that it makes."""
    found = [name for name in designs if name in names]
    if not any(inner_networks(designs[name].network) for name in found):
        found = [name for name in names if name in designs]
    return [write_network(designs[name], designs, analysis) for name in found]


def generate_training(project: Project, analysis: Analysis) -> Source:
    """Return the definitions, objects and functions of the training graph."""
    return write_training(project, analysis).source


def generate_script(project: Project, analysis: Analysis, facts: Facts) -> Source:
    """Return ``train.py``."""
    return write_script(write_training(project, analysis), facts)


def network_paths(project: Project, name: str, analysis: Analysis) -> dict[str, tuple[str, str]]:
    """Return the (graph, node) behind each layer in the module of a network, by its path."""
    designs = design_classes(project, analysis, [name])
    names = with_blocks(project, [name])
    codes = {n: write_network(designs[n], designs, analysis) for n in designs if n in names}
    return dict(_paths(codes, analysis.flow(name), ""))


def _paths(
    codes: Mapping[str, NetworkCode], flow: Flow, before: str
) -> Iterator[tuple[str, tuple[str, str]]]:
    network = flow.network
    for node_id, path in codes[network.name].paths.items():
        yield f"{before}{path}", (network.name, node_id)
        node, children = network.node(node_id), flow.children.get(node_id, ())
        for number, child in enumerate(children):
            inner = f"{before}{path}.{number}" if makes_several(node) else f"{before}{path}"
            if inner != f"{before}{path}":
                yield inner, (network.name, node_id)
            yield from _paths(codes, child, f"{inner}.")


def prefers_channels_last(project: Project) -> bool:
    """Whether a network convolves pictures: then weights are kept with channels last."""
    return any(
        node.kind in ("Conv2d", "ConvTranspose2d") for n in project.networks.values() for node in n
    )


def _module(networks: list[NetworkCode]) -> Source:
    _check_class_names(networks)
    out, body = Writer(), Writer()
    for definition in dict.fromkeys(d for code in networks for d in code.definitions):
        body.line()
        body.line()
        body.block(definition)
    for code in networks:
        body.line()
        body.line()
        body.extend(code.writer)
    used = used_names(body.source().text)
    out.line(f'"""{_title(networks)}"""')
    out.line()
    if "math" in used:
        out.line("import math")
        out.line()
    if "torch" in used:
        out.line("import torch")
    if "F" in used:
        out.line("import torch.nn.functional as F")
    out.line("from torch import Tensor, nn")
    out.extend(body)
    return out.source()


def _title(networks: list[NetworkCode]) -> str:
    if len(networks) == 1:
        return f"The network {networks[0].class_name}."
    return f"The networks {', '.join(code.class_name for code in networks)}."


def _check_class_names(networks: list[NetworkCode]) -> None:
    names = [code.class_name for code in networks]
    for name in names:
        if names.count(name) > 1:
            raise GenerateError(
                f"Two networks would both become the class {name}; rename one of them."
            )
