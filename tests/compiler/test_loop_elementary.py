"""Compiled exp, log and their relatives, against extended precision."""

from __future__ import annotations

import numpy as np
import pytest

from badak.compiler import parse
from badak.compiler.programs.program import Program
from badak.core.primitive import find

COUNT = 4096
WITHIN = 2.0
"""Units in the last place; what is measured is below 1.5 (0.9 in float32)."""
FUNCTIONS = ("exp", "expm1", "log", "log1p", "sigmoid", "tanh")

wide_longdouble = np.finfo(np.longdouble).nmant > 60
pytestmark = pytest.mark.skipif(not wide_longdouble, reason="no extended precision here")


def compiled(name: str, *arrays: np.ndarray) -> np.ndarray:
    kind = f"{arrays[0].dtype}[{arrays[0].size}]"
    given = ", ".join(f"x{i}: {kind}" for i in range(len(arrays)))
    called = ", ".join(f"x{i}" for i in range(len(arrays)))
    graph = parse(f"graph({given}) {{\n y: {kind} = {name}({called})\nreturn y\n}}")
    program = Program(graph, len(arrays))
    program.run(list(arrays))
    return np.array(program.output(0))


def true(name: str, *arrays: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):  # a signalling NaN among random bits is reported too
        wide = [x.astype(np.longdouble) for x in arrays]
        if name == "sigmoid":
            return 1 / (1 + np.exp(-wide[0]))
        return np.asarray(find(name).forward(*wide))


def ulps(out: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Distance in units in the last place, where both are finite."""
    with np.errstate(all="ignore"):
        near = exact.astype(out.dtype)
        step = np.spacing(np.abs(near)).astype(np.longdouble)
        distance = np.abs(out.astype(np.longdouble) - exact) / step
    return np.where(np.isfinite(out) & np.isfinite(near), distance, 0)


def samples(dtype: str) -> list[np.ndarray]:
    noise = np.random.default_rng(0)
    largest = 88.8 if dtype == "float32" else 709.9
    word = np.dtype(f"uint{8 * np.dtype(dtype).itemsize}")
    numbers = [
        noise.normal(size=COUNT),
        noise.uniform(-1.2 * largest, largest, COUNT),
        noise.normal(size=COUNT) * 10.0 ** noise.uniform(-40, 2, COUNT),
        1 + noise.normal(size=COUNT) * 1e-3,
        noise.uniform(-0.999, 1.0, COUNT),
    ]
    bits = noise.integers(0, np.iinfo(word).max, COUNT, word, endpoint=True)
    return [*(x.astype(dtype) for x in numbers), bits.view(dtype)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_within_two_ulps_over_its_whole_range(name, dtype):
    for x in samples(dtype):
        out, exact = compiled(name, x), true(name, x)

        assert ulps(out, exact).max() <= WITHIN
        np.testing.assert_array_equal(np.isnan(out), np.isnan(exact))
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(np.isinf(out), np.isinf(exact.astype(dtype)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values_are_those_of_numpy(name, dtype):
    limits = np.finfo(dtype)
    ends = [limits.tiny, limits.max, -limits.max, limits.smallest_subnormal]
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, -2.0, *ends], dtype)

    out = compiled(name, x)

    with np.errstate(all="ignore"):
        expected = np.asarray(find(name).forward(x))
    np.testing.assert_allclose(out, expected, rtol=4 * limits.eps, atol=limits.smallest_subnormal)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(out[zero]), np.signbit(expected[zero]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_power_is_close_to_the_end_of_the_range(dtype):
    noise = np.random.default_rng(0)
    pairs = [
        (noise.uniform(0, 3, COUNT), noise.normal(size=COUNT) * 3),
        (10.0 ** noise.uniform(-30, 30, COUNT), noise.normal(size=COUNT) * 5),
        (noise.uniform(0.6, 1.6, COUNT), noise.normal(size=COUNT) * 800),
        (1 + noise.normal(size=COUNT) * 1e-4, noise.normal(size=COUNT) * 1e5),
    ]
    for x, y in ((x.astype(dtype), y.astype(dtype)) for x, y in pairs):
        assert ulps(compiled("pow", x, y), true("pow", x, y)).max() <= WITHIN


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_powers_are_those_of_ieee(dtype):
    inf, nan = np.inf, np.nan
    plain = [1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e30, -1e-30]
    values = np.array([0.0, -0.0, inf, -inf, nan, *plain], dtype)
    x, y = (part.reshape(-1) for part in np.meshgrid(values, values))

    out = compiled("pow", x, y)

    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    np.testing.assert_allclose(out, expected, rtol=1e-6 if dtype == "float32" else 1e-15)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(out[zero]), np.signbit(expected[zero]))
