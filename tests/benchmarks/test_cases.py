"""The timed networks: all frameworks train the same ones, none under a false name."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

from benchmarks import cases, measure, peers
from benchmarks.peers import ours

STEPS, RATE = 3, 1e-3
CLOSE = 1e-3  # float32, after two updates

NAMES = [case.name for case in cases.CASES]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(cases, "BATCH", 7)
    monkeypatch.setattr(cases, "BATCHES", 1)


def calm(name):
    """A case without dropout, which would draw other masks in each framework."""
    (case,) = (case for case in cases.CASES if case.name == name)
    return case.without_chance()


def losses(contender):
    started = measure.start(contender, RATE)
    return [started.first_loss, *(started.trainee.run(1) for _ in range(STEPS - 1))]


def eager_losses(case):
    (contender,) = (c for c in peers.contenders(case, "Badak") if c.setting == ours.EAGER)
    return losses(contender)


@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_step_trains_the_same_network(name):
    case = calm(name)
    (contender,) = (c for c in peers.contenders(case, "Badak") if c.setting == ours.COMPILED)
    try:
        started = measure.start(contender, RATE)
    except peers.CannotRunError as refusal:
        pytest.skip(f"shown as such in the table: {refusal}")
    after = started.trainee.run(1)  # the step was taken twice before, once to see that it compiled

    assert [started.first_loss, after] == pytest.approx(eager_losses(case)[::2], rel=CLOSE)


@pytest.mark.parametrize("name", NAMES)
def test_pytorch_trains_the_same_network(name):
    torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")
    case, threads = calm(name), torch.get_num_threads()
    found = {c.setting: losses(c) for c in peers.contenders(case, "PyTorch", quick=True)}
    torch.set_num_threads(threads)

    expected = eager_losses(case)
    assert all(each == pytest.approx(expected, rel=CLOSE) for each in found.values())


JAX_LOSSES = """
import json, sys
from benchmarks import cases, peers
cases.BATCH, cases.BATCHES = 7, 1
case, = (case for case in cases.CASES if case.name == sys.argv[1])
trainees = [c.build({rate}) for c in peers.contenders(case.without_chance(), "JAX")]
print(json.dumps([[trainee.run(1) for _ in range({steps})] for trainee in trainees]))
"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="JAX is not installed")
def test_jax_trains_the_same_network(name):
    program = JAX_LOSSES.format(rate=RATE, steps=STEPS)
    # In a process of its own: with its threads in this one, no later test could fork.
    done = subprocess.run(
        [sys.executable, "-c", program, name], check=True, capture_output=True, text=True
    )

    expected = eager_losses(calm(name))
    assert all(each == pytest.approx(expected, rel=CLOSE) for each in json.loads(done.stdout))


def test_a_step_that_falls_back_to_numpy_is_not_timed_as_compiled(monkeypatch):
    monkeypatch.setattr(ours, "compile_step", lambda step: step)
    (contender,) = (c for c in peers.contenders(calm(NAMES[0]), "Badak") if c.setting == "compiled")

    with pytest.raises(peers.CannotRunError, match="not compiled"):
        measure.start(contender)


def test_the_arithmetic_of_a_small_network_is_counted_by_hand(monkeypatch):
    monkeypatch.setattr(cases, "BATCH", 100)
    cost = calm("784-50-10").cost()

    assert cost.flops == 100 * 2 * (2 * 784 * 50 + 3 * 50 * 10)
    assert cost.traffic == 4 * (78400 + 6 * 39760 + 2 * 100 * 60)


def test_the_deep_network_ends_in_images_of_four_by_four():
    before = [shape for _, layer, shape, _ in calm("deep-convnet").walk() if layer == cases.Flat()]

    assert before == [(64, 4, 4)]


def test_a_part_of_a_name_selects_cases():
    assert [case.name for case in cases.named("conv")] == ["simple-convnet", "deep-convnet"]
    with pytest.raises(SystemExit, match="no case is called 'resnet'"):
        cases.named("conv,resnet")
