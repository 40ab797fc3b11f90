"""Losses: the worked numbers of the textbook, and what is no target."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError

cross_entropy = nn.SoftmaxCrossEntropy()
squares = nn.MeanSquaredError()


# Worked numbers.


def test_the_cat_of_the_textbook_costs_2_0404():
    scores = [3.2, 5.1, -1.7]
    assert bd.softmax(scores).tolist() == pytest.approx([0.13, 0.87, 0.0], abs=5e-3)

    loss = float(nn.SoftmaxCrossEntropy()(bd.tensor([scores], "float64"), [0]))

    assert loss == pytest.approx(2.0404, abs=5e-5)
    assert loss / math.log(10) == pytest.approx(0.886, abs=5e-4)  # what the slide calls 0.89


def test_the_square_of_one_error_in_two_is_a_half():
    assert float(squares([[1, 1], [1, 0]], [[0, 1], [0, 0]])) == 0.5


def test_a_guess_among_ten_costs_log_10():
    assert float(nn.SoftmaxCrossEntropy()(bd.zeros((4, 10)), [0, 3, 9, 9])) == pytest.approx(
        math.log(10)
    )


def test_the_gradient_is_softmax_minus_target_over_rows():
    x, t = bd.parameter(np.random.default_rng(0).normal(size=(4, 3)), "float64"), [2, 0, 1, 1]

    g = bd.grad(nn.SoftmaxCrossEntropy()(x, t), x).numpy()

    np.testing.assert_allclose(g, (bd.softmax(x).numpy() - np.eye(3)[t]) / 4, atol=1e-15)


def test_what_comes_from_above_is_passed_on():
    x, t = bd.parameter([[1.0, 2.0], [0.5, -1.0]], "float64"), [0, 1]

    tripled = bd.grad(3 * nn.SoftmaxCrossEntropy()(x, t), x)

    single = bd.grad(nn.SoftmaxCrossEntropy()(x, t), x)
    np.testing.assert_allclose(tripled.numpy(), 3 * single.numpy(), rtol=1e-14)


def test_soft_targets_are_not_rounded_to_a_class():
    x = bd.tensor([[1.0, 2.0, 3.0]], "float64")
    logs = bd.log_softmax(x).numpy()[0]

    loss = float(nn.SoftmaxCrossEntropy()(x, [[0.2, 0.5, 0.3]]))

    assert loss == pytest.approx(-(0.2 * logs[0] + 0.5 * logs[1] + 0.3 * logs[2]))


# Extremes.


@pytest.mark.parametrize("size", [1e4, 1e30])
def test_scores_may_be_large(size):
    x = bd.parameter([[size, 0.0], [size, 0.0]])

    loss = nn.SoftmaxCrossEntropy("none")(x, [0, 1])

    assert loss.tolist() == pytest.approx([0.0, size])
    assert bd.grad(loss.sum(), x).tolist() == [[0.0, 0.0], [1.0, -1.0]]


def test_a_class_that_is_ruled_out_does_not_disturb():
    x = bd.parameter([[1.0, 1.0, -math.inf]], "float64")

    loss = nn.SoftmaxCrossEntropy()(x, [0])

    assert float(loss) == pytest.approx(math.log(2))
    assert bd.grad(loss, x).tolist() == [[-0.5, 0.5, 0.0]]


def test_a_target_that_is_ruled_out_costs_infinitely():
    assert float(nn.SoftmaxCrossEntropy()([[0.0, -math.inf]], [1])) == math.inf


def test_small_whole_numbers_do_not_wrap_around():
    prediction, target = np.array([[1]], np.uint8), np.array([[21]], np.uint8)

    assert float(squares(prediction, target)) == 400.0


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "float64", "bool"])
def test_class_numbers_may_be_of_any_kind(dtype):
    labels = np.array([0, 1, 1]).astype(dtype)

    loss = nn.SoftmaxCrossEntropy()(bd.tensor([[1.0, 2.0]] * 3), labels)

    assert float(loss) == pytest.approx(0.6466, abs=5e-5)


# Targets that cannot be.


@pytest.mark.parametrize("label", [3, -1, -100, 255])
def test_a_label_out_of_range_is_named_with_its_row(label):
    with pytest.raises(RangeError, match=f"label {label} at row 3 is not one of 3 classes") as e:
        cross_entropy(bd.zeros((4, 3)), [0, 1, 2, label])

    assert e.value.expected == "0..2"
    assert e.value.hint == ("labels that start at 1? subtract 1" if label == 3 else None)


@pytest.mark.parametrize("labels", [[0.5, 1.0], [0.0, math.nan]])
def test_labels_that_are_not_whole_are_refused(labels):
    with pytest.raises(DTypeError, match=r"not whole(.|\n)*at row [01](.|\n)*MeanSquaredError"):
        cross_entropy(bd.zeros((2, 3)), labels)


def test_infinite_labels_are_refused():
    with pytest.raises(RangeError, match="label inf at row 1"):
        cross_entropy(bd.zeros((2, 3)), [0.0, math.inf])


def test_text_is_no_label():
    with pytest.raises(DTypeError, match="holds numbers"):
        cross_entropy(bd.zeros((2, 3)), ["cat", "dog"])


@pytest.mark.parametrize(
    "row", [[2.0, 3.0, 0.3], [0.5, 0.2, 0.2], [1.5, -0.5, 0.0], [math.nan, 0.5, 0.5], [0, 0, 0]]
)
def test_a_row_that_is_no_distribution_is_named(row):
    with pytest.raises(RangeError, match=r"sum to 1(.|\n)*row 1: \[") as e:
        cross_entropy(bd.zeros((2, 3)), [[0.2, 0.3, 0.5], row])

    assert f"sums to {sum(row):g}" in e.value.got


def test_a_column_of_labels_is_told_to_be_a_row():
    with pytest.raises(ShapeError, match=r"do not fit the scores(.|\n)*t\.reshape\(-1\)"):
        cross_entropy(bd.zeros((4, 3)), [[0], [1], [2], [0]])


def test_one_hot_rows_of_other_classes_are_refused():
    with pytest.raises(ShapeError, match=r"class numbers or \(4, 3\) distributions(.|\n)*\(4, 5\)"):
        cross_entropy(bd.zeros((4, 3)), np.eye(5)[:4])


@pytest.mark.parametrize("shape", [(4,), (4, 3, 2)])
def test_scores_are_rows(shape):
    with pytest.raises(ShapeError, match="one row of scores for each example"):
        cross_entropy(bd.zeros(shape), [0, 1, 2, 0])


@pytest.mark.parametrize(
    ("prediction", "target", "hint"),
    [
        ((8, 1), (8,), "target.reshape(-1, 1)"),
        ((8,), (8, 1), "target.reshape(-1,)"),
        ((8, 2, 1), (8, 2), "target.reshape(-1, 2, 1)"),
        ((8, 3), (8, 4), None),
        ((8, 2, 3), (8, 3, 2), None),
    ],
)
def test_shapes_that_would_broadcast_are_refused(prediction, target, hint):
    with pytest.raises(ShapeError) as refusal:
        squares(bd.zeros(prediction), np.zeros(target))

    assert f"prediction {prediction}, target {target}" in str(refusal.value)
    assert refusal.value.hint == hint


# Scores that cannot be meant.


def test_probabilities_are_warned_about_once():
    loss, shares = nn.SoftmaxCrossEntropy(), bd.softmax(bd.tensor([[1.0, 2.0], [3.0, 1.0]]))

    with pytest.warns(UserWarning, match="wants raw scores: remove the softmax") as warned:
        loss(shares, [0, 1])
    loss(shares, [0, 1])

    assert [warning.filename for warning in warned] == [__file__]


def test_probabilities_are_seen_after_a_batch_of_one_too():
    loss, shares = nn.SoftmaxCrossEntropy(), bd.softmax(bd.tensor([[1.0, 2.0], [3.0, 1.0]]))
    loss(shares[:1], [0])

    with pytest.warns(UserWarning, match="wants raw scores"):
        loss(shares, [0, 1])


@pytest.mark.parametrize("scores", [[[0.2, 0.9], [0.1, 0.5]], [[-0.5, 1.5], [0.5, 0.5]]])
def test_raw_scores_are_not_warned_about(scores):
    nn.SoftmaxCrossEntropy()(bd.tensor(scores), [0, 1])  # a warning would be an error here


def test_a_single_score_is_warned_about():
    with pytest.warns(UserWarning, match="with one score a row the softmax is always 1"):
        nn.SoftmaxCrossEntropy()(bd.zeros((3, 1)), [0, 0, 0])


# By name.


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
