"""Generated code as it reads: kept in files, renewed only with ``pytest --renew-golden``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch

from graph.analysis import Analysis
from graph.codegen import generate_network, network_paths
from graph.codegen.names import SCRIPT_NAMES
from graph.compile import compile_source
from graph.document import TRAINING, Project
from tests import builders
from tests.graph import nested
from tests.graph.codegen import generated
from tests.graph.codegen.networks import NETWORKS, PROJECTS, REFERENCES

_GOLDEN = Path(__file__).parent.parent / "golden"


def texts() -> dict[str, str]:
    """Return every golden text by file name; train.py stands beside the model.py it imports."""
    found = {f"{name}/model.py": generated.model(_project(name)).text for name in NETWORKS}
    for name, make in nested.PROJECTS.items():
        found[f"{name}/model.py"] = generated.model(make()).text
    for name, make in PROJECTS.items():
        found[f"{name}/model.py"] = generated.model(make()).text
        found[f"{name}/train.py"] = generated.script(make()).text
    return found


def _project(name: str) -> Project:
    return builders.project(NETWORKS[name]())


@pytest.mark.parametrize("name", [*NETWORKS, *PROJECTS, *nested.PROJECTS])
def test_code_reads_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    for path, text in texts().items():
        if path.startswith(f"{name}/"):
            golden = _GOLDEN / path.replace("/", "_").replace(".py", ".txt")
            if request.config.getoption("--renew-golden"):
                golden.write_text(text, encoding="utf-8", newline="\n")
            assert text == golden.read_text(encoding="utf-8"), golden.name


def test_no_golden_file_is_left_over() -> None:
    names = {path.replace("/", "_").replace(".py", ".txt") for path in texts()}
    assert {path.name for path in _GOLDEN.iterdir()} == names


def test_ruff_has_nothing_against_it(tmp_path: Path) -> None:
    files = texts()
    models = {f"{name}.py": files[f"{name}/model.py"] for name in [*NETWORKS, *nested.PROJECTS]}
    assert generated.ruff_says(models, tmp_path) == ""
    for name in PROJECTS:
        (folder := tmp_path / name).mkdir()
        exported = {file: files[f"{name}/{file}"] for file in ("model.py", "train.py")}
        assert generated.ruff_says({**exported, "data.py": ""}, folder) == ""


@pytest.mark.parametrize("name", NETWORKS)
def test_numbers_are_those_of_the_layers_called_by_hand(name: str) -> None:
    project = _project(name)
    analysis = Analysis(project)
    network = project.networks[name]
    torch.manual_seed(0)
    compiled = compile_source(generate_network(project, name, analysis), f"test {name}")
    module = compiled.names[name.capitalize()]()
    inputs = [
        torch.randn(analysis.type_of(name, node.id, "output").at(3, 5))
        for node in network.by_kind("Input")
    ]
    found = module(*inputs)
    expected = REFERENCES[name](module, *inputs)
    found = found if isinstance(found, tuple) else (found,)
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_line_knows_its_node(name: str) -> None:
    project = _project(name)
    analysis = Analysis(project)
    network = project.networks[name]
    source = generate_network(project, name, analysis)
    lines = source.text.split("\n")
    assert len(source.nodes) == len(lines) - 1
    paths = {origin[1]: path for path, origin in network_paths(project, name, analysis).items()}
    for node in network:
        mine = [lines[i] for i in source.lines_of(name, node.id)]
        constructor = network.kind(node.id).construct(analysis.args(name, node.id))
        assert (node.id in paths) == (constructor is not None)
        if constructor is not None:
            assert any(constructor.partition("(")[0] + "(" in line for line in mine), node
        elif node.kind not in ("Input", "Output"):
            assert mine, node
    for i, origin in enumerate(source.nodes):
        if origin is None:
            assert not lines[i].strip().startswith(("self.", "x =")), lines[i]


def test_every_line_of_a_step_knows_its_node() -> None:
    project = PROJECTS["several_losses"]()
    source = generated.script(project)
    lines = source.text.split("\n")
    for node, expected in (
        ("loss", "= mse_loss("),
        ("loss", "mse_loss = nn.MSELoss()"),
        ("robust", "= smooth_l1_loss("),
        ("network", "= regressor("),
        ("total", "total ="),
    ):
        mine = [lines[i] for i in source.lines_of(TRAINING, node)]
        assert any(expected in line for line in mine), (node, mine)


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_are_found_where_paths_say(name: str) -> None:
    project = _project(name)
    analysis = Analysis(project)
    names = compile_source(generate_network(project, name, analysis), "paths").names
    module = names[name.capitalize()]()
    for path, (_, node_id) in network_paths(project, name, analysis).items():
        kind = project.networks[name].node(node_id).kind
        assert type(module.get_submodule(path)).__name__ == kind


def test_the_script_uses_no_name_that_a_user_could_take() -> None:
    """Names that train.py gives itself are reserved, so no title or column takes one of them."""
    own = set()
    for name, make in PROJECTS.items():
        project = make()
        tree = ast.parse(generated.script(project).text)
        stored = {
            node.id
            for item in tree.body
            if getattr(item, "name", "") in ("main", "measure", "results")
            or isinstance(item, ast.Assign)
            for node in ast.walk(item)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        stored |= {item.name for item in tree.body if hasattr(item, "name")}
        theirs = {port.name for port in project.data.ports} | set(project.networks)
        own |= {n for n in stored - theirs if not n.startswith(("mse", "cross", "smooth", "l1"))}
        assert name
    graph_made = {"accuracy", "Accuracy", "compute_loss", "exact_sum", "MeanAbsoluteError"}
    graph_made |= {"mean_absolute_error", "optimizer", "scheduler", "compute_left_loss"}
    graph_made |= {"compute_right_loss", "compute_discriminator_loss", "compute_generator_loss"}
    graph_made |= {
        "discriminator_optimizer",
        "generator_optimizer",
        "ema_encoder",
        "bce_with_logits_loss",
        "dropout",
        "gradient_penalty",
        "wasserstein_critic_loss",
        "wasserstein_generator_loss",
    }
    graph_made |= {"left_optimizer", "right_optimizer", "scheduler_2"}
    assert own - graph_made <= SCRIPT_NAMES
