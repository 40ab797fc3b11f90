"""All that the rules of a diagnosis may look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from badak.nn import BatchNorm, Dropout
from badak.train.diagnosis.data import DataFacts
from badak.train.diagnosis.guess import task_of
from badak.train.diagnosis.not_finite import loss_name
from badak.train.diagnosis.probe import Probe
from badak.train.history import Record

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

FLOOR = 1e-12
"""Kept away from 0 where it is divided by."""


@dataclass(frozen=True)
class Setup:
    """How a training is set up.

    Attributes:
        loss, task: how it is printed, and what it is for; see `task_of`.
        optimizer: the name of its class.
        numbers: its settings by name; the learning rate of a schedule is its largest.
        scheduled: whether the learning rate changes by itself.
        batch_size, batches, epochs: rows of an update, updates of an epoch, epochs in all; 0 where
            it is not known.
        balanced: whether each epoch has as many rows of each class.
        dropout: the largest share of units that is dropped.
        batch_norm: the rows that a batch normalisation sees at once, if there is one.
    """

    loss: str
    task: str
    optimizer: str
    numbers: dict[str, float]
    scheduled: bool
    batch_size: int
    batches: int
    epochs: int
    balanced: bool
    dropout: float
    batch_norm: int | None

    def number(self, name: str) -> float:
        return self.numbers.get(name, 0.0)

    def optimizer_with(self, **changes: float) -> str:
        """A line of Python for the optimizer with other settings."""
        shown = {"lr": self.number("lr"), **changes}
        inside = ", ".join(f"{name}={value:.2g}" for name, value in shown.items())
        return f"optim.{self.optimizer}({inside})"


def setup_of(trainer: Trainer, batch_size: int) -> Setup:
    """How a trainer is set up."""
    modules = trainer.net.named_modules().values()
    norms = [m.ghost_size or batch_size for m in modules if isinstance(m, BatchNorm)]
    optimizer = trainer.optimizer
    numbers = {name: float(x) for name, x in optimizer.settings.items()}
    schedule = optimizer.schedule
    largest = getattr(schedule, "max_lr", getattr(schedule, "lr", None))
    numbers["lr"] = float(optimizer.lr if largest is None else largest)
    return Setup(
        loss=loss_name(trainer.loss),
        task=task_of(trainer.loss),
        optimizer=type(optimizer).__name__,
        numbers=numbers,
        scheduled=optimizer.schedule is not None,
        batch_size=batch_size,
        batches=trainer.batches_per_epoch,
        epochs=trainer.last_epoch,
        balanced=bool(trainer.settings.get("balanced", False)),
        dropout=max((float(m.p) for m in modules if isinstance(m, Dropout)), default=0.0),
        batch_norm=min(norms, default=None) if norms and batch_size else None,
    )


@dataclass(frozen=True)
class Facts:
    """All numbers about a training.

    Attributes:
        setup: how it is set up.
        data: about its rows.
        first: the network before its first update, if anybody has looked then.
        now: the network as it is.
        history: the record of each epoch.
        ended: whether all epochs are done.
        broken: where numbers stopped being numbers, if they did.
    """

    setup: Setup
    data: DataFacts
    first: Probe | None
    now: Probe
    history: tuple[Record, ...]
    ended: bool
    broken: str = ""

    @property
    def starts(self) -> bool:
        """Whether nothing was trained yet."""
        return self.now.updates == 0

    @property
    def guess(self) -> float | None:
        return self.now.guess

    @property
    def unexplained(self) -> float | None:
        """What is left of the loss of guessing, on rows to train on: 1 for nothing learned."""
        if self.guess is None:
            return None
        return self.now.train_loss / self.guess

    @property
    def gap(self) -> float | None:
        """How much larger the loss is on rows to validate with, in losses of guessing."""
        if self.guess is None or self.now.validation_loss is None:
            return None
        return (self.now.validation_loss - self.now.train_loss) / self.guess

    def curve(self, name: str) -> list[float]:
        """The finite numbers of that name, epoch by epoch."""
        return [
            record[name]
            for record in self.history
            if name in record and math.isfinite(record[name])
        ]
