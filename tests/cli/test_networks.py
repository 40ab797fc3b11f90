"""The networks of the command line, with each activation that it offers."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.cli.networks import ACTIVATIONS, SQUASHING, Architecture


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_stands_behind_every_hidden_layer(name):
    architecture = Architecture("mlp", (20, 10), name, batch_norm=False, dropout=0.0)

    net = architecture.build((8,), 3)

    kinds = [type(layer) for layer in net]
    assert kinds == [nn.Linear, ACTIVATIONS[name], nn.Linear, ACTIVATIONS[name], nn.Linear]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_neither_fade_nor_explode_at_the_start(name):
    architecture = Architecture("mlp", (100,) * 6, name, batch_norm=False, dropout=0.0)
    x = np.random.default_rng(0).normal(size=(200, 100))

    hidden = list(architecture.build((100,), 3))[:-1]
    y = nn.Sequential(*hidden)(bd.tensor(x)).numpy()

    assert 0.02 < np.sqrt((y**2).mean()) < 5


def test_only_known_activations_count_as_squashing():
    assert set(SQUASHING) < set(ACTIVATIONS)
