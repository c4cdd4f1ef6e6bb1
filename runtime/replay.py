"""Training steps that are recorded once and then replayed without Python.

Most of a small network's step is spent in Python and in autograd's bookkeeping, not in arithmetic.
So the operations of a step (forward, backward, clipping, optimizer) are recorded while one is
computed, and from then on that list is run (:mod:`runtime.recording`): the same kernels on the
same tensors in the same order, hence the same bits, and without holding the interpreter lock, so
that a window stays smooth.

Nothing of this is taken on trust. The recorded step, and then a replay on another batch, must
leave every weight, buffer, optimizer state and the random state with the very bits of the ordinary
step. Where they do not, steps are computed as usual for the rest of the run, as batches of another
size always are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from runtime.plan import Plan, Step
from runtime.recording import Program, Recorder, Tap

__all__ = ["Replay", "take_step"]

_log = logging.getLogger(__name__)

Losses = dict[str, Tensor]

#: Bytes of weights and optimizer state above which a step is not recorded: they are copied while a
#: recording is checked, and Python's share of such a step is small.
_MOST_STATE = 2**26

#: Replays that a recording must have lasted for to be made anew when a setting changes.
_WORTHWHILE = 200


def take_step(step: Step, columns: Sequence[Tensor]) -> Losses:
    """Compute a step in the ordinary way: losses, gradients, clipping, optimizer."""
    losses = step.compute(*step.networks, *columns)
    step.optimizer.zero_grad()
    losses[step.code.function.losses[0]].backward()  # type: ignore[no-untyped-call]
    _finish(step)
    return losses


def _finish(step: Step) -> None:
    if step.code.clip_value is not None:
        nn.utils.clip_grad_value_(step.parameters, step.code.clip_value)
    if step.code.clip_norm is not None:
        nn.utils.clip_grad_norm_(step.parameters, step.code.clip_norm)
    step.optimizer.step()


class Replay:
    """Takes the steps of one optimizer, by replaying a recording as soon as there is one."""

    def __init__(self, plan: Plan, step: Step) -> None:
        self._plan, self._step = plan, step
        self._group = step.optimizer.param_groups[0]
        self._size = plan.project.settings.batch_size
        self._program: Program | None = None
        self._replays = 0
        self.recordings = 0
        on_cpu = plan.device.type == "cpu"
        self._turn: Callable[[Sequence[Tensor]], Losses] = self._begin if on_cpu else self._usual

    @property
    def active(self) -> bool:
        """Whether steps are being replayed."""
        return self._turn == self._replay

    def __call__(self, columns: Sequence[Tensor], size: int) -> Losses:
        """Take a step on a batch of `size` examples; return its losses."""
        return self._turn(columns) if size == self._size else self._usual(columns)

    # -- how the next step is taken: the usual way, then these in turn ----------------------------

    def _usual(self, columns: Sequence[Tensor]) -> Losses:
        return take_step(self._step, columns)

    def _begin(self, columns: Sequence[Tensor]) -> Losses:
        """Take the first step, in which the optimizer makes its state."""
        losses = self._usual(columns)
        small = sum(tensor.nbytes for tensor in self._state()) <= _MOST_STATE
        self._turn = self._record if small else self._usual
        return losses

    def _record(self, columns: Sequence[Tensor]) -> Losses:
        """Take a step, then the same once more while it is recorded."""

        def again() -> Losses:
            self._program, losses = self._recorded(columns)
            self.recordings += 1
            return losses

        losses, same = self._twice(columns, self._state(), again)
        self._turn = self._verify if same else self._usual
        return losses

    def _verify(self, columns: Sequence[Tensor]) -> Losses:
        """Take a step, then the same once more by a replay."""
        program = self._program
        assert program is not None
        touched = [*self._state(), *program.outside]
        losses, same = self._twice(columns, touched, lambda: program.run(columns, self._group)[0])
        self._turn = self._replay if same else self._usual
        return losses

    def _replay(self, columns: Sequence[Tensor]) -> Losses:
        program = self._program
        assert program is not None
        if not program.fits(self._group):
            self._turn = self._record if self._replays > _WORTHWHILE else self._usual
            self._replays = 0
            return self._turn(columns)
        try:
            losses, taps = program.run(columns, self._group)
        except RuntimeError:
            self._usual(columns)  # fails as well, in a line that a node has written
            raise
        for name, values in taps:
            self._plan.training.names[name].update(*values)
        self._replays += 1
        return losses

    # -- recording --------------------------------------------------------------------------------

    def _twice(
        self, columns: Sequence[Tensor], touched: Iterable[Tensor], again: Callable[[], Losses]
    ) -> tuple[Losses, bool]:
        """Take a step; go back and do it `again`; return its losses, and whether all is the same.

        The state is that after the ordinary step, whatever happens.
        """
        before = _Snapshot(touched)
        losses = self._usual(columns)
        after = _Snapshot(touched)
        before.restore()
        try:
            found = again()
            same = after.holds() and all(_same(found[name], losses[name]) for name in losses)
            reason = "it gives other numbers"
        except Exception as error:  # whatever it is, the ordinary way works
            same, reason = False, str(error)
        after.restore()
        for parameter in self._step.parameters:
            parameter.grad = None
        if not same:
            self._program = None
            _log.info("steps of %s are not replayed: %s", self._step.code.name, reason)
        return losses, same

    def _recorded(self, columns: Sequence[Tensor]) -> tuple[Program, Losses]:
        step, names, metrics = self._step, self._plan.training.names, self._plan.metrics
        taps: list[Tap] = []
        names.update({name: _MetricTap(name, taps) for name in metrics})
        recorder = Recorder()
        try:
            with recorder:
                losses = step.compute(*step.networks, *columns)
                self._differentiate(losses[step.code.function.losses[0]])
                _finish(step)
        finally:
            names.update(metrics)
        return Program(recorder.operations, columns, losses, taps, self._group), losses

    def _differentiate(self, loss: Tensor) -> None:
        """Set gradients as backward() does, but without its copies of those that others hold."""
        wanted = [p for p in self._step.parameters if p.requires_grad]
        found = torch.autograd.grad(loss, wanted, allow_unused=True)
        gradients = cast("tuple[Tensor | None, ...]", found)
        for parameter, gradient in zip(wanted, gradients, strict=True):
            if gradient is not None and gradient.stride() != parameter.stride():
                gradient = torch.empty_like(parameter).copy_(gradient)
            parameter.grad = gradient

    def _state(self) -> list[Tensor]:
        """Return the tensors that a step may change."""
        found = [t for network in self._step.networks for t in network.state_dict().values()]
        found += [parameter.detach() for parameter in self._step.parameters]
        for values in self._step.optimizer.state.values():
            found += [value for value in values.values() if isinstance(value, Tensor)]
        return found


class _MetricTap:
    """Stands for a metric while a step is recorded: metrics are updated after each replay."""

    def __init__(self, name: str, taps: list[Tap]) -> None:
        self._name, self._taps = name, taps

    def update(self, *values: Tensor) -> None:
        self._taps.append((self._name, values))


class _Snapshot:
    """Copies of tensors and of the random state, to go back to and to compare with."""

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        found = {(t.data_ptr(), t.shape, t.stride()): t.detach() for t in tensors}
        self._pairs = [(tensor, tensor.clone()) for tensor in found.values()]
        self._random = torch.get_rng_state()

    def restore(self) -> None:
        """Put the tensors and the random state back."""
        for tensor, copy in self._pairs:
            if not _same(tensor, copy):
                tensor.copy_(copy)
        torch.set_rng_state(self._random)

    def holds(self) -> bool:
        """Whether all still have the very bits of the copies."""
        random = torch.equal(torch.get_rng_state(), self._random)
        return random and all(_same(tensor, copy) for tensor, copy in self._pairs)


def _same(one: Tensor, two: Tensor) -> bool:
    """Whether two tensors have the same bits."""
    if one.shape != two.shape or one.dtype != two.dtype:
        return False
    return torch.equal(_bits(one), _bits(two))


def _bits(tensor: Tensor) -> Tensor:
    return tensor.detach().reshape(-1).view(torch.uint8)
