"""L-BFGS, step by step beside PyTorch's, and to the minimum."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, StateError
from badak.optim.line_search import Point, strong_wolfe

GOLDEN = Path(__file__).parent.parent / "golden" / "torch_optimizers.json"
CONFIGURATIONS = json.loads(GOLDEN.read_text(encoding="utf-8"))["configurations"]["LBFGS"]
START = [-1.2, 1.0, 0.5, 1.5]


def valley(w):
    """Rosenbrock's valley in four dimensions."""
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


def bowl(w):
    return (w**2).sum() + (w[0] - 2 * w[3]) ** 2 + 0.1 * (w**4).sum()


@pytest.mark.parametrize("loss", [valley, bowl])
@pytest.mark.parametrize("given", CONFIGURATIONS, ids=str)
def test_steps_are_those_of_torch(loss, given):
    torch = pytest.importorskip("torch", reason="PyTorch is the peer")
    here, there = bd.parameter(START, "float64"), torch.tensor(START, dtype=torch.float64)
    there.requires_grad_()
    given = {"max_iter": 6, "history_size": 3, **given}
    if loss is valley:
        given = {"lr": 1e-3, **given} if "line_search_fn" not in given else given
    ours, theirs = optim.LBFGS(**given), torch.optim.LBFGS([there], **given)

    def closure():
        there.grad = None
        value = loss(there)
        value.backward()
        return value.detach()

    for _ in range(4):
        expected = float(theirs.step(closure))
        found = ours.step(lambda: loss(here), {"w": here})
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)
        np.testing.assert_allclose(here.numpy(), there.detach().numpy(), rtol=1e-9, atol=1e-11)


def test_it_walks_along_the_valley_to_its_end():
    w = bd.parameter([0.0, 1.0, 0.5, 1.5], "float64")
    rule = optim.LBFGS(line_search_fn="strong_wolfe", tolerance_change=1e-15)

    loss = rule.minimize(lambda: valley(w), {"w": w})

    assert loss < 1e-12
    np.testing.assert_allclose(w.numpy(), np.ones(4), atol=1e-6)


def test_least_squares_are_solved_to_the_closed_form():
    noise = np.random.default_rng(0)
    x, t = noise.normal(size=(40, 5)), noise.normal(size=(40, 1))
    net = nn.Linear(5, 1, bias=False).to("float64")
    rule = optim.LBFGS(line_search_fn="strong_wolfe", tolerance_change=1e-14)

    def loss():
        error = net(bd.tensor(x, "float64")) - t
        return (error**2).mean()

    rule.minimize(loss, net.parameters())

    np.testing.assert_allclose(net.weight.numpy(), np.linalg.lstsq(x, t, rcond=None)[0], atol=1e-7)


def test_several_parameters_of_float32():
    params = {"a": bd.parameter([[3.0, -2.0]]), "b": bd.parameter(5.0)}

    optim.LBFGS(line_search_fn="strong_wolfe").minimize(
        lambda: ((params["a"] - 1) ** 2).sum() + (params["b"] + 2) ** 2, params
    )

    np.testing.assert_allclose(params["a"].numpy(), [[1, 1]], atol=1e-4)
    assert float(params["b"]) == pytest.approx(-2, abs=1e-4)
    assert params["a"].dtype == "float32"


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_resumed_equals_uninterrupted_bit_for_bit(search):
    given = {"lr": 0.1, "max_iter": 4, "history_size": 3, "line_search_fn": search}

    def walk(rule, w, steps):
        for _ in range(steps):
            rule.step(lambda: bowl(w), {"w": w})
        return w.numpy()

    straight = walk(optim.LBFGS(**given), bd.parameter(START, "float64"), 5)
    first = optim.LBFGS(**given)
    before = walk(first, bd.parameter(START, "float64"), 2)
    second = optim.LBFGS(**given).load_state_dict(first.state_dict())

    np.testing.assert_array_equal(walk(second, bd.parameter(before, "float64"), 3), straight)


