from __future__ import annotations

import sys

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, MissingExtraError, RangeError, ShapeError


def numbers(seed, *shape):
    return bd.tensor(np.random.default_rng(seed).standard_normal(shape), "float64")


def small_network():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    net.to("float64")
    x, t = numbers(1, 6, 3), np.array([0, 1, 1, 0, 1, 0])
    return net.parameters(), nn.SoftmaxCrossEntropy()(net(x), t)


def dense_hessian(output, params):
    """Row by row: the gradient of each value of the gradient."""
    rows = []
    for slope in bd.grad(output, list(params.values()), create_graph=True):
        for one in np.eye(slope.size):
            row = bd.grad(slope, list(params.values()), weight=one.reshape(slope.shape))
            rows.append(np.concatenate([g.data.ravel() for g in row]))
    return np.stack(rows)


def test_hvp_is_the_hessian_times_the_vector():
    params, loss = small_network()
    vector = {name: numbers(i, *p.shape) for i, (name, p) in enumerate(params.items())}

    product = bd.hvp(loss, params, vector)

    assert list(product) == list(params)
    long = [np.concatenate([x.data.ravel() for x in tree.values()]) for tree in (product, vector)]
    np.testing.assert_allclose(long[0], dense_hessian(loss, params) @ long[1], rtol=1e-11)


def test_hvp_agrees_with_torch():
    torch = pytest.importorskip("torch")
    x, v = np.random.default_rng(0).standard_normal((2, 5))

    def theirs(x):
        return (torch.sin(x) * x.roll(1) ** 2).sum()

    def ours(x):
        return (bd.sin(x) * bd.concat([x[-1:], x[:-1]]) ** 2).sum()

    _, expected = torch.autograd.functional.hvp(theirs, torch.tensor(x), torch.tensor(v))

    at = bd.parameter(x, "float64")
    np.testing.assert_allclose(bd.hvp(ours(at), at, v), expected, rtol=1e-12)


def test_compiled_hvp_is_the_same():
    x, v = bd.parameter(np.linspace(-1.0, 1.0, 6), "float64"), numbers(0, 6)

    def product(v):
        return bd.hvp((bd.tanh(x) ** 3).sum() * x[0], x, v)

    np.testing.assert_allclose(bd.compile(product)(v), product(v), rtol=1e-12)


def test_hvp_of_a_linear_function_is_zero():
    x = bd.parameter([1.0, 2.0])

    assert bd.hvp((x * 3.0).sum(), x, [1.0, 1.0]).tolist() == [0.0, 0.0]


def test_hvp_refuses_what_grad_refuses():
    x = bd.parameter([1.0, 2.0])

    with pytest.raises(ShapeError, match="a gradient starts from a single number"):
        bd.hvp(x * x, x, x)
    with pytest.raises(ShapeError, match="hvp: the vector must fit wrt"):
        bd.hvp((x * x).sum(), x, [1.0])
    with pytest.raises(DTypeError, match="hvp: the output is a tensor"):
        bd.hvp(1.0, x, x)
    with pytest.raises(DTypeError, match="hvp: wrt holds tensors"):
        bd.hvp((x * x).sum(), [1.0], [1.0])


@pytest.mark.parametrize("count", [1, 3])
def test_lanczos_finds_the_largest_eigenvalues(count):
    w = bd.parameter(np.random.default_rng(0).standard_normal((4, 10)), "float64")
    v = bd.parameter(np.random.default_rng(1).standard_normal((10, 2)), "float64")
    loss = (bd.tanh(numbers(2, 8, 4) @ w) @ v).sigmoid().sum()

    found = bd.hessian_eigenvalues(loss, [w, v], count)

    every = np.linalg.eigvalsh(dense_hessian(loss, {"w": w, "v": v}))
    assert found.shape == (count,)
    np.testing.assert_allclose(found, every[::-1][:count], rtol=1e-8)


def test_lanczos_in_float32_is_near():
    scale = np.arange(1.0, 101.0)
    x = bd.parameter(np.ones(100))

    found = bd.hessian_eigenvalues((x * x * (scale / 2)).sum(), x, 2)

    np.testing.assert_allclose(found, [100, 99], rtol=1e-5)


@pytest.mark.parametrize("size", [2, 50])
def test_largest_means_largest_and_not_largest_in_size(size):
    x = bd.parameter(np.ones(size), "float64")

    found = bd.hessian_eigenvalues((x[:-1] ** 2).sum() - 5 * x[-1] ** 2, x)

    np.testing.assert_allclose(found, [2.0])


@pytest.mark.parametrize("count", [0, 3])
def test_more_eigenvalues_than_there_are_is_refused(count):
    x = bd.parameter([1.0, 1.0])

    with pytest.raises(RangeError, match="hessian_eigenvalues: count"):
        bd.hessian_eigenvalues((x * x).sum(), x, count)


def test_curvature_that_is_not_finite_is_refused():
    x = bd.parameter([0.0, 1.0])

    with np.errstate(all="ignore"), pytest.raises(RangeError, match="is not finite"):
        bd.hessian_eigenvalues(bd.sqrt(x).sum(), x)


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse.linalg", None)
    x = bd.parameter(np.ones(33))

    with pytest.raises(MissingExtraError, match="Lanczos iteration needs the package scipy"):
        bd.hessian_eigenvalues((x * x).sum(), x)
