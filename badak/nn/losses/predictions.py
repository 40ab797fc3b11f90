"""What a prediction is taken for: scores of any size, or probabilities. And when it is not that."""

from __future__ import annotations

import numpy as np

from badak.base.dtypes import Array
from badak.core import Tensor
from badak.nn.losses.loss import EPSILON
from badak.ops import clip

ROUNDING = 1e-4
"""How far from being probabilities the outcome of a softmax may be."""


def inside(probability: Tensor) -> Tensor:
    """Probabilities between 1e-7 and 1 - 1e-7, of which there is a logarithm."""
    return clip(probability, EPSILON, 1.0 - EPSILON)


def odd_scores(scores: Array) -> str:
    """A softmax of probabilities learns badly, and a softmax of one score learns nothing."""
    if scores.shape[-1] == 1:
        return "with one score a row the softmax is always 1; two classes need two scores"
    if (scores >= 0).all() and np.all(np.abs(scores.sum(axis=-1) - 1) < ROUNDING):
        return (
            "every row of the prediction is at least 0 and sums to 1; "
            "it wants raw scores: remove the softmax at the end of the network"
        )
    return ""


def odd_probabilities(probabilities: Array) -> str:
    """What lies outside of 0..1 is cut off, and learns nothing there."""
    if (probabilities < -ROUNDING).any() or (probabilities > 1 + ROUNDING).any():
        return (
            "some predictions are outside of 0..1; it wants probabilities: "
            "from_logits=True for raw scores"
        )
    return ""


def odd_shares(shares: Array) -> str:
    """The same for the probabilities of classes, which are made to sum to 1."""
    if shares.shape[-1] == 1:
        return "with one class a row its share is always 1; two classes need two probabilities"
    return odd_probabilities(shares)
