"""Eager = the graph's interpreter, to the last bit: every primitive, and whole trainings."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.compiler import dedupe, parse, prune, show, simplify, verify
from badak.core.dispatch import apply
from badak.core.primitive import PRIMITIVES
from badak.core.tensor import Tensor
from badak.optim import catalogue
from badak.train.step import tensor_step, train_step
from tests.compiler.meaning import bits, bits_but_for_nan, meaning
from tests.contracts.primitive_cases import CASES

STEPS = 5

# ---------------------------------------------------------------------- primitives


def gradients_and_value(name, case, arrays):
    """A primitive, and the gradients in its smooth inputs."""
    inputs = [bd.Parameter(x) if i in case.smooth else Tensor(x) for i, x in enumerate(arrays)]

    def fn(*given):
        out = apply(name, *given, **case.attributes)
        wrt = [given[i] for i in case.smooth]
        return out, bd.grad(out, wrt, weight=np.ones(out.shape)) if wrt else None

    return fn, inputs


def leaves(result):
    out, grads = result
    return [x.data for x in [out, *(grads or [])]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_and_its_gradients_are_the_same_in_a_graph(name, dtype):
    for case in CASES[name]:
        arrays = [x.astype(dtype) if x.dtype.kind == "f" else x for x in case.inputs]
        fn, inputs = gradients_and_value(name, case, arrays)

        traced = bd.trace(fn, *inputs)

        assert bits(leaves(traced.run(*inputs))) == bits(leaves(fn(*inputs)))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_is_well_formed_as_text_and_after_every_pass(name):
    for case in CASES[name]:
        fn, inputs = gradients_and_value(name, case, list(case.inputs))
        arrays = [x.data for x in inputs]
        graph = verify(bd.trace(fn, *inputs).graph)
        expected = bits_but_for_nan(meaning(graph, arrays))

        for new in (parse(show(graph)), simplify(graph), dedupe(graph), prune(graph)):
            assert bits_but_for_nan(meaning(verify(new), arrays)) == expected
        assert show(parse(show(graph))) == show(graph)


# ---------------------------------------------------------------------- trainings


def mlp():
    return nn.Sequential(
        nn.Linear(6, 9), nn.BatchNorm(9), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(9, 7), nn.Tanh(), nn.Dropout(0.5), nn.Sigmoid(), nn.Linear(7, 4),
    )  # fmt: skip


def cnn():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 2, stride=2, groups=2), nn.ReLU(), nn.Flatten(), nn.Dropout(0.4),
        nn.Linear(24, 4),
    )  # fmt: skip


NETWORKS = {"mlp": (mlp, (6,)), "cnn": (cnn, (2, 8, 8))}


class Training:
    """A network, an optimizer, and the step that a Trainer makes."""

    def __init__(self, network, optimizer, loss, dtype="float32"):
        build, self.shape = NETWORKS[network]
        with bd.seeded(3):
            self.net = build().to(dtype)
        self.optimizer = optimizer()
        self.loss = loss()
        self.dtype = dtype

    def step(self, x, t):
        loss, prediction = tensor_step(self.net, self.loss, self.optimizer, x, t)
        return {"loss": loss, "prediction": prediction}

    def checked_step(self, x, t):
        return train_step(self.net, self.loss, self.optimizer, x, t, {})

    def batch(self, number):
        noise = np.random.default_rng(number)
        x = noise.normal(size=(5, *self.shape)).astype(self.dtype)
        if isinstance(self.loss, nn.MeanSquaredError):
            return bd.tensor(x, self.dtype), bd.tensor(noise.normal(size=(5, 4)), self.dtype)
        return bd.tensor(x, self.dtype), bd.tensor(noise.integers(0, 4, 5))

    def numbers(self):
        state = self.net.state_dict() | self.optimizer.state_dict()
        return {name: bits([array]) for name, array in state.items()}


def follow(network, optimizer, loss, dtype="float32", passes=()):
    """Trains twice, eagerly and by a graph, and compares all there is after each step."""
    eager, other = (Training(network, optimizer, loss, dtype) for _ in range(2))
    traced = bd.trace(other.step, *other.batch(0))
    verify(traced.graph)
    for number in range(STEPS):
        x, t = eager.batch(number)
        expected, got = eager.step(x, t), traced.run(x, t)

        assert bits([got["loss"].data]) == bits([expected["loss"].data])
        assert bits([got["prediction"].data]) == bits([expected["prediction"].data])
        assert other.numbers() == eager.numbers()
    return eager, other, traced


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", catalogue.BY_NAME)
def test_a_training_by_a_graph_is_the_eager_one_bit_for_bit(name, network):
    eager, _, _ = follow(network, catalogue.BY_NAME[name], nn.SoftmaxCrossEntropy)

    assert int(eager.optimizer.steps) == STEPS
    assert any(np.any(eager.net.buffers()[b].data) for b in eager.net.buffers() if "mean" in b)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_regression_in_float64_is_the_eager_one_bit_for_bit(network):
    follow(network, optim.Adam, nn.MeanSquaredError, "float64")


@pytest.mark.parametrize("network", NETWORKS)
def test_the_step_of_a_trainer_is_the_one_that_is_traced(network):
    eager, other = (Training(network, optim.Adam, nn.SoftmaxCrossEntropy) for _ in range(2))
    traced = bd.trace(other.step, *other.batch(0))
    for number in range(STEPS):
        values = eager.checked_step(*eager.batch(number))

        assert float(traced.run(*other.batch(number))["loss"]) == values["loss"]
        assert other.numbers() == eager.numbers()


def test_eager_steps_and_steps_of_a_graph_may_take_turns():
    eager, other = (Training("mlp", optim.Adam, nn.SoftmaxCrossEntropy) for _ in range(2))
    traced = bd.trace(other.step, *other.batch(0))
    for number in range(STEPS):
        eager.step(*eager.batch(number))
        (other.step if number % 2 else traced.run)(*other.batch(number))

    assert other.numbers() == eager.numbers()


def test_a_setting_that_changes_needs_no_new_graph():
    eager, other = (Training("mlp", optim.Momentum, nn.SoftmaxCrossEntropy) for _ in range(2))
    traced = bd.trace(other.step, *other.batch(0))
    for number in range(STEPS):
        eager.optimizer.lr = other.optimizer.lr = 0.1 / (1 + number)
        eager.step(*eager.batch(number))
        traced.run(*other.batch(number))

    assert other.numbers() == eager.numbers()


def test_all_state_of_a_training_is_found_and_named():
    training = Training("mlp", optim.Adam, nn.SoftmaxCrossEntropy)
    traced = bd.trace(training.step, *training.batch(0))

    names = [value.name for value in traced.graph.inputs]
    params = [f"self.net.{name}" for name in training.net.parameters()]
    buffers = [f"self.net.{name}" for name in training.net.buffers()]
    held = [
        f"self.optimizer.state.{name}.{key}" for name in training.net.parameters() for key in "mv"
    ]
    rest = [f"self.optimizer.{name}" for name in ("steps", *(f"settings.{s}" for s in SETTINGS))]
    assert sorted(names) == sorted(["x", "t", *params, *buffers, *held, *rest])


SETTINGS = ("lr", "beta1", "beta2", "eps")


def test_prediction_reads_and_assigns_nothing_else():
    training = Training("cnn", optim.SGD, nn.SoftmaxCrossEntropy)
    x, _ = training.batch(0)

    traced = bd.trace(training.net, x)

    assert traced.assigned == ()
    assert not any("counter" in value.name for value in traced.graph.inputs)
    assert bits([traced.run(x).data]) == bits([training.net(x).data])
