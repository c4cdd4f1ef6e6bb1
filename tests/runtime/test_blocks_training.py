"""Projects with blocks in training: an error inside an instance is told on the node in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from graph import recipes
from graph.document import Project
from runtime.plan import prepare
from tests.graph import nested
from tests.runtime.training import small


def resnet() -> Project:
    project = nested.resnet()
    project.set_data(small())
    recipes.supervised(project, recipes.guess(project)).apply(project)
    return project


def test_an_error_in_a_block_is_found_on_the_node_in_its_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = prepare(resnet(), tmp_path)
    network = plan.networks["res_net"]
    image = torch.zeros(2, 1, 8, 8)
    network(image)

    def broken(x: Tensor) -> Tensor:
        raise RuntimeError("no memory left")

    monkeypatch.setattr(network.stage4[2].norm2, "forward", broken)
    with pytest.raises(RuntimeError) as caught:
        network(image)
    assert plan.locate(caught.value) == ("residual_block", "norm2")
    owners = {plan.owners[id(m)] for m in network.modules() if id(m) in plan.owners}
    assert ("res_net", "n5") in owners
    assert ("residual_block", "shortcut") in owners
