"""Keras's numbers, recorded: values, gradients, and what its classes make of weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import badak as bd
from badak import nn

KERAS = json.loads((Path(__file__).parents[2] / "golden/keras_losses.json").read_text("utf-8"))
every_case = pytest.mark.parametrize(
    "case", KERAS["cases"], ids=[f"{i} {case['loss']}" for i, case in enumerate(KERAS["cases"])]
)
pytestmark = [
    pytest.mark.technique(*range(44, 59)),
    pytest.mark.filterwarnings("ignore:.*Cross:UserWarning"),
]


def distance(ours, theirs):
    """The largest difference, relative to the largest value."""
    a, b = np.asarray(ours), np.asarray(theirs)
    assert a.shape == b.shape
    return np.abs(a - b).max() / max(np.abs(b).max(), 1e-6)


@every_case
def test_values_and_gradient_are_keras(case):
    function = getattr(nn.losses, case["loss"])
    x = bd.parameter(case["prediction"], "float64")

    values = function(x, np.array(case["target"]), **case["settings"])

    assert distance(values, case["values"]) < KERAS["rounding"]
    if case["gradient"] is not None:
        assert distance(bd.grad(values.sum(), x), case["gradient"]) < KERAS["rounding"]


@every_case
def test_reductions_and_weights_are_keras(case):
    x, target = bd.tensor(case["prediction"], "float64"), np.array(case["target"])
    for reduction in ("mean", "sum", "none"):
        loss = nn.losses.BY_NAME[case["loss"]](**case["settings"], reduction=reduction)
        # Otherwise our rows have several of its values.
        if f"weighted {reduction}" in case and (x.ndim == 2 or reduction == "mean"):
            ours = loss(x, target, sample_weight=case["weight"])
            assert distance(ours, case[f"weighted {reduction}"]) < KERAS["rounding"]
        if reduction == "mean":
            assert distance(loss(x, target), case["mean"]) < KERAS["rounding"]


def test_all_of_keras_is_recorded():
    ours = {"multiclass_hinge", "softmax_cross_entropy", "sum_squared_error"}

    assert {case["loss"] for case in KERAS["cases"]} == set(nn.losses.BY_NAME) - ours
    assert KERAS["epsilon"] == nn.losses.loss.EPSILON
