"""Which kind of numbers comes out when tensors, arrays and numbers meet at the gate."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base.errors import DTypeError, RangeError


def vector(dtype):
    return bd.tensor([1, 2], dtype)


@pytest.mark.parametrize(
    ("other", "dtype"),
    [
        (2, "float32"),
        (2.5, "float32"),
        (True, "float32"),
        (np.float64(2.5), "float32"),
        (np.float32(2.5), "float32"),
        (np.int64(2), "float32"),
        (np.array([1.0, 2.0]), "float32"),
        (np.array([1, 2]), "float32"),
        ([1.5, 2.5], "float32"),
    ],
)
@pytest.mark.parametrize("ours", ["float32", "float64"])
def test_numbers_and_arrays_take_the_width_of_the_tensor(other, dtype, ours):
    for out in (vector(ours) + other, other + vector(ours)):
        assert out.dtype == ours


@pytest.mark.parametrize("ours", ["uint8", "int32", "int64"])
def test_whole_python_number_takes_the_kind_of_the_tensor(ours):
    assert (vector(ours) + 2).dtype == ours
    assert (vector(ours) * True).dtype == ours
    assert (vector(ours) + 2.5).dtype == "float32"
    assert (vector(ours) + np.array([1.0, 2.0])).dtype == "float32"


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        ("float32", "float64", "float64"),
        ("int64", "float32", "float32"),
        ("int64", "float64", "float64"),
        ("uint64", "float32", "float32"),
        ("bool", "float32", "float32"),
        ("int32", "int64", "int64"),
        ("uint8", "int32", "int32"),
        ("uint32", "int32", "int64"),
        ("uint64", "int64", "int64"),
        ("bool", "uint8", "uint8"),
    ],
)
def test_two_tensors_meet_in_their_common_kind(first, second, common):
    assert (vector(first) + vector(second)).dtype == common
    assert (vector(second) + vector(first)).dtype == common


def test_0d_float_takes_the_width_of_the_others():
    rate = bd.tensor(0.1, "float64")

    assert (vector("float32") * rate).dtype == "float32"
    assert (rate * rate).dtype == "float64"
    assert (vector("int64") * rate).dtype == "float64"
    assert (vector("float64") * bd.tensor(0.1)).dtype == "float64"


def test_python_number_is_exact_in_float64():
    assert (bd.tensor([0.0], "float64") + 0.1).tolist() == [0.1]
    assert (bd.tensor([0.0]) + 0.1).tolist() == [float(np.float32(0.1))]


@pytest.mark.parametrize(("ours", "number"), [("uint8", 256), ("uint8", -1), ("int32", 2**31)])
def test_number_that_the_tensor_cannot_hold_is_refused(ours, number):
    with pytest.raises(RangeError) as caught:
        vector(ours) + number

    assert str(caught.value) == f"{number} does not fit into {ours}"


@pytest.mark.parametrize("other", [None, "1", 1j, object(), {"a": 1}, np.array(["a"])])
def test_what_is_no_number_is_refused(other):
    with pytest.raises(DTypeError, match="a tensor holds numbers"):
        vector("float32") + other


def test_float64_data_in_a_float32_network_is_narrowed_once():
    w, x = bd.parameter(np.ones((3, 2))), np.random.default_rng(0).standard_normal((4, 3))

    y = x @ w

    assert (w.dtype, y.dtype) == ("float32", "float32")
    assert bd.grad(y.sum(), w).dtype == "float32"


def test_array_in_any_layout_is_read_alike():
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    w = bd.tensor(np.random.default_rng(0).standard_normal((4, 2)))
    layouts = [np.asfortranarray(x), x[::-1][::-1], x.astype(">f4"), np.broadcast_to(x, x.shape)]

    outs = {(layout @ w).data.tobytes() for layout in [x, *layouts]}

    assert len(outs) == 1


def test_index_arithmetic_survives_two_to_the_31():
    x = bd.Tensor(np.broadcast_to(np.float32(1.5), (2**31 + 5,)))

    assert x[2**31 + 4].item() == 1.5
    assert x[2**31 :].shape == (5,)
    assert x.reshape(1, -1).shape == (1, 2**31 + 5)
    assert x.size == 2**31 + 5
