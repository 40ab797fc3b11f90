"""The verifier of kernels: what it lets pass, and each mistake that it finds."""

from __future__ import annotations

import dataclasses

import pytest

from badak.base.dtypes import float32, int64
from badak.base.errors import StateError
from badak.compiler import parse
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import (
    Address,
    Buffer,
    Carried,
    Compute,
    Index,
    Kernel,
    Load,
    Loop,
    Number,
    Place,
    Register,
    Store,
)
from badak.compiler.loops.parse import parse_kernels
from badak.compiler.loops.verify import span, verify_kernels
from badak.compiler.programs.lowered import UnsupportedError
from badak.compiler.programs.program import Program
from badak.compiler.testing import random_case, random_graph

HEAD = """\
buffers {
  x: float32[40]
  n: int64[40]
  flag: bool[40]
  own: private float32[8]
}
kernel k for each i in 0 .. 10 {
"""


def kernels(body: str) -> list[Kernel]:
    return parse_kernels(f"{HEAD}{body}\n}}")


RIGHT = {
    "all of a buffer": "for j in 0 .. 4 {\n r0: float32 = x[4 i + j]\n x[4 i + j] = r0\n }",
    "an end that is no multiple": "r0: float32 x16 = x[24; 16 lanes]\nx[30; 10 lanes] = r0",
    "a share both ways": "x[4 i + -4 i] = 0.0",
    "a loop without a turn": "for j in 0 .. 0 {\n x[1000] = 0.0\n }",
    "an address from a register": "r0: int64 = n[i]\nx[1000 r0] = 0.0",
    "one number for all lanes": "r0: float32 = x[i]\nr1: float32 x8 = add(r0, 1.0)",
    "a private buffer": (
        "for j in 0 .. 8 {\n own[j] = 0.0\n r0: float32 = own[j]\n }\nr1: float32 x8 = own[0]"
    ),
    "rubbish behind an unknown place": "r0: int64 = n[i]\nown[r0] = 1.0\nr1: float32 = own[7]",
    "what a loop carries": (
        "for j in 0 .. 8 with r0: float32 x4 from 0.0 {\n r1: float32 x4 = add(r0, 1.0)\n"
        " next r0 = r1\n } leaves r2 from r0\nr3: float32 = fold add(r2)"
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_passes(name):
    given = kernels(RIGHT[name])

    assert verify_kernels(given) is given


WRONG = {
    "a dtype that meets another": (
        "r0: int64 = n[i]\nr1: float32 = add(r0, 1.0)",
        "input 0 of add is int64",
    ),
    "a number of another dtype": (
        "r0: float32 = x[i]\nr1: float32 = add(r0, 1: int64)",
        "input 1 of add",
    ),
    "a truth of another dtype": (
        "r0: float32 = x[i]\nr1: float32 = where(r0, r0, r0)",
        "input 0 of where",
    ),
    "a comparison that is no truth": (
        "r0: float32 = x[i]\nr1: float32 = less(r0, 1.0)",
        "less gives float32",
    ),
    "lanes that do not meet": (
        "r0: float32 x4 = x[i]\nr1: float32 x8 = add(r0, r0)",
        "input 0 has 4 lanes",
    ),
    "an op that nobody knows": ("r0: float32 = x[i]\nr1: float32 = tan(r0)", "there is no op tan"),
    "an op of another dtype": ("r0: int64 = n[i]\nr1: int64 = sqrt(r0)", "sqrt is not for int64"),
    "too few inputs": ("r0: float32 = x[i]\nr1: float32 = fma(r0, r0)", "fma has 2 inputs"),
    "bits of another size": (
        "r0: float32 = x[i]\nr1: int64 = bits(r0)",
        "the bits of float32 are no int64",
    ),
    "too far a shift": (
        "r0: int64 = n[i]\nr1: int64 = shift_left(r0, 64)",
        "more bits than there are",
    ),
    "more first lanes than there are": (
        "r0: float32 x4 = x[i]\nr1: float32 x4 = first_5(r0, 0.0)",
        "cannot be the first",
    ),
    "a pick of single numbers": (
        "r0: float32 = x[i]\nr1: float32 = zip_low(r0, r0)",
        "zip_low is for vectors",
    ),
    "lanes that cannot be halved": (
        "r0: float32 x6 = x[i]\nr1: float32 = fold add(r0)",
        "6 lanes cannot be halved",
    ),
    "a fold that depends on the order": (
        "r0: float32 x4 = x[i]\nr1: float32 = fold sub(r0)",
        "cannot be folded by sub",
    ),
    "a fold into many": (
        "r0: float32 x4 = x[i]\nr1: float32 x2 = fold add(r0)",
        "the fold is float32 x2",
    ),
    "a place of another dtype": ("r0: float32 = place(i)", "the place is float32"),
    "a load of another dtype": ("r0: float32 = n[i]", "n holds int64, not float32"),
    "a store of another dtype": ("n[i] = 1.0: float32", "n holds int64, not float32"),
    "an address of fractions": ("r0: float32 = x[i]\nx[r0] = 0.0", "an address is float32"),
    "an element behind the end": ("x[4 i + 4] = 0.0", "x[40] lies outside"),
    "an element before the start": ("x[i + -1] = 0.0", "x[-1] lies outside"),
    "a vector over the end": ("r0: float32 x16 = x[25]", "x[40] lies outside"),
    "lanes too far apart": ("r0: float32 x4 = x[0; stride 14]", "x[42] lies outside"),
    "a last turn outside": (
        "for j in 0, 16 .. 40 {\n r0: float32 x16 = x[j]\n }",
        "x[47] lies outside",
    ),
    "more active lanes than there are": ("r0: float32 x4 = x[i; 5 lanes]", "so many lanes"),
    "a number alone at rest": ("r0: float32 = x[i; 0 lanes]", "so many lanes"),
    "many for one element": (
        "r0: float32 x4 = x[i]\nx[i; stride 0] = r0",
        "for all lanes, or for one",
    ),
    "a private buffer that is read first": (
        "r0: float32 = own[0]",
        "own[0] is private and read before",
    ),
    "a private buffer written in part": (
        "r0: float32 x4 = x[i]\nown[0] = r0\nr1: float32 x8 = own[0]",
        "own[7] is private",
    ),
    "a private buffer written in no turn": (
        "for j in 0 .. 0 {\n own[0] = 0.0\n }\nr0: float32 = own[0]",
        "own[0] is private",
    ),
    "a loop that stands still": ("for j in 0, 0 .. 8 {\n }", "such a loop cannot be counted"),
    "a loop that runs backwards": ("for j in 0 .. -8 {\n }", "such a loop cannot be counted"),
    "a start of another dtype": (
        "r0: int64 = n[i]\nfor j in 0 .. 8 with r1: float32 from r0 {\n"
        " next r1 = r1\n } leaves r2 from r1",
        "the start of what is carried is int64",
    ),
    "a next value of other lanes": (
        "r0: float32 x4 = x[i]\nfor j in 0 .. 8 with r1: float32 from 0.0 {\n"
        " next r1 = r0\n } leaves r2 from r1",
        "the next value of what is carried is float32 x4",
    ),
    "a register that its loop has kept": (
        "for j in 0 .. 4 {\n r0: float32 = x[j]\n }\nx[i] = r0",
        "read after the loop",
    ),
    "an index that its loop has kept": (
        "for j in 0 .. 4 {\n }\nx[j] = 0.0",
        "read outside of its loop",
    ),
}
"""What is wrong with a body, and what the error says of it."""


@pytest.mark.parametrize("name", WRONG)
def test_mistake_is_found_and_named(name):
    body, message = WRONG[name]

    with pytest.raises(StateError) as error:
        verify_kernels(kernels(body), "widen")

    assert error.value.what.startswith("after widen: kernel k: ")
    assert message in error.value.what


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("r0: float32 = x[i]\nr1: float32 = x[i + 31]\nx[i + 32] = r1", "r1: float32 = x[i + 31]"),
        ("for j in 0 .. 8 {\n x[8 i + j] = 0.0\n }", "x[8 i + j] = 0.0"),
        ("for j in 0, 0 .. 8 {\n x[i] = 0.0\n }", "for j in 0, 0 .. 8 {"),
    ],
)
def test_first_bad_statement_is_shown(body, line):
    with pytest.raises(StateError) as error:
        verify_kernels(kernels(body))

    assert error.value.got == line


