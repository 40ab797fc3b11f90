"""The same call in PyTorch, in float64: values and all gradients agree to 1e-10."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd

torch = pytest.importorskip("torch", reason="needs PyTorch, the peer to compare with")
functional = torch.nn.functional

PEER = 1e-10
"""Relative to the largest value."""

DIMENSIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
MAX_POOLS = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
AVERAGE_POOLS = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


def assert_agree(ours, theirs, *arrays):
    """Equal values, and equal gradients of a weighted sum in each of the arrays."""
    x = [bd.parameter(a, "float64") for a in arrays]
    y = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    out, peer = ours(*x), theirs(*y)
    weight = np.random.default_rng(7).standard_normal(out.shape)

    grads = bd.grad(out, x, weight=weight)
    peers = torch.autograd.grad((peer * torch.tensor(weight)).sum(), y)

    for mine, other in zip([out, *grads], [peer, *peers], strict=True):
        other = other.detach().numpy()
        scale = np.abs(other).max(initial=1e-30)
        np.testing.assert_allclose(mine.data, other, rtol=0, atol=PEER * scale)


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


@pytest.mark.parametrize("n", DIMENSIONS)
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(
    ("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 1, 2)]
)
def test_conv(n, groups, stride, padding, dilation):
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    x, w = normal(2, 4, *(7, 6, 5)[:n]), normal(8, 4 // groups, *(3, 2, 2)[:n])

    assert_agree(
        lambda x, w: bd.conv(x, w, **options), lambda x, w: DIMENSIONS[n](x, w, **options), x, w
    )


def test_conv_with_another_step_on_each_axis():
    options = {"stride": (1, 2), "padding": (2, 0), "dilation": (2, 1)}
    x, w = normal(3, 2, 8, 9), normal(5, 2, 3, 4)

    assert_agree(
        lambda x, w: bd.conv(x, w, **options), lambda x, w: functional.conv2d(x, w, **options), x, w
    )


@pytest.mark.parametrize("n", MAX_POOLS)
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, None, 0), (3, 1, 1), (3, 2, 1), (2, 3, 1)]
)
def test_max_pool(n, kernel, stride, padding):
    x = normal(2, 3, *(7, 6, 8)[:n])

    assert_agree(
        lambda x: bd.max_pool(x, kernel, stride, padding),
        lambda x: MAX_POOLS[n](x, kernel, stride, padding),
        x,
    )


@pytest.mark.parametrize("n", AVERAGE_POOLS)
@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(2, None, 0), (3, 1, 1), (3, 2, 1), (2, 3, 1)]
)
def test_average_pool(n, kernel, stride, padding, count_padding):
    x = normal(2, 3, *(7, 6, 8)[:n])

    assert_agree(
        lambda x: bd.average_pool(x, kernel, stride, padding, count_padding),
        lambda x: AVERAGE_POOLS[n](x, kernel, stride, padding, count_include_pad=count_padding),
        x,
    )


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((4,), (4,)),
        ((3, 4), (4,)),
        ((4,), (4, 5)),
        ((3, 4), (4, 5)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((2, 1, 3, 4), (6, 4, 5)),
        ((0, 4), (4, 5)),
    ],
)
def test_matmul(x, y):
    assert_agree(lambda x, y: x @ y, lambda x, y: x @ y, normal(*x), normal(*y, seed=1))


@pytest.mark.parametrize("scale", [1.0, 300.0])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmax_family(name, axis, scale):
    x = scale * normal(4, 5, 3)

    assert_agree(lambda x: getattr(bd, name)(x, axis), lambda x: getattr(torch, name)(x, axis), x)


@pytest.mark.parametrize(
    "name", ["exp", "log1p", "expm1", "sqrt", "tanh", "sigmoid", "erf", "sin", "cos", "abs"]
)
def test_elementary_functions(name):
    x = np.abs(normal(5, 4)) + 0.1 if name in ("log1p", "sqrt") else 3 * normal(5, 4)

    assert_agree(getattr(bd, name), getattr(torch, name), x)


@pytest.mark.parametrize("x", [np.array([-800.0, -30.0, -1.0, 0.0, 1.0, 30.0, 800.0])])
def test_softplus(x):
    # PyTorch's takes the identity above its threshold; this is what it stands for.
    assert_agree(bd.softplus, lambda x: torch.logaddexp(x, torch.zeros_like(x)), x)


@pytest.mark.parametrize("name", ["sum", "mean", "var"])
@pytest.mark.parametrize("axis", [0, (0, 2), (0, 1, 2)])
def test_reductions(name, axis):
    options = {"correction": 0} if name == "var" else {}

    assert_agree(
        lambda x: getattr(x, name)(axis),
        lambda x: getattr(x, name)(axis, **options),
        normal(3, 4, 2),
    )


@pytest.mark.parametrize("exponent", [-1.5, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_power(exponent):
    x = np.abs(normal(6)) + 0.1

    assert_agree(lambda x: x**exponent, lambda x: x**exponent, x)


@pytest.mark.parametrize(
    "key", [np.s_[1:, ::2], np.s_[..., None, 0], np.s_[0, [1, 1, 0]], np.s_[:, [2]]]
)
def test_indexing(key):
    assert_agree(lambda x: x[key] * 1.0, lambda x: x[key] * 1.0, normal(3, 4, 2))


def test_second_derivative_of_a_small_network():
    x, w = normal(4, 3), normal(3, 2)
    p = bd.parameter(w, "float64")
    q = torch.tensor(w, requires_grad=True)

    slope = bd.grad(bd.tanh(bd.tensor(x, "float64") @ p).sum(), p, create_graph=True)
    peer = torch.autograd.grad(torch.tanh(torch.tensor(x) @ q).sum(), q, create_graph=True)[0]
    second = bd.grad((slope * slope).sum(), p)

    expected = torch.autograd.grad((peer * peer).sum(), q)[0].numpy()
    np.testing.assert_allclose(second.data, expected, rtol=PEER)
