"""Compiled elementary functions over a sweep of all float32 numbers, and wherever they stand.

`test_elementary` and `test_loop_elementary` hold them against NumPy's vectors and against extended
precision. Here every so many of all 2^32 float32 numbers are tried, of every exponent and sign:
BADAK_FLOATS=1 tries them all, in some minutes a function.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from badak.base.shapes import Spec
from badak.compiler.graph import Constant, Graph
from badak.compiler.kernels.elementary import NAMES
from badak.compiler.programs.program import Program
from badak.core.primitive import find
from tests.compiler.equations import equation, graph_of, value
from tests.compiler.test_elementary import compiled, vectors

STEP = int(os.environ.get("BADAK_FLOATS", "4001"))
"""Of so many float32 numbers one is tried; a prime, so that no bit always stays the same."""
BLOCK = 2**17
WITHIN = 2
"""Units in the last place; what is measured is 1, beside the correctly rounded number."""
SIZES = (1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65)
"""Around the lanes of vectors and their multiples."""


def places(x: np.ndarray) -> np.ndarray:
    """Whole numbers that count floats from 0 on, so that neighbours differ by 1; NaN is 0."""
    word = f"int{8 * x.dtype.itemsize}"
    bits = np.where(np.isnan(x), x.dtype.type(0), x).view(word)
    return np.where(bits < 0, np.iinfo(word).min - bits, bits)


def apart(out: np.ndarray, expected: np.ndarray) -> int:
    """The most floats that lie between two; exact, where a division of floats is not."""
    assert (np.isnan(out) == np.isnan(expected)).all()
    ours, theirs = places(out), places(expected)
    # Numbers of other signs may be further apart than the largest whole number.
    near = np.where((ours < 0) == (theirs < 0), ours - theirs, ours.astype(float) - theirs)
    return int(np.abs(near).max(initial=0))


def program_of(name: str, x: np.ndarray) -> Program:
    given = value(x.shape, x.dtype)
    return Program(graph_of([given], [equation(name, given)]), 1)


# ---------------------------------------------------------------------- all there are


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", NAMES)
def test_function_is_within_two_ulps_for_all_float32_numbers(name):
    program = program_of(name, np.zeros(BLOCK, np.float32))
    for first in range(0, 2**32, STEP * BLOCK):
        words = (first + STEP * np.arange(BLOCK, dtype=np.uint64)) % 2**32
        x = words.astype(np.uint32).view(np.float32)
        program.run([x])
        out = np.array(program.output(0))

        with np.errstate(all="ignore"):
            expected = find(name).forward(x.astype(np.float64)).astype(np.float32)
        assert apart(out, expected) <= WITHIN
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(out[zero]), np.signbit(expected[zero]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["cos", "exp", "expm1", "log", "log1p", "sin", "tanh"])
def test_correctly_rounded_vectors_are_counted_exactly(name, dtype):
    x, expected = vectors(name, dtype)

    assert apart(compiled(name, x), expected) <= WITHIN


def test_floats_are_counted_across_zero_and_up_to_infinity():
    tiny = np.finfo(np.float32).smallest_subnormal
    x = np.array([-tiny, -0.0, 0.0, tiny, np.finfo(np.float32).max, np.inf], np.float32)

    counted = places(x)

    np.testing.assert_array_equal(counted[:4], [-1, 0, 0, 1])
    assert counted[5] - counted[4] == 1
    assert apart(x[:1], x[3:4]) == 2


# ---------------------------------------------------------------------- wherever it stands


def numbers(dtype: str) -> np.ndarray:
    noise = np.random.default_rng(1)
    parts = [noise.normal(size=33) * size for size in (1e-3, 1.0, 50.0)]
    x = np.concatenate([*parts, [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, 88.0, -104.0]])
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_number_has_one_function_value_in_every_lane_and_tail(name, dtype):
    x = numbers(dtype)
    whole = compiled(name, x)

    for size in SIZES:
        np.testing.assert_array_equal(compiled(name, x[-size:]), whole[-size:])
    alone = [compiled(name, np.array(one)).item() for one in x[::5]]
    np.testing.assert_array_equal(np.array(alone, dtype), whole[::5])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_number_has_one_function_value_among_other_operations_too(name, dtype):
    x = numbers(dtype)
    given = value((x.size, 3), dtype)
    turned = equation("transpose", given, axes=(1, 0))
    scaled = equation("mul", turned.output, Constant(np.ones((), dtype)))
    called = equation(name, scaled.output)
    negative = equation("neg", called.output)
    graph = Graph((given,), (turned, scaled, called, negative), (negative.output,))
    program = Program(graph, 1)

    program.run([np.stack([x, x[::-1], np.roll(x, 5)], 1)])

    assert negative.output.spec == Spec((3, x.size), np.dtype(dtype))
    whole = compiled(name, x)
    expected = np.stack([whole, whole[::-1], np.roll(whole, 5)])
    np.testing.assert_array_equal(-program.output(0), expected)
