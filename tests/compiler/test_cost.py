"""Operations and bytes of kernels, against formulas."""

from __future__ import annotations

import pytest

import badak as bd
from badak.base.dtypes import float32, float64
from badak.compiler.loops.build import Builder
from badak.compiler.loops.cost import Cost, cost
from badak.compiler.loops.loop import Address, Buffer, Kernel, Number
from badak.compiler.programs.program import Program
from badak.ops import conv, gather


def cost_of(fn, *arguments) -> Cost:
    program = Program(bd.trace(fn, *arguments).graph, len(arguments), workers=1)
    return sum((cost(kernel) for kernel in program.kernels), Cost())


@pytest.mark.parametrize(
    ("m", "n", "k"), [(1, 1, 1), (97, 10, 33), (5, 17, 3), (64, 64, 64), (3, 200, 1)]
)
def test_a_product_of_matrices_takes_2mnk_operations(m, n, k):
    x, y = bd.zeros((m, k)), bd.zeros((k, n))

    assert cost_of(lambda x, y: x @ y, x, y).flops == 2 * m * n * k
    assert cost_of(lambda x, y: x.T @ y.T, x.T, y.T).flops == 2 * m * n * k


def test_a_product_of_matrices_touches_each_number_once():
    found = cost_of(lambda x, y: x @ y, bd.zeros((100, 784)), bd.zeros((784, 50)))

    assert (found.read, found.written) == (4 * (100 * 784 + 784 * 50), 4 * 100 * 50)


@pytest.mark.parametrize(
    ("outputs", "channels", "size", "kernel", "groups"),
    [(5, 3, 8, 3, 1), (6, 4, 9, 3, 2), (30, 1, 28, 5, 1)],
)
def test_a_convolution_takes_two_operations_a_weight_and_place(
    outputs, channels, size, kernel, groups
):
    x = bd.zeros((2, channels, size, size))
    w = bd.zeros((outputs, channels // groups, kernel, kernel))

    found = cost_of(lambda x, w: conv(x, w, padding=1, groups=groups), x, w)

    places = 2 * outputs * (size + 3 - kernel) ** 2
    assert found.flops == 2 * places * channels // groups * kernel**2


@pytest.mark.parametrize("shape", [(1,), (100,), (7, 13), (3, 1, 5)])
def test_an_elementwise_kernel_reads_and_writes_each_number_once(shape):
    x = bd.zeros(shape)

    found = cost_of(lambda x: x * 2.0 + 1.0, x)

    assert found == Cost(flops=2 * x.size, read=4 * x.size, written=4 * x.size)


def test_operations_on_float64_are_told_apart():
    found = cost_of(lambda x: x * x, bd.zeros(21, "float64"))

    assert (found.flops, found.doubles, found.bytes) == (21, 21, 2 * 8 * 21)


def test_whole_numbers_and_comparisons_are_no_operations():
    assert cost_of(lambda x: x * 3 + 1, bd.zeros(21, "int64")).flops == 0
    assert cost_of(lambda x: x > 0.5, bd.zeros(21)).flops == 0


def test_rows_that_are_gathered_count_and_not_the_whole_table():
    rows = bd.tensor([3, 1])

    found = cost_of(lambda x, rows: gather(x, rows, axis=0), bd.zeros((1000, 10)), rows)

    assert (found.read, found.written) == (4 * 20 + 8 * 2, 4 * 20)


def test_private_memory_is_free():
    shared, own = Buffer("x", float32, 16), Buffer("own", float32, 16, private=True)
    b = Builder()
    b.store(own, Address(), b.load(shared, Address(), 16))

    assert cost(Kernel("copy", b.body)) == Cost(read=64)


def test_lanes_at_rest_and_results_that_nobody_uses_are_free():
    x = Buffer("x", float64, 16)
    b = Builder()
    value = b.load(x, Address(), 16)
    b.compute("mul", value, value)
    b.store(x, Address(), b.compute("add", value, value), active=3)
    few = b.load(x, Address(), 16, active=5)
    b.store(x, Address(), b.compute("fma", few, few, few))

    assert cost(Kernel("few", b.body)).flops == 3 + 2 * 5


def test_shares_and_turns_multiply():
    x = Buffer("x", float32, 100)
    b = Builder()
    with b.share(5) as share, b.loop(10, step=4) as turn:
        at = Address().moved(share, 20).moved(turn.index, 1)
        b.store(x, at, b.compute("add", b.load(x, at), Number(1.0, float32)))
    (kernel,) = b.kernels("sparse")

    # Each share touches the places 0, 4 and 8 of its own stretch: three turns.
    assert cost(kernel) == Cost(flops=15, read=4 * 15, written=4 * 15)
