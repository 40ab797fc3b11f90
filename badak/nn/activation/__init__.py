"""Activations: the functions between layers that make a network more than one matrix.

In reading order: `squashing`, `rectifiers`, `smooth`, `maxout`, and the `catalogue` of names. The
formulas themselves are functions in `badak.ops`, such as `bd.relu`.
"""

from badak.nn.activation.catalogue import BY_NAME, get
from badak.nn.activation.maxout import Maxout
from badak.nn.activation.rectifiers import ELU, SELU, LeakyReLU, PReLU, ReLU
from badak.nn.activation.smooth import GELU, Hardswish, Mish, SiLU, Softplus
from badak.nn.activation.squashing import (
    Hardsigmoid,
    Hardtanh,
    LogSoftmax,
    Sigmoid,
    Softmax,
    Step,
    Tanh,
)

__all__ = [
    "BY_NAME",
    "ELU",
    "GELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSoftmax",
    "Maxout",
    "Mish",
    "PReLU",
    "ReLU",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Step",
    "Tanh",
    "get",
]
