"""Blocks as classes: the numbers of the same layers written by hand, and the way back to nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graph.analysis import Analysis
from graph.codegen import generate_model, generate_network, network_paths
from graph.compile import compile_source
from graph.document import Project
from graph.edits import SetArguments, set_params
from graph.errors import GenerateError
from graph.expressions import Argument, Expression
from tests import builders
from tests.graph import nested
from tests.graph.codegen import generated


def module_of(project: Project, name: str) -> nn.Module:
    torch.manual_seed(0)
    text = generated.model(project)
    return compile_source(text, "blocks").names[name]()


def residual(block: nn.Module, x: Tensor) -> Tensor:
    y = block.norm2(block.conv2(F.relu(block.norm1(block.conv1(x)))))
    return F.relu(y + block.shortcut(x))


def test_a_resnet_gives_the_numbers_of_one_written_by_hand() -> None:
    module = module_of(nested.resnet(), "ResNet")
    image = torch.randn(3, 1, 8, 8)
    x = module.stem(image)
    for block in [*module.stage1, module.stage2, *module.stage3, *module.stage4]:
        x = residual(block, x)
    expected = module.head[2](x.mean((2, 3)))
    torch.testing.assert_close(module.eval()(image), module.eval()(image))
    module.train()
    torch.manual_seed(1)
    torch.testing.assert_close(module(image), expected)


def test_repetitions_with_a_memory_are_a_loop() -> None:
    module = module_of(nested.decoder(), "Decoder").eval()
    target, memory = torch.randn(2, 4, 16), torch.randn(2, 5, 16)
    x = target
    for layer in module.layers:
        attended, _ = layer.attention(x, memory, memory)
        x = layer.narrow(layer.wide(layer.norm(attended + x)))
    torch.testing.assert_close(module(target, memory), module.head(x))
    assert len(module.layers) == 3
    assert len(type(module)(depth=5).layers) == 5, "depth is an argument of the class"


def test_shared_weights_are_one_module() -> None:
    module = module_of(nested.siamese(), "Siamese")
    left, right = torch.randn(2, 1, 8, 8), torch.randn(2, 1, 8, 8)
    torch.testing.assert_close(module(left, right), module.encoder(left) - module.encoder(right))
    assert len(list(module.parameters())) == 2


def test_stages_of_two_widths_take_what_they_infer_as_arguments() -> None:
    project = nested.widening()
    analysis = Analysis(project)
    module = module_of(project, "Net")
    assert module(torch.randn(2, 3, 6, 6)).shape == (2, 3)
    assert sum(p.numel() for p in module.parameters()) == analysis.total("net").parameters
    stage = compile_source(generate_model(project, analysis), "stage").names["Stage"]
    assert stage(5, 8, 4)(torch.randn(2, 5, 6, 6)).shape == (2, 8, 6, 6)


def test_sizes_that_follow_an_argument_are_written_with_it() -> None:
    """``head`` sees channels * 36 features, a group norm as many channels as there are."""
    channels = Expression("channels")
    net = builders.chain(
        [
            ("Conv2d", {"out_channels": channels, "kernel_size": 3}),
            ("GroupNorm", {"num_groups": Expression("channels // 2")}),
            ("reshape", {"shape": ("N", Expression("channels * 36"))}),
            ("Linear", {"out_features": Expression("channels * 2 + 1")}),
            "ReLU",
            ("Linear", {"out_features": 10}),
        ],
        shape=(1, 8, 8),
    )
    net.set_arguments([Argument("channels", "int", 4)])
    text = generated.model(builders.project(net)).text
    assert "def __init__(self, channels: int = 4) -> None:" in text
    assert "nn.Conv2d(1, channels, 3)" in text
    assert "nn.GroupNorm(channels // 2, channels)" in text
    assert "nn.Linear(channels * 36, channels * 2 + 1)" in text
    assert "nn.Linear(channels * 2 + 1, 10)" in text
    assert "self.channels = channels" in text
    assert "self.channels * 36" in text
    made = compile_source(generated.model(builders.project(net)), "sizes").names["Net"]
    for size in (2, 4, 10):
        assert made(size)(torch.randn(3, 1, 8, 8)).shape == (3, 10)
    assert made()(torch.randn(3, 1, 8, 8)).shape == (3, 10)


@pytest.mark.parametrize("name", nested.PROJECTS)
def test_modules_are_found_where_paths_say(name: str) -> None:
    project = nested.PROJECTS[name]()
    analysis = Analysis(project)
    names = {"resnet": "res_net", "widening": "net"}
    network = names.get(name, name)
    module = module_of(
        project, {"resnet": "ResNet", "widening": "Net"}.get(name, name.capitalize())
    )
    paths = network_paths(project, network, analysis)
    ours = {p for p, m in module.named_modules() if not list(m.children()) and p}
    layers = {p for p in ours if not p.endswith("out_proj")}
    assert layers <= paths.keys()
    for path, (graph, node_id) in paths.items():
        node = project.networks[graph].node(node_id)
        if node.kind != "Block":
            assert type(module.get_submodule(path)).__name__ == node.kind


def test_the_code_of_a_network_has_that_of_its_blocks_and_lines_know_their_nodes() -> None:
    project = nested.resnet()
    analysis = Analysis(project)
    source = generate_network(project, "res_net", analysis)
    lines = source.text.split("\n")
    inner = [lines[i].strip() for i in source.lines_of("residual_block", "shortcut")]
    assert inner == [
        "self.shortcut = nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False)",
        "x = self.shortcut(x)",
    ]
    outer = [lines[i].strip() for i in source.lines_of("res_net", "n3")]
    assert outer[0] == "self.stage2 = ResidualBlock(16, 32, stride=2)"
    alone = generate_network(project, "residual_block", analysis).text
    assert "class ResNet" not in alone
    assert "def __init__(self, in_channels: int, channels: int, stride: int = 1)" in alone


def test_sizes_that_no_expression_can_say_are_refused() -> None:
    """A stage of repetitions that shrink: how often differs, and what is flattened with it."""
    step = builders.graph(
        "step",
        {"x": ("Input", {}, "x"), "flat": "Flatten",
         "linear": ("Linear", {"out_features": 6}), "half": ("Linear", {"out_features": 6}),
         "y": ("Output", {}, "y")},
        ["x > flat", "flat > linear", "linear > half", "half > y"],
    )  # fmt: skip
    project = builders.project(step)
    outer = builders.chain([nested.block("step", repeat=Expression("depth"))], name="outer",
                           source="x", inside=project)  # fmt: skip
    outer.set_arguments([Argument("depth", "int", 1)])
    project.add_network(outer)
    blocks = [nested.block("outer", depth=3), nested.block("outer", depth=1)]
    project.add_network(builders.chain(blocks, shape=(9,), name="net", inside=project), 0)
    with pytest.raises(GenerateError, match="would need in_features to be 9 and 6"):
        generated.model(project)
    set_params(project.networks["net"], "n2", {"arguments": (("depth", 3),)}).apply(project)
    text = generated.model(project).text
    assert "Step(in_features), *(Step(6) for _ in range(depth - 1))" in text


def test_arguments_of_hostile_names_stay_names(tmp_path: Path) -> None:
    net = builders.chain([("Linear", {"out_features": Expression("self + torch")})], shape=(4,))
    SetArguments("net", (Argument("self", "int", 2), Argument("torch", "int", 3))).apply(
        project := builders.project(net)
    )
    text = generated.model(project).text
    assert "def __init__(self, self_: int = 2, torch_: int = 3) -> None:" in text
    assert "nn.Linear(4, self_ + torch_)" in text
    assert generated.ruff_says({"model.py": text}, tmp_path) == ""
