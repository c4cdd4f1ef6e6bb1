"""What monitors show while a run goes on, and that nothing of it changes the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph.analysis import Analysis
from graph.catalog.monitors import MonitorKind
from graph.codegen import write_training
from graph.dataspec import DataPort, DataSpec, TextOptions
from graph.document import TRAINING, Project
from graph.edits import set_params
from runtime.data import describe
from runtime.plan import prepare
from runtime.sampling import Sampler
from runtime.session import State
from runtime.telemetry import Samples, Shown
from tests import builders, systems
from tests.graph.codegen import generated
from tests.runtime.training import classifier, finished, small

SKELETON = DataPort(name="text", type="tokens", columns=("text",), shape=())


def watch(project: Project, kind: str, *wires: str, title: str = "", **params: Any) -> str:
    """Add a monitor with wires such as ``"generate > input"``; return its id."""
    node = builders.add(project.training, f"m{len(project.training)}", kind, title, **params)
    for wire in wires:
        source, target = wire.split(" > ")
        builders.connect(project.training, f"{source} > {node}.{target}")
    return node


def seen(project: Project) -> Samples:
    sampler = Sampler(prepare(project, Path()))
    assert sampler.works
    return sampler.take(3, 4)


def gan(**data: Any) -> Project:
    return systems.gan(data=small(**data), epochs=2, batch_size=50)


def only(project: Project) -> Shown:
    (shown,) = seen(project).shown
    return shown


def test_pictures_come_as_the_network_makes_them() -> None:
    project = gan()
    node = watch(project, "ShowImages", "generate > input", "data.image > beside", title="made")
    plan = prepare(project, Path())
    samples = Sampler(plan).take(3, 4)
    assert (samples.epoch, samples.step, samples.held_out, samples.output) == (3, 4, True, None)
    (shown,) = samples.shown
    assert (shown.node, shown.kind, shown.title) == (node, "ShowImages", "made")
    assert shown.options == {"low": 0.0, "high": 1.0}
    indices = plan.validation[:24]
    np.testing.assert_array_equal(shown.values["beside"], plan.columns["image"][indices].numpy())
    torch.manual_seed(0)
    generator = plan.networks["generator"].eval()
    with torch.no_grad():
        expected = generator(torch.randn(24, 8))
    np.testing.assert_array_equal(shown.values["input"], expected.numpy())


def test_normalised_pictures_are_shown_as_they_were() -> None:
    project = gan()
    data = project.data
    image = data.ports[0].model_copy(update={"normalize": "standard"})
    project.set_data(data.model_copy(update={"ports": (image, *data.ports[1:])}))
    watch(project, "ShowImages", "data.image > input")
    shown = only(project)
    assert shown.options == {"low": 0.0, "high": 1.0}
    assert shown.values["input"].min() == pytest.approx(0, abs=1e-5)
    assert shown.values["input"].max() == pytest.approx(1, abs=1e-5)


def test_a_range_that_is_set_is_kept() -> None:
    project = gan()
    watch(project, "ShowImages", "generate > input", low=-1, high=1)
    assert only(project).options == {"low": -1, "high": 1}


def test_pictures_unlike_the_data_span_their_own_range() -> None:
    project = gan()
    builders.add(project.training, "halves", "chunk", chunks=2, dim=2)
    builders.connect(project.training, "generate > halves")
    watch(project, "ShowImages", "halves.output1 > input")
    shown = only(project)
    assert shown.values["input"].shape == (24, 1, 4, 8)
    assert shown.options["low"] == pytest.approx(shown.values["input"].min())
    assert shown.options["high"] == pytest.approx(shown.values["input"].max())


def test_the_likeliest_tokens_are_shown_of_logits() -> None:
    project = gan()
    builders.add(project.training, "steps", "squeeze", dim=1)
    builders.connect(project.training, "generate > steps")
    watch(project, "ShowText", "steps > input")
    plan = prepare(project, Path())
    (shown,) = Sampler(plan).take(0, 0).shown
    assert shown.values["input"].shape == (8, 8)
    assert shown.values["input"].dtype == np.int64
    assert shown.options == {"vocabulary": "", "texts": ()}, "the data has no text"


def _language(tmp_path: Path, **options: Any) -> Project:
    (tmp_path / "text.txt").write_text("the cat and the dog and the rat sat. " * 40)
    text = TextOptions(unit="char", length=10, **options)
    spec = DataSpec(source="text", path=str(tmp_path / "text.txt"), text=text)
    spec = describe(spec.model_copy(update={"ports": (SKELETON,)}), tmp_path)
    return systems.language_model(spec, epochs=1, batch_size=16)


def test_tokens_come_with_the_text_that_they_stand_for(tmp_path: Path) -> None:
    project = _language(tmp_path)
    (port,) = project.data.ports
    told, _ = seen(project).shown
    rows = told.values["input"]
    assert rows.shape == (8, 10)
    assert told.options["vocabulary"] == "text"
    expected = ["".join(port.vocabulary[i] for i in row if i) for row in rows]
    assert list(told.options["texts"]) == expected


def test_a_network_writes_on_from_a_beginning(tmp_path: Path) -> None:
    project = _language(tmp_path)
    assert Analysis(project).problems() == []
    _, one = seen(project).shown
    (text,) = one.options["texts"]
    assert (one.node, one.kind, one.values["input"].shape) == ("writes", "GenerateText", (1, 16))
    assert text.startswith("the ")
    assert len(text) == 16
    assert seen(project).shown[1].options == one.options, "it writes the same each time"
    set_params(project.training, "writes", {"prompt": "", "length": 3}).apply(project)
    plan = prepare(project, Path())
    _, other = Sampler(plan).take(0, 0).shown
    first = int(plan.columns["text"][plan.validation[0], 0])
    assert other.values["input"][0, 0] == first
    assert other.values["input"].shape == (1, 4)
    assert not (other.values["input"] < 2).any(), "neither padding nor an unknown token"


def test_what_cannot_write_is_said_in_words(tmp_path: Path) -> None:
    project = _language(tmp_path)
    size = len(project.data.ports[0].vocabulary)
    set_params(project.network("model"), "n2", {"out_features": 5}).apply(project)
    (problem,) = Analysis(project).problems_of(TRAINING, "writes")
    assert problem.message == (
        f"expected logits (N, T, {size}), one for each token of 'text', received (N, 10, 5) of "
        "model. Set out_features of the network's last layer to that number."
    )
    other = gan()
    watch(other, "GenerateText", network="discriminator")
    (problem,) = [p for p in Analysis(other).problems() if p.title == "GenerateText"]
    assert problem.message == (
        "expected a vocabulary, received columns of text: none. Choose data that holds text, or "
        "another column of it."
    )


def test_a_run_goes_on_where_nothing_can_be_shown(tmp_path: Path) -> None:
    project = gan()
    builders.add(project.training, "wrong", "index_select", dim=0)
    builders.add(project.training, "far", "mul", other=10**6)
    for wire in ("data.label > far", "data.image > wrong.input", "far > wrong.index"):
        builders.connect(project.training, wire)
    watch(project, "ShowImages", "wrong > input")
    session = finished(project, tmp_path, watch=True)
    assert session.state is State.FINISHED
    (said,) = [line for line in session.telemetry.log if line.startswith("Nothing more is shown")]
    assert "'index_select' failed: " in said


def test_a_table_has_a_row_for_each_example() -> None:
    project = gan()
    watch(project, "ShowTable", "data.image > input")
    watch(project, "ShowTable", "data.label > input")
    watch(project, "ShowTable", "fool > input")
    pictures, labels, loss = seen(project).shown
    assert pictures.values["input"].shape == (8, 64)
    assert pictures.options == {"shape": (1, 8, 8)}
    assert labels.values["input"].shape == (8, 1)
    assert labels.values["input"].dtype == np.int64
    assert loss.values["input"].shape == (1, 1)


def test_a_histogram_counts_every_number_once() -> None:
    project = gan()
    builders.add(project.training, "log", "log")
    builders.connect(project.training, "data.image > log")  # of 0 too: -inf is no number to count
    watch(project, "ShowHistogram", "log > input")
    plan = prepare(project, Path())
    (shown,) = Sampler(plan).take(0, 0).shown
    numbers = plan.columns["image"][plan.validation[:256]].log().double()
    finite = numbers[numbers.isfinite()]
    assert shown.values["counts"].sum() == len(finite)
    assert shown.options["not_finite"] == numbers.numel() - len(finite)
    assert shown.options["mean"] == pytest.approx(float(finite.mean()))
    assert len(shown.values["edges"]) == len(shown.values["counts"]) + 1


def test_a_scatter_shows_the_two_directions_of_most_variance() -> None:
    project = gan()
    builders.add(project.training, "flat", "Flatten")
    builders.connect(project.training, "data.image > flat")
    watch(project, "ShowScatter", "flat > input", "data.label > color")
    plan = prepare(project, Path())
    (shown,) = Sampler(plan).take(0, 0).shown
    rows = plan.columns["image"][plan.validation[:512]].flatten(1).double()
    centred = rows - rows.mean(0)
    variances = torch.linalg.eigvalsh(centred.T @ centred).flip(0)
    np.testing.assert_allclose(
        shown.options["variance"], (variances[:2] / variances.sum()).numpy(), rtol=1e-4
    )
    spread = np.square(shown.values["input"]).sum(axis=0)
    np.testing.assert_allclose(spread, variances[:2].numpy(), rtol=1e-4)
    assert shown.options["classes"] == tuple("0123456789")
    assert len(shown.values["color"]) == len(shown.values["input"])


@pytest.mark.parametrize("trained", [False, True], ids=["alone", "in the training"])
def test_an_augmentation_is_seen_at_work(trained: bool) -> None:
    """Before and after: in evaluation nothing would have changed."""
    project = gan()
    training = project.training
    builders.add(training, "turn", "RandomHorizontalFlip", p=1.0)
    builders.connect(training, "data.image > turn")
    if trained:
        training.disconnect(training.wires_in("real")["image"])
        builders.connect(training, "turn > real")
    watch(project, "ShowImages", "turn > input", "data.image > beside")
    plan = prepare(project, Path())
    for module in plan.with_mode:
        module.train()
    shown = Sampler(plan).take(1, 1).shown[0].values
    np.testing.assert_array_equal(shown["input"], shown["beside"][..., ::-1])
    assert all(module.training for module in plan.with_mode)


def test_what_is_shown_stays_the_same_and_leaves_no_trace() -> None:
    project = gan()
    builders.add(project.training, "alone", "Dropout")
    builders.connect(project.training, "data.image > alone")
    watch(project, "ShowImages", "generate > input")
    watch(project, "ShowTable", "alone > input")
    plan = prepare(project, Path())
    for network in plan.networks.values():
        network.train()
    random, state = torch.get_rng_state(), _bits(plan.networks)
    first, second = (Sampler(plan).take(0, 0).shown for _ in range(2))
    for one, two in zip(first, second, strict=True):
        assert all((one.values[port] == two.values[port]).all() for port in one.values)
    np.testing.assert_array_equal(  # a Dropout that only a monitor has is in evaluation, too
        first[1].values["input"],
        plan.columns["image"][plan.validation[:8]].reshape(8, 64).numpy(),
    )
    assert torch.equal(torch.get_rng_state(), random)
    assert _bits(plan.networks) == state
    assert all(network.training for network in plan.networks.values())


def _bits(networks: dict[str, torch.nn.Module]) -> dict[tuple[str, str], bytes]:
    return {
        (name, key): value.numpy().tobytes()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }


def test_nothing_of_monitors_is_exported() -> None:
    project = gan()
    before = generated.script(project).text
    builders.add(project.training, "alone", "GaussianNoise")
    builders.connect(project.training, "data.image > alone")
    watch(project, "ShowImages", "alone > input")
    watch(project, "ShowHistogram", "fool > input")
    assert generated.script(project).text == before


def test_a_run_is_the_same_whether_somebody_looks_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.trainer._SAMPLE", 0.0)
    monkeypatch.setattr("runtime.trainer._FLUSH", 0.0)
    project = gan()
    watch(project, "ShowImages", "generate > input")
    looked, alone = (finished(project, tmp_path, watch=look) for look in (True, False))
    assert (looked.state, alone.state) == (State.FINISHED, State.FINISHED)
    assert [e.metrics for e in looked.outcome.epochs] == [e.metrics for e in alone.outcome.epochs]
    assert looked.telemetry.samples.shown[0].values["input"].shape == (24, 1, 8, 8)
    assert alone.telemetry.samples is None


def test_predictions_are_shown_where_there_is_no_monitor() -> None:
    samples = seen(classifier())
    assert samples.shown == ()
    assert samples.output.shape == (24, 10)


def test_a_monitor_on_nothing_is_a_warning_and_shows_nothing() -> None:
    project = gan()
    node = watch(project, "ShowImages")
    analysis = Analysis(project)
    (problem,) = analysis.problems_of(TRAINING, node)
    assert problem.severity == "warning"
    assert problem.message == (
        "at 'input': expected a wire, received none. Connect something to the input 'input' of "
        "'ShowImages'. It shows nothing."
    )
    assert write_training(project, analysis).monitors == ()
    assert seen(project).shown == ()


def test_an_error_in_what_monitors_need_names_the_node() -> None:
    project = gan()
    builders.add(project.training, "wrong", "index_select", dim=0)
    for wire in ("data.image > wrong.input", "data.label > wrong.index"):
        builders.connect(project.training, wire)
    watch(project, "ShowImages", "wrong > input")
    plan = prepare(project, Path())
    plan.columns["label"] += 10**6
    with pytest.raises((IndexError, RuntimeError)) as caught:
        Sampler(plan).take(0, 0)
    assert plan.locate(caught.value) == (TRAINING, "wrong")


def test_every_kind_of_monitor_says_how_many_examples_it_shows() -> None:
    project = gan()
    kind = project.training.kind(watch(project, "ShowTable", "data.label > input"))
    assert isinstance(kind, MonitorKind)
    assert len(only(project).values["input"]) == kind.examples


def test_short_epochs_do_not_wait_for_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.trainer._SAMPLE", 1e9)
    taken: list[tuple[int, int]] = []
    ordinary = Sampler.take

    def take(self: Sampler, epoch: int, step: int) -> Samples:
        taken.append((epoch, step))
        return ordinary(self, epoch, step)

    monkeypatch.setattr(Sampler, "take", take)
    project = gan()
    project.set_settings(project.settings.model_copy(update={"epochs": 6}))
    watch(project, "ShowImages", "generate > input")
    session = finished(project, tmp_path, watch=True)
    assert session.state is State.FINISHED
    assert len(taken) == 2, "once to begin with, and once at the end"
    assert taken[-1][0] == 6
    assert session.telemetry.samples.epoch == 6
