"""The worked examples of the lecture notes that Badak grew from come out to the last digit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import badak as bd


@pytest.mark.technique(12)
def test_line_f_is_wx_plus_b():
    w, x, b = bd.parameter(-2.0), bd.parameter(5.0), bd.parameter(3.0)
    g = w * x
    f = g + b

    grads = bd.grad(f, {"w": w, "x": x, "g": g, "b": b})

    assert f.item() == -7.0
    assert {k: v.item() for k, v in grads.items()} == {"w": 5.0, "x": -2.0, "g": 1.0, "b": 1.0}


@pytest.mark.technique(14)
def test_multiply_node_swaps_its_inputs():
    x, y = bd.parameter([2.0, 3.0]), bd.parameter([5.0, 7.0])

    dx, dy = bd.grad((x * y), [x, y], weight=[10.0, 100.0])

    assert dx.tolist() == [50.0, 700.0]
    assert dy.tolist() == [20.0, 300.0]


@pytest.mark.technique(14)
def test_multiply_node_sums_what_was_broadcast():
    x, y = bd.parameter(2.0), bd.parameter([5.0, 7.0])

    assert [g.tolist() for g in bd.grad((x * y).sum(), [x, y])] == [12.0, [2.0, 2.0]]


@pytest.mark.technique(76)
def test_element_wise_product():
    product = bd.tensor([[1, 2], [3, 4]]) * bd.tensor([[2, 4], [6, 8]])

    assert product.tolist() == [[2, 8], [18, 32]]


@pytest.mark.technique(15)
@pytest.mark.parametrize("uses", [2, 3, 7])
def test_branch_node_sums_the_gradients_of_its_uses(uses):
    x = bd.parameter([1.0, 2.0])
    branches = [x * float(k) for k in range(1, uses + 1)]

    total = bd.grad(bd.concat(branches).sum(), x)

    assert total.tolist() == [sum(range(1, uses + 1))] * 2


@pytest.mark.technique(16)
@pytest.mark.parametrize("keepdims", [True, False])
def test_repeat_node_backward_is_a_sum(keepdims):
    d, n = 8, 7
    x = bd.parameter(np.arange(d).reshape((1, d) if keepdims else (d,)), "float64")
    dy = np.arange(n * d, dtype="float64").reshape(n, d)

    y = x.broadcast_to(n, d)
    dx = bd.grad(y, x, weight=dy)

    np.testing.assert_array_equal(y.data, np.repeat(x.data.reshape(1, d), n, axis=0))
    np.testing.assert_array_equal(dx.data, dy.sum(axis=0, keepdims=keepdims))


@pytest.mark.technique(17)
@pytest.mark.parametrize("keepdims", [True, False])
def test_sum_node_backward_is_a_repeat(keepdims):
    d, n = 8, 7
    x = bd.parameter(np.arange(n * d).reshape(n, d), "float64")
    dy = np.arange(d, dtype="float64").reshape((1, d) if keepdims else (d,))

    y = x.sum(axis=0, keepdims=keepdims)
    dx = bd.grad(y, x, weight=dy)

    assert y.shape == ((1, d) if keepdims else (d,))
    np.testing.assert_array_equal(dx.data, np.repeat(dy.reshape(1, d), n, axis=0))


@pytest.mark.technique(17)
def test_axis_0_adds_over_rows_and_axis_1_over_columns():
    x = bd.tensor([[1, 2, 3], [4, 5, 6]])

    assert x.sum(axis=0).tolist() == [5, 7, 9]
    assert x.sum(axis=1).tolist() == [6, 15]


@pytest.mark.technique(18)
def test_matmul_node():
    noise = np.random.default_rng(0)
    x = bd.parameter(noise.standard_normal((4, 3)), "float64")
    w = bd.parameter(noise.standard_normal((3, 5)), "float64")
    g = noise.standard_normal((4, 5))

    dx, dw = bd.grad(x @ w, [x, w], weight=g)

    np.testing.assert_allclose(dx.data, g @ w.data.T, rtol=1e-14)
    np.testing.assert_allclose(dw.data, x.data.T @ g, rtol=1e-14)
    assert bd.check_grad(lambda x, w: x @ w, x, w) < 1e-6


@pytest.mark.technique(18)
def test_gradient_of_matmul_is_written_into_the_same_tensor():
    x, w = bd.tensor(np.ones((4, 3))), bd.parameter(np.ones((3, 5)))
    (x @ w).sum().backward()
    held = w.grad

    w.zero_grad()
    (x @ w * 2.0).sum().backward()

    assert w.grad is held
    assert held.tolist() == [[8.0] * 5] * 3


@pytest.mark.technique(33)
def test_softmax_of_large_scores():
    y = bd.softmax(bd.tensor([1010.0, 1000.0, 990.0], "float64"))

    np.testing.assert_allclose(y.data, [0.9999546, 4.5397868e-05, 2.0610600e-09], rtol=1e-7)
    assert y.sum().item() == 1.0


@pytest.mark.technique(25)
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_linear_network_of_any_depth_is_one_matrix(depth):
    noise = np.random.default_rng(depth)
    sizes = [6, *noise.integers(2, 6, depth - 1), 4]
    layers = [
        bd.tensor(noise.standard_normal(pair), "float64") for pair in itertools.pairwise(sizes)
    ]
    x = bd.tensor(noise.standard_normal((3, 6)), "float64")

    deep, one = x, bd.tensor(np.eye(6), "float64")
    for layer in layers:
        deep, one = deep @ layer, one @ layer

    np.testing.assert_allclose(deep.data, (x @ one).data, rtol=1e-12, atol=1e-12)
    assert np.linalg.matrix_rank(one.data) == min(sizes)


@pytest.mark.technique(156, 157)
def test_convolution_of_1_to_5_with_1_0_minus_1():
    x = bd.parameter([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    w = bd.parameter([[[1.0, 0.0, -1.0]]])

    out = bd.conv(x, w)
    dx, dw = bd.grad(out.sum(), [x, w])

    assert out.tolist() == [[[-2.0, -2.0, -2.0]]]
    assert dw.tolist() == [[[6.0, 9.0, 12.0]]]
    assert dx.tolist() == [[[1.0, 1.0, 0.0, -1.0, -1.0]]]


@pytest.mark.technique(157)
def test_weight_gradient_of_a_convolution_is_a_convolution_with_delta():
    noise = np.random.default_rng(0)
    x, w = bd.tensor(noise.standard_normal((1, 1, 9)), "float64"), bd.parameter(np.ones((1, 1, 3)))
    delta = noise.standard_normal((1, 1, 7))

    dw = bd.grad(bd.conv(x, w), w, weight=delta).data

    expected = [sum(delta[0, 0, j] * x.data[0, 0, i + j] for j in range(7)) for i in range(3)]
    np.testing.assert_allclose(dw[0, 0], expected, rtol=1e-6)
