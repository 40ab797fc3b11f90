"""Who takes part: a framework in one setting, and the training step that it is ready to take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

RATE = 1e-6
"""Adam's learning rate while timing.

So low that the weights hardly move: all rounds then do the same arithmetic. A network that had
learnt its batches by heart would have gradients of nearly zero, with which processors are slow.
"""


class CannotRunError(Exception):
    """This framework has no such step; the reason is shown in the table."""


def stay() -> None:
    """Nothing to do."""


def one_by_one(
    step: Callable[..., Any], batches: list[tuple[Any, ...]], number: Callable[[Any], float]
) -> Callable[[int, int], float]:
    """Takes steps in a Python loop, each a call of its own.

    Args:
        step: one step; gives the loss as the framework has it.
        batches: what the step takes, one after the other, as the framework wants them.
        number: waits until all the work is done and gives the loss as a float.
    """

    def take(first: int, count: int) -> float:
        loss = None
        for i in range(first, first + count):
            loss = step(*batches[i % len(batches)])
        return number(loss)

    return take


@dataclass(slots=True)
class Trainee:
    """What is ready for its next step: a network, many of them, or one that only predicts.

    Attributes:
        take: takes so many steps from the one of that number on; gives the last loss when all the
            work is done.
        prepare: is called before each turn, untimed; sets the number of threads.
        confirm: is called once after the first step; raises `CannotRunError` when the step is not
            what the setting says, such as one that falls back to slower means.
        close: ends the processes that it has, if any.
        parts: of a turn; after each the work is waited for and the loss is read.
        taken: how many steps were taken.
    """

    take: Callable[[int, int], float]
    prepare: Callable[[], None] = stay
    confirm: Callable[[], None] = stay
    close: Callable[[], None] = stay
    parts: int = 10
    taken: int = 0

    def run(self, steps: int) -> float:
        """Takes so many steps; the loss of the last one, read once when all is done."""
        first = self.taken
        self.taken += steps
        return self.take(first, steps)


class Role(Enum):
    """What a contender's times are for."""

    OURS = "ours"
    MANY = "many batches in one call"
    EAGER = "the reference, in NumPy"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Contender:
    """A framework in one setting.

    Attributes:
        framework: "Badak", "PyTorch", ...
        setting: what is particular, such as "eager, fused Adam, 2 threads".
        build: makes the network and compiles its step, with the learning rate that it is given.
        role: what its times are for.
    """

    framework: str
    setting: str
    build: Callable[[float], Trainee]
    role: Role = Role.PEER

    @property
    def name(self) -> str:
        return f"{self.framework}: {self.setting}"


def in_threads(count: int) -> str:
    """The number of threads, in words.

    >>> in_threads(1), in_threads(2)
    ('1 thread', '2 threads')
    """
    return f"{count} thread{'s' if count > 1 else ''}"


def length(scores: np.ndarray) -> float:
    """One number for the scores of a prediction, by which frameworks are compared."""
    return float(np.linalg.norm(scores))
