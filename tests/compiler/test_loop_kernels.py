"""Programs that were once wrong, or look as if they might be: every way of running agrees."""

from __future__ import annotations

import numpy as np
import pytest

from badak.compiler import parse
from badak.compiler.programs.program import Program
from badak.compiler.testing import Case, check

PROGRAMS = {
    "reshape that is no view": """
        graph(x: int64[13]) {
          a: int64[64,13] = broadcast(x, shape=(64, 13))
          b: int64[26,32] = reshape(a, shape=(26, 32))
          c: int64[26,32] = add(b, 1: int64)
          return b, c
        }""",
    "reshape of a transpose beside its own domain": """
        graph(x: float32[3,40]) {
          a: float32[40,3] = transpose(x, axes=(1, 0))
          b: float32[3,40] = reshape(a, shape=(3, 40))
          c: float32[40,3] = neg(a)
          d: float32[3,40] = add(b, x)
          return c, d
        }""",
    "a group reads its own result through a view": """
        graph(x: float32[9,9]) {
          a: float32[9,9] = exp(x)
          b: float32[9,9] = transpose(a, axes=(1, 0))
          c: float32[9,9] = add(a, b)
          d: float32[9,9] = flip(c, axes=(0,))
          e: float32[9,9] = mul(d, c)
          return e
        }""",
    "two groups that would need each other": """
        graph(x: float32[5,33]) {
          a: float32[5,33] = exp(x)
          b: float32[5] = sum(a, axes=(1,), keepdims=False)
          c: float32[5] = neg(b)
          d: float32[5,1] = reshape(c, shape=(5, 1))
          e: float32[5,33] = add(a, d)
          f: float32[5] = sum(e, axes=(1,), keepdims=False)
          g: float32[5] = add(f, b)
          return e, g
        }""",
    "sums over the first, the middle, the last, some and all axes": """
        graph(x: float32[4,17,3,5]) {
          a: float32[17,3,5] = sum(x, axes=(0,), keepdims=False)
          b: float32[4,1,1,5] = sum(x, axes=(1, 2), keepdims=True)
          c: float32[4,17,3] = sum(x, axes=(3,), keepdims=False)
          d: float32[17,5] = sum(x, axes=(0, 2), keepdims=False)
          e: float32 = sum(x, axes=(0, 1, 2, 3), keepdims=False)
          f: float32[4,17,3,5] = sum(x, axes=(), keepdims=False)
          return a, b, c, d, e, f
        }""",
    "sum over axes of size 1": """
        graph(x: float32[1,5,1]) {
          a: float32[5] = sum(x, axes=(0, 2), keepdims=False)
          b: float32[1,1] = max(x, axes=(1,), keepdims=False)
          c: float32[1,1,1] = sum(b_, axes=(0,), keepdims=True)
          return a, b, c
        }""".replace("b_", "-1.5: float32[1,1,1]"),
    "no axes at all": """
        graph(x: float32, y: int64) {
          a: float32 = exp(x)
          b: float32 = sum(a, axes=(), keepdims=False)
          c: float32[1,1] = reshape(b, shape=(1, 1))
          d: int64 = abs(y)
          e: bool = less(y, d)
          return c, b, e
        }""",
    "sums of truth values and of every kind of whole number": """
        graph(x: bool[3,40], a: uint8[3,40], b: uint32[3,40], c: int32[3,40], d: uint64[3,40]) {
          e: int64[3,40] = cast(x, dtype='int64')
          f: int64[3] = sum(e, axes=(1,), keepdims=False)
          g: uint64[40] = sum(a, axes=(0,), keepdims=False)
          h: uint64[3] = sum(b, axes=(1,), keepdims=False)
          i: int64[3] = sum(c, axes=(1,), keepdims=False)
          j: uint64[3] = sum(d, axes=(1,), keepdims=False)
          k: bool[3] = max(x, axes=(1,), keepdims=False)
          l: bool[40] = max(x, axes=(0,), keepdims=False)
          m: uint8[3] = max(a, axes=(1,), keepdims=False)
          return f, g, h, i, j, k, l, m
        }""",
    "comparisons of signed and unsigned numbers": """
        graph(
          x: int64[40], y: int64[40], a: uint64[40], b: uint64[40], c: uint8[40], d: uint8[40]
        ) {
          e: bool[40] = less(x, y)
          f: bool[40] = less(a, b)
          g: bool[40] = greater_equal(c, d)
          h: uint64[40] = maximum(a, b)
          i: int64[40] = minimum(x, y)
          j: uint8[40] = minimum(c, d)
          k: bool[40] = greater(e, f)
          return e, f, g, h, i, j, k
        }""",
    "arithmetic that wraps round": """
        graph(x: int32[40], y: int32[40], a: uint8[40], b: uint8[40]) {
          c: int32[40] = mul(x, y)
          d: int32[40] = abs(x)
          e: int32[40] = neg(c)
          f: uint8[40] = sub(a, b)
          g: uint8[40] = neg(f)
          h: uint8[40] = abs(a)
          i: int32[40] = sign(x)
          j: uint8[40] = sign(a)
          k: int32[40] = right_shift(x, bits=31)
          l: uint8[40] = right_shift(a, bits=7)
          return c, d, e, f, g, h, i, j, k, l
        }""",
    "casts between all kinds": """
        graph(x: float32[40], i: int64[40], u: uint64[40], b: bool[40], s: uint8[40]) {
          c: bool[40] = cast(x, dtype='bool')
          d: float32[40] = cast(i, dtype='float32')
          e: float32[40] = cast(u, dtype='float32')
          f: float64[40] = cast(u, dtype='float64')
          g: uint64[40] = cast(i, dtype='uint64')
          h: int32[40] = cast(i, dtype='int32')
          j: uint8[40] = cast(i, dtype='uint8')
          k: uint32[40] = cast(b, dtype='uint32')
          l: float64[40] = cast(b, dtype='float64')
          m: int64[40] = cast(s, dtype='int64')
          n: bool[40] = cast(u, dtype='bool')
          return c, d, e, f, g, h, j, k, l, m, n
        }""",
    "constants of one number and several axes": """
        graph(x: float32[5,3]) {
          a: float32[5,3] = add(x, 2.0: float32[1,1])
          b: float32[1,5,3] = mul(a, -0.0: float32[1,1,1])
          c: float32[5,3] = where([True]: bool[1,1], a, 1.0: float32[1])
          d: float32[1,1] = sum(3.0: float32[1,1,1], axes=(0,), keepdims=False)
          e: float32[2,2] = add(1.0: float32[2,2], [1.0, nan, inf, -inf]: float32[2,2])
          return b, c, d, e
        }""",
    "outputs that are inputs, views, constants, and one twice": """
        graph(x: float32[4,6], y: float32[3]) {
          a: float32[6,4] = transpose(x, axes=(1, 0))
          b: float32[3,2] = slice(a, starts=(0, 1), stops=(6, 4), strides=(2, 2))
          c: float32[3] = neg(y)
          return x, a, b, c, c, y, y, 7: int32, [1, 2]: uint8[2]
        }""",
    "backward in vectors": """
        graph(x: float32[70], y: float32[3,33]) {
          a: float32[70] = flip(x, axes=(0,))
          b: float32[70] = add(a, x)
          c: float32[3,33] = flip(y, axes=(0, 1))
          d: float32[3,33] = mul(c, y)
          e: float32[33] = max(c, axes=(0,), keepdims=False)
          f: float32[35] = slice(a, starts=(0,), stops=(70,), strides=(2,))
          g: float32[35] = neg(f)
          return b, d, e, g
        }""",
    "windows that overlap": """
        graph(x: float32[2,20]) {
          a: float32[2,16,3] = windows(x, kernel=(3,), stride=(1,), dilation=(2,))
          b: float32[2,16] = max(a, axes=(2,), keepdims=False)
          c: float32[2,3] = sum(a, axes=(1,), keepdims=False)
          d: float32[96] = reshape(a, shape=(96,))
          e: float32[3,16] = slice(f, starts=(0, 0), stops=(3, 16), strides=(1, 1))
          return b, c, d, e
        }""".replace(
        "          e: ", "          f: float32[6,16] = reshape(d, shape=(6, 16))\n          e: "
    ),
    "products of one row, one column, vectors and batches": """
        graph(x: float32[1,7], y: float32[1,7], v: float32[7], w: float32[3,1,5,7]) {
          a: float32[7,1] = transpose(y, axes=(1, 0))
          b: float32[1,1] = matmul(x, a)
          c: float32 = matmul(v, v)
          d: float32[1] = matmul(x, v)
          e: float32[1] = matmul(v, a)
          f: float32[3,1,5] = matmul(w, v)
          g: float32[3,1,7,5] = transpose(w, axes=(0, 1, 3, 2))
          h: float32[3,1,5,5] = matmul(w, g)
          i: float32[3,1,5] = matmul(v, g)
          return b, c, d, e, f, h, i
        }""",
    "products of whole numbers": """
        graph(x: int32[3,20], y: int32[20,17], a: uint8[2,3], b: uint8[3,2]) {
          c: int32[3,17] = matmul(x, y)
          d: uint8[2,2] = matmul(a, b)
          return c, d
        }""",
    "products over nothing": """
        graph(x: float32[3,0], y: float32[0,5]) {
          a: float32[3,5] = matmul(x, y)
          b: float32[0,0] = matmul(y, c_)
          return a, b
        }""".replace("c_", "1.0: float32[5,0]"),
    "tensors without elements": """
        graph(x: float32[0,5], y: float32[3]) {
          a: float32[0,5] = exp(x)
          b: float32[5] = sum(a, axes=(0,), keepdims=False)
          c: float32[0] = max(x, axes=(1,), keepdims=False)
          d: float32[0] = slice(y, starts=(1,), stops=(1,), strides=(1,))
          e: float32[3] = concat(d, y, axis=0)
          f: float32[2,5] = pad(x, low=(1, 0), high=(1, 0), interior=(0, 0), value=2.0)
          g: float32[5,0] = transpose(a, axes=(1, 0))
          h: float32[5] = sum(g, axes=(1,), keepdims=False)
          return a, b, c, e, f, h
        }""",
    "a frame around every axis and between": """
        graph(x: float32[3,5], y: bool[4], z: float32) {
          a: float32[8,12] = pad(x, low=(1, 0), high=(2, 3), interior=(1, 1), value=-inf)
          b: bool[7] = pad(y, low=(0,), high=(0,), interior=(1,), value=1.0)
          c: float32 = pad(z, low=(), high=(), interior=(), value=0.0)
          d: float32[5,3] = transpose(x, axes=(1, 0))
          e: float32[6,3] = pad(d, low=(1, 0), high=(0, 0), interior=(0, 0), value=nan)
          return a, b, c, e
        }""",
    "positions of every kind": """
        graph(x: float32[5,3], i: int64[4], j: uint8[2,2], k: int32) {
          a: float32[4,3] = gather(x, i, axis=0)
          b: float32[5,2,2] = gather(x, j, axis=1)
          c: float32[3] = gather(x, k, axis=0)
          d: float32[3,5] = transpose(x, axes=(1, 0))
          e: float32[3,4] = gather(d, i, axis=1)
          return a, b, c, e
        }""",
    "where something is largest": """
        graph(x: float32[3,5,4], y: int64[7], z: bool[2,3]) {
          a: int64[3,4] = argmax(x, axes=(1,), keepdims=False)
          b: int64[1,5,1] = argmax(x, axes=(0, 2), keepdims=True)
          c: int64 = argmax(y, axes=(0,), keepdims=False)
          d: int64[3] = argmax(z, axes=(0,), keepdims=False)
          e: int64[3,5,4] = argmax(x, axes=(), keepdims=False)
          return a, b, c, d, e
        }""",
    "random bits from constants and from inputs": """
        graph(key: uint64, counter: uint64) {
          a: uint32[5,30] = random_bits(key, 3: uint64, shape=(5, 30))
          b: uint32[64] = random_bits(18446744073709551615: uint64, counter, shape=(64,))
          c: uint32[65] = random_bits(key, counter, shape=(65,))
          d: uint32 = random_bits(key, counter, shape=())
          e: uint32[0] = random_bits(key, counter, shape=(0,))
          return a, b, c, d, e
        }""",
    "powers": """
        graph(x: float32[40], y: float32[40], a: float64[40], b: float64[40]) {
          c: float32[40] = pow(x, y)
          d: float64[40] = pow(a, b)
          e: float32[40] = pow(x, 3.0: float32)
          f: float32[40] = pow(x, 0.5: float32)
          g: float64[40] = pow(a, -1.0: float64[1])
          h: float32[40] = pow(2.0: float32, y)
          i: float32[40] = pow(x, 0.0: float32)
          return c, d, e, f, g, h, i
        }""",
}
SEEDS = range(6)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_way_of_running_agrees(name):
    graph = parse(PROGRAMS[name])

    kinds = [check(Case(graph, seed), loops=seed < 2) for seed in SEEDS]

    assert [(one.kind, one.detail) for one in kinds] == [("right", "")] * len(SEEDS)


