"""Whether a fix helps."""

from __future__ import annotations

import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import RangeError
from badak.lab.proof import Arm, prove
from badak.train import Finding

CHANGE = Finding("lr-too-low", "learning suffers", "", "", "", "", {"lr": 0.5})


def arm(lr, **more):
    def build():
        return bd.Trainer(nn.mlp(2, [8], 2), optimizer=optim.SGD(lr), progress=False, **more)

    return Arm(build, {"epochs": 8, "batch_size": 20})


@pytest.fixture(scope="module")
def moons():
    return bd.data.load("moons", rows=200)


@pytest.mark.parametrize(
    ("lrs", "helps", "words"),
    [
        ((1e-6, 0.5), True, "the fix helps"),
        ((0.5, 1e-6), False, "the fix makes it worse"),
        ((0.5, 0.5), None, "not decided"),
    ],
)
def test_a_verdict_for_each_direction(moons, lrs, helps, words):
    proof = prove(CHANGE, *map(arm, lrs), moons.train, moons.test, range(4))

    assert proof.helps is helps
    assert words in str(proof)
    assert "with lr 0.5, loss" in str(proof)


def test_both_sides_have_the_same_seeds(moons):
    proof = prove(CHANGE, arm(0.1), arm(0.1), moons.train, moons.test, range(3))

    assert proof.before == proof.after
    assert len(set(proof.before)) == 3


def test_accuracy_counts_where_it_is_measured(moons):
    sides = (arm(lr, metrics=["accuracy"]) for lr in (1e-6, 0.5))
    proof = prove(CHANGE, *sides, moons.train, moons.test, range(3))

    assert proof.measure == "accuracy"
    assert proof.interval.estimate == pytest.approx((sum(proof.after) - sum(proof.before)) / 3)


def test_one_seed_is_too_few(moons):
    with pytest.raises(RangeError):
        prove(CHANGE, arm(0.1), arm(0.1), moons.train, moons.test, [0])
