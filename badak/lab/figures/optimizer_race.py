"""Four optimizers on MNIST, at the learning rates of the book."""

from __future__ import annotations

from collections.abc import Sequence

from badak.lab.drawing import Picture
from badak.lab.figures.race import at_rates, race

OPTIMIZERS, RATES = ("SGD", "Momentum", "AdaGrad", "Adam"), (0.01, 0.01, 0.01, 0.001)
"""The book's."""


def optimizer_race(
    *,
    data: str | None = None,
    optimizers: Sequence[str] = OPTIMIZERS,
    rates: Sequence[float] = RATES,
    hidden: Sequence[int] = (100,) * 4,
    updates: int = 2000,
    batch_size: int = 128,
    every: int = 20,
    seeds: int = 5,
    seed: int = 0,
) -> Picture:
    """Training loss of SGD, Momentum, AdaGrad and Adam, all from the same weights.

    K. Saito, "Deep Learning from Scratch" (2016), chapter 6: 784-100-100-100-100-10, ReLU, weights
    as He et al. (2015), batches of 128, 2,000 updates. There, SGD falls behind; it does so because
    of its learning rate: with `rates=(0.3, 0.03, 0.01, 0.001)` it does not.

    Args:
        data: "mnist" or "digits"; None for MNIST where it is at hand.
        optimizers: by name.
        rates: the learning rate of each.
        hidden, updates, batch_size, every, seeds, seed: as for `race`.

    Raises:
        RangeError: for an unknown optimizer.
        ShapeError: when there are not as many rates.

    >>> picture = optimizer_race(data="digits", optimizers=["SGD", "Adam"], rates=[0.01, 0.001],
    ...                          hidden=[20], updates=40, seeds=2)
    >>> last = {row["contender"]: row["training loss"] for row in picture.rows
    ...         if row["updates"] == 40 and "training loss" in row}
    >>> last["Adam"] < last["SGD"]
    True
    """
    rules = at_rates(optimizers, rates)
    contenders = {name: (rule, "he") for name, rule in rules.items()}
    return race(
        "optimizer-race", "optimizer", contenders, data=data, hidden=hidden, updates=updates,
        batch_size=batch_size, every=every, seeds=seeds, seed=seed,
    )  # fmt: skip
