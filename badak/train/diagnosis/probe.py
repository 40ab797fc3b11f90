"""Numbers about a network at one moment, from some rows run through a copy of it."""

from __future__ import annotations

import copy
import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from badak.base import context
from badak.base.dtypes import Array
from badak.base.numbers import is_finite
from badak.core import Tensor, grad
from badak.data import Dataset
from badak.nn import Loss, Module, observing
from badak.train.diagnosis.data import spaced
from badak.train.diagnosis.guess import guessing
from badak.train.diagnosis.layers import LayerFacts, Layers, ParameterFacts, facts_of_parameters

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

ROWS = 200
"""Rows that go forward and backward: a unit that is 0 for all of them is 0 for 98 rows of 100."""

JUDGED = 1000
"""Rows whose loss is taken: an accuracy of them is right within 3 points."""

REHEARSED = 5
"""Updates on the same rows before the first one: enough for a step that is too large to show."""

CHANCE = 1.05
"""A loss that grows by less may do so since dropout has drawn other units."""

MARGIN = 3
"""Batches are noisier than so many rows at once, and ask for smaller steps."""

POWERS = 4
"""So many tens may a learning rate be too high until nobody looks for a better one."""


@dataclass(frozen=True)
class Probe:
    """A network at one moment.

    Attributes:
        updates: how many it has behind it.
        rows: how many went forward and backward.
        loss: of these as in training, with dropout and the statistics of the batch.
        calm_loss: of the same rows as in prediction.
        rehearsed: the loss of the same rows after each of some updates on them.
        calmer_lr: where that is larger than before, a learning rate with which it is not; None
            where it is not asked for.
        train_loss, train_accuracy: of more rows to train on, as in prediction.
        validation_loss, validation_accuracy: of rows to validate with. None where there are none;
            accuracies are None when targets are not class numbers.
        guess: the loss of the best prediction that is the same for all rows; None where nobody can
            tell.
        odd: why such predictions can hardly be meant for the loss.
        outputs: how many values a prediction has.
        output_range: the smallest and the largest value of a prediction.
        layers: those that have no layers inside, as they have run.
        silent: the names of parameters whose layer has not run.
        parameters: all of them.
        weights: the values of those with several axes.
    """

    updates: int
    rows: int
    loss: float
    calm_loss: float
    rehearsed: tuple[float, ...]
    calmer_lr: float | None
    train_loss: float
    train_accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    guess: float | None
    odd: str
    outputs: int
    output_range: tuple[float, float]
    layers: tuple[LayerFacts, ...]
    silent: tuple[str, ...]
    parameters: tuple[ParameterFacts, ...]
    weights: dict[str, Array] = field(repr=False)

    @property
    def slope(self) -> float:
        """The norm of the whole gradient."""
        return float(np.sqrt(sum(p.slope**2 for p in self.parameters)))

    @property
    def size(self) -> float:
        """The norm of all weights, those of one axis (biases and scales) left out."""
        return float(np.sqrt(sum(p.norm**2 for p in self.parameters if p.axes > 1)))


def probe(trainer: Trainer, train: Dataset, validation: Dataset | None, updates: int) -> Probe:
    """Looks at the network of a trainer; nothing of the trainer changes.

    Args:
        trainer: whose network, loss and optimizer.
        train: rows to train on.
        validation: rows to validate with, if any.
        updates: how many to make, on a copy.
    """
    part = spaced(train, ROWS)
    x, t = trainer.tensor(part.x[:]), trainer.tensor(part.t)
    with _without_warnings():
        net, loss = copy.deepcopy((trainer.net, trainer.loss))
        calm, prediction = _calm(net, loss, x, t)
        train_loss, train_accuracy = _judged(trainer, net, loss, train)
        checked = (None, None) if validation is None else _judged(trainer, net, loss, validation)
        tried = _Rehearsal(trainer, x, t, updates)
        guess = guessing(trainer.loss, prediction.shape, t.data)
        calmer = _calmer(trainer, x, t) if updates > 1 and not tried.falls else None
    values = {name: p.data for name, p in trainer.net.parameters().items()}
    return Probe(
        updates=trainer.position.step,
        rows=len(part),
        loss=tried.losses[0],
        calm_loss=calm,
        rehearsed=tuple(tried.losses[1:]),
        calmer_lr=calmer,
        train_loss=train_loss,
        train_accuracy=train_accuracy,
        validation_loss=checked[0],
        validation_accuracy=checked[1],
        guess=guess,
        odd=trainer.loss.odd(prediction) if isinstance(trainer.loss, Loss) else "",
        outputs=prediction.shape[-1] if prediction.ndim > 1 else 1,
        output_range=(float(prediction.min()), float(prediction.max())),
        layers=tuple(tried.layers.found),
        silent=tried.silent,
        parameters=facts_of_parameters(values, tried.gradients),
        weights={name: x.copy() for name, x in values.items() if x.ndim > 1},
    )


