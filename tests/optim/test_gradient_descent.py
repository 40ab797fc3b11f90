"""SGD and Momentum."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim


def minima(optimizer, curvature, steps):
    """The positions on f = curvature / 2 w^2 from w = 1 on."""
    w, positions = bd.parameter(1.0, "float64"), []
    for _ in range(steps):
        optimizer.update({"w": w}, {"w": curvature * float(w)})
        positions.append(float(w))
    return np.array(positions)


def test_a_batch_steps_as_the_mean_of_its_examples():
    x, t = np.random.default_rng(0).normal(size=(6, 3)), np.arange(6.0).reshape(6, 1)
    loss, nets = nn.MeanSquaredError(), []
    for _ in range(2):
        with bd.seeded(1):
            nets.append(nn.Linear(3, 1).to("float64"))
    whole, single = nets

    params = whole.parameters()
    optim.SGD(0.1).update(params, bd.grad(loss(whole(x), t), params))
    params = single.parameters()
    each = [bd.grad(loss(single(x[i : i + 1]), t[i : i + 1]), params) for i in range(6)]
    mean = {name: sum(g[name] for g in each) / 6 for name in params}
    optim.SGD(0.1).update(params, mean)

    np.testing.assert_allclose(single.weight.numpy(), whole.weight.numpy(), rtol=1e-12)


def test_on_a_parabola_gradient_descent_shrinks_by_one_factor():
    positions = minima(optim.SGD(lr=0.1), curvature=4.0, steps=5)

    np.testing.assert_allclose(positions, (1 - 0.1 * 4.0) ** np.arange(1, 6), rtol=1e-12)


def test_momentum_overshoots_where_gradient_descent_does_not():
    assert minima(optim.Momentum(lr=0.1, momentum=0.9), 1.0, 50).min() < -0.5
    assert minima(optim.SGD(lr=0.1), 1.0, 50).min() > 0


def test_without_momentum_it_is_gradient_descent():
    np.testing.assert_array_equal(
        minima(optim.Momentum(lr=0.1, momentum=0.0), 1.0, 20), minima(optim.SGD(lr=0.1), 1.0, 20)
    )


def test_under_a_constant_force_it_reaches_its_final_speed():
    w, optimizer = bd.parameter(0.0, "float64"), optim.Momentum(lr=0.1, momentum=0.9)

    for _ in range(200):
        before = float(w)
        optimizer.update({"w": w}, {"w": 1.0})

    assert float(w) - before == pytest.approx(-0.1 / (1 - 0.9))


def test_the_velocity_keeps_the_learning_rate_of_its_time():
    w, optimizer = bd.parameter(0.0, "float64"), optim.Momentum(lr=0.1, momentum=0.9)

    for step in range(20):
        optimizer.lr = 0.1 if step < 10 else 0.01
        optimizer.update({"w": w}, {"w": 1.0})

    assert float(w) == pytest.approx(-8.3699, abs=5e-5)  # with lr outside of it: -4.9337
