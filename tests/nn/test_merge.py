"""Networks that fork: Residual, Add, Concat."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError

X = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)


def test_a_residual_adds_what_its_layers_find():
    layer = nn.Linear(3, 3)

    y = nn.Residual(layer, nn.Tanh())(bd.tensor(X))

    np.testing.assert_allclose(y.numpy(), X + np.tanh(layer(X).numpy()), rtol=1e-6)


def test_the_gradient_of_a_residual_passes_undiminished():
    x = bd.parameter(X)
    deep = nn.Sequential(*(nn.Residual(nn.Linear(3, 3, init="zeros")) for _ in range(50)))

    assert (bd.grad(deep(x).sum(), x).numpy() == 1).all()


def test_a_shortcut_stands_in_for_the_input():
    net = nn.Residual(
        nn.Conv2d(None, 4, 3, stride=2, padding=1), shortcut=nn.Conv2d(None, 4, 1, stride=2)
    )
    net.build((1, 3, 8, 8))
    x = bd.ones((2, 3, 8, 8))

    y = net(x)

    np.testing.assert_allclose(y.numpy(), (net.layers(x) + net.shortcut(x)).numpy(), rtol=1e-6)


def test_add_and_concat_join_what_their_branches_give():
    one, two = nn.Linear(3, 2), nn.Linear(3, 2)
    ends = [one(X).numpy(), two(X).numpy()]

    np.testing.assert_allclose(nn.Add(one, two)(X).numpy(), sum(ends), rtol=1e-6)
    np.testing.assert_array_equal(nn.Concat(one, two)(X).numpy(), np.concatenate(ends, axis=1))
    np.testing.assert_array_equal(
        nn.Concat(one, two, axis=0)(X).numpy(), np.concatenate(ends, axis=0)
    )


def test_sizes_behind_a_fork_are_inferred():
    net = nn.Sequential(
        nn.Concat(nn.Conv2d(None, 4, 1), nn.Conv2d(None, 6, 3, padding="same")),
        nn.Residual(nn.Conv2d(None, 10, 3, padding="same"), nn.BatchNorm(None)),
        nn.Flatten(),
        nn.Linear(None, 5),
        input_shape=(3, 7, 7),
    )

    assert net[3].in_features == 10 * 7 * 7
    assert net(bd.zeros((2, 3, 7, 7))).shape == (2, 5)


def test_words_can_go_into_a_fork():
    net = nn.Sequential(
        nn.Concat(nn.Embedding(5, 2), nn.Embedding(5, 3), axis=2), nn.Linear(None, 1),
        input_shape=(4,),
    )  # fmt: skip

    assert net[1].in_features == 5


@pytest.mark.parametrize(
    "layer", [nn.Add(nn.Linear(3, 4), nn.Linear(3, 1)), nn.Residual(nn.Linear(3, 1))], ids=repr
)
def test_a_sum_of_different_shapes_is_refused_though_it_would_broadcast(layer):
    with pytest.raises(ShapeError, match=r"adds tensors of one shape\n.*\(2, [34]\) \+ \(2, 1\)"):
        layer(X)


def test_what_is_no_module_is_refused():
    with pytest.raises(RangeError, match="Add needs branches"):
        nn.Add()
    with pytest.raises(RangeError, match="Residual needs layers"):
        nn.Residual()
    with pytest.raises(DTypeError, match="Concat: branch 1 is not a module"):
        nn.Concat(nn.ReLU(), bd.exp)
    with pytest.raises(DTypeError, match="not a module"):
        nn.Residual(nn.ReLU(), shortcut=bd.exp)
