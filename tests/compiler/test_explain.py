"""`step.explain()`: the table of kernels, and that nothing changes by looking."""

from __future__ import annotations

import ctypes
import json
from dataclasses import replace

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import StateError
from badak.compiler.machine.engine import Code
from badak.compiler.programs import program, roofline, timing
from badak.compiler.programs.lowered import UnsupportedError
from badak.compiler.threads import threads

X = np.random.default_rng(3).normal(size=(20, 7)).astype("float32")
T = np.arange(20) % 5


@pytest.fixture(autouse=True)
def _no_measuring(monkeypatch):
    monkeypatch.setattr("badak.compiler.loops.cost.LIGHT", 0)  # small programs use all threads

    def known(workers):
        return roofline.Roofline(workers, 1e11, 5e10, ((10**4, 1e11), (10**8, 1e10)))

    monkeypatch.setattr(roofline, "_roofline", known)


@pytest.fixture(params=[1, 2], ids=["alone", "together"])
def workers(request):
    before = threads()
    bd.set_threads(request.param)
    yield request.param
    bd.set_threads(before)


def training_step():
    with bd.seeded(1):
        net = nn.Sequential(nn.Linear(7, 33), nn.BatchNorm(33), nn.Dropout(0.3), nn.Linear(33, 5))
    params, loss, opt = net.parameters(), nn.SoftmaxCrossEntropy(), optim.Adam(lr=0.01)

    @bd.compile
    def step(x, t):
        with bd.training():
            value = loss(net(x), t)
        opt.update(params, bd.grad(value, params))
        return value

    return step, net


def test_looking_changes_nothing(workers):
    step, net = training_step()
    other, plain = training_step()

    losses = []
    for _ in range(3):
        losses.append(float(step(X, T)))
        step.explain()

    assert losses == [float(other(X, T)) for _ in range(3)]
    state, expected = net.state_dict(), plain.state_dict()
    assert all(np.array_equal(state[name], expected[name]) for name in expected)


def test_numbers_assigned_before_looking_are_kept():
    w = bd.parameter([1.0, 2.0])
    double = bd.compile(lambda: w.assign(w * 2.0))
    double()
    w.assign([5.0, 6.0])

    double.explain()

    double()
    assert w.tolist() == [10.0, 12.0]


def test_every_kernel_has_its_row_in_order(workers):
    step, _ = training_step()
    step(X, T)

    found = step.explain()

    kernels = next(iter(step._programs.values())).program.kernels
    assert [row.name for row in found.rows] == [kernel.name for kernel in kernels]
    assert [row.number for row in found.rows] == list(range(len(kernels)))
    assert found.workers == workers
    assert not found.made_up
    products = [row for row in found.rows if row.name == "matmul"]
    # Forward and backward, but for the gradient of the input.
    assert sum(row.cost.flops for row in products) == 2 * 20 * (2 * 7 * 33 + 3 * 33 * 5)
    assert found.seconds > 0
    assert sum(row.seconds for row in found.rows) > 0


def test_the_table_says_what_was_found():
    step, _ = training_step()
    step(X, T)

    found = step.explain()

    lines = str(found).splitlines()
    assert lines[0] == "step(float32[20,7], int64[20])"
    assert sum("*" in line.split("  ")[0] for line in lines) <= 1
    assert repr(found) == str(found)
    assert max(map(len, lines)) <= 120


def test_small_kernels_share_a_line_unless_all_are_wanted():
    step, _ = training_step()
    step(X, T)

    found = step.explain(all=True)

    numbers = [line[:2].strip() for line in str(found).splitlines()]
    assert [int(n) for n in numbers if n.isdigit()] == [row.number for row in found.rows]
    assert "small kernels" not in str(found)
    assert "small kernels" in str(replace(found, all=False))


def test_numbers_for_programs_are_plain():
    step, _ = training_step()
    step(X, T)

    found = step.explain().to_dict()

    assert json.loads(json.dumps(found)) == found
    assert found["flops"] == sum(kernel["flops"] for kernel in found["kernels"])


def test_threads_set_later_count_from_the_next_call():
    before = threads()
    square = bd.compile(lambda x: x * x)
    try:
        bd.set_threads(1)
        square(X)
        bd.set_threads(2)
        first = square.explain().workers
        square(X)
        second = square.explain().workers
    finally:
        bd.set_threads(before)

    assert (first, second) == (1, 2)


