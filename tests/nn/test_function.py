"""A function as a layer."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError


def test_gradients_flow_through_a_function():
    x = bd.parameter([1.0, 2.0, 3.0])

    assert bd.grad(nn.Lambda(lambda x: x * x)(x).sum(), x).tolist() == [2.0, 4.0, 6.0]


def test_it_takes_a_place_in_a_network():
    net = nn.Sequential(nn.Lambda(lambda x: x[:, ::2]), nn.Linear(None, 4), input_shape=(7,))

    assert net[1].in_features == 4


def test_it_is_called_as_its_function_where_that_has_a_name():
    assert [repr(nn.Lambda(f)) for f in (bd.tanh, lambda x: x)] == ["Lambda(tanh)", "Lambda()"]


def test_what_cannot_be_called_is_refused():
    with pytest.raises(DTypeError, match="Lambda needs a function"):
        nn.Lambda(3)


def test_the_identity_is_the_very_tensor():
    x = bd.ones(3)

    assert nn.Identity()(x) is x
    np.testing.assert_array_equal(nn.Identity()([1.0, 2.0]).numpy(), [1.0, 2.0])
