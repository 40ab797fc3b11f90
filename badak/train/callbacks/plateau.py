"""A lower learning rate when nothing improves any more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.train.callback import Callback
from badak.train.callbacks.monitored import Monitored

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer


class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate with a factor when a number has not improved for some epochs.

    The history then has the rate of each epoch under "lr". Arguments and defaults are Keras's;
    PyTorch's scheduler of this name waits for one epoch more than its patience, and its threshold
    is relative.

    Args:
        monitor: the number to watch, as it stands in the history: "val_loss", "val_accuracy", ...
        factor: what the rate is multiplied with, in (0, 1).
        patience: how many epochs without improvement are waited for.
        min_delta: how much better counts as an improvement.
        cooldown: how many epochs after a reduction do not count.
        min_lr: the rate is not made lower than that.
        mode: "min", "max", or "auto": larger is better for accuracies and the like, smaller for
            losses and errors; a number with another name needs to be told.

    Raises:
        RangeError: for settings out of their range, and when "auto" cannot know.
        StateError: when training starts and the monitored number is not recorded, or the rate
            follows a schedule.

    >>> ReduceLROnPlateau("val_loss", factor=0.5, patience=3)
    ReduceLROnPlateau(val_loss, factor 0.5, patience 3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        mode: str = "auto",
    ) -> None:
        self.monitored = Monitored("ReduceLROnPlateau", monitor, mode, min_delta)
        self.factor = real(factor, "ReduceLROnPlateau: factor", above=0, below=1)
        self.patience = positive(patience, "ReduceLROnPlateau: patience")
        self.cooldown = int(real(cooldown, "ReduceLROnPlateau: cooldown", at_least=0))
        self.min_lr = real(min_lr, "ReduceLROnPlateau: min_lr", at_least=0)
        self._forget()

    def _forget(self) -> None:
        self.best = math.nan
        self.waited = 0
        self.resting = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        self.monitored.check(trainer)
        if trainer.optimizer.schedule is not None:
            raise StateError(
                "ReduceLROnPlateau: the learning rate follows a schedule",
                got=repr(trainer.optimizer),
                hint="a number for lr",
            )
        if not trainer.position.resumed:
            self._forget()

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        rate = record["lr"] = float(trainer.optimizer.lr)
        value = record[self.monitored.name]
        if self.resting:
            self.resting -= 1
            self.waited = 0
        if self.monitored.improves(value, self.best):
            self.best, self.waited = value, 0
        elif not self.resting:
            self.waited += 1
            if self.waited >= self.patience and rate > self.min_lr:
                trainer.optimizer.lr = max(rate * self.factor, self.min_lr)
                self.waited, self.resting = 0, self.cooldown

    def state_dict(self) -> tuple[dict[str, Array], dict[str, Any]]:
        best = None if math.isnan(self.best) else self.best
        return {}, {"best": best, "waited": self.waited, "resting": self.resting}

    def load_state_dict(self, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
        self.best = math.nan if record["best"] is None else record["best"]
        self.waited, self.resting = record["waited"], record["resting"]

    def __repr__(self) -> str:
        return (
            f"ReduceLROnPlateau({self.monitored.name}, factor {self.factor:g}, "
            f"patience {self.patience})"
        )
