"""AdaGrad, RMSProp, Adam and their relatives: a step size for each number."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import optim
from badak.base.errors import DTypeError, RangeError


def steps(optimizer, gradients):
    """How far one number moves at each step."""
    w, moves = bd.parameter(0.0, "float64"), []
    for g in gradients:
        before = float(w)
        optimizer.update({"w": w}, {"w": float(g)})
        moves.append(float(w) - before)
    return np.array(moves)


@pytest.mark.technique(69, 71)
@pytest.mark.parametrize("g", [1e-3, 1.0, -25.0, 1e6])
def test_the_first_step_does_not_depend_on_the_size_of_the_gradient(g):
    sign = np.sign(g)

    assert steps(optim.AdaGrad(lr=0.1), [g]) == pytest.approx(-0.1 * sign, rel=1e-6)
    assert steps(optim.Adam(lr=0.1), [g]) == pytest.approx(-0.1 * sign, rel=1e-4)
    first = -0.1 * sign / np.sqrt(1 - 0.5)
    assert steps(optim.RMSProp(lr=0.1, alpha=0.5), [g]) == pytest.approx(first, rel=1e-4)


@pytest.mark.parametrize(
    "make", [lambda: optim.AdaGrad(0.1), lambda: optim.RMSProp(0.1), lambda: optim.Adam(0.1)]
)
@pytest.mark.parametrize("scale", [1e-2, 1e4])
def test_the_path_does_not_depend_on_the_scale_of_the_loss(make, scale):
    gradients = np.random.default_rng(0).normal(size=20)

    usual, scaled = steps(make(), gradients), steps(make(), scale * gradients)

    np.testing.assert_allclose(scaled, usual, rtol=1e-3)


@pytest.mark.technique(68)
def test_under_a_constant_gradient_adagrad_slows_down_like_one_over_the_root_of_t():
    moves = steps(optim.AdaGrad(lr=0.1), [3.0] * 400)

    np.testing.assert_allclose(moves, -0.1 / np.sqrt(np.arange(1, 401)), rtol=1e-9)


def test_under_a_constant_gradient_adam_steps_by_the_learning_rate_from_the_start():
    moves = steps(optim.Adam(lr=0.1), [3.0] * 400)

    np.testing.assert_allclose(moves, -0.1, rtol=1e-7)


def test_rmsprop_forgets_a_large_gradient():
    moves = steps(optim.RMSProp(lr=0.1, alpha=0.5), [1e3] + [1.0] * 60)

    assert abs(moves[1]) < 1e-3
    assert moves[-1] == pytest.approx(-0.1, rel=1e-3)


def test_adagrad_never_forgets_it():
    assert abs(steps(optim.AdaGrad(lr=0.1), [1e3] + [1.0] * 60)[-1]) < 1e-3


def test_adam_counts_its_steps_exactly_in_float32():
    w, optimizer = bd.parameter([0.0]), optim.Adam(lr=0.1, betas=(0.9, 0.99999))

    optimizer.update({"w": w}, {"w": [1.0]})

    assert w.item() == pytest.approx(-0.1, rel=1e-6)  # 1 - 0.99999 has two digits in float32


def test_each_number_has_its_own_step_size():
    w, optimizer = bd.parameter([0.0, 0.0], "float64"), optim.AdaGrad(lr=0.1)

    optimizer.update({"w": w}, {"w": [100.0, 0.001]})

    np.testing.assert_allclose(w.numpy(), [-0.1, -0.1], rtol=1e-6)


@pytest.mark.parametrize(
    ("betas", "name"), [((1.0, 0.9), "beta1"), ((0.9, 1.0), "beta2"), ((0.9, -0.1), "beta2")]
)
def test_a_beta_out_of_range_is_named(betas, name):
    with pytest.raises(RangeError, match=f"Adam: {name} is out of range(.|\n)*and below 1"):
        optim.Adam(betas=betas)


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999), None])
def test_betas_are_two(betas):
    with pytest.raises(DTypeError, match=r"Adam: betas are two numbers(.|\n)*\(0\.9, 0\.999\)"):
        optim.Adam(betas=betas)


@pytest.mark.technique(67)
@pytest.mark.parametrize(
    ("given", "end"),
    [
        ({"eps": 1e-7}, -0.18584),  # the textbook's
        ({"eps": 1e-7, "eps_at": "inside"}, -0.14542),
        ({"eps": 1e-6, "eps_at": "inside"}, -0.08270),
        ({}, -0.18590),
        (
            {"eps": 1e-7, "eps_at": "inside", "initial_accumulator_value": 0.1, "lr": 0.001},
            -0.0000316,
        ),
    ],
)
def test_where_epsilon_stands_decides_for_small_gradients_of_adagrad(given, end):
    moved = steps(optim.AdaGrad(**{"lr": 0.01, **given}), [1e-4] * 100).sum()

    assert moved == pytest.approx(end, rel=2e-3)


@pytest.mark.technique(71)
@pytest.mark.parametrize(
    ("given", "end"),
    [
        ({}, -0.009901),
        ({"eps": 1e-8, "eps_at": "hat"}, -0.008653),
        ({"eps": 1e-7, "eps_at": "hat"}, -0.004053),
    ],
)
def test_where_epsilon_stands_decides_for_small_gradients_of_adam(given, end):
    assert steps(optim.Adam(**given), [1e-6] * 10).sum() == pytest.approx(end, abs=5e-7)


@pytest.mark.technique(70)
def test_adadelta_needs_no_learning_rate():
    w, rule = bd.parameter([3.0, -2.0], "float64"), optim.Adadelta()
    first = float((w * w).sum())

    for _ in range(500):
        rule.update({"w": w}, bd.grad((w * w).sum(), {"w": w}))

    assert float((w * w).sum()) < first / 4
    np.testing.assert_array_equal(
        steps(optim.Adadelta(lr=1.0), [1, 2]), steps(optim.Adadelta(), [1, 2])
    )


def test_lion_steps_by_the_learning_rate_and_nothing_else():
    moves = steps(optim.Lion(lr=0.1), np.random.default_rng(0).normal(size=30))

    np.testing.assert_allclose(np.abs(moves), 0.1, rtol=1e-12)


def test_lamb_moves_each_parameter_by_a_share_of_its_length():
    small, large = bd.parameter([0.3, 0.4], "float64"), bd.parameter([30.0, 40.0], "float64")
    params = {"small": small, "large": large}
    before = {name: x.numpy() for name, x in params.items()}
    optim.LAMB(lr=0.01).update(params, {"small": [1.0, 2.0], "large": [1.0, 2.0]})

    for name, x in params.items():
        moved = np.linalg.norm(x.numpy() - before[name])
        assert moved == pytest.approx(0.01 * np.linalg.norm(before[name]))


def test_the_decay_of_lamb_is_part_of_what_is_brought_to_that_length():
    w = bd.parameter([3.0, 4.0], "float64")
    optim.LAMB(lr=0.1, weight_decay=0.5, eps=1e-12).update({"w": w}, {"w": [0.0, 2.0]})

    r = np.array([0.0, 1.0]) + 0.5 * np.array([3.0, 4.0])
    expected = np.array([3.0, 4.0]) - 0.1 * 5.0 / np.linalg.norm(r) * r
    np.testing.assert_allclose(w.numpy(), expected, rtol=1e-9)


def test_adafactor_slows_down_like_the_root_of_the_step():
    w, rule = bd.parameter([1.0], "float64"), optim.Adafactor(lr=0.6)
    path = []

    for _ in range(4):
        rule.update({"w": w}, {"w": [1.0]})
        path.append(w.item())

    shrunk = 0.4 * 0.4 * (1 - 1 / np.sqrt(3))  # twice at 0.6, and then at less
    np.testing.assert_allclose(path, [0.4, 0.4 * 0.4, shrunk, shrunk / 2], rtol=1e-12)


def test_adafactor_remembers_rows_and_columns_of_kernels():
    w, rule = bd.parameter(np.ones((4, 3, 2, 5))), optim.Adafactor()
    rule.update({"w": w}, {"w": np.ones((4, 3, 2, 5))})

    shapes = {name: x.shape for name, x in rule.state["w"].items()}
    assert shapes == {"rows": (4, 3, 2, 1), "columns": (4, 3, 1, 5)}


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (4, 3, 2, 2)])
def test_the_step_of_muon_has_singular_values_near_1(shape):
    w, g = bd.parameter(np.zeros(shape), "float64"), np.random.default_rng(0).normal(size=shape)
    optim.Muon(lr=1.0, adjust_lr_fn="match_rms_adamw").update({"w": w}, {"w": g})

    move = -w.numpy().reshape(shape[0], -1)
    values = np.linalg.svd(move / (0.2 * np.sqrt(max(move.shape))), compute_uv=False)
    assert (abs(values - 1) < 0.35).all()
    assert (move * g.reshape(move.shape)).sum() > 0


def test_muon_scales_by_outputs_over_inputs():
    def length(shape):
        w, g = bd.parameter(np.zeros(shape), "float64"), np.ones(shape)
        optim.Muon(lr=1.0).update({"w": w}, {"w": g})
        return np.linalg.norm(w.numpy())

    # A matrix (in, out) that gives more than it reads, and a kernel (out, in, height, width).
    assert length((2, 8)) == pytest.approx(2 * length((8, 2)), rel=1e-9)
    assert length((8, 2, 1, 1)) == pytest.approx(2 * length((2, 8, 1, 1)), rel=1e-9)


@pytest.mark.technique(79)
def test_each_rule_of_lasagne_has_a_counterpart():
    w = {"w": bd.parameter(np.ones((2, 2)), "float64")}
    g = {"w": bd.tensor(np.ones((2, 2)), "float64")}
    rules = {
        "sgd": optim.SGD(0.1),
        "momentum": optim.Momentum(0.1),
        "nesterov_momentum": optim.Momentum(0.1, nesterov=True),
        "adagrad": optim.AdaGrad(1.0, eps=1e-6, eps_at="inside"),
        "rmsprop": optim.RMSProp(1.0, alpha=0.9, eps=1e-6, eps_at="inside"),
        "adadelta": optim.Adadelta(1.0, rho=0.95),
        "adam": optim.Adam(eps_at="hat"),
        "adamax": optim.Adamax(),
        "amsgrad": optim.Adam(amsgrad=True, eps_at="hat"),
        "apply_momentum": optim.WithMomentum(optim.AdaGrad(1.0)),
        "apply_nesterov_momentum": optim.WithMomentum(optim.AdaGrad(1.0), nesterov=True),
    }
    for name, rule in rules.items():
        before = w["w"].numpy()
        rule.update(w, g)
        assert (w["w"].numpy() < before).all(), name
    limited = optim.norm_constraint(w["w"], 0.1), optim.clip_by_global_norm(g, 0.1)["w"]
    assert np.linalg.norm(limited[1].numpy()) == pytest.approx(0.1)  # total_norm_constraint
    np.testing.assert_allclose(np.linalg.norm(limited[0].numpy(), axis=0), 0.1)


@pytest.mark.technique(76)
def test_the_product_of_the_textbook_is_element_by_element():
    product = bd.tensor([[1, 2], [3, 4]]) * bd.tensor([[2, 4], [6, 8]])

    assert product.tolist() == [[2, 8], [18, 32]]


def test_lion_looks_back_less_far_for_a_step_than_for_its_memory():
    w, rule = bd.parameter([0.0]), optim.Lion(lr=1.0, betas=(0.9, 0.99))
    rule.update({"w": w}, {"w": bd.tensor([1.0])})

    rule.update({"w": w}, {"w": bd.tensor([-0.2])})  # 0.9 * 0.01 - 0.1 * 0.2 is below 0

    assert w.tolist() == [0.0]
