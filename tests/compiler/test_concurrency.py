"""Programs run from several Python threads, and in forked and spawned processes."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.compiler.threads import threads as current

PATIENCE = 60.0
"""Seconds after which a process is held to hang."""
ROUNDS = 100

pytestmark = pytest.mark.usefixtures("threads")


@pytest.fixture(params=[1, 2, 4])
def threads(request, monkeypatch):
    """With how many threads each program runs, also the smallest."""
    monkeypatch.setattr("badak.compiler.loops.cost.LIGHT", 0)
    before = current()
    bd.set_threads(request.param)
    yield request.param
    bd.set_threads(before)


def at_once(*calls):
    """The results of functions that begin together, each in a thread of its own."""
    start = threading.Barrier(len(calls))

    def work(call):
        start.wait()
        return call()

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(work, call) for call in calls]]


def network(seed=1):
    with bd.seeded(seed):
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(64, 40), nn.BatchNorm(40), nn.ReLU(), nn.Dropout(0.3), nn.Linear(40, 3),
        )  # fmt: skip


def images(number, rows=9):
    return bd.tensor(np.random.default_rng(number).normal(size=(rows, 1, 8, 8)), "float32")


def training(seed, steps=15):
    """A training of its own, compiled; gives the bytes of its weights in the end."""
    net, optimizer, loss = network(seed), optim.Adam(lr=0.01), nn.SoftmaxCrossEntropy()
    params = net.parameters()

    @bd.compile
    def step(x, t):
        with bd.training():
            value = loss(net(x), t)
        optimizer.update(params, bd.grad(value, params))
        return value

    def run():
        for number in range(steps):
            step(images(number), np.arange(9) % 3)
        return b"".join(x.tobytes() for x in net.state_dict().values())

    return run


# ---------------------------------------------------------------------- threads


def test_two_programs_run_at_once_give_what_they_give_alone():
    functions = [bd.compile(network(seed).forward) for seed in (1, 2)]
    alone = [[fn(images(n)).numpy() for n in range(ROUNDS)] for fn in functions]

    together = at_once(
        *(lambda fn=fn: [fn(images(n)).numpy() for n in range(ROUNDS)] for fn in functions)
    )

    np.testing.assert_array_equal(together, alone)


def test_one_program_called_from_two_threads_answers_each():
    forward = bd.compile(network().forward)
    alone = [forward(images(n)).numpy() for n in range(ROUNDS)]

    halves = at_once(
        lambda: [forward(images(n)).numpy() for n in range(0, ROUNDS, 2)],
        lambda: [forward(images(n)).numpy() for n in range(1, ROUNDS, 2)],
    )

    np.testing.assert_array_equal(halves[0], alone[0::2])
    np.testing.assert_array_equal(halves[1], alone[1::2])


def test_state_counted_up_from_two_threads_misses_none():
    total = bd.tensor(np.zeros(300))

    @bd.compile
    def add(x):
        total.assign(total + x)

    at_once(*(lambda: [add(bd.ones(300)) for _ in range(ROUNDS)] for _ in range(2)))

    np.testing.assert_array_equal(total.numpy(), np.full(300, 2.0 * ROUNDS))


def test_trainings_at_once_end_with_the_weights_of_trainings_alone():
    alone = [training(seed)() for seed in (1, 2)]

    together = at_once(*(training(seed) for seed in (1, 2)))

    assert together == alone
    assert alone[0] != alone[1]


def test_function_that_many_threads_call_first_is_compiled_once():
    forward = bd.compile(network().forward)

    results = at_once(*(lambda: forward(images(0)).numpy().tobytes() for _ in range(6)))

    assert len(set(results)) == 1
    assert "1 program)" in repr(forward)


def test_program_may_be_compiled_while_another_runs():
    forward = bd.compile(network().forward)
    alone = forward(images(0)).numpy()

    def compile_more():
        return [
            bd.compile(lambda x, k=k: (x * float(k)).sum())(bd.ones(50)).item() for k in range(10)
        ]

    results, sums = at_once(
        lambda: [forward(images(0)).numpy() for _ in range(ROUNDS)], compile_more
    )

    np.testing.assert_array_equal(results, [alone] * ROUNDS)
    assert sums == [50.0 * k for k in range(10)]


# ---------------------------------------------------------------------- processes


def answers(connection, forward):
    """In the child: what the parent's program gives, and one made here, and a training."""
    found = [forward(images(n)).numpy() for n in range(3)] if forward else []
    found += [bd.compile(network().forward)(images(n)).numpy() for n in range(3)]
    connection.send((np.array(found), training(3)()))
    connection.close()


def asked(how, forward):
    """What a child process, forked or spawned, answers."""
    context = multiprocessing.get_context(how)
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=answers, args=(there, forward))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: fork with threads
        child.start()
    there.close()
    try:
        assert here.poll(PATIENCE), "the child hangs"
        return here.recv()
    finally:
        here.close()
        child.kill()
        child.join()
        child.close()


can_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@can_fork
def test_program_works_in_a_forked_child_and_in_its_parent_after():
    forward, weights = bd.compile(network().forward), training(3)()
    before = np.array([forward(images(n)).numpy() for n in range(3)])

    found, theirs = asked("fork", forward)

    np.testing.assert_array_equal(found, [*before, *before])
    assert theirs == weights == training(3)()
    np.testing.assert_array_equal([forward(images(n)).numpy() for n in range(3)], before)


@can_fork
def test_child_that_is_forked_while_a_program_runs_works():
    forward, weights = bd.compile(network().forward), training(3)()
    before = np.array([forward(images(n)).numpy() for n in range(3)])
    busy, over = bd.compile(network(2).forward), threading.Event()

    def keep_busy():
        while not over.is_set():
            busy(images(0))

    def ask():
        try:
            return [asked("fork", forward) for _ in range(3)]
        finally:
            over.set()

    _, children = at_once(keep_busy, ask)

    for found, theirs in children:
        np.testing.assert_array_equal(found, [*before, *before])
        assert theirs == weights


@pytest.mark.parametrize("threads", [2], indirect=True)
def test_spawned_process_gives_the_same_numbers():
    forward, weights = bd.compile(network().forward), training(3)()

    found, theirs = asked("spawn", None)

    np.testing.assert_array_equal(found, [forward(images(n)).numpy() for n in range(3)])
    assert theirs == weights


ENDING = """
import badak as bd
import threading
bd.set_threads({threads})
double = bd.compile(lambda x: x * 2.0)
def work():
    while True:
        double(bd.ones(5000))
if {busy}:
    threading.Thread(target=work, daemon=True).start()
for _ in range(300):
    double(bd.ones(5000))
print(double(bd.ones(2)).tolist())
"""


@pytest.mark.parametrize("busy", [False, True])
def test_process_with_programs_ends_when_it_is_done(threads, busy):
    text = ENDING.format(threads=threads, busy=busy)
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "[2.0, 2.0]\n", "")
