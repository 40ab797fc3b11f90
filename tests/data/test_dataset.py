"""Data sets: made, cut, and printed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError
from badak.data import Dataset, TrainTest


def numbered(rows, **options):
    """Rows that know their own number."""
    x = np.repeat(np.arange(rows, dtype=np.float32)[:, None], 3, axis=1)
    return Dataset(x, np.arange(rows), **options)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (Dataset(np.zeros((1257, 64)), np.arange(1257) % 10, name="digits"),
         "Dataset digits: 1,257 rows of (64,), 10 classes"),
        (Dataset(np.zeros((2, 1, 8, 8)), [0.5, 1.0]), "Dataset: 2 rows of (1, 8, 8), targets ()"),
        (Dataset([[1], [2]], [[0.0], [1.0]], name="line"),
         "Dataset line: 2 rows of (1,), targets (1,)"),
        (Dataset([[1], [2]], [0, 1], classes=["cat", "dog", "cow"]),
         "Dataset: 2 rows of (1,), 3 classes"),
    ],
)  # fmt: skip
def test_repr_says_what_is_inside(data, text):
    assert repr(data) == text


def test_dtype_holds_for_inputs_and_float_targets():
    data = Dataset([[1.0]], [0.1], dtype="float64")

    assert (data.x.dtype, data.t.dtype) == (np.float64, np.float64)
    assert data.t[0] == 0.1


def test_whole_number_inputs_stay_indices_when_asked():
    data = Dataset([[1, 2**40]], [0.5], dtype="int64")

    assert data.x[0, 1] == 2**40
    assert data.t.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "t", "options", "error", "words"),
    [
        (np.zeros((8, 2)), np.zeros(5), {}, ShapeError, "x has 8 rows, t has 5"),
        (np.zeros((2, 2)), [0, 3], {"classes": "ab"}, DTypeError, "classes is one text"),
        (np.zeros((2, 2)), [0, 3], {"classes": ["a", "b", "c"]}, RangeError, "label 3 at row 1"),
        (np.zeros((2, 2)), [1, 2], {"classes": ["a", "b"]}, RangeError, "subtract 1"),
        (np.zeros((2, 2)), [0, -1], {"classes": ["a", "b"]}, RangeError, "label -1 at row 1"),
        (np.zeros((2, 2)), [0, 0.5], {"classes": ["a", "b"]}, DTypeError, "t holds 0.5 at row 1"),
        (np.zeros((2, 2)), [[0], [1]], {"classes": ["a", "b"]}, ShapeError, "one class number"),
        (np.zeros((2, 2)), [0, 1], {"classes": ["a", "a"]}, RangeError, "'a' is named twice"),
        (np.zeros((2, 2)), [0, 1], {"dtype": "float16"}, DTypeError, "float16"),
        ([[0.5]], [0], {"dtype": "int64"}, DTypeError, "0.5 at row 0, column 0"),
        (np.zeros((2, 2)), [np.nan, 0], {}, RangeError, "t has 1 NaN (first at row 0)"),
        (None, [0], {}, DTypeError, "x is None"),
    ],
)
def test_what_does_not_fit_is_refused(x, t, options, error, words):
    with pytest.raises(error) as caught:
        Dataset(x, t, **options)

    assert words in str(caught.value)


def test_whole_floats_become_class_numbers_when_classes_are_named():
    data = Dataset([[1], [2]], [0.0, 1.0], classes=["cat", "dog"])

    assert data.t.tolist() == [0, 1]
    assert data.t.dtype == np.int64


@given(st.lists(st.integers(-6, 5), min_size=1))
def test_take_is_numpys_indexing(indices):
    data = numbered(6)

    taken = data.take(indices)

    assert taken.t.tolist() == np.arange(6)[indices].tolist()
    assert taken.x[:, 0].tolist() == taken.t.tolist()


def test_take_with_a_mask_keeps_the_true_rows():
    assert numbered(4).take([True, False, False, True]).t.tolist() == [0, 3]


@pytest.mark.parametrize("indices", [[6], [-7], [], [0.5], [[0]], [True], 3, ["a"]])
def test_take_of_rows_that_are_not_there_is_refused(indices):
    with pytest.raises(BadakError, match="take"):
        numbered(6).take(indices)


def test_a_part_remembers_name_and_classes_of_the_whole():
    part = numbered(6, classes=list("abcdef"), name="letters").head(2)

    assert repr(part) == "Dataset letters: 2 rows of (3,), 6 classes"
    assert part.classes == tuple("abcdef")


def test_number_of_classes_survives_the_loss_of_the_last_class():
    assert numbered(6).take([0, 1]).n_classes == 6


def test_head_of_more_than_all_is_all():
    assert len(numbered(3).head(10)) == 3


@given(st.integers(2, 40), st.integers(0, 5))
def test_split_gives_every_row_to_one_part(rows, seed):
    first, second = numbered(rows).split(0.5, seed)

    assert sorted([*first.t, *second.t]) == list(range(rows))
    assert len(first) == round(rows * 0.5)


def test_flat_makes_vectors_in_memory_order():
    images = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)

    assert Dataset(images, [0, 1]).flat().x.tolist() == images.reshape(2, 12).tolist()


def test_with_inputs_keeps_targets_and_checks_rows():
    data = numbered(3)

    assert data.with_inputs(np.ones((3, 2))).t.tolist() == [0, 1, 2]
    with pytest.raises(ShapeError, match="x has 2 rows, t has 3"):
        data.with_inputs(np.ones((2, 2)))


def test_fingerprint_sees_values_shapes_and_targets():
    x, t = np.arange(6.0).reshape(2, 3), [0, 1]
    others = [(x + 1, t), (x.reshape(2, 3, 1), t), (x, [1, 0]), (x, [0.0, 1.0])]

    assert Dataset(x, t).fingerprint() == Dataset(x.copy(), t, name="other").fingerprint()
    assert Dataset(x, t).fingerprint() not in [Dataset(*o).fingerprint() for o in others]


def test_two_parts_unpack_and_print():
    bundle = TrainTest.of(numbered(10, name="ten"), 0.3, seed=1)
    train, test = bundle

    assert (len(train), len(test)) == (7, 3)
    assert repr(bundle) == "TrainTest ten: 7 rows to train, 3 to test, of (3,), 10 classes"


def test_two_parts_of_different_rows_are_refused():
    with pytest.raises(ShapeError, match="rows of x differ between training and test"):
        TrainTest(numbered(2), Dataset(np.zeros((2, 4)), [0, 1]))


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.1, float("nan")])
def test_a_test_share_outside_0_to_1_is_refused(share):
    with pytest.raises(RangeError, match="test_split"):
        TrainTest.of(numbered(10), share)
