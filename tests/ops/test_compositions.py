"""Chains of operations: the derivative of z = g(f(x)), however the chain is put together."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import badak as bd

# Each takes a matrix of any size (at least 1 x 1) with values of moderate size to another one.
STEPS = {
    "tanh": bd.tanh,
    "sigmoid": bd.sigmoid,
    "sin": bd.sin,
    "erf": bd.erf,
    "softplus": bd.softplus,
    "softmax": bd.softmax,
    "log of one more than the square": lambda x: bd.log1p(x * x),
    "square root of one more than the square": lambda x: bd.sqrt(1.0 + x * x),
    "exponential of the tanh": lambda x: bd.exp(bd.tanh(x)),
    "normalised": lambda x: (x - x.mean(0)) / bd.sqrt(x.var(0) + 0.1),
    "transposed": lambda x: x.T,
    "with its neighbour": lambda x: x * bd.flip(x, 1),
    "with its sums": lambda x: x - 0.5 * x.sum(1, keepdims=True),
    "twice, side by side": lambda x: bd.concat([x, bd.cos(x)], axis=1),
    "each second column": lambda x: x[:, ::2] + x[:, :1],
    "first row added": lambda x: x + x[0],
    "rows taken by position": lambda x: x[np.array([0, -1, 0])],
    "Gram matrix": lambda x: x @ x.T / x.shape[1],
    "padded and cut": lambda x: bd.pad(x, [(0, 0), (2, 1)])[:, 1:-1],
    "sums of windows": lambda x: bd.windows(bd.pad(x, [(1, 1), (0, 0)]), (2, 1)).mean((2, 3)),
    "power": lambda x: (1.5 + bd.tanh(x)) ** 1.3,
    "quotient": lambda x: x / (2.0 + bd.sin(x)),
    "chosen by a fixed mask": lambda x: bd.where(np.arange(x.shape[1]) % 2 == 0, x, 0.3 * x),
    "logsumexp": lambda x: bd.logsumexp(x, 1, keepdims=True) - x,
}


@settings(max_examples=60)
@given(
    names=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5),
    rows=st.integers(1, 3),
    columns=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradient_of_a_random_chain_is_the_central_difference(names, rows, columns, seed):
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, (rows, columns))

    def chain(y):
        for name in names:
            y = STEPS[name](y)
        return y

    assert bd.check_grad(chain, x) < 1e-6


@settings(max_examples=25)
@given(
    first=st.sampled_from(sorted(STEPS)),
    second=st.sampled_from(sorted(STEPS)),
    seed=st.integers(0, 2**32 - 1),
)
def test_second_derivative_of_a_pair_is_the_central_difference(first, second, seed):
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, (2, 3))

    assert bd.check_grad(lambda y: STEPS[second](STEPS[first](y)), x, order=2) < 1e-6


def test_derivative_of_a_composition_is_the_product_of_derivatives():
    x = bd.parameter(0.7, "float64")
    inner = bd.sin(x)
    outer = bd.exp(inner)

    slope = bd.grad(outer, x)

    assert float(slope) == float(bd.exp(inner)) * float(bd.cos(x))
