"""Compiled elementary functions: NumPy's own vectors, and sine, cosine and erf over all numbers."""

from __future__ import annotations

import csv
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from badak.compiler.kernels.angles import two_over_pi
from badak.core.primitive import find
from tests.compiler.equations import computed, equation, graph_of, value

WITHIN = 2.0
"""Units in the last place; what is measured is below 1.5."""
VECTORS = Path(np.__file__).parent / "_core" / "tests" / "data"
WITH_VECTORS = ("cos", "exp", "expm1", "log", "log1p", "sin", "tanh")
COUNT = 4096

extended = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63, reason="no extended precision here"
)


def compiled(name: str, x: np.ndarray) -> np.ndarray:
    given = value(x.shape, x.dtype)
    return computed(graph_of([given], [equation(name, given)]), [x])[0]


def apart(out: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Distance in units in the last place; none where both are NaN, or the same infinity."""
    with np.errstate(all="ignore"):
        near = expected.astype(out.dtype)
        step = np.spacing(np.abs(near)).astype(np.longdouble)
        distance = np.abs(out.astype(np.longdouble) - expected) / step
    same = (out == near) | (np.isnan(out) & np.isnan(near))
    return np.where(same & ~np.isfinite(near), 0, np.where(np.isfinite(near), distance, np.inf))


def vectors(name: str, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """NumPy's inputs and correctly rounded outputs, as the bits that they are written in."""
    path = VECTORS / f"umath-validation-set-{name}.csv"
    if not path.exists():
        pytest.skip(f"this NumPy comes without {path.name}")
    with path.open() as file:
        rows = [row for row in csv.reader(file) if row and row[0] == f"np.{dtype}"]
    bits = np.array([[int(row[1], 16), int(row[2], 16)] for row in rows], np.uint64)
    columns = bits.astype(f"uint{8 * np.dtype(dtype).itemsize}").T
    return tuple(np.ascontiguousarray(column).view(dtype) for column in columns)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", WITH_VECTORS)
def test_function_is_within_two_ulps_of_the_vectors_of_numpy(name, dtype):
    x, expected = vectors(name, dtype)

    out = compiled(name, x)

    assert apart(out, expected).max() <= WITHIN + 0.5  # the vectors are rounded


# ---------------------------------------------------------------------- sine and cosine


def angles(dtype: str) -> np.ndarray:
    """Of every size, near multiples of a quarter turn, and all there are by their bits."""
    noise = np.random.default_rng(0)
    word = np.dtype(f"uint{8 * np.dtype(dtype).itemsize}")
    bits = noise.integers(0, np.iinfo(word).max, COUNT, word, endpoint=True).view(dtype)
    turns = np.arange(1, COUNT, dtype=np.longdouble) * np.arctan(np.longdouble(1)) * 2
    parts = [noise.normal(size=COUNT) * size for size in (1e-5, 1.0, 100.0, 1e10)]
    return np.concatenate([bits, *(part.astype(dtype) for part in (*parts, turns))])


@extended
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["sin", "cos"])
def test_sine_and_cosine_are_within_two_ulps_of_any_number(name, dtype):
    x = angles(dtype)
    out = compiled(name, x)

    with np.errstate(all="ignore"):
        expected = find(name).forward(x.astype(np.longdouble))

    assert apart(out, expected).max() <= WITHIN


def test_sine_is_right_where_the_nearest_quarter_turn_is_nearest():
    # The float64 that is closest to a multiple of pi/2: the cosine of it is 4.7e-19.
    # (J.-M. Muller, Elementary Functions, 2nd edition, table 11.1)
    x = np.array([6381956970095103 * 2.0**797, -6381956970095103 * 2.0**797])

    assert apart(compiled("cos", x), np.array([-4.68716592425462761112e-19] * 2)).max() <= WITHIN
    np.testing.assert_array_equal(compiled("sin", x), [1.0, -1.0])


def test_bits_of_two_over_pi_are_those_that_are_known():
    digits = "".join(f"{word:032b}" for word in two_over_pi(40))

    known = (
        0xA2F9836E4E441529FC2757D1F534DDC0DB6295993C439041FE5163ABDEBBC561B7246E3A424DD2E006492EEA
    )
    assert digits.lstrip("0").startswith(f"{known:b}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sine_and_cosine_of_special_numbers(dtype):
    limits = np.finfo(dtype)
    x = np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, limits.smallest_subnormal, -limits.tiny], dtype
    )

    sine, cosine = compiled("sin", x), compiled("cos", x)

    nan = np.nan
    np.testing.assert_array_equal(sine, np.array([0, 0, nan, nan, nan, x[5], x[6]], dtype))
    np.testing.assert_array_equal(np.signbit(sine[:2]), [False, True])
    np.testing.assert_array_equal(cosine, np.array([1, 1, nan, nan, nan, 1, 1], dtype))


# ---------------------------------------------------------------------- erf

BITS = 260
"""Of the whole numbers in which erf is summed: its terms grow to exp(x^2) first."""


def exact_erf(x: float) -> Fraction:
    """2 / sqrt(pi) times the sum of (-1)^k x^(2k+1) / (k! (2k+1)), in multiples of 2^-BITS."""
    if abs(x) > 6.5:  # 1 - erf(6.5) < 4e-20
        return Fraction(math.copysign(1.0, x))
    square = Fraction(x) ** 2
    term = round(Fraction(x) * 2**BITS)
    total, k = 0, 0
    while term:
        total += term // (2 * k + 1)
        k += 1
        term = -(term * square.numerator // (square.denominator * k))
        term = 0 if abs(term) <= 1 else term
    pi = Fraction("3.14159265358979323846264338327950288419716939937510582097494459")
    root = Fraction(math.isqrt(int(pi * 4**BITS)), 2**BITS)
    return 2 * Fraction(total, 2**BITS) / root


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_erf_is_within_two_ulps(dtype):
    noise = np.random.default_rng(0)
    edges = [0.84375, 1.25, 1 / 0.35, 6.0]
    near = [edge * (1 + step) for edge in edges for step in (-1e-6, 0, 1e-6)]
    x = np.array([*near, *(noise.normal(size=300) * 2), *10.0 ** noise.uniform(-8, 0, 100)], dtype)
    out = compiled("erf", x)

    exact = [exact_erf(float(one)) for one in x]

    steps = np.spacing(np.abs(out))
    errors = [abs(Fraction(float(a)) - b) for a, b in zip(out, exact, strict=True)]
    assert max(error / Fraction(float(s)) for error, s in zip(errors, steps, strict=True)) <= WITHIN


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_erf_of_special_numbers(dtype):
    limits = np.finfo(dtype)
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, limits.max, -7.0, limits.tiny], dtype)

    out = compiled("erf", x)

    expected = np.array([0, 0, 1, -1, np.nan, 1, -1, x[7] * 2 / math.sqrt(math.pi)], dtype)
    np.testing.assert_allclose(out, expected, rtol=4 * limits.eps)
    np.testing.assert_array_equal(np.signbit(out[:2]), [False, True])