@contextmanager
def _without_warnings() -> Iterator[None]:
    """A loss has warned of odd predictions before; here numbers may become too large."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


class _Rehearsal:
    """Some updates of a copy, all on the same rows.

    Attributes:
        losses: before each of them, and after the last; shorter where a number became too large.
        layers: as they were in the first of them.
        gradients: those of the first, by name; empty where they are not finite.
        silent: the names of parameters whose layer has not run.
    """

    def __init__(
        self, trainer: Trainer, x: Tensor, t: Tensor, updates: int, lr: float | None = None
    ) -> None:
        net, optimizer, loss = copy.deepcopy((trainer.net, trainer.optimizer, trainer.loss))
        if lr is not None:
            optimizer.lr = lr
        params = net.parameters()
        self._updates = updates
        self.losses: list[float] = []
        self.gradients: dict[str, Array] = {}
        self.layers = Layers(net)
        for number in range(updates + 1):
            with optimizer.gradient_point(params), context.training():
                if number:
                    value = loss(net(x), t)
                else:
                    with observing(self.layers):
                        value = loss(net(x), t)
                self.losses.append(float(value))
                if not np.isfinite(self.losses[-1]) or number == updates:
                    break
                gradients = grad(value, params)
            if not all(is_finite(g.data) for g in gradients.values()):
                break
            self.gradients = self.gradients or {name: g.data for name, g in gradients.items()}
            optimizer.update(params, gradients)
        ran = {id(p) for p in self.layers.parameters}
        self.silent = tuple(name for name, p in params.items() if id(p) not in ran)

    @property
    def falls(self) -> bool:
        """Whether all updates could be made, and have made it better."""
        return len(self.losses) > self._updates and self.losses[-1] <= self.losses[0]

    @property
    def is_calm(self) -> bool:
        """Whether each of them has, but for the chance of dropout."""
        pairs = itertools.pairwise(self.losses)
        return self.falls and all(after <= CHANCE * before for before, after in pairs)


def _calmer(trainer: Trainer, x: Tensor, t: Tensor) -> float | None:
    """A third of the largest learning rate, in tens, with which each update makes it better."""
    if trainer.optimizer.schedule is not None:
        return None
    lr = float(trainer.optimizer.lr)
    for power in range(1, POWERS + 1):
        rate = lr / 10**power
        if _Rehearsal(trainer, x, t, REHEARSED, rate).is_calm:
            return float(f"{rate / MARGIN:.1g}")
    return None


def _calm(net: Module, loss: Any, x: Tensor, t: Tensor) -> tuple[float, Array]:
    """Loss and prediction as outside of training."""
    with context.no_grad(), context.training(False):
        prediction = net(x)
        return float(loss(prediction, t)), prediction.data


def _judged(trainer: Trainer, net: Module, loss: Any, rows: Dataset) -> tuple[float, float | None]:
    """Loss and accuracy of some rows."""
    part = spaced(rows, JUDGED)
    value, prediction = _calm(net, loss, trainer.tensor(part.x[:]), trainer.tensor(part.t))
    if part.t.dtype.kind not in "iu" or prediction.shape[:-1] != part.t.shape:
        return value, None
    return value, float((prediction.argmax(axis=-1) == part.t).mean())
