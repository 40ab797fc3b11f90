"""Settings that are chosen by the very rows that judge them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.base.random import generator
from badak.lab.claims.experiments.readings import readings
from badak.lab.measurement import Measurement

FEATURES = 20
FRESH_ROWS = 5000


def tuning_on_test(
    seeds: Sequence[int],
    *,
    settings: Sequence[int] = (10, 100, 1000),
    rows: int = 500,
) -> list[Measurement]:
    """The best of k settings that cannot differ: linear classifiers by chance, labels by chance.

    Contenders: "By test rows" chooses the best on the test rows; "By validation rows" on as many
    other rows. Measures: "reported accuracy" on the test rows, "true accuracy" on fresh rows, and
    "optimism", what is reported too much. By test rows it is about sqrt(2 ln k) standard deviations
    of one measurement, 0.5 / sqrt(rows).

    Args:
        seeds: of rows, labels and classifiers.
        settings: how many there are to choose from; a condition for each.
        rows: to test, and to validate.

    >>> found = tuning_on_test(range(5), settings=[100])
    >>> bool(np.mean([one.value for one in found
    ...               if one.contender == "By test rows" and one.measure == "optimism"]) > 0.03)
    True
    """
    measurements: list[Measurement] = []
    for seed in seeds:
        random = generator(seed, "tuning on test")
        test, validation, fresh = (_rows(random, n) for n in (rows, rows, FRESH_ROWS))
        all_of_them = random.standard_normal((FEATURES, max(settings)))
        for count in settings:
            classifiers = all_of_them[:, :count]
            reported, true = _accuracy(test, classifiers), _accuracy(fresh, classifiers)
            chosen = {
                "By test rows": int(np.argmax(reported)),
                "By validation rows": int(np.argmax(_accuracy(validation, classifiers))),
            }
            for contender, best in chosen.items():
                measures = {
                    "reported accuracy": [reported[best]],
                    "true accuracy": [true[best]],
                    "optimism": [reported[best] - true[best]],
                }
                measurements += readings(contender, f"{count:,} settings", [seed], measures)
    return measurements


def _rows(random: np.random.Generator, count: int) -> tuple[Array, Array]:
    return random.standard_normal((count, FEATURES)), random.random(count) < 0.5


def _accuracy(rows: tuple[Array, Array], classifiers: Array) -> Array:
    """Of each classifier, (classifiers,)."""
    x, labels = rows
    right: Array = ((x @ classifiers > 0) == labels[:, None]).mean(axis=0)
    return right
