"""The learning-rate range test: which rates can a training use?"""

from __future__ import annotations

import copy
import itertools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, StateError, missing_extra
from badak.base.files import Path, write_atomically
from badak.base.numbers import real
from badak.base.shapes import positive
from badak.data import Batches
from badak.optim import ewma, schedules
from badak.train.arguments import as_dataset
from badak.train.curves import image_bytes
from badak.train.step import NotFiniteError, train_step

if TYPE_CHECKING:  # for the type checker alone: a trainer is handed over
    from badak.train.trainer import Trainer

SMOOTHING = 0.9
"""The share of the past in the average of losses, which jump from batch to batch."""

DIVERGED = 4.0
"""How many times the lowest average the average may be before the test ends."""

_FEWEST = 10


@dataclass(frozen=True)
class RangeTest:
    """What a range test has seen.

    Attributes:
        lrs: the learning rates that were tried, rising.
        losses: the loss of the batch before each update, with that rate and those before it.
        smoothed: the average of the losses so far (`optim.ewma`, corrected for its start).
        diverged: whether the loss grew beyond all measure before the highest rate was reached.

    >>> lrs = np.geomspace(1e-4, 1.0, 41)
    >>> found = RangeTest(lrs, 2.0 - np.tanh(np.log(lrs / 0.01)), diverged=False)
    >>> found
    RangeTest(41 rates from 0.0001 to 1; suggestion 0.1)
    """

    lrs: Array
    losses: Array
    diverged: bool

    @property
    def smoothed(self) -> Array:
        return ewma(self.losses, SMOOTHING, bias_correction=True)

    @property
    def suggestion(self) -> float:
        """A tenth of the rate at which the smoothed loss is lowest, where it begins to be too high.

        Raises:
            StateError: when the loss did not fall: all rates were too high, or too low.
        """
        if not self._falls:
            raise StateError(
                "the range test suggests no learning rate: the loss does not fall",
                got=f"rates from {self.lrs[0]:g} to {self.lrs[-1]:g}",
                hint="a lower start, or a higher end",
            )
        return float(self.lrs[self.smoothed.argmin()]) / 10.0

    @property
    def _falls(self) -> bool:
        return int(self.smoothed.argmin()) > 1

    def plot(self, path: Path | None = None) -> Any:
        """Draws the loss over the rate, and the suggestion.

        Args:
            path: a file to write (.png, .svg or .pdf); None only returns the figure.

        Raises:
            MissingExtraError: when matplotlib is not installed.
            RangeError: for another kind of file.
            BadakFileError: when the file cannot be written.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise missing_extra("matplotlib", "plot", "drawing a picture") from None
        figure = Figure(figsize=(5.2, 3.4), dpi=160, layout="constrained")
        axis = figure.subplots()
        axis.plot(self.lrs, self.losses, color="#bbbbbb", linewidth=0.9, label="each batch")
        axis.plot(self.lrs, self.smoothed, color="#0072B2", linewidth=1.8, label="smoothed")
        if self._falls:
            axis.axvline(self.suggestion, color="#D55E00", linewidth=1.2)
            axis.set_title(f"suggestion {self.suggestion:.2g}", loc="right", fontsize=9)
        axis.set(xscale="log", xlabel="learning rate", ylabel="loss")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=9)
        if path is not None:
            kind = os.path.splitext(os.fsdecode(path))[1].removeprefix(".").lower()
            write_atomically(path, image_bytes(figure, kind))
        return figure

    def __repr__(self) -> str:
        end = ", where the loss diverged" if self.diverged else ""
        words = f"suggestion {self.suggestion:.2g}" if self._falls else "no suggestion"
        return (
            f"RangeTest({len(self.lrs)} rates from {self.lrs[0]:g} to {self.lrs[-1]:g}{end}; "
            f"{words})"
        )


def lr_range_test(
    trainer: Trainer,
    train: Any,
    t: Any = None,
    *,
    start: float = 1e-6,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
) -> RangeTest:
    """Tries learning rates from low to high, one batch each, and looks at the loss.

    The rate grows by the same factor at each step. While it is too low the loss stays, then it
    falls, and when the rate is too high it grows: the test ends where it is four times the lowest,
    or not finite. A copy is trained: network and optimizer stay as they were. Smith, "Cyclical
    Learning Rates for Training Neural Networks" (2017); the end of the test and the suggestion as
    in fastai.

    Args:
        trainer: with the network, the loss and the optimizer, whose own learning rate is not used.
        train: a `Dataset`, or inputs with their targets in `t`.
        t: targets, when `train` holds inputs alone.
        start: the lowest rate.
        end: the highest.
        steps: how many rates are tried, at least 10.
        batch_size: examples for one update.

    Returns:
        The rates and losses, and what they suggest.

    Raises:
        RangeError: when start is not above 0 and below end, or there are too few steps.
        ShapeError, DTypeError: data that do not fit the network or the loss.
        StateError: when already the first loss is not finite.

    >>> digits = bd.data.load("digits")
    >>> net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    >>> trainer = bd.Trainer(net, optimizer=optim.SGD(), progress=False)
    >>> found = bd.lr_range_test(trainer, digits.train)
    >>> 0.01 < found.suggestion < 1
    True
    >>> trainer.optimizer.lr = found.suggestion
    """
    low = real(start, "lr_range_test: start", above=0)
    high = real(end, "lr_range_test: end", above=low)
    count = positive(steps, "lr_range_test: steps")
    if count < _FEWEST:
        raise RangeError("lr_range_test: too few steps", expected=f"{_FEWEST} or more", got=count)
    data = as_dataset(train, t, trainer.dtype, "lr_range_test")
    net, loss, optimizer = copy.deepcopy((trainer.net, trainer.loss, trainer.optimizer))
    lrs, losses = np.geomspace(low, high, count), []
    lowest = average = math.inf
    # All batches are of one size, so that the losses can be compared.
    whole = len(data) > positive(batch_size, "batch_size")
    batches = Batches(data, batch_size, seed=trainer.seed, drop_last=whole)
    for lr, (x, target) in zip(lrs, _endless(batches), strict=False):
        optimizer.lr = float(lr) if optimizer.schedule is None else schedules.Constant(float(lr))
        inputs, targets = trainer.tensor(x), trainer.tensor(target)
        try:
            losses.append(train_step(net, loss, optimizer, inputs, targets, {})["loss"])
        except NotFiniteError:
            if not losses:
                raise
            average = math.inf
            break
        average = float(ewma(losses, SMOOTHING, bias_correction=True)[-1])
        lowest = min(lowest, average)
        if average > DIVERGED * lowest:
            break
    return RangeTest(lrs[: len(losses)], np.array(losses), diverged=average > DIVERGED * lowest)


def _endless(batches: Batches) -> Iterator[tuple[Array, Array]]:
    """Epoch after epoch."""
    return itertools.chain.from_iterable(map(batches.epoch, itertools.count()))
