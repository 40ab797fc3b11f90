from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, ShapeError
from badak.core.dispatch import apply

W = np.random.default_rng(0).standard_normal((3, 2))


def curve(x, y):
    return {"a": bd.tanh(x @ bd.tensor(W, "float64")) * y, "b": [bd.exp(x).sum()]}


def jacobian(fn, x, h=1e-6):
    """By central differences, one column a value of x."""
    columns = []
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        above, below = fn(x + step), fn(x - step)
        columns.append((above - below) / (2 * h))
    return np.stack(columns, axis=-1)


def numbers(seed, *shape):
    return bd.tensor(np.random.default_rng(seed).standard_normal(shape), "float64")


def flat(result):
    return np.concatenate([np.ravel(result["a"]), np.ravel(result["b"][0])])


# ---------------------------------------------------------------------- jvp and vjp


def test_jvp_is_the_jacobian_times_the_direction():
    x, y, dx, dy = numbers(1, 3), numbers(2, 2), numbers(3, 3), numbers(4, 2)

    out, change = bd.jvp(curve, (x, y), (dx, dy))

    whole = jacobian(
        lambda z: flat(curve(bd.tensor(z[:3], "float64"), bd.tensor(z[3:], "float64"))),
        np.concatenate([x.data, y.data]),
    )
    np.testing.assert_allclose(flat(out), flat(curve(x, y)), rtol=1e-15)
    np.testing.assert_allclose(flat(change), whole @ np.concatenate([dx, dy]), rtol=1e-8)


def test_vjp_is_the_weights_times_the_jacobian():
    x, y = numbers(1, 3), numbers(2, 2)
    weights = {"b": [2.0], "a": numbers(5, 2)}  # keys in another order than those of the output

    _, pull = bd.vjp(curve, x, y)
    dx, dy = pull(weights)

    whole = jacobian(
        lambda z: flat(curve(bd.tensor(z[:3], "float64"), bd.tensor(z[3:], "float64"))),
        np.concatenate([x.data, y.data]),
    )
    np.testing.assert_allclose(np.concatenate([dx, dy]), flat(weights) @ whole, rtol=1e-8)


def test_rows_and_columns_are_of_one_matrix():
    x, y, dx, dy = numbers(1, 3), numbers(2, 2), numbers(3, 3), numbers(4, 2)
    weights = {"a": numbers(5, 2), "b": [numbers(6)]}

    _, change = bd.jvp(curve, (x, y), (dx, dy))
    _, pull = bd.vjp(curve, x, y)
    gx, gy = pull(weights)

    assert flat(weights) @ flat(change) == pytest.approx(gx.data @ dx.data + gy.data @ dy.data)


def test_pull_may_be_called_again():
    _, pull = bd.vjp(lambda x: x**2, bd.tensor([1.0, 3.0]))

    assert [pull([1.0, 0.0])[0].tolist(), pull([0.0, 1.0])[0].tolist()] == [[2, 0], [0, 6]]


def test_derivatives_through_the_parameters_of_a_network():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    net.to("float64")
    params, x = net.parameters(), numbers(1, 5, 3)
    along = {name: numbers(i, *p.shape) for i, (name, p) in enumerate(params.items())}

    _, change = bd.jvp(lambda _: net(x), params, along)
    _, pull = bd.vjp(lambda _: net(x), params)
    weights = numbers(9, 5, 2)
    (gradients,) = pull(weights)

    expected = bd.grad(net(x), params, weight=weights)
    assert list(gradients) == list(params)
    for name, g in gradients.items():
        np.testing.assert_allclose(g, expected[name], rtol=1e-12)
    rows = sum((expected[name].data * along[name].data).sum() for name in params)
    assert (weights.data * change.data).sum() == pytest.approx(rows)


def test_jvp_of_what_does_not_depend_on_its_input_is_zero():
    _, change = bd.jvp(lambda x: [x * 2.0, bd.tensor([1.0, 2.0])], 3.0, 1.0)

    assert [c.tolist() for c in change] == [2.0, [0.0, 0.0]]


