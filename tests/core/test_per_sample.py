from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import ShapeError

W = np.random.default_rng(0).standard_normal((3, 2))


def numbers(seed, *shape):
    return bd.tensor(np.random.default_rng(seed).standard_normal(shape), "float64")


def model():
    net, loss = nn.Linear(3, 2), nn.SoftmaxCrossEntropy()
    x, t = numbers(1, 5, 3).astype("float32"), bd.tensor([0, 1, 1, 0, 1])
    return net, loss, net.parameters(), x, t


def test_per_sample_gradients_are_those_of_a_linear_classifier():
    net, loss, params, x, t = model()

    found = bd.per_sample_grad(lambda x, t: loss(net(x), t), params, x, t)

    error = bd.softmax(net(x)).data - np.eye(2)[t.data]
    np.testing.assert_allclose(found["bias"], error, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        found["weight"], x.data[:, :, None] * error[:, None, :], rtol=1e-5, atol=1e-6
    )


def test_mean_of_the_per_sample_gradients_is_the_gradient_of_the_mean():
    net, loss, params, x, t = model()

    each = bd.per_sample_grad(lambda x, t: loss(net(x), t), params, x, t)

    for name, whole in bd.grad(loss(net(x), t), params).items():
        np.testing.assert_allclose(each[name].data.mean(axis=0), whole, rtol=1e-5, atol=1e-6)


def test_per_sample_gradients_agree_with_torch():
    torch = pytest.importorskip("torch")
    x, w = np.random.default_rng(0).standard_normal((5, 3)), bd.parameter(W, "float64")

    def theirs(w, x):
        return torch.tanh(x @ w).square().sum()

    expected = torch.func.vmap(torch.func.grad(theirs), (None, 0))(torch.tensor(W), torch.tensor(x))
    found = bd.per_sample_grad(lambda x: (bd.tanh(x @ w) ** 2).sum(), w, bd.tensor(x, "float64"))

    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_machine_code_gives_the_same_in_one_call():
    net, loss, params, x, t = model()
    compiled = bd.compile(lambda x, t: bd.grad(loss(net(x), t), params))

    done, fast = compiled.scan(np.arange(5)[:, None], x, t)

    assert done == 5
    slow = bd.per_sample_grad(lambda x, t: loss(net(x), t), params, x, t)
    for name in params:
        np.testing.assert_allclose(fast[name], slow[name], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("batch", "got"),
    [((), "no argument"), ((np.ones((0, 2)),), "0"), (([1.0], [1.0, 2.0]), "1, 2")],
)
def test_rows_that_do_not_pair_are_refused(batch, got):
    w = bd.parameter(1.0)

    with pytest.raises(ShapeError) as caught:
        bd.per_sample_grad(lambda *rows: (w * rows[0]).sum(), w, *batch)

    assert str(caught.value).endswith(f"got       {got}")
