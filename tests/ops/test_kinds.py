"""In which kind of numbers each primitive computes, for every kind that tensors hold."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base import dtypes
from badak.base.dtypes import SUPPORTED
from badak.core.dispatch import apply
from tests.contracts.elementwise_cases import CASES

KINDS = [kind.name for kind in SUPPORTED]
WHOLE = [kind for kind in KINDS if not kind.startswith("float")]

NUMBERS = ("add", "sub", "mul", "neg", "abs", "sign")
FLOATS = (
    "div", "pow", "floor", "exp", "log", "log1p", "expm1", "sqrt", "tanh", "sigmoid", "erf", "sin",
    "cos",
)  # fmt: skip
TOGETHER = ("maximum", "minimum")
TRUTH = (
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and",
    "logical_or", "logical_not",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _promises_are_checked():
    with bd.debug():
        yield


def two(kind):
    return bd.tensor([1, 0, 1], kind)


def inputs(name, *kinds):
    count = len(CASES[name][0].inputs)
    return [two(kind) for kind in (kinds * 2)[:count]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_keep_their_kind_and_booleans_count(name, kind):
    out = apply(name, *inputs(name, kind))

    assert out.dtype == ("int64" if kind == "bool" else kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FLOATS)
def test_functions_of_real_numbers_compute_in_floats(name, kind):
    out = apply(name, *inputs(name, kind))

    assert out.dtype == (kind if kind.startswith("float") else "float32")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TRUTH)
def test_questions_are_answered_by_booleans(name, kind):
    assert apply(name, *inputs(name, kind)).dtype == "bool"


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("name", ["maximum", "concat", "where", "add"])
def test_two_kinds_meet_in_their_common_one(name, first, second):
    x, y = two(first), two(second)
    condition, axis = {"where": ([True],)}, {"concat": {"axis": 0}}

    out = apply(name, *condition.get(name, ()), x, y, **axis.get(name, {}))

    both_bool = name == "add" and first == second == "bool"
    assert out.dtype == ("int64" if both_bool else dtypes.common(x.dtype, y.dtype))


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("name", ["add", "mul", "maximum", "minimum", "less", "equal"])
def test_whole_numbers_are_computed_as_numpy_does(name, kind):
    x, y = np.array([3, 0, 1, 2]).astype(kind), np.array([1, 1, 1, 3]).astype(kind)
    numpys = {"add": np.add, "mul": np.multiply, "less": np.less, "equal": np.equal}
    numpys |= {"maximum": np.maximum, "minimum": np.minimum}
    wide = (x.astype("int64"), y.astype("int64")) if kind == "bool" else (x, y)

    out = apply(name, bd.tensor(x), bd.tensor(y))

    np.testing.assert_array_equal(out.data, numpys[name](*wide))


@pytest.mark.parametrize("kind", KINDS)
def test_sums_and_positions_of_any_kind_keep_their_promises(kind):
    x = two(kind)
    wide = {"bool": "int64", "uint8": "uint64", "uint32": "uint64", "int32": "int64"}

    assert (x.sum().item(), x.sum().dtype) == (2, wide.get(kind, kind))
    assert (x.argmax().item(), x.argmax().dtype) == (0, "int64")
    assert (x.argmin().item(), x.min().item(), x.min().dtype) == (1, 0, kind)
    assert x.mean().dtype == (kind if kind.startswith("float") else "float32")


def test_whole_numbers_wrap_as_numpy_does():
    assert (bd.tensor(np.array([255], np.uint8)) + 1).tolist() == [0]
    assert (-bd.tensor(np.array([1], np.uint8))).tolist() == [255]
    assert (bd.tensor(np.array([2**31 - 1], np.int32)) + 1).tolist() == [-(2**31)]


@pytest.mark.parametrize("kind", WHOLE)
def test_matrix_product_of_whole_numbers_is_whole(kind):
    x = np.array([[1, 0], [1, 1]]).astype(kind)

    out = bd.tensor(x) @ bd.tensor(x)

    assert out.dtype == ("int64" if kind == "bool" else kind)
    np.testing.assert_array_equal(out.data, x.astype(int) @ x.astype(int))


@pytest.mark.parametrize("kind", KINDS)
def test_what_moves_numbers_keeps_their_kind(kind):
    x = two(kind)
    moved = [x.reshape(3, 1), x[None].T, x[1:], x[::-1], bd.pad(x, [(1, 0)], 1), x.take([0])]

    assert {y.dtype for y in [*moved, bd.windows(x, 2), bd.concat([x, x]), x.max()]} == {x.dtype}


@pytest.mark.parametrize("kind", WHOLE)
def test_stable_functions_of_whole_numbers_do_not_wrap(kind):
    x = np.array([1, 0, 1]).astype(kind)

    for function in (bd.softmax, bd.logsumexp, bd.log_softmax, bd.softplus):
        out, expected = function(bd.tensor(x)), function(x.astype(np.float32))
        np.testing.assert_allclose(out.data, expected.data, rtol=1e-6)


@pytest.mark.parametrize(("narrow", "wide"), [("float32", "float64"), ("float64", "float32")])
def test_gradient_of_mixed_floats_returns_in_the_kind_of_each_input(narrow, wide):
    x, y = bd.parameter([1.0, 2.0], narrow), bd.parameter([3.0, 4.0], wide)

    grads = bd.grad((x * y).sum(), [x, y])

    assert (x * y).dtype == "float64"
    assert [g.dtype for g in grads] == [x.dtype, y.dtype]
    assert [g.tolist() for g in grads] == [[3.0, 4.0], [1.0, 2.0]]


def test_cast_to_whole_numbers_ends_the_gradient():
    x = bd.parameter([1.7, -1.7])

    assert x.astype("int64").tolist() == [1, -1]
    assert not x.astype("int64").requires_grad
    assert not x.astype("int64").astype("float32").requires_grad
