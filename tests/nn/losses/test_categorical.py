"""Cross-entropy of classes: the numbers of the textbook, weights, smoothing, what is no target."""

from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError

cross_entropy = nn.SoftmaxCrossEntropy()
sparse = nn.SparseCategoricalCrossentropy


# Worked numbers.


@pytest.mark.technique(41)
def test_the_cat_of_the_textbook_costs_2_0404():
    scores = [3.2, 5.1, -1.7]
    assert bd.softmax(scores).tolist() == pytest.approx([0.13, 0.87, 0.0], abs=5e-3)

    loss = float(nn.SoftmaxCrossEntropy()(bd.tensor([scores], "float64"), [0]))

    assert loss == pytest.approx(2.0404, abs=5e-5)
    assert loss / math.log(10) == pytest.approx(0.886, abs=5e-4)  # what the slide calls 0.89


def test_a_guess_among_ten_costs_log_10():
    assert float(nn.SoftmaxCrossEntropy()(bd.zeros((4, 10)), [0, 3, 9, 9])) == pytest.approx(
        math.log(10)
    )


@pytest.mark.technique(38)
def test_the_gradient_is_softmax_minus_target_over_rows():
    x, t = bd.parameter(np.random.default_rng(0).normal(size=(4, 3)), "float64"), [2, 0, 1, 1]

    g = bd.grad(nn.SoftmaxCrossEntropy()(x, t), x).numpy()

    np.testing.assert_allclose(g, (bd.softmax(x).numpy() - np.eye(3)[t]) / 4, atol=1e-15)


@pytest.mark.technique(38)
def test_what_comes_from_above_is_passed_on():
    x, t = bd.parameter([[1.0, 2.0], [0.5, -1.0]], "float64"), [0, 1]

    tripled = bd.grad(3 * nn.SoftmaxCrossEntropy()(x, t), x)

    single = bd.grad(nn.SoftmaxCrossEntropy()(x, t), x)
    np.testing.assert_allclose(tripled.numpy(), 3 * single.numpy(), rtol=1e-14)


@pytest.mark.technique(38)
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


@pytest.mark.technique(38)
def test_a_single_score_is_warned_about():
    with pytest.warns(UserWarning, match="with one score a row the softmax is always 1"):
        nn.SoftmaxCrossEntropy()(bd.zeros((3, 1)), [0, 0, 0])


@pytest.mark.parametrize("loss", [nn.CategoricalCrossentropy, nn.SparseCategoricalCrossentropy])
def test_scores_taken_for_probabilities_are_warned_about_once(loss):
    loss, scores, labels = loss(), bd.tensor([[2.0, -1.0], [0.5, 3.0]]), [0, 1]
    target = np.eye(2)[labels] if isinstance(loss, nn.CategoricalCrossentropy) else labels

    with pytest.warns(UserWarning, match="outside of 0..1(.|\n)*from_logits=True") as warned:
        loss(scores, target)
    loss(scores, target)

    assert [warning.filename for warning in warned] == [__file__]


def test_a_function_warns_where_it_is_called():
    with pytest.warns(UserWarning, match="outside of 0..1") as warned:
        nn.losses.sparse_categorical_crossentropy([[2.0, -1.0], [0.5, 3.0]], [0, 1])

    assert [warning.filename for warning in warned] == [__file__]


def test_a_single_share_is_warned_about():
    with pytest.warns(UserWarning, match="with one class a row its share is always 1"):
        sparse()(bd.zeros((3, 1)) + 0.5, [0, 0, 0])


# The textbook's definition.


@pytest.mark.technique(36)
def test_cross_entropy_is_minus_the_log_of_what_was_given_to_the_true_class():
    p = bd.tensor([[0.1, 0.7, 0.2], [0.25, 0.25, 0.5]], "float64")

    by_share = nn.losses.categorical_crossentropy(p, [[0, 1, 0], [0, 0, 1]])
    by_score = nn.losses.softmax_cross_entropy(bd.log(p), [1, 2])

    np.testing.assert_allclose(by_share.numpy(), [-math.log(0.7), -math.log(0.5)], rtol=1e-14)
    np.testing.assert_allclose(by_score.numpy(), [-math.log(0.7), -math.log(0.5)], rtol=1e-14)


