"""What every optimizer can do besides its rule: decay, limits, groups, turns, averages."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, StateError

noise = np.random.default_rng(0)
INPUTS, TARGETS = noise.normal(size=(40, 5)), noise.normal(size=(40, 1))


def least_squares(optimizer, steps, inputs=INPUTS, targets=TARGETS):
    """The weights after so many steps down 1/2 |x w - t|^2 / n, from 0."""
    w = bd.parameter(np.zeros((inputs.shape[1], 1)), "float64", tags=("weight",))
    for _ in range(steps):
        slope = inputs.T @ (inputs @ w.numpy() - targets) / len(inputs)
        optimizer.update({"w": w}, {"w": slope})
    return w.numpy()


def moves(optimizer, grads, start=0.0):
    w = bd.parameter(start, "float64")
    positions = []
    for g in grads:
        optimizer.update({"w": w}, {"w": float(g)})
        positions.append(float(w))
    return np.array(positions)


# ---- decay ------------------------------------------------------------------------------------


def test_weight_decay_leads_to_ridge_regression():
    found = least_squares(optim.SGD(0.3, weight_decay=0.2), 400)

    hessian = INPUTS.T @ INPUTS / len(INPUTS)
    closed = np.linalg.solve(hessian + 0.2 * np.eye(5), INPUTS.T @ TARGETS / len(INPUTS))
    np.testing.assert_allclose(found, closed, atol=1e-10)


def test_coupled_and_decoupled_decay_are_one_for_plain_descent_alone():
    def end(make, decoupled):
        rule = make(0.1, weight_decay=0.2, decoupled_weight_decay=decoupled)
        return moves(rule, np.sin(np.arange(9.0)), start=2.0)

    np.testing.assert_allclose(end(optim.SGD, True), end(optim.SGD, False), rtol=1e-13)
    assert abs(end(optim.Adam, True) - end(optim.Adam, False)).max() > 0.01


def test_decoupled_decay_shrinks_by_one_factor_where_there_is_no_slope():
    for make in (optim.AdamW, optim.Lion, optim.Muon, optim.Adafactor):
        path = moves(make(0.1, weight_decay=0.5), [0.0] * 4, start=1.0)
        np.testing.assert_allclose(path, 0.95 ** np.arange(1, 5), rtol=1e-12)


def test_coupled_decay_of_adam_does_not_depend_on_its_strength():
    weak, strong = (moves(optim.Adam(0.1, weight_decay=d), [0.0], 1.0) for d in (0.01, 0.5))

    np.testing.assert_allclose(weak, strong, rtol=1e-5)  # which is why AdamW was made


def test_the_proximal_step_leads_to_the_lasso_with_exact_zeros():
    # Orthogonal inputs: each weight is the soft threshold of its least squares.
    inputs = np.linalg.qr(np.random.default_rng(1).normal(size=(40, 5)))[0] * np.sqrt(40)
    targets = inputs @ [[2.0], [-1.0], [0.2], [0.0], [-0.1]]

    found = least_squares(optim.SGD(0.5, l1=0.3), 200, inputs, targets)

    np.testing.assert_allclose(found.ravel(), [1.7, -0.7, 0, 0, 0], atol=1e-12)
    assert (found[2:] == 0).all()


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.Momentum, optim.RMSProp])
def test_l1_stops_at_0_with_any_rule(make):
    path = moves(make(0.1, l1=0.5), [0.0] * 4, start=-0.12)

    np.testing.assert_allclose(path, [-0.07, -0.02, 0, 0], atol=1e-15)
    assert (path[2:] == 0).all()


def test_max_norm_limits_the_weights_of_each_unit_after_the_step():
    w, b = bd.parameter(np.ones((4, 3))), bd.parameter(np.ones(3))
    optim.SGD(1.0, max_norm=0.5).update(
        {"w": w, "b": b}, {"w": -np.ones((4, 3)), "b": -9 * np.ones(3)}
    )

    np.testing.assert_allclose(np.linalg.norm(w.numpy(), axis=0), 0.5, rtol=1e-6)
    assert b.tolist() == [10.0, 10.0, 10.0]


# ---- limits for gradients ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({}, {"w": [3.0, 4.0], "b": [12.0]}),
        ({"clip_value": 3.5}, {"w": [3.0, 3.5], "b": [3.5]}),
        ({"clip_norm": 2.5}, {"w": [1.5, 2.0], "b": [2.5]}),
        ({"clip_global_norm": 6.5}, {"w": [1.5, 2.0], "b": [6.0]}),
    ],
    ids=str,
)
def test_gradients_are_limited_before_the_step(limit, expected):
    params = {"w": bd.parameter([0.0, 0.0]), "b": bd.parameter([0.0])}
    optim.SGD(1.0, **limit).update(params, {"w": [3.0, 4.0], "b": [12.0]})

    for name, x in params.items():
        np.testing.assert_allclose(x.numpy(), -np.array(expected[name]), rtol=1e-6)


def test_limits_come_before_the_decay():
    path = moves(optim.SGD(1.0, clip_value=0.5, weight_decay=0.1), [4.0], start=2.0)

    assert path[0] == pytest.approx(2.0 - 0.5 - 0.2)


# ---- groups -----------------------------------------------------------------------------------


def net_with_norm():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.ReLU(), nn.Linear(4, 2))


def after_one_step(**shared):
    """How far each parameter of a network moves without a slope, relative to what it was."""
    params = net_with_norm().parameters()
    for x in params.values():
        x.assign(np.ones(x.shape))
    zeros = {name: np.zeros(x.shape) for name, x in params.items()}
    optim.SGD(0.5, **shared).update(params, zeros)
    return {name: round(float(x.numpy().mean()), 6) for name, x in params.items()}


def test_all_parameters_decay_unless_told_otherwise():
    assert set(after_one_step(weight_decay=0.2).values()) == {0.9}


def test_biases_and_norms_can_be_left_alone():
    found = after_one_step(weight_decay=0.2, l1=0.1, groups=optim.NO_DECAY)

    moved = {name for name, x in found.items() if x != 1.0}
    assert moved == {"0.weight", "3.weight"}


def test_a_group_is_a_tag_or_a_pattern_and_the_last_that_fits_counts():
    groups = {"weight": {"weight_decay": 0.4}, "3.*": {"weight_decay": 0.6, "lr": 0.25}}
    found = after_one_step(groups=groups)

    assert found["0.weight"] == 0.8
    assert found["3.weight"] == found["3.bias"] == 0.85
    assert found["0.bias"] == found["1.weight"] == 1.0


def test_a_group_has_a_learning_rate_that_may_change():
    w, b = bd.parameter([0.0]), bd.parameter([0.0], tags=("bias",))
    rule = optim.SGD(0.1, groups={"bias": {"lr": 0.5}})
    grads = {"w": [1.0], "b": [1.0]}
    rule.update({"w": w, "b": b}, grads)
    rule.settings["lr[bias]"].assign(1.0)
    rule.update({"w": w, "b": b}, grads)

    assert (w.item(), b.item()) == (pytest.approx(-0.2), pytest.approx(-1.5))
    assert float(rule.state_dict()["lr[bias]"]) == 1.0


def test_groups_are_kept_with_the_state():
    groups = {"bias": {"lr": 0.5}}
    rule = optim.SGD(0.1, groups=groups)
    rule.settings["lr[bias]"].assign(0.125)
    w = {"w": bd.parameter([1.0])}

    other = optim.SGD(0.1, groups=groups).load_state_dict(rule.state_dict(), w)

    assert float(other.settings["lr[bias]"]) == 0.125
    with pytest.raises(StateError, match=r"unknown 'lr\[bias\]'"):
        optim.SGD(0.1).load_state_dict(rule.state_dict(), w)


@pytest.mark.parametrize(
    ("groups", "error", "words"),
    [
        ({"bias": {"weight_dekay": 0.1}}, RangeError, "did you mean 'weight_decay'"),
        ({"bias": {"momentum": 0.5}}, RangeError, "setting of a group of SGD 'momentum'"),
        ({"bias": {"clip_global_norm": 0.5}}, RangeError, "clip_global_norm"),
        ({"bias": {"lr": -1}}, RangeError, "SGD: lr is out of range"),
        ({"bias": 0.1}, DTypeError, "a tag or a pattern of names"),
        ([("bias", {})], DTypeError, "a tag or a pattern of names"),
    ],
    ids=str,
)
def test_groups_are_checked(groups, error, words):
    with pytest.raises(error, match=words):
        optim.SGD(0.1, groups=groups)


# ---- several gradients for one step -----------------------------------------------------------


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.LAMB])
def test_accumulated_batches_are_one_large_batch(make):
    batches = np.random.default_rng(2).normal(size=(4, 3))
    every, whole = bd.parameter(1.0, "float64"), bd.parameter(1.0, "float64")
    split, joined = make(0.1, accumulate=3, clip_value=0.5), make(0.1, clip_value=0.5)
    for batch in batches:
        for g in batch:
            split.update({"w": every}, {"w": g})
        joined.update({"w": whole}, {"w": batch.mean()})

    assert float(every) == pytest.approx(float(whole), rel=1e-13)
    assert (int(split.steps), int(joined.steps)) == (12, 4)


def test_between_turns_nothing_moves():
    path = moves(optim.Momentum(0.1, accumulate=3, weight_decay=0.1), [1.0] * 7, start=1.0)

    assert path[0] == path[1] == 1.0
    assert path[2] == path[3] == path[4] < 1.0
    assert path[5] == path[6] < path[2]


def test_a_schedule_counts_the_turns():
    seen = moves(optim.SGD(lambda step: 0.1 * (step + 1), accumulate=2), [1.0] * 4)

    np.testing.assert_allclose(seen, [0.0, -0.1, -0.1, -0.3])


def test_a_turn_that_was_interrupted_goes_on():
    first = optim.Adam(0.1, accumulate=3)
    w = bd.parameter(1.0, "float64")
    first.update({"w": w}, {"w": 2.0})
    second = optim.Adam(0.1, accumulate=3).load_state_dict(first.state_dict(), {"w": w})
    for g in (-1.0, 0.5):
        second.update({"w": w}, {"w": g})

    straight = moves(optim.Adam(0.1, accumulate=3), [2.0, -1.0, 0.5], start=1.0)
    assert float(w) == straight[-1] != 1.0


# ---- averages ---------------------------------------------------------------------------------


def averages(average, path):
    """The average after each step of weights that take these values."""
    w = bd.parameter(0.0, "float64")
    rule, seen, before = optim.SGD(1.0, average=average), [], 0.0
    for position in path:
        rule.update({"w": w}, {"w": before - position})
        before = position
        with rule.averaged({"w": w}):
            seen.append(float(w))
        assert float(w) == pytest.approx(position)
    return np.array(seen)


PATH = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def test_the_average_is_the_corrected_average_of_the_weights():
    found = averages(optim.EMA(0.1), PATH)

    np.testing.assert_allclose(found, [1, 1.90909, 2.891892, 3.889289, 4.888939], atol=5e-6)
    np.testing.assert_allclose(found, optim.ewma(PATH, 0.1, bias_correction=True), rtol=1e-12)


def test_the_average_of_a_constant_is_the_constant_from_the_first_step_on():
    np.testing.assert_allclose(averages(optim.EMA(0.999), [7.0] * 5), 7.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("average", "expected"),
    [
        (optim.SWA(), [1, 1.5, 2, 2.5, 3]),
        (optim.SWA(start=2), [1, 2, 3, 3.5, 4]),
        (optim.SWA(start=1, every=2), [1, 2, 3, 3, 4]),
    ],
    ids=str,
)
def test_the_mean_of_the_weights_from_a_start_on(average, expected):
    np.testing.assert_allclose(averages(average, PATH), expected, rtol=1e-12)


def test_averages_are_kept_with_the_state_and_go_on():
    w = bd.parameter([1.0, 2.0])
    first = optim.Adam(0.1, average=optim.EMA(0.5))
    first.update({"w": w}, {"w": [1.0, -1.0]})
    second = optim.Adam(0.1, average=optim.EMA(0.5)).load_state_dict(first.state_dict(), {"w": w})

    assert repr(second) == repr(first)
    assert repr(first).endswith("average=EMA(decay=0.5))")
    np.testing.assert_array_equal(
        second.state["w"]["weight_average"].numpy(), first.state["w"]["weight_average"].numpy()
    )


def test_the_weights_come_back_after_an_error():
    w, rule = bd.parameter([1.0]), optim.SGD(1.0, average=optim.SWA())
    for _ in range(2):
        rule.update({"w": w}, {"w": [1.0]})
    with pytest.raises(OSError, match="inside"), rule.averaged({"w": w}):
        raise OSError(f"inside {w.item()}")

    assert w.item() == -1.0


def test_a_trainer_is_asked_with_the_averaged_weights():
    data = bd.data.load("xor", rows=40)
    rule = optim.Adam(0.05, average=optim.EMA(0.9))
    trainer = bd.Trainer(nn.Linear(2, 2), optimizer=rule, progress=False)
    trainer.fit(data.train, epochs=3, batch_size=10)
    own = trainer.evaluate(data.test)
    with rule.averaged(trainer.net.parameters()):
        averaged = trainer.evaluate(data.test)

    assert averaged != own == trainer.evaluate(data.test)


def test_before_the_first_step_the_average_is_the_weights():
    w, rule = bd.parameter([3.0]), optim.SGD(1.0, average=optim.SWA(), accumulate=2)
    rule.update({"w": w}, {"w": [1.0]})

    with rule.averaged({"w": w}):
        assert w.item() == 3.0


def test_without_an_average_there_is_none():
    with pytest.raises(StateError, match=r"keeps no average(.|\n)*average=optim\.EMA"):
        optim.SGD(1.0).averaged({})


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: optim.EMA(1.0), RangeError),
        (lambda: optim.SWA(every=0), RangeError),
        (lambda: optim.SWA(start=-1), RangeError),
        (lambda: optim.SGD(0.1, average=0.9), DTypeError),
        (lambda: optim.SGD(0.1, accumulate=0), RangeError),
        (lambda: optim.SGD(0.1, accumulate=1.5), DTypeError),
        (lambda: optim.SGD(0.1, weight_decay=-0.1), RangeError),
        (lambda: optim.SGD(0.1, weight_dekay=0.1), RangeError),
        (lambda: optim.SGD(0.1, nesterov="yes", momentum=0.9), RangeError),
        (lambda: optim.SGD(0.1, nesterov=True), RangeError),
        (lambda: optim.Adam(eps_at="under"), RangeError),
    ],
)
def test_what_is_shared_is_checked(make, error):
    with pytest.raises(error):
        make()


# ---- schedules, and what is decided when an optimizer is made -----------------------------------


@pytest.mark.technique(66)
def test_a_schedule_gives_the_rate_of_each_step():
    rule = optim.SGD(lambda step: 0.5**step)
    seen = []
    w = bd.parameter(0.0, "float64")
    for _ in range(3):
        seen.append(float(rule.lr))
        rule.update({"w": w}, {"w": 1.0})

    assert seen == [1.0, 0.5, 0.25]
    assert float(w) == -1.75
    assert list(rule.state_dict()) == ["steps"]


@pytest.mark.technique(66)
def test_the_rate_can_be_set_before_each_step():
    w, rule = bd.parameter(0.0, "float64"), optim.SGD(1.0)
    for t in range(3):
        rule.lr = 0.5**t
        rule.update({"w": w}, {"w": 1.0})

    assert float(w) == -1.75


def test_a_schedule_compiles_once_and_is_resumed_where_it_stood():
    def run(how, steps, state=None, start=1.0):
        w = bd.parameter(start, "float64")
        rule = optim.Momentum(optim.schedules.Cosine(0.1, steps=6))
        if state is not None:
            rule.load_state_dict(state, {"w": w})
        step = how(lambda g: rule.update({"w": w}, {"w": g}))
        for _ in range(steps):
            step(bd.tensor(1.0, "float64"))
        return float(w), rule.state_dict(), step

    eager, compiled = run(lambda step: step, 6), run(bd.compile, 6)
    half = run(bd.compile, 3)
    resumed = run(bd.compile, 3, half[1], half[0])

    assert compiled[0] == pytest.approx(eager[0], rel=1e-12)
    assert resumed[0] == compiled[0]
    assert "1 program)" in repr(compiled[2])


def test_a_schedule_is_printed_without_an_address():
    def halving(step):
        return 0.5**step

    assert repr(optim.SGD(halving)) == "SGD(lr=halving)"
    assert repr(optim.SGD(optim.schedules.Constant(0.1))) == "SGD(lr=Constant(lr=0.1))"


def test_a_schedule_gives_one_number():
    with pytest.raises(DTypeError, match="a schedule for lr gives a number as a tensor"):
        optim.SGD(lambda step: 0.1)
    with pytest.raises(DTypeError, match="a schedule for lr"):
        optim.SGD(lambda step: bd.ones(2))


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda: optim.SGD(lambda step: 0.1 * step), {"lr": 0.1}),
        (lambda: optim.SGD(0.1), {"lr": lambda step: 0.1 * step}),
        (lambda: optim.SGD(0.1), {"momentum": 0.9}),
        (lambda: optim.SGD(0.1), {"weight_decay": 0.9}),
        (lambda: optim.Adam(0.1), {"amsgrad": True}),
        (lambda: optim.Adam(0.1), {"accumulate": 3}),
        (lambda: optim.Adam(0.1), {"average": optim.EMA(0.5)}),
    ],
)
def test_what_it_consists_of_is_decided_when_it_is_made(make, change):
    rule = make()
    before = repr(rule)
    name, value = next(iter(change.items()))

    with pytest.raises(StateError, match=name):
        setattr(rule, name, value)
    assert repr(rule) == before


def test_numbers_may_change_and_become_0():
    rule = optim.SGD(0.1, momentum=0.9, weight_decay=0.1)
    rule.weight_decay = 0.0
    rule.momentum = 0.0

    assert repr(rule) == "SGD(lr=0.1, momentum=0, weight_decay=0)"
    np.testing.assert_allclose(moves(rule, [1.0, 1.0]), [-0.1, -0.2])


# ---- trainings --------------------------------------------------------------------------------


EVERYTHING = {
    "weight_decay": 0.01,
    "l1": 0.001,
    "clip_global_norm": 0.5,
    "max_norm": 2.0,
    "groups": {"bias": {"lr": 0.02, "weight_decay": 0}},
    "accumulate": 2,
    "average": optim.EMA(0.9),
}
RULES = {
    "adam": lambda lr: optim.Adam(lr, **EVERYTHING),
    "ahead": lambda lr: optim.Nesterov(lr, **EVERYTHING),
    "factored": lambda lr: optim.Adafactor(lr, **EVERYTHING),
}


def build(rule, lr, compile=True):
    net = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm(8), nn.ReLU(), nn.Linear(8, 3))
    made = RULES[rule](lr)
    return bd.Trainer(net, "softmax_cross_entropy", made, progress=False, compile=compile)


def examples():
    random = np.random.default_rng(3)
    return random.normal(size=(50, 6)).astype("f"), random.integers(3, size=50)


def bits(trainer):
    return {name: x.tobytes() for name, x in trainer.state_dict()[0].items()}


@pytest.mark.parametrize("rule", RULES)
def test_members_of_a_population_are_what_they_are_alone(rule):
    configs = [{"rule": rule, "lr": lr} for lr in (0.01, 0.03)]
    population = bd.Population(build, configs)
    population.fit(*examples(), epochs=2, batch_size=10, progress=False)

    for config, member in zip(configs, population.members, strict=True):
        with bd.seeded(0):
            alone = build(**config)
        alone.fit(*examples(), epochs=2, batch_size=10)
        assert bits(member.trainer) == bits(alone)


@pytest.mark.parametrize("rule", RULES)
def test_a_training_that_is_resumed_ends_with_the_same_bits(rule, tmp_path):
    def trained(epochs, resume=False):
        with bd.seeded(0):
            trainer = build(rule, 0.02)
        trainer.callbacks.append(bd.Checkpoint(tmp_path / str(resume or epochs)))
        if resume:
            trainer.resume(tmp_path / "1")
        trainer.fit(*examples(), epochs=epochs, batch_size=10)  # five gradients, two a turn
        return trainer

    trained(1)

    assert bits(trained(3, resume=True)) == bits(trained(3))


@pytest.mark.parametrize("rule", RULES)
def test_a_compiled_training_follows_the_eager_one(rule):
    losses = []
    for how in (True, False):
        with bd.seeded(0):
            trainer = build(rule, 0.02, how)
        trainer.fit(*examples(), epochs=3, batch_size=10)
        losses.append(trainer.history["loss"])

    np.testing.assert_allclose(*losses, rtol=1e-5)
