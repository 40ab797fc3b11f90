from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak.base.errors import DTypeError, RangeError

WORDS = st.integers(0, 2**64 - 1)


def drawn(function, count=20_000, key=1, counter=0, **options):
    return function(key, counter, count, **options).data.astype(np.float64)


@pytest.mark.parametrize(
    ("function", "law"), [(bd.random_uniform, "uniform"), (bd.random_normal, "norm")]
)
@pytest.mark.parametrize("key", [0, 1, 2**63 + 1])
def test_numbers_follow_their_distribution(function, law, key):
    stats = pytest.importorskip("scipy.stats", reason="needs scipy")

    assert stats.kstest(drawn(function, key=key), law).pvalue > 0.001


@pytest.mark.parametrize("apart", [(1, 0), (0, 1), (2**32, 0), (0, 2**32)])
def test_keys_and_counters_give_streams_that_do_not_go_together(apart):
    first = drawn(bd.random_uniform, key=5, counter=7)
    second = drawn(bd.random_uniform, key=5 + apart[0], counter=7 + apart[1])

    assert not np.any(first[:64] == second[:64])
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(len(first))


@given(key=WORDS, counter=WORDS, count=st.integers(0, 200), more=st.integers(0, 200))
def test_a_longer_draw_begins_with_the_shorter(key, counter, count, more):
    short, long = bd.random_bits(key, counter, count), bd.random_bits(key, counter, count + more)

    np.testing.assert_array_equal(long.data[:count], short.data)


@given(key=WORDS, counter=WORDS)
def test_number_and_tensor_keys_say_the_same(key, counter):
    words = bd.random_bits(key, counter, (2, 3))

    held = bd.tensor(key, "uint64"), bd.tensor(counter, "uint64")

    np.testing.assert_array_equal(bd.random_bits(*held, (2, 3)).data, words.data)
    assert words.dtype == "uint32"


def test_uniform_numbers_are_equal_in_float32_and_float64():
    narrow = drawn(bd.random_uniform, dtype="float32")
    wide = drawn(bd.random_uniform, dtype="float64")

    np.testing.assert_array_equal(narrow, wide)
    np.testing.assert_array_equal(narrow < 0.3, wide < 0.3)


def test_uniform_numbers_lie_in_0_to_1_without_1():
    x = drawn(bd.random_uniform, count=200_000)

    assert x.min() >= 0.0
    assert x.max() < 1.0
    assert np.all(x * 2**24 == np.floor(x * 2**24))


def test_normal_numbers_are_finite_for_every_uniform_number():
    u = 1.0 - bd.tensor([0.0, 1 - 2.0**-24])

    assert np.isfinite(bd.sqrt(-2.0 * bd.log(u)).data).all()


def test_no_gradient_flows_to_random_numbers():
    assert not bd.random_uniform(1, 0, 3).requires_grad


@pytest.mark.parametrize(
    ("key", "counter", "error"),
    [
        (-1, 0, RangeError),
        (0, -1, RangeError),
        (2**64, 0, RangeError),
        (0.5, 0, DTypeError),
        ([1, 2], 0, DTypeError),
    ],
)
def test_key_that_is_no_64_bit_word_is_refused(key, counter, error):
    with pytest.raises(error):
        bd.random_bits(key, counter, 3)
