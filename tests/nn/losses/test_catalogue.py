"""Losses by name."""

from __future__ import annotations

import pytest

from badak import nn
from badak.base.errors import DTypeError, RangeError


@pytest.mark.parametrize("name", ["softmax_cross_entrpy", "Softmax_Cross_Entropy"])
def test_an_unknown_loss_is_refused_with_the_nearest(name):
    with pytest.raises(RangeError, match=f"unknown loss '{name}'(.|\n)*mean 'softmax_cross_entro"):
        nn.losses.get(name)


def test_a_class_is_told_to_be_called():
    with pytest.raises(DTypeError, match=r"SoftmaxCrossEntropy\(\) with brackets"):
        nn.losses.get(nn.SoftmaxCrossEntropy)


def test_what_is_no_loss_is_refused():
    with pytest.raises(DTypeError, match=r"a name or a Loss(.|\n)*3"):
        nn.losses.get(3)
