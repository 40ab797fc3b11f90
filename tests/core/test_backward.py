from __future__ import annotations

import dataclasses
import gc
import threading
import weakref

import numpy as np
import pytest

import badak as bd
from badak.base.errors import ShapeError, StateError
from badak.core.backward import topological
from badak.core.primitive import PRIMITIVES, find


@pytest.fixture
def rules_run(monkeypatch):
    """The names of primitives whose gradient rules run, in order, one entry a node."""
    ran = []
    for name in ("mul", "add", "sin", "exp", "sum"):
        original = find(name)

        def watched(position, original=original):
            rule = original.rule(position)

            def run(g, out, *inputs, **attributes):
                if position == 0:
                    ran.append(original.name)
                return rule(g, out, *inputs, **attributes)

            return run

        monkeypatch.setitem(PRIMITIVES, name, dataclasses.replace(original, vjps=watched))
    return ran


# ---------------------------------------------------------------------- order


@pytest.mark.technique(11)
def test_each_node_of_a_diamond_passes_its_gradient_on_once(rules_run):
    x = bd.parameter(0.5)
    top = bd.exp(x)
    left, right = bd.sin(top), top * top
    out = left + right

    out.backward()

    assert sorted(rules_run) == ["add", "exp", "mul", "sin"]
    assert rules_run[0] == "add"
    assert rules_run[-1] == "exp"


@pytest.mark.technique(11)
def test_gradient_of_a_diamond_is_the_sum_over_both_sides():
    x = bd.parameter(0.5, "float64")
    top = bd.exp(x)

    g = bd.grad(bd.sin(top) + top * top, x)

    e = np.exp(0.5)
    assert g.item() == pytest.approx((np.cos(e) + 2 * e) * e, rel=1e-15)


def test_ladder_of_diamonds_is_walked_in_linear_time(rules_run):
    x = bd.parameter(1.0, "float64")
    y = x
    for _ in range(60):  # the number of paths doubles each time
        y = y + y

    assert bd.grad(y, x).item() == 2.0**60
    assert rules_run == ["add"] * 60


@pytest.mark.technique(11)
def test_every_tensor_comes_after_its_inputs():
    x = bd.parameter(1.0)
    a = bd.sin(x)
    b = a * x
    c = b + a

    order = topological(c)

    place = {id(y): i for i, y in enumerate(order)}
    assert len(order) == 4
    for y in order:
        assert y.node is None or all(place[id(z)] < place[id(y)] for z in y.node.inputs)


def test_only_the_path_to_the_targets_is_walked(rules_run):
    x, y = bd.parameter(1.0), bd.parameter(2.0)
    far = bd.exp(bd.sin(x))

    bd.grad(y * far, y)

    assert rules_run == ["mul"]


@pytest.mark.technique(15)
@pytest.mark.parametrize("uses", [1, 2, 5, 100])
def test_tensor_used_k_times_gets_k_gradients(uses):
    x = bd.parameter([1.0, 2.0])
    total = x * 0.0
    for _ in range(uses):
        total = total + 3.0 * x

    assert bd.grad(total.sum(), x).tolist() == [3.0 * uses] * 2


# ---------------------------------------------------------------------- size


@pytest.mark.parametrize("length", [10_000, 100_000])
def test_graph_may_be_deeper_than_the_recursion_limit(length):
    x = bd.parameter(1.0)
    y = x
    for _ in range(length):
        y = y + 1.0

    assert bd.grad(y, x).item() == 1.0

    freed = weakref.ref(y)
    del y
    assert freed() is None


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2)])
def test_0d_and_empty_tensors_have_gradients(shape):
    x = bd.parameter(np.ones(shape))

    g = bd.grad((bd.sin(x) * x).sum(), x)

    assert g.shape == shape
    assert g.dtype == "float32"


# ---------------------------------------------------------------------- memory


def test_graph_has_no_reference_cycle():
    x = bd.parameter(np.ones((3, 3)))
    gc.collect()
    gc.disable()
    try:
        y = bd.tanh(x @ x).sum()
        y.backward()
        slope = bd.grad(bd.exp(x).sum(), x, create_graph=True)
        held = [weakref.ref(y), weakref.ref(y.node.inputs[0]), weakref.ref(slope)]
        del y, slope

        assert [ref() for ref in held] == [None, None, None]
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_gradient_of_a_parameter_does_not_hold_the_graph():
    x = bd.parameter([1.0])
    y = bd.exp(x)
    inner = weakref.ref(y)
    (y * 2.0).sum().backward()
    del y

    assert inner() is None
    assert x.grad.node is None


def test_result_that_needs_no_gradient_remembers_nothing():
    x = bd.tensor([1.0])

    assert bd.exp(x).node is None
    assert not bd.exp(x).requires_grad


# ---------------------------------------------------------------------- the method backward


def test_backward_fills_grad_of_all_parameters():
    w, b = bd.parameter([1.0, 2.0]), bd.parameter(3.0)

    (w * 4.0 + b).sum().backward()

    assert w.grad.tolist() == [4.0, 4.0]
    assert b.grad.item() == 2.0


