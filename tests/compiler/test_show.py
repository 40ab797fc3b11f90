from __future__ import annotations

import contextlib
import itertools
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.dtypes import SUPPORTED
from badak.base.errors import BadakError, RangeError
from badak.base.shapes import Spec
from badak.compiler import Graph, interpret, parse, show
from badak.compiler.graph import Constant, Equation, Value
from badak.compiler.testing.programs import random_graph, random_numbers
from tests.compiler.meaning import bits

F32 = np.dtype("float32")

STEP = """\
graph(x: float32[100,784], t: int64[100], net.0.weight: float32[784,50], lr: float32) {
  a: float32[100,50] = matmul(x, net.0.weight)
  b: float32[100,50] = maximum(a, 0.0: float32)
  c: bool[100,50] = equal(b, -0.0: float32)
  d: float32[100] = sum(b, axes=(1,), keepdims=False)
  e: float64[100] = cast(d, dtype='float64')
  f: float32[102] = pad(d, low=(1,), high=(1,), interior=(0,), value=-inf)
  g: float32[2] = add([1.5, nan]: float32[2], [inf, -inf]: float32[2])
  h: float32[3,50] = broadcast(0.1: float32[3,1], shape=(3, 50))
  return b, c, e, f, g, h, 7: uint64, True: bool, []: float32[0,3], lr
}"""


def test_text_is_read_and_written_alike():
    assert show(parse(STEP)) == STEP


@given(seed=st.integers(0, 2**32))
def test_random_graphs_come_back_the_same(seed):
    graph = random_graph(seed)
    arrays = random_numbers(graph, seed)

    again = parse(show(graph))

    assert show(again) == show(graph)
    assert bits(interpret(again, arrays)) == bits(interpret(graph, arrays))


@pytest.mark.parametrize("dtype", SUPPORTED, ids=str)
@given(data=st.data())
def test_every_constant_comes_back_bit_for_bit(dtype, data):
    shape = data.draw(st.sampled_from([(), (1,), (3,), (2, 0), (3, 4), (7, 5)]))
    count = int(np.prod(shape)) * dtype.itemsize
    raw = bytearray(data.draw(st.binary(min_size=count, max_size=count)))
    array = np.frombuffer(bytes(b & 1 for b in raw) if dtype.kind == "b" else raw, dtype)
    constant = Constant(array.reshape(shape))

    (again,) = parse(show(Graph((), (), (constant,)))).outputs

    assert bits([again.data]) == bits([constant.data])


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.float32(0.1), "0.1: float32"),
        (np.float64(0.1), "0.1: float64"),
        (np.float32(-0.0), "-0.0: float32"),
        (np.float32(1e-45), "1e-45: float32"),
        (np.zeros((100, 784), np.float32), "0.0: float32[100,784]"),
        (np.arange(3), "[0, 1, 2]: int64[3]"),
        (np.array([[True], [False]]), "[True, False]: bool[2,1]"),
        (np.array([0.0, -0.0]), "[0.0, -0.0]: float64[2]"),
        (np.uint64(2**64 - 1), "18446744073709551615: uint64"),
    ],
)
def test_a_constant_is_shown_as_briefly_as_it_can_be(array, text):
    assert show(Graph((), (), (Constant(np.asarray(array)),))).split("return ")[1] == f"{text}\n}}"


def test_many_different_numbers_are_bytes():
    text = show(Graph((), (), (Constant(np.arange(33)),)))

    assert "return data(" in text
    assert text.endswith('", int64[33])\n}')


def test_a_nan_with_bits_of_its_own_is_kept_as_bytes():
    strange = Constant(np.array(0xFFC00001, np.uint32).view(np.float32))
    plain = Constant(np.array(np.nan, np.float32))

    text = show(Graph((), (), (strange, plain)))

    assert text.split("return ")[1] == 'data("AQDA/w==", float32), nan: float32\n}'


# ---------------------------------------------------------------------- names


def chain(*names: str) -> Graph:
    """exp of exp of ..., its values called so."""
    values = [Value(Spec((2,), F32), name) for name in names]
    pairs = itertools.pairwise(values)
    return Graph((values[0],), tuple(Equation("exp", (x,), (), y) for x, y in pairs), (values[-1],))


