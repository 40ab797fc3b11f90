"""What becomes of networks by how they start: spread, symmetry, learning, and starts from data."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import RangeError, StateError
from badak.nn import init

# The experiment of the textbook: 1000 examples of 100 numbers through five layers of 100.


@functools.cache
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


@pytest.mark.technique(87)
def test_sigmoid_with_spread_1_sticks_to_0_and_1():
    last = activations(nn.Sigmoid, init.Normal(1.0))[4]

    assert last.std() == pytest.approx(0.441, rel=0.05)
    assert ((last < 0.05) | (last > 0.95)).mean() == pytest.approx(0.68, abs=0.05)


@pytest.mark.technique(87)
def test_sigmoid_with_spread_001_collapses_to_a_half():
    last = activations(nn.Sigmoid, init.Normal(0.01))[4]

    assert last.std() == pytest.approx(0.013, rel=0.2)
    assert last.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.technique(87)
def test_sigmoid_with_xavier_stays_spread():
    assert activations(nn.Sigmoid, "xavier")[4].std() == pytest.approx(0.127, rel=0.1)


@pytest.mark.technique(88)
def test_relu_with_spread_001_fades_away():
    layers = activations(nn.ReLU, init.Normal(0.01))

    assert layers[0].std() == pytest.approx(0.0585, rel=0.05)
    assert layers[4].std() < 1e-4


@pytest.mark.technique(88)
@pytest.mark.parametrize(("how", "first", "last"), [("xavier", 0.585, 0.154), ("he", 0.827, 0.869)])
def test_relu_shrinks_with_xavier_and_keeps_its_spread_with_he(how, first, last):
    layers = activations(nn.ReLU, how)

    assert layers[0].std() == pytest.approx(first, rel=0.05)
    assert layers[4].std() == pytest.approx(last, rel=0.2)


@pytest.mark.technique(89)
def test_tanh_saturates_with_spread_1_and_not_with_xavier():
    wide, xavier = activations(nn.Tanh, init.Normal(1.0)), activations(nn.Tanh, "xavier")

    assert (np.abs(wide[4]) > 0.95).mean() == pytest.approx(0.85, abs=0.06)
    assert xavier[0].std() == pytest.approx(0.627, rel=0.05)
    assert xavier[4].std() == pytest.approx(0.322, rel=0.1)


def signs(activation, how):
    """Saturated share, last spread, and what arrives below of a gradient of spread 1."""
    last = activations(activation, how)[4]
    low = -1.0 if activation is nn.Tanh else 0.0
    place = (last - low) / (1.0 - low)  # the range of the activation as 0..1
    with bd.seeded(0):
        layers = [nn.Linear(100, 100, bias=False, init=how) for _ in range(5)]
    net = nn.Sequential(*(x for layer in layers for x in (layer, activation())))
    x = bd.parameter(np.random.default_rng(0).normal(size=(1000, 100)))
    weight = np.random.default_rng(1).normal(size=(1000, 100))
    arrives = bd.grad(net(x), x, weight=weight).numpy().std()
    return ((place < 0.05) | (place > 0.95)).mean(), last.std(), arrives


@pytest.mark.technique(92)
@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh])
def test_three_numbers_tell_how_a_start_fails(activation):
    wide, narrow, right = (signs(activation, h) for h in (init.Normal(1.0), "normal", "xavier"))

    assert wide[0] > 0.5 > 0.2 > max(narrow[0], right[0])  # units stick to their ends
    assert narrow[1] < 0.02 < 0.1 < min(wide[1], right[1])  # all answers are alike
    assert narrow[2] < 2e-5 < 2e-4 < right[2]  # the gradient vanishes on its way down


@pytest.mark.technique(92)
def test_relu_that_starts_too_small_fades_both_ways():
    small, right = signs(nn.ReLU, "normal"), signs(nn.ReLU, "he")

    assert small[1] < 1e-4 < 0.5 < right[1]
    assert small[2] < 1e-4 < 0.5 < right[2]


# What cannot work: all weights equal.


def network(sizes, how, activation=nn.ReLU):
    layers = []
    for before, after in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(before, after, init=how), activation()]
    return nn.Sequential(*layers, nn.Linear(*sizes[-2:], init=how))


def trained(net, data, updates, lr, batch=100):
    """Plain gradient descent as machine code, without shuffling."""
    trainer = bd.Trainer(net, "softmax_cross_entropy", optim.SGD(lr), ["accuracy"], progress=False)
    rows = np.arange(updates * batch) % len(data.train)
    chosen = data.train.x[rows], data.train.t[rows]
    trainer.fit(*chosen, epochs=1, batch_size=batch, shuffle=False)
    return trainer


def prior_entropy(labels):
    shares = np.bincount(labels) / len(labels)
    return float(-(shares * np.log(shares)).sum())


@pytest.fixture(params=["digits", "mnist"])
def images(request):
    """The digits that Badak carries, and MNIST where there is one."""
    root = request.getfixturevalue("mnist_root") if request.param == "mnist" else None
    return bd.data.load(request.param, root=root)


@pytest.mark.technique(84)
def test_from_zeros_only_the_class_frequencies_are_learned(images):
    net = network([images.train.x.shape[1], 50, 50, 10], "zeros")

    trainer = trained(net, images, updates=300, lr=0.1)

    found = trainer.evaluate(images.test)
    best = np.bincount(images.test.t, minlength=10).max() / len(images.test)
    assert found["loss"] == pytest.approx(prior_entropy(images.test.t), abs=0.01)
    assert found["accuracy"] <= best + 1e-6
    others = {k: x for k, x in net.parameters().items() if k != "4.bias"}
    assert not any(x.numpy().any() for x in others.values())


@pytest.mark.technique(84)
@pytest.mark.parametrize("value", [0.01, 0.1])
def test_units_that_start_equal_stay_equal(value):
    digits = bd.data.load("digits")
    net = network([64, 20, 15, 10], init.Constant(value))

    trained(net, digits, updates=100, lr=0.01, batch=50)

    for layer in (net[0], net[2]):
        columns = layer.weight.numpy()
        assert (columns != np.float32(value)).any()
        np.testing.assert_array_equal(columns, np.repeat(columns[:, :1], columns.shape[1], 1))


@pytest.mark.technique(84)
def test_he_breaks_the_symmetry_and_learns():
    digits = bd.data.load("digits")
    net = network([64, 20, 15, 10], "he")

    trainer = trained(net, digits, updates=500, lr=0.1, batch=50)

    assert trainer.evaluate(digits.test)["accuracy"] > 0.85
    assert np.linalg.matrix_rank(net[2].weight.numpy()) == 15


@pytest.mark.technique(90)
def test_on_mnist_a_small_start_does_not_learn_and_xavier_and_he_do(mnist_root):
    """SGD 0.01, four hidden layers of 100 ReLU, 2000 batches of 100."""
    mnist = bd.data.load("mnist", root=mnist_root)

    def build(how):
        net = network([784, 100, 100, 100, 100, 10], how)
        return bd.Trainer(net, "softmax_cross_entropy", optim.SGD(0.01), ["accuracy"])

    starts = ["normal", "xavier", "he"]
    population = bd.Population(build, [{"how": how} for how in starts])
    train = mnist.train.x[:50000], mnist.train.t[:50000]
    population.fit(*train, epochs=4, batch_size=100, progress=False)

    small, xavier, he = population.evaluate(mnist.test)
    assert small["loss"] == pytest.approx(2.301, abs=0.002)
    assert small["accuracy"] == pytest.approx(0.1135, abs=0.0001)
    assert xavier["loss"] == pytest.approx(0.309, abs=0.04)
    assert he["loss"] == pytest.approx(0.225, abs=0.04)
    assert xavier["accuracy"] == pytest.approx(0.9135, abs=0.015)
    assert he["accuracy"] == pytest.approx(0.9351, abs=0.01)


@pytest.mark.technique(91)
def test_a_bias_of_001_gains_nothing_that_outlasts_chance():
    digits = bd.data.load("digits")

    def build(bias):
        layers = [nn.Linear(64, 30, bias_init=init.Constant(bias)), nn.ReLU(), nn.Linear(30, 10)]
        return bd.Trainer(
            nn.Sequential(*layers), "softmax_cross_entropy", optim.SGD(0.1), ["accuracy"]
        )

    population = bd.Population(build, [{"bias": 0.0}, {"bias": 0.01}], seeds=range(12))
    population.fit(digits.train, epochs=15, batch_size=50, progress=False)

    accuracy = [found["accuracy"] for found in population.evaluate(digits.test)]
    gains = np.subtract(accuracy[12:], accuracy[:12])
    assert abs(gains.mean()) < 3 * gains.std(ddof=1) / math.sqrt(12) + 1e-3
    assert abs(gains.mean()) < 0.005


# Starts from data.


def lopsided(rows=200, columns=20):
    return np.random.default_rng(0).normal(3.0, 5.0, (rows, columns)).astype(np.float32)


def variances(net, x):
    seen = []
    with nn.observing(lambda module, _, y: seen.append((module, y.numpy().var()))):
        net(bd.tensor(x))
    return [v for module, v in seen if hasattr(module, "weight")]


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid], ids=lambda a: a.__name__)
def test_lsuv_gives_every_layer_the_variance_1(activation):
    net = network([20, *[40] * 8, 5], "normal", activation)

    found = init.lsuv(net, lopsided(), tolerance=0.01)

    assert list(found) == [str(i) for i in range(0, 17, 2)]
    assert list(found.values()) == pytest.approx([1.0] * 9, abs=0.01)
    assert variances(net, lopsided()) == pytest.approx(list(found.values()), rel=1e-5)


def test_lsuv_scales_orthonormal_matrices_and_leaves_biases_alone():
    net = network([20, 20, 20], "he")

    init.lsuv(net, lopsided())

    for layer in (net[0], net[2]):
        product = layer.weight.numpy() @ layer.weight.numpy().T
        np.testing.assert_allclose(product, product[0, 0] * np.eye(20), atol=1e-5)
        assert not layer.bias.numpy().any()


def test_lsuv_knows_convolutions_and_nested_networks():
    block = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
    net = nn.Sequential(block, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 4))
    x = np.random.default_rng(0).normal(size=(50, 3, 8, 8))

    found = init.lsuv(net, x)

    assert list(found) == ["0.0", "3"]
    assert list(found.values()) == pytest.approx([1.0, 1.0], abs=0.1)


def test_lsuv_follows_the_seed_and_not_the_weights_before():
    states = []
    for how, seed in (("he", 1), ("zeros", 1), ("he", 2)):
        net = network([20, 10, 5], how)
        with bd.seeded(seed):
            init.lsuv(net, lopsided())
        states.append(net[0].weight.numpy())

    np.testing.assert_array_equal(states[0], states[1])
    assert (states[0] != states[2]).all()


def test_lsuv_stops_after_its_attempts():
    net = nn.Sequential(nn.Linear(20, 10))

    found = init.lsuv(net, lopsided(), tolerance=1e-12, attempts=1)

    assert found["0"] == pytest.approx(1.0, rel=1e-5)


def test_lsuv_refuses_a_layer_whose_outputs_are_all_equal():
    with pytest.raises(RangeError, match="outputs of layer '0' have no variance"):
        init.lsuv(nn.Sequential(nn.Linear(3, 2)), np.zeros((5, 3)))


def test_lsuv_needs_weights():
    with pytest.raises(StateError, match="no weights to scale"):
        init.lsuv(nn.Sequential(nn.ReLU()), np.ones((5, 3)))
