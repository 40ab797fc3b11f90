"""What stands between a trainer and its steps: keeps losses and states, and stops where asked."""

from __future__ import annotations

from collections.abc import Callable

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.core import Tensor
from badak.train import Trainer
from badak.train.steps import Steps, Values


class ArrivedError(Exception):  # it never leaves the timeline
    """The step that was asked for is reached."""


class Recorder:
    """Runs the updates of a trainer by the `Steps` that it has, and takes notes.

    A training asks for its next updates when all that belongs to those before is done: validation,
    history, callbacks. So the state at the beginning of `run` is a whole one.

    Args:
        steps: what runs the updates.
        losses: of each update since step `origin`; new ones are added. A loss that is there
            already must come out again to the last bit.
        origin: the step from which `losses` counts.
        every: at multiples of this, and at its first update, `keep` is told the step.
        keep: what keeps the state of a step.
        target: the step at which to stop; None for the end.
    """

    def __init__(
        self,
        steps: Steps,
        losses: list[float],
        origin: int,
        every: int,
        keep: Callable[[int], None],
        target: int | None,
    ) -> None:
        self._steps = steps
        self._losses = losses
        self._origin = origin
        self._every = every
        self._keep = keep
        self._target = target
        self._began = False

    def renew(self) -> None:
        self._steps.renew()

    def expect(self, rows: Array | None) -> None:
        self._steps.expect(rows)

    def run(
        self,
        trainer: Trainer,
        rows: Array,
        data: tuple[Tensor, Tensor],
        asked: Callable[[], bool],
    ) -> list[Values]:
        step = trainer.position.step
        if step == self._target:
            raise ArrivedError
        if step % self._every == 0 or not self._began:
            self._keep(step)
        self._began = True
        most = self._every - step % self._every
        if self._target is not None:
            most = min(most, self._target - step)
        values = self._steps.run(trainer, rows[:most], data, asked)
        for number, of_batch in enumerate(values, step - self._origin):
            self._note(number, of_batch["loss"])
        return values

    def _note(self, number: int, loss: float) -> None:
        if number == len(self._losses):
            self._losses.append(loss)
        elif self._losses[number] != loss:
            raise StateError(
                f"Timeline: the replay differs from the record at step {self._origin + number + 1}",
                expected=f"the loss {self._losses[number]!r}",
                got=repr(loss),
                hint="data, metrics and callbacks that do not change by themselves",
            )
