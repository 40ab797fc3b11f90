"""Classification metrics: scikit-learn's numbers, and no silent answer to a wrong question."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as peer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError
from badak.metrics import (
    accuracy,
    binary_accuracy,
    confusion_matrix,
    error_rate,
    top_k_accuracy,
)


@st.composite
def scored(draw):
    """Scores (rows, classes) without ties, and class numbers."""
    rows, classes = draw(st.integers(1, 30)), draw(st.integers(3, 6))
    score = draw(arrays(np.float64, (rows, classes), elements=st.floats(-9, 9), unique=True))
    return score, draw(arrays(np.int64, rows, elements=st.integers(0, classes - 1)))


@given(scored())
def test_accuracy_and_error_rate_are_scikit_learns(case):
    score, target = case
    expected = peer.accuracy_score(target, score.argmax(axis=1))

    assert accuracy(score, target) == pytest.approx(expected)
    assert accuracy(score.argmax(axis=1), target) == accuracy(score, target)
    assert error_rate(score, target) == pytest.approx(1 - expected)


@given(scored())
def test_one_hot_targets_count_as_their_class_numbers(case):
    score, target = case
    one_hot = np.eye(score.shape[1])[target]

    assert accuracy(score, one_hot) == accuracy(score, target)


@given(scored())
def test_confusion_matrix_is_scikit_learns(case):
    score, target = case
    classes = range(score.shape[1])

    matrix = confusion_matrix(score, target)

    assert np.array_equal(
        matrix, peer.confusion_matrix(target, score.argmax(axis=1), labels=classes)
    )
    assert np.trace(matrix) / matrix.sum() == pytest.approx(accuracy(score, target))


@given(scored(), st.integers(1, 2))
def test_top_k_is_scikit_learns(case, k):
    score, target = case
    labels = range(score.shape[1])

    expected = peer.top_k_accuracy_score(target, score, k=k, labels=labels)

    assert top_k_accuracy(score, target, k) == pytest.approx(expected)


def test_top_1_is_the_accuracy_even_among_equals():
    score, target = np.zeros((3, 4)), np.array([0, 1, 2])

    assert top_k_accuracy(score, target, 1) == accuracy(score, target) == 1 / 3
    assert top_k_accuracy(score, target, 2) == 2 / 3


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.5, 0.75), (0.0, 0.5), (0.65, 1.0), (0.9, 0.5)]
)
def test_binary_accuracy_counts_scores_above_the_threshold(shape, threshold, expected):
    score, target = np.array([0.1, 0.7, 0.6, 0.9]), np.array([0, 1, 0, 1])

    assert binary_accuracy(score.reshape(shape), target.reshape(shape), threshold) == expected


def test_confusion_matrix_takes_the_number_of_classes():
    assert confusion_matrix([0, 1], [0, 0], n_classes=3).tolist() == [[1, 1, 0], [0] * 3, [0] * 3]


def test_whole_floats_are_class_numbers():
    assert accuracy(np.array([0.0, 1.0]), np.array([0.0, 2.0])) == 0.5


SCORES = np.array([[0.2, 0.8], [0.6, 0.4], [0.5, 0.5], [0.1, 0.9], [1, 0]])


@pytest.mark.parametrize(
    ("prediction", "target", "error", "words"),
    [
        (SCORES, np.zeros(4, int), ShapeError, "accuracy: 5 predictions, 4 targets"),
        ([0, 1, 1], [0, 1], ShapeError, "accuracy: 3 predictions, 2 targets"),
        (SCORES, [0, 1, 2, 0, 1], RangeError, "label 2 at row 2"),
        (SCORES, [0, 1, -1, 0, 1], RangeError, "label -1 at row 2"),
        (SCORES, [1, 2, 2, 1, 1], RangeError, "labels starting at 1? subtract 1"),
        (SCORES, [0, 1, 0.5, 0, 1], DTypeError, "got       0.5 at row 2"),
        (SCORES, np.zeros((5, 3)), ShapeError, "target must hold one value a row"),
        (np.zeros((5, 1)), [0, 1, 0, 1, 1], ShapeError, "binary_accuracy"),
        (np.zeros((2, 3, 4)), [0, 1], ShapeError, "a score for each class"),
        ([0.2, 0.7], [0, 1], RangeError, "binary_accuracy with a threshold"),
        ([], [], ShapeError, "prediction is empty"),
        (np.zeros((0, 3)), np.zeros(0), ShapeError, "prediction is empty"),
        ([[np.nan, 1]], [0], RangeError, "prediction has NaN at (0, 0)"),
        (["a"], ["a"], DTypeError, "prediction must hold numbers"),
        ([[1, 2], [3]], [0, 1], ShapeError, "different lengths"),
        ([np.inf], [0], RangeError, "class numbers"),
    ],
)
def test_predictions_and_targets_that_do_not_fit_are_refused(prediction, target, error, words):
    with pytest.raises(error) as caught:
        accuracy(prediction, target)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: top_k_accuracy(np.zeros((2, 3)), [0, 1], 3), "3 guesses among 3 classes"),
        (lambda: top_k_accuracy(np.zeros((2, 3)), [0, 1], 0), "k must be at least 1"),
        (lambda: top_k_accuracy([0, 1], [0, 1], 1), "a score for each class"),
        (lambda: binary_accuracy([0.1, 0.9], [0, 2]), "target 2 at row 1"),
        (lambda: binary_accuracy(np.zeros((2, 2)), [0, 1]), "one value a row"),
        (lambda: binary_accuracy([0.1], [0, 1]), "1 predictions, 2 targets"),
        (lambda: confusion_matrix([0, 3], [0, 1], 3), "predicted class 3 at row 1"),
        (lambda: confusion_matrix([0, 1], [0, 3], 3), "label 3 at row 1"),
        (lambda: confusion_matrix([-1, 1], [0, 1]), "predicted class -1"),
    ],
)
def test_questions_without_an_answer_are_refused(call, words):
    with pytest.raises(BadakError) as caught:
        call()

    assert words in str(caught.value)
