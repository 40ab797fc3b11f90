"""The small networks that the figures look at."""

from __future__ import annotations

from collections.abc import Sequence

from badak.base.errors import RangeError
from badak.base.random import generator, seeded
from badak.base.shapes import positive
from badak.data import TrainTest, load
from badak.lab.matched import fit_to_loss
from badak.nn import mlp
from badak.optim import Momentum
from badak.train import Trainer


def few(data: str, rows: int) -> TrainTest:
    """A data set with classes, of which some training rows are taken at random, always the same.

    Raises:
        RangeError: for data without classes.
    """
    train, test = load(data)
    if train.n_classes is None:
        raise RangeError(f"{data} has no classes", hint="digits")
    order = generator(0, "few").permutation(len(train))
    return TrainTest(train.take(order[: positive(rows, "rows")]), test)


def trained(
    sets: TrainTest,
    batch_size: int,
    target: float,
    hidden: Sequence[int],
    lr: float,
    seed: int,
    batch_norm: bool = False,
) -> tuple[Trainer, float]:
    """A network trained down to a loss, and the loss at which it has stopped."""
    order = "before" if batch_norm else None
    with seeded(seed):
        net = mlp(sets.shape[0], hidden, sets.n_classes or 1, batch_norm=order)
    trainer = Trainer(net, optimizer=Momentum(lr), metrics=["accuracy"], seed=seed, progress=False)
    size = min(batch_size, len(sets.train))
    return trainer, fit_to_loss(trainer, sets.train, target, batch_size=size)
