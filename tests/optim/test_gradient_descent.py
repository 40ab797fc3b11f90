"""SGD and Momentum."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, StateError


def minima(optimizer, curvature, steps):
    """The positions on f = curvature / 2 w^2 from w = 1 on."""
    w, positions = bd.parameter(1.0, "float64"), []
    for _ in range(steps):
        optimizer.update({"w": w}, {"w": curvature * float(w)})
        positions.append(float(w))
    return np.array(positions)


def test_a_batch_steps_as_the_mean_of_its_examples():
    x, t = np.random.default_rng(0).normal(size=(6, 3)), np.arange(6.0).reshape(6, 1)
    loss, nets = nn.MeanSquaredError(), []
    for _ in range(2):
        with bd.seeded(1):
            nets.append(nn.Linear(3, 1).to("float64"))
    whole, single = nets

    params = whole.parameters()
    optim.SGD(0.1).update(params, bd.grad(loss(whole(x), t), params))
    params = single.parameters()
    each = [bd.grad(loss(single(x[i : i + 1]), t[i : i + 1]), params) for i in range(6)]
    mean = {name: sum(g[name] for g in each) / 6 for name in params}
    optim.SGD(0.1).update(params, mean)

    np.testing.assert_allclose(single.weight.numpy(), whole.weight.numpy(), rtol=1e-12)


@pytest.mark.technique(34, 59)
def test_the_update_takes_the_rate_times_the_slope_away():
    w, lr = bd.parameter([1.0, -2.0], "float64"), 0.1
    slope = bd.grad((w**2).sum(), w)

    expected = w.numpy() - lr * slope.numpy()
    optim.SGD(lr).update({"w": w}, {"w": slope})

    np.testing.assert_array_equal(w.numpy(), expected)


def test_on_a_parabola_gradient_descent_shrinks_by_one_factor():
    positions = minima(optim.SGD(lr=0.1), curvature=4.0, steps=5)

    np.testing.assert_allclose(positions, (1 - 0.1 * 4.0) ** np.arange(1, 6), rtol=1e-12)


@pytest.mark.technique(81)
def test_momentum_overshoots_where_gradient_descent_does_not():
    assert minima(optim.Momentum(lr=0.1, momentum=0.9), 1.0, 50).min() < -0.5
    assert minima(optim.SGD(lr=0.1), 1.0, 50).min() > 0


def test_without_momentum_it_is_gradient_descent():
    np.testing.assert_array_equal(
        minima(optim.Momentum(lr=0.1, momentum=0.0), 1.0, 20), minima(optim.SGD(lr=0.1), 1.0, 20)
    )


def test_under_a_constant_force_it_reaches_its_final_speed():
    w, optimizer = bd.parameter(0.0, "float64"), optim.Momentum(lr=0.1, momentum=0.9)

    for _ in range(200):
        before = float(w)
        optimizer.update({"w": w}, {"w": 1.0})

    assert float(w) - before == pytest.approx(-0.1 / (1 - 0.9))


@pytest.mark.technique(63, 64)
@pytest.mark.parametrize(
    ("make", "end"), [(optim.Momentum, -8.3699), (optim.SGD, -4.9337)], ids=["inside", "outside"]
)
def test_a_velocity_keeps_the_learning_rate_of_its_time_if_it_is_inside(make, end):
    w, optimizer = bd.parameter(0.0, "float64"), make(lr=0.1, momentum=0.9)

    for step in range(20):
        optimizer.lr = 0.1 if step < 10 else 0.01
        optimizer.update({"w": w}, {"w": 1.0})

    assert float(w) == pytest.approx(end, abs=5e-5)


# Nesterov's momentum.


def valley(params):
    return params["x"] ** 2 / 20 + params["y"] ** 2 + 0.05 * (params["x"] * params["y"]) ** 2


def walk(optimizer, steps=30):
    """The points after each step on a valley, and what is one velocity further."""
    params = {"x": bd.parameter(-7.0, "float64"), "y": bd.parameter(2.0, "float64")}
    points, further = [], []
    for _ in range(steps):
        with optimizer.gradient_point(params):
            grads = bd.grad(valley(params), params)
        optimizer.update(params, grads)
        points.append([float(x) for x in params.values()])
        with optimizer.gradient_point(params):
            further.append([float(x) for x in params.values()])
    return np.array(points), np.array(further)


@pytest.mark.technique(65)
@pytest.mark.parametrize("same_point", [optim.Momentum, optim.SGD])
def test_the_same_point_form_stands_where_the_true_form_looks(same_point):
    given = {"lr": 0.05, "momentum": 0.9}
    _, ahead = walk(optim.Nesterov(**given))
    points, _ = walk(same_point(**given, nesterov=True))

    # It starts at the weights where the other one looks first: there v is 0, so all are one.
    np.testing.assert_allclose(points, ahead, rtol=0, atol=1e-14)


@pytest.mark.technique(65)
def test_the_true_form_in_plain_numbers():
    points, _ = walk(optim.Nesterov(lr=0.05, momentum=0.9))

    w, v, expected = np.array([-7.0, 2.0]), np.zeros(2), []
    for _ in range(30):
        x, y = w + 0.9 * v
        v = 0.9 * v - 0.05 * np.array([x / 10 + 0.1 * x * y**2, 2 * y + 0.1 * x**2 * y])
        w = w + v
        expected.append(w)
    np.testing.assert_allclose(points, expected, rtol=1e-12)


def test_looking_ahead_is_no_step_and_leaves_every_bit():
    w = bd.parameter([0.1, 0.7])
    rule = optim.Nesterov(0.1, momentum=0.9)
    with rule.gradient_point({"w": w}):
        pass
    rule.update({"w": w}, {"w": [0.3, -0.3]})
    before = w.numpy()
    with rule.gradient_point({"w": w}):
        ahead = w.numpy()
    with pytest.raises(OSError, match="inside"), rule.gradient_point({"w": w}):
        raise OSError("inside")

    assert (ahead != before).all()
    np.testing.assert_array_equal(w.numpy(), before)
    assert int(rule.steps) == 1


def test_gradients_of_the_wrong_point_are_refused():
    w, rule = bd.parameter([1.0]), optim.Nesterov(0.1)

    for _ in range(2):
        with pytest.raises(StateError, match=r"looks ahead(.|\n)*opt\.gradient_point\(params\)"):
            rule.update({"w": w}, {"w": [1.0]})
        with rule.gradient_point({"w": w}):
            grads = bd.grad((w * w).sum(), {"w": w})
        rule.update({"w": w}, grads)

    assert int(rule.steps) == 2


@pytest.mark.parametrize("compile", [False, True])
def test_a_trainer_takes_the_gradient_where_the_rule_wants_it(compile):
    x, t = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0).reshape(20, 1) / 20
    weights = []
    for rule in (optim.Nesterov(0.05), optim.Momentum(0.05, nesterov=True)):
        with bd.seeded(1):
            net = nn.Linear(3, 1).to("float64")
        trainer = bd.Trainer(net, "mean_squared_error", rule, compile=compile, progress=False)
        trainer.fit(x, t, epochs=4, batch_size=5)
        with rule.gradient_point(net.parameters()):
            weights.append(net.weight.numpy())

    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-10)


# Momentum on top of other rules.


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_on_top_of_descent_is_momentum(nesterov):
    whole = optim.Momentum(0.05, momentum=0.8, nesterov=nesterov)
    made = optim.WithMomentum(optim.SGD(0.05), momentum=0.8, nesterov=nesterov)

    np.testing.assert_allclose(walk(made)[0], walk(whole)[0], rtol=1e-12)


def test_momentum_on_top_of_adagrad_in_plain_numbers():
    w, rule = bd.parameter(1.0, "float64"), optim.WithMomentum(optim.AdaGrad(0.1, eps=0.1), 0.5)
    expected, h, v = 1.0, 0.0, 0.0
    for g in (1.0, -2.0, 0.5):
        rule.update({"w": w}, {"w": g})
        h += g * g
        v = 0.5 * v - 0.1 * g / (np.sqrt(h) + 0.1)
        expected += v

        assert float(w) == pytest.approx(expected, rel=1e-13)
    assert repr(rule) == "WithMomentum(AdaGrad, lr=0.1, eps=0.1, momentum=0.5)"


def test_momentum_on_top_resumes_bit_for_bit_and_follows_its_learning_rate():
    def run(steps, state=None, start=1.0):
        w, rule = bd.parameter(start, "float64"), optim.WithMomentum(optim.Adam(0.1), 0.5)
        if state is not None:
            rule.load_state_dict(state, {"w": w})
        for t in steps:
            rule.lr = 0.1 / t
            rule.update({"w": w}, {"w": np.sin(t)})
        return float(w), rule.state_dict()

    half = run([1, 2])
    assert run([3, 4], half[1], half[0])[0] == run([1, 2, 3, 4])[0]


def test_momentum_on_top_as_machine_code():
    def run(how):
        w = bd.parameter([1.0, -1.0])
        rule = optim.WithMomentum(optim.RMSProp(0.1, groups={"w": {"weight_decay": 0.1}}), 0.5)
        step = how(lambda g: rule.update({"w": w}, {"w": g}))
        for t in range(4):
            step(bd.tensor([1.0, 0.5 * t]))
        return w.numpy()

    np.testing.assert_allclose(run(bd.compile), run(lambda step: step), rtol=1e-5)


@pytest.mark.parametrize(
    ("rule", "error"),
    [(optim.Momentum(), RangeError), (optim.SGD(momentum=0.9), RangeError), ("sgd", DTypeError)],
)
def test_two_momenta_are_refused(rule, error):
    with pytest.raises(error, match="WithMomentum"):
        optim.WithMomentum(rule)


# Batches.


@pytest.mark.technique(61, 62)
@pytest.mark.parametrize(("batch_size", "steps"), [(100, 1), (1, 100), (10, 10), (7, 15)])
def test_a_batch_may_have_any_size_and_no_example_is_dropped(batch_size, steps):
    x, t = np.ones((100, 2)), np.zeros(100, int)
    trainer = bd.Trainer(nn.Linear(2, 2), optimizer=optim.SGD(), compile=False, progress=False)

    trainer.fit(x, t, epochs=1, batch_size=batch_size)

    assert int(trainer.optimizer.steps) == steps
