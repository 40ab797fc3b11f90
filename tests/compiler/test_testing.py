"""The tools that look for mistakes: what is drawn, what is allowed, what is made smaller."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from badak.compiler import interpret, parse, show, verify
from badak.compiler.testing import (
    Case,
    Child,
    Verdict,
    bounds_of,
    check,
    drawn,
    random_graph,
    random_numbers,
    reproducer,
    shrunk,
    with_gradients,
)
from badak.compiler.testing.programs import with_kernels
from badak.compiler.testing.rows import ROWS

SEEDS = range(300)


# ---------------------------------------------------------------------- programs


def test_programs_are_right_by_construction():
    for seed in SEEDS:
        graph = verify(random_graph(seed))

        arrays = random_numbers(graph, seed)

        assert [(x.shape, x.dtype) for x in arrays] == [x.spec for x in graph.inputs]


def test_equal_seeds_draw_equal_programs_and_numbers():
    first, second = (drawn(7, gradients=True) for _ in range(2))

    assert str(first) == str(second)
    for x, y in zip(*(random_numbers(c.graph, c.seed) for c in (first, second)), strict=True):
        assert x.tobytes() == y.tobytes()


def test_every_kind_of_operation_comes_up():
    met = {e.primitive for seed in SEEDS for e in random_graph(seed).equations}

    assert met == set(ROWS)


def test_only_what_is_asked_for_is_drawn():
    met = {e.primitive for seed in SEEDS for e in random_graph(seed, ["exp", "sum"]).equations}

    assert met == {"exp", "sum", "cast"}  # where an exponential meets whole numbers


def test_every_kind_of_kernel_has_a_row():
    assert {"add", "cast", "exp", "gather", "matmul", "pow", "sum"} <= set(with_kernels())


def test_gradients_keep_the_names_of_inputs():
    graph = random_graph(2, ["exp"])

    both = with_gradients(graph, 2)

    assert [x.name for x in both.inputs] == [x.name for x in graph.inputs]
    assert len(both.outputs) > len(graph.outputs)


# ---------------------------------------------------------------------- bounds


def test_what_numpy_computes_is_allowed():
    for seed in SEEDS:
        graph = random_graph(seed)
        arrays = random_numbers(graph, seed)

        allowed = bounds_of(graph, arrays)

        for interval, x in zip(allowed, interpret(graph, arrays), strict=True):
            assert not interval.wrong(x).any(), show(graph)


def test_most_numbers_are_allowed_one_value_only():
    exact = free = total = 0
    for seed in SEEDS:
        graph = random_graph(seed)
        for interval in bounds_of(graph, random_numbers(graph, seed)):
            exact += interval.exact.sum()
            free += interval.free.sum()
            total += interval.free.size

    assert exact > 0.7 * total
    assert free < 0.05 * total


def allowed(text: str, *arrays: np.ndarray):
    return bounds_of(parse(text), list(arrays))[0]


def test_sum_of_whole_numbers_is_exact_and_of_others_is_not():
    text = "graph(x: float32[9]) {\n a: float32 = sum(x, axes=(0,), keepdims=False)\nreturn a\n}"
    whole, broken = np.full(9, 3.0, np.float32), np.full(9, 0.1, np.float32)

    assert allowed(text, whole).exact
    assert allowed(text, broken).low < 0.9 < allowed(text, broken).high
    assert allowed(text, broken).wrong(np.float32(0.90001))


def test_what_hangs_on_a_doubtful_comparison_is_free():
    text = """
        graph(x: float32[2]) {
          a: float32[2] = exp(x)
          b: bool[2] = less(a, 2.7182817: float32)
          return b
        }"""

    np.testing.assert_array_equal(allowed(text, np.array([1, 2], np.float32)).free, [True, False])


def test_float_beyond_the_integers_is_free():
    text = "graph(x: float32[3]) {\n a: int32[3] = cast(x, dtype='int32')\nreturn a\n}"
    x = np.array([2.0**31, np.nan, -(2.0**31)], np.float32)

    np.testing.assert_array_equal(allowed(text, x).free, [True, True, False])


# ---------------------------------------------------------------------- children


PROGRAM = "graph(x: float32[3]) {\n a: float32[3] = sqrt(x)\nreturn a\n}"


def test_child_gives_the_verdict_of_the_check():
    case = Case(parse(PROGRAM))

    with Child() as child:
        assert child.check(case, loops=True) == check(case, loops=True)


def test_crash_of_a_child_is_a_verdict_and_the_next_one_lives():
    case = Case(parse(PROGRAM))
    with Child() as child:
        child.check(case)
        os.kill(child._process.pid, signal.SIGKILL)

        first, second = child.check(case), child.check(case)

    assert first.kind == "crash"
    assert second.kind == "right"


def test_what_raises_is_a_verdict():
    graph = parse(
        PROGRAM.replace("sqrt(x)", "gather(x, 9: int64, axis=0)").replace(
            "a: float32[3]", "a: float32"
        )
    )

    verdict = check(Case(graph))

    assert verdict.kind == "error"
    assert "there is no position 9" in verdict.detail


# ---------------------------------------------------------------------- shrinking


def test_shrunk_program_fails_still_and_is_small():
    def fails(smaller: Case) -> bool:
        return any(e.primitive == "add" for e in smaller.graph.equations)

    seeds = (seed for seed in SEEDS if fails(drawn(seed)))
    case = drawn(next(seeds))
    least = shrunk(case, fails)

    assert fails(least)
    assert len(least.graph.equations) == 1
    assert not least.passes
    assert least.updates == ()


@pytest.mark.parametrize("seed", range(5))
def test_reproducer_is_a_program_that_shows_the_verdict(seed):
    text = reproducer(drawn(seed)).replace("print(", "found = (")

    names: dict[str, Verdict] = {}
    exec(text, names)  # the text is what is tested

    assert names["found"].kind == "right"
