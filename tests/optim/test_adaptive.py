"""AdaGrad, RMSProp and Adam: a step size for each number."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import optim
from badak.base.errors import DTypeError, RangeError


def steps(optimizer, gradients):
    """How far one number moves at each step."""
    w, moves = bd.parameter(0.0, "float64"), []
    for g in gradients:
        before = float(w)
        optimizer.update({"w": w}, {"w": float(g)})
        moves.append(float(w) - before)
    return np.array(moves)


@pytest.mark.parametrize("g", [1e-3, 1.0, -25.0, 1e6])
def test_the_first_step_does_not_depend_on_the_size_of_the_gradient(g):
    sign = np.sign(g)

    assert steps(optim.AdaGrad(lr=0.1), [g]) == pytest.approx(-0.1 * sign, rel=1e-6)
    assert steps(optim.Adam(lr=0.1), [g]) == pytest.approx(-0.1 * sign, rel=1e-4)
    first = -0.1 * sign / np.sqrt(1 - 0.5)
    assert steps(optim.RMSProp(lr=0.1, alpha=0.5), [g]) == pytest.approx(first, rel=1e-4)


@pytest.mark.parametrize(
    "make", [lambda: optim.AdaGrad(0.1), lambda: optim.RMSProp(0.1), lambda: optim.Adam(0.1)]
)
@pytest.mark.parametrize("scale", [1e-2, 1e4])
def test_the_path_does_not_depend_on_the_scale_of_the_loss(make, scale):
    gradients = np.random.default_rng(0).normal(size=20)

    usual, scaled = steps(make(), gradients), steps(make(), scale * gradients)

    np.testing.assert_allclose(scaled, usual, rtol=1e-3)


def test_under_a_constant_gradient_adagrad_slows_down_like_one_over_the_root_of_t():
    moves = steps(optim.AdaGrad(lr=0.1), [3.0] * 400)

    np.testing.assert_allclose(moves, -0.1 / np.sqrt(np.arange(1, 401)), rtol=1e-9)


def test_under_a_constant_gradient_adam_steps_by_the_learning_rate_from_the_start():
    moves = steps(optim.Adam(lr=0.1), [3.0] * 400)

    np.testing.assert_allclose(moves, -0.1, rtol=1e-7)


def test_rmsprop_forgets_a_large_gradient():
    moves = steps(optim.RMSProp(lr=0.1, alpha=0.5), [1e3] + [1.0] * 60)

    assert abs(moves[1]) < 1e-3
    assert moves[-1] == pytest.approx(-0.1, rel=1e-3)


def test_adagrad_never_forgets_it():
    assert abs(steps(optim.AdaGrad(lr=0.1), [1e3] + [1.0] * 60)[-1]) < 1e-3


def test_adam_counts_its_steps_exactly_in_float32():
    w, optimizer = bd.parameter([0.0]), optim.Adam(lr=0.1, betas=(0.9, 0.99999))

    optimizer.update({"w": w}, {"w": [1.0]})

    assert w.item() == pytest.approx(-0.1, rel=1e-6)  # 1 - 0.99999 has two digits in float32


def test_each_number_has_its_own_step_size():
    w, optimizer = bd.parameter([0.0, 0.0], "float64"), optim.AdaGrad(lr=0.1)

    optimizer.update({"w": w}, {"w": [100.0, 0.001]})

    np.testing.assert_allclose(w.numpy(), [-0.1, -0.1], rtol=1e-6)


@pytest.mark.parametrize(
    ("betas", "name"), [((1.0, 0.9), "beta1"), ((0.9, 1.0), "beta2"), ((0.9, -0.1), "beta2")]
)
def test_a_beta_out_of_range_is_named(betas, name):
    with pytest.raises(RangeError, match=f"Adam: {name} is out of range(.|\n)*and below 1"):
        optim.Adam(betas=betas)


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999), None])
def test_betas_are_two(betas):
    with pytest.raises(DTypeError, match=r"Adam: betas are two numbers(.|\n)*\(0\.9, 0\.999\)"):
        optim.Adam(betas=betas)
