"""Trainings that end at the same loss, so that what they have found can be compared."""

from __future__ import annotations

import math

from badak.base.context import no_grad
from badak.base.errors import StateError
from badak.base.numbers import real
from badak.data import Dataset
from badak.train import Trainer

_FAR, _PER_HALVING = 20, 8


def fit_to_loss(
    trainer: Trainer,
    rows: Dataset,
    target: float,
    *,
    batch_size: int = 32,
    most: int = 5000,
) -> float:
    """Trains until the mean loss over all training rows is at most `target`, and gives that loss.

    The loss is looked at the more often the nearer it is: every update at the end, every 20 far
    away. With small batches or a high learning rate it jumps, and so may end a little lower.

    Args:
        trainer: what to train, from where it stands.
        rows: to train on.
        target: the loss at which to stop.
        batch_size: rows of an update.
        most: updates at most.

    Raises:
        StateError: when the loss is not reached.
        NotFiniteError: when the training breaks down.

    >>> from badak.lab.matched import fit_to_loss
    >>> rows = bd.data.load("gaussians", rows=60).train
    >>> trainer = bd.Trainer(nn.Linear(2, 3), optimizer=optim.SGD(0.5), progress=False)
    >>> 0.4 < fit_to_loss(trainer, rows, 0.5) <= 0.5
    True
    """
    real(target, "fit_to_loss: target", above=0)
    x, t = trainer.tensor(rows.x[:]), trainer.tensor(rows.t)

    def look() -> float:
        with no_grad():
            return float(trainer.loss(trainer.net(x), t))

    loss, updates = look(), 0
    while loss > target:
        if updates >= most:
            raise StateError(
                f"the training loss has not come down to {target:g} in {updates} updates",
                got=f"{loss:.4g}",
                hint="a larger target, or another learning rate",
            )
        more = math.ceil(min(_PER_HALVING * math.log2(loss / target), _FAR, most - updates))
        trainer.fit(rows, batch_size=batch_size, updates=more)
        loss, updates = look(), updates + more
    return loss
