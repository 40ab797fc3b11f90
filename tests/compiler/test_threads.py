"""Several threads at one program, and many programs at once: the same bits as one alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.compiler.crowd import Scan, scan_together
from badak.compiler.loops.barriers import barriers, stretch
from badak.compiler.loops.build import Builder
from badak.compiler.loops.footprint import footprint
from badak.compiler.loops.loop import Address, Buffer
from badak.compiler.loops.memory import plan
from badak.compiler.machine.team import TEAM
from badak.compiler.threads import quota, usual_threads
from badak.compiler.threads import threads as current

FLOAT = np.dtype("float32")
NETWORKS = {
    "dense": lambda: nn.Sequential(
        nn.Linear(64, 70), nn.BatchNorm(70), nn.ReLU(), nn.Dropout(0.3), nn.Linear(70, 10)
    ),
    "convolutional": lambda: nn.Sequential(
        nn.Conv2d(1, 5, 3, padding=1), nn.BatchNorm(5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(80, 10),
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """Puts the number of threads back; lets even the smallest program run with several."""
    monkeypatch.setattr("badak.compiler.loops.cost.LIGHT", 0)
    before = current()
    yield
    bd.set_threads(before)


def data(name, rows=200):
    noise = np.random.default_rng(1)
    shape = (64,) if name == "dense" else (1, 8, 8)
    return noise.normal(size=(rows, *shape)).astype("f"), np.arange(rows) % 10


def trainee(name, seed=0, lr=0.01):
    """A network and its compiled step."""
    with bd.seeded(seed):
        net = NETWORKS[name]()
    opt, loss, params = optim.Adam(lr), nn.SoftmaxCrossEntropy(), net.parameters()

    def step(x, t):
        with bd.training():
            value = loss(net(x), t)
        opt.update(params, bd.grad(value, params))
        return value

    return net, bd.compile(step)


def rows_of(epochs=2, batch=50, rows=200, seed=0):
    noise = np.random.default_rng(seed)
    return np.concatenate([noise.permutation(rows).reshape(-1, batch) for _ in range(epochs)])


def bits(net):
    return {key: x.tobytes() for key, x in net.state_dict().items() if not key.endswith("key")}


def trained(name, count, rows):
    bd.set_threads(count)
    net, step = trainee(name)
    x, t = data(name)
    losses = []
    for row in rows:
        TEAM.wake(count, 1.0)  # so that they are there even for the first step
        losses.append(step(x[row], t[row]).data.tobytes())
    return bits(net), losses


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_weights_do_not_depend_on_the_number_of_threads(name, count):
    rows = rows_of()

    assert trained(name, count, rows) == trained(name, 1, rows)


def test_team_takes_part():
    bd.set_threads(2)
    step = bd.compile(lambda x: x * 2.0)
    step(bd.ones(10_000))
    (program,) = step._programs.values()

    def told() -> bool:
        TEAM.wake(2, 5.0)
        step(bd.ones(10_000))
        # What the worker was last told to run.
        return TEAM._slots[TEAM._first + 1] == program.program.lowered._step

    assert any(told() for _ in range(100))  # a busy machine may keep it from coming in time


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [1, 2])
def test_scan_is_step_after_step(name, count):
    bd.set_threads(count)
    rows, (x, t) = rows_of(), data(name)
    (alone, step), (net, other) = trainee(name), trainee(name)
    losses = [step(x[row], t[row]).data for row in rows]

    done, found = other.scan(rows, x, t)

    assert done == len(rows)
    assert found.data.tobytes() == np.stack(losses).tobytes()
    assert bits(net) == bits(alone)


def test_scan_stops_after_the_batch_under_way_and_goes_on():
    rows, (x, t) = rows_of(epochs=40), data("dense")
    net, step = trainee("dense")
    alone, whole = trainee("dense")
    whole.scan(rows, x, t)

    first, _ = step.scan(rows, x, t, watch=lambda done: True)
    rest, _ = step.scan(rows[first:], x, t) if first < len(rows) else (0, None)

    assert first + rest == len(rows)
    assert bits(net) == bits(alone)


def test_error_in_watch_comes_out_and_the_function_still_runs():
    rows, (x, t) = rows_of(epochs=400), data("dense")
    _, step = trainee("dense")

    def fail(done):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step.scan(rows, x, t, watch=fail)

    assert step.scan(rows[:2], x, t)[0] == 2


def test_members_equal_the_same_model_alone():
    (x, t), seeds = data("dense"), range(7)
    members = [trainee("dense", seed, 0.001 * (seed + 1)) for seed in seeds]
    alone = [trainee("dense", seed, 0.001 * (seed + 1)) for seed in seeds]
    for seed in seeds:
        alone[seed][1].scan(rows_of(seed=seed), x, t)

    found = scan_together([Scan(members[s][1], rows_of(seed=s), (x, t)) for s in seeds])

    assert [done for done, _ in found] == [8] * 7
    assert [bits(net) for net, _ in members] == [bits(net) for net, _ in alone]


def test_models_of_different_shapes_and_a_diverging_one_run_together():
    shapes = ["dense", "convolutional", "dense"]
    members = [trainee(name) for name in shapes]
    alone = [trainee(name) for name in shapes[:2]]
    for name, (_, step) in zip(shapes, alone, strict=False):
        step.scan(rows_of(), *data(name))

    given = [data(name) for name in shapes]
    given[2][0][7] = np.nan

    found = scan_together([Scan(s, rows_of(), d) for d, (_, s) in zip(given, members, strict=True)])

    assert not np.isfinite(found[2][1].data).all()
    assert [bits(net) for net, _ in members[:2]] == [bits(net) for net, _ in alone]


def test_members_share_one_program():
    _, first = trainee("dense", seed=1)
    _, second = trainee("dense", seed=2)
    x, t = data("dense")
    first(x[:50], t[:50])
    second(x[:50], t[:50])

    lowered = [next(iter(step._programs.values())).program.lowered for step in (first, second)]

    assert lowered[0] is lowered[1]


def test_what_is_done_in_a_moment_is_done_alone(monkeypatch):
    monkeypatch.undo()
    bd.set_threads(2)
    double = bd.compile(lambda x: x * 2.0)
    double(bd.ones(10))
    double(bd.ones(10_000_000))

    assert [one.program.workers for one in double._programs.values()] == [1, 2]


def test_function_twice_in_a_crowd_is_refused():
    _, step = trainee("dense")
    x, t = data("dense")

    with pytest.raises(RangeError, match="once at a time"):
        scan_together([Scan(step, rows_of(), (x, t))] * 2)


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([[0, 200]], RangeError),
        ([[-1, 3]], RangeError),
        ([[0.5, 1.0]], DTypeError),
        ([0, 1], ShapeError),
        (np.zeros((0, 4), int), ShapeError),
    ],
)
def test_rows_that_do_not_exist_are_refused_before_anything_runs(rows, error):
    net, step = trainee("dense")
    before = bits(net)

    with pytest.raises(error):
        step.scan(rows, *data("dense"))

    assert bits(net) == before


def test_two_python_threads_run_two_programs():
    bd.set_threads(2)
    rows, (x, t) = rows_of(epochs=10), data("dense")
    pairs = [trainee("dense", seed) for seed in (1, 2)]
    alone = [trainee("dense", seed) for seed in (1, 2)]
    for _, step in alone:
        step.scan(rows, x, t)
    workers = [threading.Thread(target=step.scan, args=(rows, x, t)) for _, step in pairs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [bits(net) for net, _ in pairs] == [bits(net) for net, _ in alone]


FORKED = """
import os, sys
import numpy as np
import badak as bd
bd.set_threads(2)
step = bd.compile(lambda x: (x * 2.0).sum())
x = bd.ones(100_000)
for _ in range(20):
    first = float(step(x))
