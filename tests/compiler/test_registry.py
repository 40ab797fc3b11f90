"""The contract of every primitive, compiled: eager = Graph = Loop interpreter = machine code.

It is driven by the registry: a primitive without cases fails here, and so does one that the
compiler has no kernel for. Eager and the Graph's interpreter give the same bits, and so do the
Loop interpreter and the machine code; these two may be as many ULPs from the true value as
`badak.compiler.testing.bounds.ULPS` says (none where IEEE 754 rounds correctly, and a rounding a
term where numbers are added up).
"""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base import context
from badak.base.dtypes import SUPPORTED, bool_, float32, int64
from badak.base.errors import BadakError
from badak.compiler import interpret, parse, trace
from badak.compiler.testing import Case, Verdict, check, random_graph
from badak.compiler.testing.bounds import RULES, ULPS
from badak.compiler.testing.programs import with_kernels
from badak.compiler.testing.rows import ROWS
from badak.core.dispatch import apply
from badak.core.primitive import PRIMITIVES
from badak.core.tensor import Tensor
from tests.compiler.equations import computed
from tests.compiler.meaning import bits
from tests.contracts.primitive_cases import CASES

DRAWN = 5
"""So many random programs are drawn of each primitive alone."""
MIXED = {"where": (bool_, None), "gather": (None, int64), "scatter_add": (None, int64)}
"""Dtypes of the first input and of the others, where they are not all of one; None is any."""
MANY = 20
"""Of tables with more cases some are left out where all have run before in another way."""
WORST_ULPS = 8
"""No elementary function may be further from the true value."""


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    """Some thousand programs, each run once."""
    monkeypatch.setenv("BADAK_CACHE", "off")


every_primitive = pytest.mark.parametrize("name", PRIMITIVES)


def narrowed(case, dtype):
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in case.inputs]


def fewer(cases):
    return cases[::3] if len(cases) > MANY else cases


def graph_of(name, arrays, attributes):
    return trace(lambda *given: apply(name, *given, **attributes), *map(Tensor, arrays)).graph


def failure(what, verdict: Verdict) -> str:
    """A line about a verdict that is not right, or says nothing about some numbers."""
    if verdict.kind != "right":
        return f"{what}: {verdict.kind}: {verdict.detail}"
    return f"{what}: {verdict.free} of {verdict.numbers} are free" if verdict.free else ""


def test_every_primitive_has_cases_a_row_and_a_kernel():
    for table in (CASES, ROWS, with_kernels()):
        assert set(table) == set(PRIMITIVES)
    assert all(CASES[name] for name in PRIMITIVES)


def test_every_bound_is_stated_for_a_primitive():
    assert set(ULPS) <= set(RULES) <= set(PRIMITIVES)
    assert max(ULPS.values()) <= WORST_ULPS


# ---------------------------------------------------------------------- the cases of the contract


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_primitive
def test_cases_compute_the_same_however_they_run(name, dtype):
    found = []
    cases = CASES[name] if dtype == "float32" else fewer(CASES[name])
    for number, case in enumerate(cases):
        if dtype == "float64" and all(x.dtype.kind != "f" for x in case.inputs):
            continue  # it has run
        arrays = narrowed(case, dtype)
        graph = graph_of(name, arrays, case.attributes)
        eager = apply(name, *map(Tensor, arrays), **case.attributes)

        assert bits(interpret(graph, arrays)) == bits([eager.data]), str(case)
        given = len(arrays) if number % 2 else 0  # as arguments, or as state of the program
        verdict = check(Case(graph, arguments=given), loops=True, arrays=arrays)
        found.append(failure(case, verdict))

    assert [line for line in found if line] == []


@every_primitive
def test_gradients_of_cases_compute_the_same_however_they_run(name):
    found = []
    for case in fewer(CASES[name]):
        if case.smooth:
            arrays = narrowed(case, "float32")
            inputs = [
                bd.Parameter(x) if i in case.smooth else Tensor(x) for i, x in enumerate(arrays)
            ]

            def fn(*given, case=case):
                out = apply(name, *given, **case.attributes)
                return bd.grad(out, [given[i] for i in case.smooth], weight=np.ones(out.shape))

            verdict = check(Case(trace(fn, *inputs).graph), arrays=arrays)
            if verdict.kind != "right":
                found.append(failure(case, verdict))

    assert found == []


# ---------------------------------------------------------------------- dtypes and sizes


def numbers_of(dtype, shape):
    """Whole numbers that every dtype has, and of both signs where it has a sign."""
    spread = np.arange(np.prod(shape, dtype=int)).reshape(shape) % 5 + 1
    return (spread - 3 if dtype.kind in "fi" else spread).astype(dtype)


def taken(name, case, dtypes):
    """The case with inputs of these dtypes; None where the primitive does not take them."""
    arrays = [numbers_of(kind, x.shape) for kind, x in zip(dtypes, case.inputs, strict=True)]
    if name in ("gather", "scatter_add"):
        arrays[1] = case.inputs[1].astype(dtypes[1])
    try:
        with np.errstate(all="ignore"), context.debug():
            apply(name, *map(Tensor, arrays), **case.attributes)
    except (BadakError, TypeError):  # the latter by NumPy, which shifts no floats
        return None
    return arrays


@every_primitive
def test_every_dtype_that_a_primitive_takes_is_compiled(name):
    case = max(CASES[name][:40], key=lambda one: max((x.size for x in one.inputs), default=0))
    found, ran = [], 0
    first, rest = MIXED.get(name, (None, None))
    pairs = [(first or kind, rest or kind) for kind in SUPPORTED] + [(float32, int64)]
    for kinds in dict.fromkeys(pair[: len(case.inputs)] for pair in pairs):
        arrays = taken(name, case, (*kinds, *kinds[-1:] * (len(case.inputs) - len(kinds))))
        if arrays is not None:
            ran += 1
            verdict = check(Case(graph_of(name, arrays, case.attributes)), arrays=arrays)
            if verdict.kind != "right":
                found.append(failure(kinds, verdict))

    assert found == []
    assert ran >= 1


@every_primitive
def test_odd_sizes_compute_the_same_however_they_run(name):
    found = []
    for seed in range(DRAWN):
        graph = random_graph(seed, [name], longest=1)
        verdict = check(Case(graph, seed), loops=True)
        if verdict.kind != "right":
            found.append(failure(f"seed {seed}", verdict))

    assert found == []


def test_more_than_two_to_the_31_numbers_are_counted():
    rows, width = 49_001, 49_000
    size = rows + width - 1
    text = f"""
        graph(x: uint8[{size}]) {{
          a: uint8[{rows},{width}] = windows(x, kernel=({width},), stride=(1,), dilation=(1,))
          b: int64[{rows},{width}] = cast(a, dtype='int64')
          c: int64 = sum(b, axes=(0, 1), keepdims=False)
          return c
        }}"""
    x = np.ones(size, np.uint8)
    x[-1] = 3  # the last of the last window

    found = computed(parse(text), [x])

    assert found == [rows * width + 2]
    assert rows * width > 2**31


# ---------------------------------------------------------------------- the contract bites


def test_wrong_result_of_a_compiled_primitive_is_seen(monkeypatch):
    graph = parse("graph(x: float32[3]) {\n a: float32[3] = exp(x)\nreturn a\n}")
    right = np.float32([0.0, 1.0, 2.0])
    monkeypatch.setitem(ULPS, "exp", -2)  # the bounds then exclude the true value

    verdict = check(Case(graph), arrays=[right])

    assert verdict.kind in ("eager", "machine")
