"""A fix as a program makes it."""

from __future__ import annotations

import pytest

from badak import nn, optim
from badak.base.errors import RangeError
from badak.train import Trainer
from badak.train.diagnosis.change import is_applicable, with_change


def trainer():
    net = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Dropout(0.9), nn.Linear(8, 3))
    return Trainer(net, optimizer=optim.Momentum(1.0, weight_decay=0.1), seed=7, progress=False)


@pytest.mark.parametrize("name", ["lr", "momentum", "weight_decay"])
def test_a_setting_of_the_optimizer_is_changed_in_a_copy(name):
    first = trainer()
    kept = {key: float(x) for key, x in first.optimizer.settings.items()}
    second, asked = with_change(first, {name: 0.25})

    assert float(second.optimizer.settings[name]) == 0.25
    assert {key: float(x) for key, x in first.optimizer.settings.items()} == kept
    assert asked == {}
    assert second.seed == 7


def test_dropout_is_changed_in_a_copy():
    first = trainer()
    second, _ = with_change(first, {"dropout": 0.2})

    assert (float(first.net[2].p), float(second.net[2].p)) == (0.9, 0.2)


def test_the_copy_starts_with_the_same_weights():
    first = trainer()
    second, _ = with_change(first, {"lr": 0.1})

    for name, p in first.net.parameters().items():
        assert (p.data == second.net.parameters()[name].data).all()
        assert p is not second.net.parameters()[name]


@pytest.mark.parametrize("change", [{}, {"activation": "relu"}, {"lr": 0.1, "layers": (3,)}])
def test_another_network_is_asked_for_by_hand(change):
    assert not is_applicable(change)
    with pytest.raises(RangeError, match="change of settings"):
        with_change(trainer(), change)


def test_a_network_without_dropout_has_none_to_change():
    with pytest.raises(RangeError, match="no dropout"):
        with_change(Trainer(nn.Linear(2, 2), progress=False), {"dropout": 0.2})
