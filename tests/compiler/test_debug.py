"""In debug mode what a pass has made is verified, and an error names the pass."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.dtypes import float32
from badak.base.errors import StateError
from badak.compiler import parse
from badak.compiler.graph import Equation, Graph, Value
from badak.compiler.kernels.pools import OWN
from badak.compiler.loops.loop import Buffer
from badak.compiler.loops.memory import Layout
from badak.compiler.loops.parse import parse_kernels
from badak.compiler.programs import lowered, pipeline
from badak.compiler.programs.lowered import UnsupportedError
from badak.compiler.programs.pipeline import PIPELINE, Improve, improved
from badak.compiler.programs.program import Program
from badak.compiler.programs.verify_plan import verify_groups, verify_layout, verify_waits
from badak.compiler.testing import random_case, random_graph
from badak.compiler.verify import verify

TEXT = """
    graph(x: float32[37,19], w: float32[19,11]) {
      a: float32[37,11] = matmul(x, w)
      b: float32[37,11] = exp(a)
      c: float32[11] = sum(b, axes=(0,), keepdims=False)
      d: float32[37,11] = div(b, c)
      return c, d
    }"""


def test_pipeline_has_the_passes_in_order():
    assert [step.name for step in PIPELINE] == [
        "simplify", "dedupe", "prune",
        "pooled", "constants lifted", "packed", "own outputs",
        "fuse", "kernels", "memory plan", "barriers", "emit", "link",
    ]  # fmt: skip


def test_random_programs_pass_in_debug_mode():
    count = 0
    with bd.debug():
        for seed in range(100):
            case = random_case(random_graph(seed), seed)
            try:
                Program(improved(case.graph), case.arguments, case.updates, 1 + seed % 4)
            except UnsupportedError:
                continue
            count += 1

    assert count > 70


def test_training_step_of_a_conv_net_passes_in_debug_mode():
    layers = [nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 4)]
    net, loss, optimizer = nn.Sequential(*layers), nn.SoftmaxCrossEntropy(), optim.Adam(lr=0.1)
    parameters = net.parameters()

    @bd.compile
    def step(x, t):
        value = loss(net(x), t)
        optimizer.update(parameters, bd.grad(value, parameters))
        return value

    with bd.debug():
        step(bd.ones((2, 1, 8, 8)), bd.tensor([1, 2]))

    assert step.is_native


# ---------------------------------------------------------------------- planted mistakes


def first_type_wrong(graph: Graph) -> Graph:
    """The first equation's output gets another dtype."""
    first, *others = graph.equations
    wrong = Value(first.output.spec._replace(dtype=np.dtype("uint8")))
    changed = dataclasses.replace(first, output=wrong)
    renamed = {id(first.output): wrong}
    rest = [e.with_inputs(tuple(renamed.get(id(x), x) for x in e.inputs)) for e in others]
    return Graph(graph.inputs, (changed, *rest), graph.outputs)


@pytest.mark.parametrize("name", ["simplify", "dedupe", "prune"])
def test_pass_over_graphs_that_makes_a_mistake_is_named(monkeypatch, name):
    def wrong(step):
        spoilt = Improve(name, lambda graph: first_type_wrong(step.run(graph)))
        return spoilt if step.name == name else step

    monkeypatch.setattr(pipeline, "PIPELINE", tuple(map(wrong, PIPELINE)))
    step = bd.compile(lambda x: bd.exp(x) * 2.0)

    with bd.debug(), pytest.raises(StateError, match=rf"after {name}: ") as error:
        step(bd.ones(13))

    assert "exp(x)" in str(error.value.got)


@pytest.mark.parametrize(
    ("function", "name"),
    [("pooled", "pooled"), ("_packed", "packed"), ("_lifted", "constants lifted")],
)
def test_graph_step_that_makes_a_mistake_is_named(monkeypatch, function, name):
    original = getattr(lowered, function)

    def wrong(graph, *more):
        made = original(graph, *more)
        if isinstance(made, tuple):
            return first_type_wrong(made[0]), made[1]
        return first_type_wrong(made)

    monkeypatch.setattr(lowered, function, wrong)

    with bd.debug(), pytest.raises(StateError, match=f"after {name}: the type of the output"):
        Program(parse(TEXT), 2)


POOLED = """
    graph(x: float32[2,6,6]) {
      a: float32[2,3,3,2,2] = windows(x, kernel=(2, 2), stride=(2, 2), dilation=(1, 1))
      b: float32[2,3,3] = max(a, axes=(3, 4), keepdims=False)
      return b
    }"""


def test_type_of_a_pooled_equation_is_verified():
    graph = parse(POOLED)
    made = lowered.pooled(graph, lowered.schedule(graph))
    last = made.equations[-1]
    wrong = dataclasses.replace(last, output=Value(graph.inputs[0].spec))

    assert last.primitive == "reduce_windows"
    assert verify(made, "pooled", OWN) is made
    with pytest.raises(StateError, match="after pooled: the type of the output is wrong"):
        verify(Graph(made.inputs, (*made.equations[:-1], wrong), ()), "pooled", OWN)


def test_outputs_that_are_not_computed_are_found(monkeypatch):
    original = lowered._with_own_outputs

    def wrong(graph, updates):
        made, pairs = original(graph, updates)
        return Graph(made.inputs, made.equations[:-1], made.outputs), pairs

    monkeypatch.setattr(lowered, "_with_own_outputs", wrong)

    with bd.debug(), pytest.raises(StateError, match="after own outputs: output 1 is never"):
        Program(parse(TEXT), 2)


