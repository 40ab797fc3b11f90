"""Rules as other frameworks have them: thirty steps, and the effect of an eps in another place."""

from __future__ import annotations

import inspect
import json
import math
from pathlib import Path

import numpy as np
import pytest

import badak as bd
from badak import optim
from badak.base.errors import DTypeError, RangeError
from badak.optim.dialects import DIALECTS
from tests.golden.gradients import GRADIENTS, START

GOLDEN = Path(__file__).parents[1] / "golden"
RECORDED = {
    library: json.loads((GOLDEN / f"{library}_optimizers.json").read_text("utf-8"))
    for library in ("keras", "lasagne")
}
CASES = [(library, trace) for library, record in RECORDED.items() for trace in record["traces"]]


def walk(optimizer, gradients=GRADIENTS, start=START, compiled=False):
    """The point after each step: (steps, ...)."""
    w = bd.parameter(start, "float64")

    def update(g):
        optimizer.update({"w": w}, {"w": g})

    step = bd.compile(update) if compiled else update
    points = []
    for gradient in gradients:
        step(bd.tensor(gradient, "float64"))
        points.append(w.numpy())
    return np.array(points)


def assert_same_way(ours, theirs, start=START, tolerance=1e-6):
    """Each value has gone the same way, small or large."""
    ours, theirs = (np.asarray(points) - start for points in (ours, theirs))
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=1e-15)


# Keras and Lasagne.

OTHER_NAMES = {"RMSprop": "RMSProp", "Adagrad": "AdaGrad", "Nadam": "NAdam", "Lamb": "LAMB"}


@pytest.mark.technique(64, 65, 67, 69, 70, 71, 79)
@pytest.mark.parametrize(
    ("library", "trace"), CASES, ids=lambda x: x if isinstance(x, str) else f"{x['name']}"
)
def test_thirty_steps_are_those_recorded(library, trace):
    optimizer = optim.like(library, trace["name"], **trace["settings"])

    assert_same_way(walk(optimizer), trace["points"])


@pytest.mark.parametrize("record", RECORDED.values(), ids=RECORDED)
def test_the_records_were_made_with_these_gradients(record):
    np.testing.assert_allclose(record["gradients"], GRADIENTS, rtol=1e-12)
    assert record["start"] == START.tolist()


@pytest.mark.parametrize("library", RECORDED)
def test_every_rule_of_the_library_was_recorded(library):
    makes = {
        (type(optim.like(library, t["name"], **t["settings"])), t["settings"].get("amsgrad"))
        for t in RECORDED[library]["traces"]
    }

    for name, row in DIALECTS[library].items():
        lr = {} if row.settings["learning_rate"] else {"lr": 0.1}
        assert type(optim.like(library, name, **lr)) in {make for make, _ in makes}, name


# PyTorch, here and now.

