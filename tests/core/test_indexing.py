from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import badak as bd
from badak.base.errors import DTypeError, RangeError

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@st.composite
def keys(draw, shape):
    """A key as users write it, with at most one array of positions, and where that stands."""
    items, array_at = [], None
    count = draw(st.integers(0, len(shape)))
    dots = draw(st.booleans())
    split = draw(st.integers(0, count)) if dots else count
    axes = [*range(split), *range(len(shape) - (count - split), len(shape))]
    for number, axis in enumerate(axes):
        if dots and number == split:
            items.append(Ellipsis)
        items.extend([None] * draw(st.integers(0, 1)))
        size = shape[axis]
        kinds = ["slice"] + (["int"] if size else []) + (["array"] if array_at is None else [])
        kind = draw(st.sampled_from(kinds))
        if kind == "slice":
            items.append(draw(st.slices(size)))
        elif kind == "int":
            items.append(draw(st.integers(-size, size - 1)))
        else:
            positions = st.integers(-size, size - 1) if size else st.nothing()
            flat = draw(st.lists(positions, max_size=4)) if size else []
            array_at = len(items)
            items.append(np.array(flat, np.int64).reshape(draw(st.sampled_from([(-1,), (-1, 1)]))))
    if dots and split == len(axes):
        items.append(Ellipsis)
    return tuple(items), array_at


def taken_by_numpy(x, key, array_at):
    """The axis of an array stays in its place: first all else, then the positions."""
    if array_at is None:
        return x[key]
    rest = (*key[:array_at], slice(None), *key[array_at + 1 :])
    # The array's axis after all else was done: mark it by tracing the sizes of its position.
    marker = np.arange(x.size).reshape(x.shape)[rest]
    before = sum(item is not Ellipsis and not isinstance(item, int) for item in key[:array_at])
    if Ellipsis in key[:array_at]:
        used = sum(item is not None and item is not Ellipsis for item in key)
        before += x.ndim - used
    assert marker.ndim > before
    return np.take(x[rest], key[array_at], before)


@settings(max_examples=300)
@given(data=st.data(), shape=SHAPES)
def test_any_key_takes_what_numpy_takes(data, shape):
    key, array_at = data.draw(keys(shape))
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)

    out = bd.tensor(x)[key]

    expected = taken_by_numpy(x, key, array_at)
    assert out.shape == expected.shape
    np.testing.assert_array_equal(out.data, expected)


@given(data=st.data(), shape=SHAPES)
def test_gradient_of_any_key_counts_how_often_each_value_was_taken(data, shape):
    key, array_at = data.draw(keys(shape))
    places = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
    x = bd.parameter(np.zeros(shape))
    out = x[key]

    g = bd.grad(out, x, weight=np.ones(out.shape))

    taken = taken_by_numpy(places, key, array_at).ravel()
    np.testing.assert_array_equal(g.data.ravel(), np.bincount(taken, minlength=places.size))


@given(start=st.integers(-9, 9), stop=st.integers(-9, 9), step=st.integers(-4, 4).filter(bool))
@example(start=8, stop=-9, step=-1)
def test_slice_with_any_bounds_is_that_of_numpy(start, stop, step):
    x = np.arange(5)

    for key in (slice(start, stop, step), slice(None, stop, step), slice(start, None, step)):
        np.testing.assert_array_equal(bd.tensor(x)[key].data, x[key])


@pytest.mark.parametrize(
    "key",
    [
        [0, 2, 2],
        [],
        (slice(None), [1, 0]),
        (0, [1, 0]),
        ([1, 0], 0),
        (..., [1, 0], 0),
        np.array([2, 0], np.uint8),
        np.array([[0, 1], [2, -1]]),
        (None, [1], None),
        np.array(1),
        (np.int64(-1), slice(np.int32(1), None)),
    ],
    ids=str,
)
def test_key_with_an_array_beside_its_number_is_that_of_numpy(key):
    x = np.arange(24).reshape(3, 4, 2)

    np.testing.assert_array_equal(bd.tensor(x)[key].data, x[key])


def test_axis_of_an_array_stays_in_its_place():
    x = np.arange(24).reshape(2, 3, 4)

    out = bd.tensor(x)[0, :, [0, 2]]

    np.testing.assert_array_equal(out.data, x[0][:, [0, 2]])  # NumPy has its transpose


def test_narrow_positions_reach_into_a_long_axis():
    x = bd.arange(300)

    for dtype in ("uint8", "uint32", "int32"):
        assert x[np.array([200, 7], dtype)].tolist() == [200, 7]


def test_tensor_is_a_key_too():
    x = bd.tensor([10, 20, 30])

    assert x[bd.tensor([2, -1, 0])].tolist() == [30, 30, 10]
    assert x[bd.tensor(np.array([2, 0], np.uint8))].tolist() == [30, 10]
    assert x[bd.tensor(-1)].item() == 30
    assert x[bd.tensor(1) :].tolist() == [20, 30]


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        (3, RangeError, "index 3 is out of range for axis 0 of size 3"),
        (-4, RangeError, "index -4 is out of range for axis 0 of size 3"),
        ((0, 4), RangeError, "index 4 is out of range for axis 1 of size 4"),
        ((0, 0, 0), RangeError, "too many indices: 3 for a tensor with 2 axes"),
        ((..., 0, ...), RangeError, "an index has at most one ellipsis (...)"),
        (([0], [1]), RangeError, "an index has at most one array of positions"),
        ([0, 3], RangeError, "there is no position 3"),
        ([0, -4], RangeError, "there is no position -1"),
        (slice(None, None, 0), RangeError, "the step of a slice must not be 0"),
        (slice(0.5, None), DTypeError, "a slice holds whole numbers"),
        (1.0, DTypeError, "an index must be a whole number"),
        (True, DTypeError, "an index must be a whole number"),
        ("a", DTypeError, "an index must be a whole number"),
        ([0.5], DTypeError, "positions must be whole numbers"),
        (np.array([True, False, True]), DTypeError, "bd.where(mask, x, 0) selects by a mask"),
    ],
)
def test_key_that_does_not_fit_is_refused(key, error, text):
    with pytest.raises(error) as caught:
        bd.zeros((3, 4))[key]

    assert text in str(caught.value)
