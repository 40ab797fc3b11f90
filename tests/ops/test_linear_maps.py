"""A linear map and its gradient rule are adjoint: <A x, y> = <x, A^T y>, whatever x and y are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import badak as bd
from badak.core.dispatch import apply

ADJOINT = 1e-12
"""How far the two inner products may be apart, relative to the sum of the sizes of their terms."""

SIZES = st.integers(0, 4)
SHAPES = st.lists(SIZES, max_size=4).map(tuple)
SEEDS = st.integers(0, 2**32 - 1)


def gap(function, shape, seed):
    """|<A x, y> - <x, A^T y>| over the sum of the sizes of the terms, for random x and y."""
    noise = np.random.default_rng(seed)
    x = bd.parameter(noise.standard_normal(shape), "float64")
    out = function(x)
    y = noise.standard_normal(out.shape)
    back = bd.grad(out, x, weight=y).data
    forward_terms, backward_terms = (out.data * y).ravel(), (x.data * back).ravel()
    size = math.fsum(np.abs(forward_terms)) + math.fsum(np.abs(backward_terms))
    return abs(math.fsum(forward_terms) - math.fsum(backward_terms)) / (size or 1.0)


def constant(shape, seed):
    return bd.tensor(np.random.default_rng([seed, 1]).standard_normal(shape), "float64")


@given(shape=SHAPES, seed=SEEDS, data=st.data())
def test_reshape_and_its_gradient_are_adjoint(shape, seed, data):
    order = data.draw(st.permutations(shape))

    assert gap(lambda x: apply("reshape", x, shape=(*order, 1)), shape, seed) <= ADJOINT


@given(shape=SHAPES, seed=SEEDS, data=st.data())
def test_transpose_and_its_gradient_are_adjoint(shape, seed, data):
    axes = data.draw(st.permutations(range(len(shape))))

    assert gap(lambda x: apply("transpose", x, axes=tuple(axes)), shape, seed) <= ADJOINT


@given(shape=SHAPES, seed=SEEDS, data=st.data())
def test_broadcast_and_its_gradient_are_adjoint(shape, seed, data):
    lead = data.draw(st.lists(SIZES, max_size=2))
    target = tuple(data.draw(SIZES) if size == 1 else size for size in shape)

    assert gap(lambda x: apply("broadcast", x, shape=(*lead, *target)), shape, seed) <= ADJOINT


@given(shape=SHAPES, seed=SEEDS, data=st.data())
def test_flip_and_its_gradient_are_adjoint(shape, seed, data):
    axes = data.draw(st.sets(st.sampled_from(range(len(shape)))) if shape else st.just(set()))

    assert gap(lambda x: bd.flip(x, tuple(sorted(axes))), shape, seed) <= ADJOINT


@given(shape=SHAPES, seed=SEEDS, data=st.data())
def test_slice_and_its_gradient_are_adjoint(shape, seed, data):
    key = tuple(data.draw(st.slices(size)) for size in shape)

    assert gap(lambda x: x[key] * 1.0, shape, seed) <= ADJOINT


@given(shape=SHAPES, seed=SEEDS, data=st.data())
def test_pad_and_its_gradient_are_adjoint(shape, seed, data):
    few = st.integers(0, 3)
    low, high, interior = (tuple(data.draw(few) for _ in shape) for _ in range(3))

    def spread(x):
        return apply("pad", x, low=low, high=high, interior=interior, value=0.0)

    assert gap(spread, shape, seed) <= ADJOINT


@given(shape=st.lists(SIZES, min_size=1, max_size=3), seed=SEEDS, data=st.data())
def test_concat_and_its_gradient_are_adjoint(shape, seed, data):
    axis = data.draw(st.sampled_from(range(len(shape))))
    before, after = ([*shape[:axis], data.draw(SIZES), *shape[axis + 1 :]] for _ in range(2))
    zeros = [bd.zeros(before, "float64"), bd.zeros(after, "float64")]

    assert gap(lambda x: bd.concat([zeros[0], x, zeros[1], x], axis), shape, seed) <= ADJOINT


@pytest.mark.technique(16, 17)
@given(shape=SHAPES, seed=SEEDS, data=st.data(), keepdims=st.booleans())
def test_sum_and_its_gradient_are_adjoint(shape, seed, data, keepdims):
    axes = data.draw(st.sets(st.sampled_from(range(len(shape)))) if shape else st.just(set()))

    assert gap(lambda x: x.sum(tuple(axes), keepdims), shape, seed) <= ADJOINT


@st.composite
def windows(draw):
    """Sizes that have at least one window, and how it moves: (size, kernel, stride, dilation)."""
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        kernel, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        size = dilation * (kernel - 1) + 1 + draw(st.integers(0, 4))
        rows.append((size, kernel, draw(st.integers(1, 3)), dilation))
    return tuple(zip(*rows, strict=True))


@given(movement=windows(), lead=st.lists(SIZES, max_size=2), seed=SEEDS)
def test_windows_and_its_gradient_are_adjoint(movement, lead, seed):
    size, kernel, stride, dilation = movement

    assert gap(lambda x: bd.windows(x, kernel, stride, dilation), (*lead, *size), seed) <= ADJOINT


@given(movement=windows(), lead=st.lists(SIZES, max_size=2), seed=SEEDS)
def test_fold_and_its_gradient_are_adjoint(movement, lead, seed):
    size, kernel, stride, dilation = movement
    shape = bd.windows(bd.zeros((*lead, *size)), kernel, stride, dilation).shape

    def fold(x):
        return apply("fold", x, size=size, stride=stride, dilation=dilation)

    assert gap(fold, shape, seed) <= ADJOINT


@st.composite
def convolutions(draw):
    """Shapes of an input and a kernel that fit, and the keywords of `conv`."""
    size, kernel, stride, dilation = draw(windows())
    groups = draw(st.integers(1, 3))
    padding = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in size)
    channels, outputs = (groups * draw(st.integers(0, 2)) for _ in range(2))
    x = (draw(st.integers(0, 2)), channels, *size)
    w = (outputs, channels // groups, *kernel)
    return x, w, {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups}


@given(shapes=convolutions(), seed=SEEDS)
def test_conv_and_its_input_gradient_are_adjoint(shapes, seed):
    x_shape, w_shape, options = shapes
    w = constant(w_shape, seed)

    assert gap(lambda x: bd.conv(x, w, **options), x_shape, seed) <= ADJOINT


@given(shapes=convolutions(), seed=SEEDS)
def test_conv_and_its_weight_gradient_are_adjoint(shapes, seed):
    x_shape, w_shape, options = shapes
    x = constant(x_shape, seed)

    assert gap(lambda w: bd.conv(x, w, **options), w_shape, seed) <= ADJOINT


@pytest.mark.parametrize("name", ["conv_input_grad", "conv_weight_grad"])
@pytest.mark.parametrize("position", [0, 1])
@settings(max_examples=30)
@given(shapes=convolutions(), seed=SEEDS)
def test_gradients_of_conv_and_their_gradients_are_adjoint(name, position, shapes, seed):
    x_shape, w_shape, options = shapes
    recorded = bd.conv(bd.parameter(np.zeros(x_shape)), np.zeros(w_shape), **options).node
    g_shape = bd.conv(np.zeros(x_shape), np.zeros(w_shape), **options).shape
    attributes = dict(recorded.attributes)
    if name == "conv_input_grad":
        inputs = [g_shape, w_shape]
        attributes["size"] = x_shape[2:]
    else:
        inputs = [x_shape, g_shape]
        attributes["kernel"] = w_shape[2:]
    other = constant(inputs[1 - position], seed)

    def varied(x):
        return apply(name, *((x, other) if position == 0 else (other, x)), **attributes)

    assert gap(varied, inputs[position], seed) <= ADJOINT


@given(shape=st.lists(SIZES, min_size=1, max_size=3), seed=SEEDS, data=st.data())
def test_gather_and_its_gradient_are_adjoint(shape, seed, data):
    axis = data.draw(st.sampled_from(range(len(shape))))
    count = st.lists(st.integers(0, 3), max_size=2).map(tuple)
    places = data.draw(count) if shape[axis] else (0,)
    index = np.random.default_rng(seed).integers(0, max(shape[axis], 1), places)

    assert gap(lambda x: bd.gather(x, index, axis), shape, seed) <= ADJOINT


@given(shape=st.lists(SIZES, min_size=1, max_size=3), seed=SEEDS, size=st.integers(1, 5))
def test_scatter_add_and_its_gradient_are_adjoint(shape, seed, size):
    index = np.random.default_rng(seed).integers(0, size, shape[0])

    assert gap(lambda x: bd.scatter_add(x, index, size), shape, seed) <= ADJOINT


@st.composite
def factors(draw):
    """Shapes of x and y for which x @ y exists."""
    n, k, m = draw(SIZES), draw(SIZES), draw(SIZES)
    batch = draw(st.lists(st.integers(0, 3), max_size=2))
    x_batch = [draw(st.sampled_from([1, size])) for size in batch]
    y_batch = [
        1 if x == size and draw(st.booleans()) else size
        for x, size in zip(x_batch, batch, strict=True)
    ]
    x = draw(st.sampled_from([(k,), (n, k), (*x_batch, n, k)]))
    return x, draw(st.sampled_from([(k,), (k, m), (*y_batch, k, m)]))


@pytest.mark.technique(18)
@given(shapes=factors(), seed=SEEDS)
def test_matmul_and_its_gradients_are_adjoint(shapes, seed):
    x_shape, y_shape = shapes
    x, y = constant(x_shape, seed), constant(y_shape, seed)

    assert gap(lambda x: x @ y, x_shape, seed) <= ADJOINT
    assert gap(lambda y: x @ y, y_shape, seed) <= ADJOINT


def test_gap_sees_a_map_that_is_not_adjoint_to_its_gradient():
    assert gap(lambda x: x.detach() * 3.0 + x, (5,), seed=0) > 0.1
