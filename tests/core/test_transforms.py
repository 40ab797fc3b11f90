from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak.base.errors import DTypeError, GradientError, RangeError, ShapeError, StateError
from badak.core.dispatch import apply

LINKS = [bd.sin, bd.tanh, bd.sigmoid, bd.softplus, lambda x: bd.exp(-x), lambda x: 1.0 - x / 3.0]


class Pair(NamedTuple):
    first: object
    second: object


# ---------------------------------------------------------------------- grad


def test_gradients_have_the_structure_of_the_targets():
    a, b, c = (bd.parameter(v) for v in (2.0, 3.0, 5.0))
    output = a * b * c

    found = bd.grad(output, {"layer": [a, (b,)], "pair": Pair(c, {"again": a})})

    assert isinstance(found["pair"], Pair)
    assert [g.item() for g in (found["layer"][0], found["layer"][1][0])] == [15.0, 10.0]
    assert [found["pair"].first.item(), found["pair"].second["again"].item()] == [6.0, 15.0]


@pytest.mark.parametrize("empty", [[], {}, ()])
def test_no_target_has_no_gradient(empty):
    assert bd.grad(bd.parameter(1.0) * 2.0, empty) == empty


def test_tensor_that_was_not_reached_gets_zeros():
    w, v = bd.parameter([1.0]), bd.parameter(np.ones((2, 3)), "float64")

    found = bd.grad((w * w).sum(), {"w": w, "v": v})

    assert found["v"].shape == (2, 3)
    assert found["v"].dtype == "float64"
    assert found["v"].data.any() == np.False_


def test_gradient_of_an_inner_result():
    w = bd.parameter(3.0)
    square = w * w

    assert bd.grad(square * 2.0, [w, square]) == [12.0, 2.0]


def test_gradient_of_a_tensor_in_itself_is_1():
    w = bd.parameter(3.0)

    assert bd.grad(w, w).item() == 1.0


def test_target_named_twice_gets_its_gradient_twice():
    w = bd.parameter(3.0)

    assert bd.grad(w * w, [w, w]) == [6.0, 6.0]


def test_grad_leaves_no_trace():
    w = bd.parameter([1.0, 2.0])

    g = bd.grad((w * w).sum(), w)

    assert w.grad is None
    assert g.node is None
    assert not g.requires_grad


def test_frozen_parameter_gets_zeros():
    w, v = bd.parameter([1.0]), bd.parameter([2.0])
    v.requires_grad = False

    assert bd.grad((w * v).sum(), [w, v])[1].tolist() == [0.0]


def test_data_among_the_targets_is_refused_and_not_answered_with_zeros():
    w, x = bd.parameter([1.0]), bd.tensor([2.0])

    with pytest.raises(StateError) as caught:
        bd.grad((w * x).sum(), [w, x])

    assert str(caught.value) == (
        "grad: no gradient flows to tensor 1 of wrt\n"
        "  expected  a bd.parameter, or a tensor computed from one\n"
        "  try       x = bd.parameter(x) before the computation"
    )


def test_parameters_of_another_model_are_refused():
    w, other = bd.parameter([1.0]), bd.parameter([2.0])

    with pytest.raises(StateError) as caught:
        bd.grad((w * w).sum(), {"w": other})

    assert str(caught.value) == (
        "the output does not depend on any tensor in wrt\n"
        "  expected  tensors that took part in computing it\n"
        "  try       are these the parameters of another model?"
    )


@pytest.mark.parametrize("wrt", [None, 1.0, np.ones(2), ["w"], {"w": None}])
def test_target_that_is_no_tensor_is_refused(wrt):
    with pytest.raises(DTypeError, match="grad: wrt holds tensors"):
        bd.grad(bd.parameter(1.0) * 2.0, wrt)


@pytest.mark.parametrize("output", [1.0, None, np.ones(2), "loss"])
def test_output_that_is_no_tensor_is_refused(output):
    with pytest.raises(DTypeError, match="grad: the output is a tensor"):
        bd.grad(output, bd.parameter(1.0))


def test_output_of_several_values_needs_a_weight():
    w = bd.parameter([1.0, 2.0])

    with pytest.raises(ShapeError, match="a gradient starts from a single number"):
        bd.grad(w * w, w)
    assert bd.grad(w * w, w, weight=[1.0, 10.0]).tolist() == [2.0, 40.0]


def test_output_computed_without_recording_is_refused():
    w = bd.parameter([1.0])
    with bd.no_grad():
        loss = (w * w).sum()

    with pytest.raises(StateError, match="nothing requires a gradient here"):
        bd.grad(loss, w)


def test_list_of_tensors_does_not_lose_gradients_in_silence():
    v, w = bd.parameter(1.0), bd.parameter(2.0)

    with pytest.raises(DTypeError) as caught:
        bd.sum([v, w])
    with pytest.raises(DTypeError, match="would lose their gradients"):
        bd.sum([[v], [w]])

    assert str(caught.value) == (
        "a list of tensors would lose their gradients\n"
        "  got       list of 2\n"
        "  try       bd.stack([...]) makes one tensor of them"
    )
    with bd.no_grad():
        assert bd.sum([v, w]).item() == 3.0
    assert bd.sum([v.detach(), w.detach()]).item() == 3.0


# ---------------------------------------------------------------------- higher orders


