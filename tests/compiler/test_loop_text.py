"""Kernels as text."""

from __future__ import annotations

from badak.base.dtypes import float32
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Address, Buffer, Kernel, Number
from badak.compiler.loops.show import show_kernel, show_kernels

X = Buffer("x", float32, 100)


def test_every_kind_of_statement_has_its_line():
    b = Builder()
    with b.loop(6) as outer:
        start = b.vector(Number(0.0, float32), 4)
        with b.loop(8, 4, carry=[start]) as turn:
            at = Address(0, ((outer.index, 8), (turn.index, 1)))
            turn.after_turn = (b.compute("add", turn.inside[0], b.load(X, at, 4)),)
        b.load(X, Address(96), 4, stride=-2, active=3)
        place = b.place(outer.index)
        b.store(X, Address(0, ((place, 1),)), b.fold("add", turn.ends[0]))

    assert show_kernel(Kernel("sums", b.body)) == (
        "kernel sums {\n"
        "  for i in 0 .. 6 {\n"
        "    r0: float32 x4 = splat(0.0)\n"
        "    for j in 0, 4 .. 8 with r1: float32 x4 from r0 {\n"
        "      r2: float32 x4 = x[8 i + j]\n"
        "      r3: float32 x4 = add(r1, r2)\n"
        "      next r1 = r3\n"
        "    } leaves r4 from r1\n"
        "    r5: float32 x4 = x[96; stride -2; 3 lanes]\n"
        "    r6: int64 = place(i)\n"
        "    r7: float32 = fold add(r4)\n"
        "    x[r6] = r7\n"
        "  }\n"
        "}"
    )


def test_kernels_stand_one_after_the_other():
    empty = Kernel("nothing", ())

    assert show_kernels([empty, empty]) == "kernel nothing {\n}\n\nkernel nothing {\n}"
