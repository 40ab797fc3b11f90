"""Weight and spectral normalisation as PyTorch's, from the same weights, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn

torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")

ONE_CALL = 1e-12  # rounding of one forward and backward

LAYERS = {
    "linear": (lambda: nn.Linear(5, 3), lambda: torch.nn.Linear(5, 3), (4, 5)),
    "conv1d": (lambda: nn.Conv1d(2, 3, 3), lambda: torch.nn.Conv1d(2, 3, 3), (4, 2, 6)),
    "conv2d": (lambda: nn.Conv2d(2, 3, 2), lambda: torch.nn.Conv2d(2, 3, 2), (4, 2, 4, 3)),
}


def numbers(shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def turned(weight):
    """The weight of a layer in PyTorch's layout, which has the outputs of `Linear` first."""
    return weight.T if weight.ndim == 2 else weight


def wrapped(name, ours, theirs):
    """The same layer with the same weight, in both wrappers, and an input."""
    make, make_peer, shape = LAYERS[name]
    module, peer = ours(make()).to("float64"), make_peer().double()
    with torch.no_grad():
        peer.weight.copy_(torch.tensor(turned(module.layer.weight.numpy())))
        peer.bias.copy_(torch.tensor(module.layer.bias.numpy()))
    return module, theirs(peer), numbers(shape)


def compare(module, peer, x, original):
    """Forward and gradients of both, in the mode that holds."""
    y, their_y = module(bd.tensor(x, "float64")), peer(torch.tensor(x))
    weight = numbers(y.shape, 1)
    ours = bd.grad(y, module.parameters(), weight=weight)
    peer.zero_grad()
    their_y.backward(torch.tensor(weight))

    np.testing.assert_allclose(y.numpy(), their_y.detach().numpy(), rtol=0, atol=ONE_CALL)
    g, their_g = ours["layer.weight"].numpy(), peer.parametrizations.weight
    np.testing.assert_allclose(turned(g), getattr(their_g, original).grad, rtol=0, atol=ONE_CALL)
    return ours, their_g


@pytest.mark.parametrize("name", LAYERS)
def test_weight_norm(name):
    peer_of = torch.nn.utils.parametrizations.weight_norm
    module, peer, x = wrapped(name, nn.WeightNorm, peer_of)
    scale = module.scale.numpy() * 1.5
    module.scale.assign(scale)
    with torch.no_grad():
        peer.parametrizations.weight.original0.copy_(torch.tensor(turned(scale)))

    ours, theirs = compare(module, peer, x, "original1")

    np.testing.assert_allclose(
        turned(ours["scale"].numpy()), theirs.original0.grad, rtol=0, atol=ONE_CALL
    )


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("rounds", [1, 3])
def test_spectral_norm_follows_over_some_steps(name, rounds):
    def peer_of(layer):
        return torch.nn.utils.parametrizations.spectral_norm(layer, n_power_iterations=rounds)

    module, peer, x = wrapped(
        name, lambda m: nn.SpectralNorm(m, n_power_iterations=rounds), peer_of
    )
    held = peer.parametrizations.weight[0]
    held._u.copy_(torch.tensor(module.u.numpy().ravel()))
    held._v.copy_(torch.tensor(module.v.numpy().ravel()))

    for step in range(4):
        peer.train(step < 3)
        with bd.training(step < 3):
            compare(module, peer, x, "original")
        np.testing.assert_allclose(module.u.numpy().ravel(), held._u, rtol=0, atol=ONE_CALL)
        np.testing.assert_allclose(module.v.numpy().ravel(), held._v, rtol=0, atol=ONE_CALL)
        moved = numbers(module.layer.weight.shape, step)  # another weight: u and v lag behind
        module.layer.weight.assign(moved)
        with torch.no_grad():
            peer.parametrizations.weight.original.copy_(torch.tensor(turned(moved)))