def test_values_without_a_name_are_called_by_letters_that_are_free():
    assert show(chain("", "a", "", "")) == (
        "graph(b: float32[2]) {\n"
        "  a: float32[2] = exp(b)\n"
        "  c: float32[2] = exp(a)\n"
        "  d: float32[2] = exp(c)\n"
        "  return d\n"
        "}"
    )


def test_letters_do_not_run_out():
    lines = show(chain(*[""] * 1000)).splitlines()

    names = [line.split(":")[0].strip() for line in lines[1:-2]]
    assert names[:2] + names[24:27] + names[-1:] == ["b", "c", "z", "aa", "ab", "all"]
    assert len(set(names)) == 999


def test_a_name_that_is_taken_gets_a_number():
    graph = chain("x", "x", "x_2", "x")

    again = parse(show(graph))

    assert [e.output.name for e in again.equations] == ["x_3", "x_2", "x_4"]


def test_names_that_look_like_something_else_are_read():
    names = ["0.weight", "data", "return", "inf", "nan", "True", "m/0.w-1", "graph"]

    again = parse(show(chain(*names)))

    assert [again.inputs[0].name, *(e.output.name for e in again.equations)] == names


def test_many_inputs_stand_in_lines_of_their_own():
    graph = Graph(tuple(Value(Spec((100, 784), F32), f"input_{i}") for i in range(4)), (), ())

    text = show(graph)

    assert text.splitlines()[:2] == ["graph(", "  input_0: float32[100,784],"]
    assert show(parse(text)) == text


# ---------------------------------------------------------------------- what is no graph


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no graph"),
        ("hello", "no graph"),
        ("graph(a: float32[2]) {\n}", "no graph"),
        ("graph(a: float32[2]) {\n  return a", "no graph"),
        ("graph(a) {\n  return a\n}", "no input"),
        ("graph(a: float16[2]) {\n  return a\n}", "tensors do not hold float16"),
        ("graph(a: float32[2], a: float32[2]) {\n  return a\n}", "a is computed twice"),
        ("graph(a: float32[2]) {\n  b = exp(a)\n  return b\n}", "no equation"),
        ("graph(a: float32[2]) {\n  b: float32[x] = exp(a)\n  return b\n}", "no type of a tensor"),
        ("graph(a: float32[2]) {\n  b: float32[2] = exp(c)\n  return b\n}", "c is not computed"),
        ("graph(a: float32[2]) {\n  a: float32[2] = exp(a)\n  return a\n}", "a is computed twice"),
        ("graph(a: float32[2]) {\n  return 1.x: float32\n}", "could not convert"),
        ("graph(a: float32[2]) {\n  return maybe: bool\n}", "'maybe'"),
        ("graph() {\n  return [1, 2]: int64[3]\n}", "cannot reshape"),
        ("graph() {\n  return 300: uint8\n}", "out of bounds"),
        ('graph() {\n  return data("AAA", float32[1])\n}', "padding"),
        ("graph(a: bool) {\n  b: bool = f(a, x=1+)\n  return b\n}", "invalid syntax"),
    ],
)
def test_a_line_that_is_no_part_of_a_graph_is_named(text, words):
    with pytest.raises(RangeError, match=words.replace("(", r"\(")):
        parse(text)


def test_the_error_shows_the_line():
    with pytest.raises(RangeError) as caught:
        parse("graph(a: float32[2]) {\n  b: float32[2] = exp(c)\n  return b\n}")

    assert caught.value.got == "b: float32[2] = exp(c)"


def test_comments_and_empty_lines_are_left_out():
    text = STEP.replace("\n  b:", "\n\n  # the activation\n  b:")

    assert show(parse(f"\n{text}\n# returns b")) == STEP.strip()


@given(data=st.data())
def test_a_damaged_text_is_refused_or_read_but_never_breaks_the_reader(data):
    text = list(STEP)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place] = data.draw(st.sampled_from([*string.printable, ""]))

    with contextlib.suppress(BadakError):
        show(parse("".join(text)))
