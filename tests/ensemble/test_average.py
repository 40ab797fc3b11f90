from __future__ import annotations

import numpy as np
import pytest

from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.ensemble import Ensemble


class Answer:
    """Predicts the same row, whatever it is asked."""

    def __init__(self, *row):
        self.row = row

    def predict(self, x):
        return np.tile(np.array(self.row, "float64"), (len(x), 1))


X = np.zeros((2, 3))


class Noisy:
    """Knows the class that stands in x, but for errors of its own."""

    def __init__(self, seed):
        self.seed = seed

    def predict(self, x):
        noise = np.random.default_rng(self.seed).normal(0.0, 3.0, (len(x), 4))
        return 2.0 * np.eye(4)[x] + noise


@pytest.mark.technique(125)
def test_it_answers_with_the_mean_of_the_probabilities():
    first, second = Answer(0.0, np.log(3.0)), Answer(np.log(4.0), 0.0)

    p = Ensemble([first, second]).predict(X)

    np.testing.assert_allclose(p, [[(0.25 + 0.8) / 2, (0.75 + 0.2) / 2]] * 2, rtol=1e-12)


@pytest.mark.technique(125)
def test_the_more_answer_the_better_and_never_worse_than_on_average():
    members, classes = [Noisy(seed) for seed in range(8)], np.arange(400) % 4

    def cross_entropy(ensemble):
        return -np.log(ensemble.predict(classes)[np.arange(400), classes]).mean()

    alone = [cross_entropy(Ensemble([member])) for member in members]
    curve = [cross_entropy(Ensemble(members[:n])) for n in (1, 2, 4, 8)]

    assert curve[0] == alone[0]
    assert curve == sorted(curve, reverse=True)
    assert curve[-1] < 0.5 * min(alone)
    assert all(curve[i] <= np.mean(alone[:n]) for i, n in enumerate((1, 2, 4, 8)))


def test_predictions_can_be_averaged_as_they_are():
    assert Ensemble([Answer(1.0), Answer(4.0)], scores=False).predict(X).tolist() == [[2.5], [2.5]]


def test_an_ensemble_may_be_a_member():
    inner = Ensemble([Answer(1.0), Answer(3.0)], scores=False)

    assert Ensemble([inner, Answer(6.0)], scores=False).predict(X)[0].tolist() == [4.0]


def test_what_cannot_answer_together_is_refused():
    with pytest.raises(RangeError, match="has no members"):
        Ensemble([])
    with pytest.raises(DTypeError, match="a member cannot predict\n  got       Linear"):
        Ensemble([nn.Linear(2, 3)])
    with pytest.raises(ShapeError, match=r"got       \(2, 1\) and \(2, 2\)"):
        Ensemble([Answer(1.0), Answer(1.0, 2.0)]).predict(X)