def test_derivatives_of_the_sine_to_the_third_order():
    x = bd.parameter([0.3, 1.1], "float64")
    y, found = bd.sin(x).sum(), []
    for _ in range(3):
        g = bd.grad(y, x, create_graph=True)
        found.append(g.data)
        y = g.sum()

    s, c = np.sin(x.data), np.cos(x.data)
    np.testing.assert_allclose(found, [c, -s, -c], rtol=1e-15)


def test_third_derivative_of_a_product_of_powers():
    x, y = bd.parameter(2.0, "float64"), bd.parameter(3.0, "float64")
    out = x**3 * y**2

    dx = bd.grad(out, x, create_graph=True)
    dxx = bd.grad(dx, x, create_graph=True)
    dxxy = bd.grad(dxx, y)

    assert [dx.item(), dxx.item(), dxxy.item()] == [108.0, 108.0, 72.0]


def test_hessian_vector_product_is_that_of_the_hessian():
    noise = np.random.default_rng(0)
    a = noise.standard_normal((4, 4))
    x = bd.parameter(noise.standard_normal(4), "float64")
    v = noise.standard_normal(4)

    slope = bd.grad(x @ (bd.tensor(a, "float64") @ x), x, create_graph=True)
    product = bd.grad(slope, x, weight=v)

    np.testing.assert_allclose(product.data, (a + a.T) @ v, rtol=1e-13)


def test_gradient_penalty_reaches_the_parameters():
    w, x = bd.parameter([2.0, -1.0], "float64"), bd.parameter([0.5, 0.25], "float64")
    slope = bd.grad(((w * x) ** 2).sum(), x, create_graph=True)

    penalty = bd.grad((slope**2).sum(), w)

    np.testing.assert_allclose(penalty.data, 16 * w.data**3 * x.data**2, rtol=1e-14)


def test_create_graph_works_where_recording_is_off():
    x = bd.parameter(2.0)
    y = x**3

    with bd.no_grad():
        slope = bd.grad(y, x, create_graph=True)

    assert bd.grad(slope, x).item() == 12.0


# ---------------------------------------------------------------------- check_grad


def test_check_grad_returns_the_error_it_found():
    error = bd.check_grad(bd.sin, [0.5, 1.0], order=2)

    assert 0 <= error < 1e-8


@pytest.mark.parametrize("order", [1, 2])
def test_check_grad_finds_a_gradient_that_is_slightly_wrong(order):
    def wrong(x):
        return bd.sin(x) + 1e-5 * x - (1e-5 * x).detach()

    with pytest.raises(GradientError) as caught:
        bd.check_grad(wrong, [0.5, 1.0], order=order)

    assert str(caught.value).splitlines()[:2] == [
        "gradients differ from central differences",
        "  expected  a relative error of at most 1e-06",
    ]


def test_check_grad_finds_a_second_derivative_that_is_cut_off():
    def cut(x):  # the sine, whose slope is the cosine's number but not its formula
        return bd.sin(x).detach() + bd.cos(x).detach() * (x - x.detach())

    assert bd.check_grad(cut, [0.5, 1.0]) < 1e-8
    with pytest.raises(GradientError):
        bd.check_grad(cut, [0.5, 1.0], order=2)


def test_check_grad_finds_nan():
    with pytest.raises(GradientError, match="got       inf"):
        bd.check_grad(bd.log, [-1.0])


@pytest.mark.parametrize("order", [0, 3, None])
def test_check_grad_knows_two_orders(order):
    with pytest.raises(RangeError, match="check_grad: unknown order"):
        bd.check_grad(bd.sin, [0.5], order=order)


def test_check_grad_passes_whole_numbers_through():
    assert bd.check_grad(bd.gather, [1.0, 2.0], [1, 1]) < 1e-8
    assert bd.check_grad(lambda m, x: bd.where(m, x, 0.0), [True, False], [1.0, 2.0]) < 1e-8


def test_check_grad_works_where_recording_is_off():
    with bd.no_grad():
        assert bd.check_grad(bd.sin, [0.5]) < 1e-8


def test_check_grad_leaves_its_arguments_alone():
    x = bd.parameter([0.5, 1.0])

    bd.check_grad(bd.sin, x)

    assert x.tolist() == [0.5, 1.0]
    assert x.dtype == "float32"
    assert x.grad is None


@pytest.mark.technique(13)
@given(st.lists(st.sampled_from(LINKS), min_size=1, max_size=6), st.floats(-1.0, 1.0))
def test_chain_rule_for_any_chain_of_functions(chain, start):
    assert bd.check_grad(lambda x: functools.reduce(lambda y, f: f(y), chain, x), start) < 1e-6


@pytest.mark.technique(22)
def test_check_grad_agrees_for_a_whole_model():
    noise = np.random.default_rng(0)
    w, v = noise.standard_normal((3, 5)), noise.standard_normal((5, 2))
    x = bd.tensor(noise.standard_normal((4, 3)), "float64")

    def model(w, v):
        return bd.log_softmax(bd.tanh(x @ w) @ v)[:, 0].mean()

    assert bd.check_grad(model, w, v, order=2) < 1e-6


def test_function_that_is_constant_has_derivatives_0():
    assert bd.check_grad(lambda x: bd.floor(x) * 0.0 + bd.tensor(2.0, "float64"), [0.5]) == 0.0
    assert bd.check_grad(lambda x: apply("sign", x), [0.5], order=2) == 0.0
