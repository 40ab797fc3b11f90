"""NumPy's own validation vectors: inputs and outputs as bits, each with a bound in ULPs."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import badak as bd
from badak.core.dispatch import apply

FOLDER = Path(np.__file__).parent / "_core" / "tests" / "data"
FUNCTIONS = ("exp", "log", "log1p", "expm1", "sin", "cos", "tanh")
BITS = {"np.float32": (np.uint32, np.float32), "np.float64": (np.uint64, np.float64)}


def vectors(name, kind):
    """Inputs, expected outputs and bounds of the rows of that kind."""
    path = FOLDER / f"umath-validation-set-{name}.csv"
    if not path.is_file():
        pytest.skip(f"this NumPy comes without {path.name}")
    with path.open(newline="", encoding="ascii") as file:
        rows = list(csv.reader(line for line in file if line.startswith("np.")))
    rows = [row for row in rows if row[0] == kind]
    words, floats = BITS[kind]
    x, y = (np.array([int(row[i], 16) for row in rows], words).view(floats) for i in (1, 2))
    return x, y, np.array([int(row[3]) for row in rows])


def ulps(x, y):
    """How many floats lie between two, both NaN counting as equal."""
    whole = np.int32 if x.dtype == np.float32 else np.int64

    def place(value):
        bits = value.view(whole).astype(object)  # exact: the distance may not fit into 64 bits
        return np.where(bits >= 0, bits, np.iinfo(whole).min - bits)

    distance = np.abs(place(x) - place(y))
    return np.where(np.isnan(x) & np.isnan(y), 0, distance)


@pytest.mark.parametrize("kind", BITS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_within_the_bound_of_the_vectors(name, kind):
    x, expected, bounds = vectors(name, kind)

    out = apply(name, bd.tensor(x, x.dtype)).data

    assert len(x) > 100
    assert np.all(ulps(out, expected) <= bounds)


def test_ulps_are_counted_across_zero():
    x = np.array([0.0, -0.0, 1.0, np.nan, -5e-324])
    y = np.array([-0.0, 5e-324, 1.0000000000000002, np.nan, 5e-324])

    assert ulps(x, y).tolist() == [0, 1, 1, 0, 2]
