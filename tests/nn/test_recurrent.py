"""Recurrent layers: steps, states, directions. Agreement with PyTorch is in tests/agree."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError, ShapeError, StateError

KINDS = pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])


def numbers(*shape, seed=0):
    return bd.tensor(np.random.default_rng(seed).normal(size=shape), "float64")


def parts(state):
    return state if isinstance(state, tuple) else (state,)


def test_a_simple_layer_hands_its_output_on():
    layer = nn.RNN(1, 1, nonlinearity="relu", batch_first=True)
    layer.weight_ih_l0.assign([[1.0]])
    layer.weight_hh_l0.assign([[0.5]])

    # 4, then 2 + 4/2, then 0 + 4/2, then -9 + 2/2, which is below 0
    assert layer(bd.tensor([[[4.0], [2.0], [0.0], [-9.0]]])).tolist() == [[[4], [4], [2], [0]]]


def test_a_memory_with_open_gates_counts_and_with_closed_ones_keeps():
    layer = nn.LSTM(1, 1, batch_first=True)
    layer.weight_ih_l0.assign([[0.0, 0.0, 100.0, 0.0]])
    layer.weight_hh_l0.assign([[0.0] * 4])
    x = bd.ones((1, 3, 1))

    layer.bias_ih_l0.assign([100.0, 100.0, 0.0, 100.0])  # all in, nothing forgotten, all out
    y, (_, c) = layer.run(x)
    layer.bias_ih_l0.assign([-100.0, 100.0, 0.0, 100.0])  # nothing in
    _, (_, kept) = layer.run(x, (bd.zeros((1, 1, 1)), bd.full((1, 1, 1), 7.0)))

    assert c.tolist() == [[[3.0]]]
    np.testing.assert_allclose(y.numpy()[0, :, 0], np.tanh([1, 2, 3]), rtol=1e-6)
    assert kept.tolist() == [[[7.0]]]


def test_the_gate_that_forgets_starts_open():
    layer = nn.LSTM(2, 3)

    assert layer.bias_ih_l0.tolist() == [0] * 3 + [1] * 3 + [0] * 6
    assert layer.bias_hh_l0.tolist() == [0] * 12


@KINDS
def test_two_halves_with_the_state_between_are_the_whole(kind):
    layer, x = kind(3, 4, num_layers=2, batch_first=True).to("float64"), numbers(2, 6, 3)

    whole, end = layer.run(x)
    first, between = layer.run(x[:, :2])
    second, last = layer.run(x[:, 2:], between)

    np.testing.assert_allclose(bd.concat([first, second], axis=1).data, whole.data, rtol=1e-12)
    for one, other in zip(parts(last), parts(end), strict=True):
        np.testing.assert_allclose(one.data, other.data, rtol=1e-12)


@KINDS
def test_no_output_knows_the_steps_after_it(kind):
    layer, x = kind(3, 4, num_layers=2, batch_first=True).to("float64"), numbers(2, 6, 3)

    np.testing.assert_allclose(layer(x[:, :4]).data, layer(x).data[:, :4], rtol=1e-12)


@KINDS
def test_the_way_back_is_the_way_there_on_the_reversed_sequence(kind):
    layer = kind(3, 4, bidirectional=True, batch_first=True).to("float64")
    one_way = kind(3, 4, batch_first=True).to("float64")
    state = layer.state_dict()
    one_way.load_state_dict({name: state[f"{name}_reverse"] for name in one_way.state_dict()})
    x = numbers(2, 5, 3)

    back = layer(x).numpy()[:, :, 4:]

    np.testing.assert_allclose(back[:, ::-1], one_way(bd.flip(x, 1)).numpy(), rtol=1e-12)


@KINDS
def test_the_layout_is_all_that_batch_first_changes(kind):
    with bd.seeded(0):
        layer = kind(3, 4, num_layers=2, bidirectional=True, batch_first=False)
    with bd.seeded(0):
        turned = kind(3, 4, num_layers=2, bidirectional=True)
    x = bd.tensor(numbers(5, 2, 3))

    y, state = layer.run(x)
    y_turned, state_turned = turned.run(x.swapaxes(0, 1))

    np.testing.assert_array_equal(y_turned.numpy(), y.numpy().swapaxes(0, 1))
    for one, other in zip(parts(state_turned), parts(state), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_dropout_stands_between_layers_alone():
    x = bd.ones((4, 5, 3))
    one, two = (nn.GRU(3, 4, n, dropout=0.5, batch_first=True) for n in (1, 2))

    with bd.training():
        assert np.array_equal(one(x).numpy(), one(x).numpy())
        assert not np.array_equal(two(x).numpy(), two(x).numpy())
    assert np.array_equal(two(x).numpy(), two(x).numpy())


def test_no_dropout_stands_before_the_first_layer():
    layer, x = nn.GRU(3, 4, 2, dropout=0.5, batch_first=True), bd.ones((4, 5, 3))

    with bd.training():
        _, state = layer.run(x)

    np.testing.assert_array_equal(state[0].numpy(), layer.run(x)[1][0].numpy())


def test_every_gate_starts_as_a_matrix_of_its_own():
    layer = nn.LSTM(6, 6, init="orthogonal")

    for gate in np.split(layer.weight_hh_l0.numpy(), 4, axis=1):
        np.testing.assert_allclose(gate.T @ gate, np.eye(6), atol=1e-5)


@KINDS
def test_what_does_not_fit_is_refused(kind):
    layer = kind(3, 4, batch_first=True)

    with pytest.raises(ShapeError, match=r"the input does not fit\n.*\(batch, steps, 3\)"):
        layer(bd.zeros((2, 5, 4)))
    with pytest.raises(ShapeError, match="the input does not fit"):
        layer(bd.zeros((5, 3)))
    with pytest.raises(ShapeError, match="there are no steps"):
        layer(bd.zeros((2, 0, 3)))
    with pytest.raises(ShapeError, match=r"the state does not fit\n.*\(1, 2, 4\)"):
        layer.run(bd.zeros((2, 5, 3)), bd.zeros((1, 3, 4)))
    with pytest.raises(StateError, match="does not know its input_size"):
        kind(None, 4)(bd.zeros((2, 5, 3)))


def test_settings_are_checked():
    with pytest.raises(RangeError, match="GRU: num_layers must be at least 1"):
        nn.GRU(3, 4, num_layers=0)
    with pytest.raises(RangeError, match="LSTM: dropout is out of range"):
        nn.LSTM(3, 4, dropout=1.5)


def test_an_unknown_nonlinearity_is_refused():
    with pytest.raises(RangeError, match="unknown nonlinearity 'than'"):
        nn.RNN(3, 4, nonlinearity="than")


@KINDS
def test_it_learns_to_remember_the_first_step(kind):
    x = numbers(32, 6, 1, seed=3)
    net = nn.Sequential(
        kind(1, 8, batch_first=True), nn.Lambda(lambda y: y[:, -1]), nn.Linear(8, 1)
    )
    params, loss = net.to("float64").parameters(), nn.MeanSquaredError()

    @bd.compile
    def step():
        value = loss(net(x), x[:, 0])
        for name, g in bd.grad(value, params).items():
            params[name].assign(params[name] - 0.1 * g)
        return value

    losses = [float(step()) for _ in range(400)]

    assert losses[-1] < 0.15 * losses[0]
