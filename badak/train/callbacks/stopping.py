"""Early stopping."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badak.base.dtypes import Array
from badak.base.errors import RangeError, StateError, unknown_name
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.train.callback import Callback
from badak.train.direction import larger_is_better

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer

_MODES = ("auto", "min", "max")


class EarlyStopping(Callback):
    """Stops when a number has not improved for some epochs, and goes back to the best weights.

    Args:
        monitor: the number to watch, as it stands in the history: "val_loss", "val_accuracy", ...
        patience: how many epochs without improvement are waited for.
        min_delta: how much better counts as an improvement.
        restore_best: whether the weights of the best epoch are put back at the end.
        mode: "min", "max", or "auto": larger is better for accuracies and the like, smaller for
            losses and errors; a number with another name needs to be told.

    Raises:
        RangeError: for a patience below 1, a negative min_delta, an unknown mode, and when "auto"
            cannot know.
        StateError: when training starts and the monitored number is not recorded.

    >>> EarlyStopping("val_loss", patience=3)
    EarlyStopping(val_loss, patience 3)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        restore_best: bool = True,
        mode: str = "auto",
    ) -> None:
        if mode not in _MODES:
            raise unknown_name("mode", mode, _MODES)
        larger = larger_is_better(monitor) if mode == "auto" else mode == "max"
        if larger is None:
            raise RangeError(
                f"EarlyStopping: is a large {monitor!r} good or bad?", hint='mode="max" or "min"'
            )
        self.monitor = monitor
        self.patience = positive(patience, "EarlyStopping: patience")
        self.min_delta = real(min_delta, "EarlyStopping: min_delta", at_least=0)
        self.restore_best = restore_best
        self._sign = -1.0 if larger else 1.0
        self._forget()

    def _forget(self) -> None:
        self.best = math.nan
        self.best_epoch = 0
        self.waited = 0
        self._weights: dict[str, Array] = {}

    def on_fit_start(self, trainer: Trainer) -> None:
        if self.monitor not in trainer.recorded_names():
            hint = "fit(..., validation_split=0.2) records validation numbers"
            raise StateError(
                f"EarlyStopping: {self.monitor!r} is not recorded",
                expected=f"one of {', '.join(trainer.recorded_names())}",
                hint=hint if self.monitor.startswith("val_") else None,
            )
        if not trainer.position.resumed:
            self._forget()

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        value = record[self.monitor]
        if self._improves(value):
            self.best, self.best_epoch, self.waited = value, int(record["epoch"]), 0
            self._weights = trainer.net.state_dict() if self.restore_best else {}
            return
        self.waited += 1
        if self.waited >= self.patience:
            trainer.stop = (
                f"{self.monitor} has not improved on {self.best:.4g} "
                f"(epoch {self.best_epoch}) for {self.waited} epochs"
            )

    def _improves(self, value: float) -> bool:
        if math.isnan(self.best) or not math.isfinite(value):
            return math.isfinite(value)
        return self._sign * value < self._sign * self.best - self.min_delta

    def on_fit_end(self, trainer: Trainer) -> None:
        if self._weights:
            trainer.net.load_state_dict(self._weights)

    def state_dict(self) -> tuple[dict[str, Array], dict[str, Any]]:
        best = None if math.isnan(self.best) else self.best
        return self._weights, {"best": best, "epoch": self.best_epoch, "waited": self.waited}

    def load_state_dict(self, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
        self.best = math.nan if record["best"] is None else record["best"]
        self.best_epoch, self.waited = record["epoch"], record["waited"]
        self._weights = dict(tensors)

    def __repr__(self) -> str:
        return f"EarlyStopping({self.monitor}, patience {self.patience})"
