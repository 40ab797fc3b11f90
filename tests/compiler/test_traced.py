from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak.base.errors import RangeError, ShapeError
from badak.compiler import interpret, parse

X = bd.tensor([1.0, 2.0])


def test_run_reads_the_state_as_it_is_now():
    w = bd.parameter([1.0, 1.0])
    traced = bd.trace(lambda x: w * x, X)
    w.assign([3.0, 4.0])

    assert traced.run(X).tolist() == [3.0, 8.0]


def test_run_assigns_as_the_function_does():
    total, last = bd.tensor([0.0, 0.0]), bd.tensor([0.0, 0.0])

    def add(x):
        total.assign(total + x)
        last.assign(x)

    traced = bd.trace(add, X)

    assert traced.run(X) is None
    traced.run(bd.tensor([5.0, 6.0]))

    assert total.tolist() == [6.0, 8.0]
    assert last.tolist() == [5.0, 6.0]
    assert (total.version, last.version) == (2, 2)


def test_run_exchanges_state_at_once():
    a, b = bd.tensor([1.0]), bd.tensor([2.0])

    def swap():
        old = a.detach()
        a.assign(b)
        b.assign(old)

    traced = bd.trace(swap)
    traced.run()

    assert (a.tolist(), b.tolist()) == ([2.0], [1.0])


def test_run_gives_the_structure_that_the_function_gave():
    traced = bd.trace(lambda x, flag: {"y": [x + 1, (x, flag)], "n": None}, X, "fast")

    result = traced.run(X, "fast")

    assert list(result) == ["y", "n"]
    assert result["y"][0].tolist() == [2.0, 3.0]
    assert result["y"][1][0].tolist() == [1.0, 2.0]
    assert (result["y"][1][1], result["n"]) == ("fast", None)


def test_results_share_no_memory_with_state_or_arguments():
    w = bd.tensor([1.0, 2.0])
    x = bd.tensor([5.0, 6.0])
    a, b, c = bd.trace(lambda x: (w, x, w.reshape(2, 1)), x).run(x)

    assert not any(np.shares_memory(r.data, s.data) for r in (a, b, c) for s in (w, x))


def test_run_takes_arrays_as_the_function_does():
    traced = bd.trace(lambda x, t: x * t, np.ones(2), t=np.array([1, 2]))

    assert traced.run(np.array([3.0, 4.0]), t=np.array([5, 6])).tolist() == [15.0, 24.0]
    assert traced.run(X, t=bd.tensor([1, 1])).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "x", [np.ones(3), np.ones((2, 1)), np.ones(2, np.int64), bd.ones(2, "float64")]
)
def test_another_shape_or_dtype_is_refused_by_name(x):
    traced = bd.trace(lambda batch: batch["x"] * 2, {"x": X})

    with pytest.raises(ShapeError) as caught:
        traced.run({"x": x})

    assert caught.value.what == "batch.x is not as it was when the function was traced"
    assert caught.value.expected == "float32[2]"


def test_state_of_another_dtype_is_refused_by_name():
    net = bd.nn.Linear(2, 1)
    traced = bd.trace(net, X.reshape(1, 2))
    net.to("float64")

    with pytest.raises(ShapeError, match="input weight does not fit the graph"):
        traced.run(X.reshape(1, 2))


@pytest.mark.parametrize(
    ("args", "named"),
    [((), {}), ((X, X), {}), (([X],), {}), (({"x": X},), {}), ((), {"x": X}), ((X,), {"y": X})],
)
def test_another_structure_is_refused(args, named):
    traced = bd.trace(lambda x: x * 2, X)

    with pytest.raises(RangeError, match="run takes the arguments with which the function was"):
        traced.run(*args, **named)


@pytest.mark.parametrize(
    ("traced_with", "given"),
    [(True, False), (1, True), (1, 1.0), (0.0, -0.0), ("a", "b"), (None, 0), (1, X), (X, 1)],
)
def test_another_value_is_refused(traced_with, given):
    traced = bd.trace(lambda x, n: x, X, traced_with)

    with pytest.raises(RangeError) as caught:
        traced.run(X, given)

    assert caught.value.what == "the function was traced with another value"
    assert caught.value.got == repr(given)


@pytest.mark.parametrize("value", [True, 1, 0.5, float("nan"), "a", None, np.float64(2.0), bd])
def test_the_same_value_is_taken(value):
    traced = bd.trace(lambda x, n: x, X, value)

    assert traced.run(X, value).tolist() == [1.0, 2.0]


def test_its_text_is_a_graph():
    w = bd.parameter([1.0, 2.0])
    traced = bd.trace(lambda x: w.assign(w * x + 1), X)

    again = parse(repr(traced))

    assert str(traced) == repr(traced)
    arrays = [np.array([3.0, 4.0], np.float32), w.data]
    assert [a.tolist() for a in interpret(again, arrays)] == [[4.0, 9.0], [4.0, 9.0]]


def test_state_without_a_name_is_called_by_its_letter():
    held = [bd.tensor([1.0]), bd.tensor([2.0])]

    def fn():
        held.pop().assign(held.pop() * 2)

    keep = list(held)
    traced = bd.trace(fn)

    assert repr(traced).splitlines() == [
        "graph(a: float32[1]) {",
        "  b: float32[1] = mul(a, 2.0: float32)",
        "  return b",
        "}",
        "# assigns ? = b",
    ]
    assert traced.assigned[0] is keep[1]
