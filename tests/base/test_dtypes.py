from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base import dtypes
from badak.base.dtypes import SUPPORTED, as_dtype, common, floating
from badak.base.errors import DTypeError

WHOLE = [kind for kind in SUPPORTED if kind.kind in "biu"]
KINDS = st.lists(st.sampled_from(SUPPORTED), min_size=1, max_size=4)


@given(KINDS)
def test_common_kind_does_not_depend_on_order_or_repetition(kinds):
    assert {common(*order) for order in itertools.permutations(kinds)} == {common(*kinds)}
    assert common(*kinds, *kinds) == common(*kinds)
    assert common(common(*kinds), *kinds) == common(*kinds)


@given(KINDS)
def test_common_kind_is_supported_and_floats_win_by_their_width(kinds):
    floats = [kind for kind in kinds if kind.kind == "f"]

    assert common(*kinds) in SUPPORTED
    if floats:
        assert common(*kinds).itemsize == max(kind.itemsize for kind in floats)


@pytest.mark.parametrize("x", WHOLE)
@pytest.mark.parametrize("y", WHOLE)
def test_whole_numbers_meet_as_in_numpy_and_stay_whole(x, y):
    expected = np.result_type(x, y)

    assert common(x, y) == (np.dtype("int64") if expected.kind == "f" else expected)


def test_floating_makes_floats_of_whole_numbers():
    assert floating(dtypes.int64, dtypes.bool_) == dtypes.DEFAULT_FLOAT
    assert floating(dtypes.int64, dtypes.float64) == dtypes.float64


@pytest.mark.parametrize(
    "name", ["float32", np.float32, np.dtype(">f4"), "f4", np.dtype("float32")]
)
def test_dtype_has_many_names_and_one_byte_order(name):
    assert as_dtype(name) == np.dtype("float32")
    assert as_dtype(name).isnative


def test_python_types_are_names_too():
    assert [as_dtype(kind).name for kind in (bool, int, float)] == ["bool", "int64", "float64"]


@pytest.mark.parametrize(
    "name", ["float16", "complex128", "int8", "U3", "object", "nonsense", 3.5, []]
)
def test_other_dtypes_are_refused(name):
    with pytest.raises(DTypeError, match="tensors do not hold"):
        as_dtype(name)
