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
        memory: names of what it remembers.
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

    def __str__(self) -> str:
        return self.make.__name__


def sgd(w, g, memory, t, lr):
    return w - lr * g


def momentum(w, g, memory, t, lr, momentum):
    memory["v"] = momentum * memory.get("v", 0.0) - lr * g
    return w + memory["v"]


def adagrad(w, g, memory, t, lr, eps):
    memory["h"] = memory.get("h", 0.0) + g**2
    return w - lr * g / (math.sqrt(memory["h"]) + eps)


def rmsprop(w, g, memory, t, lr, alpha, eps):
    memory["h"] = alpha * memory.get("h", 0.0) + (1 - alpha) * g**2
    return w - lr * g / (math.sqrt(memory["h"]) + eps)


def adam(w, g, memory, t, lr, betas, eps):
    memory["m"] = betas[0] * memory.get("m", 0.0) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0.0) + (1 - betas[1]) * g**2
    m, v = memory["m"] / (1 - betas[0] ** t), memory["v"] / (1 - betas[1] ** t)
    return w - lr * m / (math.sqrt(v) + eps)


SHARE = [-0.1, 1.0, 2.0, math.nan]
EPS = [0.0, -1e-8, math.inf]

CASES = [
    Case(
        optim.SGD, sgd, {"lr": 0.3}, {"lr": 0.01},
        bowl={"lr": 0.1}, valley={"lr": 1e-3}, text="SGD(lr=0.01)",
    ),
    Case(
        optim.Momentum, momentum, {"lr": 0.3, "momentum": 0.5}, {"lr": 0.01, "momentum": 0.9},
        bowl={"lr": 0.01}, valley={"lr": 1e-3}, text="Momentum(lr=0.01, momentum=0.9)",
        memory=("v",), forbidden={"momentum": SHARE},
    ),
    Case(
        optim.AdaGrad, adagrad, {"lr": 0.3, "eps": 0.1}, {"lr": 0.01, "eps": 1e-10},
        bowl={"lr": 1.0}, valley={"lr": 0.5}, text="AdaGrad(lr=0.01, eps=1e-10)",
        memory=("h",), forbidden={"eps": EPS},
    ),
    Case(
        optim.RMSProp, rmsprop, {"lr": 0.3, "alpha": 0.5, "eps": 0.1},
        {"lr": 0.01, "alpha": 0.99, "eps": 1e-8},
        bowl={"lr": 0.03, "alpha": 0.9}, valley={"lr": 0.01},
        text="RMSProp(lr=0.01, alpha=0.99, eps=1e-08)",
        memory=("h",), forbidden={"alpha": SHARE, "eps": EPS},
    ),
    Case(
        optim.Adam, adam, {"lr": 0.3, "betas": (0.5, 0.8), "eps": 0.1},
        {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8},
        bowl={"lr": 0.1}, valley={"lr": 0.03},
        text="Adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08)",
        memory=("m", "v"), forbidden={"eps": EPS},
    ),
]  # fmt: skip

every_case = pytest.mark.parametrize("case", CASES, ids=str)
both_widths = pytest.mark.parametrize("dtype", ["float32", "float64"])


def test_every_public_optimizer_stands_in_the_table_and_in_the_catalogue():
    public = {getattr(optim, name) for name in optim.__all__}
    optimizers = {x for x in public if inspect.isclass(x)} - {optim.Optimizer}

    assert {case.make for case in CASES} == optimizers
    assert {str(case).lower(): case.make for case in CASES} == catalogue.BY_NAME


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
        optimizer.update(params, gradients(params, step % 3))
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
    optimizer = case.make(**given)

    for t in range(1, 31):
        g = 10.0 ** (t % 4) * math.sin(t)
        optimizer.update({"w": w}, {"w": g})
        expected = case.rule(expected, g, memory, t, **given)

        assert float(w) == pytest.approx(expected, rel=1e-13), t


@every_case
def test_defaults_are_those_of_the_table(case):
    assert repr(case.make()) == repr(case.make(**case.defaults)) == case.text


@every_case
def test_each_value_goes_its_own_way(case):
    together = start()
    run(case.make(**case.settings), together, range(5))

    for name in together:
        alone = {name: start()[name]}
        optimizer = case.make(**case.settings)
        for step in range(5):
            optimizer.update(alone, {name: gradients(start(), step % 3)[name]})
        assert_equal(values(alone), {name: together[name].numpy()})


@every_case
def test_the_order_of_names_does_not_matter(case):
    forward, backward = start(), dict(reversed(start().items()))
    for params in (forward, backward):
        optimizer = case.make(**case.settings)
        for step in range(3):
            optimizer.update(params, gradients(start(), step))

    assert_equal(values(forward), {name: backward[name].numpy() for name in forward})


