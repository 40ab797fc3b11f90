"""The Loop interpreter: what each statement means, and what it does not let pass."""

from __future__ import annotations

import numpy as np
import pytest

from badak.base.dtypes import bool_, float32, float64, int32, int64, uint8
from badak.compiler.loops.build import Builder
from badak.compiler.loops.interpret import LoopError, Memory, interpret_kernels
from badak.compiler.loops.loop import (
    Address,
    Buffer,
    Compute,
    Kernel,
    Load,
    Number,
    Register,
    Store,
)

X = Buffer("x", float32, 20)
Y = Buffer("y", float32, 20)
RAMP = np.arange(20, dtype=np.float32)


def run(b: Builder, memory: Memory | None = None) -> Memory:
    if memory is None:
        memory = Memory()
        memory.put(X, RAMP)
    interpret_kernels([Kernel("tested", b.body)], memory)
    return memory


def computed(op: str, *arrays: np.ndarray, out: np.dtype | None = None) -> np.ndarray:
    """The op over whole vectors, read from buffers and written into one."""
    b, memory = Builder(), Memory()
    registers = []
    for number, array in enumerate(arrays):
        buffer = Buffer(f"in{number}", array.dtype, array.size)
        memory.put(buffer, array)
        registers.append(b.load(buffer, Address(), array.size))
    result = b.compute(op, *registers, dtype=out)
    target = Buffer("out", result.dtype, result.lanes)
    b.store(target, Address(), result)
    return run(b, memory).get(target)


# ---------------------------------------------------------------------- memory


def test_vector_loads_neighbours_or_every_so_manyth_or_one_for_all():
    b = Builder()
    for place, stride in enumerate((1, 3, 0, -2)):
        b.store(Y, Address(4 * place), b.load(X, Address(6), 4, stride))
    b.store(Y, Address(16), b.load(X, Address(), 4))

    y = run(b).get(Y)

    np.testing.assert_array_equal(y[:16], [6, 7, 8, 9, 6, 9, 12, 15, 6, 6, 6, 6, 6, 4, 2, 0])


def test_lanes_at_rest_read_zero_and_write_nothing():
    b = Builder()
    b.store(Y, Address(0), b.load(X, Address(4), 16, active=2))
    b.store(Y, Address(1), Number(-1.0, float32), active=1)
    memory = run(b)

    np.testing.assert_array_equal(memory.read(Y, np.arange(16)), [4, -1, *[0] * 14])
    with pytest.raises(LoopError, match=r"y\[16\] is read before it is written"):
        memory.get(Y)


def test_read_of_what_nobody_wrote_is_an_error_that_names_the_statement():
    b = Builder()
    b.store(X, Address(), b.load(Y, Address(3)))

    with pytest.raises(LoopError) as error:
        run(b)

    assert "y[3] is read before it is written" in str(error.value)
    assert "r0: float32 = y[3]" in str(error.value)


@pytest.mark.parametrize("place", [-1, 20])
def test_access_outside_of_a_buffer_is_an_error(place):
    b = Builder()
    b.store(Y, Address(place), b.load(X, Address()))

    with pytest.raises(LoopError, match=rf"y\[{place}\] lies outside of the buffer"):
        run(b)


def test_vector_that_ends_outside_of_a_buffer_is_an_error():
    b = Builder()
    b.store(Y, Address(), b.load(X, Address(8), 16))

    with pytest.raises(LoopError, match=r"x\[20\] lies outside of the buffer"):
        run(b)


def test_buffers_may_share_memory_one_after_the_other_only():
    memory = Memory({"x": 0, "y": 40})
    memory.put(X, RAMP)
    memory.put(Y, RAMP)

    assert memory.get(Y)[0] == 0
    with pytest.raises(LoopError, match=r"x\[10\] is read before it is written"):
        memory.get(X)


# ---------------------------------------------------------------------- loops


