"""Schedules: the curves of PyTorch and Keras, and what all schedules keep."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak.base.errors import DTypeError, RangeError
from badak.optim import schedules
from badak.optim.schedules import (
    Chained,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    InverseScaling,
    InverseTime,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    Sequential,
    StepDecay,
    WarmUp,
)

STEPS = 60
ROUNDING = 1e-12

CASES = [
    Constant(0.3),
    PiecewiseConstant([4, 9, 33], [0.3, 0.2, 0.7, 0.1]),
    StepDecay(0.3, step_size=7, gamma=0.3),
    MultiStep(0.3, milestones=[3, 20, 21], gamma=0.5),
    Exponential(0.3, gamma=0.9),
    InverseTime(0.3, rate=0.5, steps=4),
    InverseScaling(0.3, power=0.75),
    Polynomial(0.3, steps=20, power=2.0, end=0.01),
    Cosine(0.3, steps=25, end=0.02),
    CosineRestarts(0.3, steps=3, t_mul=2.0, m_mul=0.7, end=0.01),
    Cyclic(0.1, max_lr=0.5, step_size=6, decay=0.5),
    OneCycle(0.5, steps=40),
    WarmUp(Cosine(0.3, steps=30), steps=10),
    Sequential([Constant(0.1), Exponential(0.3, 0.9), Cosine(0.2, 9)], milestones=[5, 30]),
    Chained([Cosine(0.3, steps=50), StepDecay(1.0, step_size=8), WarmUp(Constant(1.0), 5)]),
]  # fmt: skip

every_case = pytest.mark.parametrize("schedule", CASES, ids=lambda s: type(s).__name__)


def curve(schedule, steps=STEPS):
    return [schedule(step) for step in range(steps)]


def test_every_public_schedule_stands_in_the_table():
    public = {x for x in vars(schedules).values() if inspect.isclass(x)} - {Schedule}

    assert {type(schedule) for schedule in CASES} == public


# What all schedules keep.


@pytest.mark.technique(66)
@every_case
def test_a_curve_at_once_is_its_points_one_by_one(schedule):
    at_once = schedule(bd.arange(STEPS))

    assert at_once.dtype == np.float64
    np.testing.assert_allclose(at_once.numpy(), curve(schedule), rtol=1e-14)


@every_case
@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_a_compiled_program_computes_the_same_curve(schedule, dtype):
    compiled = bd.compile(schedule.__call__)

    rates = [float(compiled(bd.tensor(t, dtype))) for t in range(0, STEPS, 7)]

    np.testing.assert_allclose(rates, curve(schedule)[::7], rtol=1e-13, atol=1e-16)


@every_case
def test_it_is_frozen_equal_by_value_and_says_what_it_is(schedule):
    fields = {field.name: getattr(schedule, field.name) for field in dataclasses.fields(schedule)}

    assert type(schedule)(**fields) == schedule
    assert hash(schedule) == hash(type(schedule)(**fields))
    assert repr(schedule).startswith(f"{type(schedule).__name__}({next(iter(fields))}=")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(schedule, next(iter(fields)), 1.0)


@every_case
def test_far_beyond_its_end_the_rate_is_still_a_rate(schedule):
    for step in (10**4, 10**6, 2**40):
        assert 0 <= schedule(step) < 1


@every_case
def test_a_step_below_0_is_refused(schedule):
    with pytest.raises(RangeError, match="the step is out of range"):
        schedule(-1)


# The curves of PyTorch.


def torch_curve(make, lr, steps=STEPS, lowest=None):
    torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=lr)
    schedule = make(torch.optim.lr_scheduler, optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


PEERS = {
    "constant": (
        Constant(0.3),
        lambda t, o: t.ConstantLR(o, factor=1.0), 0.3, STEPS,
    ),
    "step": (
        StepDecay(0.3, step_size=7, gamma=0.3),
        lambda t, o: t.StepLR(o, 7, gamma=0.3), 0.3, STEPS,
    ),
    "step, by default": (StepDecay(0.3, 5), lambda t, o: t.StepLR(o, 5), 0.3, STEPS),
    "multi-step": (
        MultiStep(0.3, milestones=[3, 20, 21], gamma=0.5),
        lambda t, o: t.MultiStepLR(o, [3, 20, 21], gamma=0.5), 0.3, STEPS,
    ),
    "multi-step, by default": (
        MultiStep(0.3, [2, 9]), lambda t, o: t.MultiStepLR(o, [2, 9]), 0.3, STEPS,
    ),
    "exponential": (
        Exponential(0.3, gamma=0.9), lambda t, o: t.ExponentialLR(o, 0.9), 0.3, STEPS,
    ),
    "linear": (
        Polynomial(0.3, steps=20, end=0.06),
        lambda t, o: t.LinearLR(o, start_factor=1.0, end_factor=0.2, total_iters=20), 0.3, STEPS,
    ),
    "polynomial": (
        Polynomial(0.3, steps=20, power=2.0),
        lambda t, o: t.PolynomialLR(o, total_iters=20, power=2.0), 0.3, STEPS,
    ),
    "inverse time": (
        InverseTime(0.3, rate=0.5, steps=4),
        lambda t, o: t.LambdaLR(o, lambda step: 1 / (1 + 0.5 * step / 4)), 0.3, STEPS,
    ),
    "cosine": (
        Cosine(0.3, steps=25, end=0.02),
        lambda t, o: t.CosineAnnealingLR(o, T_max=25, eta_min=0.02), 0.3, 26,
    ),
    "cosine with restarts": (
        CosineRestarts(0.3, steps=7, end=0.01),
        lambda t, o: t.CosineAnnealingWarmRestarts(o, T_0=7, eta_min=0.01), 0.3, STEPS,
    ),
    "cosine with longer restarts": (
        CosineRestarts(0.3, steps=3, t_mul=3.0),
        lambda t, o: t.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=3), 0.3, 400,
    ),
    "triangular": (
        Cyclic(0.1, max_lr=0.5, step_size=6),
        lambda t, o: t.CyclicLR(o, 0.1, 0.5, 6, cycle_momentum=False), 0.1, STEPS,
    ),
    "triangular 2": (
        Cyclic(0.1, max_lr=0.5, step_size=6, decay=0.5),
        lambda t, o: t.CyclicLR(o, 0.1, 0.5, 6, mode="triangular2", cycle_momentum=False),
        0.1, STEPS,
    ),
    "one cycle": (
        OneCycle(0.5, steps=40),
        lambda t, o: t.OneCycleLR(o, 0.5, total_steps=40, cycle_momentum=False), 0.1, 40,
    ),
    "one cycle, otherwise": (
        OneCycle(0.5, steps=33, pct_start=0.45, div_factor=10.0, final_div_factor=50.0),
        lambda t, o: t.OneCycleLR(
            o, 0.5, total_steps=33, pct_start=0.45, div_factor=10.0, final_div_factor=50.0,
            cycle_momentum=False,
        ), 0.1, 33,
    ),
    "warm-up": (
        WarmUp(Exponential(0.3, 0.9), steps=10),
        lambda t, o: t.SequentialLR(
            o, [t.LinearLR(o, total_iters=10), t.ExponentialLR(o, 0.9)], [10]
        ), 0.3, STEPS,
    ),
    "sequential": (
        Sequential([Exponential(0.3, 0.9), StepDecay(0.3, 4)], milestones=[15]),
        lambda t, o: t.SequentialLR(o, [t.ExponentialLR(o, 0.9), t.StepLR(o, 4)], [15]),
        0.3, STEPS,
    ),
    "chained": (
        Chained([Exponential(0.3, 0.9), StepDecay(1.0, 8)]),
        lambda t, o: t.ChainedScheduler([t.ExponentialLR(o, 0.9), t.StepLR(o, 8)]), 0.3, STEPS,
    ),
}  # fmt: skip


@pytest.mark.technique(66)
@pytest.mark.parametrize("name", PEERS)
@pytest.mark.filterwarnings("ignore:.*EPOCH_DEPRECATION_WARNING:UserWarning")
@pytest.mark.filterwarnings("ignore:.*epoch parameter in `scheduler.step:UserWarning")
def test_the_curve_is_that_of_pytorch(name):
    schedule, make, lr, steps = PEERS[name]

    np.testing.assert_allclose(
        curve(schedule, steps), torch_curve(make, lr, steps), rtol=ROUNDING, atol=1e-15
    )


# The curves of Keras.

KERAS = json.loads((Path(__file__).parents[1] / "golden/keras_schedules.json").read_text("utf-8"))

IN_KERAS = {
    "ExponentialDecay": Exponential(0.3, gamma=0.5, steps=7),
    "ExponentialDecay, staircase": StepDecay(0.3, step_size=7, gamma=0.5),
    "InverseTimeDecay": InverseTime(0.3, rate=0.5, steps=4),
    "PolynomialDecay": Polynomial(0.3, steps=20, power=2.0, end=0.01),
    "PiecewiseConstantDecay": PiecewiseConstant([5, 10], [0.3, 0.2, 0.05]),
    "CosineDecay": Cosine(0.3, steps=25, end=0.03),
    "CosineDecay, warm-up": WarmUp(Cosine(0.3, steps=25), steps=10, start=0.0),
    "CosineDecayRestarts": CosineRestarts(0.3, steps=5, t_mul=2.0, m_mul=0.8, end=0.0),
}


@pytest.mark.technique(66)
@pytest.mark.parametrize("name", IN_KERAS)
def test_the_curve_is_that_of_keras(name):
    recorded = KERAS["curves"][name]

    ours = curve(IN_KERAS[name], len(recorded))

    np.testing.assert_allclose(ours, recorded, rtol=KERAS["rounding"], atol=1e-8)


def test_every_recorded_curve_is_compared():
    assert set(IN_KERAS) == set(KERAS["curves"])


# scikit-learn's "invscaling" is eta0 / t^power_t with t from 1.


def test_inverse_scaling_is_that_of_scikit_learn():
    assert curve(InverseScaling(0.5, power=0.25), 5) == [0.5 / t**0.25 for t in range(1, 6)]


# Laws.


@given(st.integers(1, 50), st.integers(1, 5), st.floats(0.01, 1.0))
def test_each_wave_of_restarts_begins_at_its_top(steps, t_mul, m_mul):
    schedule = CosineRestarts(0.3, steps, float(t_mul), m_mul)

    start = 0
    for wave in range(6):
        assert schedule(start) == pytest.approx(0.3 * m_mul**wave, rel=1e-9)
        if start > 1:
            assert schedule(start - 1) < schedule(start) or steps == 1 or m_mul < 0.9
        start += steps * t_mul**wave


@given(st.floats(1.01, 4.0), st.integers(1, 40), st.integers(0, 10**6))
def test_restarts_of_any_length_stay_between_end_and_top(t_mul, steps, step):
    rate = CosineRestarts(0.3, steps, t_mul, end=0.01)(step)

    assert 0.01 - 1e-12 <= rate <= 0.3 + 1e-12


def test_a_warm_up_from_nothing_begins_with_nothing():
    assert curve(WarmUp(Constant(0.4), steps=4, start=0.0), 6) == [
        0.0, 0.1, 0.2, pytest.approx(0.3), 0.4, 0.4,
    ]  # fmt: skip


def test_a_function_of_the_users_own_is_as_good_as_a_schedule():
    schedule = WarmUp(lambda step: 0.5**step, steps=2, start=0.5)

    assert curve(schedule, 5) == [0.5, 0.75, 1.0, 0.5, 0.25]


# Wrong use.


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constant(0.0), "Constant: lr is out of range"),
        (lambda: Constant(math.nan), "Constant: lr is out of range"),
        (lambda: Exponential(0.1, 1.5), "Exponential: gamma is out of range"),
        (lambda: StepDecay(0.1, 0), "StepDecay: step_size must be at least 1"),
        (lambda: MultiStep(0.1, [3, 3]), "MultiStep: milestones rise"),
        (lambda: MultiStep(0.1, [0]), "MultiStep: a milestone must be at least 1"),
        (lambda: PiecewiseConstant([2], [0.1]), "expected +0 milestones"),
        (lambda: PiecewiseConstant([2], [0.1, -1.0]), "PiecewiseConstant: a value"),
        (lambda: InverseTime(0.1, rate=-1.0), "InverseTime: rate is out of range"),
        (lambda: InverseScaling(0.1, power=-1.0), "InverseScaling: power is out of range"),
        (lambda: Polynomial(0.1, 5, power=0.0), "Polynomial: power is out of range"),
        (lambda: Cosine(0.1, 5, end=-0.1), "Cosine: end is out of range"),
        (lambda: CosineRestarts(0.1, 5, t_mul=0.5), "CosineRestarts: t_mul is out of range"),
        (lambda: CosineRestarts(0.1, 5, m_mul=0.0), "CosineRestarts: m_mul is out of range"),
        (lambda: Cyclic(0.1, 0.05), "Cyclic: max_lr is out of range"),
        (lambda: OneCycle(0.1, 3), "OneCycle: there are too few steps"),
        (lambda: OneCycle(0.1, 100, pct_start=1.0), "OneCycle: pct_start is out of range"),
        (lambda: WarmUp(Constant(0.1), 5, start=1.5), "WarmUp: start is out of range"),
        (lambda: Sequential([Constant(0.1)], [3]), "Sequential: (.|\n)*expected +0 milestones"),
        (lambda: Chained([]), "Chained is made of at least one schedule"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(make, words):
    with pytest.raises(RangeError, match=words):
        make()


@pytest.mark.parametrize("part", [0.1, Constant, None], ids=repr)
def test_a_schedule_is_made_of_schedules(part):
    with pytest.raises(DTypeError, match=r"WarmUp is made of schedules(.|\n)*Constant\(0\.01\)"):
        WarmUp(part, 5)
