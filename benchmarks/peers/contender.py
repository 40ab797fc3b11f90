"""Who takes part: a framework in one setting, and the training step that it is ready to take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RATE = 1e-6
"""Adam's learning rate while timing.

So low that the weights hardly move: all rounds then do the same arithmetic. A network that had
learnt its batches by heart would have gradients of nearly zero, with which processors are slow.
"""


class CannotRunError(Exception):
    """This framework has no such step; the reason is shown in the table."""


def stay() -> None:
    """Nothing to do."""


@dataclass(slots=True)
class Trainee:
    """A network that is ready for its next step.

    Attributes:
        step: one training step on a batch; gives the loss as the framework has it.
        batches: what it is trained on, one after the other, as the framework wants them.
        number: waits until all the work is done and gives the loss as a float.
        prepare: is called before each turn, untimed; sets the number of threads.
        confirm: is called once after the first step; raises `CannotRunError` when the step is not
            what the setting says, such as one that falls back to slower means.
        taken: how many steps were taken.
    """

    step: Callable[[Any, Any], Any]
    batches: list[tuple[Any, Any]]
    number: Callable[[Any], float]
    prepare: Callable[[], None] = stay
    confirm: Callable[[], None] = stay
    taken: int = 0

    def run(self, steps: int) -> float:
        """Takes so many steps; the loss of the last one, read once when all is done."""
        loss = None
        batches = self.batches
        for i in range(self.taken, self.taken + steps):
            x, t = batches[i % len(batches)]
            loss = self.step(x, t)
        self.taken += steps
        return self.number(loss)


@dataclass(frozen=True, slots=True)
class Contender:
    """A framework in one setting.

    Attributes:
        framework: "Badak", "PyTorch", ...
        setting: what is particular, such as "eager, fused Adam, 2 threads".
        build: makes the network and compiles its step, with the learning rate that it is given.
    """

    framework: str
    setting: str
    build: Callable[[float], Trainee]

    @property
    def name(self) -> str:
        return f"{self.framework}: {self.setting}"
