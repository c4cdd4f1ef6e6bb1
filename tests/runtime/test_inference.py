"""What a network says of what one gives: the numbers of a call by hand, and no trace left."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from graph import files
from runtime.control import Control, State
from runtime.draws import OwnDraws
from runtime.examples import find
from runtime.inference import Inference, example
from runtime.plan import Plan, prepare
from runtime.session import Session, Weights
from runtime.trials import Trial, find_trials
from tests import builders, systems
from tests.runtime.training import classifier, finished, regressor, small


def weights_of(plan: Plan) -> Weights:
    for network in plan.networks.values():
        network.eval()
    return Weights(plan.networks, dict(plan.averages), 3)


def summary(trials: tuple[Trial, ...]) -> list[tuple[str, str, list[str], list[str]]]:
    return [(t.title, t.task, [p.name for p in t.ports], [c.name for c in t.codes]) for t in trials]


def test_a_classifier_gives_probabilities() -> None:
    project = classifier()
    (trial,) = find_trials(project)
    assert (trial.task, trial.loss) == ("classes", "CrossEntropyLoss")
    plan = prepare(project, Path())
    weights = weights_of(plan)
    image = example(plan, "image", 0)
    answer = Inference(plan, trial).run(weights, {"image": image})
    with torch.no_grad():
        expected = plan.networks["net"](torch.from_numpy(image)).softmax(dim=1)
    np.testing.assert_allclose(answer.values, expected.numpy(), rtol=1e-5)
    assert answer.names == tuple("0123456789")
    assert answer.step == 3


def test_numbers_go_in_and_come_out_as_in_the_data(tmp_path: Path) -> None:
    project = regressor(tmp_path)
    ports = [p.model_copy(update={"normalize": "standard"}) for p in project.data.ports]
    project.set_data(project.data.model_copy(update={"ports": tuple(ports)}))
    (trial,) = find_trials(project)
    plan = prepare(project, tmp_path)
    weights = weights_of(plan)
    row = np.array([[0.5, -1.0, 2.0, 0.0]], np.float32)
    answer = Inference(plan, trial).run(weights, {"features": row})
    mean, deviation = plan.dataset.normalization["features"]
    with torch.no_grad():
        raw = plan.networks["net"]((torch.from_numpy(row) - mean) / deviation)
    expected = plan.dataset.original("target", raw)
    np.testing.assert_array_equal(answer.values, expected.numpy())
    assert answer.names == ("y",)
    table = np.loadtxt(tmp_path / "table.csv", delimiter=",", skiprows=1)
    given = example(plan, "features", 5)[0]
    assert np.abs(table[int(plan.validation[5]), :4] - given).max() < 1e-5


def test_a_generator_takes_its_noise_from_the_user() -> None:
    project = systems.gan(data=small())
    trials = find_trials(project)
    assert summary(trials) == [
        ("generator", "image", [], ["noise"]),
        ("discriminator", "numbers", ["image"], []),
    ]
    plan = prepare(project, Path())
    weights = weights_of(plan)
    noise = np.random.default_rng(0).normal(size=(2, 8)).astype(np.float32)
    answer = Inference(plan, trials[0]).run(weights, {"noise": noise})
    with torch.no_grad():
        expected = plan.networks["generator"](torch.from_numpy(noise))
    np.testing.assert_array_equal(answer.values, expected.numpy())
    assert (answer.low, answer.high) == (0.0, 1.0)
    image = example(plan, "image", 1)
    score = Inference(plan, trials[1]).run(weights, {"image": image})
    with torch.no_grad():
        judged = plan.networks["discriminator"](torch.from_numpy(image))
    np.testing.assert_array_equal(score.values, judged.numpy())


def test_averaged_weights_are_tried_where_the_training_graph_uses_them() -> None:
    project = systems.momentum_teacher(data=small())
    found = [t for t in find_trials(project) if t.title == "encoder"]
    assert sorted(trial.averaged for trial in found) == [False, True]
    teacher = next(trial for trial in found if trial.averaged)
    plan = prepare(project, Path())
    weights = weights_of(plan)
    (average,) = weights.averages.values()
    with torch.no_grad():
        for parameter in average.parameters():
            parameter.mul_(0.5)
    average.eval()
    image = example(plan, "image", 2)
    answer = Inference(plan, teacher).run(weights, {"image": image})
    with torch.no_grad():
        expected = average(torch.from_numpy(image))
        other = plan.networks["encoder"](torch.from_numpy(image))
    np.testing.assert_array_equal(answer.values, expected.numpy())
    assert not torch.equal(expected, other)


def test_a_decoder_decodes_between_two_codes() -> None:
    project = systems.vae(data=small())
    trials = find_trials(project)
    assert summary(trials)[:2] == [
        ("decoder", "image", ["image"], []),
        ("decoder", "image", [], ["code"]),
    ]
    plan = prepare(project, Path())
    weights = weights_of(plan)
    image = example(plan, "image", 0)
    inference = Inference(plan, trials[0])
    answer = inference.run(weights, {"image": image})
    encoder, decoder = plan.networks["encoder"], plan.networks["decoder"]
    with torch.no_grad():  # the noise between them is 0
        mean = encoder(torch.from_numpy(image))[0]
        expected = decoder(mean)
    np.testing.assert_array_equal(answer.values, expected.numpy())
    assert answer.code is not None
    np.testing.assert_array_equal(answer.code, mean.numpy())
    codes = np.linspace(answer.code[0], -answer.code[0], 5)
    between = inference.decode(weights, codes)
    with torch.no_grad():
        wanted = decoder(torch.from_numpy(codes).float())
    np.testing.assert_allclose(between.values, wanted.numpy(), rtol=1e-5, atol=1e-6)


def test_pictures_from_logits_are_between_black_and_white() -> None:
    layers: list[builders.Layer] = [
        "Flatten",
        ("Linear", {"out_features": 64}),
        ("Unflatten", {"dim": 1, "unflattened_size": (1, 8, 8)}),
    ]
    project = builders.project(builders.chain(layers), data=small())
    nodes: dict[str, builders.Layer] = {
        "data": "Data",
        "net": ("Network", {"network": "net"}),
        "loss": "BCEWithLogitsLoss",
        "optimizer": "Adam",
    }
    wires = ["data.image > net", "net > loss.input", "data.image > loss.target", "loss > optimizer"]
    systems.draw(project, nodes, wires)
    (trial,) = find_trials(project)
    plan = prepare(project, Path())
    image = example(plan, "image", 0)
    answer = Inference(plan, trial).run(weights_of(plan), {"image": image})
    with torch.no_grad():
        expected = plan.networks["net"](torch.from_numpy(image)).sigmoid()
    np.testing.assert_array_equal(answer.values, expected.numpy())


def test_random_state_and_threads_are_left_alone() -> None:
    project = files.load(find("vae").path).project  # its Reparameterize draws when evaluated too
    plan = prepare(project, Path())
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    for trial in find_trials(project):
        given = {port.name: example(plan, port.name, 0) for port in trial.ports}
        given |= {code.name: np.zeros((1, *code.shape)) for code in trial.codes}
        Inference(plan, trial).run(weights_of(plan), given)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_draws_of_its_own_are_repeated_and_leave_no_trace() -> None:
    def draw() -> list[torch.Tensor]:
        with OwnDraws(5):
            a = torch.randn(3)
            more = [torch.randn_like(a), torch.rand_like(a), torch.randint_like(a, 2, 9)]
            layer = nn.Linear(2, 2).weight.detach()
            return [a, *more, torch.randperm(9), torch.rand(4).bernoulli(), layer]

    state = torch.get_rng_state()
    first, second = draw(), draw()
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), state)


def test_weights_taken_while_it_trains_change_nothing(tmp_path: Path) -> None:
    expected = finished(classifier(epochs=3), tmp_path)
    session = Session(classifier(epochs=3), base=tmp_path, folder=tmp_path / "runs", watch=False)
    assert session.weights() is None
    session.start()
    steps, trial = [], None
    while session._thread.is_alive():
        weights = session.weights(5.0)
        if weights is not None and session.plan is not None:
            steps.append(weights.step)
            trial = trial or Inference(session.plan, find_trials(session.project)[0])
            trial.run(weights, {"image": np.zeros((1, 1, 8, 8), np.float32)})
    assert session.join(20)
    assert len(set(steps)) > 1
    assert expected.outcome is not None
    assert session.outcome is not None
    assert [e.metrics for e in session.outcome.epochs] == [
        e.metrics for e in expected.outcome.epochs
    ]
    final = session.weights()
    assert final is not None
    assert session.plan is not None
    copied, own = final.networks["net"], session.plan.networks["net"]
    assert copied is not own
    for a, b in zip(copied.parameters(), own.parameters(), strict=True):
        assert torch.equal(a, b)


def test_weights_asked_for_too_late_are_those_of_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(classifier(epochs=2), base=tmp_path, folder=tmp_path / "runs", watch=False)
    monkeypatch.setattr(session.control, "call", lambda function: None)  # nobody obeys any more
    session.start()
    while session.plan is None:
        time.sleep(0.01)
    began = time.monotonic()
    weights = session.weights(60.0)
    assert time.monotonic() - began < 30
    assert session.join(20)
    assert weights is not None
    assert weights.step == session.telemetry.progress.step


def test_a_call_while_paused_is_obeyed_and_the_pause_told_once() -> None:
    control, told, called = Control(), list[State](), threading.Event()
    control.pause()
    control.call(called.set)
    control.resume()
    control.obey(lambda rate: None, told.append)
    assert called.is_set()
    assert told == [State.PAUSED, State.RUNNING]
