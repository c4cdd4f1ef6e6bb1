"""Problems that come of a project, its data and the machine together, found before training.

Each would end the training later: after minutes, or with the whole process where the system
takes memory back by killing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from graph.analysis import Analysis
from graph.blocks import used_with_blocks
from graph.codegen.script import EVALUATION_BATCH
from graph.document import Node, Project
from graph.edits import SetSettings
from graph.problems import Fix, Problem
from graph.uses import used_networks
from runtime.data import Dataset
from runtime.lookups import short_tables
from runtime.machine import memory_of

__all__ = ["infeasible", "lone_examples"]

#: Bytes of a number in float32, and of a weight with its gradient.
_NUMBER, _WEIGHT = 4, 8

#: Families of operations some of which give a view of their input, however large it looks.
_VIEWS = frozenset({"shape", "selection", "structure"})

_BATCH_NORMS = frozenset({"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"})


def infeasible(
    project: Project, analysis: Analysis, dataset: Dataset, device: torch.device
) -> list[Problem]:
    """Return what keeps a project without errors from training on this data and machine."""
    too_large = _too_large(project, analysis, used_networks(project), dataset, memory_of(device))
    tables = short_tables(project, analysis, dataset)
    return [*too_large, *tables, *lone_examples(project, analysis, len(dataset.train))]


# -- memory ---------------------------------------------------------------------------------------


def _too_large(
    project: Project, analysis: Analysis, networks: list[str], dataset: Dataset, most: int
) -> Iterator[Problem]:
    """Yield a problem where weights and the largest result alone need more than there is.

    Training needs more than that, so what is refused here could never have worked.
    """
    trained = min(project.settings.batch_size, len(dataset.train))
    batch = max(trained, min(EVALUATION_BATCH, len(dataset.validation)))
    weights = {
        (name, node.id): _WEIGHT * cost.parameters
        for name in networks
        for node in project.networks[name]
        if (cost := analysis.cost(name, node.id)) is not None
    }
    for name in used_with_blocks(project):  # a block's weights count where it stands
        weights.update({(name, n.id): 0 for n in project.networks[name] if name not in networks})
    results = {place: _result_bytes(project, analysis, *place, batch) for place in weights}
    needed = sum(weights.values()) + max(results.values(), default=0)
    if needed <= most:
        return
    name, node_id = max(weights, key=lambda place: max(weights[place], results[place]))
    node = project.networks[name].node(node_id)
    if weights[name, node_id] >= results[name, node_id]:
        what = f"{weights[name, node_id] // _WEIGHT:,} weights of {node.label!r}"
        mend = "Make it smaller."
    else:
        size = results[name, node_id]
        what = f"{_size(size)} for the output of {node.label!r} at {batch} examples"
        mend = "Make it smaller" + (", or lower the batch size." if batch == trained else ".")
    yield _problem(
        name,
        node,
        f"a training that fits into the {_size(most)} of memory there are",
        f"one that needs more than {_size(needed)}, most of it for the {what}",
        mend,
    )


def _result_bytes(project: Project, analysis: Analysis, name: str, node_id: str, batch: int) -> int:
    """Return the bytes of the largest output of a node for a batch; 0 for a mere view."""
    network = project.networks[name]
    if network.kind(node_id).family in _VIEWS:
        return 0
    ports = network.ports(node_id).outputs
    types = [analysis.type_of(name, node_id, port.name) for port in ports]
    return max((_NUMBER * math.prod(t.at(batch, 1)) for t in types if t is not None), default=0)


def _size(count: int) -> str:
    """Return a number of bytes for people."""
    gib = count / 2**30
    return f"{gib / 1024:,.1f} TiB" if gib >= 1024 else f"{gib:,.1f} GiB"


# -- batches of one example -----------------------------------------------------------------------


def lone_examples(project: Project, analysis: Analysis, count: int) -> Iterator[Problem]:
    """Yield a problem for each batch normalisation that would see a single number per channel.

    `count` is the number of examples to train on.
    """
    size = project.settings.batch_size
    if size > 1 and count % size != 1:
        return
    other = _batch_size_without_rest(size, count)
    for name in used_with_blocks(project):
        for node in project.networks[name]:
            arriving = analysis.type_of(name, node.id, "input") if _normalizes(node) else None
            if arriving is None or math.prod((1, 1, *arriving.at(1, 48)[2:])) != 1:
                continue
            last = "every batch" if size == 1 or count == 1 else "the last batch of an epoch"
            mend = "Take more examples for training."
            if other is not None:
                mend = f"Set the batch size to {other}."
            edit = other and SetSettings(project.settings.model_copy(update={"batch_size": other}))
            fixes = (Fix(f"Set the batch size to {other}", edit),) if edit else ()
            yield _problem(
                name,
                node,
                "batches of at least 2 examples, as it takes mean and deviation over a batch",
                f"1 example in {last} ({count:,} examples in batches of {size})",
                mend,
                fixes,
            )


def _normalizes(node: Node) -> bool:
    return node.kind in _BATCH_NORMS


def _batch_size_without_rest(size: int, count: int) -> int | None:
    """Return the batch size next to `size` that leaves no single example, if there is any."""
    if count < 2:
        return None
    return next(
        other
        for step in range(count + size)
        for other in (size - step, size + step)
        if other > 1 and count % other != 1
    )


def _problem(
    network: str,
    node: Node,
    expected: str,
    received: str,
    mend: str,
    fixes: tuple[Fix, ...] = (),
) -> Problem:
    return Problem(
        "error", network, node.id, None, node.label, expected, received, mend, lambda: fixes
    )
