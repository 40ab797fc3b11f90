"""How many of few rows to keep for validation."""

from __future__ import annotations

from collections.abc import Sequence

from badak.base.random import generator
from badak.data import TrainTest, load
from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.tuning import values
from badak.lab.measurement import Measurement
from badak.lab.recipe import Recipe
from badak.lab.task import Task


def split_ratio(
    seeds: Sequence[int],
    *,
    shares: Sequence[float] = (0.5, 0.7, 0.9),
    rows: int = 300,
    updates: int = 300,
) -> list[Measurement]:
    """Some rows of the digits split for training and validation, all others for the truth.

    Contenders are "5 to 5", "7 to 3" and so on. Measures: "test accuracy", of the network on the
    other rows; "error of the estimate", how far the validation accuracy is from that.

    Args:
        seeds: of the rows, the split, weights and order.
        shares: of the rows for training, in tenths.
        rows: to be split.
        updates: of Adam with batches of 50 rows.
    """
    digits = load("digits").train
    orders = {seed: generator(seed, "split_ratio").permutation(len(digits)) for seed in seeds}
    recipe = Recipe(layers=(50,), batch_size=50)
    found = []
    for share in shares:
        tasks = {
            seed: Task(
                TrainTest(digits.take(order[:rows]), digits.take(order[rows:])),
                updates=updates,
                validation=round(1.0 - share, 10),
            )
            for seed, order in orders.items()
        }
        got = values(recipe, tasks, ["test accuracy", "validation accuracy"])
        pairs = zip(got["validation accuracy"], got["test accuracy"], strict=True)
        measures = {
            "test accuracy": got["test accuracy"],
            "error of the estimate": [abs(estimate - truth) for estimate, truth in pairs],
        }
        name = f"{round(10 * share)} to {round(10 - 10 * share)}"
        found += readings(name, "digits", seeds, measures)
    return found
