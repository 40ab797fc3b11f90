"""Three ways to start the weights on MNIST."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from badak.lab.drawing import Picture
from badak.lab.figures.race import race
from badak.nn.init import He, Normal, Xavier
from badak.optim import SGD


def initializer_race(
    *,
    data: str | None = None,
    std: float = 0.01,
    lr: float = 0.01,
    hidden: Sequence[int] = (100,) * 4,
    updates: int = 2000,
    batch_size: int = 128,
    every: int = 20,
    seeds: int = 5,
    seed: int = 0,
) -> Picture:
    """Training loss from weights of spread 0.01, of Xavier's and of He's.

    K. Saito, "Deep Learning from Scratch" (2016), chapter 6: 784-100-100-100-100-10, ReLU, SGD with
    learning rate 0.01, batches of 128, 2,000 updates. Xavier's spread is sqrt(1 / in) there, He's
    sqrt(2 / in). With 0.01 the signal shrinks from layer to layer, and nothing is learned.

    Args:
        data: "mnist" or "digits"; None for MNIST where it is at hand.
        std: the spread of the first.
        lr: the learning rate of all.
        hidden, updates, batch_size, every, seeds, seed: as for `race`.

    >>> picture = initializer_race(data="digits", lr=0.05, updates=200, seeds=1)
    >>> last = {row["contender"]: row["training loss"] for row in picture.rows
    ...         if row["updates"] == 200 and "training loss" in row}
    >>> last["He"] < 1.5 < last["std 0.01"]
    True
    """
    starts = {f"std {std:g}": Normal(std), "Xavier": Xavier(), "He": He()}
    contenders = {name: (partial(SGD, lr), start) for name, start in starts.items()}
    return race(
        "initializer-race", "initial weights", contenders, data=data, hidden=hidden,
        updates=updates, batch_size=batch_size, every=every, seeds=seeds, seed=seed,
    )  # fmt: skip
