"""The hold-out split: sizes, seeds, strata."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakError, RangeError, ShapeError
from badak.data import holdout


def test_seven_to_three_unless_asked_otherwise():
    first, second = holdout(100)

    assert (len(first), len(second)) == (70, 30)


@given(st.integers(2, 300), st.floats(0.01, 0.99), st.integers(0, 9))
def test_every_row_is_in_exactly_one_part_of_the_exact_size(rows, fraction, seed):
    if not 0 < round(rows * fraction) < rows:
        return
    first, second = holdout(rows, fraction, seed)

    assert len(first) == round(rows * fraction)
    assert sorted([*first, *second]) == list(range(rows))


def test_equal_seeds_split_equally_and_others_do_not():
    once, again, other = (holdout(50, seed=seed)[0].tolist() for seed in (1, 1, 2))

    assert once == again
    assert once != other


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (0, "0 training rows"),
        (1.0, "0 rows to hold out"),
        (1.5, "0 rows to hold out"),
        (-0.5, "0 training rows"),
        (0.01, "0 training rows"),
        (0.99, "0 rows to hold out"),
        (float("nan"), "0 training rows"),
        (float("inf"), "0 training rows"),
    ],
)
def test_a_split_that_leaves_a_part_empty_is_refused(fraction, words):
    with pytest.raises(RangeError, match=words):
        holdout(8, fraction)


@pytest.mark.parametrize("fraction", ["0.7", None, True])
def test_a_share_that_is_no_number_is_refused(fraction):
    with pytest.raises(BadakError, match="fraction must be a number"):
        holdout(8, fraction)


@given(
    st.lists(st.integers(2, 30), min_size=1, max_size=6), st.floats(0.05, 0.95), st.integers(0, 9)
)
def test_stratified_split_keeps_the_share_of_each_class_to_within_a_row(counts, fraction, seed):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    if not 0 < round(len(labels) * fraction) < len(labels):
        return
    first, second = holdout(len(labels), fraction, seed, labels)

    in_first = np.bincount(labels[first], minlength=len(counts))
    assert np.all(np.abs(in_first - np.array(counts) * fraction) < 1)
    assert len(first) == round(len(labels) * fraction)
    assert sorted([*first, *second]) == list(range(len(labels)))


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        (np.array([0.5, 1, 2, 3]), RangeError, "stratify needs classes"),
        (np.array([0, 0, 0, 7]), RangeError, "class 7 has 1 row"),
        (np.array([0, 1]), ShapeError, "one label a row"),
        (np.eye(4, dtype=int), ShapeError, "one label a row"),
    ],
)
def test_labels_without_strata_are_refused(labels, error, words):
    with pytest.raises(error, match=words):
        holdout(4, 0.5, 0, labels)
