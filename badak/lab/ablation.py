"""What does each technique of a recipe contribute?"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.columns import aligned
from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.files import Path
from badak.base.random import generator
from badak.base.shapes import positive
from badak.data import TrainTest
from badak.lab.arena import Kept, Trial, run
from badak.lab.compare import as_store
from badak.lab.progress import Progress
from badak.lab.ranking import Criterion
from badak.lab.recipe import Recipe
from badak.lab.report.rows import difference
from badak.lab.statistics import Interval, Looks, paired_interval
from badak.lab.task import Task

EXACT = 6
"""Up to so many techniques, all combinations are trained: 64 recipes."""

ORDERS = 12
"""Of more techniques, so many orders in which they are added one by one are drawn."""

Combination = frozenset[str]


@dataclass(frozen=True)
class Share:
    """What one technique contributes, in the measure; above 0 is better.

    Attributes:
        technique: its name.
        alone: the base with it, less the base.
        last: the whole recipe, less the recipe without it (leave-one-out).
        shapley: the mean of what it adds over all orders in which the techniques can be added;
            over all techniques these add up to what the recipe adds to the base. Shapley (1953).

    >>> interval = Interval(0.02, 0.01, 0.03, 0.95)
    >>> Share("dropout", interval, interval, interval).technique
    'dropout'
    """

    technique: str
    alone: Interval
    last: Interval
    shapley: Interval


@dataclass(frozen=True)
class Ablation:
    """The shares of a recipe's techniques; print it.

    Attributes:
        measure: of which they are shares.
        shares: the largest Shapley share first.
        whole: what the recipe adds to the base.
        seeds: how many trainings each combination had.
        seconds: how long it took.

    >>> share = Interval(0.02, 0.01, 0.03, 0.95)
    >>> print(Ablation("test accuracy", [Share("decay", share, share, share)], share, 5, 1.0))
    technique                        alone                  added last                     Shapley
    decay      +2.00 [1.00, 3.00] points  +2.00 [1.00, 3.00] points  +2.00 [1.00, 3.00] points
    all of them: +2.00 [1.00, 3.00] points of test accuracy
    """

    measure: str
    shares: Sequence[Share]
    whole: Interval
    seeds: int
    seconds: float

    def records(self) -> list[dict[str, Any]]:
        """A flat row for each technique."""
        return [
            {"technique": share.technique}
            | {
                f"{kind} {end}": getattr(getattr(share, kind), end)
                for kind in ("alone", "last", "shapley")
                for end in ("estimate", "low", "high")
            }
            for share in self.shares
        ]

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [("technique", "alone", "added last", "Shapley")]
        rows += [
            (
                share.technique,
                *(difference(x, self.measure) for x in (share.alone, share.last, share.shapley)),
            )
            for share in self.shares
        ]
        whole = difference(self.whole, self.measure)
        return "\n".join([*aligned(rows, "lr"), f"all of them: {whole} of {self.measure}"])


def ablate(
    techniques: Mapping[str, Mapping[str, Any]],
    data: str | TrainTest = "digits",
    *,
    base: Mapping[str, Any] | None = None,
    seeds: int = 5,
    updates: int = 1000,
    validation: float = 0.1,
    rows: int | None = None,
    label_noise: float = 0.0,
    measure: str | None = None,
    store: Kept | Path | None = None,
    progress: bool = True,
    root: str | None = None,
) -> Ablation:
    """What each technique of a recipe contributes: alone, added last, and by Shapley's value.

    Combinations of the techniques are trained on the same rows and seeds, all as they are set:
    every combination of up to 6 techniques; of more, 12 random orders for each seed.

    Args:
        techniques: by name, what each changes in the base; no two change the same setting.
        data, base, updates, validation, rows, label_noise, measure, store, progress, root: as for
            `compare`.
        seeds: how many.

    Raises:
        RangeError: for fewer than 2 seeds, no technique, or two that change the same setting.

    >>> found = bd.lab.ablate({"decay": {"weight_decay": 0.01}, "wide": {"layers": [30]}}, "xor",
    ...                       base={"layers": [5]}, seeds=2, updates=40, progress=False)
    >>> sorted(share.technique for share in found.shares)
    ['decay', 'wide']
    """
    started = time.monotonic()
    names = list(techniques)
    _check(techniques, positive(seeds, "seeds"))
    task = Task(data, updates, validation, rows, label_noise, root=root)
    chosen = measure or ("test accuracy" if task.classifies else "test loss")
    criterion = Criterion(chosen, 0.0, "base", Looks((seeds,)))
    orders = {seed: _orders(names, seed) for seed in range(seeds)}
    wanted = [
        (combination, seed)
        for seed in range(seeds)
        for combination in dict.fromkeys(_combinations(names, orders[seed]))
    ]
    shared = Recipe.of(base or {})
    trials = [
        Trial(_title(one, names), _recipe(one, techniques, shared), task, seed, final=True)
        for one, seed in wanted
    ]
    kept = as_store(store)
    with Progress.on_terminal(progress) as shown:
        shown.begin("ablating", sum(trial.updates for trial in trials))
        outcomes = run(trials, kept, shown.advance)
    values = {key: criterion.value(x) for key, x in zip(wanted, outcomes, strict=True)}
    if not all(math.isfinite(value) for value in values.values()):
        raise RangeError(
            "a combination of the techniques broke down, so that its share is not defined",
            got=next(_title(one, names) for (one, _), v in values.items() if not math.isfinite(v)),
            hint="a lower lr in the base",
        )
    shares = [_share(name, names, orders, values) for name in names]
    shares.sort(key=lambda share: -share.shapley.estimate)
    empty, full = Combination(), Combination(names)
    whole = paired_interval([values[full, s] - values[empty, s] for s in range(seeds)])
    return Ablation(chosen, shares, whole, seeds, time.monotonic() - started)


def _check(techniques: Mapping[str, Mapping[str, Any]], seeds: int) -> None:
    if seeds < 2:
        raise RangeError("an interval needs at least 2 seeds", got=seeds)
    if not techniques:
        raise RangeError("an ablation needs a technique", got="none")
    owner: dict[str, str] = {}
    for name, changes in techniques.items():
        for setting in changes:
            if setting in owner:
                raise RangeError(
                    f"two techniques change {setting!r}",
                    got=f"{owner[setting]} and {name}",
                    hint="compare them instead: bd.lab.compare",
                )
            owner[setting] = name


def _orders(names: Sequence[str], seed: int) -> list[tuple[str, ...]]:
    """The orders in which techniques are added, one by one."""
    if len(names) <= EXACT:
        return list(itertools.permutations(names))
    random = generator(seed, "orders")
    return [tuple(names[i] for i in random.permutation(len(names))) for _ in range(ORDERS)]


def _combinations(names: Sequence[str], orders: Sequence[Sequence[str]]) -> list[Combination]:
    """All that the shares are computed from."""
    whole = Combination(names)
    found = [Combination(), whole]
    found += [part for name in names for part in (Combination([name]), whole - {name})]
    found += [Combination(order[:end]) for order in orders for end in range(1, len(order))]
    return found


def _recipe(one: Combination, techniques: Mapping[str, Mapping[str, Any]], base: Recipe) -> Recipe:
    changes = [techniques[name] for name in techniques if name in one]
    return Recipe.of({k: v for change in changes for k, v in change.items()}, base)


def _title(one: Combination, names: Sequence[str]) -> str:
    return " + ".join(name for name in names if name in one) or "base"


def _share(
    name: str,
    names: Sequence[str],
    orders: Mapping[int, Sequence[Sequence[str]]],
    values: Mapping[tuple[Combination, int], float],
) -> Share:
    whole = Combination(names)

    def added(before: Combination, seed: int) -> float:
        return values[before | {name}, seed] - values[before, seed]

    def shapley(seed: int) -> float:
        found = [added(Combination(o[: o.index(name)]), seed) for o in map(list, orders[seed])]
        return float(np.mean(found))

    kinds: list[Array] = [
        np.array([added(Combination(), seed) for seed in orders]),
        np.array([added(whole - {name}, seed) for seed in orders]),
        np.array([shapley(seed) for seed in orders]),
    ]
    return Share(name, *(paired_interval(kind) for kind in kinds))
