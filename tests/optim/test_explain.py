"""Formulas that are written down while a rule runs, and where two rules part."""

from __future__ import annotations

import re

import numpy as np
import pytest

import badak as bd
from badak import optim
from badak.base.errors import DTypeError, RangeError, ShapeError


class Sign(optim.Optimizer):
    """A rule of a user's own."""

    def start(self, parameter):
        return {}

    def advance(self, parameter, gradient, state, step):
        return parameter - self.lr / step * gradient.sign() * 2.0, {}


class Pull(Sign):
    def advance(self, parameter, gradient, state, step):
        return parameter - (self.lr * gradient + (parameter - 1.0) / 4.0), {}


FORMULAS = [
    (optim.SGD(), ["W' = W - lr g"]),
    (optim.SGD(momentum=0.9), ["a' = momentum a + g", "W' = W - lr a'"]),
    (optim.Momentum(), ["v' = momentum v - lr g", "W' = W + v'"]),
    (
        optim.Nesterov(),
        ["the point of g = W + momentum v", "v' = momentum v - lr g", "W' = W + v'"],
    ),
    (optim.AdaGrad(), ["h' = h + g^2", "W' = W - lr g / (sqrt(h') + eps)"]),
    (
        optim.AdaGrad(eps_at="inside", lr_decay=0.1),
        ["h' = h + g^2", "W' = W - (lr / (1 + (t - 1) lr_decay)) g / sqrt(h' + eps)"],
    ),
    (
        optim.RMSProp(),
        ["h' = alpha h + (1 - alpha) g^2", "W' = W - lr g / (sqrt(h') + eps)"],
    ),
    (
        optim.Lion(),
        ["m' = beta2 m + (1 - beta2) g", "W' = W - lr sign(beta1 m + (1 - beta1) g)"],
    ),
    (optim.SGD(weight_decay=0.1), ["W' = W - lr (g + weight_decay W)"]),
    (
        optim.SGD(weight_decay=0.1, decoupled_weight_decay=True),
        ["W' = W - lr g - lr weight_decay W"],
    ),
    (optim.SGD(lambda step: 0.5 / (step + 1.0)), ["W' = W - (0.5 / (t - 1 + 1)) g"]),
    (Pull(0.1), ["W' = W - (lr g + (W - 1) / 4)"]),
    (Sign(0.1), ["W' = W - (lr / t) sign(g) * 2"]),
]


@pytest.mark.parametrize(("optimizer", "lines"), FORMULAS, ids=lambda x: repr(x)[:40])
def test_a_formula_reads_as_the_code_computes(optimizer, lines):
    assert optim.formula(optimizer) == lines


# Each line, computed: a formula that read otherwise than the code computes would show here.

TEXT_IN_PYTHON = [
    optim.AdaGrad(0.3, initial_accumulator_value=0.2),
    optim.RMSProp(0.3, momentum=0.9, centered=True),
    optim.Adadelta(),
    optim.Adam(0.3, amsgrad=True),
    optim.Adam(0.3, eps_at="hat"),
    optim.AdamW(0.3, eps_at="inside"),
    optim.Adamax(0.3),
    optim.Adamax(0.3, eps_at="outside"),
    optim.NAdam(0.3),
    optim.RAdam(0.3),
    optim.LAMB(0.3),
    optim.SGD(0.1, l1=0.2, clip_value=0.5),
    optim.Momentum(optim.schedules.WarmUp(optim.schedules.Cosine(0.1, 50), 20), nesterov=True),
]


WORDS = {
    "max": np.maximum, "min": np.minimum, "sqrt": np.sqrt, "sum": np.sum, "where": np.where,
    "sign": np.sign, "cos": np.cos, "floor": np.floor,
}  # fmt: skip
SIGNS = {"^": "**", "and": "&"}
TOKEN = re.compile(r"[A-Za-z_]\w*'?|[0-9.]+(?:e[-+]?\d+)?|[<>!]=|\S")


def in_python(text, values):
    """The number that a line of a formula gives."""
    code, bars, ended = [], 0, False
    for token in TOKEN.findall(text):
        is_value = token in values or token[0].isdigit()
        if ended and (is_value or token in WORDS or token == "("):
            code.append("*")
        if token == "|":
            bars += 1
            code.append("abs(" if bars % 2 else ")")
        else:
            code.append(f"values[{token!r}]" if token in values else SIGNS.get(token, token))
        ended = is_value or token == ")"
    return eval(" ".join(code), WORDS, {"values": values})


