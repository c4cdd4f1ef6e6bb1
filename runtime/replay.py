"""Training steps that are recorded once and then replayed without Python.

Most of a small network's step is spent in Python and in autograd's bookkeeping, not in arithmetic.
So the operations of a step (batch, forward, metrics, backward, clipping, optimizer, means) are
recorded while one is computed, and from then on that list is run (:mod:`runtime.recording`): the
same kernels on the same tensors in the same order, hence the same bits. The interpreter lock is
let go once per step and not once per operation, so a window that is busy painting costs little.

Nothing of this is taken on trust. The recorded step, and then a replay on another batch, must
leave every weight, buffer, optimizer state, mean, metric and the random state with the very bits
of the ordinary step. Where they do not, steps are computed as usual for the rest of the run, as
batches of another size always are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from graph.codegen.meter import Mean
from runtime.meters import Growth, Meters
from runtime.plan import Plan, Step
from runtime.recording import Program, Recorder

__all__ = ["Stepper"]

_log = logging.getLogger(__name__)

Losses = dict[str, Tensor]

#: Bytes of weights and optimizer state above which a step is not recorded: they are copied while a
#: recording is checked, and Python's share of such a step is small.
_MOST_STATE = 2**26

#: Replays that a recording must have lasted for to be made anew when a setting changes.
_WORTHWHILE = 200

#: Steps that are waited for metrics to keep their form.
_PATIENCE = 8


class Stepper:
    """Takes the steps of one optimizer, by replaying a recording as soon as there is one.

    Parameters
    ----------
    means
        The means of the losses, by name; the objects may be replaced between steps.
    recorded
        Whether steps may be recorded; else all are taken in the ordinary way.
    """

    def __init__(
        self, plan: Plan, step: Step, means: Mapping[str, Mean], *, recorded: bool = True
    ) -> None:
        self._plan, self._step, self._means = plan, step, means
        self._size = plan.project.settings.batch_size
        self._per_batch = [schedule for schedule, per, _ in step.schedules if per == "batch"]
        metrics = [partial(plan.training.names.__getitem__, name) for name in plan.metrics]
        losses = [partial(means.__getitem__, name) for name in step.code.function.losses]
        self._meters = Meters([*metrics, *losses])
        self._recording: _Recording | None = None
        self._replays = self._delays = 0
        #: How often the step has been recorded.
        self.recordings = 0
        # What is read from files in a step cannot be recorded.
        resident = all(isinstance(plan.columns[name], Tensor) for name in step.columns)
        recordable = recorded and resident and plan.device.type == "cpu"
        self._turn: Callable[[Tensor], Losses] = self._begin if recordable else self._usual

    @property
    def _group(self) -> dict[str, Any]:
        """The optimizer's settings; loading a state puts other ones in their place."""
        return self._step.optimizer.param_groups[0]

    @property
    def replays(self) -> bool:
        """Whether steps are being replayed."""
        return self._turn == self._replay

    def take(self, batch: Tensor, *, plainly: bool = False) -> Losses:
        """Take a step on the examples at these indices; return its losses.

        `plainly` takes it in the ordinary way, through the layers, as a batch of another size is.
        """
        usual = plainly or len(batch) != self._size
        losses = self._usual(batch) if usual else self._turn(batch)
        for average, network in self._step.averages:
            average.update_parameters(network)
        for schedule in self._per_batch:
            schedule.step()
        return losses

    # -- how the next step is taken: the usual way, then these in turn ----------------------------

    def _usual(self, batch: Tensor) -> Losses:
        """Take a step in the ordinary way, as an exported script does."""
        step = self._step
        losses = self._losses(batch)
        step.optimizer.zero_grad()
        losses[step.code.function.losses[0]].backward()  # type: ignore[no-untyped-call]
        self._finish(losses, batch)
        return losses

    def _begin(self, batch: Tensor) -> Losses:
        """Take the first step, in which the optimizer makes its state."""
        losses = self._usual(batch)
        small = sum(tensor.nbytes for tensor in self._state()) <= _MOST_STATE
        self._turn = self._record if small else self._usual
        return losses

    def _record(self, batch: Tensor) -> Losses:
        """Take a step, then the same once more while it is recorded."""

        def again() -> Losses:
            self._recording, losses = self._recorded(batch)
            self.recordings += 1
            return losses

        return self._twice(batch, self._state(), again, self._verify)

    def _verify(self, batch: Tensor) -> Losses:
        """Take a step, then the same once more by a replay."""
        recording = self._recording
        assert recording is not None
        columns = {id(column) for column in self._plan.columns.values()}
        outside = [t for t in recording.program.outside if id(t) not in columns]

        def again() -> Losses:
            losses = recording.run(batch, self._group)
            if losses is None:
                raise RuntimeError("the metrics have changed their form")
            return losses

        return self._twice(batch, [*self._state(), *outside], again, self._replay)

    def _replay(self, batch: Tensor) -> Losses:
        recording = self._recording
        assert recording is not None
        if not recording.program.fits(self._group):
            self._turn = self._record if self._replays > _WORTHWHILE else self._usual
            self._replays = 0
            return self._turn(batch)
        try:
            losses = recording.run(batch, self._group)
        except Exception:
            self._usual(batch)  # fails as well, in a line that a node has written
            raise
        self._replays += 1
        return self._usual(batch) if losses is None else losses

    # -- parts of a step --------------------------------------------------------------------------

    def _losses(self, batch: Tensor) -> Losses:
        step = self._step
        return step.compute(*self._plan.arguments(step.code.function, batch))

    def _finish(self, losses: Losses, batch: Tensor) -> None:
        """Do what comes after the gradients."""
        step = self._step
        if step.code.clip_value is not None:
            nn.utils.clip_grad_value_(step.parameters, step.code.clip_value)
        if step.code.clip_norm is not None:
            nn.utils.clip_grad_norm_(step.parameters, step.code.clip_norm)
        step.optimizer.step()
        for name, value in losses.items():
            self._means[name].update(value, len(batch))

    def _differentiate(self, loss: Tensor) -> None:
        """Set gradients as backward() does, but without its copies of those that others hold."""
        wanted = [p for p in self._step.parameters if p.requires_grad]
        found = torch.autograd.grad(loss, wanted, allow_unused=True)
        gradients = cast("tuple[Tensor | None, ...]", found)
        for parameter, gradient in zip(wanted, gradients, strict=True):
            if gradient is not None and gradient.stride() != parameter.stride():
                gradient = torch.empty_like(parameter).copy_(gradient)
            parameter.grad = gradient

    # -- recording --------------------------------------------------------------------------------

    def _recorded(self, batch: Tensor) -> tuple[_Recording, Losses]:
        before, recorder = self._meters.attributes(), Recorder()
        with recorder:
            losses = self._losses(batch)
            self._differentiate(losses[self._step.code.function.losses[0]])
            self._finish(losses, batch)
        growth = Growth(before, self._meters.attributes())
        program = Program(
            recorder.operations,
            [batch, *(cast("Tensor", before[key]) for key in growth.read)],
            [*losses.values(), *growth.replaced.values()],
            self._group,
        )
        return _Recording(program, growth, self._meters, list(losses)), losses

    def _twice(
        self,
        batch: Tensor,
        touched: Iterable[Tensor],
        again: Callable[[], Losses],
        then: Callable[[Tensor], Losses],
    ) -> Losses:
        """Take a step; go back and do it `again`; return its losses.

        The state is that after the ordinary step, whatever happens. Where all is the same, `then`
        takes the next step. In the first step of an epoch meters may get another form: then the
        next step is taken as this one.
        """
        before = _Snapshot(touched, self._meters)
        losses = self._usual(batch)
        after = _Snapshot(touched, self._meters)
        if before.form != after.form and self._delays < _PATIENCE:
            self._delays += 1
            return losses
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
        self._turn = then if same else self._usual
        if not same:
            self._recording = None
            _log.info("steps of %s are not replayed: %s", self._step.code.name, reason)
        return losses

    def _state(self) -> list[Tensor]:
        """Return the tensors that a step may change."""
        found = [t for network in self._step.networks for t in network.state_dict().values()]
        found += [parameter.detach() for parameter in self._step.parameters]
        for values in self._step.optimizer.state.values():
            found += [value for value in values.values() if isinstance(value, Tensor)]
        return found


