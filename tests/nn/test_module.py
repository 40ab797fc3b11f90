"""Modules: what they hold, in which order, and how it is taken out and put back."""

from __future__ import annotations

import re

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, StateError


class Residual(nn.Module):
    """A module as a user writes one: own tensors, children, containers of both."""

    def __init__(self):
        self.scale = bd.parameter(2.0)
        self.first = nn.Linear(2, 3)
        self.blocks = [nn.Linear(3, 3), {"norm": nn.BatchNorm(3)}]
        self.heads = {"a": nn.Linear(3, 1), "b": (nn.Linear(3, 2), nn.Tanh())}
        self.count = bd.tensor(0)
        self.width = 3

    def forward(self, x):
        y = self.first(x)
        y = y + self.blocks[1]["norm"](self.blocks[0](y))
        return self.heads["a"](y) * self.scale


class Pair(nn.Module):
    """Two modules one after the other."""

    def __init__(self, one, two):
        self.one = one
        self.two = two

    def forward(self, x):
        return self.two(self.one(x))


def test_names_follow_attributes_and_containers_in_the_order_of_setting():
    net = Residual()

    assert list(net.parameters()) == [
        "scale", "first.weight", "first.bias", "blocks.0.weight", "blocks.0.bias",
        "blocks.1.norm.weight", "blocks.1.norm.bias", "heads.a.weight", "heads.a.bias",
        "heads.b.0.weight", "heads.b.0.bias",
    ]  # fmt: skip
    assert list(net.buffers()) == [
        "count", "blocks.1.norm.running_mean", "blocks.1.norm.running_var"
    ]  # fmt: skip
    assert list(net.named_modules()) == [
        "", "first", "blocks.0", "blocks.1.norm", "heads.a", "heads.b.0", "heads.b.1"
    ]  # fmt: skip


def test_a_module_of_ones_own_learns():
    net = Residual()
    x, t = bd.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [[1.0], [2.0], [3.0]]
    params, loss = net.parameters(), nn.MeanSquaredError()
    before = float(loss(net(x), t))

    for _ in range(50):
        with bd.training():
            gradients = bd.grad(loss(net(x), t), params)
        bd.optim.SGD(0.01).update(params, gradients)

    assert float(loss(net(x), t)) < before / 2
    assert all(g.numpy().any() for name, g in gradients.items() if "heads.b" not in name)


def test_a_shared_module_counts_once_and_learns_from_both_uses():
    layer = nn.Linear(3, 3, bias=False)
    net, x = Pair(layer, layer), bd.tensor([[1.0, 2.0, 3.0]])
    w = layer.weight.numpy()

    g = bd.grad(net(x).sum(), net.parameters())

    assert list(net.parameters()) == ["one.weight"]
    assert net.parameter_count() == 9
    once = x.numpy().T @ (np.ones((1, 3)) @ w.T) + (x.numpy() @ w).T @ np.ones((1, 3))
    np.testing.assert_allclose(g["one.weight"].numpy(), once, rtol=1e-5)


