from __future__ import annotations

import math

import numpy as np
import pytest

import badak as bd
from badak.base.errors import DTypeError, RangeError


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.0, "float32"),
        (1, "int64"),
        (True, "bool"),
        ([1.0, 2], "float32"),
        ([1, 2], "int64"),
        ([True, False], "bool"),
        (np.float64(1), "float32"),
        (np.arange(3, dtype="float16"), "float32"),
        (np.arange(3.0), "float32"),
        (np.arange(3, dtype=">f8"), "float32"),
        (np.arange(3, dtype=">i4"), "int32"),
        (np.arange(3, dtype="uint8"), "uint8"),
        ([], "float32"),
        (range(3), "int64"),
    ],
)
def test_kind_of_what_users_hand_over(data, dtype):
    x = bd.tensor(data)

    assert x.dtype == dtype
    assert x.dtype.isnative
    np.testing.assert_array_equal(x.data, np.asarray(data))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
def test_kind_that_is_asked_for(dtype):
    for make in (lambda d: bd.tensor([0, 1], d), lambda d: bd.tensor([0.0, 1.0], d)):
        assert make(dtype).dtype == dtype
        assert make(dtype).tolist() == [0, 1]


def test_no_narrower_float_rounds_on_the_way():
    assert bd.tensor(0.1, "float64").item() == 0.1
    assert bd.tensor([0.1], "float64").tolist() == [0.1]
    assert bd.tensor(np.array([0.1]), "float64").tolist() == [0.1]
    assert bd.tensor(2.0**24 + 1, "int64").item() == 2**24 + 1
    assert bd.tensor([2.0**24 + 1], "int64").tolist() == [2**24 + 1]
    assert bd.tensor(2**63 - 1, "int64").item() == 2**63 - 1
    assert bd.tensor(2**64 - 1, "uint64").item() == 2**64 - 1


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        ([300], "uint8"),
        (300, "uint8"),
        (-1, "uint8"),
        ([-1], "uint32"),
        ([2**40], "int32"),
        ([math.nan], "int64"),
        ([math.inf], "int32"),
        ([2.0**63], "int64"),
        (2**64, "uint64"),
        (2**63, None),
        (10**400, "float32"),
    ],
)
def test_number_that_does_not_fit_is_refused(data, dtype):
    with pytest.raises(RangeError, match="does not fit into"):
        bd.tensor(data, dtype)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "got       None"),
        ([1.0, None], "got       object (list)"),
        ("1", "got       <U1 (str)"),
        (["a", "b"], "got       <U1 (list)"),
        ({"a": 1}, "got       object (dict)"),
        ((i for i in range(3)), "got       object (generator)"),
        (np.array([1j]), "try       .real, or two channels"),
        (1j, "try       .real, or two channels"),
        (np.array(["2026-01-01"], "datetime64[D]"), "got       datetime64[D]"),
        ([[1.0, 2.0], [3.0]], "rows have different lengths"),
        ([2**70], "got       object (list)"),
        (np.array([1], "int16"), "tensors do not hold int16"),
    ],
)
def test_what_is_no_number_is_refused(data, text):
    with pytest.raises(DTypeError) as caught:
        bd.tensor(data)

    assert text in str(caught.value)


def test_error_of_ragged_rows_is_whole():
    with pytest.raises(DTypeError) as caught:
        bd.tensor([[1.0, 2.0], [3.0]])

    assert str(caught.value) == (
        "rows have different lengths\n  try       make all rows equally long"
    )


@pytest.mark.parametrize("make", [bd.tensor, bd.parameter])
@pytest.mark.parametrize("dtype", ["float16", "complex64", "int16", "O", "text", 7])
def test_dtype_that_tensors_do_not_hold_is_refused(make, dtype):
    with pytest.raises(DTypeError) as caught:
        make([1.0], dtype)

    assert str(caught.value) == (
        f"tensors do not hold {dtype}\n"
        "  expected  one of bool, uint8, uint32, uint64, int32, int64, float32, float64"
    )


