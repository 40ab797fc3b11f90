"""Early stopping."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badak.base.dtypes import Array
from badak.base.shapes import positive
from badak.train.callback import Callback
from badak.train.callbacks.monitored import Monitored

if TYPE_CHECKING:  # for the type checker alone, as in callback.py
    from badak.train.trainer import Trainer


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
        self.monitored = Monitored("EarlyStopping", monitor, mode, min_delta)
        self.patience = positive(patience, "EarlyStopping: patience")
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.best = math.nan
        self.best_epoch = 0
        self.waited = 0
        self._weights: dict[str, Array] = {}

    def on_fit_start(self, trainer: Trainer) -> None:
        self.monitored.check(trainer)
        if not trainer.position.resumed:
            self._forget()

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        value = record[self.monitored.name]
        if self.monitored.improves(value, self.best):
            self.best, self.best_epoch, self.waited = value, int(record["epoch"]), 0
            self._weights = trainer.net.state_dict() if self.restore_best else {}
            return
        self.waited += 1
        if self.waited >= self.patience:
            trainer.stop = (
                f"{self.monitored.name} has not improved on {self.best:.4g} "
                f"(epoch {self.best_epoch}) for {self.waited} epochs"
            )

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
        return f"EarlyStopping({self.monitored.name}, patience {self.patience})"
