"""The contract of every pass, and what each makes of a graph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import badak as bd
from badak import nn, optim
from badak.compiler import dedupe, parse, passes, prune, show, simplify, verify
from badak.compiler.testing.programs import random_graph, random_numbers
from tests.compiler.meaning import bits_but_for_nan, meaning

PASSES = {name: getattr(passes, name) for name in passes.__all__}

GOLDEN: dict[str, tuple[str, str]] = {
    "simplify": (
        """
graph(x: float32[4,3], i: int64[4]) {
  a: float32[3,4] = transpose(x, axes=(1, 0))
  b: float32[4,3] = transpose(a, axes=(1, 0))
  c: float32[4,3] = mul(b, 1.0: float32)
  d: float32 = sub(2.0: float32, 0.5: float32)
  e: float32[4,3] = broadcast(d, shape=(4, 3))
  f: float32[4,3] = add(c, e)
  g: int64[4] = cast(i, dtype='int64')
  h: float32[4,3] = gather(f, g, axis=0)
  return h, d
}""",
        """
graph(x: float32[4,3], i: int64[4]) {
  a: float32[3,4] = transpose(x, axes=(1, 0))
  e: float32[4,3] = broadcast(1.5: float32, shape=(4, 3))
  f: float32[4,3] = add(x, 1.5: float32)
  h: float32[4,3] = gather(f, i, axis=0)
  return h, 1.5: float32
}""",
    ),
    "dedupe": (
        """
graph(x: float32[2], k: uint64, n: uint64) {
  a: float32[2] = exp(x)
  b: float32[2] = exp(x)
  c: float32[2] = mul(b, 2.0: float32)
  d: float32[2] = mul(a, 2.0: float32)
  e: uint32[2] = random_bits(k, n, shape=(2,))
  f: uint32[2] = random_bits(k, n, shape=(2,))
  g: uint32[2] = random_bits(n, k, shape=(2,))
  h: float32[2] = add(c, d)
  return h, e, f, g, b
}""",
        """
graph(x: float32[2], k: uint64, n: uint64) {
  a: float32[2] = exp(x)
  c: float32[2] = mul(a, 2.0: float32)
  e: uint32[2] = random_bits(k, n, shape=(2,))
  g: uint32[2] = random_bits(n, k, shape=(2,))
  h: float32[2] = add(c, c)
  return h, e, e, g, a
}""",
    ),
    "prune": (
        """
graph(x: float32[2], unread: int64) {
  a: float32[2] = exp(x)
  b: float32[2] = neg(a)
  c: float32[2] = abs(a)
  d: float32[2] = sign(b)
  return c, x
}""",
        """
graph(x: float32[2], unread: int64) {
  a: float32[2] = exp(x)
  c: float32[2] = abs(a)
  return c, x
}""",
    ),
}

UNTOUCHED = {
    "simplify": """
graph(x: float32[2]) {
  a: float32[2] = add(x, 0.0: float32)
  b: float32[2] = mul(a, 0.0: float32)
  c: float32[2] = exp(b)
  d: float32[2] = exp(b)
  return c
}""",
    "dedupe": """
graph(x: float32[2,2]) {
  a: float32[2,2] = mul(x, 0.0: float32)
  b: float32[2,2] = mul(x, -0.0: float32)
  c: float32[2,2] = mul(0.0: float32, x)
  d: float32[2] = sum(x, axes=(0,), keepdims=False)
  e: float32[2] = sum(x, axes=(1,), keepdims=False)
  f: float32[3,2] = pad(x, low=(1, 0), high=(0, 0), interior=(0, 0), value=0.0)
  g: float32[3,2] = pad(x, low=(1, 0), high=(0, 0), interior=(0, 0), value=-0.0)
  h: float32[2,2] = maximum(x, nan: float32)
  i: float32[2,2] = mul(x, 0.0: float32[1])
  return x
}""",
    "prune": """
graph(x: float32[2]) {
  a: float32[2] = exp(x)
  b: float32[2] = mul(a, 1.0: float32)
  c: float32[2] = mul(a, 1.0: float32)
  return b, c
}""",
}


@pytest.fixture(scope="module")
def training_step():
    """A network's whole step as a graph, small but with a part of everything."""
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.5), nn.Linear(8, 3),
    )  # fmt: skip
    loss, opt, params = nn.SoftmaxCrossEntropy(), optim.Adam(), net.parameters()

    def step(x, t):
        with bd.training():
            value = loss(net(x), t)
        opt.update(params, bd.grad(value, params))
        return value

    x = np.random.default_rng(0).normal(size=(4, 1, 6, 6)).astype(np.float32)
    traced = bd.trace(step, x, np.arange(4) % 3)
    return traced.graph, [x, np.arange(4) % 3, *(s.data for s in traced.state)]


def test_every_pass_has_a_golden_text_and_a_graph_that_it_leaves():
    assert set(GOLDEN) == set(UNTOUCHED) == set(PASSES)


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_makes_the_golden_text(name):
    before, after = GOLDEN[name]

    assert show(PASSES[name](verify(parse(before)))) == after.strip()


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_gives_back_the_graph_that_it_need_not_touch(name):
    graph = verify(parse(UNTOUCHED[name]))

    assert PASSES[name](graph) is graph


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_gives_back_an_empty_graph(name):
    graph = parse("graph() {\n  return 1.0: float32\n}")

    assert PASSES[name](graph) is graph


@pytest.mark.parametrize("name", PASSES)
@settings(max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_a_pass_preserves_the_meaning_of_random_graphs(name, seed):
    graph = random_graph(seed)
    arrays = random_numbers(graph, seed)

    new = verify(PASSES[name](graph), name)

    assert new.inputs == graph.inputs
    assert bits_but_for_nan(meaning(new, arrays)) == bits_but_for_nan(meaning(graph, arrays))


@pytest.mark.parametrize("name", PASSES)
@settings(max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_a_pass_is_done_after_one_time(name, seed):
    new = PASSES[name](random_graph(seed))

    assert PASSES[name](new) is new


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32), order=st.permutations(sorted(PASSES)))
def test_passes_preserve_the_meaning_in_any_order(seed, order):
    graph = random_graph(seed, longest=25)
    arrays = random_numbers(graph, seed)

    new = graph
    for name in (*order, *order):
        new = verify(PASSES[name](new), name)

    assert bits_but_for_nan(meaning(new, arrays)) == bits_but_for_nan(meaning(graph, arrays))


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_preserves_the_meaning_of_a_training_step(name, training_step):
    graph, arrays = training_step

    new = verify(PASSES[name](graph), name)

    assert bits_but_for_nan(meaning(new, arrays)) == bits_but_for_nan(meaning(graph, arrays))
    assert PASSES[name](new) is new


def test_all_passes_together_shorten_a_training_step(training_step):
    graph, _ = training_step

    new = prune(dedupe(simplify(graph)))

    assert len(new.equations) < 0.8 * len(graph.equations)
    assert all(e.inputs for e in new.equations)


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_leaves_the_graph_that_it_was_given_as_it_was(name, training_step):
    graph, _ = training_step
    before = show(graph)

    PASSES[name](graph)

    assert show(graph) == before


def test_the_meaning_of_a_graph_notices_a_wrong_pass():
    graph = parse(GOLDEN["prune"][0])
    wrong = parse(GOLDEN["prune"][0].replace("abs(a)", "neg(a)"))
    arrays = [np.array([1.0, 2.0], np.float32), np.array(3)]

    assert bits_but_for_nan(meaning(graph, arrays)) != bits_but_for_nan(meaning(wrong, arrays))