def test_new_tensor_has_memory_of_its_own():
    data = np.array([[1.0, 2.0]], np.float32)
    made = [
        bd.tensor(data),
        bd.parameter(data),
        bd.tensor(bd.tensor(data)),
        bd.tensor(data, "float32"),
    ]

    data[...] = 0

    assert all(x.tolist() == [[1.0, 2.0]] for x in made)


@pytest.mark.parametrize("lay_out", [np.asfortranarray, lambda x: x[::-1], lambda x: x.T])
def test_new_tensor_is_in_c_order(lay_out):
    data = lay_out(np.arange(6, dtype=np.float32).reshape(2, 3))

    assert bd.tensor(data).data.flags.c_contiguous
    assert bd.tensor(data, "float64").data.flags.c_contiguous
    np.testing.assert_array_equal(bd.tensor(data).data, data)


def test_tensor_of_a_tensor_keeps_its_kind_and_drops_its_history():
    w = bd.parameter([1.0], "float64")

    assert bd.tensor(w * 2.0).dtype == "float64"
    assert not bd.tensor(w * 2.0).requires_grad
    assert bd.tensor([w, w]).tolist() == [[1.0], [1.0]]


def test_data_frame_is_read_as_its_values():
    class Frame:  # what pandas and polars offer
        def __array__(self, dtype=None, copy=None):
            return np.array([[1.0, 2.0]], dtype)

    assert bd.tensor(Frame()).tolist() == [[1.0, 2.0]]


# ---------------------------------------------------------------------- parameter


def test_parameter_is_a_float_with_tags():
    w = bd.parameter([1, 2], tags=["weight"])

    assert (w.dtype, w.tags, w.requires_grad) == ("float32", ("weight",), True)
    assert bd.parameter([1, 2], "float64").dtype == "float64"


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_parameter_of_whole_numbers_is_refused(dtype):
    with pytest.raises(DTypeError, match="a parameter holds floats"):
        bd.parameter([1.0], dtype)


# ---------------------------------------------------------------------- constants


def test_constants():
    assert bd.zeros(2).tolist() == [0.0, 0.0]
    assert bd.ones((1, 2), "int64").tolist() == [[1, 1]]
    assert bd.full((), 7).item() == 7
    assert bd.full(2, True).dtype == "bool"
    assert bd.full(2, 0.1, "float64").tolist() == [0.1, 0.1]
    assert bd.zeros((2, 0)).shape == (2, 0)


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        (-1, RangeError),
        ((2, -1), RangeError),
        (2.5, DTypeError),
        ((2, "3"), DTypeError),
        (None, DTypeError),
        (True, DTypeError),
    ],
)
@pytest.mark.parametrize("make", [bd.zeros, bd.ones, lambda shape: bd.full(shape, 1.0)])
def test_size_that_is_no_size_is_refused(make, shape, error):
    with pytest.raises(error, match="a size in a shape must be"):
        make(shape)


def test_tensor_that_fits_no_memory_is_refused_at_once():
    with pytest.raises(MemoryError, match=r"\(1099511627776, 1048576\)"):
        bd.zeros((2**40, 2**20))


@pytest.mark.parametrize("bounds", [(3,), (1, 4), (0, 10, 3), (5, 0, -2), (0,), (0.0, 1.0, 0.25)])
def test_arange_is_that_of_numpy(bounds):
    x = bd.arange(*bounds)

    np.testing.assert_array_equal(x.data, np.arange(*bounds))
    assert x.dtype == ("float32" if isinstance(bounds[-1], float) else "int64")


def test_arange_with_step_0_is_refused():
    with pytest.raises(RangeError, match="the step must not be 0"):
        bd.arange(0, 3, 0)


def test_masked_values_are_refused():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])

    with pytest.raises(DTypeError, match="a masked value is no number"):
        bd.tensor(masked)
    assert bd.tensor(masked.filled(0.0)).tolist() == [1.0, 0.0]
    assert bd.tensor(np.ma.array([1.0, 2.0])).tolist() == [1.0, 2.0]