# ------------------------------------------------------------------ what no text can say

X, R = Buffer("x", float32, 40), Register(float32)
TURN = Index(4)
LOAD = Load(R, X, Address())
TWICE = Loop(TURN, ())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ((LOAD, LOAD), "computed twice"),
        ((Compute(Register(float32), "neg", (R,)), LOAD), "read before it is computed"),
        ((Store(X, Address(), R), LOAD), "read before it is computed"),
        ((Load(R, X, Address(0, ((Register(int64), 1),))),), "read before it is computed"),
        ((Place(Register(int64), TURN), TWICE), "an index is read outside of its loop"),
        ((TWICE, TWICE), "the index belongs to two loops"),
        ((LOAD, Store(Buffer("x", float32, 41), Address(), R)), "is x: float32[40] elsewhere"),
        ((Compute(Register(float32, 0), "splat", (Number(0.0, float32),)),), "no such register"),
        (
            (Loop(TURN, (), (Carried(Number(0.0, float32), R, R, Register(int64)),)),),
            "the end is int64",
        ),
    ],
)
def test_statement_that_no_text_can_say_is_found(body, message):
    with pytest.raises(StateError, match=f"kernel k: .*{message}".replace("[", r"\[")):
        verify_kernels([Kernel("k", body)])


@pytest.mark.parametrize("share", [Index(-1), Index(4, 2)])
def test_shares_are_counted_one_by_one(share):
    with pytest.raises(StateError, match="its shares cannot be counted"):
        verify_kernels([Kernel("k", (), share)])