IN_TORCH = [
    ("SGD", "SGD", {}),
    ("SGD", "SGD", {"lr": 0.1, "weight_decay": 0.3}),
    ("SGD", "SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.4}),
    ("Momentum", "SGD", {"lr": 0.1, "momentum": 0.9}),
    ("Nesterov", "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("AdaGrad", "Adagrad", {}),
    ("AdaGrad", "Adagrad", {"lr": 0.3, "lr_decay": 0.2, "eps": 1e-4, "weight_decay": 0.1}),
    ("AdaGrad", "Adagrad", {"initial_accumulator_value": 0.3}),
    ("RMSProp", "RMSprop", {}),
    ("RMSProp", "RMSprop", {"lr": 0.1, "alpha": 0.5, "eps": 1e-3, "momentum": 0.9}),
    ("RMSProp", "RMSprop", {"centered": True, "alpha": 0.9, "weight_decay": 0.1}),
    ("Adadelta", "Adadelta", {}),
    ("Adadelta", "Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1}),
    ("Adam", "Adam", {}),
    ("Adam", "Adam", {"lr": 0.1, "betas": (0.7, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", "Adam", {"weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("AMSGrad", "Adam", {"amsgrad": True, "betas": (0.9, 0.8)}),
    ("AdamW", "AdamW", {}),
    ("AdamW", "AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
    ("Adamax", "Adamax", {}),
    ("Adamax", "Adamax", {"lr": 0.1, "betas": (0.7, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("NAdam", "NAdam", {}),
    ("NAdam", "NAdam", {"lr": 0.1, "betas": (0.7, 0.8), "momentum_decay": 0.1}),
    ("RAdam", "RAdam", {}),
    ("RAdam", "RAdam", {"lr": 0.1, "betas": (0.7, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adafactor", "Adafactor", {}),
    ("Adafactor", "Adafactor", {"lr": 0.1, "beta2_decay": -0.5, "weight_decay": 0.1, "d": 2.0}),
]


def torch_walk(name, settings):
    torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], **settings)
    points = []
    torch.set_default_dtype(torch.float64)  # or NAdam keeps a product in float32
    try:
        for gradient in GRADIENTS:
            w.grad = torch.tensor(gradient)
            optimizer.step()
            points.append(w.detach().numpy().copy())
    finally:
        torch.set_default_dtype(torch.float32)
    return points


@pytest.mark.technique(64, 65, 67, 69, 70, 71, 74)
@pytest.mark.parametrize(("rule", "name", "settings"), IN_TORCH, ids=str)
def test_thirty_steps_are_those_of_pytorch(rule, name, settings):
    optimizer = optim.like("torch", rule, **settings)

    assert_same_way(walk(optimizer), torch_walk(name, settings), tolerance=1e-9)


TORCH_CLASSES = {"AMSGrad": "Adam", "Momentum": "SGD", "Nesterov": "SGD", "RMSProp": "RMSprop",
                 "AdaGrad": "Adagrad"}  # fmt: skip
THE_NAME_SAYS_SO = {"AMSGrad": ["amsgrad"], "Momentum": ["momentum"],
                    "Nesterov": ["momentum", "nesterov"],
                    "Muon": ["adjust_lr_fn"]}  # fmt: skip  # None there means "original"


@pytest.mark.technique(74)
@pytest.mark.parametrize("rule", DIALECTS["torch"])
def test_settings_and_defaults_are_those_of_pytorchs_signature(rule):
    torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")
    signature = inspect.signature(getattr(torch.optim, TORCH_CLASSES.get(rule, rule)))
    ours = DIALECTS["torch"][rule].settings

    theirs = {name: signature.parameters[name].default for name in ours}
    expected = {n: x for n, x in ours.items() if n not in THE_NAME_SAYS_SO.get(rule, [])}
    assert {n: float(x) if isinstance(x, torch.Tensor) else x for n, x in theirs.items()
            if n in expected} == expected  # fmt: skip
    machinery = {"params", "maximize", "foreach", "capturable", "differentiable", "fused"}
    assert set(signature.parameters) - machinery <= set(ours)


@pytest.mark.technique(74)
def test_the_quoted_signatures_of_pytorch():
    quoted = {
        "AdaGrad": {"lr": 0.01, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0,
                    "eps": 1e-10},
        "RMSProp": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0,
                    "centered": False},
        "Adam": {"lr": 0.001, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0,
                 "amsgrad": False},
    }  # fmt: skip

    for rule, settings in quoted.items():
        assert repr(optim.like("torch", rule, **settings)) == repr(optim.like("torch", rule))
        assert settings.items() <= DIALECTS["torch"][rule].settings.items()


# The textbook, in its own words.


class Book:
    """Saito, "Deep Learning from Scratch": its rules on an array, with its defaults."""

    def __init__(self, rule, **settings):
        self.rule, self.settings, self.memory, self.t = rule, settings, {}, 0

    def update(self, w, g):
        self.t += 1
        return getattr(self, self.rule)(w, g, **self.settings)

    def keep(self, name, value):
        self.memory[name] = value
        return value

    def SGD(self, w, g, lr=0.01):
        return w - lr * g

    def Momentum(self, w, g, lr=0.01, momentum=0.9):
        return w + self.keep("v", momentum * self.memory.get("v", 0.0) - lr * g)

    def Nesterov(self, w, g, lr=0.01, momentum=0.9):
        w = w + momentum * momentum * self.memory.get("v", 0.0) - (1 + momentum) * lr * g
        self.keep("v", momentum * self.memory.get("v", 0.0) - lr * g)
        return w

    def AdaGrad(self, w, g, lr=0.01):
        h = self.keep("h", self.memory.get("h", 0.0) + g * g)
        return w - lr * g / (np.sqrt(h) + 1e-7)

    def RMSProp(self, w, g, lr=0.01, decay_rate=0.99):
        kept = decay_rate * self.memory.get("h", 0.0)
        h = self.keep("h", kept + (1 - decay_rate) * g * g)
        return w - lr * g / (np.sqrt(h) + 1e-7)

    def Adam(self, w, g, lr=0.001, beta1=0.9, beta2=0.999):
        lr_t = lr * np.sqrt(1 - beta2**self.t) / (1 - beta1**self.t)
        m, v = self.memory.get("m", 0.0), self.memory.get("v", 0.0)
        m = self.keep("m", m + (1 - beta1) * (g - m))
        v = self.keep("v", v + (1 - beta2) * (g**2 - v))
        return w - lr_t * m / (np.sqrt(v) + 1e-7)


@pytest.mark.technique(60, 63, 65, 67, 69, 71)
@pytest.mark.parametrize("rule", DIALECTS["book"])
@pytest.mark.parametrize("settings", [{}, {"lr": 0.3}], ids=str)
def test_thirty_steps_are_those_of_the_textbook(rule, settings):
    book, w, points = Book(rule, **settings), START.copy(), []
    for g in GRADIENTS:
        w = book.update(w, g)
        points.append(w)

    assert_same_way(walk(optim.like("book", rule, **settings)), points, tolerance=1e-11)


@pytest.mark.technique(71)
@pytest.mark.parametrize(("framework", "end"), [("book", 0.136007), ("paper", 0.136015)])
def test_both_forms_of_adam_end_on_the_textbooks_valley_where_they_should(framework, end):
    difference = optim.explain_difference(
        optim.like(framework, "Adam", lr=0.3), optim.like(framework, "Adam", lr=0.3)
    )

    assert difference.paths[0][-1] == pytest.approx([end, 0.318245], abs=5e-7)


# Effect sizes.


@pytest.mark.technique(67)
@pytest.mark.parametrize(
    ("framework", "settings", "end"),
    [
        ("book", {}, -0.18584),
        ("paper", {}, -0.14542),
        ("lasagne", {"lr": 0.01}, -0.08270),
        ("torch", {}, -0.18590),
        ("keras", {"lr": 0.01}, -0.000316),
    ],
)
def test_a_hundred_steps_of_adagrad_on_a_small_slope(framework, settings, end):
    optimizer = optim.like(framework, "AdaGrad", **settings)

    points = walk(optimizer, np.full(100, 1e-4), 0.0)

    assert points[-1] == pytest.approx(end, abs=5e-6 if framework != "keras" else 5e-7)


@pytest.mark.technique(71)
@pytest.mark.parametrize(
    ("framework", "end"),
    [("torch", -0.009901), ("lasagne", -0.008653), ("book", -0.004053), ("keras", -0.004053)],
)
def test_ten_steps_of_adam_on_a_very_small_slope(framework, end):
    points = walk(optim.like(framework, "Adam"), np.full(10, 1e-6), 0.0)

    assert points[-1] == pytest.approx(end, abs=5e-7)


@pytest.mark.technique(64)
def test_the_two_forms_of_momentum_differ_when_the_rate_changes():
    ends = []
    for framework in ("torch", "book"):
        rate = optim.schedules.MultiStep(0.1, milestones=[10], gamma=0.1)
        optimizer = optim.like(framework, "Momentum", lr=rate)
        ends.append(float(walk(optimizer, np.ones(20), 0.0)[-1]))

    assert ends == [pytest.approx(-4.9337, abs=5e-5), pytest.approx(-8.3699, abs=5e-5)]


# What all dialects keep.

EVERY = [(framework, rule) for framework, table in DIALECTS.items() for rule in table]


def made(framework, rule, **settings):
    row = DIALECTS[framework][rule]
    needs_rate = {"lr": None}.items() <= row.settings.items() or (
        {"learning_rate": None}.items() <= row.settings.items()
    )
    return optim.like(framework, rule, **({"lr": 0.1} if needs_rate else {}), **settings)


AT_THE_WEIGHTS = [case for case in EVERY if case != ("paper", "Nesterov")]


@pytest.mark.parametrize(("framework", "rule"), AT_THE_WEIGHTS)
def test_compiled_steps_equal_eager_ones(framework, rule):
    gradients = GRADIENTS[:6].reshape(6, 2, 2)
    eager, compiled = (
        walk(made(framework, rule), gradients, START.reshape(2, 2), compiled=c)
        for c in (False, True)
    )

    np.testing.assert_allclose(compiled, eager, rtol=1e-12, atol=1e-14)


def test_the_paper_looks_ahead():
    optimizer = optim.like("paper", "Nesterov", lr=0.1)

    assert isinstance(optimizer, optim.Nesterov)
    assert optim.formula(optimizer)[0] == "the point of g = W + momentum v"


def test_adadelta_needs_no_rate_and_takes_none_in_the_paper():
    assert float(optim.like("paper", "Adadelta").lr) == 1.0
    with pytest.raises(RangeError, match="unknown setting of paper's Adadelta 'lr'"):
        optim.like("paper", "Adadelta", lr=0.5)


@pytest.mark.technique(69)
def test_settings_go_by_both_names():
    theirs = optim.like("keras", "RMSProp", learning_rate=0.2, rho=0.5, epsilon=1e-3)

    assert repr(theirs) == repr(optim.like("keras", "rmsprop", lr=0.2, alpha=0.5, eps=1e-3))
    assert repr(optim.like("keras", "Adam", beta_1=0.5)) == repr(
        optim.like("keras", "Adam", betas=(0.5, 0.999))
    )


def test_what_every_optimizer_takes_can_be_given_too():
    optimizer = optim.like("lasagne", "nesterov_momentum", learning_rate=0.1, clip_norm=1.0)
    with_keras_name = optim.like("keras", "SGD", clipnorm=1.0)

    assert math.isclose(float(optimizer.clip_norm), 1.0)
    assert math.isclose(float(with_keras_name.clip_norm), 1.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: optim.like("pytorch", "Adam"), "unknown framework 'pytorch'(.|\n)*'torch'"),
        (lambda: optim.like("book", "Lion"), "unknown rule of book 'Lion'"),
        (lambda: optim.like("torch", "adagard"), "did you mean 'AdaGrad'"),
        (lambda: optim.like("torch", "Adam", rho=0.9), "unknown setting of torch's Adam 'rho'"),
        (lambda: optim.like("book", "AdaGrad", eps=1e-3), "unknown setting of book's AdaGrad"),
        (lambda: optim.like("lasagne", "SGD"), "lasagne's SGD has no default for lr"),
        (lambda: optim.like("keras", "LAMB", weight_decay=0.1), "unknown setting of keras's LAMB"),
        (lambda: optim.like("torch", "Adam", lr=-1.0), "Adam: lr is out of range"),
    ],
)
def test_what_there_is_not_is_refused_by_name(call, words):
    with pytest.raises(RangeError, match=words):
        call()


def test_betas_are_two():
    with pytest.raises(DTypeError, match="betas are two numbers"):
        optim.like("torch", "Adam", betas=0.9)
