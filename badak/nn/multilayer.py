"""The multi-layer perceptron with what stands around its hidden layers, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from badak.base.errors import unknown_name
from badak.nn import activation as activations
from badak.nn import init as initializers
from badak.nn.batch_norm import BatchNorm
from badak.nn.container import Sequential
from badak.nn.dropout import Dropout
from badak.nn.linear import Linear
from badak.nn.module import Module

ORDERS = ("before", "after")
"""Where batch normalisation may stand: before the activation, or after it."""


def mlp(
    in_features: int,
    hidden: Sequence[int],
    out_features: int,
    activation: str | Callable[[], Module] = "relu",
    *,
    batch_norm: str | None = None,
    dropout: float = 0.0,
    init: str | initializers.Initializer = "he",
) -> Sequential:
    """Fully connected layers with activations between them: (N, in) -> (N, out).

    Each hidden layer is Linear, then the activation with batch normalisation before or after it,
    then dropout. Ioffe and Szegedy (2015) normalise before the activation; both orders are used.

    Args:
        in_features: how many numbers come in.
        hidden: the units of each hidden layer.
        out_features: how many numbers come out.
        activation: its name, or what makes one.
        batch_norm: "before" or "after" the activation; None for none.
        dropout: the share of hidden units dropped in training.
        init: how the weights start.

    Raises:
        RangeError: for an unknown name, or a setting out of its range.

    >>> mlp(784, [100], 10, batch_norm="after", dropout=0.2)
    Sequential(
      0: Linear(784 -> 100)
      1: ReLU()
      2: BatchNorm(100)
      3: Dropout(0.2)
      4: Linear(100 -> 10)
    )
    """
    if batch_norm is not None and batch_norm not in ORDERS:
        raise unknown_name("order of batch_norm", batch_norm, ORDERS)
    layers: list[Module] = []
    before = in_features
    for units in hidden:
        active = activations.get(activation) if isinstance(activation, str) else activation()
        norm = [BatchNorm(units)] if batch_norm else []
        around = [*norm, active] if batch_norm == "before" else [active, *norm]
        layers += [Linear(before, units, init=init), *around]
        layers += [Dropout(dropout)] if dropout else []
        before = units
    return Sequential(*layers, Linear(before, out_features, init=init))
