"""Perceptrons: their rule, the gates, what one of them can learn, and what none can."""

from __future__ import annotations

import builtins
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn, optim
from badak.base.errors import MissingExtraError, RangeError, ShapeError
from badak.nn.perceptron import gate, learn, separable

TABLE = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
AND, NAND, OR, XOR = [0, 0, 0, 1], [1, 1, 1, 0], [0, 1, 1, 1], [0, 1, 1, 0]
GATES = {"and": AND, "nand": NAND, "or": OR, "xor": XOR}


@pytest.mark.technique(1)
def test_it_weighs_adds_and_compares_a_whole_batch():
    unit = nn.Perceptron([2.0, -1.0, 0.5], theta=0.25)

    y = unit(bd.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]))

    assert y.tolist() == [1.0, 0.0, 1.0]


@pytest.mark.technique(1)
def test_a_row_of_units_has_a_threshold_each():
    units = nn.Perceptron([[1.0, 1.0], [1.0, 1.0]], theta=[0.5, 1.5])

    assert units(TABLE).tolist() == [[0, 0], [1, 0], [1, 0], [1, 1]]


@pytest.mark.technique(2)
def test_a_tie_gives_0():
    assert nn.Perceptron([0.5, 0.25], theta=0.75)([1.0, 1.0]).item() == 0.0
    assert nn.Perceptron([0.5, 0.25], theta=np.nextafter(0.75, 0))([1.0, 1.0]).item() == 0.0
    assert nn.Perceptron([0.5, 0.25], theta=0.7499)([1.0, 1.0]).item() == 1.0


@pytest.mark.technique(3, 4, 5, 8)
@pytest.mark.parametrize("name", GATES)
def test_a_gate_has_its_truth_table(name):
    assert gate(name)(TABLE).tolist() == GATES[name]


@pytest.mark.technique(3, 4, 5)
@pytest.mark.parametrize(
    ("name", "weight", "theta"),
    [("and", (0.5, 0.5), 0.7), ("nand", (-0.5, -0.5), -0.7), ("or", (0.5, 0.5), 0.2)],
)
def test_a_gate_has_the_weights_of_the_book(name, weight, theta):
    unit = gate(name)

    assert unit.weight.tolist() == list(weight)
    assert unit.theta.item() == pytest.approx(theta)


@pytest.mark.technique(6)
def test_another_or_has_its_boundary_at_a_half():
    unit = nn.Perceptron([1.0, 1.0], bias=-0.5)

    assert unit(TABLE).tolist() == OR
    assert unit([[0.25, 0.25], [0.5, 0.0]]).tolist() == [0.0, 0.0]  # on the line x1 + x2 = 1/2
    assert unit([[0.25, 0.26], [0.51, 0.0]]).tolist() == [1.0, 1.0]


@pytest.mark.technique(9)
@given(
    weight=st.lists(st.floats(-4, 4), min_size=3, max_size=3),
    theta=st.floats(-4, 4),
    x=st.lists(st.floats(-4, 4), min_size=3, max_size=3),
)
def test_a_bias_is_a_threshold_with_the_other_sign(weight, theta, x):
    by_theta, by_bias = nn.Perceptron(weight, theta), nn.Perceptron(weight, bias=-theta)

    y = by_bias(x).item()

    assert y == by_theta(x).item()
    assert y == bd.step(bd.tensor(x) @ by_bias.weight + by_bias.bias).item()


def test_theta_and_bias_are_one_thing():
    with pytest.raises(RangeError, match="give one of them"):
        nn.Perceptron([1.0], 0.5, bias=0.5)


@pytest.mark.parametrize("weight", [1.0, np.ones((2, 2, 2))])
def test_weights_have_one_or_two_axes(weight):
    with pytest.raises(ShapeError, match=r"weights are \(in,\) or \(in, units\)"):
        nn.Perceptron(weight)


def test_thresholds_fit_the_units():
    with pytest.raises(ShapeError, match="one threshold for all units"):
        nn.Perceptron(np.ones((2, 3)), [1.0, 2.0])


def test_an_unknown_gate_is_refused_with_the_nearest():
    with pytest.raises(RangeError, match=r"unknown gate 'nor'(.|\n)*one of and, nand, or, xor"):
        gate("nor")


# The learning rule.


@pytest.mark.technique(7)
@pytest.mark.parametrize("t", [AND, NAND, OR])
def test_the_rule_learns_what_a_line_can_part(t):
    lesson = learn(TABLE, t)

    assert lesson.converged
    assert lesson.mistakes[-1] == 0
    assert lesson.unit(TABLE).tolist() == t


@pytest.mark.technique(7)
def test_the_rule_never_learns_xor():
    lesson = learn(TABLE, XOR, epochs=500)

    assert not lesson.converged
    assert len(lesson.mistakes) == 500
    assert min(lesson.mistakes) > 0


def test_one_mistake_moves_the_weights_by_the_row():
    lesson = learn([[2.0, -1.0], [0.0, 3.0]], [1, 0], epochs=1, lr=0.5)

    # The first row is answered 0: w = (1, -0.5), b = 0.5. The second is right: -1.5 + 0.5 < 0.
    assert (lesson.unit.weight.tolist(), lesson.unit.bias.item()) == ([1.0, -0.5], 0.5)
    assert (lesson.converged, lesson.mistakes) == (False, (1,))


