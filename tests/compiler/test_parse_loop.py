"""Kernels from text, and back again."""

from __future__ import annotations

import math

import pytest

import badak as bd
from badak import nn, optim
from badak.base.dtypes import bool_, float32, float64, int64
from badak.base.errors import RangeError
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Kernel, Number, Store
from badak.compiler.loops.parse import parse_kernels
from badak.compiler.loops.show import show_kernel, show_kernels
from badak.compiler.machine.program import program_text
from badak.compiler.programs.lowered import UnsupportedError
from badak.compiler.programs.program import Program
from badak.compiler.testing import random_case, random_graph

TEXT = """\
buffers {
  x: float32[100]
  own: private float32[8]
}

kernel sums for each i in 0 .. 4 {
  r0: float32 x4 = splat(0.0)
  for j in 0, 4 .. 8 with r1: float32 x4 from r0, r2: float32 from 1.5 {
    r3: float32 x4 = x[8 i + j]
    r4: float32 x4 = add(r1, r3)
    own[j] = r4
    next r1 = r4
    next r2 = -inf
  } leaves r5 from r1, r6 from r2
  r7: float32 x4 = x[-4 i + 96; stride -2; 3 lanes]
  r8: int64 = place(i)
  r9: bool = less(r6, 2.0)
  r10: int64 = cast(0.5: float32)
  r11: float32 = fold add(r5)
  x[r8 + r10] = r11
}

kernel nothing {
}"""


def test_text_of_parsed_kernels_is_the_text():
    assert show_kernels(parse_kernels(TEXT)) == TEXT


def test_parsed_kernels_have_buffers_dtypes_and_lanes():
    kernel, _ = parse_kernels(TEXT)
    splat, loop, load = kernel.body[:3]

    assert (splat.output.dtype, splat.output.lanes) == (float32, 4)
    assert splat.inputs == (Number(0.0, float32),)
    assert loop.body[2].buffer == Buffer("own", float32, 8, private=True)
    assert loop.carried[1].after_turn == Number(-math.inf, float32)
    assert (load.stride, load.active, load.address.terms) == (-2, 3, ((kernel.share, -4),))
    assert kernel.body[4].inputs[1] == Number(2.0, float32)


def test_buffers_may_be_given_instead():
    text = "kernel one {\n  x[3] = 1.0\n}"
    x = Buffer("x", float64, 4)

    (kernel,) = parse_kernels(text, [x])

    assert kernel.body[0].buffer is x
    assert kernel.body[0].value == Number(1.0, float64)
    assert show_kernel(kernel) == text


def test_only_share_has_a_name_where_it_is_read():
    b = Builder()
    x = Buffer("x", float32, 4)
    with b.share(1) as share:
        b.store(x, Address(0, ((share, 4),)), Number(0.0, float32))

    text = show_kernels(b.kernels("one"))

    assert "kernel one for each i in 0 .. 1 {\n  x[4 i] = 0.0\n}" in text
    assert show_kernels(parse_kernels(text)) == text


@pytest.mark.parametrize("value", [0, 0.0, -0.0, 1e-45, 3e38, math.inf, -math.inf, math.nan, -7])
def test_numbers_come_back_as_they_are(value):
    stored = Store(Buffer("x", float32, 1), Address(), Number(value, float32))

    (kernel,) = parse_kernels(show_kernels([Kernel("one", (stored,))]))

    back = kernel.body[0].value.value
    assert (repr(back), type(back)) == (repr(value), type(value))


def test_number_of_another_dtype_than_its_place_says_so():
    x, y = Buffer("x", bool_, 1), Buffer("y", int64, 1)
    stores = (
        Store(x, Address(), Number(True, bool_)),
        Store(y, Address(), Number(1.0, float32)),
    )

    text = show_kernels([Kernel("two", stores)])

    assert "x[0] = True" in text
    assert "y[0] = 1.0: float32" in text
    assert show_kernels(parse_kernels(text)) == text


