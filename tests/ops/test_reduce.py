from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak.base.errors import DTypeError, RangeError

SHAPES = st.lists(st.integers(1, 4), max_size=4).map(tuple)


@st.composite
def reductions(draw):
    """An array with many ties, axes (some counted from the end) and keepdims."""
    shape = draw(SHAPES)
    picked = sorted(draw(st.sets(st.sampled_from(range(len(shape))))) if shape else set())
    axes = tuple(axis - len(shape) if draw(st.booleans()) else axis for axis in picked)
    seed = draw(st.integers(0, 2**32 - 1))
    x = np.random.default_rng(seed).integers(-3, 4, shape) / 2
    choices = [axes, None, axes[0]] if len(axes) == 1 else [axes, None]
    return x, draw(st.sampled_from(choices)), draw(st.booleans())


def plain_logsumexp(x, axis, keepdims):
    return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))


@pytest.mark.parametrize(
    ("ours", "numpys"),
    [
        (bd.sum, np.sum),
        (bd.mean, np.mean),
        (bd.var, np.var),
        (bd.max, np.max),
        (bd.min, np.min),
        (bd.logsumexp, plain_logsumexp),
        (lambda x, axis, keepdims: x.any(axis, keepdims), np.any),
        (lambda x, axis, keepdims: x.all(axis, keepdims), np.all),
    ],
    ids=["sum", "mean", "var", "max", "min", "logsumexp", "any", "all"],
)
@given(reduction=reductions())
def test_reduction_over_any_axes_is_that_of_numpy(ours, numpys, reduction):
    x, axis, keepdims = reduction

    out = ours(bd.tensor(x, "float64"), axis=axis, keepdims=keepdims)

    np.testing.assert_allclose(out.data, numpys(x, axis=axis, keepdims=keepdims), 1e-14, 1e-14)


@pytest.mark.parametrize(("ours", "numpys"), [(bd.argmax, np.argmax), (bd.argmin, np.argmin)])
@given(reduction=reductions())
def test_position_of_an_extreme_counts_the_axes_laid_end_to_end(ours, numpys, reduction):
    x, axis, keepdims = reduction
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis) % max(x.ndim, 1)
    axes = [int(i) for i in axes]
    kept = [i for i in range(x.ndim) if i not in axes]
    rows = x.transpose(*kept, *axes).reshape(*(x.shape[i] for i in kept), -1)

    out = ours(bd.tensor(x), axis=axis, keepdims=keepdims)

    np.testing.assert_array_equal(out.data.ravel(), numpys(rows, axis=-1).ravel())


@given(reduction=reductions())
def test_gradient_of_max_goes_to_the_first_of_equal_values(reduction):
    x, axis, keepdims = reduction
    p = bd.parameter(x, "float64")
    out = bd.max(p, axis, keepdims)

    g = bd.grad(out, p, weight=np.ones(out.shape)).data

    assert g.sum() == out.size
    assert set(np.unique(g)) <= {0.0, 1.0}
    assert np.all(x[g == 1.0] == np.broadcast_to(np.max(x, axis, keepdims=True), x.shape)[g == 1.0])
    if axis is None:
        assert g.ravel()[np.argmax(x)] == 1.0


@pytest.mark.parametrize("dtype", ["uint8", "uint32", "uint64", "int32", "int64", "bool"])
def test_smallest_of_whole_numbers_survives_the_ends_of_their_range(dtype):
    ends = [False, True] if dtype == "bool" else [np.iinfo(dtype).min, np.iinfo(dtype).max]
    x = bd.tensor(np.array([ends[1], ends[0], ends[1]], dtype))

    assert x.min().item() == ends[0]
    assert x.min().dtype == np.dtype(dtype)
    assert x.argmin().item() == 1
    assert x.argmax().item() == 0


@pytest.mark.parametrize("function", [bd.max, bd.min, bd.argmax, bd.argmin])
def test_extreme_of_no_values_is_refused(function):
    with pytest.raises(RangeError, match="of no values is undefined"):
        function(bd.zeros((2, 0)), axis=1)


@pytest.mark.parametrize("function", [bd.max, bd.min, bd.argmax, bd.argmin, bd.sum])
def test_reduction_inside_an_empty_batch_is_empty(function):
    assert function(bd.zeros((0, 3)), axis=1).shape == (0,)


def test_of_no_values_none_is_true_and_all_are():
    x = bd.zeros((2, 0))

    assert x.any(axis=1).tolist() == [False, False]
    assert x.all(axis=1).tolist() == [True, True]


def test_sum_of_nothing_is_0_and_its_mean_is_nan():
    x = bd.zeros((2, 0))

    assert x.sum(axis=1).tolist() == [0.0, 0.0]
    assert np.isnan(x.mean(axis=1).data).all()


def test_nan_is_the_largest_and_smallest_of_its_row():
    x = bd.tensor([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]])

    np.testing.assert_array_equal(x.max(1).data, [np.nan, 3.0])
    np.testing.assert_array_equal(x.min(1).data, [np.nan, 1.0])
    assert x.argmax(1).tolist() == [1, 2]


def test_gradient_of_max_reaches_no_other_value_even_when_it_is_infinite():
    x = bd.parameter([1.0, 4.0])

    g = bd.grad(x.max() * np.inf, x)

    assert g.tolist() == [0.0, np.inf]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint32", "int32"])
def test_sum_of_narrow_whole_numbers_does_not_wrap(dtype):
    x = bd.tensor(np.ones(300, dtype))

    assert x.sum().item() == 300
    assert x.sum().dtype.itemsize == 8


def test_axis_that_does_not_exist_is_refused():
    with pytest.raises(RangeError) as caught:
        bd.ones((2, 3)).sum(axis=5)

    assert (
        str(caught.value) == "sum: axis 5 is out of range for 2 axes\n  expected  an axis in -2..1"
    )


@pytest.mark.parametrize(
    ("axis", "error"),
    [((0, 0), RangeError), ((0, -2), RangeError), (1.0, DTypeError), ("0", DTypeError)],
)
def test_axis_named_twice_or_not_whole_is_refused(axis, error):
    with pytest.raises(error):
        bd.ones((2, 3)).sum(axis=axis)


def test_variance_has_the_gradient_of_its_formula():
    x = np.array([1.0, 2.0, 4.0, 5.0])
    p = bd.parameter(x, "float64")

    g = bd.grad(p.var(), p).data

    np.testing.assert_allclose(g, 2 * (x - x.mean()) / len(x), rtol=1e-15)