@every_case
def test_gradients_may_be_arrays_or_lists(case):
    outcomes = []
    for kind in (bd.tensor, np.asarray, np.ndarray.tolist):
        w = bd.parameter([1.0, 2.0])
        optimizer = case.make()
        for _ in range(3):
            optimizer.update({"w": w}, {"w": kind(np.array([0.5, -0.25]))})
        outcomes.append(w.tolist())

    assert outcomes[0] == outcomes[1] == outcomes[2]


# Its state.


@every_case
@both_widths
@pytest.mark.parametrize("pause", range(7))
def test_resumed_equals_uninterrupted_bit_for_bit(case, dtype, pause):
    straight = start(dtype)
    uninterrupted = case.make(**case.settings)
    run(uninterrupted, straight, range(6))

    before = start(dtype)
    first = case.make(**case.settings)
    run(first, before, range(pause))
    after = {name: bd.parameter(x, dtype) for name, x in values(before).items()}
    second = case.make().load_state_dict(first.state_dict(), after)
    run(second, after, range(pause, 6))

    assert_equal(values(after), values(straight))
    assert_equal(second.state_dict(), uninterrupted.state_dict())


@every_case
def test_the_state_is_named_after_parameters(case):
    params, optimizer = start(), case.make()
    run(optimizer, params, range(2))

    state = optimizer.state_dict()

    expected = [f"{memory}/{name}" for name in params for memory in case.memory]
    assert list(state) == ["steps", *optimizer.settings, *expected]
    assert int(state["steps"]) == int(optimizer.steps) == 2


@every_case
def test_a_state_dict_is_a_copy(case):
    params, optimizer = start(), case.make()
    run(optimizer, params, range(2))
    before = {name: array.copy() for name, array in optimizer.state_dict().items()}

    for array in optimizer.state_dict().values():
        array[...] = 7

    assert_equal(before, optimizer.state_dict())


@every_case
def test_a_state_that_does_not_fit_is_refused_whole(case):
    params, optimizer = start(), case.make()
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
    params, optimizer = start(), case.make()
    run(optimizer, params, range(2))
    before = optimizer.state_dict()

    with pytest.raises(StateError, match="'lr' holds <U4, expected numbers"):
        optimizer.load_state_dict({**before, "steps": 9, "lr": "high"}, params)

    assert_equal(before, optimizer.state_dict())


@every_case
def test_a_state_of_other_parameters_is_refused(case):
    params, optimizer = start(), case.make()
    run(optimizer, params, range(2))
    other = {"w": bd.parameter(np.zeros((4, 2)))}

    if case.memory:
        with pytest.raises(StateError, match=r"'\w/w' has shape \(3, 2\), expected \(4, 2\)"):
            case.make().load_state_dict(optimizer.state_dict(), other)
    else:
        case.make().load_state_dict(optimizer.state_dict(), other)


# Landscapes and extremes.


@every_case
@both_widths
def test_it_finds_the_bottom_of_a_bowl(case, dtype):
    centre = np.array([1.0, -2.0, 0.5])
    w = bd.parameter([3.0, 3.0, 3.0], dtype)
    optimizer = case.make(**case.bowl)

    for _ in range(300):
        optimizer.update({"w": w}, bd.grad(((w - centre) ** 2).sum(), {"w": w}))

    np.testing.assert_allclose(w.numpy(), centre, atol=0.02)


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


@every_case
def test_it_gets_along_the_valley_of_rosenbrock(case):
    w = bd.parameter([-1.2, 1.0], "float64")
    optimizer = case.make(**case.valley)

    for _ in range(500):
        optimizer.update({"w": w}, bd.grad(rosenbrock(w), {"w": w}))

    assert float(rosenbrock(w)) < 4.0  # from 24.2; the floor of the valley begins at 4.1


@every_case
@both_widths
def test_without_a_slope_it_stands_still(case, dtype):
    params = start(dtype)
    before = values(params)
    optimizer = case.make()

    for _ in range(3):
        optimizer.update(params, {name: np.zeros(x.shape) for name, x in params.items()})

    assert_equal(before, values(params))


@every_case
@both_widths
def test_a_gradient_of_1e30_leaves_finite_numbers(case, dtype):
    w = bd.parameter([1.0, -1.0], dtype)
    optimizer = case.make()

    for g in ([1e30, -1e30], [1.0, 1.0], [0.0, 0.0]):
        optimizer.update({"w": w}, {"w": bd.tensor(g, dtype)})

    assert np.isfinite(w.numpy()).all()


@every_case
@both_widths
def test_dtypes_and_shapes_are_kept(case, dtype):
    params, optimizer = start(dtype), case.make()
    shapes = {name: x.shape for name, x in params.items()}

    run(optimizer, params, range(2))

    assert {name: x.shape for name, x in params.items()} == shapes
    assert {x.dtype for x in params.values()} == {np.dtype(dtype)}
    for name, state in optimizer.state.items():
        assert {(x.shape, x.dtype) for x in state.values()} <= {(shapes[name], np.dtype(dtype))}


