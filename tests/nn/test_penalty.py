"""Penalties on weights: values, gradients, and what they do to linear models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, StateError


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def weight(values):
    return bd.parameter(values, "float64", tags=("weight",))


@pytest.mark.technique(106)
@given(st.floats(0, 10), st.integers(0, 100))
def test_l2_adds_strength_times_w_to_the_gradient(strength, seed):
    w, x, t = weight(numbers((3, 2), seed)), numbers((4, 3)), numbers((4, 2), 1)
    loss = nn.MeanSquaredError()
    penalised = nn.Penalised(loss, nn.L2({"w": w}, strength))

    g, plain = (bd.grad(f(bd.tensor(x, "float64") @ w, t), w).numpy() for f in (penalised, loss))

    np.testing.assert_allclose(g, plain + strength * w.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.technique(107)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9))
def test_l2_is_half_the_squared_norm_and_l1_the_sum_of_sizes(values):
    w = {"a": weight(values[:1]), "b": weight([values])}
    all_numbers = [values[0], *values]

    l2, l1 = float(nn.L2(w, 3.0)()), float(nn.L1(w, 3.0)())

    np.testing.assert_allclose(np.sqrt(2 * l2 / 3), np.linalg.norm(all_numbers), rtol=1e-12)
    np.testing.assert_allclose(l1 / 3, np.abs(all_numbers).sum(), rtol=1e-12)


def test_the_worked_example():
    w = {"w": weight([3.0, 4.0])}

    assert (float(nn.L2(w, 1.0)()), float(nn.L1(w, 1.0)())) == (12.5, 7.0)


@pytest.mark.technique(110)
def test_l2_on_a_linear_model_is_ridge_regression():
    x, strength = numbers((50, 4)), 0.3
    t = x @ np.array([[1.0], [-2.0], [0.0], [3.0]]) + 0.1 * numbers((50, 1), 1)
    net = nn.Linear(4, 1, bias=False).to("float64")
    loss, params = nn.Penalised(nn.MeanSquaredError(), nn.L2(net, strength)), net.parameters()
    optimizer = optim.SGD(0.2)

    for _ in range(300):
        optimizer.update(params, bd.grad(loss(net(x), t), params))

    closed = np.linalg.solve(x.T @ x + 50 * strength / 2 * np.eye(4), x.T @ t)
    np.testing.assert_allclose(net.weight.numpy(), closed, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("penalty", [nn.L1, nn.L2])
def test_gradients_agree_with_differences(penalty):
    cost = penalty({}, 1.0).cost

    assert bd.check_grad(cost, numbers((3, 2)), order=2) < 1e-6


def test_only_parameters_with_its_tags_count():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3), nn.Linear(3, 1))

    assert list(nn.L2(net, 1.0).weights()) == ["0.weight", "2.weight"]
    assert list(nn.L2(net, 1.0, tags="norm").weights()) == ["1.weight", "1.bias"]
    assert list(nn.L2(net, 1.0, ("weight", "bias")).weights()) == [
        name for name in net.parameters() if name != "1.weight"
    ]


def test_weights_that_are_made_later_count_too():
    net = nn.Sequential(nn.Linear(None, 3))
    penalty = nn.L2(net, 1.0)

    net.build((1, 2))

    assert float(penalty()) > 0


def test_float32_stays_float32():
    net = nn.Sequential(nn.Linear(2, 3))
    loss = nn.Penalised(nn.MeanSquaredError(), nn.L2(net, 0.1), nn.L1(net, 0.1))

    value = loss(net(bd.ones((4, 2))), bd.zeros((4, 3)))

    assert value.dtype == np.float32
    assert bd.grad(value, net[0].weight).dtype == np.float32


def test_penalties_add_up_once_however_the_rows_are_reduced():
    net = nn.Linear(2, 1)
    penalty = nn.L1(net, 0.5)
    x, t = bd.ones((3, 2)), bd.zeros((3, 1))

    for reduction in ("mean", "sum"):
        loss = nn.MeanSquaredError(reduction=reduction)
        both = nn.Penalised(loss, penalty, penalty)(net(x), t)
        np.testing.assert_allclose(float(both), float(loss(net(x), t)) + 2 * float(penalty()))


def test_weights_of_examples_reach_the_loss():
    net, t = nn.Linear(2, 1), bd.zeros((2, 1))
    loss = nn.Penalised(nn.MeanSquaredError(), nn.L2(net, 0.0))

    value = loss(net(bd.ones((2, 2))), t, sample_weight=[0.0, 0.0])

    assert float(value) == 0.0


def test_a_compiled_step_sees_another_strength():
    w = weight([3.0, 4.0])
    penalty = nn.L2({"w": w}, 1.0)
    compiled = bd.compile(penalty)
    before = float(compiled())

    penalty.strength.assign(2.0)

    assert (before, float(compiled())) == (12.5, 25.0)


def test_what_a_loss_refuses_and_how_it_reads():
    net = nn.Linear(2, 2)
    loss = nn.Penalised(nn.SoftmaxCrossEntropy(), nn.L2(net, 0.01), nn.L1(net, 0.1, ("bias",)))

    assert repr(loss) == "Penalised(SoftmaxCrossEntropy(), L2(0.01), L1(0.1, bias))"
    with pytest.raises(RangeError, match="label 2"):
        loss(bd.zeros((2, 2)), [0, 2])


@pytest.mark.parametrize(
    ("error", "words", "make"),
    [
        (RangeError, "L2: strength is out of range", lambda: nn.L2(nn.Linear(1, 1), -1.0)),
        (DTypeError, "L1: strength must be a number", lambda: nn.L1(nn.Linear(1, 1), "big")),
        (DTypeError, "L2 takes a network, or parameters by name", lambda: nn.L2(0.1, 0.1)),
        (StateError, "no parameter has the tag 'gain'", nn.L2(nn.ReLU(), 1.0, "gain")),
        (DTypeError, "takes a loss first", lambda: nn.Penalised(nn.L2(nn.Linear(1, 1), 1.0))),
        (
            DTypeError, "this is no penalty",
            lambda: nn.Penalised(nn.MeanSquaredError(), 0.1),
        ),
    ],
)  # fmt: skip
def test_settings_out_of_range(error, words, make):
    with pytest.raises(error, match=words):
        make()
