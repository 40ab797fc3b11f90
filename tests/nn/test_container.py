"""Sequential: names, sizes that are inferred, errors that say where."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError


def test_layers_run_one_after_another():
    one, two = nn.Linear(2, 3), nn.Linear(3, 1)
    x = bd.tensor([[1.0, -1.0]])

    y = nn.Sequential(one, nn.Tanh(), two)(x)

    np.testing.assert_array_equal(y.numpy(), two(nn.Tanh()(one(x))).numpy())


def test_without_layers_it_changes_nothing():
    assert nn.Sequential()([1.0, 2.0]).tolist() == [1.0, 2.0]


def test_it_is_a_sequence_of_layers():
    layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)]
    net = nn.Sequential(*layers)

    assert len(net) == 3
    assert list(net) == layers
    assert net[-1] is layers[2]


def test_layers_may_have_names():
    net = nn.Sequential({"body": nn.Linear(2, 3), "head": nn.Linear(3, 1)})

    assert list(net.parameters()) == ["body.weight", "body.bias", "head.weight", "head.bias"]
    assert net.head is net[1]


def test_one_layer_in_two_places_is_one_layer():
    layer = nn.Linear(2, 2)
    net, x = nn.Sequential(layer, nn.ReLU(), layer), bd.tensor([[1.0, 2.0]])

    assert list(net.parameters()) == ["0.weight", "0.bias"]
    np.testing.assert_array_equal(net(x).numpy(), layer(nn.ReLU()(layer(x))).numpy())


@pytest.mark.parametrize("order", ["before", "after"])
def test_normalisation_may_stand_before_or_after_the_activation(order):
    middle = [nn.BatchNorm(None), nn.ReLU()]
    layers = middle if order == "before" else middle[::-1]

    net = nn.Sequential(nn.Linear(None, 4), *layers, nn.Linear(None, 2), input_shape=(3,))

    assert net(bd.zeros((5, 3))).shape == (5, 2)


# Sizes that are inferred.


def test_open_sizes_are_filled_in_once_and_visibly():
    net = nn.Sequential(
        nn.Conv2d(None, 8, 3, padding=1),
        nn.BatchNorm(None),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Sequential(nn.Linear(None, 20), nn.Tanh()),
        nn.Linear(None, 10),
        input_shape=(1, 8, 8),
    )

    assert repr(net) == (
        "Sequential(\n"
        "  0: Conv2d(1 -> 8, kernel 3x3, padding 1x1)\n"
        "  1: BatchNorm(8)\n"
        "  2: ReLU()\n"
        "  3: MaxPool2d(2x2)\n"
        "  4: Flatten()\n"
        "  5: Sequential(\n"
        "    0: Linear(128 -> 20)\n"
        "    1: Tanh()\n"
        "  )\n"
        "  6: Linear(20 -> 10)\n"
        ")"
    )


def test_building_runs_outside_of_training():
    norm, dropout = nn.BatchNorm(None), nn.Dropout(0.5)

    with bd.training():
        nn.Sequential(nn.Linear(None, 4), norm, dropout, input_shape=784)

    assert norm.running_mean.tolist() == [0.0] * 4
    assert int(dropout.counter) == 0


def test_a_layer_of_ones_own_can_leave_sizes_open():
    class Scale(nn.Module):
        def build(self, input_shape):
            self.factor = bd.parameter(np.ones(input_shape[1:]))

        def forward(self, x):
            return x * self.factor

    net = nn.Sequential(Scale(), nn.Linear(None, 1), input_shape=(6,))

    assert {name: x.shape for name, x in net.parameters().items()} == {
        "0.factor": (6,), "1.weight": (6, 1), "1.bias": (1,)
    }  # fmt: skip


@pytest.mark.parametrize("size", [0, -1, (3, 0)])
def test_a_size_below_1_is_refused(size):
    with pytest.raises(RangeError, match="a size in input_shape must be at least 1"):
        nn.Sequential(nn.Flatten(), input_shape=size)


@pytest.mark.parametrize("size", [2.5, "784", (None, 3)])
def test_a_size_that_is_no_whole_number_is_refused(size):
    with pytest.raises(DTypeError, match="whole number"):
        nn.Sequential(nn.Flatten(), input_shape=size)


def test_an_example_without_axes_is_refused():
    with pytest.raises(ShapeError, match=r"input_shape is that of one example(.|\n)*784"):
        nn.Sequential(nn.Linear(None, 3), input_shape=())


# Errors that say where.


def test_an_error_names_the_layer():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(4, 1))

    with pytest.raises(ShapeError, match=r"^layer '2': Linear\(4 -> 1\)") as refusal:
        net(bd.zeros((5, 2)))

    assert "in_features=3" in str(refusal.value)


def test_an_error_names_the_whole_path():
    inner = nn.Sequential({"fc": nn.Linear(4, 1)})
    net = nn.Sequential({"body": nn.Linear(2, 3), "head": inner})

    with pytest.raises(ShapeError, match=r"^layer 'head': layer 'fc': Linear\(4 -> 1\)"):
        net(bd.zeros((5, 2)))


def test_with_an_input_shape_the_mistake_shows_when_the_network_is_made():
    with pytest.raises(ShapeError, match=r"^layer '1': Linear\(4 -> 1\)"):
        nn.Sequential(nn.Linear(None, 3), nn.Linear(4, 1), input_shape=(2,))


def test_too_few_axes_for_a_convolution_show_when_the_network_is_made():
    with pytest.raises(ShapeError, match=r"^layer '0': Conv2d needs \(batch, channels"):
        nn.Sequential(nn.Conv2d(None, 3, 3), input_shape=(784,))


def test_an_operation_of_ones_own_is_named_too():
    class Cut(nn.Module):
        def forward(self, x):
            return x.reshape(7, -1)

    with pytest.raises(BadakError, match=r"^layer '0': reshape: 6 values"):
        nn.Sequential(Cut())(bd.zeros((2, 3)))


@pytest.mark.parametrize(
    ("layers", "hint"),
    [
        ((nn.ReLU,), "nn.ReLU() with brackets"),
        (([nn.ReLU(), nn.Tanh()],), "Sequential(*layers)"),
        ((nn.Linear(1, 1), bd.tanh), None),
        ((None,), None),
    ],
)
def test_what_is_no_module_is_refused_with_the_right_way(layers, hint):
    with pytest.raises(DTypeError, match="is not a module") as refusal:
        nn.Sequential(*layers)

    assert refusal.value.hint == hint


@pytest.mark.parametrize("name", ["forward", "parameters", "body.0", "", 3])
def test_a_name_that_would_hide_something_is_refused(name):
    with pytest.raises(RangeError, match="a layer cannot be called"):
        nn.Sequential({name: nn.ReLU()})
