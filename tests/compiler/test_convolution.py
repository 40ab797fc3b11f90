"""Compiled convolution and its two gradients against the Graph interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badak.base.shapes import Shape
from badak.compiler.graph import Constant, Graph, Value
from badak.compiler.interpret import interpret
from badak.compiler.kernels.convolution import MOST_PARTS, parts_of
from badak.compiler.kernels.correlate import vectors_of
from badak.compiler.kernels.matmul import LANES
from badak.compiler.kernels.transpose import pack_transposed
from badak.compiler.loops.build import Builder
from badak.compiler.loops.interpret import Memory, interpret_kernels
from badak.compiler.loops.loop import Address, Buffer, Kernel
from badak.compiler.testing import Case, check
from tests.compiler.equations import computed, equation, graph_of, kernels, normal, value


@dataclass(frozen=True)
class Layer:
    """A convolution: of what, by what, and how; (before, after) padding an axis."""

    batch: int
    channels: int
    size: Shape
    outputs: int
    kernel: Shape
    stride: Shape = ()
    padding: tuple[tuple[int, int], ...] = ()
    dilation: Shape = ()
    groups: int = 1

    @property
    def how(self) -> dict[str, Any]:
        """The attributes that the three primitives share."""
        n = len(self.size)
        return {
            "stride": self.stride or (1,) * n,
            "padding": self.padding or ((0, 0),) * n,
            "dilation": self.dilation or (1,) * n,
            "groups": self.groups,
        }

    def inputs(self, dtype: str) -> tuple[Value, Value]:
        """The images and the kernels."""
        x = value((self.batch, self.channels, *self.size), dtype)
        return x, value((self.outputs, self.channels // self.groups, *self.kernel), dtype)


ONES = ((1, 1), (1, 1))
LAYERS = {
    "one number": Layer(1, 1, (1, 1), 1, (1, 1)),
    "3x3 of a square": Layer(2, 3, (28, 28), 16, (3, 3), padding=ONES),
    "5x5 of one channel": Layer(2, 1, (28, 28), 30, (5, 5)),
    "odd sizes": Layer(3, 5, (9, 11), 7, (3, 2)),
    "rows shorter than a vector": Layer(2, 4, (7, 7), 17, (3, 3), padding=ONES),
    "one by one": Layer(2, 19, (6, 5), 33, (1, 1)),
    "as large as the image": Layer(2, 3, (4, 5), 6, (4, 5)),
    "steps": Layer(2, 3, (13, 12), 8, (3, 3), (2, 2), ONES),
    "long steps": Layer(2, 3, (13, 17), 8, (5, 4), (2, 3), ((2, 1), (0, 3))),
    "steps beyond the kernel": Layer(2, 2, (11, 11), 3, (2, 2), (4, 5)),
    "steps of the kernel's size": Layer(2, 3, (12, 12), 20, (4, 4), (4, 4)),
    "holes": Layer(2, 3, (12, 13), 4, (3, 2), (), ((2, 2), (1, 0)), (2, 5)),
    "steps and holes": Layer(2, 3, (12, 23), 4, (3, 4), (2, 3), ((2, 2), (1, 0)), (3, 2)),
    "groups": Layer(2, 6, (8, 9), 9, (3, 3), groups=3),
    "groups of one": Layer(2, 5, (8, 9), 5, (3, 3), padding=ONES, groups=5),
    "groups with steps": Layer(2, 4, (8, 9), 34, (3, 3), (2, 1), groups=2),
    "more padding than kernel": Layer(1, 2, (3, 4), 3, (2, 2), (), ((3, 4), (2, 5))),
    "one axis": Layer(2, 3, (300,), 18, (5,), padding=((2, 2),)),
    "one axis with steps": Layer(2, 4, (41,), 6, (3,), (2,), ((1, 1),)),
    "three axes": Layer(2, 3, (5, 6, 7), 4, (2, 3, 2), (), ((1, 1), (0, 1), (1, 0))),
    "three axes with steps": Layer(2, 2, (5, 6, 7), 3, (2, 3, 2), (1, 2, 2)),
    "no image": Layer(0, 3, (5, 5), 4, (3, 3)),
    "no channel": Layer(2, 0, (5, 5), 4, (3, 3)),
    "no output": Layer(2, 3, (5, 5), 0, (3, 3)),
}


def all_three(layer: Layer, dtype: str = "float32") -> Graph:
    """A convolution and its two gradients."""
    x, w = layer.inputs(dtype)
    y = equation("conv", x, w, **layer.how)
    g = value(y.output.shape, dtype)
    gx = equation("conv_input_grad", g, w, size=layer.size, **layer.how)
    gw = equation("conv_weight_grad", x, g, kernel=layer.kernel, **layer.how)
    return Graph((x, w, g), (y, gx, gw), (y.output, gx.output, gw.output))


ROUNDINGS = 8
"""Of the longest sums here; what is measured is below 2."""


def assert_within_rounding(graph: Graph, arrays: list[np.ndarray]) -> None:
    """Each number is off by a few roundings of the sum of its terms' sizes at most."""
    sizes = interpret(graph, [np.abs(x) for x in arrays])
    exact = interpret(graph, arrays)
    for out, expected, size in zip(computed(graph, arrays), exact, sizes, strict=True):
        assert (out.shape, out.dtype) == (expected.shape, expected.dtype)
        assert np.all(np.abs(out - expected) <= ROUNDINGS * np.finfo(out.dtype).eps * size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_convolution_and_gradients_are_those_of_the_interpreter(name, dtype):
    graph = all_three(LAYERS[name], dtype)

    assert_within_rounding(graph, normal(graph))


SMALL = [
    Layer(2, 4, (3, 4), 4, (2, 2), padding=((1, 0), (0, 1)), groups=2),
    Layer(1, 2, (5, 6), 3, (2, 3), (2, 2), ((1, 0), (0, 1))),
    Layer(2, 2, (9,), 3, (2,), (3,), dilation=(2,)),
    Layer(1, 1, (2, 3, 3), 2, (1, 2, 2)),
]


@pytest.mark.parametrize("layer", SMALL)
def test_loops_read_only_what_was_written_and_give_the_bits_of_the_machine_code(layer):
    verdict = check(Case(all_three(layer)), loops=True)

    assert verdict.kind == "right", verdict.detail


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    n = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    most = {1: 40, 2: 14, 3: 6}[n]

    def each(low: int, high: int) -> Shape:
        return tuple(draw(st.integers(low, high)) for _ in range(n))

    kernel, dilation = each(1, 4), each(1, 3)
    padding = tuple(zip(each(0, 3), each(0, 3), strict=True))
    size = tuple(
        max(s, d * (k - 1) + 1 - sum(p), 1)
        for s, k, d, p in zip(each(1, most), kernel, dilation, padding, strict=True)
    )
    channels, outputs = (groups * draw(st.integers(1, m)) for m in (4, 20))
    batch = draw(st.integers(1, 3))
    return Layer(batch, channels, size, outputs, kernel, each(1, 3), padding, dilation, groups)


@settings(max_examples=40)
@given(layers(), st.sampled_from(["float32", "float64"]))
def test_any_convolution_is_that_of_the_interpreter(layer, dtype):
    graph = all_three(layer, dtype)

    assert_within_rounding(graph, normal(graph))


def test_inputs_may_be_seen_through_views():
    layer = Layer(2, 3, (6, 7), 5, (3, 2), padding=ONES)
    inputs = [value((2, 6, 7, 3)), value((2, 3, 3, 5)), value((8, 6, 5, 2))]
    orders = [(0, 3, 1, 2), (3, 2, 1, 0), (3, 2, 1, 0)]
    views = [equation("transpose", v, axes=a) for v, a in zip(inputs, orders, strict=True)]
    x, w, g = (view.output for view in views)
    results = [
        equation("conv", x, w, **layer.how),
        equation("conv_input_grad", g, w, size=layer.size, **layer.how),
        equation("conv_weight_grad", x, g, kernel=layer.kernel, **layer.how),
    ]
    graph = Graph(tuple(inputs), (*views, *results), tuple(e.output for e in results))

    assert_within_rounding(graph, normal(graph))


@pytest.mark.parametrize("name", ["3x3 of a square", "steps", "groups with steps"])
def test_an_image_gives_the_same_bits_in_any_batch(name):
    layer = LAYERS[name]
    graph = all_three(layer)
    arrays = normal(graph)
    alone = all_three(Layer(1, *list(vars(layer).values())[1:]))

    batch = computed(graph, arrays)[:2]
    single = computed(alone, [arrays[0][1:2], arrays[1], arrays[2][1:2]])[:2]

    for all_images, one in zip(batch, single, strict=True):
        assert all_images[1:2].tobytes() == one.tobytes()


def test_infinity_and_nan_reach_the_windows_that_see_them_and_no_other():
    layer = Layer(1, 1, (6, 20), 2, (3, 3), padding=ONES)
    x, w = layer.inputs("float32")
    graph = graph_of([x, w], [equation("conv", x, w, **layer.how)])
    image, kernel = normal(graph)
    image[0, 0, 3, 17], image[0, 0, 0, 0] = np.nan, np.inf

    (out,) = computed(graph, [image, kernel])

    (expected,) = interpret(graph, [image, kernel])
    np.testing.assert_array_equal(np.isnan(out), np.isnan(expected))
    np.testing.assert_array_equal(np.isposinf(out), np.isposinf(expected))


# ---------------------------------------------------------------------- the parts


@given(st.integers(0, 500))
def test_parts_of_a_batch_have_one_size(batch):
    shares = parts_of(batch)

    assert 1 <= shares <= MOST_PARTS
    assert batch % shares == 0


@given(st.integers(1, 9), st.integers(1, 40), st.integers(0, 9))
def test_vectors_hold_every_place_once_and_in_order(rows, width, gap):
    row = width + gap

    places = [
        max((p for p in vector if p.lane <= lane), key=lambda p: p.lane).frame + lane
        for vector in vectors_of(rows, width, row)
        for lane in range(LANES)
    ]

    assert places[: rows * width] == [r * row + c for r in range(rows) for c in range(width)]


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (16, 16), (17, 40), (33, 7)])
def test_packing_transposes_and_fills_rows_up_with_zeros(shape):
    rows, columns = shape
    width = -(-rows // LANES) * LANES
    source, target = (
        Buffer(n, np.dtype("f"), s) for n, s in (("x", rows * columns), ("y", columns * width))
    )
    b, memory = Builder(), Memory()
    x = np.arange(1, rows * columns + 1, dtype=np.float32).reshape(shape)
    memory.put(source, x)

    pack_transposed(b, source, Address(), shape, columns, target, width)
    interpret_kernels([Kernel("transpose", b.body)], memory)

    expected = np.pad(x.T, ((0, 0), (0, width - rows)))
    np.testing.assert_array_equal(memory.get(target).reshape(columns, width), expected)


HOW = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1)}


