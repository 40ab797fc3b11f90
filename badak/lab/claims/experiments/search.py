"""Ways to look for settings: at random, on a grid, by narrowing, on a linear scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.claims.experiments.readings import readings
from badak.lab.claims.experiments.response import Response, known, trained
from badak.lab.measurement import Measurement

BEST_QUARTER = 4
"""A range is narrowed to that of the best trials so far, one in so many."""

Search = Callable[[Response, "np.random.Generator"], Array]
"""The setting that it chooses, (dimensions,)."""


def search(
    seeds: Sequence[int],
    *,
    spaces: Sequence[tuple[int, int, int]] = ((2, 1, 8), (2, 2, 8), (4, 2, 3), (8, 2, 2)),
    lattices: int = 3,
    per_axis: int = 4,
    rows: int = 400,
    units: int = 50,
    epochs: int = 50,
    short: int = 10,
) -> list[Measurement]:
    """As many trials by each way; what the best setting found is worth.

    Contenders: "Random", evenly in the logarithm; "Linear scale", at random evenly in the value;
    "Grid", at the middles of equal parts of the logarithmic ranges; "Grid with ends", the same
    from one end of each range to the other; "Narrowing", four rounds at random, each within the
    range of the best quarter of all trials before. On digits, narrowing goes by short trainings,
    of which it has more for as many epochs.

    Conditions: known functions with their best setting away from the ends; and on digits, the
    learning rate and weight decay of SGD in the book's ranges 10^-6..10^-2 and 10^-8..10^-4, whose
    best rate is at the end, and with rates up to 10.

    Measure: "worth of the best found": the known function there, at most 1; the test accuracy of
    what has the highest validation accuracy.

    Args:
        seeds: of the draws, and of the known functions.
        spaces: for each known function: settings, those that matter, and values of each in a grid,
            whose points are as many as the trials.
        lattices: so many times all networks on digits are trained; the seeds share them in turn.
        per_axis: values of each setting in the grid on digits.
        rows: of digits to train on.
        units: of the two hidden layers.
        epochs: of a training; `short` of a short one.

    >>> found = search([0, 1], spaces=[(2, 1, 4)], lattices=0)
    >>> sorted({one.contender for one in found})
    ['Grid', 'Grid with ends', 'Linear scale', 'Narrowing', 'Random']
    """
    measurements: list[Measurement] = []
    rates, decays = np.linspace(-6, 1, 29), np.linspace(-8, -4, 3)
    tables = [
        trained(rates, decays, i, rows=rows, units=units, epochs=epochs, short=short)
        for i in range(lattices)
    ]
    for i, seed in enumerate(seeds):
        responses = [known(*space, seed) for space in spaces]
        if tables:
            table = tables[i % len(tables)]
            responses += [
                table.within("digits, the book's range", (-6.0, -2.0), per_axis),
                table.within("digits, rates up to 10", (-6.0, 1.0), per_axis),
            ]
        for response in responses:
            for name, way in WAYS.items():
                chosen = way(response, generator(seed, "search", response.condition))
                worth = float(response.kept(chosen[None])[0])
                found = {"worth of the best found": [worth]}
                measurements += readings(name, response.condition, [seed], found)
    return measurements


def _at_random(response: Response, random: np.random.Generator) -> Array:
    return _best(random.random((_trials(response), response.dimensions)), response)


def _linear(response: Response, random: np.random.Generator) -> Array:
    low = 10.0**-response.decades
    values = low + (1 - low) * random.random((_trials(response), response.dimensions))
    return _best(1 + np.log10(values) / response.decades, response)


def _grid(response: Response, random: np.random.Generator) -> Array:
    return _best(
        _crossed((np.arange(response.per_axis) + 0.5) / response.per_axis, response), response
    )


def _grid_with_ends(response: Response, random: np.random.Generator) -> Array:
    return _best(_crossed(np.linspace(0, 1, response.per_axis), response), response)


def _narrowing(response: Response, random: np.random.Generator, rounds: int = 4) -> Array:
    in_full = response.saving if response.saving > 1 else 0  # for what it will have chosen
    trials = _trials(response) * response.saving - in_full
    low, high = np.zeros(response.dimensions), np.ones(response.dimensions)
    seen = np.empty((0, response.dimensions))
    for part in np.array_split(np.arange(trials), rounds):
        drawn = random.random((len(part), response.dimensions))
        seen = np.concatenate([seen, low + drawn * (high - low)])
        order = np.argsort(-response.early(seen), kind="stable")
        best = seen[order[: max(len(seen) // BEST_QUARTER, 2)]]
        low, high = best.min(axis=0), best.max(axis=0)
    chosen: Array = seen[order[0]]
    return chosen


def _crossed(values: Array, response: Response) -> Array:
    """All combinations of these values, (trials, dimensions)."""
    axes = np.meshgrid(*[values] * response.dimensions, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, response.dimensions)


def _trials(response: Response) -> int:
    return int(response.per_axis**response.dimensions)


def _best(settings: Array, response: Response) -> Array:
    chosen: Array = settings[int(np.argmax(response.seen(settings)))]
    return chosen


WAYS: dict[str, Search] = {
    "Random": _at_random,
    "Linear scale": _linear,
    "Grid": _grid,
    "Grid with ends": _grid_with_ends,
    "Narrowing": _narrowing,
}