@pytest.mark.parametrize("passes", [False, True])
def test_arguments_come_from_outside(passes):
    for name, text in PROGRAMS.items():
        graph = parse(text)

        verdict = check(Case(graph, 0, arguments=len(graph.inputs), passes=passes))

        assert verdict.kind == "right", (name, verdict)


# ---------------------------------------------------------------------- sizes


def product(m: int, n: int, k: int, x: bool, y: bool) -> str:
    left = f"a: float32[{m},{k}] = transpose(x, axes=(1, 0))\n" if x else ""
    right = f"b: float32[{k},{n}] = transpose(y, axes=(1, 0))\n" if y else ""
    sizes = (f"{k},{m}" if x else f"{m},{k}", f"{n},{k}" if y else f"{k},{n}")
    return (
        f"graph(x: float32[{sizes[0]}], y: float32[{sizes[1]}]) {{\n{left}{right}"
        f"c: float32[{m},{n}] = matmul({'a' if x else 'x'}, {'b' if y else 'y'})\nreturn c\n}}"
    )


EDGES = (1, 2, 15, 16, 17, 31, 33, 48, 63, 64, 65, 70)
ODD = [(m, n, 3, bool(m % 2), bool(n % 2)) for m in (1, 5, 6, 7, 29, 31) for n in EDGES]
DEEP = [(4, 19, k, bool(k % 2), bool(k % 3)) for k in (0, *EDGES)]


