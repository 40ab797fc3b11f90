"""The two-layer network of the textbook: its roles, its gradients, its loop, its optimizer."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim

digits = bd.data.load("digits").train


class TwoLayerNet:
    """The class of the textbook on Badak's objects: `params`, `loss`, `gradient`, `accuracy`."""

    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        how = nn.init.Normal(weight_init_std)
        self.layers = nn.Sequential(
            nn.Linear(input_size, hidden_size, init=how),
            nn.ReLU(),
            nn.Linear(hidden_size, output_size, init=how),
        )
        self.last_layer = nn.SoftmaxCrossEntropy()
        self.params = self.layers.parameters()

    def predict(self, x):
        return self.layers(x)

    def loss(self, x, t):
        return self.last_layer(self.predict(x), t)

    def accuracy(self, x, t):
        return float((self.predict(x).argmax(axis=1) == t).astype("float64").mean())

    def numerical_gradient(self, x, t, h=1e-4):
        grads = {}
        for name, w in self.params.items():
            values, slopes = w.numpy(), np.zeros(w.shape)
            for i in np.ndindex(w.shape):
                around = []
                for sign in (1, -1):
                    moved = values.copy()
                    moved[i] += sign * h
                    w.assign(moved)
                    around.append(float(self.loss(x, t)))
                w.assign(values)
                slopes[i] = (around[0] - around[1]) / (2 * h)
            grads[name] = slopes
        return grads

    def gradient(self, x, t):
        return bd.grad(self.loss(x, t), self.params)


def get_mini_batch(step, batch_size=100):
    rows = np.random.default_rng(step).choice(len(digits), batch_size)
    return digits.x[rows], digits.t[rows]


@pytest.mark.technique(23, 24)
@pytest.mark.parametrize("optimizer", [optim.SGD(lr=0.1), optim.Adam(lr=0.005)], ids=repr)
def test_the_loop_of_the_textbook(optimizer):
    network = TwoLayerNet(input_size=64, hidden_size=50, output_size=10)

    for i in range(500):
        x_batch, t_batch = get_mini_batch(i)
        grads = network.gradient(x_batch, t_batch)
        params = network.params
        optimizer.update(params, grads)

    assert network.accuracy(digits.x, digits.t) > 0.9


@pytest.mark.technique(19, 22)
def test_backpropagation_agrees_with_numerical_differentiation_in_every_parameter():
    network = TwoLayerNet(6, 5, 3, weight_init_std=1.0)
    network.layers.to("float64")
    x = bd.tensor(np.random.default_rng(0).normal(size=(4, 6)), "float64")
    t = np.array([0, 2, 1, 1])

    numeric, backprop = network.numerical_gradient(x, t), network.gradient(x, t)

    difference = {name: np.abs(numeric[name] - backprop[name].numpy()).max() for name in numeric}
    assert list(difference) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert max(difference.values()) < 1e-7


@pytest.mark.technique("24b")
def test_layers_have_roles_and_run_in_their_order_to_a_loss():
    network, seen = TwoLayerNet(64, 50, 10), []

    with nn.observing(lambda module, inputs, output: seen.append(output.shape)):
        loss = network.loss(digits.x[:7], digits.t[:7])

    assert seen == [(7, 50), (7, 50), (7, 10), (7, 10)]  # hidden, ReLU, output, and the whole
    assert loss.shape == ()
    table = str(network.layers.summary((64,))).splitlines()
    roles = [
        role for line in table for role in ("input", "hidden", "output") if f" {role} " in line
    ]
    assert roles[-4:] == ["input", "hidden", "hidden", "output"]