def test_kernels_of_random_programs_come_back_as_the_same_program():
    count = 0
    for seed in range(150):
        case = random_case(random_graph(seed), seed)
        try:
            program = Program(case.graph, case.arguments, case.updates, 1)
        except UnsupportedError:
            continue
        text = show_kernels(program.kernels)

        back = parse_kernels(text)

        assert show_kernels(back) == text
        assert program_text("step", back, program.layout, program.waits) == program.source
        count += len(back)

    assert count > 500


def test_kernels_of_a_training_step_of_a_conv_net_come_back():
    layers = [nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 4)]
    net, loss, optimizer = nn.Sequential(*layers), nn.SoftmaxCrossEntropy(), optim.Adam(lr=0.1)
    parameters = net.parameters()

    @bd.compile
    def step(x, t):
        value = loss(net(x), t)
        optimizer.update(parameters, bd.grad(value, parameters))
        return value

    step(bd.ones((2, 1, 8, 8)), bd.tensor([1, 2]))
    text = str(step.kernels)

    assert "private" in text
    assert show_kernels(parse_kernels(text)) == text


# ---------------------------------------------------------------------- what is no kernel

HEAD = "buffers {\n  x: float32[8]\n}\n\nkernel k for each i in 0 .. 8 {\n"
WRONG = {
    "a line that is none": ("  r0 := x", "line 6: no statement"),
    "an unknown name": ("  x[i] = r7", "line 6: r7 is not computed before it is read"),
    "an unknown index": ("  x[2 j + 1] = 0.0", "line 6: j is not computed before it is read"),
    "an unknown buffer": ("  y[i] = 0.0", "line 6: there is no buffer y"),
    "an unknown dtype": ("  r0: float12 = x[i]", "line 6: tensors do not hold float12"),
    "a name for two": (
        "  r0: float32 = x[i]\n  r0: float32 = x[i]",
        "line 7: r0 is computed twice",
    ),
    "a number of no dtype": ("  r0: int32 = cast(1.0)", "line 6: nothing says of which dtype 1.0"),
    "an index as a register": ("  x[0] = i", "line 6: i is the index of a loop"),
    "a register as an index": (
        "  r0: int64 = place(i)\n  r1: int64 = place(r0)",
        "line 7: r0 is a register",
    ),
    "a note that is none": ("  x[i; 3 times] = 0.0", "line 6: no way to load or store"),
    "a loop without a step": ("  for j in 8 {\n  }", "line 6: no loop"),
    "a loop that hands nothing on": (
        "  for j in 0 .. 8 with r0: float32 from 0.0 {\n  } leaves r1 from r0",
        "line 7: no next value",
    ),
    "a loop that hands on another": (
        "  r9: float32 = x[0]\n  for j in 0 .. 8 with r0: float32 from 0.0 {\n"
        "    next r9 = 1.0\n  } leaves r1 from r0",
        "line 8: r9 is not what the loop carries",
    ),
    "a loop that keeps its end": (
        "  for j in 0 .. 8 with r0: float32 from 0.0 {\n    next r0 = 1.0\n  }",
        "line 8: the loop carries 1 registers and leaves 0",
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_error_names_the_line(mistake):
    body, message = WRONG[mistake]

    with pytest.raises(RangeError) as error:
        parse_kernels(f"{HEAD}{body}\n}}")

    assert str(error.value).startswith(message)
    assert "got" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("graph() {\n}", "line 1: no kernel"),
        ("kernel k {\n", "line 1: no statement"),
        ("buffers {\n  x: float32\n}", "line 2: no buffer"),
        ("buffers {\n  x: int64[1]\n  x: int64[1]\n}", "line 3: there are two buffers x"),
        ("buffers {", "line 1: no buffer"),
        ("kernel k {\n  next r0 = 1\n}", "line 2: the kernel does not end here"),
    ],
)
def test_text_that_is_no_kernel_is_an_error(text, message):
    with pytest.raises(RangeError, match=message):
        parse_kernels(text)


def test_nothing_is_no_kernels():
    assert parse_kernels("  # silence\n") == []
