"""What can be hung into a training: an object that is told what happens."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from badak.base.dtypes import Array

if TYPE_CHECKING:  # for the type checker alone: the trainer knows its callbacks, not they it
    from badak.train.trainer import Trainer


class Callback:
    """Base of all callbacks: override what is of interest.

    `trainer` gives access to everything: `net`, `optimizer`, `history`, `position`; setting
    `trainer.stop = "reason"` ends the training after the epoch. An error in a callback ends the
    training, after the other callbacks have been told of the same event.

    Attributes:
        rank: callbacks are told in the order of their rank; the checkpoint comes last, so that it
            holds what the others did.
        every_batches: after how many updates `on_batch_end` must be told: 1, each of them; n, those
            after which `position.step` is a multiple of n; None, whenever there is time, a few
            times a second, which is enough for what only shows numbers. A compiled training runs
            on without coming back to Python in between; one that is to be watched at each update
            is slower.

    >>> class Shout(Callback):
    ...     def on_epoch_end(self, trainer, record):
    ...         print(f"epoch {record['epoch']} done")
    """

    rank: ClassVar[int] = 0
    every_batches: int | None = 1

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first batch."""

    def on_batch_end(self, trainer: Trainer, loss: float) -> None:
        """After each update, or as often as `every_batches` says; perhaps more often."""

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        """After validation; the record is in the history already."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """After the last epoch, however it came to be the last."""

    def on_failure(self, trainer: Trainer, error: BaseException) -> None:
        """When the training is broken off by an error or by Ctrl-C after `on_fit_start`."""

    def state_dict(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """What it remembers, for a checkpoint: arrays by name, and a tree that JSON can hold."""
        return {}, {}

    def load_state_dict(self, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
        """Takes over what `state_dict` gave."""


def updates_until_told(callbacks: Sequence[Callback], step: int) -> int:
    """How many updates may follow the one of that number before a callback must be told.

    >>> class Log(Callback):
    ...     every_batches = 100
    ...     def on_batch_end(self, trainer, loss): ...
    >>> updates_until_told([Log(), Callback()], 430)
    70
    """
    every = [callback.every_batches for callback in callbacks if _listens(callback)]
    return min((n - step % n for n in every if n), default=sys.maxsize)


def _listens(callback: Callback) -> bool:
    """Whether it does anything after an update."""
    own = "on_batch_end" in vars(callback)  # a function that was hung into this one alone
    return own or type(callback).on_batch_end is not Callback.on_batch_end
