"""Compiled windows: pooling, its gradient, fold, and adding at positions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import badak as bd
from badak.base.shapes import Shape
from badak.compiler import dedupe, prune, simplify, trace
from badak.compiler.graph import Constant, Equation, Graph, Value
from badak.compiler.interpret import interpret
from badak.compiler.testing import Case, check
from tests.compiler.equations import computed, equation, graph_of, kernels, normal, value

MOVES = {
    "windows side by side": ((2, 2), (2, 2), (1, 1)),
    "windows that overlap": ((3, 3), (2, 2), (1, 1)),
    "windows that step by one": ((2, 3), (1, 1), (1, 1)),
    "windows with gaps between": ((2, 1), (3, 4), (1, 1)),
    "windows with holes": ((2, 3), (2, 2), (2, 3)),
    "windows of one": ((1, 1), (1, 1), (1, 1)),
    "windows of one, far apart": ((1, 1), (2, 3), (1, 1)),
}
SIZES = ((9, 12), (8, 37), (5, 7))


def ties(shape: Shape, seed: int = 0) -> np.ndarray:
    """Small whole numbers, many of them equal, and some NaN."""
    noise = np.random.default_rng(seed)
    x = noise.integers(-2, 3, shape).astype(np.float32)
    return np.where(noise.random(shape) < 0.05, np.float32(np.nan), x)


def windows_of(size: Shape, move: str, dtype: str = "float32") -> tuple[Value, Equation]:
    kernel, stride, dilation = MOVES[move]
    x = value((2, 3, *size), dtype)
    return x, equation("windows", x, kernel=kernel, stride=stride, dilation=dilation)


def max_gradient(windows: Equation, g: Value) -> list[Equation]:
    """What the gradient rules of `max` and `windows` write down."""
    shape, how = windows.output.shape, dict(windows.attributes)
    size = windows.inputs[0].shape[2:]
    positions = np.arange(int(np.prod(how.pop("kernel")))).reshape(1, 1, 1, 1, *shape[4:])
    largest = equation("argmax", windows.output, axes=(4, 5), keepdims=True)
    here = equation("equal", largest.output, Constant(positions))
    spread = equation("reshape", g, shape=(*g.shape, 1, 1))
    none = Constant(np.zeros((), g.dtype))
    chosen = equation("where", here.output, spread.output, none)
    return [largest, here, spread, chosen, equation("fold", chosen.output, size=size, **how)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("move", MOVES)
def test_largest_and_sum_of_windows_are_those_of_the_interpreter(move, size):
    x, windows = windows_of(size, move)
    for primitive in ("max", "sum"):
        reduced = equation(primitive, windows.output, axes=(4, 5), keepdims=False)
        graph = graph_of([x], [windows, reduced])
        numbers = ties(x.shape)

        (out,) = computed(graph, [numbers])

        assert kernels(graph) == ["reduce_windows"]
        np.testing.assert_array_equal(out, interpret(graph, [numbers])[0])


@pytest.mark.parametrize("dtype", ["float64", "int64", "int32", "uint8", "bool"])
def test_pooling_takes_every_dtype(dtype):
    x, windows = windows_of((9, 12), "windows side by side", dtype)
    largest = equation("max", windows.output, axes=(4, 5), keepdims=True)
    graph = graph_of([x], [windows, largest])
    numbers = (np.random.default_rng(0).normal(size=x.shape) * 9).astype(dtype)

    (out,) = computed(graph, [numbers])

    np.testing.assert_array_equal(out, interpret(graph, [numbers])[0])


@pytest.mark.parametrize("axes", [(2, 3), (3, 5), (2,), (0, 1, 4, 5)])
def test_windows_reduced_along_other_axes_are_those_of_the_interpreter(axes):
    x, windows = windows_of((9, 12), "windows that overlap")
    for primitive in ("max", "sum"):
        reduced = equation(primitive, windows.output, axes=axes, keepdims=False)
        graph = graph_of([x], [windows, reduced])

        verdict = check(Case(graph))

        assert verdict.kind == "right", verdict.detail


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("move", MOVES)
def test_gradient_goes_to_the_first_largest_as_in_the_interpreter(move, size):
    x, windows = windows_of(size, move)
    g = value(windows.output.shape[:4])
    graph = graph_of([x, g], [windows, *max_gradient(windows, g)])
    numbers = [ties(x.shape), normal(graph)[1]]

    (out,) = computed(graph, numbers)

    assert kernels(graph) == ["fold_at_largest"]
    np.testing.assert_array_equal(out, interpret(graph, numbers)[0])


def test_gradient_of_a_pooling_layer_is_one_kernel():
    def gradient(x: bd.Tensor) -> bd.Tensor:
        return bd.grad(bd.max_pool(x, 2).sum(), x)

    x = bd.parameter(ties((2, 3, 8, 8)))
    graph = prune(dedupe(simplify(trace(gradient, x).graph)))

    assert "fold_at_largest" in kernels(graph)
    assert not any("argmax" in name for name in kernels(graph))


def test_positions_in_another_order_are_no_pooling_gradient():
    x, windows = windows_of((9, 12), "windows side by side")
    g = value(windows.output.shape[:4])
    largest, here, *others = max_gradient(windows, g)
    backwards = Constant(np.arange(3, -1, -1).reshape(1, 1, 1, 1, 2, 2))
    here = Equation("equal", (largest.output, backwards), (), here.output)
    graph = graph_of([x, g], [windows, largest, here, *others])
    numbers = [ties(x.shape), normal(graph)[1]]

    (out,) = computed(graph, numbers)

    np.testing.assert_array_equal(out, interpret(graph, numbers)[0])


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("move", MOVES)
def test_fold_is_that_of_the_interpreter(move, size, dtype):
    _, windows = windows_of(size, move, dtype)
    parts = value(windows.output.shape, dtype)
    stride, dilation = MOVES[move][1:]
    folded = equation("fold", parts, size=size, stride=stride, dilation=dilation)
    graph = graph_of([parts], [folded])
    numbers = [np.random.default_rng(0).integers(-9, 9, parts.shape).astype(dtype)]

    (out,) = computed(graph, numbers)

    np.testing.assert_array_equal(out, interpret(graph, numbers)[0])


def test_fold_reads_views():
    parts = value((3, 2, 4, 4, 2))
    turned = equation("transpose", parts, axes=(4, 2, 3, 0, 1))
    folded = equation("fold", turned.output, size=(6, 5), stride=(1, 1), dilation=(1, 1))
    graph = graph_of([parts], [turned, folded])

    verdict = check(Case(graph), loops=True)

    assert verdict.kind == "right", verdict.detail


def move_axis(draw: st.DrawFn) -> tuple[int, int, int, int]:
    kernel, stride, dilation = (draw(st.integers(1, n)) for n in (3, 3, 2))
    size = max(draw(st.integers(1, 20)), dilation * (kernel - 1) + 1)
    return size, kernel, stride, dilation


@st.composite
def programs(draw: st.DrawFn) -> Graph:
    """Windows that are pooled, or folded, in any number of axes."""
    rows = [move_axis(draw) for _ in range(draw(st.integers(1, 3)))]
    size, kernel, stride, dilation = zip(*rows, strict=True)
    n, lead = len(rows), tuple(draw(st.lists(st.integers(0, 3), max_size=2)))
    dtype = draw(st.sampled_from(["float32", "float64", "int64"]))
    x = value((*lead, *size), dtype)
    windows = equation("windows", x, kernel=kernel, stride=stride, dilation=dilation)
    if draw(st.booleans()):
        axes = tuple(range(len(lead) + n, len(lead) + 2 * n))
        primitive = draw(st.sampled_from(["max", "sum"]))
        reduced = equation(primitive, windows.output, axes=axes, keepdims=draw(st.booleans()))
        return graph_of([x], [windows, reduced])
    parts = value(windows.output.shape, dtype)
    return graph_of([parts], [equation("fold", parts, size=size, stride=stride, dilation=dilation)])


@settings(max_examples=60)
@given(programs(), st.booleans())
def test_any_pooling_agrees_however_it_runs(graph, loops):
    small = sum(int(np.prod(x.shape)) for x in graph.inputs) < 500

    verdict = check(Case(graph), loops=loops and small)

    assert verdict.kind == "right", verdict.detail


# ---------------------------------------------------------------------- positions


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("index", [(), (1,), (40,), (3, 4), (0,)])
@pytest.mark.parametrize(("lead", "tail"), [((), ()), ((2,), ()), ((), (17,)), ((2, 3), (2, 5))])
def test_values_are_added_at_their_positions(lead, tail, index, dtype):
    size, axis = 5, len(lead)
    values, positions = value((*lead, *index, *tail), dtype), value(index, "int64")
    added = equation("scatter_add", values, positions, axis=axis, size=size)
    graph = graph_of([values, positions], [added])
    noise = np.random.default_rng(0)
    numbers = noise.integers(-9, 9, values.shape).astype(dtype), noise.integers(0, size, index)

    (out,) = computed(graph, numbers)

    np.testing.assert_array_equal(out, interpret(graph, numbers)[0])


def test_positions_out_of_bounds_leave_other_memory_alone():
    values, positions = value((3,)), value((3,), "int64")
    graph = graph_of(
        [values, positions], [equation("scatter_add", values, positions, axis=0, size=4)]
    )

    (out,) = computed(graph, [np.ones(3, np.float32), np.array([-(2**60), 1, 2**60])])

    np.testing.assert_array_equal(out, [1, 1, 0, 1])