@every_case
def test_an_update_touches_its_parameters_alone(case):
    params = start()
    frozen = bd.parameter([1.0, 2.0])
    seen = params["w"].detach()
    kept, grads = seen.numpy(), gradients(params, 0)
    grads_before = values(grads)

    case.make().update(params, {**grads, "frozen": bd.tensor([9.0, 9.0])})

    assert frozen.tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(seen.numpy(), kept)
    assert_equal(values(grads), grads_before)


@every_case
def test_a_new_learning_rate_counts_from_the_next_step(case):
    w, expected, memory = bd.parameter(0.0, "float64"), 0.0, {}
    optimizer = case.make()

    for t, lr in enumerate([0.1, 0.1, 0.001, 0.001], start=1):
        optimizer.lr = lr
        optimizer.update({"w": w}, {"w": 2.0})
        expected = case.rule(expected, 2.0, memory, t, **{**case.defaults, "lr": lr})

    assert float(w) == pytest.approx(expected, rel=1e-13)
    assert float(optimizer.lr) == 0.001


# Wrong use.


@every_case
@pytest.mark.parametrize("lr", [0, 0.0, -1.0, math.nan, math.inf, -math.inf])
def test_a_learning_rate_is_above_0_and_finite(case, lr):
    with pytest.raises(RangeError, match=r"lr is out of range(.|\n)*a finite number above 0"):
        case.make(lr=lr)


@every_case
def test_a_learning_rate_that_is_set_later_is_checked_too(case):
    optimizer = case.make()

    with pytest.raises(RangeError, match="lr is out of range"):
        optimizer.lr = -0.1

    assert repr(optimizer) == case.text


@every_case
@pytest.mark.parametrize("lr", ["0.1", None, True, [0.1, 0.2], "fast"])
def test_a_learning_rate_is_a_number(case, lr):
    with pytest.raises(DTypeError, match="lr must be a number"):
        case.make(lr=lr)


@every_case
def test_an_unusually_large_learning_rate_is_warned_about(case):
    with pytest.warns(UserWarning, match=r"lr 1e\+30 is far above usual") as warned:
        optimizer = case.make(lr=1e30)
    with pytest.warns(UserWarning, match=r"lr 1e\+20") as warned_later:
        optimizer.lr = 1e20

    assert {warned[0].filename, warned_later[0].filename} == {__file__}


@pytest.mark.parametrize(
    ("case", "name", "value"),
    [(case, name, v) for case in CASES for name, bad in case.forbidden.items() for v in bad],
    ids=str,
)
def test_a_setting_outside_of_its_range_is_named(case, name, value):
    with pytest.raises(RangeError, match=f"{case}: {name} is out of range"):
        case.make(**{name: value})


@every_case
def test_no_parameters_are_refused(case):
    with pytest.raises(StateError, match=r"no parameters(.|\n)*net\.parameters\(\)"):
        case.make().update({}, {})


@every_case
@pytest.mark.parametrize("grads", [{}, {"w": None}], ids=["missing", "None"])
def test_a_step_before_the_gradients_is_refused(case, grads):
    with pytest.raises(StateError, match=r"no gradient for 'w'(.|\n)*loss\.backward\(\)"):
        case.make().update({"w": bd.parameter([1.0])}, grads)


@every_case
def test_a_gradient_of_another_shape_is_refused(case):
    with pytest.raises(ShapeError, match=r"gradient of 'w'(.|\n)*\(2, 1\)(.|\n)*\(2,\)"):
        case.make().update({"w": bd.parameter([[1.0], [2.0]])}, {"w": [1.0, 2.0]})


@every_case
def test_lists_are_refused_with_the_right_call(case):
    w = bd.parameter([1.0])

    with pytest.raises(DTypeError, match=r"two dicts(.|\n)*list, list(.|\n)*bd\.grad"):
        case.make().update([w], [w])


@every_case
def test_what_is_no_tensor_is_refused(case):
    with pytest.raises(DTypeError, match=r"'w' is no tensor(.|\n)*bd\.parameter"):
        case.make().update({"w": np.ones(2)}, {"w": np.ones(2)})


@every_case
def test_a_parameter_under_two_names_is_refused(case):
    w = bd.parameter([1.0])
    g = bd.tensor([1.0])

    with pytest.raises(RangeError, match=r"'a' is given twice(.|\n)*'b'"):
        case.make().update({"a": w, "b": w}, {"a": g, "b": g})


@every_case
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_gradient_that_is_not_finite_stops_the_whole_step(case, bad):
    params, optimizer = start(), case.make()
    run(optimizer, params, range(2))
    before, state = values(params), optimizer.state_dict()
    grads = gradients(params, 0) | {"b": bd.tensor([0.0, bad], "float64")}

    with pytest.raises(StateError, match=r"gradient of 'b' is not finite(.|\n)*lower learning"):
        optimizer.update(params, grads)

    assert_equal(before, values(params))
    assert_equal(state, optimizer.state_dict())
