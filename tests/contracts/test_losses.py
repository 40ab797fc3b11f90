"""What every loss keeps: its formula, its gradient, reductions, refusals."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn
from badak.base.errors import RangeError, ShapeError


@dataclass(frozen=True)
class Case:
    """A loss, a batch, and the loss of one row worked out with plain numbers."""

    make: Callable[..., nn.Loss]
    name: str
    prediction: np.ndarray
    target: Any
    row: Callable[[list[Any], Any], float]
    what: str

    def __str__(self) -> str:
        return f"{self.name} of {self.what}"

    def expected(self) -> np.ndarray:
        rows = zip(self.prediction.tolist(), np.asarray(self.target).tolist(), strict=True)
        return np.array([self.row(x, t) for x, t in rows])


def cross_entropy(scores, target):
    """-sum t_k log(e^x_k / sum e^x), for a class number or a distribution."""
    total = sum(math.exp(x) for x in scores)
    shares = target if isinstance(target, list) else [k == target for k in range(len(scores))]
    return -sum(t * math.log(math.exp(x) / total) for x, t in zip(scores, shares, strict=True))


def mean_square(prediction, target):
    pairs = zip(np.ravel(prediction).tolist(), np.ravel(target).tolist(), strict=True)
    squares = [(p - t) ** 2 for p, t in pairs]
    return sum(squares) / len(squares)


NOISE = np.random.default_rng(0)
SCORES, IMAGES, COLUMN = (NOISE.normal(size=shape) for shape in ((4, 3), (3, 2, 2), (5,)))
SOFT = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.1, 0.1, 0.8]])
LABELS = [2, 0, 1, 2]

CASES = [
    Case(nn.SoftmaxCrossEntropy, "softmax_cross_entropy", SCORES, labels, cross_entropy, what)
    for what, labels in {
        "class numbers": LABELS,
        "whole floats": [float(label) for label in LABELS],
        "one-hot rows": np.eye(3)[LABELS],
        "one-hot whole numbers": np.eye(3, dtype=int)[LABELS],
        "soft rows": SOFT,
    }.items()
] + [
    Case(nn.MeanSquaredError, "mean_squared_error", prediction, target, mean_square, what)
    for what, prediction, target in [
        ("rows", SCORES, NOISE.normal(size=(4, 3))),
        ("images", IMAGES, NOISE.normal(size=(3, 2, 2))),
        ("numbers", COLUMN, NOISE.normal(size=5)),
        ("whole targets", SCORES, np.arange(12).reshape(4, 3)),
    ]
]

every_case = pytest.mark.parametrize("case", CASES, ids=str)


def batch(case, dtype="float64"):
    return bd.tensor(case.prediction, dtype), case.target


def test_every_public_loss_stands_in_the_table_and_in_the_registry():
    public = {getattr(nn, name) for name in nn.__all__}
    losses = {x for x in public if inspect.isclass(x) and issubclass(x, nn.Loss)} - {nn.Loss}

    assert {case.make for case in CASES} == losses
    assert {case.name: case.make for case in CASES} == nn.losses.BY_NAME


@every_case
def test_value_agrees_with_the_formula(case):
    value = case.make()(*batch(case))

    assert (value.shape, value.dtype) == ((), np.float64)
    np.testing.assert_allclose(float(value), case.expected().mean(), rtol=1e-13)


@every_case
def test_reductions_are_of_the_same_rows(case):
    rows = case.make(reduction="none")(*batch(case))
    total = case.make(reduction="sum")(*batch(case))

    np.testing.assert_allclose(rows.numpy(), case.expected(), rtol=1e-13)
    np.testing.assert_allclose(float(total), case.expected().sum(), rtol=1e-13)


@every_case
def test_float32_stays_float32(case):
    prediction = bd.parameter(case.prediction)

    value = case.make()(prediction, case.target)

    assert (value.dtype, bd.grad(value, prediction).dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(float(value), case.expected().mean(), rtol=1e-5)


@every_case
def test_targets_in_float64_are_not_rounded(case):
    as_array = case.make()(bd.tensor(case.prediction, "float64"), np.asarray(case.target))
    as_tensor = case.make()(
        bd.tensor(case.prediction, "float64"), bd.tensor(case.target, np.asarray(case.target).dtype)
    )

    assert float(as_array) == float(as_tensor)


@every_case
@pytest.mark.parametrize("reduction", nn.losses.REDUCTIONS)
def test_first_and_second_derivatives(case, reduction):
    loss = case.make(reduction=reduction)

    worst = bd.check_grad(lambda x: loss(x, case.target), case.prediction, order=2)

    assert worst < 1e-6


@every_case
def test_the_mean_of_two_batches_weighs_rows_alike(case):
    prediction, target = batch(case)
    loss, n = case.make(), len(prediction)

    parts = float(loss(prediction[:1], target[:1])), float(loss(prediction[1:], target[1:]))

    whole = float(loss(prediction, target))
    assert (parts[0] + (n - 1) * parts[1]) / n == pytest.approx(whole, rel=1e-12)


@every_case
def test_a_batch_of_one_is_a_batch(case):
    prediction, target = batch(case)

    value = case.make()(prediction[:1], target[:1])

    assert float(value) == pytest.approx(case.expected()[0], rel=1e-12)


@every_case
def test_an_empty_batch_is_refused(case):
    prediction, target = batch(case)

    with pytest.raises(ShapeError, match="the batch is empty"):
        case.make()(prediction[:0], target[:0])


@every_case
def test_rows_without_numbers_are_refused(case):
    with pytest.raises(ShapeError, match="the batch is empty"):
        case.make()(bd.zeros((3, 0)), bd.zeros((3, 0)))


@every_case
def test_another_number_of_targets_is_refused(case):
    prediction, target = batch(case)
    n = len(prediction)

    with pytest.raises(ShapeError, match=f"{n} predictions, {n - 1} targets"):
        case.make()(prediction, target[:-1])


@every_case
def test_a_single_number_is_no_row(case):
    with pytest.raises(ShapeError, match="needs rows"):
        case.make()(bd.tensor(1.0), bd.tensor(1.0))


@every_case
def test_it_reads_well(case):
    name = case.make.__name__

    assert repr(case.make()) == f"{name}()"
    assert repr(case.make(reduction="sum")) == f"{name}(sum)"


@every_case
def test_it_is_found_by_its_name(case):
    found = nn.losses.get(case.name)

    assert type(found) is case.make
    assert nn.losses.get(found) is found


@pytest.mark.parametrize("make", nn.losses.BY_NAME.values())
def test_an_unknown_reduction_is_refused_with_the_nearest(make):
    with pytest.raises(RangeError, match="did you mean 'mean'"):
        make(reduction="meen")


# One-hot and index say the same.


@given(
    st.integers(1, 6).flatmap(
        lambda classes: st.lists(
            st.tuples(
                st.lists(st.floats(-50, 50), min_size=classes, max_size=classes),
                st.integers(0, classes - 1),
            ),
            min_size=1,
            max_size=5,
        )
    )
)
@pytest.mark.filterwarnings("ignore:SoftmaxCrossEntropy")  # any scores may come: odd ones too
def test_one_hot_and_index_give_equal_losses_and_gradients(rows):
    scores, labels = (list(column) for column in zip(*rows, strict=True))
    x = bd.parameter(scores, "float64")
    loss = nn.SoftmaxCrossEntropy()

    by_index, by_row = loss(x, labels), loss(x, np.eye(len(scores[0]))[labels])

    assert float(by_index) == float(by_row)
    np.testing.assert_array_equal(bd.grad(by_index, x).numpy(), bd.grad(by_row, x).numpy())


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=6), st.floats(-1e3, 1e3), st.data())
def test_a_shift_of_all_scores_changes_nothing(scores, shift, data):
    label = data.draw(st.integers(0, len(scores) - 1))
    loss = nn.SoftmaxCrossEntropy()

    there = float(loss(bd.tensor([scores], "float64") + shift, [label]))

    assert there == pytest.approx(float(loss(bd.tensor([scores], "float64"), [label])), abs=1e-9)
