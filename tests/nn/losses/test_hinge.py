"""Hinges: what is paid before the margin is reached, and nothing after."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError

KINDS = pytest.mark.parametrize("name", ["hinge", "squared_hinge"])


@pytest.mark.technique(56, 57)
@KINDS
def test_zeros_and_ones_are_taken_for_signs(name):
    function, p = getattr(nn.losses, name), bd.tensor([[0.3, -2.0, 0.5], [1.5, 0.2, -0.1]])
    t = np.array([[0, 1, 1], [1, 0, 0]])

    assert function(p, t).tolist() == function(p, 2 * t - 1).tolist()
    assert function(p, t.astype(bool)).tolist() == function(p, t).tolist()


@pytest.mark.technique(56, 57)
@KINDS
def test_beyond_the_margin_nothing_is_paid(name):
    p = bd.parameter([1.0, 2.0, 1000.0, -1.0, -1000.0], "float64")

    values = getattr(nn.losses, name)(p, [1, 1, 1, -1, -1])

    assert values.tolist() == [0.0] * 5
    assert not bd.grad(values.sum(), p).numpy().any()


@KINDS
@pytest.mark.parametrize("targets", [[0, -1, 1], [0.5, 1, 1], [2, 1, 1], [math.nan, 1, 1]], ids=str)
def test_what_is_neither_of_two_classes_is_refused(name, targets):
    with pytest.raises(RangeError, match="targets are one of two classes"):
        getattr(nn.losses, name)(bd.zeros(3), targets)


@pytest.mark.technique(58)
def test_only_the_best_wrong_class_counts():
    p = bd.parameter([[0.5, 2.0, 1.8], [3.0, 1.5, -4.0]], "float64")

    values = nn.losses.categorical_hinge(p, [[1, 0, 0], [1, 0, 0]])

    assert values.tolist() == [2.5, 0.0]
    assert bd.grad(values.sum(), p).tolist() == [[-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.technique(40)
def test_each_wrong_class_within_the_margin_pulls():
    p = bd.parameter([[3.2, 5.1, 2.5, -1.7]], "float64")

    loss = nn.MulticlassHinge()(p, [0])

    assert float(loss) == pytest.approx(2.9 + 0.3)
    assert bd.grad(loss, p).tolist() == [[-2.0, 1.0, 1.0, 0.0]]


def test_a_class_that_is_ruled_out_does_not_disturb():
    p = bd.parameter([[1.0, 0.5, -math.inf]], "float64")

    loss = nn.MulticlassHinge()(p, [0])

    assert float(loss) == 0.5
    assert bd.grad(loss, p).tolist() == [[-1.0, 1.0, 0.0]]


def test_labels_of_a_hinge_are_class_numbers():
    with pytest.raises(DTypeError, match="not whole"):
        nn.MulticlassHinge()(bd.zeros((2, 3)), [0.5, 1.0])
    with pytest.raises(ShapeError, match="a row of scores and a class number"):
        nn.MulticlassHinge()(bd.zeros((2, 3)), np.eye(3)[:2])
