"""The timed networks: all frameworks train the same ones, none under a false name."""

from __future__ import annotations

import functools
import importlib.util
import json
import operator
import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks import cases, measure, peers, selection
from benchmarks.cases import Task
from benchmarks.peers import crew, ours
from benchmarks.peers.contender import Role

STEPS, RATE = 3, 1e-3
CLOSE = 1e-3  # float32, after two updates

NAMES = [case.name for case in cases.CASES]


PREDICTS = ["latency"]
TRAINS = [name for name in NAMES if name not in PREDICTS]
SIZES = {"batch": 7, "n_batches": 1}


def calm(name):
    """A small case without dropout, which would draw other masks in each framework."""
    (case,) = (case for case in cases.CASES if case.name == name)
    sizes = {"n_batches": 3} if case.task is Task.PREDICTION else SIZES
    return replace(case.without_chance(), models=min(case.models, 3), **sizes)


def losses(contender):
    started = measure.start(contender, RATE)
    found = [started.first_loss, *(started.trainee.run(1) for _ in range(STEPS - 1))]
    started.trainee.close()
    return found


def of_role(case, role):
    return [c for c in peers.contenders(case, "Badak") if c.role is role]


@functools.cache
def eager_losses(case):
    (contender,) = of_role(case, Role.EAGER)
    return losses(contender)


@pytest.mark.parametrize("role", [Role.OURS, Role.MANY])
@pytest.mark.parametrize("name", NAMES)
def test_compiled_code_does_what_the_eager_one_does(name, role):
    case = calm(name)
    for contender in of_role(case, role):
        trainee = contender.build(RATE)
        found = [trainee.run(1) for _ in range(STEPS)]

        assert found == pytest.approx(eager_losses(case), rel=CLOSE)


@pytest.mark.parametrize("name", TRAINS)
def test_many_batches_in_one_call_are_those_of_as_many_calls(name):
    case = replace(calm(name), n_batches=2)
    expected = eager_losses(case)[-1]

    for contender in [*of_role(case, Role.OURS), *of_role(case, Role.MANY)]:
        assert contender.build(RATE).run(STEPS) == pytest.approx(expected, rel=CLOSE)


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
from dataclasses import replace
case, = (case for case in cases.CASES if case.name == sys.argv[1])
case = replace(case.without_chance(), **json.loads(sys.argv[2]))
row = [c for c in peers.contenders(case, "JAX") if "threefry" not in c.setting]  # nothing is drawn
trainees = [c.build({rate}) for c in row]
print(json.dumps([[trainee.run(1) for _ in range({steps})] for trainee in trainees]))
"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="JAX is not installed")
def test_jax_trains_the_same_network(name):
    program = JAX_LOSSES.format(rate=RATE, steps=STEPS)
    case = calm(name)
    sizes = {key: getattr(case, key) for key in ("batch", "n_batches", "models")}
    # In a process of its own: with its threads in this one, no later test could fork.
    done = subprocess.run(
        [sys.executable, "-c", program, name, json.dumps(sizes)],
        check=True,
        capture_output=True,
        text=True,
    )

    expected = eager_losses(case)
    assert all(each == pytest.approx(expected, rel=CLOSE) for each in json.loads(done.stdout))


def test_a_step_that_falls_back_to_numpy_is_not_timed_as_compiled(monkeypatch):
    monkeypatch.setattr(ours, "compile_step", lambda step: step)
    (contender,) = of_role(calm(NAMES[0]), Role.OURS)

    with pytest.raises(peers.CannotRunError, match="not compiled"):
        measure.start(contender)


def test_the_arithmetic_of_a_small_network_is_counted_by_hand():
    cost = replace(calm("784-50-10"), batch=100).cost()

    assert cost.flops == 100 * 2 * (2 * 784 * 50 + 3 * 50 * 10)
    assert cost.traffic == 4 * (78400 + 6 * 39760 + 2 * 100 * 60)


def test_a_prediction_reads_its_weights_once():
    case = replace(calm("latency"), image=(3,), layers=(cases.Dense(2), cases.Norm()))

    assert case.cost() == cases.Cost(flops=2 * 3 * 2, traffic=4 * (3 + 3 * 2 + 2 + 2 * 2))


def test_the_deep_network_ends_in_images_of_four_by_four():
    before = [shape for _, layer, shape, _ in calm("deep-convnet").walk() if layer == cases.Flat()]

    assert before == [(64, 4, 4)]


def test_members_of_a_population_differ_in_weights_order_and_rate():
    case = replace(calm("population-64"), n_batches=4)
    weights = [case.weights(member)["0.weight"] for member in (0, 1)]

    assert not (weights[0] == weights[1]).any()
    assert (case.order(0) != case.order(1)).any()
    assert case.rate(1, RATE) > case.rate(0, RATE) == RATE


def test_a_process_that_cannot_be_built_is_refused_with_its_reason():
    with pytest.raises(peers.CannotRunError, match="ZeroDivisionError: division by zero"):
        crew.crew([functools.partial(operator.truediv, 1, 0)])


def test_a_part_of_a_name_selects_cases_and_waits():
    chosen, waits = selection.chosen("conv,compile")

    assert [case.name for case in chosen] == ["simple-convnet", "deep-convnet"]
    assert [wait.name for wait in waits[0].waits] == ["compile-cold", "compile-cached"]
    with pytest.raises(SystemExit, match="no case is called 'resnet'"):
        selection.chosen("conv,resnet")
