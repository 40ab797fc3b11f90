"""Cross-entropy of yes or no: logistic regression, certainty, what is no answer."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import RangeError, ShapeError

scored = nn.BinaryCrossentropy(from_logits=True)


@pytest.mark.technique(43, 44)
def test_logistic_regression_finds_the_most_likely_weights():
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2))
    t = (random.uniform(size=60) < 1 / (1 + np.exp(-(x[:, 0] - x[:, 1] / 2)))).astype(float)
    net = nn.Sequential(nn.Linear(2, 1)).to("float64")
    params, optimizer = net.parameters(), optim.SGD(4.0)

    for _ in range(200):
        loss = scored(net(bd.tensor(x, "float64")), t[:, None])
        optimizer.update(params, bd.grad(loss, params))

    found = [*net[0].weight.numpy()[:, 0], *net[0].bias.numpy()]
    np.testing.assert_allclose(found, most_likely(x, t), atol=1e-6)


def most_likely(x, t):
    """Newton's method on the likelihood of H(x) = 1 / (1 + exp(-w x))."""
    x, w = np.column_stack([x, np.ones(len(x))]), np.zeros(3)
    for _ in range(20):
        p = 1 / (1 + np.exp(-x @ w))
        w -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x, x.T @ (p - t))
    return w


@pytest.mark.technique(44)
def test_scores_and_their_sigmoid_cost_the_same():
    x, t = bd.tensor(np.random.default_rng(0).normal(size=(4, 3)) * 3, "float64"), np.eye(4)[:, :3]

    by_score = nn.losses.binary_crossentropy(x, t, from_logits=True)

    by_probability = nn.losses.binary_crossentropy(bd.sigmoid(x), t)
    np.testing.assert_allclose(by_probability.numpy(), by_score.numpy(), rtol=1e-12)


def test_certainty_costs_nothing_or_a_little_more_than_16():
    p = bd.tensor([0.0, 1.0, 0.0, 1.0], "float64")

    values = nn.losses.binary_crossentropy(p, [0, 1, 1, 0])

    np.testing.assert_allclose(values.numpy(), [1e-7, 1e-7, *[-math.log(1e-7)] * 2], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_certain_score_that_is_wrong_still_learns(dtype):
    x = bd.parameter([1000.0, -1000.0, 1000.0], dtype)

    values = nn.losses.binary_crossentropy(x, [0, 1, 1], from_logits=True)

    assert values.tolist() == [1000.0, 1000.0, 0.0]
    assert bd.grad(values.sum(), x).tolist() == [1.0, -1.0, 0.0]


@pytest.mark.technique(44, 122)
def test_smoothing_spreads_over_yes_and_no():
    x, t = bd.tensor([0.3, -2.0, 1.5], "float64"), [0, 1, 1]

    smoothed = nn.BinaryCrossentropy(True, label_smoothing=0.2)(x, t)

    assert float(smoothed) == pytest.approx(float(scored(x, [0.1, 0.9, 0.9])), rel=1e-14)


def test_weights_are_those_of_no_and_of_yes():
    x, t = bd.tensor([0.3, -2.0, 1.5], "float64"), [0, 1, 1]

    weighted = nn.losses.binary_crossentropy(x, t, True, class_weight=[0.5, 3.0])

    plain = nn.losses.binary_crossentropy(x, t, True).numpy()
    np.testing.assert_allclose(weighted.numpy(), plain * [0.5, 3.0, 3.0], rtol=1e-15)


def test_three_weights_are_too_many():
    with pytest.raises(ShapeError, match="BinaryCrossentropy: class_weight has a number for each"):
        nn.BinaryCrossentropy(class_weight=[1.0, 2.0, 3.0])


@pytest.mark.parametrize("answer", [-1.0, 1.5, math.nan])
def test_what_is_no_answer_is_named(answer):
    with pytest.raises(RangeError, match=rf"values in 0..1(.|\n)*{answer} at position \(1, 0\)"):
        scored(bd.zeros((2, 2)), [[0, 1], [answer, 1]])


def test_scores_taken_for_probabilities_are_warned_about():
    with pytest.warns(UserWarning, match="BinaryCrossentropy: some predictions are outside of 0"):
        nn.BinaryCrossentropy()(bd.tensor([3.0, -2.0]), [1, 0])


@pytest.mark.parametrize("loss", [nn.BinaryCrossentropy(), scored])
def test_probabilities_are_not_warned_about(loss):
    loss(bd.tensor([0.0, 1.0, 0.5]), [1, 0, 1])  # a warning would be an error here
