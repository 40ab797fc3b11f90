"""Tensors that several compiled functions read and assign."""

from __future__ import annotations

import numpy as np

import badak as bd


def functions():
    w = bd.parameter([1.0, 2.0])

    @bd.compile
    def add(x):
        w.assign(w + x)
        return w * 1.0

    @bd.compile
    def double():
        w.assign(w * 2.0)
        return w * 1.0

    @bd.compile
    def read():
        return w * 1.0

    return w, add, double, read


def test_one_function_reads_what_another_has_assigned_each_time():
    w, add, _, read = functions()

    for turn in range(1, 4):
        add(bd.tensor([1.0, 1.0]))

        np.testing.assert_array_equal(read().data, [1 + turn, 2 + turn])
        np.testing.assert_array_equal(w.data, [1 + turn, 2 + turn])


def test_two_functions_assign_in_turn():
    _, add, double, read = functions()

    for _ in range(3):
        add(bd.tensor([1.0, 0.0]))
        double()

    np.testing.assert_array_equal(read().data, [(((1 + 1) * 2 + 1) * 2 + 1) * 2, 16])


def test_numbers_that_were_read_out_stay():
    w, add, _, _ = functions()
    add(bd.tensor([1.0, 1.0]))
    kept = [w.detach(), w.T, bd.tensor(w), w.numpy()]

    add(bd.tensor([1.0, 1.0]))

    for one in kept:
        np.testing.assert_array_equal(np.asarray(one), [2, 3])


def test_argument_that_is_the_state_itself_is_read_as_it_was():
    w, add, _, _ = functions()

    results = [add(w).data for _ in range(3)]

    np.testing.assert_array_equal(results, [[2, 4], [4, 8], [8, 16]])


def test_argument_that_is_the_state_itself_is_not_written_over_before_it_is_read():
    w = bd.parameter([1.0, 2.0])

    @bd.compile
    def step(x):
        w.assign(w + 1.0)
        return x @ x

    assert [step(w).item() for _ in range(3)] == [1 + 4, 4 + 9, 9 + 16]