def test_beyond_the_edge_of_a_logarithm_it_turns_back():
    w = bd.parameter([3.0], "float64")

    def loss():
        values = w - bd.log(bd.maximum(w, 1e-300))
        return values.sum()

    # From 3 the first move goes beyond 0.
    optim.LBFGS(lr=1e3, line_search_fn="strong_wolfe").minimize(loss, {"w": w})

    assert w.item() == pytest.approx(1.0, abs=1e-4)


def bowl_of_two(w):
    return (w * w).sum()


def test_at_the_minimum_it_stays():
    w = bd.parameter([0.0, 0.0], "float64")

    assert optim.LBFGS().step(lambda: bowl_of_two(w), {"w": w}) == 0.0
    assert w.tolist() == [0.0, 0.0]


def test_a_loss_that_is_not_finite_is_refused():
    w = bd.parameter([-1.0])

    with np.errstate(invalid="ignore"), pytest.raises(StateError, match="not finite"):
        optim.LBFGS().step(lambda: bd.sqrt(w).sum(), {"w": w})

    assert w.tolist() == [-1.0]


def test_an_error_of_the_loss_leaves_the_parameters_of_the_last_move():
    w, calls = bd.parameter([3.0, 1.0]), []

    def loss():
        calls.append(w.tolist())
        if len(calls) == 2:
            raise OSError("the data are gone")
        return (w * w).sum()

    with pytest.raises(OSError, match="gone"):
        optim.LBFGS(line_search_fn="strong_wolfe").step(loss, {"w": w})

    assert w.tolist() == [3.0, 1.0] != calls[1]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"lr": 0.0}, RangeError),
        ({"max_iter": 0}, RangeError),
        ({"history_size": 0}, RangeError),
        ({"tolerance_grad": -1.0}, RangeError),
        ({"line_search_fn": "wolfe"}, RangeError),
        ({"lr": "fast"}, DTypeError),
    ],
    ids=str,
)
def test_settings_are_checked(given, error):
    with pytest.raises(error, match="LBFGS"):
        optim.LBFGS(**given)


def test_what_is_no_tensor_is_no_loss():
    with pytest.raises(DTypeError, match="the loss is a tensor"):
        optim.LBFGS().step(lambda: 1.0, {"w": bd.parameter([1.0])})


def test_a_state_that_does_not_fit_is_refused():
    with pytest.raises(StateError, match="missing 'scale'"):
        optim.LBFGS().load_state_dict({"iterations": np.asarray(1)})


# The line search alone.


def seen(f, slope, t, most=60, c2=0.1):
    """What the search finds on a line, and all points that it asked for."""
    points = []

    def at(t):
        points.append(Point(t, f(t), np.array([slope(t)]), slope(t)))
        return points[-1]

    found, calls = strong_wolfe(at, at(0.0), t, 1.0, most, c2=c2)
    assert calls == len(points) - 1
    return found, points


@pytest.mark.parametrize("t", [1e-3, 0.1, 1.0, 7.0, 30.0])
@pytest.mark.parametrize("height", [0.0, 0.3, 0.8, 1.5])
@pytest.mark.parametrize("width", [1.0, 3.0, 9.0])
def test_the_point_that_is_found_is_low_and_flat_and_the_lowest_of_its_kind(t, height, width):
    found, points = seen(
        lambda t: (t - 4.0) ** 2 / 4 + height * np.sin(width * t),
        lambda t: (t - 4.0) / 2 + height * width * np.cos(width * t),
        t,
    )
    start = points[0]
    if start.slope >= 0:
        return  # not a way down

    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.1 * abs(start.slope)
    assert found.loss <= min(p.loss for p in points[3:] or points)


def test_a_search_that_must_end_gives_the_lowest_point_so_far():
    found, points = seen(lambda t: (t - 3.0) ** 4, lambda t: 4 * (t - 3.0) ** 3, 100.0, 3, 1e-9)

    assert len(points) == 5
    assert found.loss == min(p.loss for p in points)
