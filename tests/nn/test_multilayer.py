"""The multi-layer perceptron in one call."""

from __future__ import annotations

import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError


def kinds(net):
    return [type(layer).__name__ for layer in net]


@pytest.mark.technique(94)
@pytest.mark.parametrize(
    ("order", "block"),
    [
        (None, ["Linear", "Tanh"]),
        ("before", ["Linear", "BatchNorm", "Tanh"]),
        ("after", ["Linear", "Tanh", "BatchNorm"]),
    ],
)
def test_batch_norm_stands_before_or_after_the_activation(order, block):
    net = nn.mlp(5, [4, 3], 2, "tanh", batch_norm=order)

    assert kinds(net) == [*block, *block, "Linear"]


@pytest.mark.technique(94)
def test_the_two_orders_are_two_functions():
    with bd.seeded(0):
        before = nn.mlp(3, [4], 2, batch_norm="before")
    with bd.seeded(0):
        after = nn.mlp(3, [4], 2, batch_norm="after")
    x = bd.tensor([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0], [0.0, -2.0, 1.0]])

    with bd.training():
        y, z = before(x).numpy(), after(x).numpy()

    assert abs(y - z).max() > 0.01


def test_dropout_stands_behind_each_hidden_layer():
    net = nn.mlp(5, [4, 3], 2, batch_norm="before", dropout=0.3)

    block = ["Linear", "BatchNorm", "ReLU", "Dropout"]
    assert kinds(net) == [*block, *block, "Linear"]


def test_without_hidden_layers_it_is_linear():
    assert repr(nn.mlp(5, [], 2)) == "Sequential(\n  0: Linear(5 -> 2)\n)"


def test_what_makes_an_activation_will_do():
    net = nn.mlp(5, [4, 3], 2, lambda: nn.LeakyReLU(0.2))

    assert repr(net[1]) == repr(nn.LeakyReLU(0.2))
    assert net[1] is not net[3]


def test_first_weights_are_of_the_scale_asked_for():
    net = nn.mlp(300, [200], 100, init=nn.init.Normal(0.5))

    assert [round(float(net[i].weight.var()) ** 0.5, 1) for i in (0, 2)] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"batch_norm": "befor"}, "unknown order of batch_norm 'befor'(.|\n)*'before'"),
        ({"activation": "rely"}, "unknown activation 'rely'"),
        ({"dropout": 1.0}, "Dropout: p is out of range"),
        ({"hidden": [0]}, "out_features must be at least 1"),
    ],
)
def test_settings_out_of_range(settings, words):
    with pytest.raises(RangeError, match=words):
        nn.mlp(**{"in_features": 5, "hidden": [4], "out_features": 2, **settings})
