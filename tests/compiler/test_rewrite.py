"""Every law holds bit for bit over a table of special values, and stays away where it is false."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

from badak.base.errors import RangeError
from badak.compiler import interpret, parse, prune, show, simplify, verify
from badak.compiler.rewrite import EXACT, LAWS, MOVES, Law, _neutral
from badak.core.primitive import find
from tests.compiler.meaning import bits, meaning

SIMPLIFY = sys.modules["badak.compiler.passes.simplify"]

WHOLE = [0, 1, 2, 3, 5, 7, 8, 100, 127, 128, 200, 255]


def special(dtype: str) -> np.ndarray:
    """Twenty-four values of a dtype at which laws have failed."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.resize([True, False], 24)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        ends = [limits.min, limits.max, limits.max - 1, limits.max // 2]
        signed = [-1, -2, -128] if limits.min else []
        large = [2**53 + 1, -(2**53) - 1, 2**24 + 1] if kind.itemsize == 8 and signed else []
        return np.resize(np.array([*ends, *signed, *large, *WHOLE], kind), 24)
    limits = np.finfo(kind)
    tiny = limits.smallest_subnormal
    edges = [np.inf, np.nan, limits.max, limits.tiny, tiny, limits.tiny - tiny, 1.0, 0.5]
    plain = [limits.eps, 1 + limits.eps, 3.0, 0.1]
    both = [0.0, -0.0, *edges, *(-x for x in edges), *plain]
    return np.resize(np.array(both, kind), 24)


def inputs_of(graph) -> list[np.ndarray]:
    """Special values for each input; the inputs go through them at different paces."""
    arrays = []
    for number, value in enumerate(graph.inputs):
        table = np.roll(special(str(value.dtype)), 5 * number)
        arrays.append(np.resize(table, value.shape))
    return arrays


