"""Threads: as many as pay, fewer beside a busy process, and every change said."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import torch

from graph.errors import DataError
from runtime.machine import ThreadChoice, choose_device, threads_for


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


class Machine:
    """A machine with two cores, whose second one may be taken; time passes in milliseconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.busy = False
        self.said: list[str] = []
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def work(self) -> None:
        """Take as long as a step does with the threads that are set."""
        two = torch.get_num_threads() == 2
        self.now += (0.1 if self.busy else 0.006) if two else 0.01

    def choice(self, most: int = 2, *, fixed: bool = False) -> ThreadChoice:
        return ThreadChoice(most, self.work, self.said.append, fixed=fixed)

    def train(self, choice: ThreadChoice, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.work()
            choice.stepped(self.now)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_a_small_step_takes_one_thread_and_a_large_one_all_cores() -> None:
    assert threads_for(110_000, 32, cores=8) == 1
    assert threads_for(8_000_000, 32, cores=8) == 8


def test_a_quiet_machine_uses_all_threads_and_says_nothing(machine: Machine) -> None:
    choice = machine.choice()
    choice.start()
    machine.train(choice, 60)
    assert (choice.threads, torch.get_num_threads(), machine.said) == (2, 2, [])


def test_a_busy_machine_uses_one_thread_and_says_so(machine: Machine) -> None:
    machine.busy = True
    choice = machine.choice()
    choice.start()
    assert (choice.threads, torch.get_num_threads()) == (1, 1)
    assert machine.said == ["Using 1 CPU thread(s) from here on, as the machine is busy."]


def test_threads_follow_what_becomes_of_the_machine(machine: Machine) -> None:
    choice = machine.choice()
    choice.start()
    machine.train(choice, 2)
    machine.busy = True
    machine.train(choice, 2)
    assert (choice.threads, torch.get_num_threads(), len(machine.said)) == (1, 1, 1)
    assert "as steps became slow" in machine.said[0]
    machine.busy = False
    machine.train(choice, 60)
    assert (choice.threads, torch.get_num_threads(), len(machine.said)) == (2, 2, 2)
    assert "quiet again" in machine.said[1]


def test_trials_take_a_small_share_of_the_time(machine: Machine) -> None:
    machine.busy = True
    choice = machine.choice()
    choice.start()
    trials = []
    plain = choice._trial
    choice._trial = lambda: (trials.append(machine.now), plain())[1]
    machine.train(choice, 100)
    assert 4 <= len(trials) <= 8 * 100 / 5
    spent = sum(0.1 if i % 8 >= 4 else 0.01 for i in range(len(trials)))
    assert spent < 0.05 * 100


@pytest.mark.parametrize("busy", [False, True])
def test_a_set_number_of_threads_is_kept(machine: Machine, busy: bool) -> None:
    machine.busy = busy
    choice = machine.choice(fixed=True)
    choice.start()
    machine.train(choice, 40)
    assert (choice.threads, torch.get_num_threads(), machine.said) == (2, 2, [])


def test_a_device_that_is_not_there_is_refused() -> None:
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(DataError, match="Expected a device cpu, cuda, mps or auto, received 'tpu'"):
        choose_device("tpu")
    if not torch.backends.mps.is_available():
        with pytest.raises(DataError, match="'mps' is not available on this machine"):
            choose_device("mps")
