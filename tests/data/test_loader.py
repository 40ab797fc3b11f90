"""Minibatches: every row once, in an order that can be computed again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakError, RangeError
from badak.base.random import generator
from badak.data import Batches, Dataset


def numbered(rows):
    return Dataset(np.arange(rows, dtype=np.float32)[:, None], np.arange(rows))


@pytest.mark.technique(61)
@pytest.mark.parametrize(("size", "steps"), [(100, 1), (1, 100), (10, 10), (30, 4)])
def test_steps_in_an_epoch_of_100_rows(size, steps):
    batches = Batches(numbered(100), size)

    assert len(batches) == steps == len(list(batches.epoch(0)))


@pytest.mark.technique(61, 62)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 3), st.booleans())
def test_every_row_comes_once_with_its_target(rows, size, epoch, shuffle):
    batches = list(Batches(numbered(rows), min(size, rows), shuffle=shuffle).epoch(epoch))

    assert sorted(np.concatenate([t for _, t in batches])) == list(range(rows))
    assert all((x[:, 0] == t).all() for x, t in batches)
    assert all(len(x) == min(size, rows) for x, _ in batches[:-1])


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2), st.data())
def test_an_epoch_begun_in_the_middle_goes_on_with_the_same_batches(rows, size, epoch, data):
    batches = Batches(numbered(rows), min(size, rows), seed=5)
    start = data.draw(st.integers(0, len(batches)))

    whole = [t.tolist() for _, t in batches.epoch(epoch)]
    rest = [t.tolist() for _, t in batches.epoch(epoch, start)]

    assert rest == whole[start:]


def test_order_is_the_named_permutation_of_the_generator():
    batches = Batches(numbered(7), 3, seed=11)
    order = generator(11, "shuffle", 2).permutation(7)

    assert [t.tolist() for _, t in batches.epoch(2)] == [
        order[:3].tolist(),
        order[3:6].tolist(),
        order[6:].tolist(),
    ]


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = [
        Batches(numbered(30), 30, seed=seed).order(epoch).tolist()
        for seed in (0, 1)
        for epoch in (0, 1)
    ]

    assert len({tuple(order) for order in orders}) == 4


def test_drop_last_leaves_out_the_short_batch():
    batches = Batches(numbered(10), 4, drop_last=True)

    assert [len(x) for x, _ in batches.epoch(0)] == [4, 4]
    assert len(batches) == 2
    assert batches.last_size == 4


@pytest.mark.parametrize(("rows", "size", "last"), [(10, 4, 2), (10, 5, 5), (9, 4, 1), (3, 3, 3)])
def test_the_size_of_the_last_batch_is_known_before_it_comes(rows, size, last):
    batches = Batches(numbered(rows), size)

    assert batches.last_size == last == len(list(batches.epoch(0))[-1][0])


def test_a_batch_larger_than_the_data_takes_all_and_says_so():
    with pytest.warns(UserWarning, match="batch_size 9 is more than the 4 rows"):
        batches = Batches(numbered(4), 9)

    assert [len(x) for x, _ in batches.epoch(0)] == [4]


@pytest.mark.parametrize("size", [0, -1, 2.5, None, "3", True])
def test_a_batch_size_that_is_none_is_refused(size):
    with pytest.raises(BadakError, match="batch_size"):
        Batches(numbered(4), size)


@pytest.mark.parametrize(("epoch", "start"), [(-1, 0), (0, -1), (0, 3)])
def test_an_epoch_or_start_that_does_not_exist_is_refused_at_once(epoch, start):
    with pytest.raises(RangeError, match=r"epoch must|start is out"):
        Batches(numbered(4), 2).epoch(epoch, start)


def test_repr_says_how_the_data_is_cut():
    assert repr(Batches(numbered(10), 5, shuffle=False)) == (
        "Batches(10 rows, 2 batches of 5, in order)"
    )


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("rows", "size"), [(10, 4), (12, 4), (3, 3), (5, 1)])
def test_row_numbers_are_those_of_the_batches(rows, size, drop_last):
    numbers = np.arange(rows)
    batches = Batches(Dataset(numbers[:, None], numbers), size, seed=2, drop_last=drop_last)
    for start in range(len(batches) + 1):
        tables = batches.rows(3, start)

        assert len({table.shape[1] for table in tables}) == len(tables)
        found = [row.tolist() for table in tables for row in table]
        assert found == [t.tolist() for _, t in batches.epoch(3, start)]


# ---- balanced ---------------------------------------------------------------------------------


def unequal():
    return Dataset(np.zeros((60, 1)), np.repeat([0, 1, 2], [50, 7, 3]))


def test_a_balanced_epoch_has_as_many_rows_of_each_class():
    batches = Batches(unequal(), 16, balanced=True)
    counts = [np.bincount(batches.dataset.t[batches.order(epoch)]) for epoch in range(3)]

    assert [count.tolist() for count in counts] == [[20, 20, 20]] * 3


def test_a_balanced_order_takes_the_rows_of_a_class_evenly():
    batches = Batches(unequal(), 16, balanced=True)
    times = np.bincount(batches.order(0), minlength=60)

    assert {*times[:50]} == {0, 1}
    assert {*times[50:57]} == {2, 3}
    assert {*times[57:]} == {6, 7}


def test_each_balanced_epoch_has_an_order_of_its_own_that_comes_again():
    batches = Batches(unequal(), 16, balanced=True)

    assert batches.order(1).tolist() == Batches(unequal(), 16, balanced=True).order(1).tolist()
    assert sorted(batches.order(0)) != sorted(batches.order(1))
    assert [len(x) for x, _ in batches.epoch(0)] == [16, 16, 16, 12]


def test_no_class_is_always_the_one_with_a_row_more():
    batches = Batches(Dataset(np.zeros((10, 1)), np.arange(10) % 3), 5, balanced=True)
    most = {np.bincount(batches.dataset.t[batches.order(e)]).argmax() for e in range(20)}

    assert most == {0, 1, 2}


def test_one_hot_rows_are_balanced_as_their_classes():
    hot = Batches(unequal().one_hot(), 16, balanced=True)

    assert hot.order(0).tolist() == Batches(unequal(), 16, balanced=True).order(0).tolist()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Batches(Dataset(np.zeros((4, 1)), np.zeros((4, 1))), 2, balanced=True),
        lambda: Batches(Dataset(np.zeros((4, 1)), np.full((4, 2), 0.5)), 2, balanced=True),
        lambda: Batches(numbered(4), 2, balanced=True, shuffle=False),
        lambda: Batches(numbered(4), 2, balanced=True, bootstrap=True),
    ],
)
def test_what_cannot_be_balanced_is_refused(wrong):
    with pytest.raises(RangeError, match="balanced"):
        wrong()


@pytest.mark.technique(62)
@pytest.mark.parametrize("size", [1, 7, 8, 24, 32, 33])
def test_any_batch_size_will_do_powers_of_two_or_not(size):
    assert sum(len(x) for x, _ in Batches(numbered(100), size).epoch(0)) == 100
