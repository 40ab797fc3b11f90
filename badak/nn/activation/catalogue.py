"""Activations by name."""

from __future__ import annotations

from collections.abc import Callable

from badak.base.errors import unknown_name
from badak.nn.activation.rectifiers import ELU, SELU, LeakyReLU, PReLU, ReLU
from badak.nn.activation.smooth import GELU, Hardswish, Mish, SiLU, Softplus
from badak.nn.activation.squashing import Hardsigmoid, Hardtanh, Sigmoid, Step, Tanh
from badak.nn.module import Module

BY_NAME: dict[str, Callable[[], Module]] = {
    "elu": ELU,
    "gelu": GELU,
    "hardsigmoid": Hardsigmoid,
    "hardswish": Hardswish,
    "hardtanh": Hardtanh,
    "leaky_relu": LeakyReLU,
    "mish": Mish,
    "prelu": PReLU,
    "relu": ReLU,
    "selu": SELU,
    "sigmoid": Sigmoid,
    "silu": SiLU,
    "softplus": Softplus,
    "step": Step,
    "tanh": Tanh,
}
"""Those that work element by element, by PyTorch's function names."""


def get(name: str) -> Module:
    """A new activation of that name, with its usual settings.

    >>> get("leaky_relu")
    LeakyReLU(0.01)

    Raises:
        RangeError: for an unknown name, with the nearest one.
    """
    if name not in BY_NAME:
        raise unknown_name("activation", name, BY_NAME)
    return BY_NAME[name]()