@pytest.mark.parametrize("sizes", [*ODD, *DEEP], ids=str)
def test_product_at_the_edges_of_tiles(sizes):
    verdict = check(Case(parse(product(*sizes))), loops=True)

    assert (verdict.kind, verdict.detail) == ("right", "")


@pytest.mark.parametrize("size", [*range(1, 20), 31, 32, 33, 47, 48, 49, 63, 64, 65])
def test_axis_of_any_length(size):
    text = f"""
        graph(x: float32[{size}], y: float32[2,{size}], z: bool[{size}]) {{
          a: float32[2,{size}] = sub(x, y)
          b: float32[2] = sum(a, axes=(1,), keepdims=False)
          c: float32[{size}] = max(a, axes=(0,), keepdims=False)
          d: bool[{size}] = logical_not(z)
          e: float32 = sum(x, axes=(0,), keepdims=False)
          return a, b, c, d, e
        }}"""

    verdict = check(Case(parse(text)), loops=True)

    assert (verdict.kind, verdict.detail) == ("right", "")


# ---------------------------------------------------------------------- special numbers


def run(text: str, *arrays: np.ndarray) -> list[np.ndarray]:
    graph = parse(text)
    program = Program(graph, len(arrays))
    program.run(list(arrays))
    return [np.array(program.output(i)) for i in range(len(graph.outputs))]


