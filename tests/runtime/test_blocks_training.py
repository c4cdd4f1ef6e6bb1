"""Projects with blocks in training: an error inside an instance is told on the node in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from graph import recipes
from graph.document import Project
from graph.ways import Place, in_words
from runtime.plan import prepare
from tests.graph import nested
from tests.runtime.training import finished, small


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
    way = plan.way_to(caught.value)
    assert way == (Place("res_net", "n5", 3), Place("residual_block", "norm2"))
    assert in_words(plan.project, way) == "res_net › stage4 3 › norm2"
    owners = {plan.owners[id(m)] for m in network.modules() if id(m) in plan.owners}
    assert Place("res_net", "n5", 1) in owners
    assert Place("residual_block", "shortcut") in owners


def test_a_run_that_fails_in_a_block_names_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = resnet()
    plain = torch.nn.BatchNorm2d.forward
    calls = iter(range(1_000))

    def broken(self: torch.nn.BatchNorm2d, x: Tensor) -> Tensor:
        if self.num_features == 64 and next(calls) > 3:
            raise RuntimeError("no memory left")
        return plain(self, x)

    monkeypatch.setattr(torch.nn.BatchNorm2d, "forward", broken)
    failure = finished(project, tmp_path).failure
    assert failure is not None
    assert (failure.network, failure.node) == ("residual_block", "norm1")
    assert failure.message == ("Training failed in res_net › stage4 3 › norm1: no memory left")
    assert [place.graph for place in failure.way] == ["training", "res_net"]