@pytest.mark.technique(45, 46)
@pytest.mark.parametrize("from_logits", [True, False], ids=["scores", "probabilities"])
def test_index_and_one_hot_give_equal_losses_and_gradients(from_logits):
    x, labels = np.random.default_rng(0).uniform(0.1, 0.9, size=(6, 3)), np.array([2, 0, 1] * 2)
    x = bd.parameter(x, "float64")
    settings = {"label_smoothing": 0.1, "class_weight": (1.0, 0.5, 2.0)}

    by_index = sparse(from_logits, **settings)(x, labels)
    by_row = nn.CategoricalCrossentropy(from_logits, **settings)(x, np.eye(3)[labels])

    assert float(by_index) == float(by_row)
    np.testing.assert_array_equal(bd.grad(by_index, x).numpy(), bd.grad(by_row, x).numpy())


def test_scores_and_their_softmax_cost_the_same():
    x = bd.tensor(np.random.default_rng(1).normal(size=(4, 3)), "float64")

    by_score = nn.losses.sparse_categorical_crossentropy(x, [0, 1, 2, 2], from_logits=True)

    by_share = nn.losses.sparse_categorical_crossentropy(bd.softmax(x), [0, 1, 2, 2])
    np.testing.assert_allclose(by_share.numpy(), by_score.numpy(), rtol=1e-13)


def test_a_row_of_zeros_has_a_loss():
    p = bd.parameter([[0.0, 0.0], [0.0, 1.0]], "float64")

    loss = nn.CategoricalCrossentropy(reduction="none")(p, [[1, 0], [1, 0]])

    np.testing.assert_allclose(loss.numpy(), -math.log(1e-7))
    assert np.isfinite(bd.grad(loss.sum(), p).numpy()).all()


# Weights of classes.


def test_a_class_weight_of_two_doubles_the_term_of_its_class():
    x, labels = bd.tensor(np.random.default_rng(2).normal(size=(3, 3)), "float64"), [0, 1, 2]

    weighted = nn.losses.softmax_cross_entropy(x, labels, class_weight=[1.0, 2.0, 0.5])

    plain = nn.losses.softmax_cross_entropy(x, labels).numpy()
    np.testing.assert_allclose(weighted.numpy(), plain * [1.0, 2.0, 0.5], rtol=1e-15)


def test_class_weights_are_weights_of_the_rows_of_their_classes():
    x, labels = bd.tensor(np.random.default_rng(3).normal(size=(6, 3)), "float64"), [0, 1, 2] * 2
    weight = np.array([0.5, 3.0, 1.0])

    by_class = nn.SoftmaxCrossEntropy(class_weight=weight)(x, labels)

    by_row = nn.SoftmaxCrossEntropy()(x, labels, sample_weight=weight[labels])
    assert float(by_class) == pytest.approx(float(by_row), rel=1e-14)


def test_weights_of_other_classes_are_refused():
    with pytest.raises(ShapeError, match="class_weight has a number for each class") as refusal:
        nn.SoftmaxCrossEntropy(class_weight=[1.0, 2.0])(bd.zeros((4, 3)), [0, 1, 2, 0])

    assert (refusal.value.expected, refusal.value.got) == (3, 2)


