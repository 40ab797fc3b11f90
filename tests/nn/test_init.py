"""How weights start: their spread, what it does to the layers above, and what cannot work."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError
from badak.nn import init

FANS = init.Fans(400, 250)

SPREAD = {
    "normal": 0.01,
    "xavier": math.sqrt(1 / 400),
    "glorot": math.sqrt(2 / 650),
    "glorot_uniform": math.sqrt(2 / 650),
    "he": math.sqrt(2 / 400),
    "he_uniform": math.sqrt(2 / 400),
    "zeros": 0.0,
}


def test_every_initialiser_has_its_spread_in_the_table():
    assert set(SPREAD) == set(init.BY_NAME)


@pytest.mark.parametrize("name", SPREAD)
def test_the_spread_is_that_of_the_formula(name):
    weights = init.get(name)((400, 250), FANS, key=1)

    assert weights.dtype == np.float32
    assert weights.std() == pytest.approx(SPREAD[name], rel=0.01)
    assert abs(weights.mean()) <= 5 * SPREAD[name] / math.sqrt(weights.size)


@pytest.mark.parametrize("name", ["glorot_uniform", "he_uniform"])
def test_uniform_ends_at_the_root_of_3_spreads(name):
    weights = init.get(name)((400, 250), FANS, key=1)

    assert np.abs(weights).max() == pytest.approx(math.sqrt(3) * SPREAD[name], rel=1e-3)


@pytest.mark.parametrize("name", ["normal", "xavier", "glorot", "he"])
def test_normal_has_the_tails_of_the_bell(name):
    weights = init.get(name)((400, 250), FANS, key=1) / SPREAD[name]

    assert (np.abs(weights) < 1).mean() == pytest.approx(0.6827, abs=0.01)
    assert (np.abs(weights) > 3).mean() == pytest.approx(0.0027, abs=0.001)


def test_equal_keys_give_equal_weights():
    draw = init.He()

    np.testing.assert_array_equal(draw((4, 3), FANS, 7), draw((4, 3), FANS, 7))
    assert (draw((4, 3), FANS, 7) != draw((4, 3), FANS, 8)).all()


def test_a_constant_is_everywhere():
    assert set(init.Constant(0.25)((3, 2), FANS, 0).ravel().tolist()) == {0.25}


@pytest.mark.parametrize("std", [-1.0, math.nan, math.inf])
def test_a_spread_is_at_least_0(std):
    with pytest.raises(RangeError, match="Normal: std is out of range"):
        init.Normal(std)


def test_a_spread_is_a_number():
    with pytest.raises(DTypeError, match="Normal: std must be a number"):
        init.Normal("wide")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(RangeError, match=r"unknown initialiser 'kaiming'(.|\n)*one of glorot"):
        init.get("kaiming")
    with pytest.raises(RangeError, match="did you mean 'he_uniform'"):
        init.get("he_unifrom")


# In layers.


def test_a_linear_layer_starts_from_he_with_its_inputs_as_fan():
    assert nn.Linear(400, 250).weight.numpy().std() == pytest.approx(SPREAD["he"], rel=0.01)


@pytest.mark.parametrize(
    ("layer", "fan_in", "fan_out"),
    [
        (lambda how: nn.Conv1d(40, 50, 9, init=how), 360, 450),
        (lambda how: nn.Conv2d(16, 64, (5, 3), init=how), 240, 960),
        (lambda how: nn.Conv2d(64, 128, 3, groups=4, init=how), 144, 288),
        (lambda how: nn.Conv3d(8, 32, 4, init=how), 512, 2048),
    ],
)
def test_the_fans_of_a_convolution_count_its_kernel(layer, fan_in, fan_out):
    spread = {name: layer(name).weight.numpy().std() for name in ("he", "xavier", "glorot")}

    assert spread["he"] == pytest.approx(math.sqrt(2 / fan_in), rel=0.02)
    assert spread["xavier"] == pytest.approx(math.sqrt(1 / fan_in), rel=0.02)
    assert spread["glorot"] == pytest.approx(math.sqrt(2 / (fan_in + fan_out)), rel=0.02)


def test_an_initialiser_may_be_given_instead_of_a_name():
    assert nn.Linear(2, 2, init=init.Constant(0.5)).weight.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_two_layers_start_differently():
    assert (nn.Linear(3, 3).weight.numpy() != nn.Linear(3, 3).weight.numpy()).all()


# The experiment of the textbook: 1000 examples of 100 numbers through five layers of 100.


def activations(activation, how, seeds=4):
    """The outputs of the five activations, over several seeds: (5, seeds, 1000, 100)."""
    outputs = []
    for seed in range(seeds):
        with bd.seeded(seed):
            layers = [nn.Linear(100, 100, bias=False, init=how) for _ in range(5)]
        net = nn.Sequential(*(x for layer in layers for x in (layer, activation())))
        seen = []
        with nn.observing(lambda module, _, y, seen=seen: seen.append((module, y.numpy()))):
            net(bd.tensor(np.random.default_rng(seed).normal(size=(1000, 100))))
        outputs.append([y for module, y in seen if isinstance(module, activation)])
    return np.array(outputs).swapaxes(0, 1)


def test_sigmoid_with_spread_1_sticks_to_0_and_1():
    last = activations(nn.Sigmoid, init.Normal(1.0))[4]

    assert last.std() == pytest.approx(0.441, rel=0.05)
    assert ((last < 0.05) | (last > 0.95)).mean() == pytest.approx(0.68, abs=0.05)


def test_sigmoid_with_spread_001_collapses_to_a_half():
    last = activations(nn.Sigmoid, init.Normal(0.01))[4]

    assert last.std() == pytest.approx(0.013, rel=0.2)
    assert last.mean() == pytest.approx(0.5, abs=0.02)


def test_sigmoid_with_xavier_stays_spread():
    assert activations(nn.Sigmoid, "xavier")[4].std() == pytest.approx(0.127, rel=0.1)


def test_relu_with_spread_001_fades_away():
    layers = activations(nn.ReLU, init.Normal(0.01))

    assert layers[0].std() == pytest.approx(0.0585, rel=0.05)
    assert layers[4].std() < 1e-4


@pytest.mark.parametrize(("how", "first", "last"), [("xavier", 0.585, 0.154), ("he", 0.827, 0.869)])
def test_relu_shrinks_with_xavier_and_keeps_its_spread_with_he(how, first, last):
    layers = activations(nn.ReLU, how)

    assert layers[0].std() == pytest.approx(first, rel=0.05)
    assert layers[4].std() == pytest.approx(last, rel=0.2)


def test_tanh_saturates_with_spread_1_and_not_with_xavier():
    wide, xavier = activations(nn.Tanh, init.Normal(1.0)), activations(nn.Tanh, "xavier")

    assert (np.abs(wide[4]) > 0.95).mean() == pytest.approx(0.85, abs=0.06)
    assert xavier[0].std() == pytest.approx(0.627, rel=0.05)
    assert xavier[4].std() == pytest.approx(0.322, rel=0.1)


# What cannot work: all weights equal.

CLASSES = np.repeat([0, 1, 2], [50, 30, 20])


def trained(how):
    net = nn.Sequential(
        nn.Linear(6, 8, init=how), nn.ReLU(), nn.Linear(8, 5, init=how), nn.ReLU(),
        nn.Linear(5, 3, init=how),
    )  # fmt: skip
    x = bd.tensor(np.random.default_rng(0).normal(size=(100, 6)) + CLASSES[:, None])
    params, loss, opt = net.parameters(), nn.SoftmaxCrossEntropy(), optim.SGD(0.5)
    for _ in range(200):
        opt.update(params, bd.grad(loss(net(x), CLASSES), params))
    return net, float(loss(net(x), CLASSES))


def test_zeros_never_learn_more_than_how_frequent_the_classes_are():
    net, loss = trained("zeros")

    assert loss == pytest.approx(-sum(p * math.log(p) for p in (0.5, 0.3, 0.2)), abs=1e-4)
    assert not any(x.numpy().any() for name, x in net.parameters().items() if name != "4.bias")


def test_units_that_start_equal_stay_equal():
    net, _ = trained(init.Constant(0.1))

    for layer in (net[0], net[2]):
        columns = layer.weight.numpy()
        assert (columns != np.float32(0.1)).any()
        np.testing.assert_array_equal(columns, np.repeat(columns[:, :1], columns.shape[1], 1))


def test_he_breaks_the_symmetry_and_learns():
    net, loss = trained("he")

    assert loss < 0.5
    assert np.linalg.matrix_rank(net[0].weight.numpy()) == 6
