"""Logic out of perceptrons."""

from __future__ import annotations

from badak.base.errors import unknown_name
from badak.nn.container import Sequential
from badak.nn.module import Module
from badak.nn.perceptron.unit import Perceptron

GATES = {
    "and": ((0.5, 0.5), 0.7),
    "nand": ((-0.5, -0.5), -0.7),
    "or": ((0.5, 0.5), 0.2),
}
"""Weights and threshold of the gates that one unit can be."""


def gate(name: str) -> Module:
    """A logic gate of two inputs, (..., 2) -> (...): "and", "nand", "or", or "xor".

    The first three are one perceptron with the weights and the threshold of the textbook. No
    single perceptron is XOR (`separable` proves it); two layers are: AND(NAND(x), OR(x)).

    Raises:
        RangeError: for another name.

    >>> table = bd.tensor([[0, 0], [1, 0], [0, 1], [1, 1]])
    >>> {name: gate(name)(table).tolist() for name in ("or", "xor")}
    {'or': [0.0, 1.0, 1.0, 1.0], 'xor': [0.0, 1.0, 1.0, 0.0]}
    """
    if name == "xor":
        (nand, low), (either, high) = GATES["nand"], GATES["or"]
        columns = list(zip(nand, either, strict=True))
        return Sequential(Perceptron(columns, [low, high]), gate("and"))
    if name not in GATES:
        raise unknown_name("gate", name, [*GATES, "xor"])
    return Perceptron(*GATES[name])
