"""What every optimizer keeps: its formula, exact resume, sane behaviour at the extremes."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import badak as bd
from badak import optim
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.optim import catalogue


@dataclass(frozen=True)
class Case:
    """An optimizer, its rule once more in plain numbers, and settings that suit two landscapes.

    Attributes:
        make: the class.
        rule: (w, g, memory, t, **settings) -> w, for single numbers; memory is a dict.
        settings: other settings than the defaults.
        defaults: what the settings are unless given.
        bowl: settings that reach the bottom of a bowl in 300 steps.
        valley: settings that get far along Rosenbrock's valley in 500 steps.
        text: the repr with the defaults.
        memory: names of what it remembers of a vector or a number.
        forbidden: values out of range, by setting.
        fixed: what the optimizer consists of besides: choices, and numbers that may be left out.
        still: settings without which the weights move also where there is no slope.
    """

    make: Callable[..., optim.Optimizer]
    rule: Callable[..., float]
    settings: dict[str, Any]
    defaults: dict[str, Any]
    bowl: dict[str, float]
    valley: dict[str, float]
    text: str
    memory: tuple[str, ...] = ()
    forbidden: dict[str, list[Any]] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    still: dict[str, float] = field(default_factory=dict)

    def new(self, **settings: Any) -> optim.Optimizer:
        """One of these optimizers."""
        return self.make(**{**self.fixed, **settings})

    def plain(self, *given: Any, **settings: Any) -> float:
        """The rule in plain numbers."""
        return self.rule(*given, **{**self.fixed, **settings})

    def __str__(self) -> str:
        choices = "".join(f"-{name}={value}" for name, value in self.fixed.items())
        return self.make.__name__ + choices


def update(optimizer, params, grads):
    """A step with gradients that are taken as those of the point where the rule wants them."""
    with optimizer.gradient_point(params):
        pass
    optimizer.update(params, grads)


def average(memory, name, share, value):
    memory[name] = share * memory.get(name, 0.0) + (1 - share) * value
    return memory[name]


def divisor(v, eps, place, c=1.0):
    if place == "inside":
        return math.sqrt(v / c + eps)
    return math.sqrt(v / c) + (eps if place == "outside" else eps / math.sqrt(c))


def sgd(w, g, memory, t, lr, momentum=0.0, dampening=0.0, nesterov=False):
    memory["a"] = g if t == 1 else momentum * memory["a"] + (1 - dampening) * g
    return w - lr * (g + momentum * memory["a"] if nesterov else memory["a"])


def momentum(w, g, memory, t, lr, momentum, nesterov=False):
    memory["v"] = momentum * memory.get("v", 0.0) - lr * g
    return w + (momentum * memory["v"] - lr * g if nesterov else memory["v"])


def adagrad(
    w, g, memory, t, lr, eps, lr_decay=0.0, initial_accumulator_value=0.0, eps_at="outside"
):
    memory["h"] = memory.get("h", initial_accumulator_value) + g**2
    return w - lr / (1 + (t - 1) * lr_decay) * g / divisor(memory["h"], eps, eps_at)


def rmsprop(w, g, memory, t, lr, alpha, eps, momentum=0.0, centered=False, eps_at="outside"):
    h = average(memory, "h", alpha, g**2)
    if centered:
        h = max(h - average(memory, "m", alpha, g) ** 2, 0.0)
    memory["a"] = momentum * memory.get("a", 0.0) + g / divisor(h, eps, eps_at)
    return w - lr * memory["a"]


def adadelta(w, g, memory, t, lr, rho, eps):
    h = average(memory, "h", rho, g**2)
    d = g * math.sqrt((memory.get("u", 0.0) + eps) / (h + eps))
    average(memory, "u", rho, d**2)
    return w - lr * d


def adam(w, g, memory, t, lr, betas, eps, amsgrad=False, eps_at="outside", weight_decay=0.0):
    m, v = average(memory, "m", betas[0], g), average(memory, "v", betas[1], g**2)
    if amsgrad:
        memory["largest"] = v = max(memory.get("largest", 0.0), v)
    root = divisor(v, eps, eps_at, 1 - betas[1] ** t)
    return w * (1 - lr * weight_decay) - lr * m / (1 - betas[0] ** t) / root


def adamax(w, g, memory, t, lr, betas, eps):
    memory["u"] = max(betas[1] * memory.get("u", 0.0), abs(g) + eps)
    return w - lr / (1 - betas[0] ** t) * average(memory, "m", betas[0], g) / memory["u"]


def nadam(w, g, memory, t, lr, betas, eps, momentum_decay):
    m, v = average(memory, "m", betas[0], g), average(memory, "v", betas[1], g**2)
    mu, following = (betas[0] * (1 - 0.5 * 0.96 ** (step * momentum_decay)) for step in (t, t + 1))
    p = memory["p"] = memory.get("p", 1.0) * mu
    ahead = following * m / (1 - p * following) + (1 - mu) * g / (1 - p)
    return w - lr * ahead / divisor(v, eps, "outside", 1 - betas[1] ** t)


def radam(w, g, memory, t, lr, betas, eps):
    m, v = average(memory, "m", betas[0], g), average(memory, "v", betas[1], g**2)
    power = betas[1] ** t
    limit = 2 / (1 - betas[1]) - 1
    r = limit - 2 * t * power / (1 - power)
    move = lr * m / (1 - betas[0] ** t)
    if r > 5:
        c = (r - 4) * (r - 2) * limit / ((limit - 4) * (limit - 2) * r)
        move *= math.sqrt(c * (1 - power)) / (math.sqrt(v) + eps)
    return w - move


def lion(w, g, memory, t, lr, betas):
    direction = np.sign(betas[0] * memory.get("m", 0.0) + (1 - betas[0]) * g)
    average(memory, "m", betas[1], g)
    return w - lr * direction


def lamb(w, g, memory, t, lr, betas, eps, weight_decay=0.0):
    r = -adam(0.0, g, memory, t, 1.0, betas, eps) + weight_decay * w
    return w - lr * (abs(w) / abs(r) if w and r else 1.0) * r


def adafactor(w, g, memory, t, lr, beta2_decay, eps, d):
    v = average(memory, "v", 1 - t**beta2_decay, g**2)
    u = g / math.sqrt(max(v, (eps[0] or np.finfo("f8").eps) ** 2))
    return w - max(eps[1], abs(w)) * min(lr, t**-0.5) * u / max(1.0, abs(u) / d)


def muon(w, g, memory, t, lr, weight_decay, momentum, betas, eps):
    return adam(w, g, memory, t, lr, betas, eps, weight_decay=weight_decay)


SHARE = [-0.1, 1.0, 2.0, math.nan]
EPS = [0.0, -1e-8, math.inf]
USUAL = {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8}
OTHER = {"lr": 0.3, "betas": (0.5, 0.8), "eps": 0.1}
ADAPTIVE = {"bowl": {"lr": 0.1}, "valley": {"lr": 0.03}, "memory": ("m", "v")}

CASES = [
    Case(
        optim.SGD, sgd, {"lr": 0.3}, {"lr": 0.01},
        bowl={"lr": 0.1}, valley={"lr": 1e-3}, text="SGD(lr=0.01)",
        forbidden={"momentum": SHARE, "dampening": SHARE},
    ),
    Case(
        optim.SGD, sgd, {"lr": 0.3}, {"lr": 0.01},
        bowl={"lr": 0.01}, valley={"lr": 1e-3}, text="SGD(lr=0.01, momentum=0.9, dampening=0.5)",
        memory=("a",), fixed={"momentum": 0.9, "dampening": 0.5},
    ),
    Case(
        optim.SGD, sgd, {"lr": 0.3}, {"lr": 0.01},
        bowl={"lr": 0.01}, valley={"lr": 1e-3}, text="SGD(lr=0.01, momentum=0.8, nesterov=True)",
        memory=("a",), fixed={"momentum": 0.8, "nesterov": True},
    ),
    Case(
        optim.Momentum, momentum, {"lr": 0.3, "momentum": 0.5}, {"lr": 0.01, "momentum": 0.9},
        bowl={"lr": 0.01}, valley={"lr": 1e-3}, text="Momentum(lr=0.01, momentum=0.9)",
        memory=("v",), forbidden={"momentum": SHARE},
    ),
    Case(
        optim.Momentum, momentum, {"lr": 0.3, "momentum": 0.5}, {"lr": 0.01, "momentum": 0.9},
        bowl={"lr": 0.01}, valley={"lr": 1e-3},
        text="Momentum(lr=0.01, momentum=0.9, nesterov=True)",
        memory=("v",), fixed={"nesterov": True},
    ),
    Case(
        optim.Nesterov, momentum, {"lr": 0.3, "momentum": 0.5}, {"lr": 0.01, "momentum": 0.9},
        bowl={"lr": 0.01}, valley={"lr": 1e-3}, text="Nesterov(lr=0.01, momentum=0.9)",
        memory=("v",), forbidden={"momentum": SHARE},
    ),
    Case(
        optim.AdaGrad, adagrad, {"lr": 0.3, "eps": 0.1}, {"lr": 0.01, "eps": 1e-10},
        bowl={"lr": 1.0}, valley={"lr": 0.5}, text="AdaGrad(lr=0.01, eps=1e-10)",
        memory=("h",),
        forbidden={"eps": EPS, "lr_decay": [-1.0], "initial_accumulator_value": [-1.0]},
    ),
    Case(
        optim.AdaGrad, adagrad, {"lr": 0.3, "eps": 0.1}, {"lr": 0.01, "eps": 1e-10},
        bowl={"lr": 1.0, "lr_decay": 1e-3}, valley={"lr": 0.5, "lr_decay": 1e-3},
        text="AdaGrad(lr=0.01, lr_decay=0.5, initial_accumulator_value=0.1, eps=1e-10, "
        "eps_at='inside')",
        memory=("h",),
        fixed={"lr_decay": 0.5, "initial_accumulator_value": 0.1, "eps_at": "inside"},
    ),
    Case(
        optim.RMSProp, rmsprop, {"lr": 0.3, "alpha": 0.5, "eps": 0.1},
        {"lr": 0.01, "alpha": 0.99, "eps": 1e-8},
        bowl={"lr": 0.03, "alpha": 0.9}, valley={"lr": 0.01},
        text="RMSProp(lr=0.01, alpha=0.99, eps=1e-08)",
        memory=("h",), forbidden={"alpha": SHARE, "eps": EPS, "momentum": SHARE},
    ),
    Case(
        optim.RMSProp, rmsprop, {"lr": 0.3, "alpha": 0.5, "eps": 0.1},
        {"lr": 0.01, "alpha": 0.99, "eps": 1e-8},
        bowl={"lr": 0.01, "alpha": 0.9, "eps": 1e-3}, valley={"lr": 0.003},
        text="RMSProp(lr=0.01, alpha=0.99, eps=1e-08, momentum=0.5, centered=True, "
        "eps_at='inside')",
        memory=("h", "m", "a"), fixed={"momentum": 0.5, "centered": True, "eps_at": "inside"},
    ),
    Case(
        optim.Adadelta, adadelta, {"lr": 0.3, "rho": 0.5, "eps": 0.1},
        {"lr": 1.0, "rho": 0.9, "eps": 1e-6},
        bowl={"eps": 1e-3}, valley={"eps": 1e-4}, text="Adadelta(lr=1, rho=0.9, eps=1e-06)",
        memory=("h", "u"), forbidden={"rho": SHARE, "eps": EPS},
    ),
    Case(
        optim.Adam, adam, OTHER, USUAL,
        text="Adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08)", forbidden={"eps": EPS},
        **ADAPTIVE,
    ),
    Case(
        optim.Adam, adam, OTHER, USUAL,
        text="Adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, amsgrad=True, eps_at='hat')",
        fixed={"amsgrad": True, "eps_at": "hat"},
        **{**ADAPTIVE, "memory": ("m", "v", "largest_v")},
    ),
    Case(
        optim.AdamW, adam, {**OTHER, "weight_decay": 0.2}, {**USUAL, "weight_decay": 0.01},
        text="AdamW(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01, "
        "decoupled_weight_decay=True)",
        forbidden={"weight_decay": [-0.1]}, still={"weight_decay": 0.0},
        **{**ADAPTIVE, "bowl": {"lr": 0.1, "weight_decay": 0.0}},
    ),
    Case(
        optim.Adamax, adamax, OTHER, {**USUAL, "lr": 0.002},
        text="Adamax(lr=0.002, beta1=0.9, beta2=0.999, eps=1e-08)", forbidden={"eps": EPS},
        **{**ADAPTIVE, "memory": ("m", "u")},
    ),
    Case(
        optim.NAdam, nadam, {**OTHER, "momentum_decay": 0.1},
        {**USUAL, "lr": 0.002, "momentum_decay": 0.004},
        text="NAdam(lr=0.002, beta1=0.9, beta2=0.999, eps=1e-08, momentum_decay=0.004)",
        forbidden={"momentum_decay": [-1.0]}, **{**ADAPTIVE, "memory": ("m", "v", "p")},
    ),
    Case(
        optim.RAdam, radam, OTHER, USUAL,
        text="RAdam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08)",
        **{**ADAPTIVE, "valley": {"lr": 0.002}},
    ),
    Case(
        optim.Lion, lion, {"lr": 0.3, "betas": (0.5, 0.8)}, {"lr": 1e-4, "betas": (0.9, 0.99)},
        bowl={"lr": 0.018, "betas": (0.2, 0.2)}, valley={"lr": 0.01},
        text="Lion(lr=0.0001, beta1=0.9, beta2=0.99, decoupled_weight_decay=True)", memory=("m",),
    ),
    Case(
        optim.LAMB, lamb, OTHER, {**USUAL, "eps": 1e-6},
        text="LAMB(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-06)",
        **{**ADAPTIVE, "bowl": {"lr": 0.01}, "valley": {"lr": 0.002}},
    ),
    Case(
        optim.Adafactor, adafactor,
        {"lr": 0.3, "beta2_decay": -0.5, "eps": (None, 0.1), "d": 2.0},
        {"lr": 0.01, "beta2_decay": -0.8, "eps": (None, 0.001), "d": 1.0},
        bowl={"lr": 0.05}, valley={"lr": 0.05},
        text="Adafactor(lr=0.01, beta2_decay=-0.8, eps2=0.001, d=1, decoupled_weight_decay=True)",
        memory=("v",), forbidden={"beta2_decay": [0.1], "d": [0.5]},
    ),
    Case(
        optim.Muon, muon,
        {**OTHER, "weight_decay": 0.2, "momentum": 0.5},
        {**USUAL, "eps": 1e-7, "weight_decay": 0.1, "momentum": 0.95},
        bowl={"lr": 0.1, "weight_decay": 0.0}, valley={"lr": 0.03},
        text="Muon(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-07, momentum=0.95, weight_decay=0.1, "
        "decoupled_weight_decay=True)",
        memory=("m", "v"), forbidden={"momentum": SHARE, "eps": EPS},
        still={"weight_decay": 0.0},
    ),
]  # fmt: skip

every_case = pytest.mark.parametrize("case", CASES, ids=str)
both_widths = pytest.mark.parametrize("dtype", ["float32", "float64"])


def test_every_public_optimizer_stands_in_the_table_and_in_the_catalogue():
    public = filter(inspect.isclass, (getattr(optim, name) for name in optim.__all__))
    optimizers = {x for x in public if issubclass(x, optim.Optimizer)}

    assert {case.make for case in CASES} == optimizers - {optim.Optimizer, optim.WithMomentum}
    assert {case.make.__name__.lower(): case.make for case in CASES} == catalogue.BY_NAME


def start(dtype="float64"):
    """Parameters of several shapes, a single number and an empty one among them."""
    noise = np.random.default_rng(0)
    shapes = {"w": (3, 2), "b": (2,), "scale": (), "none": (0, 4)}
    return {name: bd.parameter(noise.normal(size=s), dtype) for name, s in shapes.items()}


def gradients(params, step):
    """Other gradients at each step, of several sizes."""
    noise = np.random.default_rng([1, step])
    return {k: bd.tensor(noise.normal(size=x.shape) * 10**step, x.dtype) for k, x in params.items()}


def run(optimizer, params, steps):
    for step in steps:
        update(optimizer, params, gradients(params, step % 3))
    return values(params)


def values(params):
    return {name: x.numpy() for name, x in params.items()}


def assert_equal(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


# The formula.


@every_case
@pytest.mark.parametrize("which", ["defaults", "settings"])
def test_thirty_steps_agree_with_the_rule_in_plain_numbers(case, which):
    given = getattr(case, which)
    w, expected, memory = bd.parameter(1.5, "float64"), 1.5, {}
    optimizer = case.new(**given)

    for t in range(1, 31):
        g = 10.0 ** (t % 4) * math.sin(t)
        update(optimizer, {"w": w}, {"w": g})
        expected = case.plain(expected, g, memory, t, **given)

        assert float(w) == pytest.approx(expected, rel=1e-13), t


@every_case
def test_defaults_are_those_of_the_table(case):
    assert repr(case.new()) == repr(case.new(**case.defaults)) == case.text


@every_case
def test_each_value_goes_its_own_way(case):
    together = start()
    run(case.new(**case.settings), together, range(5))

    for name in together:
        alone = {name: start()[name]}
        optimizer = case.new(**case.settings)
        for step in range(5):
            update(optimizer, alone, {name: gradients(start(), step % 3)[name]})
        assert_equal(values(alone), {name: together[name].numpy()})


@every_case
def test_the_order_of_names_does_not_matter(case):
    forward, backward = start(), dict(reversed(start().items()))
    for params in (forward, backward):
        optimizer = case.new(**case.settings)
        for step in range(3):
            update(optimizer, params, gradients(start(), step))

    assert_equal(values(forward), {name: backward[name].numpy() for name in forward})


@every_case
def test_gradients_may_be_arrays_or_lists(case):
    outcomes = []
    for kind in (bd.tensor, np.asarray, np.ndarray.tolist):
        w = bd.parameter([1.0, 2.0])
        optimizer = case.new()
        for _ in range(3):
            update(optimizer, {"w": w}, {"w": kind(np.array([0.5, -0.25]))})
        outcomes.append(w.tolist())

    assert outcomes[0] == outcomes[1] == outcomes[2]


# Its state.


@every_case
@both_widths
@pytest.mark.parametrize("pause", [0, 1, 4, 6])
def test_resumed_equals_uninterrupted_bit_for_bit(case, dtype, pause):
    straight = start(dtype)
    uninterrupted = case.new(**case.settings)
    run(uninterrupted, straight, range(6))

    before = start(dtype)
    first = case.new(**case.settings)
    run(first, before, range(pause))
    after = {name: bd.parameter(x, dtype) for name, x in values(before).items()}
    second = case.new().load_state_dict(first.state_dict(), after)
    run(second, after, range(pause, 6))

    assert_equal(values(after), values(straight))
    assert_equal(second.state_dict(), uninterrupted.state_dict())


@every_case
def test_the_state_is_named_after_parameters(case):
    params, optimizer = start(), case.new()
    run(optimizer, params, range(2))

    state = optimizer.state_dict()

    kept = {name: [*case.new().begin(x)] for name, x in params.items()}
    assert set(map(tuple, [kept["b"], kept["scale"], kept["none"]])) == {case.memory}
    expected = [f"{memory}/{name}" for name in params for memory in kept[name]]
    assert list(state) == ["steps", *optimizer.settings, *expected]
    assert int(state["steps"]) == int(optimizer.steps) == 2


@every_case
def test_a_state_dict_is_a_copy(case):
    params, optimizer = start(), case.new()
    run(optimizer, params, range(2))
    before = {name: array.copy() for name, array in optimizer.state_dict().items()}

    for array in optimizer.state_dict().values():
        array[...] = 7

    assert_equal(before, optimizer.state_dict())


@every_case
def test_a_state_that_does_not_fit_is_refused_whole(case):
    params, optimizer = start(), case.new()
    run(optimizer, params, range(2))
    state = optimizer.state_dict()
    before = optimizer.state_dict()
    del state["lr"]
    state["m/other"] = np.zeros(3)
    state["steps"] = np.array([1, 2])

    with pytest.raises(StateError) as refusal:
        optimizer.load_state_dict(state, params)

    for words in ("missing 'lr'", "unknown 'm/other'", "'steps' has shape (2,), expected ()"):
        assert words in str(refusal.value)
    assert_equal(before, optimizer.state_dict())


@every_case
def test_text_in_a_state_is_refused_whole(case):
    params, optimizer = start(), case.new()
    run(optimizer, params, range(2))
    before = optimizer.state_dict()

    with pytest.raises(StateError, match="'lr' holds <U4, expected numbers"):
        optimizer.load_state_dict({**before, "steps": 9, "lr": "high"}, params)

    assert_equal(before, optimizer.state_dict())


@every_case
def test_a_state_of_other_parameters_is_refused(case):
    params, optimizer = start(), case.new()
    run(optimizer, params, range(2))
    other = {"w": bd.parameter(np.zeros((4, 2)))}

    if case.memory:
        with pytest.raises(StateError, match=r"'\w+/w' has shape \(3, \d\), expected \(4, \d\)"):
            case.new().load_state_dict(optimizer.state_dict(), other)
    else:
        case.new().load_state_dict(optimizer.state_dict(), other)


# Landscapes and extremes.


@every_case
def test_it_finds_the_bottom_of_a_bowl(case):
    centre = np.array([1.0, -2.0, 0.5])
    w = bd.parameter([3.0, 3.0, 3.0])
    optimizer = case.new(**case.bowl)

    for _ in range(300):
        update(optimizer, {"w": w}, bd.grad(((w - centre) ** 2).sum(), {"w": w}))

    np.testing.assert_allclose(w.numpy(), centre, atol=0.02)


def descent(optimizer, params, loss):
    """One step down a loss of the parameters and a batch, which it returns."""

    def step(batch):
        with optimizer.gradient_point(params):
            value = loss(batch)
            grads = bd.grad(value, params)
        optimizer.update(params, grads)
        return value

    return step


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


@every_case
def test_it_gets_along_the_valley_of_rosenbrock(case):
    params = {"w": bd.parameter([-1.2, 1.0], "float64")}
    step, w = (
        descent(case.new(**case.valley), params, lambda _: rosenbrock(params["w"])),
        params["w"],
    )

    bd.compile(step).scan(np.zeros((500, 1), int), bd.zeros(1))

    assert float(rosenbrock(w)) < 4.0  # from 24.2; the floor of the valley begins at 4.1


@every_case
@both_widths
def test_without_a_slope_it_stands_still(case, dtype):
    params = start(dtype)
    before = values(params)
    optimizer = case.new(**case.still)

    for _ in range(3):
        update(optimizer, params, {name: np.zeros(x.shape) for name, x in params.items()})

    assert_equal(before, values(params))


@every_case
@both_widths
def test_a_gradient_of_1e30_leaves_finite_numbers(case, dtype):
    if "centered" in case.fixed and dtype == "float32":
        return  # infinity minus infinity, as in PyTorch; the trainer notices
    w = bd.parameter([1.0, -1.0], dtype)
    optimizer = case.new()

    for g in ([1e30, -1e30], [1.0, 1.0], [0.0, 0.0]):
        update(optimizer, {"w": w}, {"w": bd.tensor(g, dtype)})

    assert np.isfinite(w.numpy()).all()


@every_case
@both_widths
def test_dtypes_and_shapes_are_kept(case, dtype):
    params, optimizer = start(dtype), case.new()
    shapes = {name: x.shape for name, x in params.items()}

    run(optimizer, params, range(2))

    assert {name: x.shape for name, x in params.items()} == shapes
    assert {x.dtype for x in params.values()} == {np.dtype(dtype)}
    for name, state in optimizer.state.items():
        if case.make is not optim.Adafactor or name != "w":  # which keeps rows and columns
            assert {x.shape for x in state.values()} <= {shapes[name], ()}
        assert {x.dtype for x in state.values() if x.ndim} <= {np.dtype(dtype)}


@every_case
def test_an_update_touches_its_parameters_alone(case):
    params = start()
    frozen = bd.parameter([1.0, 2.0])
    seen = params["w"].detach()
    kept, grads = seen.numpy(), gradients(params, 0)
    grads_before = values(grads)

    update(case.new(), params, {**grads, "frozen": bd.tensor([9.0, 9.0])})

    assert frozen.tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(seen.numpy(), kept)
    assert_equal(values(grads), grads_before)


@every_case
def test_a_new_learning_rate_counts_from_the_next_step(case):
    w, expected, memory = bd.parameter(0.0, "float64"), 0.0, {}
    optimizer = case.new()

    for t, lr in enumerate([0.1, 0.1, 0.001, 0.001], start=1):
        optimizer.lr = lr
        update(optimizer, {"w": w}, {"w": 2.0})
        expected = case.plain(expected, 2.0, memory, t, **{**case.defaults, "lr": lr})

    assert float(w) == pytest.approx(expected, rel=1e-13)
    assert float(optimizer.lr) == 0.001


# Wrong use.


@every_case
@pytest.mark.parametrize("lr", [0, 0.0, -1.0, math.nan, math.inf, -math.inf])
def test_a_learning_rate_is_above_0_and_finite(case, lr):
    with pytest.raises(RangeError, match=r"lr is out of range(.|\n)*a finite number above 0"):
        case.new(lr=lr)


@every_case
def test_a_learning_rate_that_is_set_later_is_checked_too(case):
    optimizer = case.new()

    with pytest.raises(RangeError, match="lr is out of range"):
        optimizer.lr = -0.1

    assert repr(optimizer) == case.text


@every_case
@pytest.mark.parametrize("lr", ["0.1", None, True, [0.1, 0.2], "fast"])
def test_a_learning_rate_is_a_number(case, lr):
    with pytest.raises(DTypeError, match="lr must be a number"):
        case.new(lr=lr)


@every_case
def test_an_unusually_large_learning_rate_is_warned_about(case):
    with pytest.warns(UserWarning, match=r"lr 1e\+30 is far above usual") as warned:
        optimizer = case.new(lr=1e30)
    with pytest.warns(UserWarning, match=r"lr 1e\+20") as warned_later:
        optimizer.lr = 1e20

    assert {warned[0].filename, warned_later[0].filename} == {__file__}


@pytest.mark.parametrize(
    ("case", "name", "value"),
    [(case, name, v) for case in CASES for name, bad in case.forbidden.items() for v in bad],
    ids=str,
)
def test_a_setting_outside_of_its_range_is_named(case, name, value):
    with pytest.raises(RangeError, match=f"{case.make.__name__}: {name} is out of range"):
        case.new(**{name: value})


@every_case
def test_no_parameters_are_refused(case):
    with pytest.raises(StateError, match=r"no parameters(.|\n)*net\.parameters\(\)"):
        case.new().update({}, {})


@every_case
@pytest.mark.parametrize("grads", [{}, {"w": None}], ids=["missing", "None"])
def test_a_step_before_the_gradients_is_refused(case, grads):
    with pytest.raises(StateError, match=r"no gradient for 'w'(.|\n)*loss\.backward\(\)"):
        case.new().update({"w": bd.parameter([1.0])}, grads)


@every_case
def test_a_gradient_of_another_shape_is_refused(case):
    with pytest.raises(ShapeError, match=r"gradient of 'w'(.|\n)*\(2, 1\)(.|\n)*\(2,\)"):
        update(case.new(), {"w": bd.parameter([[1.0], [2.0]])}, {"w": [1.0, 2.0]})


@every_case
def test_lists_are_refused_with_the_right_call(case):
    w = bd.parameter([1.0])

    with pytest.raises(DTypeError, match=r"two dicts(.|\n)*list, list(.|\n)*bd\.grad"):
        case.new().update([w], [w])


@every_case
def test_what_is_no_tensor_is_refused(case):
    with pytest.raises(DTypeError, match=r"'w' is no tensor(.|\n)*bd\.parameter"):
        case.new().update({"w": np.ones(2)}, {"w": np.ones(2)})


@every_case
def test_a_parameter_under_two_names_is_refused(case):
    w = bd.parameter([1.0])
    g = bd.tensor([1.0])

    with pytest.raises(RangeError, match=r"'a' is given twice(.|\n)*'b'"):
        case.new().update({"a": w, "b": w}, {"a": g, "b": g})


@every_case
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_gradient_that_is_not_finite_stops_the_whole_step(case, bad):
    params, optimizer = start(), case.new()
    run(optimizer, params, range(2))
    before, state = values(params), optimizer.state_dict()
    grads = gradients(params, 0) | {"b": bd.tensor([0.0, bad], "float64")}

    with pytest.raises(StateError, match=r"gradient of 'b' is not finite(.|\n)*lower learning"):
        update(optimizer, params, grads)

    assert_equal(before, values(params))
    assert_equal(state, optimizer.state_dict())


# As machine code.

EVERYTHING = {
    "weight_decay": 0.1,
    "l1": 0.01,
    "clip_value": 0.5,
    "clip_norm": 0.6,
    "clip_global_norm": 0.7,
    "max_norm": 1.5,
    "groups": {"bias": {"lr": 0.02, "weight_decay": 0}, "w": {"l1": 0, "clip_norm": 0.4}},
    "accumulate": 2,
    "average": optim.EMA(0.9),
}


def regression(dtype):
    """Parameters, batches of inputs, and a loss of both."""
    noise = np.random.default_rng(2)
    params = {
        "w": bd.parameter(noise.normal(size=(3, 2)), dtype, tags=("weight",)),
        "b": bd.parameter(noise.normal(size=2), dtype, tags=("bias",)),
        "scale": bd.parameter(noise.normal(size=()), dtype),
    }
    batches = [bd.tensor(noise.normal(size=(4, 3)), dtype) for _ in range(6)]

    def loss(x):
        return ((bd.tanh(x @ params["w"] + params["b"]) * params["scale"] - 0.5) ** 2).mean()

    return params, batches, loss


def descend(optimizer, dtype, how):
    """Six steps, with another learning rate after three of them."""
    params, batches, loss = regression(dtype)
    step = how(descent(optimizer, params, loss))
    for i, x in enumerate(batches):
        if i == 3 and optimizer.schedule is None:
            optimizer.lr = 0.5 * float(optimizer.lr)
        step(x)
    return {**values(params), **optimizer.state_dict()}, step


def assert_close(compiled, eager, dtype):
    assert list(compiled) == list(eager)
    tolerance = {"float32": 2e-5, "float64": 1e-11}[dtype]
    for name, expected in eager.items():
        np.testing.assert_allclose(
            compiled[name], expected, rtol=tolerance, atol=tolerance, err_msg=name
        )


@every_case
@both_widths
def test_compiled_equals_eager(case, dtype):
    eager, _ = descend(case.new(**{**case.bowl, "lr": 0.05}), dtype, lambda step: step)
    compiled, step = descend(case.new(**{**case.bowl, "lr": 0.05}), dtype, bd.compile)

    assert_close(compiled, eager, dtype)
    assert step.is_native
    assert "1 program)" in repr(step)


@every_case
def test_compiled_equals_eager_with_everything_that_is_shared(case):
    given = {**EVERYTHING, "lr": optim.schedules.Exponential(0.05, 0.9)}
    eager, _ = descend(case.new(**given), "float32", lambda step: step)
    compiled, step = descend(case.new(**given), "float32", bd.compile)

    assert_close(compiled, eager, "float32")
    assert step.is_native
    assert "1 program)" in repr(step)
