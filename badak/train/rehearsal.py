"""A look at everything before the first update, to find what does not fit while it is cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from badak.base import context
from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.core import Tensor
from badak.data import Batches, Dataset
from badak.nn import Loss
from badak.train.measures import measured
from badak.train.place import at
from badak.train.snapshot import Snapshot
from badak.train.step import NotFiniteError

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

_SAMPLE = 100
"""Rows that are predicted: enough for any metric, few enough to cost nothing."""


def rehearse(trainer: Trainer, batches: Batches, validation: Dataset | None) -> None:
    """Raises on data that do not fit the network, the loss or the metrics.

    Looks at all targets and at some of the inputs. The network stays as it is.

    Raises:
        ShapeError, RangeError, DTypeError: naming what does not fit.
        NotFiniteError: for a network that holds NaN already.
    """
    before = Snapshot(trainer.net, trainer.optimizer)
    spoiled = before.spoiled()
    if spoiled:
        raise NotFiniteError(f"{spoiled} is not finite before training", hint="a new network")
    try:
        _check(trainer, batches.dataset)
        if batches.last_size == 1:
            _check_single_row(trainer, batches)
        if validation is not None:
            with at("validation data"):
                _check(trainer, validation)
    finally:
        before.restore()


def _check(trainer: Trainer, data: Dataset) -> None:
    # From all over the data, since the first rows of a sorted set may be all of one kind.
    rows = np.unique(np.linspace(0, len(data) - 1, _SAMPLE).astype(np.int64))
    prediction = trainer.predict(data.take(rows))
    _check_targets(trainer, data, prediction)
    if isinstance(trainer.loss, Loss):
        # A loss warns of scores that cannot be meant so; a compiled one never sees any.
        trainer.loss.inspect(Tensor(prediction), trainer.tensor(data.t[rows]))
    measured(trainer.metrics, prediction, data.t[rows])


def _check_targets(trainer: Trainer, data: Dataset, prediction: Array) -> None:
    """All targets at once: the shape of a prediction is enough to judge them by."""
    if isinstance(trainer.loss, Loss):
        shape = (len(data), *prediction.shape[1:])
        anything = Tensor(np.broadcast_to(prediction.dtype.type(0), shape))
        trainer.loss.check(anything, Tensor(data.t))


def _check_single_row(trainer: Trainer, batches: Batches) -> None:
    which = "each batch has" if batches.batch_size == 1 else "the last batch of each epoch has"
    try:
        with at(f"{which} 1 row"), context.training(), context.no_grad():
            trainer.net(trainer.tensor(batches.dataset.x[:1]))
    except ShapeError as error:
        error.hint = f"another batch_size than {batches.batch_size}"
        raise