def test_groups_out_of_order_are_found(monkeypatch):
    original = lowered.schedule

    def wrong(*arguments):
        plan = original(*arguments)
        plan.groups.reverse()
        return plan

    monkeypatch.setattr(lowered, "schedule", wrong)

    with bd.debug(), pytest.raises(StateError, match="after fuse: an input is read before") as e:
        Program(parse(TEXT), 2)

    assert "div" in str(e.value.got)


def test_kernel_that_reads_behind_the_end_is_found(monkeypatch):
    load = lowered.Builder.load

    def careless(self, buffer, address, lanes=1, stride=1, active=None):
        return load(self, buffer, address, lanes, stride)

    monkeypatch.setattr(lowered.Builder, "load", careless)

    with bd.debug(), pytest.raises(StateError, match=r"after kernels: kernel .*lies outside"):
        Program(parse(TEXT), 2)


def test_buffers_in_one_place_are_found(monkeypatch):
    original = lowered.plan

    def wrong(*arguments):
        layout = original(*arguments)
        return dataclasses.replace(layout, offsets=dict.fromkeys(layout.offsets, 64))

    monkeypatch.setattr(lowered, "plan", wrong)

    with bd.debug(), pytest.raises(StateError, match="after memory plan: two buffers need"):
        Program(parse(TEXT), 1)


def test_missing_waits_are_found(monkeypatch):
    monkeypatch.setattr(lowered, "barriers", lambda kernels, *_: [False] * len(kernels))

    with bd.debug(), pytest.raises(StateError, match=r"after barriers: kernel .* worker 0 needs"):
        Program(parse(TEXT), 2, workers=2)


@pytest.mark.parametrize("name", ["pooled", "constants lifted", "fuse", "kernels", "barriers"])
def test_without_debug_mode_nothing_is_verified(monkeypatch, name):
    def refuse(*arguments):
        raise AssertionError(name)

    def watched(step):
        return dataclasses.replace(step, check=refuse) if step.name == name else step

    monkeypatch.setattr(pipeline, "PIPELINE", tuple(map(watched, PIPELINE)))
    program = Program(parse(TEXT.replace("37", "41")), 2)

    assert program.kernels
    with bd.debug(), pytest.raises(AssertionError, match=name):
        Program(parse(TEXT.replace("37", "43")), 2)


# ---------------------------------------------------------------------- plans by hand

KERNELS = parse_kernels(
    """
    buffers {
      x: float32[64]
      y: float32[64]
      own: private float32[16]
    }
    kernel first for each i in 0 .. 16 {
      x[4 i] = 1.0
    }
    kernel second for each i in 0 .. 16 {
      own[0] = 1.0
      r0: float32 = x[4 i]
      y[i] = r0
    }
    kernel third for each i in 0 .. 16 {
      r0: float32 = x[-4 i + 60]
    }"""
)
X = Buffer("x", float32, 64)
APART = {"x": 0, "y": 256, "own": 512}


def layout(size: int = 640, region: int = 64, **offsets: int) -> Layout:
    return Layout({**APART, **offsets}, {}, size, region)


def test_plan_by_hand_is_right():
    verify_layout(KERNELS, layout(), [], workers=2)
    verify_waits(KERNELS, layout(), [False, False, True], workers=2)


@pytest.mark.parametrize(
    ("plan", "workers", "message"),
    [
        (layout(y=252), 1, "two buffers need the same bytes"),
        (layout(size=500), 1, "outside of the arena"),
        (layout(x=-4), 1, "outside of the arena"),
        (layout(), 3, "outside of the arena"),
        (layout(region=60), 2, "two buffers need the same bytes"),
        (layout(own=448), 2, "two buffers need the same bytes"),
        (Layout({"x": 0, "y": 256}, {}, 640, 0), 1, "a buffer has no place"),
    ],
)
def test_wrong_memory_plan_is_found(plan, workers, message):
    with pytest.raises(StateError, match=message):
        verify_layout(KERNELS, plan, [], workers)


def test_buffers_needed_one_after_the_other_may_share_unless_kept():
    (z,) = parse_kernels("buffers {\n z: float32[64]\n}\nkernel last {\n z[0] = 0.0\n}")
    plan = layout(z=0)

    verify_layout([*KERNELS, z], plan)
    with pytest.raises(StateError, match=r"x: float32\[64\] and z: float32\[64\] at 0"):
        verify_layout([*KERNELS, z], plan, [X])


def test_workers_need_no_wait_along_the_same_shares():
    verify_waits(KERNELS[:2], layout(), [False, False], workers=4)


@pytest.mark.parametrize("workers", [2, 3, 16])
def test_missing_wait_names_both_kernels(workers):
    with pytest.raises(StateError, match=r"kernel third: .*still in kernel first") as error:
        verify_waits(KERNELS, layout(), [False] * 3, workers)

    assert error.value.expected == "a wait before third"


def test_one_worker_waits_for_nobody():
    verify_waits(KERNELS, layout(), [False] * 3, workers=1)


def test_equation_that_no_group_has_is_found():
    graph = parse(TEXT)
    plan = lowered.schedule(graph)
    plan.groups.pop()

    with pytest.raises(StateError, match="neither computed nor seen") as error:
        verify_groups(graph, plan)

    assert str(error.value.got).startswith("d: ")


def test_equation_that_two_groups_have_is_found():
    graph = parse(TEXT)
    plan = lowered.schedule(graph)
    extra = plan.groups[0].equations[0]
    plan.groups[-1].equations.append(Equation("exp", extra.inputs[:1], (), extra.output))

    with pytest.raises(StateError, match="the output is computed twice"):
        verify_groups(graph, plan)