def test_buffer_is_the_same_in_all_kernels():
    longer = dataclasses.replace(X, size=41)
    both = [
        Kernel(x, (Load(Register(float32), y, Address()),)) for x, y in (("a", X), ("b", longer))
    ]

    with pytest.raises(StateError, match=r"kernel b: x: float32\[41\] is x: float32\[40\]"):
        verify_kernels(both)


# ------------------------------------------------------------------ programs


def test_kernels_of_random_programs_are_right():
    count = 0
    for seed in range(200):
        case = random_case(random_graph(seed), seed)
        try:
            program = Program(case.graph, case.arguments, case.updates, 1)
        except UnsupportedError:
            continue
        verify_kernels(program.kernels)
        count += len(program.kernels)

    assert count > 700


def one_further(original):
    return lambda b, x, at, *more, **names: original(b, x, at.shifted(1), *more, **names)


def one_turn_more(original):
    return lambda b, extent, step=1, carry=(): original(b, extent + 1, step, carry)


def all_lanes(original):
    return lambda b, x, at, lanes=1, stride=1, active=None: original(b, x, at, lanes, stride)


@pytest.mark.parametrize(
    ("method", "mistake"),
    [("load", one_further), ("load", all_lanes), ("loop", one_turn_more)],
)
def test_mistake_planted_in_the_builder_is_found(monkeypatch, method, mistake):
    monkeypatch.setattr(Builder, method, mistake(getattr(Builder, method)))
    text = (
        "graph(x: float32[7,23]) {\n a: float32[7] = sum(x, axes=(1,), keepdims=False)\nreturn a\n}"
    )

    with pytest.raises(StateError, match="lies outside of the buffer"):
        verify_kernels(Program(parse(text), 1, (), 1).kernels)


def test_span_is_what_is_touched():
    i, j = Index(10, 4), Index(3)
    at = Address(2, ((i, 2), (j, -1), (i, 1)))

    access = Load(Register(float32, 4), X, at, stride=-1, active=2)

    assert span(access) == (2 - 2 - 1, 2 + 3 * 8 + 1)
    assert span(access, fixed=[i]) == (-1, 3)
    assert span(access, at_first=True) == (1, 3)