def by_law(law: Law, graph):
    """The graph after this law alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SIMPLIFY, "LAWS", (law,))
        return simplify(graph)


def program(line: str, dtype: str):
    """A graph from its equations, separated by `;`, over inputs x[24,1], y[1,24] and z[24]."""
    lines = [f"  {part.strip()}" for part in re.sub(r"\bT\b", dtype, line).split(";")]
    head = f"graph(x: {dtype}[24,1], y: {dtype}[1,24], z: {dtype}[24]) {{"
    last = lines[-1].split(":")[0].strip()
    return verify(parse("\n".join([head, *lines, f"  return {last}", "}"])))


FLOATS = ("float32", "float64")
NUMBERS = (*FLOATS, "int32", "int64", "uint8", "uint64")
ALL = (*NUMBERS, "bool")

HOLDS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "f(constants) -> constant": [
        ("a: T = mul(3.0: T, nan: T)", FLOATS),
        ("a: T[2] = div([0.0, -0.0]: T[2], 0.0: T)", FLOATS),
        ("a: T[3] = exp([-inf, 1.0, 800.0]: T[3])", FLOATS),
        ("a: T[2] = gather([1, 2, 3]: T[3], [2, 0]: int64[2], axis=0)", NUMBERS),
        ("a: T[2,1] = transpose([0, 1]: T[1,2], axes=(1, 0))", NUMBERS),
    ],
    "f(c everywhere) -> f(c) everywhere": [
        ("a: T[24] = broadcast(3: T, shape=(24,)); b: T[24] = neg(a)", NUMBERS),
        ("a: T[24] = broadcast(0: T, shape=(24,)); b: T[24,24] = sub(0: T[24,24], a)", NUMBERS),
        ("a: T[5] = div(0.0: T[5], 0.0: T)", FLOATS),
        ("a: T[5] = sqrt(-1.0: T[5])", FLOATS),
        ("a: bool[3] = logical_not(True: bool[3])", ("bool",)),
        ("a: T[3] = where(True: bool[3], -0.0: T, 1.0: T[1])", FLOATS),
    ],
    "f(x, y repeated) -> f(x, y)": [
        (f"a: T[24,24] = broadcast(x, shape=(24, 24)); b: T[24,24] = {f}(a, y)", kinds)
        for f, kinds in {"add": NUMBERS, "sub": NUMBERS, "mul": NUMBERS, "div": FLOATS}.items()
    ]
    + [
        (f"a: T[24,24] = broadcast(y, shape=(24, 24)); b: T[24,24] = {f}(x, a)", ALL)
        for f in ("maximum", "minimum")
    ]
    + [
        (f"a: T[24,24] = broadcast(y, shape=(24, 24)); b: bool[24,24] = {f}(x, a)", ALL)
        for f in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    ]
    + [
        ("a: T[24,1] = mul(x, 3: T[24,1])", NUMBERS),
        ("a: T[24,1] = maximum(-0.0: T[24,1], x)", FLOATS),
        ("a: bool[24,1] = equal(x, 0: T[1,1]); b: T[24,24] = broadcast(y, shape=(24, 24)); "
         "c: T[24,24] = where(a, b, x)", NUMBERS),
        ("a: T[1,24] = broadcast(z, shape=(1, 24)); b: T[24,24] = add(x, a)", NUMBERS),
        ("a: T[24,24] = broadcast(x, shape=(24, 24)); b: T[24,24] = add(a, a)", NUMBERS),
    ],
    "move(c everywhere) -> c everywhere": [
        ("a: T[6,4] = reshape(2: T[24], shape=(6, 4))", NUMBERS),
        ("a: T[2,3] = broadcast(-0.0: T, shape=(2, 3)); b: T[3,2] = transpose(a, axes=(1, 0))",
         FLOATS),
        ("a: T[24] = flip(nan: T[24], axes=(0,))", FLOATS),
        ("a: T[3] = slice(7: T[24], starts=(0,), stops=(9,), strides=(3,))", NUMBERS),
    ],
    "x * 1 -> x": [("a: T[24] = mul(z, 1: T)", NUMBERS), ("a: T[24] = mul(z, 1: T[24])", NUMBERS)],
    "1 * x -> x": [("a: T[24] = mul(1: T[1], z)", NUMBERS)],
    "x / 1 -> x": [("a: T[24] = div(z, 1.0: T)", FLOATS)],
    "x - 0.0 -> x": [("a: T[24] = sub(z, 0: T)", NUMBERS)],
    "x + -0.0 -> x": [
        ("a: T[24] = add(z, -0.0: T)", FLOATS),
        ("a: T[24] = add(z, 0: T)", ("int64",)),
    ],
    "-0.0 + x -> x": [("a: T[24] = add(-0.0: T[24], z)", FLOATS)],
    "--x -> x": [("a: T[24] = neg(z); b: T[24] = neg(a)", NUMBERS)],
    "not not x -> x": [("a: T[24] = logical_not(z); b: T[24] = logical_not(a)", ("bool",))],
    "cast(x, its own dtype) -> x": [("a: T[24] = cast(z, dtype='T')", ALL)],
    "cast(cast(x, wider), back) -> x": [
        ("a: float64[24] = cast(z, dtype='float64'); b: T[24] = cast(a, dtype='T')",
         ("float32", "int32", "uint8", "uint32", "bool")),
        ("a: int64[24] = cast(z, dtype='int64'); b: T[24] = cast(a, dtype='T')",
         ("int32", "uint8", "uint32", "bool")),
        ("a: float32[24] = cast(z, dtype='float32'); b: T[24] = cast(a, dtype='T')",
         ("uint8", "bool")),
    ],
    "reshape(x, its own shape) -> x": [("a: T[24] = reshape(z, shape=(24,))", ALL)],
    "reshape(reshape(x)) -> reshape(x)": [
        ("a: T[4,6] = reshape(z, shape=(4, 6)); b: T[2,12] = reshape(a, shape=(2, 12))", ALL)
    ],
    "broadcast(x, its own shape) -> x": [("a: T[24] = broadcast(z, shape=(24,))", ALL)],
    "broadcast(broadcast(x)) -> broadcast(x)": [
        ("a: T[24,3] = broadcast(x, shape=(24, 3)); b: T[2,24,3] = broadcast(a, shape=(2, 24, 3))",
         ALL)
    ],
    "transpose(x, in order) -> x": [("a: T[24,1] = transpose(x, axes=(0, 1))", ALL)],
    "transpose(transpose(x)) -> transpose(x)": [
        ("a: T[2,3,4] = reshape(z, shape=(2, 3, 4)); b: T[3,4,2] = transpose(a, axes=(1, 2, 0)); "
         "c: T[2,4,3] = transpose(b, axes=(2, 1, 0))", ALL),
    ],
    "flip(flip(x)) -> x": [("a: T[24] = flip(z, axes=(0,)); b: T[24] = flip(a, axes=(0,))", ALL)],
    "slice(all of x) -> x": [
        ("a: T[24] = slice(z, starts=(0,), stops=(24,), strides=(1,))", ALL),
        ("a: T[1,24] = slice(y, starts=(0, 0), stops=(1, 24), strides=(5, 1))", ALL),
    ],
    "pad(x, by nothing) -> x": [
        ("a: T[24] = pad(z, low=(0,), high=(0,), interior=(0,), value=3)", NUMBERS),
        ("a: T[1,24] = pad(y, low=(0, 0), high=(0, 0), interior=(9, 0), value=3)", NUMBERS),
    ],
    "concat(x) -> x": [
        ("a: T[24] = concat(z, axis=0)", ALL),
        ("a: T[24] = concat(z, []: T[0], axis=0)", ALL),
    ],
}  # fmt: skip
"""Where each law applies."""

STAYS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "f(constants) -> constant": [
        ("a: T[4097] = div(1.0: T[4097], z2: T)".replace("z2", "3.0"), FLOATS),
        ("a: T[24] = add(z, 1: T)", NUMBERS),
        ("a: T[2] = gather([1, 2]: T[2], [2, 0]: int64[2], axis=0)", NUMBERS),
        ("a: T[24] = broadcast(1: T, shape=(24,))", NUMBERS),
    ],
    "f(c everywhere) -> f(c) everywhere": [
        ("a: T[2] = neg([0.0, -0.0]: T[2])", FLOATS),
        ("a: T = neg(1: T)", NUMBERS),
        ("a: T[0] = neg([]: T[0])", NUMBERS),
    ],
    "f(x, y repeated) -> f(x, y)": [
        ("a: T[24,24] = broadcast(x, shape=(24, 24)); b: T[24,24] = neg(a)", NUMBERS),
        ("a: T[24,24] = broadcast(x, shape=(24, 24)); b: T[24,24] = add(a, x)", NUMBERS),
        ("a: T[24,24] = mul(x, 3: T[1,24])", NUMBERS),
        ("a: T[24] = pow(z, 2.0: T[24])", FLOATS),
    ],
    "move(c everywhere) -> c everywhere": [
        ("a: T[1,2] = reshape([0.0, -0.0]: T[2], shape=(1, 2))", FLOATS),
        ("a: T[0] = reshape([]: T[0,3], shape=(0,))", NUMBERS),
    ],
    "x * 1 -> x": [
        ("a: T[2,24] = mul(z, 1: T[2,1])", NUMBERS),
        ("a: T[24,24] = mul(x, 1: T[1,24])", NUMBERS),
        ("a: T[24] = mul(z, 0: T)", NUMBERS),
        ("a: T[24] = mul(z, -1: T)", FLOATS),
    ],
    "1 * x -> x": [("a: T[24,24] = mul(1: T[1,24], x)", NUMBERS)],
    "x / 1 -> x": [("a: T[24] = div(1.0: T, z)", FLOATS)],
    "x - 0.0 -> x": [
        ("a: T[24] = sub(z, -0.0: T)", FLOATS),
        ("a: T[24] = sub(0: T, z)", NUMBERS),
    ],
    "x + -0.0 -> x": [("a: T[24] = add(z, 0.0: T)", FLOATS)],
    "-0.0 + x -> x": [("a: T[24] = add(0.0: T, z)", FLOATS)],
    "--x -> x": [("a: T[24] = neg(z); b: T[24] = abs(a)", NUMBERS)],
    "not not x -> x": [("a: bool[24] = equal(z, 0: T); b: bool[24] = logical_not(a)", NUMBERS)],
    "cast(x, its own dtype) -> x": [("a: float64[24] = cast(z, dtype='float64')", ("float32",))],
    "cast(cast(x, wider), back) -> x": [
        ("a: float64[24] = cast(z, dtype='float64'); b: T[24] = cast(a, dtype='T')",
         ("int64", "uint64")),
        ("a: float32[24] = cast(z, dtype='float32'); b: T[24] = cast(a, dtype='T')",
         ("float64", "int32", "uint32", "int64")),
        ("a: int32[24] = cast(z, dtype='int32'); b: T[24] = cast(a, dtype='T')",
         ("uint32", "int64", "float32")),
        ("a: bool[24] = cast(z, dtype='bool'); b: T[24] = cast(a, dtype='T')", NUMBERS),
        ("a: float64[24] = cast(z, dtype='float64'); b: bool[24] = cast(a, dtype='bool')",
         ("float32",)),
    ],
    "reshape(x, its own shape) -> x": [("a: T[24,1] = reshape(y, shape=(24, 1))", ALL)],
    "reshape(reshape(x)) -> reshape(x)": [
        ("a: T[1,24] = transpose(x, axes=(1, 0)); b: T[24] = reshape(a, shape=(24,))", ALL)
    ],
    "broadcast(x, its own shape) -> x": [("a: T[1,24] = broadcast(z, shape=(1, 24))", ALL)],
    "broadcast(broadcast(x)) -> broadcast(x)": [
        ("a: T[24,1] = reshape(z, shape=(24, 1)); b: T[24,2] = broadcast(a, shape=(24, 2))", ALL)
    ],
    "transpose(x, in order) -> x": [("a: T[1,24] = transpose(x, axes=(1, 0))", ALL)],
    "transpose(transpose(x)) -> transpose(x)": [
        ("a: T[24,1] = flip(x, axes=(0,)); b: T[1,24] = transpose(a, axes=(1, 0))", ALL)
    ],
    "flip(flip(x)) -> x": [
        ("a: T[24,1] = flip(x, axes=(0,)); b: T[24,1] = flip(a, axes=(1,))", ALL),
        ("a: T[24,1] = flip(x, axes=(0,)); b: T[24,1] = flip(a, axes=(0, 1))", ALL),
    ],
    "slice(all of x) -> x": [
        ("a: T[23] = slice(z, starts=(1,), stops=(24,), strides=(1,))", ALL),
        ("a: T[12] = slice(z, starts=(0,), stops=(24,), strides=(2,))", ALL),
    ],
    "pad(x, by nothing) -> x": [
        ("a: T[25] = pad(z, low=(0,), high=(1,), interior=(0,), value=3)", NUMBERS)
    ],
    "concat(x) -> x": [("a: T[48] = concat(z, z, axis=0)", ALL)],
}  # fmt: skip
"""Where each law must not apply."""


def cases(table):
    return [
        pytest.param(law, line, dtype, id=f"{law.text} | {dtype} | {line}")
        for law in LAWS
        for line, dtypes in table[law.text]
        for dtype in dtypes
    ]


def test_every_law_is_tested_from_both_sides():
    laws = [law.text for law in LAWS]

    assert list(HOLDS) == laws
    assert list(STAYS) == laws
    assert len(set(laws)) == len(laws)


@pytest.mark.parametrize(("law", "line", "dtype"), cases(HOLDS))
def test_a_law_holds_bit_for_bit(law, line, dtype):
    graph = program(line, dtype)

    new = by_law(law, graph)

    assert new is not graph
    assert by_law(law, verify(new, law.text)) is new
    assert bits(meaning(new, inputs_of(graph))) == bits(meaning(graph, inputs_of(graph)))


@pytest.mark.parametrize(("law", "line", "dtype"), cases(STAYS))
def test_a_law_stays_away_where_it_is_false(law, line, dtype):
    graph = program(line, dtype)

    assert by_law(law, graph) is graph


ONES = parse("graph() {\n  return 1.0: float32[24]\n}").outputs[0]

FALSE = {
    "x + 0.0 -> x": (("add",), _neutral(0.0, 1), "a: T[24] = add(z, 0.0: T)"),
    "x - -0.0 -> x": (("sub",), _neutral(-0.0, 1), "a: T[24] = sub(z, -0.0: T)"),
    "x * 0 -> 0": (("mul",), lambda e, maker: e.inputs[1], "a: T[24] = mul(z, 0.0: T[24])"),
    "x / x -> 1": (("div",), lambda e, maker: ONES, "a: T[24] = div(z, z)"),
    "max(x, 0) -> x": (("maximum",), _neutral(0.0, 1), "a: T[24] = maximum(z, 0.0: T)"),
}


def changes_a_bit(law: Law, graph) -> bool:
    arrays = inputs_of(graph)
    return bits(meaning(by_law(law, graph), arrays)) != bits(meaning(graph, arrays))


@pytest.mark.parametrize("text", FALSE)
def test_a_false_law_is_caught_by_the_table(text):
    primitives, apply, line = FALSE[text]

    assert changes_a_bit(Law(text, primitives, apply), program(line, "float32"))


def test_a_true_law_passes_the_table():
    law = Law("max(x, -inf) -> x", ("maximum",), _neutral(-np.inf, 1))

    assert not changes_a_bit(law, program("a: T[24] = maximum(z, -inf: T)", "float32"))


# ---------------------------------------------------------------------- the families


def test_what_is_called_exact_goes_element_by_element():
    """The definition of EXACT: a value does not depend on its neighbours."""
    for name in EXACT:
        arity = len(find(name).vjps)
        kinds = ["bool"] * arity if name.startswith("logical") else ["float32"] * arity
        kinds = ["bool", "float32", "float32"] if name == "where" else kinds
        columns = [np.roll(special(kind), 7 * i) for i, kind in enumerate(kinds)]
        with np.errstate(all="ignore"):
            together = find(name).forward(*columns)
            alone = [find(name).forward(*row) for row in zip(*columns, strict=True)]

        assert bits([np.array(alone, together.dtype)]) == bits([together]), name


def test_what_is_called_a_move_changes_no_number():
    assert set(MOVES) == {"reshape", "transpose", "flip", "slice"}


# ---------------------------------------------------------------------- together


def test_laws_work_together():
    graph = parse("""
    graph(x: float32[4,3]) {
      a: float32 = div(1.0: float32, 4.0: float32)
      b: float32[1] = reshape(a, shape=(1,))
      c: float32[4] = broadcast(b, shape=(4,))
      d: float32[4] = neg(c)
      e: float32[4,1] = reshape(d, shape=(4, 1))
      f: float32[4,3] = broadcast(e, shape=(4, 3))
      g: float32[4,3] = mul(x, f)
      h: float32[3,4] = transpose(g, axes=(1, 0))
      i: float32[4,3] = transpose(h, axes=(1, 0))
      j: float32[4,3] = mul(i, 1.0: float32)
      return j
    }""")

    assert show(prune(simplify(graph))) == (
        "graph(x: float32[4,3]) {\n  g: float32[4,3] = mul(x, -0.25: float32)\n  return g\n}"
    )


def test_a_fold_that_would_fail_is_left_to_whoever_runs_the_program():
    graph = program("a: T[1] = gather([1, 2]: T[2], [5]: int64[1], axis=0)", "float32")

    assert simplify(graph) is graph
    with pytest.raises(RangeError, match="there is no position 5"):
        interpret(graph, inputs_of(graph))
