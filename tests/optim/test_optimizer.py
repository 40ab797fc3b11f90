"""The loop of the textbook, and optimizers of one's own."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import RangeError, StateError
from badak.optim import catalogue

noise = np.random.default_rng(0)
labels = np.arange(60) % 3
examples = (noise.normal(size=(60, 4)) + 2 * np.eye(3, 4)[labels]).astype(np.float32)


def get_mini_batch(step, size=20):
    rows = np.random.default_rng(step).choice(60, size, replace=False)
    return examples[rows], labels[rows]


class TwoLayerNet:
    """The class of the textbook on Badak's objects: it has `params`, and gives `gradient`."""

    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.1):
        std = nn.init.Normal(weight_init_std)
        self.layers = nn.Sequential(
            nn.Linear(input_size, hidden_size, init=std),
            nn.ReLU(),
            nn.Linear(hidden_size, output_size, init=std),
        )
        self.last_layer = nn.SoftmaxCrossEntropy()
        self.params = self.layers.parameters()

    def loss(self, x, t):
        return self.last_layer(self.layers(x), t)

    def gradient(self, x, t):
        return bd.grad(self.loss(x, t), self.params)


RATES = {"adadelta": 10.0, "adafactor": 0.5}


@pytest.mark.technique(60, 61)
@pytest.mark.parametrize("name", [name for name in catalogue.BY_NAME if name != "nesterov"])
def test_the_loop_of_the_textbook_with_any_optimizer(name):
    network = TwoLayerNet(input_size=4, hidden_size=10, output_size=3)
    optimizer = catalogue.get(name)(lr=RATES.get(name, 0.05))
    first = float(network.loss(examples, labels))

    for i in range(100):
        x_batch, t_batch = get_mini_batch(i)
        grads = network.gradient(x_batch, t_batch)
        params = network.params
        optimizer.update(params, grads)

    assert float(network.loss(examples, labels)) < first / 2


def test_the_loop_with_backward_and_grad():
    network = TwoLayerNet(input_size=4, hidden_size=10, output_size=3)
    optimizer, first = optim.SGD(lr=0.5), float(network.loss(examples, labels))

    for _ in range(50):
        for x in network.params.values():
            x.zero_grad()
        network.loss(examples, labels).backward()
        optimizer.update(network.params, {name: x.grad for name, x in network.params.items()})

    assert float(network.loss(examples, labels)) < first / 2


def test_a_step_before_backward_is_refused():
    params = TwoLayerNet(4, 10, 3).params

    with pytest.raises(StateError, match=r"no gradient for '0\.weight', '0\.bias'"):
        optim.SGD().update(params, {name: x.grad for name, x in params.items()})


def test_parameters_of_another_model_are_noticed_when_gradients_are_taken():
    one, other = TwoLayerNet(4, 10, 3), TwoLayerNet(4, 10, 3)

    with pytest.raises(StateError, match=r"does not depend on any(.|\n)*another model"):
        bd.grad(one.loss(examples, labels), other.params)


def test_a_part_of_the_parameters_can_be_left_alone():
    network = TwoLayerNet(4, 10, 3)
    head = {name: x for name, x in network.params.items() if name.startswith("2.")}
    before = network.params["0.weight"].numpy()

    optim.SGD(0.1).update(head, network.gradient(examples, labels))

    np.testing.assert_array_equal(network.params["0.weight"].numpy(), before)


def test_a_loss_from_before_a_step_has_no_gradient_any_more():
    network = TwoLayerNet(4, 10, 3)
    loss, grads = network.loss(examples, labels), network.gradient(examples, labels)

    optim.SGD(0.1).update(network.params, grads)

    with pytest.raises(StateError, match="was assigned after it was used"):
        bd.grad(loss, network.params)


def test_a_rule_of_ones_own_is_two_methods_and_resumes_like_ours():
    class Average(optim.Optimizer):
        """Descends along the mean of all gradients so far."""

        weight = optim.optimizer.Setting(at_least=0)

        def __init__(self, lr=0.1, weight=1.0):
            super().__init__(lr)
            self.weight = weight

        def start(self, parameter):
            return {"sum": bd.zeros(parameter.shape, parameter.dtype)}

        def advance(self, parameter, gradient, state, step):
            total = state["sum"] + self.weight * gradient
            return parameter - self.lr * total / step, {"sum": total}

    w, optimizer = bd.parameter(0.0, "float64"), Average(weight=2.0)
    for g in (1.0, 3.0):
        optimizer.update({"w": w}, {"w": g})

    assert repr(optimizer) == "Average(lr=0.1, weight=2)"
    assert float(w) == pytest.approx(-0.1 * (2 + 8 / 2))
    copy = Average().load_state_dict(optimizer.state_dict(), {"w": w})
    assert copy.state["w"]["sum"].item() == 8.0


def test_a_step_is_not_recorded():
    class Watching(optim.SGD):
        """Gradient descent that asks whether it is recorded."""

        def advance(self, parameter, gradient, state, step):
            new, state = super().advance(parameter, gradient, state, step)
            recorded.append(new.requires_grad)
            return new, state

    w, recorded = bd.parameter([1.0]), []

    Watching().update({"w": w}, {"w": w * 2})

    assert recorded == [False]


def test_an_unknown_optimizer_is_refused_with_the_nearest():
    with pytest.raises(RangeError, match=r"unknown optimizer 'adagrd'(.|\n)*mean 'adagrad'"):
        catalogue.get("adagrd")
