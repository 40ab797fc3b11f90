"""Trainings that stop at a loss."""

from __future__ import annotations

import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import RangeError, StateError
from badak.lab.matched import fit_to_loss

ROWS = bd.data.load("gaussians", rows=90).train


def trainer(lr=0.1):
    with bd.seeded(0):
        net = nn.mlp(2, [8], 3)
    return bd.Trainer(net, optimizer=optim.SGD(lr), progress=False)


def test_the_loss_is_matched_closely_whatever_the_batches():
    for size in (10, 90):
        one = trainer()
        loss = fit_to_loss(one, ROWS, 0.3, batch_size=size)

        assert 0.28 < loss <= 0.3
        assert one.evaluate(ROWS)["loss"] == pytest.approx(loss, rel=1e-5)


def test_a_network_that_is_there_already_is_left_alone():
    one = trainer()

    assert fit_to_loss(one, ROWS, 50.0) < 50
    assert one.position.step == 0


def test_a_loss_that_is_not_reached_is_an_error():
    one = trainer()
    with pytest.raises(StateError, match="in 40 updates"):
        fit_to_loss(one, ROWS, 1e-9, most=40)

    assert one.position.step == 40


def test_a_target_is_a_number_above_0():
    with pytest.raises(RangeError, match="target"):
        fit_to_loss(trainer(), ROWS, 0.0)