def test_backward_adds_to_grad_and_keeps_the_object():
    w = bd.parameter([1.0, 2.0])
    (w * w).sum().backward()
    first = w.grad

    (w * 3.0).sum().backward()

    assert w.grad is first
    assert w.grad.tolist() == [5.0, 7.0]


def test_backward_may_run_twice_over_one_graph():
    w = bd.parameter([1.0, 2.0])
    loss = (w * w).sum()

    loss.backward()
    loss.backward()

    assert w.grad.tolist() == [4.0, 8.0]


def test_zero_grad_keeps_the_object():
    w = bd.parameter([1.0, 2.0])
    w.zero_grad()
    assert w.grad is None
    (w * w).sum().backward()
    held = w.grad

    w.zero_grad()

    assert w.grad is held
    assert held.tolist() == [0.0, 0.0]


def test_grad_attribute_is_no_view_of_what_others_hold():
    w, v = bd.parameter([1.0, 2.0]), bd.parameter([1.0, 2.0])
    (w + v).sum().backward()
    before = v.grad.tolist()

    (w * 5.0).sum().backward()

    assert v.grad.tolist() == before


def test_backward_of_several_values_needs_a_weight():
    w = bd.parameter([1.0, 2.0])

    with pytest.raises(ShapeError) as caught:
        (w * w).backward()

    assert str(caught.value) == (
        "a gradient starts from a single number\n"
        "  got       an output of shape (2,)\n"
        "  try       call .sum() or .mean() on it, or pass weight="
    )
    (w * w).backward(weight=[1, 10])
    assert w.grad.tolist() == [2.0, 40.0]


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_single_number_of_any_shape_needs_no_weight(shape):
    w = bd.parameter(np.full(shape, 3.0))

    assert bd.grad(w * w, w).tolist() == np.full(shape, 6.0).tolist()


@pytest.mark.parametrize("weight", [[1, 10], np.array([1, 10], np.int32), [True, True], [1.5, 2.5]])
def test_gradient_has_the_kind_of_the_output_whatever_the_weight(weight):
    w = bd.parameter([[1.0, 2.0], [3.0, 4.0]])

    w.sum(axis=0).backward(weight=weight)

    assert w.grad.dtype == "float32"
    assert w.grad.tolist() == [[float(v) for v in weight]] * 2


@pytest.mark.parametrize("weight", [1.0, [1.0], [[1.0, 2.0]], [1.0, 2.0, 3.0]])
def test_weight_of_another_shape_is_refused(weight):
    w = bd.parameter([1.0, 2.0])

    with pytest.raises(ShapeError, match="weight must have the shape of the output"):
        (w * w).backward(weight=weight)


def test_backward_without_a_parameter_is_refused():
    with pytest.raises(StateError) as caught:
        bd.tensor(1.0).backward()

    assert str(caught.value) == (
        "nothing requires a gradient here\n"
        "  expected  an output computed from a bd.parameter, outside of bd.no_grad()"
    )


def test_backward_of_whole_numbers_is_refused():
    w = bd.parameter([1.0, 5.0])

    with pytest.raises(StateError, match="nothing requires a gradient"):
        w.argmax().backward()


# ---------------------------------------------------------------------- assign in between


@pytest.mark.parametrize("walk", [lambda y, w: y.backward(), bd.grad])
def test_assigning_an_input_before_backward_is_refused(walk):
    w = bd.parameter([1.0, 2.0])
    y = (w * w).sum()
    w.assign([5.0, 6.0])

    with pytest.raises(StateError) as caught:
        walk(y, w)

    assert str(caught.value) == (
        "input 0 of mul was assigned after it was used\n"
        "  expected  gradients taken before parameters are updated\n"
        "  try       call grad() or backward() first, or compute the output anew"
    )


def test_refused_backward_leaves_grad_alone():
    w, v = bd.parameter([1.0]), bd.parameter([2.0])
    y = (bd.exp(w) * v).sum()
    w.assign([5.0])

    with pytest.raises(StateError):
        y.backward()

    assert (w.grad, v.grad) == (None, None)


def test_assigning_what_was_not_used_changes_nothing():
    w, other = bd.parameter([1.0, 2.0]), bd.parameter([1.0])
    y = (w * w).sum()

    other.assign([5.0])

    assert bd.grad(y, w).tolist() == [2.0, 4.0]


def test_array_that_a_user_changes_afterwards_changes_no_gradient():
    w, data = bd.parameter([1.0, 2.0]), np.array([3.0, 4.0], np.float32)
    y = (w * data).sum()

    data *= 100

    assert bd.grad(y, w).tolist() == [3.0, 4.0]


# ---------------------------------------------------------------------- threads


def test_threads_build_and_walk_their_own_graphs():
    w = bd.parameter(np.arange(4.0))
    found = {}

    def work(k):
        for _ in range(20):
            found[k] = bd.grad((bd.sin(w) * float(k)).sum(), w).data

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for k in range(4):
        np.testing.assert_allclose(found[k], np.cos(np.arange(4.0)) * k, rtol=1e-6)
