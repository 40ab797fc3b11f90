from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from badak.base.errors import StateError
from badak.base.shapes import Spec
from badak.compiler import Graph, parse, verify
from badak.compiler.graph import Constant, Equation, Value
from badak.compiler.testing.programs import random_graph

F32 = np.dtype("float32")

GOOD = """
graph(x: float32[2,3], w: float32[3,4]) {
  a: float32[2,4] = matmul(x, w)
  b: float32[2,4] = exp(a)
  c: float32[2] = sum(b, axes=(1,), keepdims=False)
  d: float32[2,4] = add(a, b)
  return c, d, 1.0: float32
}"""

BAD_LINES = {
    "an output of another shape": (
        "b: float32[2,5] = exp(a)",
        "the type of the output is wrong",
        "float32[2,4]",
    ),
    "an output of another dtype": (
        "b: float64[2,4] = exp(a)",
        "the type of the output is wrong",
        "float32[2,4]",
    ),
    "an unknown primitive": ("b: float32[2,4] = exq(a)", "unknown primitive 'exq'", None),
    "too few inputs": ("b: float32[2,4] = add(a)", "the number of inputs is wrong", 2),
    "too many inputs": ("b: float32[2,4] = exp(a, a)", "the number of inputs is wrong", 1),
    "an attribute that exp has not": (
        "b: float32[2,4] = exp(a, axes=(1,))",
        "the attributes are wrong",
        "none",
    ),
    "a missing attribute": (
        "b: float32[2,4] = transpose(a)",
        "the attributes are wrong",
        "axes",
    ),
    "an attribute that is given twice": (
        "b: float32[2,4] = flip(a, axes=(1,), axes=(0,))",
        "the attributes are wrong",
        "axes",
    ),
    "shapes that do not fit": (
        "b: float32[2,4] = add(a, w)",
        "broadcast: shapes do not broadcast together",
        None,
    ),
    "an axis that does not exist": (
        "b: float32[2,4] = transpose(a, axes=(0, 2))",
        "IndexError: tuple index out of range",
        None,
    ),
    "an attribute of the wrong kind": (
        "b: float32[2,4] = reshape(a, shape='24')",
        "",
        None,
    ),
    "dtypes that were not promoted": (
        "b: float32[2,4] = add(a, 1: int64)",
        "the inputs are not of the dtypes it computes in",
        "float32, float32",
    ),
    "positions that are no whole numbers": (
        "b: float32[2,4] = gather(a, [0.0, 1.0]: float32[2], axis=0)",
        "gather: positions must be whole numbers",
        None,
    ),
}


def test_a_good_graph_comes_back_itself():
    graph = parse(GOOD)

    assert verify(graph, after="anything") is graph


def test_random_graphs_are_good():
    for seed in range(100):
        verify(random_graph(seed))


@pytest.mark.parametrize("fault", BAD_LINES)
def test_a_bad_equation_is_shown_with_the_pass_that_made_it(fault):
    line, words, expected = BAD_LINES[fault]
    lines = GOOD.splitlines()
    lines[3] = f"  {line}"

    with pytest.raises(StateError) as caught:
        verify(parse("\n".join(lines)), after="shrink")

    error = caught.value
    assert error.what.startswith(f"after shrink: {words}")
    assert error.got == line
    if expected is not None:
        assert error.expected == expected


def test_the_first_of_two_bad_equations_is_shown():
    bad = GOOD.replace("b: float32[2,4]", "b: float32[9]").replace("c: float32[2]", "c: bool[2]")

    with pytest.raises(StateError) as caught:
        verify(parse(bad))

    assert caught.value.got.startswith("b: float32[9]")


def test_convolution_checks_its_attributes():
    line = "b: float32[1,1,3] = conv(x, w, stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)"
    text = f"graph(x: float32[1,1,5], w: float32[1,1,3]) {{\n  {line}\n  return b\n}}"
    verify(parse(text))

    for wrong in ("groups=2", "group=1", "groups='1'"):
        with pytest.raises(StateError, match="after trace"):
            verify(parse(text.replace("groups=1", wrong)))


# ---------------------------------------------------------------------- what no text can say


def refusal(graph: Graph) -> StateError:
    with pytest.raises(StateError) as caught:
        verify(graph, after="swap")
    return caught.value


def test_a_value_that_is_read_too_early_is_found():
    graph = parse(GOOD)
    first, second, *rest = graph.equations

    error = refusal(dataclasses.replace(graph, equations=(second, first, *rest)))

    assert error.what == "after swap: input 0 is read before it is computed"
    assert error.got == "b: float32[2,4] = exp(a)"


def test_a_value_from_nowhere_is_found():
    graph = parse(GOOD)
    stray = graph.equations[1].with_inputs((Value(Spec((2, 4), F32)),))

    error = refusal(dataclasses.replace(graph, equations=(graph.equations[0], stray)))

    assert error.got == "b: float32[2,4] = exp(?)"


def test_a_value_that_is_computed_twice_is_found():
    graph = parse(GOOD)

    error = refusal(dataclasses.replace(graph, equations=(*graph.equations, graph.equations[1])))

    assert error.what == "after swap: the output is computed twice"


def test_an_input_that_is_computed_is_found():
    graph = parse("graph(x: float32[2]) {\n  return x\n}")
    itself = Equation("exp", (graph.inputs[0],), (), graph.inputs[0])

    error = refusal(dataclasses.replace(graph, equations=(itself,)))

    assert error.what == "after swap: the output is computed twice"


def test_an_input_that_is_listed_twice_is_found():
    graph = parse(GOOD)

    error = refusal(dataclasses.replace(graph, inputs=(*graph.inputs, graph.inputs[0])))

    assert (error.what, error.got) == ("after swap: an input is listed twice", "x")


def test_an_output_that_is_never_computed_is_found():
    graph = parse(GOOD)

    error = refusal(dataclasses.replace(graph, equations=graph.equations[:2]))

    assert (error.what, error.got) == ("after swap: output 0 is never computed", "?")


@pytest.mark.parametrize(
    "literal", [np.float32(1.0), [1], {1: 2}, (1, [2]), None, ..., np.zeros(2)]
)
def test_an_attribute_that_cannot_be_printed_and_read_is_found(literal):
    x = Value(Spec((2,), F32), "x")
    y = Equation("flip", (x,), (("axes", literal),), Value(x.spec))

    error = refusal(Graph((x,), (y,), (y.output,)))

    assert error.what == "after swap: axes is no literal"


def test_constants_are_known_everywhere():
    one = Constant(np.ones(2, np.float32))
    y = Equation("exp", (one,), (), Value(one.spec))

    verify(Graph((), (y,), (y.output, one)))