def test_the_program_that_ran_last_is_explained():
    total = bd.compile(lambda x: x.sum())

    total(bd.zeros((3, 4)))
    called = total.explain().arguments
    total.scan(np.array([[0, 1], [1, 0]]), bd.zeros((5, 6)))
    scanned = total.explain().arguments
    total(bd.zeros(9))

    assert called == ("float32[3,4]",)
    assert scanned == ("int64[2]", "float32[5,6]")
    assert total.explain().arguments == ("float32[9]",)


def test_large_arguments_are_let_go_and_replaced_by_zeros(monkeypatch):
    monkeypatch.setattr("badak.compiler.programs.program.SMALL", 100)
    total = bd.compile(lambda x: x.sum())
    total(bd.ones((30, 4)))

    found = total.explain()

    assert found.made_up
    assert "zeros" in str(found)


def test_a_function_without_kernels_is_explained():
    nothing = bd.compile(lambda x: None)
    nothing(X)

    found = nothing.explain()

    assert (found.rows, found.cost.flops, found.floor) == ((), 0, 0)
    assert "total" in str(found)


@pytest.mark.parametrize("look", ["graph", "source", "kernels"])
def test_texts_are_those_of_the_program(look):
    step, _ = training_step()
    step(X, T)

    text = getattr(step, look)

    assert repr(text) == text
    assert {"graph": "matmul(", "source": "define void @step(", "kernels": "fma("}[look] in text


def test_the_graph_can_be_read_again():
    step, _ = training_step()
    step(X, T)

    assert bd.compiler.show(bd.compiler.parse(step.graph)) == step.graph


@pytest.mark.parametrize("look", ["graph", "source", "kernels", "explain"])
def test_before_the_first_call_there_is_nothing_to_see(look):
    step = bd.compile(lambda x: x)

    with pytest.raises(StateError, match="call it once first"):
        getattr(step, look)()


def test_what_runs_eagerly_says_so(monkeypatch):
    def refuse(*_):
        raise UnsupportedError("no kernel for it")

    monkeypatch.setattr(program, "Program", refuse)
    step = bd.compile(lambda x: x + 1.0)
    with pytest.warns(RuntimeWarning, match="eagerly"):
        step(X)

    with pytest.raises(StateError, match="eagerly"):
        step.explain()


# ---------------------------------------------------------------------- the clocks


@pytest.mark.parametrize("machine", ["x86_64", "riscv64"])
def test_clocks_go_forward(machine):
    """The instruction of this processor, and the call for those without one."""
    host = roofline.machine() if machine == "x86_64" else machine
    text = timing.clock(host) + (
        "define void @read(ptr %at) {\n  %now = call i64 @now()\n  store i64 %now, ptr %at\n"
        "  ret void\n}\n"
    )
    read, place = Code(text).function("read", ctypes.c_void_p), ctypes.c_int64()

    seen = []
    for _ in range(100):
        read(ctypes.addressof(place))
        seen.append(place.value)

    assert seen == sorted(seen)
    assert seen[0] < seen[-1]


class Recorded:
    """Runs of three notes: both workers at work, or the first one alone."""

    def __init__(self, *together):
        self.together = together

    def run(self, runs, workers, table):
        for number, both in enumerate(self.together):
            for worker in range(2 if both else 1):
                start = 100 * number + 10 + worker
                table[number, worker, :3] = start, start + 40 + 20 * both + worker, start + 70
        # From the first note, at 10, to the last.
        return (100 * (runs - 1) + 70) * 1e-6


@pytest.mark.parametrize(
    ("together", "workers", "micros"),
    [((True, True, False), 2, 61), ((True, False, False), 1, 40), ((False, False), 1, 40)],
)
def test_the_runs_that_most_were_like_count(together, workers, micros):
    found = timing.times(Recorded(*together), [0, None], len(together), 2)

    assert found.workers == workers
    assert found.kernels == pytest.approx(micros * 1e-6)
    assert found.kernels.shape == (max(together.count(workers == 2), 1), 1)


def test_the_slowest_worker_between_two_waits_counts():
    # Two kernels, a wait, and one kernel; then the wait at the end.
    notes = [0, 1, None, 2, None]
    spent = np.array([[[1.0, 5.0, 0.1, 2.0, 3.0], [3.0, 2.0, 1.1, 4.0, 1.0]]])

    assert timing._slowest(spent, notes).tolist() == [[1.0, 5.0, 4.0]]
