"""Decisions about the machine: device, CPU threads, memory allocator."""

from __future__ import annotations

import ctypes
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch

from graph.errors import DataError

__all__ = ["ThreadChoice", "choose_device", "keep_memory", "memory_of", "threads_for"]

#: Floating-point operations of a training step below which a second thread does not pay: waking
#: it for every small operation costs more than it brings, and any other process stalls both.
_SMALL_STEP = 2e8

#: How much quicker one thread must be to be taken instead of several.
_CLEARLY = 1.35

#: A window of steps this much slower than the best one is a reason to look at the threads again.
_SLOW = 1.8


def choose_device(wish: str) -> torch.device:
    """Return the device that a setting asks for; ``auto`` takes a GPU where there is one.

    Raises
    ------
    DataError
        If the device is not there.
    """
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wish == "auto":
        return torch.device("cuda" if has["cuda"] else "cpu")
    if wish not in has:
        raise DataError(f"Expected a device cpu, cuda, mps or auto, received {wish!r}.")
    if not has[wish]:
        raise DataError(
            f"The device {wish!r} is not available on this machine. Choose auto or cpu."
        )
    return torch.device(wish)


def threads_for(flops_per_example: int, batch_size: int, cores: int | None = None) -> int:
    """Return the CPU threads that suit a step when the machine is quiet.

    Parameters
    ----------
    flops_per_example
        Of the forward pass; a training step takes about three times as many.
    """
    cores = cores or _cores()
    return 1 if 3 * flops_per_example * batch_size < _SMALL_STEP else cores


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def memory_of(device: torch.device) -> int:
    """Return how many bytes of memory a device has in all; a very large number if nobody knows."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return 2**62
    for name in ("memory.max", "memory/memory.limit_in_bytes"):  # of a container
        try:
            limit = Path("/sys/fs/cgroup", name).read_text("ascii").strip()
        except OSError:
            continue
        found = min(found, int(limit)) if limit.isdigit() else found
    return found


def keep_memory() -> None:
    """Have glibc keep freed memory instead of returning it to the system between steps.

    Batches allocate and free the same sizes over and over; page faults on them cost up to a third
    of a step. Does nothing elsewhere.
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    m_trim_threshold, m_mmap_threshold = -1, -3
    for option in (m_trim_threshold, m_mmap_threshold):
        libc.mallopt(option, 1 << 30)


class ThreadChoice:
    """Chooses the number of CPU threads by a short trial, and again when steps become slow.

    Two threads that work in step are slower than one as soon as another process takes one of
    their cores, at times ten times slower. So threads are tried out on the real work before the
    first step, and again when a window of steps takes much longer than the best one did.

    Parameters
    ----------
    most
        The threads that suit a quiet machine; 1 needs no trial.
    trial
        Runs the work of a step once, without any effect on the training.
    say
        Told of every change, after it was made.
    fixed
        Keep to `most`, whatever happens.
    """

    _WINDOW = 0.4  # seconds of steps that are compared
    _RETRY = 5.0  # seconds after which fewer threads than `most` are questioned, at the least
    _SHARE = 0.03  # of the time may go into that

    def __init__(
        self,
        most: int,
        trial: Callable[[], None],
        say: Callable[[str], None],
        *,
        fixed: bool = False,
    ) -> None:
        self.threads = most
        self._fixed = fixed or most == 1
        self._most = most
        self._trial = trial
        self._say = say
        self._best = float("inf")
        self._steps = 0
        self._since = time.perf_counter()
        self._chosen_at = self._since
        self._pause = self._RETRY

    def start(self, threads: int | None = None) -> None:
        """Make the first choice, or begin with as many `threads` as a run had that goes on."""
        if not self._fixed and threads is not None:
            self.threads = max(1, min(threads, self._most))
        elif not self._fixed:
            self._choose("as the machine is busy")
        torch.set_num_threads(self.threads)
        self.restart()

    def restart(self) -> None:
        """Begin a new window, after anything that is not a step."""
        self._steps = 0
        self._since = time.perf_counter()

    def stepped(self, now: float) -> None:
        """Note that a step ended at `now`, in seconds of ``time.perf_counter``."""
        self._steps += 1
        if self._fixed or now - self._since < self._WINDOW:
            return
        per_step = (now - self._since) / self._steps
        slow = self.threads > 1 and self._steps > 1 and per_step > _SLOW * self._best
        again = self.threads < self._most and now - self._chosen_at > self._pause
        self._best = min(self._best, per_step)
        if slow or again:
            self._choose("as steps became slow" if slow else "as the machine is quiet again")
            torch.set_num_threads(self.threads)
        self.restart()

    def _choose(self, reason: str) -> None:
        before, began = self.threads, time.perf_counter()
        times = {count: self._time(count) for count in (1, self._most)}
        # Rounding depends on the number of threads, so it is given up only for a clear gain.
        self.threads = 1 if times[1] * _CLEARLY < times[self._most] else self._most
        self._chosen_at = time.perf_counter()
        self._pause = max(self._RETRY, (self._chosen_at - began) / self._SHARE)
        self._best = float("inf")
        if self.threads != before:
            self._say(f"Using {self.threads} CPU thread(s) from here on, {reason}.")

    def _time(self, count: int) -> float:
        """Return the seconds of the quickest of some trials with `count` threads."""
        torch.set_num_threads(count)
        best, began = float("inf"), time.perf_counter()
        for turn in range(4):
            start = time.perf_counter()
            self._trial()
            if turn:  # the first one wakes the threads
                best = min(best, time.perf_counter() - start)
            if turn and time.perf_counter() - began > 1.0:
                break
        return best
