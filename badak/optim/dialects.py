"""Rules of one name that differ from framework to framework, in tables.

A row says which of Badak's rules it is, what the framework calls its settings and what they are
there unless given, and what that framework has decided for good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from badak.base.errors import RangeError, unknown_name
from badak.optim.adafactor import Adafactor
from badak.optim.adam import Adam, Adamax, AdamW
from badak.optim.adam_relatives import LAMB, Lion, NAdam, RAdam
from badak.optim.adaptive import Adadelta, AdaGrad, RMSProp
from badak.optim.denominator import HAT, INSIDE, OUTSIDE
from badak.optim.gradient_descent import SGD, Momentum, Nesterov
from badak.optim.muon import Muon
from badak.optim.optimizer import Optimizer
from badak.optim.setting import several
from badak.optim.shared import Shared
from badak.optim.with_momentum import WithMomentum


@dataclass(frozen=True)
class Row:
    """One rule of one framework.

    Attributes:
        make: our rule, or a function that makes it.
        settings: what the framework calls them, and its defaults; None for one that must be given.
        fixed: what it has decided for good.
        names: our names of the settings, where they have others.
        decay: what it has decided about the decay of weights, where there is any.
    """

    make: Callable[..., Optimizer]
    settings: Mapping[str, Any]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    decay: Mapping[str, Any] = field(default_factory=dict)


NAMES = {
    "beta_1": "beta1",
    "beta_2": "beta2",
    "clipnorm": "clip_norm",
    "clipvalue": "clip_value",
    "epsilon": "eps",
    "global_clipnorm": "clip_global_norm",
    "learning_rate": "lr",
}
"""What frameworks call the settings that all rules name alike, and what they are called here."""

RHO = {"rho": "alpha", "decay_rate": "alpha"}


def _momentum_inside(momentum: float, **settings: Any) -> Optimizer:
    """RMSProp with the learning rate inside of its momentum."""
    rule = RMSProp(**settings)
    return WithMomentum(rule, momentum) if momentum else rule


_TORCH_SGD = {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
_TORCH_ADAM = {
    "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False,
}  # fmt: skip
_COUPLED = {"decoupled_weight_decay": False}

TORCH = {
    "SGD": Row(SGD, _TORCH_SGD),
    "Momentum": Row(SGD, _TORCH_SGD | {"momentum": 0.9}),
    "Nesterov": Row(SGD, _TORCH_SGD | {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": Row(
        AdaGrad,
        {
            "lr": 0.01, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0,
            "eps": 1e-10,
        },
        {"eps_at": OUTSIDE},
    ),
    "RMSProp": Row(
        RMSProp,
        {
            "lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0,
            "centered": False,
        },
        {"eps_at": OUTSIDE},
    ),
    "Adadelta": Row(Adadelta, {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0}),
    "Adam": Row(Adam, _TORCH_ADAM | _COUPLED, {"eps_at": OUTSIDE}),
    "AMSGrad": Row(Adam, _TORCH_ADAM | _COUPLED | {"amsgrad": True}, {"eps_at": OUTSIDE}),
    "AdamW": Row(AdamW, _TORCH_ADAM | {"weight_decay": 0.01}, {"eps_at": OUTSIDE}),
    "Adamax": Row(
        Adamax,
        {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
        {"eps_at": INSIDE},
    ),
    "NAdam": Row(
        NAdam,
        {
            "lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0,
            "momentum_decay": 4e-3,
        }
        | _COUPLED,
    ),
    "RAdam": Row(
        RAdam,
        {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0} | _COUPLED,
    ),
    "Adafactor": Row(
        Adafactor,
        {"lr": 0.01, "beta2_decay": -0.8, "eps": (None, 1e-3), "d": 1.0, "weight_decay": 0.0},
    ),
    "Muon": Row(
        Muon,
        {
            "lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": True,
            "ns_coefficients": (3.4445, -4.775, 2.0315), "eps": 1e-7, "ns_steps": 5,
            "adjust_lr_fn": "original",
        },
    ),
}  # fmt: skip
"""PyTorch 2: eps outside of the root and after the correction; momentum with the rate outside."""

_KERAS_SGD = {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
_KERAS_ADAM = {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
_DECOUPLED = {"decoupled_weight_decay": True}

KERAS = {
    "SGD": Row(Momentum, _KERAS_SGD, decay=_DECOUPLED),
    "Momentum": Row(Momentum, _KERAS_SGD | {"momentum": 0.9}, decay=_DECOUPLED),
    "Nesterov": Row(Momentum, _KERAS_SGD | {"momentum": 0.9, "nesterov": True}, decay=_DECOUPLED),
    "AdaGrad": Row(
        AdaGrad,
        {"learning_rate": 1e-3, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
        {"eps_at": INSIDE},
        decay=_DECOUPLED,
    ),
    "RMSProp": Row(
        _momentum_inside,
        {"learning_rate": 1e-3, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
        {"eps_at": INSIDE},
        RHO,
        _DECOUPLED,
    ),
    "Adadelta": Row(
        Adadelta, {"learning_rate": 1e-3, "rho": 0.95, "epsilon": 1e-7}, decay=_DECOUPLED
    ),
    "Adam": Row(Adam, _KERAS_ADAM | {"amsgrad": False}, {"eps_at": HAT}, decay=_DECOUPLED),
    "AMSGrad": Row(Adam, _KERAS_ADAM | {"amsgrad": True}, {"eps_at": HAT}, decay=_DECOUPLED),
    "AdamW": Row(
        AdamW,
        _KERAS_ADAM | {"weight_decay": 4e-3, "amsgrad": False},
        {"eps_at": HAT},
        decay=_DECOUPLED,
    ),
    "Adamax": Row(Adamax, _KERAS_ADAM, {"eps_at": OUTSIDE}, decay=_DECOUPLED),
    "NAdam": Row(NAdam, _KERAS_ADAM, {"momentum_decay": 1.0}, decay=_DECOUPLED),
    "Lion": Row(Lion, {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.99}, decay=_DECOUPLED),
    "LAMB": Row(LAMB, _KERAS_ADAM, {"weight_decay": 0.0}),  # it decays like no LAMB of ours
}
"""Keras 3: eps inside of the root, and for the family of Adam before the correction; momentum
with the rate inside, weight decay decoupled."""

_LASAGNE_ADAM = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}

LASAGNE = {
    "SGD": Row(SGD, {"learning_rate": None}),
    "Momentum": Row(Momentum, {"learning_rate": None, "momentum": 0.9}),
    "Nesterov": Row(Momentum, {"learning_rate": None, "momentum": 0.9}, {"nesterov": True}),
    "AdaGrad": Row(AdaGrad, {"learning_rate": 1.0, "epsilon": 1e-6}, {"eps_at": INSIDE}),
    "RMSProp": Row(
        RMSProp, {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6}, {"eps_at": INSIDE}, RHO
    ),
    "Adadelta": Row(Adadelta, {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-6}),
    "Adam": Row(Adam, _LASAGNE_ADAM, {"eps_at": HAT}),
    "AMSGrad": Row(Adam, _LASAGNE_ADAM, {"eps_at": HAT, "amsgrad": True}),
    "Adamax": Row(Adamax, _LASAGNE_ADAM | {"learning_rate": 2e-3}, {"eps_at": OUTSIDE}),
}
"""Lasagne's `updates.py`: eps inside of the root, and for Adam before the correction."""