def with_bias_and_relu(groups=1, more=False):
    """conv, then a bias for each channel and max(., 0); with `more` the sum is a result as well."""
    x, w, bias = value((3, 4, 9, 7)), value((6, 4 // groups, 3, 3)), value((6, 1, 1))
    product = equation("conv", x, w, **HOW, groups=groups)
    total = equation("add", product.output, bias)
    zero = Constant(np.zeros((), np.float32))
    result = equation("maximum", total.output, zero)
    outputs = (result.output, total.output) if more else (result.output,)
    return Graph((x, w, bias), (product, total, result), outputs)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("more", [False, True])
def test_bias_and_activation_are_done_with_the_convolution(groups, more):
    graph = with_bias_and_relu(groups, more)
    arrays = normal(graph)

    assert kernels(graph) == ["conv+add+maximum"]
    for found, expected in zip(computed(graph, arrays), interpret(graph, arrays), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_what_needs_more_than_a_number_a_channel_is_done_apart():
    x, w, other = value((3, 4, 9, 7)), value((6, 4, 3, 3)), value((3, 6, 9, 7))
    product = equation("conv", x, w, **HOW, groups=1)
    graph = graph_of((x, w, other), (product, equation("add", product.output, other)))
    arrays = normal(graph)

    assert kernels(graph)[:2] == ["conv", "add"]
    np.testing.assert_allclose(
        computed(graph, arrays)[0], interpret(graph, arrays)[0], rtol=1e-5, atol=1e-5
    )
