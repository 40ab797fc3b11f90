from __future__ import annotations

import numpy as np
import pytest

from badak.base import dtypes
from badak.base.arrays import as_array, exact_array
from badak.base.errors import RangeError


@pytest.mark.parametrize("data", [np.ones(3, np.float32), np.ones(3, np.int64), memoryview(b"abc")])
def test_array_has_memory_of_its_own(data):
    for array in (as_array(data), exact_array(data, dtypes.float64)):
        assert not np.shares_memory(array, np.asarray(data))
        assert array.flags.writeable


@pytest.mark.parametrize(
    ("partners", "dtype"),
    [
        ([], "float32"),
        ([dtypes.float64], "float64"),
        ([dtypes.int64], "float32"),
        ([dtypes.float32, dtypes.float64], "float64"),
    ],
)
def test_floats_take_the_width_of_their_partners(partners, dtype):
    for value in (0.5, [0.5], np.array([0.5]), np.float64(0.5)):
        assert as_array(value, partners).dtype == dtype


def test_whole_array_keeps_its_kind_and_a_whole_number_does_not():
    assert as_array(np.array([1], np.int32), [dtypes.float64]).dtype == "int32"
    assert as_array(1, [dtypes.float64]).dtype == "float64"
    assert as_array(1, [dtypes.bool_]).dtype == "int64"


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        ([1, 300], "uint8", "300 does not fit into uint8\n  expected  0..255"),
        ([-1, 3], "uint8", "-1 does not fit into uint8\n  expected  0..255"),
        (300, "uint8", "300 does not fit into uint8"),
        (
            [float("nan")],
            "int32",
            "nan does not fit into int32\n  expected  -2147483648..2147483647",
        ),
    ],
)
def test_number_outside_of_the_range_is_named(value, dtype, text):
    with pytest.raises(RangeError) as caught:
        exact_array(value, np.dtype(dtype))

    assert str(caught.value) == text


def test_ends_of_the_range_fit():
    for dtype in (dtypes.uint8, dtypes.int32, dtypes.int64, dtypes.uint64):
        ends = [np.iinfo(dtype).min, np.iinfo(dtype).max]
        assert exact_array(np.array(ends, dtype), dtype).tolist() == ends
        assert [exact_array(end, dtype).item() for end in ends] == ends


def test_empty_array_fits_everywhere():
    assert exact_array([], dtypes.uint8).shape == (0,)
