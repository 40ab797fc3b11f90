"""What users hand over: taken as it is meant, or refused in words that help."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from badak.base.errors import BadakError, DTypeError, RangeError, ShapeError
from badak.data import as_inputs, as_targets, encode_labels

FLOATS = st.floats(-1e6, 1e6, width=32)


class Frame:
    """As a data frame: no array, but one can be had."""

    def __init__(self, values):
        self.values = values

    def to_numpy(self):
        return np.array(self.values, dtype=object)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=4), elements=FLOATS))
def test_float32_input_comes_back_bit_for_bit_and_uncopied(x):
    result = as_inputs(x)

    assert result.tobytes() == x.tobytes()
    assert np.shares_memory(result, x)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[::-1],
        lambda x: x.T.copy().T,
        lambda x: x.astype(">f4"),
        np.asfortranarray,
        lambda x: (
            np.frombuffer(b"\0" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)
        ),
    ],
    ids=["negative stride", "transposed", "big-endian", "fortran", "unaligned and read-only"],
)
def test_every_memory_layout_gives_the_same_bits(view):
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    same = view(x)

    result = as_inputs(same)

    assert result.tobytes() == np.array(same.tolist(), dtype=np.float32).tobytes()
    assert result.flags.c_contiguous
    assert result.dtype.isnative


@pytest.mark.parametrize(
    "values",
    [
        [[0, 1], [2, 3]],
        ((0, 1), (2, 3)),
        np.array([[0, 1], [2, 3]], dtype=object),
        Frame([[0, 1.0], [2, np.float64(3)]]),
        [np.array([0, 1]), np.array([2, 3])],
        np.array([[0, 1], [2, 3]], dtype=np.float16),
        np.ma.masked_array([[0, 1], [2, 3]]),
    ],
)
def test_anything_that_holds_numbers_is_taken(values):
    result = as_inputs(values)

    assert result.dtype == np.float32
    assert result.tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (None, DTypeError, "x is None"),
        ((n for n in range(3)), DTypeError, "x is a generator"),
        ({1: 2}, DTypeError, "x is a dict"),
        ("abc", DTypeError, "x is a str"),
        ([[1, 2], [3]], DTypeError, "rows have different lengths (2 and 1, first at row 1)"),
        ([[1, 2], 3], DTypeError, "different depths or lengths"),
        (np.array([[1, 2], [3]], dtype=object), DTypeError, "(2 and 1, first at row 1)"),
        ([["a", "b"]], DTypeError, "x holds text, a"),
        (np.array([[object()]]), DTypeError, "x holds Python objects"),
        ([[1, None]], RangeError, "missing value at row 0, column 1"),
        (np.ma.masked_equal([[1, 2], [3, 4]], 3), RangeError, "missing value at row 1, column 0"),
        (np.ones((2, 2)) + 1j, DTypeError, "complex128 is not supported"),
        (np.zeros((2, 2), "M8[s]"), DTypeError, "datetime64"),
        ([], ShapeError, "x has 1 axes"),
        (np.zeros((0, 3)), ShapeError, "x is empty: (0, 3)"),
        (np.zeros((3, 0)), ShapeError, "x is empty: (3, 0)"),
        ([1.0, 2.0], ShapeError, "x.reshape(-1, 1) for one feature"),
        (np.float32(3), ShapeError, "x has 0 axes"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(values, error, words):
    with pytest.raises(error) as caught:
        as_inputs(values)

    assert words in str(caught.value)


@given(st.integers(0, 4), st.integers(0, 2), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_value_that_is_no_finite_number_is_named_by_row_and_column(row, column, value):
    x = np.zeros((5, 3))
    x[row, column] = value
    word = "1 NaN" if np.isnan(value) else "1 infinite"

    with pytest.raises(RangeError, match=rf"x has {word} \(first at row {row}, column {column}\)"):
        as_inputs(x)


def test_nan_and_infinite_values_are_counted_apart():
    with pytest.raises(RangeError, match="2 NaN and 1 infinite"):
        as_inputs([[np.nan, np.inf], [np.nan, 0]])


def test_the_place_in_an_image_is_named():
    x = np.zeros((2, 1, 4, 4))
    x[1, 0, 2, 3] = np.nan

    with pytest.raises(RangeError, match=r"row 1, position \(0, 2, 3\)"):
        as_inputs(x)


def test_a_number_beyond_float32_is_refused_and_float64_holds_it():
    with pytest.raises(RangeError, match=r"x has 1e\+300 at row 0, column 1"):
        as_inputs([[0, 1e300]])

    assert as_inputs([[0, 1e300]], dtype="float64")[0, 1] == 1e300


def test_whole_bytes_are_warned_of_unless_they_are_flags():
    with pytest.warns(UserWarning, match=r"whole bytes up to 255.*x / 255"):
        as_inputs(np.full((2, 2), 255, np.uint8))

    assert as_inputs(np.eye(2, dtype=np.uint8)).max() == 1
    assert as_inputs(np.full((2, 2), 255, np.uint8), dtype="int64").max() == 255


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 2, 1], np.int64),
        ([True, False], np.int64),
        (np.array([3], np.uint8), np.int64),
        ([0.0, 1.0], np.float32),
        ([[0, 1], [1, 0]], np.int64),
        (np.array([0, 1], dtype=">i4"), np.int64),
    ],
)
def test_targets_are_labels_when_whole_and_floats_otherwise(values, kind):
    result = as_targets(values)

    assert result.dtype == kind
    assert result.tolist() == np.asarray(values).tolist()


@pytest.mark.parametrize("values", [["b", "a"], np.array(["b", "a"]), Frame(["b", "a"])])
def test_text_labels_are_refused_with_the_way_out(values):
    with pytest.raises(RangeError, match=r"t holds text \('b', 'a'") as caught:
        as_targets(values)

    assert "encode_labels" in caught.value.hint


@pytest.mark.parametrize("values", [[1.0, np.nan], None, [], 3, [2**64], np.array([2**63], "u8")])
def test_targets_that_mean_nothing_are_refused(values):
    with pytest.raises(BadakError, match="t "):
        as_targets(values)


@given(st.lists(st.text("abcde", min_size=1), min_size=1))
def test_encoded_text_decodes_to_itself(labels):
    numbers, classes = encode_labels(labels)

    assert [classes[number] for number in numbers] == labels
    assert list(classes) == sorted(set(labels))


@given(st.lists(st.integers(-50, 50), min_size=1))
def test_encoded_numbers_keep_their_order(labels):
    numbers, classes = encode_labels(labels)

    assert [int(classes[number]) for number in numbers] == labels
    assert [int(name) for name in classes] == sorted(set(labels))


@pytest.mark.parametrize("labels", [["a", 1], ["a", None], ["a", " "], [0.5], [], None])
def test_labels_that_name_no_class_are_refused(labels):
    with pytest.raises(BadakError, match="labels"):
        encode_labels(labels)