def test_tied_weights_count_once_and_are_saved_once():
    net = Pair(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    net.two.weight = net.one.weight
    copy = Pair(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    copy.two.weight = copy.one.weight

    copy.load_state_dict(net.state_dict())

    assert list(net.state_dict()) == ["one.weight"]
    np.testing.assert_array_equal(copy.two.weight.numpy(), net.two.weight.numpy())


def test_a_module_that_holds_its_owner_is_walked_once():
    net = Pair(nn.Linear(1, 1), nn.ReLU())
    net.two.owner = net

    assert list(net.parameters()) == ["one.weight", "one.bias"]


def test_buffers_are_kept_but_not_learned():
    net = Residual()

    assert not set(net.parameters()) & set(net.buffers())
    assert set(net.state_dict()) == set(net.parameters()) | set(net.buffers())


def test_all_that_does_not_fit_is_named_and_nothing_is_taken_over():
    net = Pair(nn.Linear(2, 3), nn.Linear(3, 1))
    before = net.state_dict()
    state = {name: x + 1 for name, x in before.items()}
    del state["one.bias"]
    state["two.weight"] = np.zeros((1, 3))
    state["three.weight"] = np.zeros(2)

    with pytest.raises(StateError) as refusal:
        net.load_state_dict(state)

    for words in (
        "missing 'one.bias'",
        "unknown 'three.weight'",
        "'two.weight' has shape (1, 3), expected (3, 1)",
    ):
        assert words in str(refusal.value)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("value", [np.full((1, 1), "a"), np.full((1, 1), 1j), np.array([[None]])])
def test_what_is_no_number_is_not_taken_over(value):
    net = Pair(nn.Linear(1, 1), nn.Linear(1, 1))
    before = net.state_dict()
    state = {name: x + 1 for name, x in before.items()} | {"two.weight": value}

    with pytest.raises(StateError, match=re.escape(f"'two.weight' holds {value.dtype}, expected")):
        net.load_state_dict(state)

    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_a_state_may_hold_tensors_and_wider_floats():
    layer = nn.Linear(1, 1)

    layer.load_state_dict({"weight": bd.tensor([[0.5]], "float64"), "bias": [0.25]})

    assert (layer.weight.item(), layer.bias.item()) == (0.5, 0.25)
    assert layer.weight.dtype == np.float32


def test_loading_keeps_the_tensors_that_others_hold():
    layer = nn.Linear(1, 1)
    params = layer.parameters()

    layer.load_state_dict({"weight": [[0.5]], "bias": [0.25]})

    assert params["weight"] is layer.weight
    assert params["weight"].item() == 0.5


def test_a_loss_from_before_loading_has_no_gradient_any_more():
    layer = nn.Linear(1, 1)
    loss = layer(bd.ones((1, 1))).sum()

    layer.load_state_dict(layer.state_dict())

    with pytest.raises(StateError, match="was assigned after it was used"):
        bd.grad(loss, layer.parameters())


def test_the_gradient_tensor_stays_the_same_one():
    layer = nn.Linear(2, 2)
    layer(bd.ones((1, 2))).sum().backward()
    first = {name: (x.grad, x.grad.numpy()) for name, x in layer.parameters().items()}

    layer(bd.ones((1, 2))).sum().backward()

    for name, x in layer.parameters().items():
        assert x.grad is first[name][0]
        np.testing.assert_allclose(x.grad.numpy(), 2 * first[name][1])


def test_a_module_without_forward_says_what_to_write():
    class Empty(nn.Module):
        pass

    with pytest.raises(StateError, match=r"Empty has no forward(.|\n)*def forward"):
        Empty()(bd.ones(1))


def test_reading_is_nested():
    net = Pair(nn.Sequential(nn.Linear(1, 2), nn.ReLU()), nn.Linear(2, 1))

    assert repr(net) == (
        "Pair(\n"
        "  one: Sequential(\n"
        "    0: Linear(1 -> 2)\n"
        "    1: ReLU()\n"
        "  )\n"
        "  two: Linear(2 -> 1)\n"
        ")"
    )


# Conversion.


def test_conversion_keeps_the_tensors_and_drops_old_gradients():
    layer = nn.Linear(1, 1)
    params = layer.parameters()
    layer(bd.ones((1, 1))).sum().backward()

    layer.to("float64")

    assert params["weight"] is layer.weight
    assert layer.weight.dtype == np.float64
    assert layer.weight.grad is None


def test_conversion_leaves_counters_and_single_numbers_alone():
    net = nn.Sequential(nn.BatchNorm(2), nn.Dropout(0.3)).to("float64").to("float32")

    kinds = {name: str(x.dtype) for name, x in net.buffers().items()}

    assert kinds == {
        "0.running_mean": "float32",
        "0.running_var": "float32",
        "1.p": "float64",
        "1.key": "uint64",
        "1.counter": "uint64",
    }


def test_conversion_to_whole_numbers_is_refused():
    with pytest.raises(DTypeError, match=r"computes in floats(.|\n)*float32 or float64"):
        nn.Linear(1, 1).to("int64")


# Observers.


def test_an_observer_is_told_inner_modules_first():
    net, seen = nn.Sequential(nn.Linear(1, 2), nn.ReLU()), []

    with nn.observing(lambda module, inputs, output: seen.append(type(module).__name__)):
        net(bd.ones((1, 1)))
    net(bd.ones((1, 1)))

    assert seen == ["Linear", "ReLU", "Sequential"]


def test_observers_do_not_hide_each_other():
    net, outer, inner = nn.ReLU(), [], []

    with nn.observing(lambda *what: outer.append(what)):
        with nn.observing(lambda *what: inner.append(what)):
            net(bd.ones(1))
        net(bd.ones(1))

    assert (len(outer), len(inner)) == (2, 1)


def test_observing_ends_with_an_error_too():
    net, seen = nn.Linear(1, 1), []

    with pytest.raises(DTypeError), nn.observing(lambda *what: seen.append(what)):
        net([[1]])
    net(bd.ones((1, 1)))

    assert seen == []


def test_an_observer_sees_inputs_and_output():
    net, seen, x = nn.ReLU(), [], bd.tensor([-1.0, 1.0])

    with nn.observing(lambda *what: seen.append(what)):
        y = net(x)

    assert seen == [(net, (x,), y)]