@pytest.mark.parametrize("size", [1, 5, 16, 40])
def test_max_of_nothing_but_minus_infinity_and_of_nan(size):
    text = f"""
        graph(x: float32[3,{size}]) {{
          a: float32[3] = max(x, axes=(1,), keepdims=False)
          b: float32 = max(x, axes=(0, 1), keepdims=False)
          c: float32[{size}] = max(x, axes=(0,), keepdims=False)
          return a, b, c
        }}"""
    x = np.full((3, size), -np.inf, np.float32)
    x[1, -1] = np.nan
    x[2, 0] = -5

    a, b, c = run(text, x)

    np.testing.assert_array_equal(a, x.max(1))
    np.testing.assert_array_equal(b, np.nan)
    np.testing.assert_array_equal(c, x.max(0))


def test_largest_is_the_first_of_several_and_the_first_nan():
    text = (
        "graph(x: float32[4,3]) {\n a: int64[4] = argmax(x, axes=(1,), keepdims=False)\nreturn a\n}"
    )
    nan, inf = np.nan, np.inf
    x = np.array([[1, 5, 5], [nan, 9, nan], [3, nan, inf], [-inf, -inf, -inf]], np.float32)

    np.testing.assert_array_equal(run(text, x)[0], [1, 0, 1, 0])


def test_denormals_are_not_flushed():
    text = "graph(x: float32[40]) {\n a: float32[40] = mul(x, 0.5: float32)\nreturn a\n}"
    x = np.full(40, np.finfo(np.float32).tiny, np.float32)

    np.testing.assert_array_equal(run(text, x)[0], x / 2)