BOOK = {
    "SGD": Row(SGD, {"lr": 0.01}),
    "Momentum": Row(Momentum, {"lr": 0.01, "momentum": 0.9}),
    "Nesterov": Row(Momentum, {"lr": 0.01, "momentum": 0.9}, {"nesterov": True}),
    "AdaGrad": Row(AdaGrad, {"lr": 0.01}, {"eps": 1e-7, "eps_at": OUTSIDE}),
    "RMSProp": Row(
        RMSProp, {"lr": 0.01, "decay_rate": 0.99}, {"eps": 1e-7, "eps_at": OUTSIDE}, RHO
    ),
    "Adam": Row(
        Adam, {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999}, {"eps": 1e-7, "eps_at": HAT}
    ),
}  # fmt: skip
"""Saito, "Deep Learning from Scratch" (2016). Some editions of its code take Nesterov's step with
the new velocity in the place of the old; here it is the old."""

_PAPER_ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}

PAPER = {
    "SGD": Row(SGD, {"lr": None}),
    "Momentum": Row(SGD, {"lr": None, "momentum": 0.9}),
    "Nesterov": Row(Nesterov, {"lr": None, "momentum": 0.9}),
    "AdaGrad": Row(AdaGrad, {"lr": 0.01, "eps": 1e-7}, {"eps_at": INSIDE}),
    "RMSProp": Row(RMSProp, {"lr": 1e-3, "alpha": 0.9, "eps": 1e-8}, {"eps_at": INSIDE}),
    "Adadelta": Row(Adadelta, {"rho": 0.95, "eps": 1e-6}, {"lr": 1.0}),
    "Adam": Row(Adam, _PAPER_ADAM, {"eps_at": OUTSIDE}),
    "AMSGrad": Row(Adam, _PAPER_ADAM, {"eps_at": OUTSIDE, "amsgrad": True}),
    "AdamW": Row(AdamW, _PAPER_ADAM | {"weight_decay": 0.01}, {"eps_at": OUTSIDE}),
    "Lion": Row(Lion, {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0.0}),
    "LAMB": Row(LAMB, _PAPER_ADAM | {"eps": 1e-6, "weight_decay": 0.0}),
}
"""The papers, as lectures write them: AdaGrad and RMSProp with eps inside of the root, momentum as
an accumulated gradient, Nesterov's gradient at the point ahead, Adadelta without a rate."""

