"""What is the same is written down once: address arithmetic, and kernels that are alike."""

from __future__ import annotations

import pytest

from badak.compiler.machine.address import Addresses
from badak.compiler.parse import parse
from badak.compiler.programs.program import Program


class Page:
    """Takes lines down and gives them numbers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.addresses = Addresses(self.give)

    def give(self, text: str) -> str:
        self.lines.append(text)
        return f"%r{len(self.lines)}"


def test_an_address_is_a_sum_of_terms_and_a_distance():
    page = Page()

    assert page.addresses.at("%arena", [("%v2", 8), ("%v1", 4)], 64) == "%r5"
    assert page.lines == [
        "mul nsw i64 %v1, 4",
        "getelementptr i8, ptr %arena, i64 %r1",
        "mul nsw i64 %v2, 8",
        "getelementptr i8, ptr %r2, i64 %r3",
        "getelementptr i8, ptr %r4, i64 64",
    ]


@pytest.mark.parametrize(
    ("terms", "distance", "more"),
    [
        ([("%v1", 4), ("%v2", 8)], 64, 0),
        ([("%v2", 3), ("%v1", 4), ("%v2", 5)], 64, 0),
        ([("%v1", 4), ("%v2", 8)], 128, 1),
        ([("%v1", 4)], 64, 1),
        ([("%v1", 4), ("%v10", 8)], 64, 3),
    ],
)
def test_what_has_been_computed_is_not_computed_again(terms, distance, more):
    page = Page()
    page.addresses.at("%arena", [("%v1", 4), ("%v2", 8)], 64)
    before = len(page.lines)

    page.addresses.at("%arena", terms, distance)

    assert len(page.lines) == before + more


def test_terms_that_cancel_out_move_nothing():
    page = Page()

    page.addresses.at("%own", [("%v1", 4), ("%v1", -4)], 0)

    assert page.lines == []


ALIKE = """
    graph(x: float32[40,40], y: float32[40,40], z: float32[40,40], u: float32[40,40]) {
      a: float32[40,40] = matmul(x, y)
      b: float32[40,40] = matmul(z, u)
      c: float32[40,40] = matmul(a, b)
      return c
    }"""


def test_kernels_that_differ_in_their_buffers_alone_share_a_function():
    program = Program(parse(ALIKE), 4)

    functions = program.source.split("define internal void @step_")[1:]
    assert len(program.kernels) >= 3
    assert 3 * len(functions) == len(program.kernels)


def test_the_pointer_of_a_buffer_is_loaded_once():
    source = Program(parse(ALIKE), 4).source

    kernels, step = source.split("define void @step(")
    assert "load ptr" not in kernels
    assert step.count(".slot, align 8") == 5
