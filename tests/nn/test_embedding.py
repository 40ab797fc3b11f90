"""Embeddings. Agreement with PyTorch is in tests/agree."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError


def test_a_row_is_the_product_of_its_one_hot_vector_with_the_weights():
    layer, positions = nn.Embedding(5, 3), np.array([[0, 4], [2, 2]])

    y = layer(positions)

    np.testing.assert_array_equal(y.numpy(), np.eye(5)[positions] @ layer.weight.numpy())


def test_the_gradient_adds_up_where_a_row_was_read():
    layer = nn.Embedding(4, 2)

    g = bd.grad(layer([1, 3, 1]).sum(), layer.weight)

    assert g.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


def test_rows_start_with_spread_1_and_as_told():
    assert nn.Embedding(200, 50).weight.numpy().std() == pytest.approx(1, rel=0.03)
    assert nn.Embedding(2, 3, init="zeros").weight.tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("padding_idx", [1, -3])
def test_the_row_of_the_padding_is_zero_and_does_not_learn(padding_idx):
    layer = nn.Embedding(4, 2, padding_idx)

    g = bd.grad(layer([1, 0, 1]).sum(), layer.weight)

    assert layer.padding_idx == 1
    assert layer([1]).tolist() == [[0.0, 0.0]]
    assert g.tolist() == [[1, 1], [0, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize("position", [-1, 5, 10**12])
def test_a_position_that_is_not_there_is_refused(position):
    with pytest.raises(RangeError, match=rf"Embedding: there is no position {position}\n.*0\.\.4"):
        nn.Embedding(5, 3)([0, position])


def test_positions_are_whole_numbers():
    with pytest.raises(DTypeError, match="Embedding needs positions"):
        nn.Embedding(5, 3)(bd.zeros(2))


def test_settings_are_checked():
    with pytest.raises(RangeError, match="Embedding: num_embeddings must be at least 1"):
        nn.Embedding(0, 3)
    with pytest.raises(RangeError, match="Embedding: axis 5 is out of range"):
        nn.Embedding(5, 3, padding_idx=5)


# Compiled.


def steps(run):
    """The losses of three steps, and the weights after them."""
    with bd.seeded(0):
        net = nn.Sequential(nn.Embedding(6, 3, padding_idx=0), nn.Flatten(), nn.Linear(6, 4))
    params, loss = net.to("float64").parameters(), nn.SoftmaxCrossEntropy()

    @run
    def step(x, t):
        value = loss(net(x), t)
        for name, g in bd.grad(value, params).items():
            params[name].assign(params[name] - 0.5 * g)
        return value

    x, t = np.array([[1, 5], [0, 2], [5, 5]]), np.array([0, 1, 3])
    return [float(step(x, t)) for _ in range(3)], net.state_dict(), step


def test_a_compiled_training_is_the_eager_one():
    eager, compiled = steps(lambda step: step), steps(bd.compile)

    np.testing.assert_allclose(compiled[0], eager[0], rtol=1e-12)
    for name, value in eager[1].items():
        np.testing.assert_allclose(compiled[1][name], value, rtol=1e-12, atol=1e-15)


def test_a_compiled_program_refuses_a_position_that_is_not_there():
    *_, step = steps(bd.compile)

    with pytest.raises(RangeError, match="Embedding: there is no position 6"):
        step(np.array([[1, 5], [0, 2], [6, 5]]), np.array([0, 1, 3]))


def test_sizes_behind_an_embedding_are_inferred():
    net = nn.Sequential(
        nn.Embedding(9, 4), nn.LSTM(None, 5, batch_first=True), nn.Flatten(), nn.Linear(None, 2),
        input_shape=(7,),
    )  # fmt: skip

    assert net[1].input_size == 4
    assert net[3].in_features == 35
    assert net(np.zeros((3, 7), int)).shape == (3, 2)