@given(st.integers(0, 2**32 - 1))
def test_mistakes_stay_within_the_bound_of_novikoff(seed):
    noise = np.random.default_rng(seed)
    w, x = noise.normal(size=3), noise.normal(size=(40, 3))
    distance = x @ w / np.linalg.norm(w)
    x, t = x[np.abs(distance) > 0.3], (distance > 0)[np.abs(distance) > 0.3]

    lesson = learn(x, t)

    longest = 1 + (x**2).sum(axis=1).max()  # the bias is a weight whose input is 1
    assert lesson.converged
    assert sum(lesson.mistakes) <= longest / 0.3**2


@pytest.mark.parametrize(
    ("x", "t"), [([1.0], [1]), ([[1.0]], [[1]]), ([[1.0], [2.0]], [1]), ([[[1.0]]], [1])]
)
def test_rows_and_targets_fit(x, t):
    with pytest.raises(ShapeError, match=r"inputs \(rows, in\) and a target for each row"):
        learn(x, t)


@pytest.mark.parametrize("t", [[0, 2], [-1, 1]])
def test_targets_are_0_and_1(t):
    with pytest.raises(RangeError, match="targets are 0 or 1"):
        learn([[0.0], [1.0]], t)


def test_an_infinite_input_is_refused():
    with pytest.raises(RangeError, match="finite inputs"):
        separable([[0.0], [np.inf]], [0, 1])


# What a line can part.


@pytest.mark.technique(7)
def test_the_proof_that_no_perceptron_is_xor():
    pytest.importorskip("scipy", reason="needs the extra lab")
    t = np.array(XOR)

    answer = separable(TABLE, XOR)

    assert not answer
    assert answer.shares.min() >= 0
    assert answer.shares[t == 1].sum() == pytest.approx(1, abs=1e-12)
    assert answer.shares[t == 0].sum() == pytest.approx(1, abs=1e-12)
    ones, zeros = (answer.shares[t == c] @ TABLE[t == c] for c in (1, 0))
    np.testing.assert_allclose(ones, zeros, atol=1e-12)  # one point, both 1 and 0


@pytest.mark.technique(7)
def test_of_sixteen_gates_of_two_inputs_a_perceptron_can_be_fourteen():
    pytest.importorskip("scipy", reason="needs the extra lab")
    gates = list(itertools.product([0, 1], repeat=4))

    possible = [t for t in gates if separable(TABLE, t)]

    assert set(gates) - set(possible) == {tuple(XOR), tuple(1 - np.array(XOR))}
    for t in possible:
        assert separable(TABLE, t).unit(TABLE).tolist() == list(t)
        assert learn(TABLE, t).converged


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_linear_program_is_right_either_way(seed, parted):
    pytest.importorskip("scipy", reason="needs the extra lab")
    noise = np.random.default_rng(seed)
    x = noise.normal(size=(30, 2)) * 10.0 ** noise.integers(-3, 4)
    t = x @ noise.normal(size=2) > 0 if parted else noise.integers(0, 2, 30)

    answer = separable(x, t)

    if answer:
        assert answer.unit(bd.tensor(x, "float64")).tolist() == t.astype(float).tolist()
    else:
        assert not parted
        signed = np.where(t, 1, -1) * answer.shares
        np.testing.assert_allclose(signed @ np.c_[x / np.abs(x).max(), np.ones(30)], 0, atol=1e-9)


def test_the_margin_is_that_of_weights_up_to_1():
    pytest.importorskip("scipy", reason="needs the extra lab")

    answer = separable([[0.0], [1.0], [3.0], [5.0]], [0, 0, 1, 1])

    assert answer.margin == pytest.approx(1.0)
    assert answer.unit.theta.item() == pytest.approx(2.0)


@pytest.mark.parametrize("t", [0, 1])
def test_one_class_is_parted_from_nothing(t):
    answer = separable([[1.0], [2.0]], [t, t])

    assert answer.unit([[1.0], [-7.0]]).tolist() == [t, t]


def test_without_scipy_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def no_scipy(name, *args, **kwargs):
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_scipy)

    with pytest.raises(MissingExtraError, match=r"separable needs the package scipy(.|\n)*lab"):
        separable(TABLE, XOR)


# What two layers can.


@pytest.mark.technique(8)
def test_xor_is_and_of_nand_and_or():
    hidden, last = gate("xor")

    assert hidden(TABLE).tolist() == [list(row) for row in zip(NAND, OR, strict=True)]
    assert last(hidden(TABLE)).tolist() == XOR


SEEDS, UPDATES = 100, 400


@pytest.mark.technique(8)
def test_a_trained_network_of_2_2_1_units_solves_xor_for_nearly_every_seed():
    """100 seeds, 400 updates of Adam on all four rows each.

    The hidden units are SiLU, which is not monotone: of sigmoid units, half of the seeds end where
    one of the four rows is given up.
    """
    x, t = np.float32(TABLE), np.float32(XOR)[:, None]

    def build():
        net = nn.Sequential(nn.Linear(2, 2), nn.SiLU(), nn.Linear(2, 1))
        return bd.Trainer(net, lambda y, t: (bd.softplus(y) - t * y).mean(), optim.Adam(0.1))

    population = bd.Population(build, seeds=range(SEEDS))
    rows = np.tile(x, (UPDATES, 1)), np.tile(t, (UPDATES, 1))
    population.fit(*rows, epochs=1, batch_size=4, shuffle=False, progress=False)

    solved = [((m.trainer.net(x) > 0) == t).all() for m in population.members]
    assert sum(map(bool, solved)) >= 0.95 * SEEDS