@pytest.mark.parametrize("optimizer", TEXT_IN_PYTHON, ids=lambda x: repr(x)[:40])
def test_the_lines_computed_as_they_read_are_the_step(optimizer):
    w = bd.parameter([[0.5, -2.0], [3.0, 0.25]], "float64")
    lines = optim.formula(optimizer)
    for t in range(1, 8):
        g = np.sin(np.arange(4) * t + 1.0).reshape(2, 2)
        values = {"W": w.numpy(), "g": g, "t": np.float64(t)}
        values |= {name: float(x) for name, x in optimizer.settings.items()}
        held = optimizer.state.get("w") or optimizer.begin(w)
        values |= {name: x.numpy() for name, x in held.items()}
        for line in lines:
            name, text = line.split(" = ", 1)
            values[name] = in_python(text, values)
        optimizer.update({"w": w}, {"w": g})

        np.testing.assert_allclose(w.numpy(), values["W'"], rtol=1e-6, err_msg="\n".join(lines))


def test_an_optimizer_that_is_explained_stays_as_it_is():
    w, optimizer = bd.parameter([1.0, 2.0]), optim.Adam()
    optimizer.update({"w": w}, {"w": [0.5, 0.5]})
    before = {name: x.tobytes() for name, x in optimizer.state_dict().items()}

    optim.explain_difference(optimizer, optim.SGD())

    assert {name: x.tobytes() for name, x in optimizer.state_dict().items()} == before


# Where paths part.


@pytest.mark.technique(64)
def test_two_forms_of_momentum_part_when_the_rate_changes():
    rate = optim.schedules.MultiStep(0.1, milestones=[10], gamma=0.1)
    difference = optim.explain_difference(
        optim.like("torch", "Momentum", lr=rate), optim.like("book", "Momentum", lr=rate)
    )

    assert difference.step == 11
    assert "part at step 11" in str(difference)


@pytest.mark.technique(64)
def test_two_forms_of_momentum_go_together_while_it_does_not():
    difference = optim.explain_difference(
        optim.like("torch", "Momentum", lr=0.1), optim.like("book", "Momentum", lr=0.1)
    )

    assert difference.step is None
    assert str(difference).endswith("In 30 steps their paths do not part.")


@pytest.mark.technique(67)
def test_the_place_of_eps_shows_on_a_small_slope():
    difference = optim.explain_difference(
        optim.like("book", "AdaGrad"), optim.like("paper", "AdaGrad"), gradients=[1e-4] * 100
    )

    ends = [path[-1] for path in difference.paths]
    assert ends == [pytest.approx(-0.18584, abs=5e-6), pytest.approx(-0.14542, abs=5e-6)]
    assert difference.step == 1


def test_the_first_step_apart_is_found_where_it_is():
    gradients = [1.0, 1.0, 1.0, 0.5, 1.0]
    plain, clipped = optim.SGD(0.1), optim.SGD(0.1, clip_value=0.75)

    assert optim.explain_difference(plain, clipped, [0.5, 0.5, *gradients]).step == 3
    assert optim.explain_difference(plain, clipped, [0.5, 0.7, -0.6]).step is None


def test_the_text_has_both_formulas_side_by_side():
    lines = str(optim.explain_difference(optim.SGD(), optim.Momentum())).splitlines()

    assert lines[0] == "SGD(lr=0.01)   |  Momentum(lr=0.01, momentum=0.9)"
    assert lines[1] == "W' = W - lr g  |  v' = momentum v - lr g"
    assert lines[2] == "               |  W' = W + v'"


def test_the_path_is_that_of_the_textbook():
    difference = optim.explain_difference(optim.SGD(0.95), optim.Momentum(0.1))

    np.testing.assert_allclose(difference.paths[0][-1], (-0.350393, 0.084782), atol=5e-7)
    np.testing.assert_allclose(difference.paths[1][-1], (0.896414, 0.088086), atol=5e-7)


def test_what_cannot_be_explained_is_refused():
    with pytest.raises(DTypeError, match="takes two optimizers"):
        optim.explain_difference("torch", "keras")
    with pytest.raises(ShapeError, match="a gradient for each step"):
        optim.explain_difference(optim.SGD(), optim.SGD(), 1.0)
    with pytest.raises(RangeError, match="steps must be at least 1"):
        optim.explain_difference(optim.SGD(), optim.SGD(), steps=0)