@pytest.mark.parametrize(
    ("error", "settings"),
    [
        (RangeError, {"class_weight": [1.0, -1.0]}),
        (RangeError, {"class_weight": [1.0, math.inf]}),
        (DTypeError, {"class_weight": {0: 1.0, 1: 2.0}}),
        (DTypeError, {"class_weight": 2.0}),
        (RangeError, {"label_smoothing": -0.1}),
        (RangeError, {"label_smoothing": 1.1}),
        (DTypeError, {"ignore_class": 0.5}),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(error, settings):
    with pytest.raises(error, match=f"SoftmaxCrossEntropy: {next(iter(settings))}"):
        nn.SoftmaxCrossEntropy(**settings)


@pytest.mark.parametrize("loss", [nn.CategoricalCrossentropy, nn.BinaryCrossentropy])
def test_a_reduction_in_the_place_of_another_setting_is_seen(loss):
    with pytest.raises(DTypeError, match=r"from_logits is True or False(.|\n)*reduction='sum'\)"):
        loss("sum")


# A class that stands for none.

FULL = {"label_smoothing": 0.1, "class_weight": (1.0, 2.0, 3.0)}


@pytest.mark.technique(46)
@pytest.mark.parametrize("ignored", [-1, -100, 255, 1], ids=str)
@pytest.mark.parametrize("settings", [{}, FULL], ids=["plain", "smoothed and weighted"])
def test_ignored_rows_are_as_if_they_were_not_there(ignored, settings):
    x = bd.parameter(np.random.default_rng(4).normal(size=(5, 3)), "float64")
    labels, kept = np.array([2, ignored, 0, ignored, 2]), [0, 2, 4]

    loss = nn.SoftmaxCrossEntropy(ignore_class=ignored, **settings)(x, labels)

    alone = bd.parameter(x.numpy()[kept], "float64")
    without = nn.SoftmaxCrossEntropy(**settings)(alone, labels[kept])
    assert float(loss) == pytest.approx(float(without), rel=1e-14)
    g = bd.grad(loss, x).numpy()
    np.testing.assert_allclose(g[kept], bd.grad(without, alone).numpy(), rtol=1e-13)
    assert not g[[1, 3]].any()


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_ignored_places_do_not_count_in_the_mean_over_all_rows(dtype):
    x = bd.tensor(np.random.default_rng(5).normal(size=(2, 3, 4)), "float64")
    labels = np.array([[0, 9, 1], [9, 9, 3]])
    loss = sparse(True, 9)

    mean = float(loss(x, bd.tensor(labels, dtype)))

    values = nn.losses.sparse_categorical_crossentropy(x, labels, True, 9).numpy()
    assert (values == 0).tolist() == (labels == 9).tolist()
    assert mean == pytest.approx(values.sum() / 3, rel=1e-14)


def test_a_batch_of_which_nothing_counts_costs_nothing():
    x = bd.parameter([[1.0, 2.0], [3.0, -1.0]])

    loss = nn.SoftmaxCrossEntropy(ignore_class=-1)(x, [-1, -1])

    assert float(loss) == 0.0
    assert not bd.grad(loss, x).numpy().any()


def test_unsigned_labels_may_be_ignored():
    x, labels = bd.zeros((3, 2)), np.array([0, 255, 1], np.uint8)

    assert float(nn.SoftmaxCrossEntropy(ignore_class=255)(x, labels)) == pytest.approx(math.log(2))
    assert float(nn.SoftmaxCrossEntropy(ignore_class=-1)(x[:1], labels[:1])) == pytest.approx(
        math.log(2)
    )


def test_other_labels_out_of_range_are_still_refused():
    with pytest.raises(RangeError, match="label -2 at row 1 is not one of 3 classes") as refusal:
        nn.SoftmaxCrossEntropy(ignore_class=-1)(bd.zeros((3, 3)), [-1, -2, 0])

    assert refusal.value.expected == "0..2, or -1"


def test_ignoring_is_compiled():
    loss = nn.SoftmaxCrossEntropy(ignore_class=-1, **FULL)
    x, labels = bd.parameter(np.random.default_rng(6).normal(size=(4, 3))), bd.tensor([0, -1, 2, 1])

    def both(x, t):
        value = loss(x, t)
        return value, bd.grad(value, x)

    compiled = bd.compile(both)
    for ours, theirs in zip(compiled(x, labels), both(x, labels), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-7)
    with pytest.raises(RangeError, match="label 3 at row 0"):
        compiled(x, bd.tensor([3, -1, 2, 1]))


def test_ignoring_a_class_is_for_class_numbers():
    with pytest.raises(RangeError, match="ignore_class is for class numbers"):
        nn.SoftmaxCrossEntropy(ignore_class=0)(bd.zeros((2, 3)), np.eye(3)[:2])


# Which targets which loss takes.


@pytest.mark.parametrize(
    ("loss", "shape", "hint"),
    [
        (nn.CategoricalCrossentropy(), (2,), "SparseCategoricalCrossentropy"),
        (sparse(), (2, 3), "CategoricalCrossentropy, which takes distributions"),
        (sparse(), (2, 1), r"t\.reshape\(-1\)"),
    ],
    ids=["labels for shares", "shares for labels", "a column"],
)
def test_targets_of_another_kind_are_sent_to_their_loss(loss, shape, hint):
    with pytest.raises(ShapeError, match=f"the targets do not fit the scores(.|\n)*{hint}"):
        loss(bd.full((2, 3), 0.5), np.zeros(shape))


def test_a_wrong_place_of_a_row_is_named():
    with pytest.raises(RangeError, match=r"label 4 at position \(1, 2\) is not one of 4"):
        sparse()(bd.full((2, 3, 4), 0.25), [[0, 1, 2], [3, 0, 4]])