child = os.fork()
if child == 0:
    same = all(float(step(x)) == first for _ in range(20))
    os._exit(0 if same else 1)
sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_program_runs_in_a_forked_process():
    done = subprocess.run([sys.executable, "-c", FORKED], check=False, timeout=60)

    assert done.returncode == 0


@pytest.mark.parametrize("count", [0, -1, 2.5, 257])
def test_threads_that_cannot_be_are_refused(count):
    with pytest.raises((RangeError, DTypeError)):
        bd.set_threads(count)


@pytest.mark.parametrize(
    ("files", "processors"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, np.inf),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, np.inf),
        ({}, np.inf),
    ],
)
def test_limit_of_a_container_is_kept(tmp_path, files, processors):
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert quota(str(tmp_path)) == processors


def test_number_of_threads_may_be_set_from_outside(monkeypatch):
    monkeypatch.setenv("BADAK_THREADS", "3")
    assert usual_threads() == 3

    monkeypatch.setenv("BADAK_THREADS", "many")
    with pytest.raises(RangeError, match="BADAK_THREADS"):
        usual_threads()


# ---------------------------------------------------------------------- who waits for whom


def rowwise(name, source, target, rows, columns, shift=0):
    """A kernel that computes each row of the target from one row of the source."""
    b = Builder()
    with b.share(rows) as share, b.loop(columns) as turn:
        at = Address(0, ((share, columns), (turn.index, 1)))
        value = b.load(source, at.shifted(shift))
        b.store(target, at, value)
    return b.kernels(name)


def waits(kernels, workers=2):
    reaches = [footprint(kernel) for kernel in kernels]
    layout = plan(reaches, [], {}, workers)
    return barriers(kernels, reaches, layout, workers)


def buffers(count, size=64):
    return [Buffer(f"b{i}", FLOAT, size) for i in range(count)]


def test_same_rows_need_no_wait():
    x, y, z = buffers(3)

    assert waits(rowwise("a", x, y, 8, 8) + rowwise("b", y, z, 8, 8)) == [False, False]


def test_rows_of_another_worker_need_a_wait():
    x, y, z = buffers(3, 80)

    assert waits(rowwise("a", x, y, 8, 8) + rowwise("b", y, z, 8, 8, shift=8)) == [False, True]


def test_other_stretches_of_the_same_rows_need_a_wait():
    x, y, z = buffers(3, 70)

    assert waits(rowwise("a", x, y, 7, 10) + rowwise("b", y, z, 10, 7)) == [False, True]


@given(st.integers(1, 1000), st.integers(1, 9))
def test_stretches_make_the_whole(extent, workers):
    parts = [stretch(extent, worker, workers) for worker in range(workers)]

    assert [i for first, last in parts for i in range(first, last)] == list(range(extent))
    assert max(b - a for a, b in parts) - min(b - a for a, b in parts) <= 1