def test_jvp_and_vjp_leave_no_trace():
    x = bd.parameter([1.0, 2.0])

    out, change = bd.jvp(bd.exp, x, [1.0, 1.0])
    same, pull = bd.vjp(bd.exp, x)

    assert x.grad is None
    assert all(y.node is None for y in (out, change, same, *pull([1.0, 1.0])))


def test_they_work_where_recording_is_off():
    with bd.no_grad():
        _, change = bd.jvp(lambda x: x**3, 2.0, 1.0)
        _, pull = bd.vjp(lambda x: x**3, 2.0)
        (slope,) = pull(1.0)

    assert (change.item(), slope.item()) == (12.0, 12.0)


def test_compiled_they_are_the_same():
    x, v, w = numbers(1, 4, 3), numbers(2, 4, 3), numbers(3, 4, 2)

    def both(x, v, w):
        def fn(x):
            return bd.softmax(x @ bd.tensor(W, "float64"))

        _, pull = bd.vjp(fn, x)
        return bd.jvp(fn, x, v)[1], pull(w)[0]

    for compiled, eager in zip(bd.compile(both)(x, v, w), both(x, v, w), strict=True):
        np.testing.assert_allclose(compiled, eager, rtol=1e-12)


def test_they_agree_with_torch():
    torch = pytest.importorskip("torch")
    x, v, w = (np.random.default_rng(i).standard_normal(s) for i, s in ((1, 3), (2, 3), (3, 2)))

    def theirs(x):
        return torch.log_softmax(torch.tanh(x @ torch.tensor(W)), 0)

    def ours(x):
        return bd.log_softmax(bd.tanh(x @ bd.tensor(W, "float64")), axis=0)

    column, row = (
        getattr(torch.autograd.functional, name)(theirs, torch.tensor(x), torch.tensor(along))[1]
        for name, along in (("jvp", v), ("vjp", w))
    )

    args = bd.tensor(x, "float64")
    np.testing.assert_allclose(bd.jvp(ours, args, v)[1], column, rtol=1e-12)
    np.testing.assert_allclose(bd.vjp(ours, args)[1](w)[0], row, rtol=1e-12)


def test_a_derivative_of_a_derivative_along_a_direction():
    x = bd.parameter(2.0)

    def slope(x):
        return bd.grad(apply("pow", x, 3.0), x, create_graph=True)

    assert bd.jvp(slope, x, 1.0)[1].item() == 12.0


# ---------------------------------------------------------------------- what is refused


def test_direction_of_another_shape_is_refused():
    with pytest.raises(ShapeError) as caught:
        bd.jvp(lambda p: p["w"], {"w": bd.tensor([1.0, 2.0])}, {"w": [1.0, 2.0, 3.0]})

    assert str(caught.value) == (
        "jvp: the tangents must fit the inputs\n  expected  (2,)\n  got       (3,)"
    )  # fmt: skip


def test_direction_of_another_structure_is_refused():
    x = {"w": bd.tensor([1.0]), "b": bd.tensor([2.0])}

    with pytest.raises(ShapeError, match="expected  a dict of 'w', 'b'\n  got       a dict of 'w'"):
        bd.jvp(lambda p: p["w"], x, {"w": [1.0]})
    with pytest.raises(ShapeError, match="expected  a tuple of 2\n  got       a tuple of 1"):
        bd.jvp(bd.maximum, (1.0, 2.0), (1.0,))
    with pytest.raises(ShapeError, match="the weights must fit the output"):
        bd.vjp(lambda x: [x, x], 1.0)[1]([1.0])
    with pytest.raises(ShapeError, match="the weights must fit the output"):
        bd.vjp(lambda x: x, 1.0)[1]({"w": 1.0})


def test_whole_numbers_have_no_derivative():
    with pytest.raises(DTypeError, match="vjp: int64 has no derivative"):
        bd.vjp(bd.gather, bd.tensor([1.0, 2.0]), bd.tensor([0]))


@pytest.mark.parametrize("result", [None, 1.0, np.ones(2)])
def test_function_that_returns_no_tensor_is_refused(result):
    with pytest.raises(DTypeError, match="the function returns tensors"):
        bd.jvp(lambda x: result, 1.0, 1.0)
