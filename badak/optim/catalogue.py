"""Optimizers by name, for settings that come as text."""

from __future__ import annotations

from badak.base.errors import unknown_name
from badak.optim.adafactor import Adafactor
from badak.optim.adam import Adam, Adamax, AdamW
from badak.optim.adam_relatives import LAMB, Lion, NAdam, RAdam
from badak.optim.adaptive import Adadelta, AdaGrad, RMSProp
from badak.optim.gradient_descent import SGD, Momentum, Nesterov
from badak.optim.muon import Muon
from badak.optim.optimizer import Optimizer

BY_NAME: dict[str, type[Optimizer]] = {
    "adadelta": Adadelta,
    "adafactor": Adafactor,
    "adagrad": AdaGrad,
    "adam": Adam,
    "adamax": Adamax,
    "adamw": AdamW,
    "lamb": LAMB,
    "lion": Lion,
    "momentum": Momentum,
    "muon": Muon,
    "nadam": NAdam,
    "nesterov": Nesterov,
    "radam": RAdam,
    "rmsprop": RMSProp,
    "sgd": SGD,
}


def get(name: str) -> type[Optimizer]:
    """The optimizer class of that name.

    >>> get("adam")
    <class 'badak.optim.adam.Adam'>

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if name not in BY_NAME:
        raise unknown_name("optimizer", name, BY_NAME)
    return BY_NAME[name]
