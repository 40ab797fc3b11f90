from __future__ import annotations

import functools

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.compiler.names import argument_names, tensor_names

SCALE = bd.tensor(2.0)
WHERE = {"deep": [bd.tensor(1.0), (bd.tensor(3.0),)]}


def names(fn, *tensors):
    """The names of the tensors in their order, None for one that is not found."""
    found = tensor_names(fn, tensors)
    return [found.get(id(x)) for x in tensors]


def test_variables_of_an_outer_function_are_found():
    net, opt = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3)), optim.Adam()

    def step(x):
        return net(x), opt

    assert names(step, net[0].weight, net[1].running_mean, opt.lr, opt.steps) == [
        "net.0.weight",
        "net.1.running_mean",
        "opt.settings.lr",
        "opt.steps",
    ]


def test_variables_of_the_module_are_found():
    def step(x):
        return x * SCALE + WHERE["deep"][0]

    assert names(step, SCALE, WHERE["deep"][0], WHERE["deep"][1][0]) == [
        "SCALE",
        "WHERE.deep.0",
        "WHERE.deep.1.0",
    ]


def test_a_network_is_where_its_own_parameters_are():
    net = nn.Sequential(nn.Linear(2, 3))

    assert names(net, net[0].weight) == ["0.weight"]


def test_a_method_sees_itself():
    class Pair:
        def __init__(self):
            self.first = bd.tensor(1.0)

        def add(self, x):
            return self.first + x

    pair = Pair()

    assert names(pair.add, pair.first) == ["self.first"]


def test_a_function_with_arguments_given_and_a_wrapped_one_are_seen_through():
    x, y = bd.tensor(1.0), bd.tensor(2.0)

    def plus(a, b, c):
        return a + b + c + SCALE

    @functools.wraps(plus)
    def wrapped(*args):
        return plus(*args)

    assert names(functools.partial(plus, x, c=y), SCALE, x, y) == ["SCALE", "argument.0", "c"]
    assert names(wrapped, SCALE) == ["SCALE"]


def test_a_tensor_that_nobody_names_has_no_name():
    assert names(lambda: SCALE, bd.tensor(1.0)) == [None]
    assert names(np.exp, SCALE) == [None]
    assert names(print, SCALE) == [None]


def test_a_variable_that_is_not_set_yet_does_no_harm():
    def outer():
        def step():
            return SCALE, later

        found = names(step, SCALE)
        later = 1
        return found, later

    assert outer()[0] == ["SCALE"]


def test_rings_and_long_lists_do_no_harm():
    ring = {"list": [0] * 100_000}
    ring["itself"] = ring
    ring["end"] = bd.tensor(1.0)

    assert names(lambda: ring, SCALE, ring["end"])[0] is None


def test_a_tensor_with_two_names_gets_the_first():
    held = {"a": SCALE, "b": SCALE}

    assert names(lambda: held, SCALE) == ["held.a"]


def test_a_key_that_would_spoil_the_text_is_changed():
    held = {"x: [1]": bd.tensor(1.0), "": bd.tensor(2.0)}

    assert names(lambda: held, *held.values()) == ["held.x___1_", "held"]


@pytest.mark.parametrize(
    ("fn", "arguments", "named", "expected"),
    [
        (lambda x, t: 0, (1, 2), {}, ["x", "t"]),
        (lambda x, t=0: 0, (1,), {}, ["x"]),
        (lambda x, *rest: 0, (1, 2, [3, 4]), {}, ["x", "rest.0", "rest.1.0", "rest.1.1"]),
        (lambda x, *, t: 0, (1,), {"t": {"a": 1, "b": 2}}, ["x", "t.a", "t.b"]),
        (lambda **named: 0, (), {"y": 1, "x": (2,)}, ["y", "x.0"]),
        (lambda x: 0, ({"b": 1, "a": [2]},), {}, ["x.b", "x.a.0"]),
        (lambda x: 0, (1, 2, 3), {}, ["x", "argument.0", "argument.1"]),
        (dict, (1,), {}, ["argument.0"]),
        (lambda x: 0, ([],), {}, []),
    ],
)
def test_arguments_are_called_as_the_function_calls_them(fn, arguments, named, expected):
    assert argument_names(fn, arguments, named) == expected