DIALECTS: dict[str, dict[str, Row]] = {
    "torch": TORCH,
    "keras": KERAS,
    "lasagne": LASAGNE,
    "book": BOOK,
    "paper": PAPER,
}

_ALSO = {"nesterov_momentum": "Nesterov"}
"""What a framework calls a rule, where it is not our name."""


def like(framework: str, rule: str, **settings: Any) -> Optimizer:
    """The rule of that name with the formula and the defaults that it has in a framework.

    Args:
        framework: "torch", "keras", "lasagne", "book" (Saito, "Deep Learning from Scratch") or
            "paper" (who invented the rule).
        rule: "SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adadelta", "Adam", "AMSGrad",
            "AdamW", "Adamax", "NAdam", ..., in capitals or not.
        settings: by the framework's names for them, or by ours; and what every optimizer takes.

    Raises:
        RangeError: for a framework, a rule or a setting that there is not, and for a learning rate
            that the framework wants to be told.

    >>> like("torch", "RMSProp")
    RMSProp(lr=0.01, alpha=0.99, eps=1e-08)
    >>> like("keras", "RMSProp", rho=0.5)
    RMSProp(lr=0.001, alpha=0.5, eps=1e-07, eps_at='inside')
    """
    if framework not in DIALECTS:
        raise unknown_name("framework", framework, DIALECTS)
    row = _row(framework, rule)
    values = _in_our_words(row.settings, row)
    for name, value in _in_our_words(settings, row).items():
        if name in row.fixed or not (name in values or name in Shared.__annotations__):
            raise unknown_name(f"setting of {framework}'s {rule}", name, row.settings)
        values[name] = value
    if values.get("lr", 0.0) is None:
        raise RangeError(f"{framework}'s {rule} has no default for lr", hint="lr=0.01")
    if "beta1" in values:
        values["betas"] = values.pop("beta1"), values.pop("beta2")
    decays = values.get("weight_decay") or values.get("groups")
    return row.make(**values, **row.fixed, **(row.decay if decays else {}))


def _row(framework: str, rule: str) -> Row:
    table = DIALECTS[framework]
    wanted = _ALSO.get(rule, rule).lower()
    for name, row in table.items():
        if name.lower() == wanted:
            return row
    raise unknown_name(f"rule of {framework}", rule, table)


def _in_our_words(settings: Mapping[str, Any], row: Row) -> dict[str, Any]:
    """The settings by our names; betas one by one."""
    ours = {row.names.get(name, NAMES.get(name, name)): x for name, x in settings.items()}
    if "betas" in ours:
        name = "like: betas"
        ours["beta1"], ours["beta2"] = several(ours.pop("betas"), 2, name, "betas=(0.9, 0.999)")
    return ours