class _Recording:
    """A program for a step, with what it reads from the meters and changes in them."""

    def __init__(
        self, program: Program, growth: Growth, meters: Meters, losses: Sequence[str]
    ) -> None:
        self.program, self._growth, self._meters = program, growth, meters
        self._losses = losses

    def run(self, batch: Tensor, group: Mapping[str, object]) -> Losses | None:
        """Take a step and return its losses; do nothing where the meters are not as recorded."""
        meters = self._meters.found()
        read = self._growth.inputs(meters)
        if read is None:
            return None
        results = iter(self.program.run([batch, *read], group))
        losses = {name: next(results) for name in self._losses}
        self._growth.apply(meters, results)
        return losses


class _Snapshot:
    """Copies of tensors, of meters and of the random state, to go back to and to compare with."""

    def __init__(self, tensors: Iterable[Tensor], meters: Meters) -> None:
        found = {(t.data_ptr(), t.shape, t.stride()): t.detach() for t in tensors}
        self._pairs = [(tensor, tensor.clone()) for tensor in found.values()]
        self._meters, self._held = meters, meters.copied()
        self._random = torch.get_rng_state()

    @property
    def form(self) -> dict[tuple[int, str], type]:
        """The types of what the meters hold."""
        return {key: type(value) for key, value in self._held.items()}

    def restore(self) -> None:
        """Put everything back."""
        for tensor, copy in self._pairs:
            if not _same(tensor, copy):
                tensor.copy_(copy)
        self._meters.set(self._held)
        torch.set_rng_state(self._random)

    def holds(self) -> bool:
        """Whether everything still has the very bits of the copies."""
        random = torch.equal(torch.get_rng_state(), self._random)
        same = all(_same(tensor, copy) for tensor, copy in self._pairs)
        return random and same and self._meters.hold(self._held)


def _same(one: Tensor, two: Tensor) -> bool:
    """Whether two tensors have the same bits."""
    if one.shape != two.shape or one.dtype != two.dtype:
        return False
    return torch.equal(_bits(one), _bits(two))


def _bits(tensor: Tensor) -> Tensor:
    return tensor.detach().reshape(-1).view(torch.uint8)