def test_loop_hands_on_what_it_carries():
    b = Builder()
    with b.loop(20, carry=[Number(100.0, float32)]) as turn:
        here = b.load(X, Address(0, ((turn.index, 1),)))
        turn.after_turn = (b.compute("add", turn.inside[0], here),)
    b.store(Y, Address(), turn.ends[0])

    assert run(b).read(Y, np.array([0])) == 100 + RAMP.sum()


def test_loop_without_turns_leaves_the_start():
    b = Builder()
    with b.loop(0, carry=[b.load(X, Address(7))]) as turn:
        turn.after_turn = (b.compute("neg", turn.inside[0]),)
    b.store(Y, Address(), turn.ends[0])

    assert run(b).read(Y, np.array([0])) == 7


def test_index_is_a_number_and_a_register_is_part_of_an_address():
    b = Builder()
    places = Buffer("places", int64, 3)
    memory = Memory()
    memory.put(X, RAMP)
    memory.put(places, np.array([5, 0, 2]))
    with b.loop(3) as turn:
        place = b.load(places, Address(0, ((turn.index, 1),)))
        b.store(Y, Address(0, ((turn.index, 1),)), b.load(X, Address(1, ((place, 3),))))

    np.testing.assert_array_equal(run(b, memory).read(Y, np.arange(3)), [16, 1, 7])


# ---------------------------------------------------------------------- numbers


def test_fold_combines_lanes_pairwise():
    b = Builder()
    big = np.array([1e8, 1, -1e8, 1], np.float32)
    buffer, memory = Buffer("in", float32, 4), Memory()
    memory.put(buffer, big)
    b.store(Y, Address(), b.fold("add", b.load(buffer, Address(), 4)))

    # (1e8 - 1e8) + (1 + 1); from left to right the first 1 would be lost.
    assert run(b, memory).read(Y, np.array([0])) == 2


def test_maximum_is_nan_where_either_is():
    nan = np.nan
    x, y = np.array([1, nan, 2, nan]), np.array([2, 1, nan, nan])

    np.testing.assert_array_equal(computed("maximum", x, y), [2, nan, nan, nan])
    np.testing.assert_array_equal(computed("minimum", x, y), [1, nan, nan, nan])


def test_float_beyond_the_integers_becomes_the_last_of_them():
    x = np.array([np.nan, np.inf, -np.inf, 2.0**31, -(2.0**31) - 9, -1.9, 255.5])

    as_int32 = computed("cast", x, out=int32)
    as_uint8 = computed("cast", x, out=uint8)

    np.testing.assert_array_equal(as_int32, [0, 2**31 - 1, -(2**31), 2**31 - 1, -(2**31), -1, 255])
    np.testing.assert_array_equal(as_uint8, [0, 255, 0, 255, 0, 0, 255])


def test_nan_is_true():
    np.testing.assert_array_equal(
        computed("cast", np.array([np.nan, 0.0, -0.0, 1e-300]), out=bool_),
        [True, False, False, True],
    )


def test_shift_of_a_signed_number_keeps_its_sign():
    x, bits = np.array([-8, 8], np.int32), np.array([1, 1], np.int32)

    np.testing.assert_array_equal(computed("shift_right", x, bits), [-4, 4])


def test_shift_by_all_bits_is_an_error():
    x = np.array([1], np.int32)

    with pytest.raises(LoopError, match="more bits than it has"):
        computed("shift_right", x, np.array([32], np.int32))


def test_register_of_another_kind_than_promised_is_an_error():
    loaded, promised = Register(float32), Register(float64)
    body = (
        Load(loaded, X, Address()),
        Compute(promised, "neg", (loaded,)),
        Store(Y, Address(), loaded),
    )
    memory = Memory()
    memory.put(X, RAMP)

    with pytest.raises(LoopError, match="the register was to hold 1 float64"):
        interpret_kernels([Kernel("wrong", body)], memory)


def test_register_read_before_it_is_computed_is_an_error():
    with pytest.raises(LoopError, match="KeyError"):
        interpret_kernels([Kernel("wrong", (Store(Y, Address(), Register(float32)),))], Memory())
