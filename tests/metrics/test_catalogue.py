"""Metrics by name."""

from __future__ import annotations

import numpy as np
import pytest

from badak import metrics
from badak.base.errors import DTypeError, RangeError
from badak.metrics import accuracy, get, named, names, r2_score

ARGUMENTS = {
    "binary_accuracy": ([0.2, 0.7], [0, 1]),
    "top_k_accuracy": (np.eye(7)[:2], [0, 1]),
}


@pytest.mark.parametrize("name", names())
def test_every_metric_gives_one_python_float(name):
    prediction, target = ARGUMENTS.get(name, ([0, 1], [0, 1]))

    assert type(get(name)(prediction, target)) is float


@pytest.mark.parametrize("name", [name for name in names() if hasattr(metrics, name)])
def test_a_name_leads_to_the_function_of_that_name(name):
    assert get(name) is getattr(metrics, name)


def test_every_public_metric_has_a_name():
    public = {n for n in metrics.__all__ if "accuracy" in n or "error" in n or "score" in n}

    assert public <= set(names())


def test_a_function_stands_for_itself():
    assert get(accuracy) is accuracy


@pytest.mark.parametrize(
    ("name", "guess"), [("acuracy", "accuracy"), ("MSE", "mse"), ("r2score", "r2_score")]
)
def test_an_unknown_name_is_answered_with_the_nearest(name, guess):
    with pytest.raises(RangeError, match=f"unknown metric '{name}'") as caught:
        get(name)

    assert caught.value.hint == f"did you mean {guess!r}?"


def test_results_are_kept_under_the_names_asked_for_in_their_order():
    def half(prediction, target):
        return 0.5

    assert named(["mse", half, r2_score]) == {
        "mse": get("mse"),
        "half": half,
        "r2_score": r2_score,
    }


@pytest.mark.parametrize("twice", [["mse", "mse"], ["accuracy", accuracy]])
def test_a_name_used_twice_is_refused(twice):
    with pytest.raises(RangeError, match="asked for twice"):
        named(twice)


@pytest.mark.parametrize("wrong", ["accuracy", accuracy, [3]])
def test_what_is_no_list_of_metrics_is_refused(wrong):
    with pytest.raises(DTypeError, match="metric"):
        named(wrong)
