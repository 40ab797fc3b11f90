"""Activations and PyTorch's: at the kinks, far out, and where PyTorch rounds."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.nn.init.gain import GAINS

torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")

PAIRS = [
    (nn.ReLU(), torch.nn.ReLU()),
    (nn.LeakyReLU(0.2), torch.nn.LeakyReLU(0.2)),
    (nn.PReLU(), torch.nn.PReLU()),
    (nn.ELU(0.5), torch.nn.ELU(0.5)),
    (nn.SELU(), torch.nn.SELU()),
    (nn.Softplus(), torch.nn.Softplus()),
    (nn.GELU(), torch.nn.GELU()),
    (nn.GELU("tanh"), torch.nn.GELU("tanh")),
    (nn.SiLU(), torch.nn.SiLU()),
    (nn.Mish(), torch.nn.Mish()),
    (nn.Sigmoid(), torch.nn.Sigmoid()),
    (nn.Tanh(), torch.nn.Tanh()),
    (nn.Hardsigmoid(), torch.nn.Hardsigmoid()),
    (nn.Hardtanh(), torch.nn.Hardtanh()),
    (nn.Hardswish(), torch.nn.Hardswish()),
]
PLACES = [-1000.0, -100.0, -20.0, -3.0, -1.0, -0.0, 0.0, 1.0, 3.0, 20.0, 100.0, 1000.0]


@pytest.mark.technique(27, 28, 29, 30, 31)
@pytest.mark.parametrize(("module", "peer"), PAIRS, ids=repr)
@pytest.mark.parametrize(("dtype", "close"), [("float64", 1e-7), ("float32", 1e-5)])
def test_values_and_slopes_at_kinks_and_far_out(module, peer, dtype, close):
    """At 1e-7, because PyTorch keeps the sixth of its hard sigmoid in float32."""
    x = bd.parameter(PLACES, dtype)
    their_x = torch.tensor(PLACES, dtype=getattr(torch, dtype), requires_grad=True)

    y, their_y = module.to(dtype)(x), peer.to(their_x.dtype)(their_x)
    their_y.sum().backward()

    np.testing.assert_allclose(y.numpy(), their_y.detach(), rtol=close, atol=close)
    np.testing.assert_allclose(bd.grad(y.sum(), x).numpy(), their_x.grad, rtol=close, atol=close)


@pytest.mark.parametrize(
    "of", [*((name, None) for name in GAINS), ("leaky_relu", 0.3), ("leaky_relu", 0)], ids=str
)
def test_gains(of):
    assert nn.init.calculate_gain(*of) == torch.nn.init.calculate_gain(*of)


def test_the_default_of_its_layers_is_a_dialect():
    theirs = torch.nn.Linear(300, 500)
    how = nn.init.like("torch")
    ours = nn.Linear(300, 500, init=how, bias_init=how)

    for mine, peer in ((ours.weight, theirs.weight.detach()), (ours.bias, theirs.bias.detach())):
        assert np.abs(mine.numpy()).max() <= 1 / np.sqrt(300)
        assert np.abs(mine.numpy()).max() == pytest.approx(float(peer.abs().max()), rel=0.02)
        assert mine.numpy().std() == pytest.approx(float(peer.std()), rel=0.1)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (6, 2, 3), (4, 3, 3, 2)])
def test_orthogonal_matrices_have_the_same_product(shape):
    ours = nn.init.Orthogonal(1.5)(shape, nn.init.Fans(1, 1), key=0).reshape(shape[0], -1)
    theirs = torch.nn.init.orthogonal_(torch.empty(shape), 1.5).reshape(shape[0], -1).numpy()

    products = [w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w for w in (ours, theirs)]

    np.testing.assert_allclose(products[0], products[1], atol=1e-5)


@pytest.mark.parametrize("groups", [1, 2])
def test_identity_kernels_are_its_dirac(groups):
    ours = nn.Conv2d(4, 6, (3, 5), groups=groups, init="identity")
    theirs = torch.nn.init.dirac_(torch.empty(6, 4 // groups, 3, 5), groups)

    np.testing.assert_array_equal(ours.weight.numpy(), theirs.numpy())
