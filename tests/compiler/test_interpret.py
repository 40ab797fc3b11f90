from __future__ import annotations

import warnings

import numpy as np
import pytest

from badak.base.errors import RangeError, ShapeError
from badak.compiler import interpret, parse
from tests.compiler.meaning import bits

GRAPH = parse("""
graph(x: float32[2,3], w: float32[3]) {
  a: float32[2] = matmul(x, w)
  b: float32[2] = div(a, 0.0: float32)
  return b, w, x, 5: int64
}""")


def test_outputs_may_be_computed_given_or_constant():
    x, w = np.ones((2, 3), np.float32), np.arange(3, dtype=np.float32)

    b, given_w, given_x, five = interpret(GRAPH, [x, w])

    assert b.tolist() == [np.inf, np.inf]
    assert given_w is w
    assert given_x is x
    assert five == 5


def test_nobody_is_warned_of_infinities():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        interpret(GRAPH, [np.zeros((2, 3), np.float32), np.zeros(3, np.float32)])


def test_a_wrong_number_of_inputs_is_refused():
    with pytest.raises(ShapeError, match="a graph takes all of its inputs"):
        interpret(GRAPH, [np.ones((2, 3), np.float32)])


@pytest.mark.parametrize("w", [np.ones(4, np.float32), np.ones(3), np.ones((3, 1), np.float32)])
def test_an_input_of_another_type_is_named(w):
    with pytest.raises(ShapeError) as caught:
        interpret(GRAPH, [np.ones((2, 3), np.float32), w])

    assert caught.value.what == "input w does not fit the graph"
    assert caught.value.expected == "float32[3]"


def test_a_position_that_does_not_exist_is_refused_as_eagerly():
    graph = parse("""
    graph(x: float32[3], i: int64[2]) {
      a: float32[2] = gather(x, i, axis=0)
      return a
    }""")

    with pytest.raises(RangeError, match="gather: there is no position 3"):
        interpret(graph, [np.ones(3, np.float32), np.array([0, 3])])


def test_a_view_is_no_copy():
    graph = parse(
        "graph(x: float32[2,3]) {\n  a: float32[3,2] = transpose(x, axes=(1, 0))\n  return a\n}"
    )
    x = np.arange(6, dtype=np.float32).reshape(2, 3)

    (a,) = interpret(graph, [x])

    assert np.shares_memory(a, x)
    assert bits([a]) == bits([x.T])
