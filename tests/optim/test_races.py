"""Optimizers side by side: only the rule differs, not the data, the start, or the batches."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.compiler.threads import threads

MNIST = os.environ.get("BADAK_DATA")


@pytest.fixture(autouse=True)
def _one_thread():
    """Tests run beside each other; programs this small lose more by waiting than they win."""
    before = threads()
    bd.set_threads(1)
    yield
    bd.set_threads(before)


def raced(make_net, loss, optimizer, batches, x, t):
    """A network after its training, from the same start each time, and the loss of each step."""
    with bd.seeded(0):
        net = make_net()
    params = net.parameters()

    @bd.compile
    def step(x, t):
        value = loss(net(x), t)
        optimizer.update(params, bd.grad(value, params))
        return value

    _, losses = step.scan(batches, x, t)
    return net, losses.numpy()


# ---------------------------------------------------------------------- a curve with many peaks


def curve_fitter():
    layers = [nn.Linear(1, 64, init="xavier"), nn.Tanh(), nn.Linear(64, 64, init="xavier")]
    return nn.Sequential(*layers, nn.Tanh(), nn.Linear(64, 1, init="xavier"))


@pytest.mark.technique(78)
def test_only_an_adaptive_rule_fits_all_peaks_at_the_shared_learning_rate():
    random = np.random.default_rng(0)
    x = random.uniform(-3, 3, (10_000, 1)).astype("float32")
    truth = np.exp(-(x**2)) * np.cos(10 * x)
    t = (truth + 0.03 * random.standard_normal(x.shape)).astype("float32")
    batches = random.integers(0, 10_000, (3000, 100))

    errors = {}
    for make in (optim.SGD, optim.Momentum, optim.Adam):
        net, _ = raced(curve_fitter, nn.MeanSquaredError(), make(lr=0.01), batches, x, t)
        errors[make.__name__] = float(((net(x).numpy() - truth) ** 2).mean())

    assert errors["SGD"] > 0.8 * truth.var()  # it has learned the mean, and little more
    assert errors["SGD"] > errors["Momentum"] > 5 * errors["Adam"]
    assert errors["Adam"] < 0.1 * truth.var()


# ---------------------------------------------------------------------- handwritten digits


def deep_net():
    sizes = [784, 100, 100, 100, 100]
    hidden = [
        layer
        for size, after in itertools.pairwise(sizes)
        for layer in (nn.Linear(size, after), nn.ReLU())
    ]
    return nn.Sequential(*hidden, nn.Linear(100, 10))


@pytest.mark.technique(77)
@pytest.mark.skipif(MNIST is None, reason="BADAK_DATA names no folder with MNIST")
def test_at_the_rates_of_the_textbook_sgd_comes_last_and_at_its_own_it_keeps_up():
    train, test = bd.data.load("mnist")
    batches = np.random.default_rng(0).integers(0, len(train), (2000, 128))
    rules = {
        "sgd": optim.SGD(0.01),
        "momentum": optim.Momentum(0.01),
        "adagrad": optim.AdaGrad(0.01),
        "adam": optim.Adam(0.001),
        "sgd, its own rate": optim.SGD(0.3),
    }

    right, ends = {}, {}
    for name, rule in rules.items():
        net, losses = raced(deep_net, nn.SoftmaxCrossEntropy(), rule, batches, train.x, train.t)
        right[name] = (net(test.x).numpy().argmax(axis=1) == test.t).mean()
        ends[name] = losses[-200:].mean()

    assert right["sgd"] == pytest.approx(0.935, abs=0.01)
    assert ends["sgd"] == pytest.approx(0.2245, rel=0.25)
    for name in ("momentum", "adagrad", "adam", "sgd, its own rate"):
        assert right[name] == pytest.approx(0.969, abs=0.01)
        assert ends[name] < 0.5 * ends["sgd"]


# ---------------------------------------------------------------------- saddles

SADDLES = {
    "saddle": lambda x, y: x * x - y * y,
    "monkey": lambda x, y: x**3 - 3.0 * x * y * y,
}


def steps_to_leave(f, start, rule, most=400):
    """After how many steps it is 1 below the saddle; None if it stays."""
    params = {"x": bd.parameter(start[0], "float64"), "y": bd.parameter(start[1], "float64")}
    for step in range(most):
        value = f(**params)
        if float(value) < -1.0:
            return step
        rule.update(params, bd.grad(value, params))
    return None


@pytest.mark.technique(80)
@pytest.mark.parametrize("f", SADDLES.values(), ids=SADDLES)
def test_beside_the_axis_momentum_leaves_a_saddle_sooner(f):
    start = (0.5, 1e-3)
    descent = steps_to_leave(f, start, optim.SGD(0.02))
    momentum = steps_to_leave(f, start, optim.Momentum(0.02, momentum=0.9))

    assert momentum is not None
    assert descent is None or momentum < descent / 2


@pytest.mark.technique(80)
@pytest.mark.parametrize("f", SADDLES.values(), ids=SADDLES)
@pytest.mark.parametrize("make", [optim.SGD, optim.Momentum, optim.Adam])
def test_exactly_on_the_axis_no_rule_sees_the_way_down(f, make):
    params = {"x": bd.parameter(0.5, "float64"), "y": bd.parameter(0.0, "float64")}
    rule = make(0.01)
    for _ in range(50):
        rule.update(params, bd.grad(f(**params), params))

    assert float(params["y"]) == 0.0
    assert abs(float(params["x"])) < 0.5
