"""Optimizers by name, for settings that come as text."""

from __future__ import annotations

from badak.base.errors import unknown_name
from badak.optim.adaptive import AdaGrad, Adam, RMSProp
from badak.optim.gradient_descent import SGD, Momentum
from badak.optim.optimizer import Optimizer

BY_NAME: dict[str, type[Optimizer]] = {
    "adagrad": AdaGrad,
    "adam": Adam,
    "momentum": Momentum,
    "rmsprop": RMSProp,
    "sgd": SGD,
}


def get(name: str) -> type[Optimizer]:
    """The optimizer class of that name.

    >>> get("adam")
    <class 'badak.optim.adaptive.Adam'>

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if name not in BY_NAME:
        raise unknown_name("optimizer", name, BY_NAME)
    return BY_NAME[name]
