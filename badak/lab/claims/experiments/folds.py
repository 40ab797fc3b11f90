"""How well hold-out, k-fold, walk-forward and nested validation foretell an error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.data import holdout
from badak.lab.claims.experiments.ridge import WORLDS, fitted, series, squared_error
from badak.lab.measurement import Measurement

FOLDS = 5
"""Of a series; one more of the same size comes after them, and is what is to be foretold."""

STRENGTHS = 10.0 ** np.arange(-2.0, 4.5, 0.5)
"""Ridge penalties to choose from."""


def risk_estimates(
    seeds: Sequence[int],
    *,
    rows: Sequence[int] = (20, 50, 1000),
    ks: Sequence[int] = (3, 5, 10),
    features: int = 10,
    repetitions: int = 200,
) -> list[Measurement]:
    """The risk of a ridge regression, foretold from the rows that it is trained on.

    Rows are x ~ N(0, I), t = x w + e with e ~ N(0, 1), so the risk of learned weights v is exactly
    1 + |v - w|^2. Contenders: "Hold-out", 7:3, and "5 folds" and so on.

    Measures, under "20 rows" and so on: "error of the estimate", the root mean square of
    estimate / risk - 1 over the repetitions; "trainings" that it takes.

    Args:
        seeds: of the repetitions.
        rows: numbers of rows.
        ks: numbers of folds.
        features: how many numbers a row has.
        repetitions: data sets for each measurement.
    """
    found = []
    for n in rows:
        for seed in seeds:
            random = generator(seed, "risk", n)
            w = random.standard_normal((repetitions, features)) / np.sqrt(features)
            x = random.standard_normal((repetitions, n, features))
            y = (x @ w[..., None])[..., 0] + random.standard_normal((repetitions, n))
            risk = 1.0 + np.sum((fitted(x, y) - w) ** 2, axis=-1)
            # The rows are alike: to shuffle them would change nothing.
            splits = {"Hold-out": [holdout(n, 0.7, seed)[1]]}
            splits |= {f"{k} folds": np.array_split(np.arange(n), k) for k in ks}
            for contender, parts in splits.items():
                estimate = np.average(
                    [fold_error(x, y, part) for part in parts], axis=0, weights=[*map(len, parts)]
                )
                values = {
                    "error of the estimate": float(np.sqrt(np.mean((estimate / risk - 1.0) ** 2))),
                    "trainings": float(len(parts)),
                }
                found += [
                    Measurement(contender, f"{n:,} rows", measure, seed, value)
                    for measure, value in values.items()
                ]
    return found


def time_folds(
    seeds: Sequence[int],
    *,
    worlds: Sequence[str] = WORLDS,
    rows: int = 24,
    repetitions: int = 300,
) -> list[Measurement]:
    """The error of a forecast of the next rows of a series, foretold from the rows before.

    Contenders: "5 folds" in blocks, each judged by a ridge regression on all others, and
    "Walk-forward", where only earlier blocks are learned from; "First fold" and "Last fold" of the
    former.

    Measures, under the names of the worlds: "error of the estimate", the size of mean estimate /
    mean error of the forecasts - 1 over the repetitions; "error of the fold", mean squared.

    Args:
        seeds: of the series.
        worlds: how the rule behaves in time; see `ridge.WORLDS`.
        rows: of a fold, and of the future.
        repetitions: series for each measurement.
    """
    found = []
    for world in worlds:
        for seed in seeds:
            x, y = series(world, seed, repetitions, (FOLDS + 1) * rows)
            past = slice(0, FOLDS * rows)
            blocks = np.split(np.arange(FOLDS * rows), FOLDS)
            truth = squared_error(
                x[:, past.stop :], y[:, past.stop :], fitted(x[:, past], y[:, past])
            )
            within = [fold_error(x[:, past], y[:, past], block).mean() for block in blocks]
            onwards = [forward_error(x, y, block).mean() for block in blocks[1:]]

            def off(estimates: Sequence[float], truth: float = float(truth.mean())) -> float:
                return abs(float(np.mean(estimates)) / truth - 1.0)

            for contender, measure, value in (
                ("5 folds", "error of the estimate", off(within)),
                ("Walk-forward", "error of the estimate", off(onwards)),
                ("First fold", "error of the fold", float(within[0])),
                ("Last fold", "error of the fold", float(within[-1])),
            ):
                found.append(Measurement(contender, world, measure, seed, value))
    return found


def nested_folds(
    seeds: Sequence[int],
    *,
    worlds: Sequence[str] = ("still", "wandering"),
    rows: int = 24,
    features: int = 15,
    repetitions: int = 200,
) -> list[Measurement]:
    """The error of a forecast whose ridge penalty was chosen, foretold in three ways.

    The penalty is the one of `STRENGTHS` with the lowest error on the last block of the rows to
    learn from. Contenders: "Nested, forward", which chooses so before each block that it is judged
    by; "Forward, not nested", which reports the lowest error of all penalties over the same blocks;
    "Nested, shuffled", the first on rows that have lost their order.

    Measures, under the names of the worlds: "bias of the estimate", the size of mean estimate /
    mean error of the forecasts - 1 over the repetitions.

    Args:
        seeds: of the series.
        worlds: how the rule behaves in time; see `ridge.WORLDS`.
        rows: of a block, and of the future.
        features: how many numbers a row has.
        repetitions: series for each measurement.
    """
    found = []
    for world in worlds:
        for seed in seeds:
            x, y = series(world, seed, repetitions, (FOLDS + 1) * rows, features)
            blocks = np.split(np.arange((FOLDS + 1) * rows), FOLDS + 1)
            truth = _chosen_error(x, y, blocks[-1])
            order = generator(seed, "shuffled").permutation(FOLDS * rows)
            judged = blocks[2:-1]
            flat = [
                forward_error(x[:, None], y[:, None], block, STRENGTHS).mean(axis=0)
                for block in judged
            ]
            estimates = {
                "Nested, forward": [_chosen_error(x, y, block).mean() for block in judged],
                "Forward, not nested": [np.mean(flat, axis=0).min()],
                "Nested, shuffled": [
                    _chosen_error(x[:, order], y[:, order], block).mean() for block in judged
                ],
            }
            for contender, values in estimates.items():
                bias = abs(float(np.mean(values)) / float(truth.mean()) - 1.0)
                found.append(Measurement(contender, world, "bias of the estimate", seed, bias))
    return found


def fold_error(x: Array, y: Array, part: Array) -> Array:
    """The error on the rows of a part, learned from all the others: (...)."""
    others = np.ones(x.shape[-2], bool)
    others[part] = False
    return squared_error(x[..., part, :], y[..., part], fitted(x[..., others, :], y[..., others]))


def forward_error(x: Array, y: Array, part: Array, strength: float | Array = 1.0) -> Array:
    """The error on the rows of a part, learned from those before it: (...)."""
    w = fitted(x[..., : part[0], :], y[..., : part[0]], strength)
    return squared_error(x[..., part, :], y[..., part], w)


def _chosen_error(x: Array, y: Array, part: Array) -> Array:
    """As `forward_error`, with the penalty that was best on as many rows just before the part."""
    before = part - len(part)
    tried = forward_error(x[:, None], y[:, None], before, STRENGTHS)
    return forward_error(x, y, part, STRENGTHS[tried.argmin(axis=1)])
