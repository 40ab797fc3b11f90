"""How much an activation shrinks what passes through it."""

from __future__ import annotations

import math

from badak.base.errors import RangeError, unknown_name
from badak.base.numbers import real

GAINS = {
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "leaky_relu": math.sqrt(2.0 / (1.0 + 0.01**2)),
    "linear": 1.0,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights have to be larger for the spread to stay: PyTorch's table.

    | linear, conv, sigmoid | tanh | relu    | leaky_relu                | selu |
    | 1                     | 5/3  | sqrt(2) | sqrt(2 / (1 + slope^2))   | 3/4  |

    Its square is the scale of `VarianceScaling`; itself it is the gain of `Orthogonal`.

    Args:
        nonlinearity: its name.
        param: the slope of leaky_relu, 0.01 unless given.

    Raises:
        RangeError: for an unknown name, or a param where there is none.

    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity not in GAINS:
        raise unknown_name("nonlinearity", nonlinearity, GAINS)
    if param is None:
        return GAINS[nonlinearity]
    if nonlinearity != "leaky_relu":
        raise RangeError(f"calculate_gain: {nonlinearity} has no param", got=param)
    return math.sqrt(2.0 / (1.0 + real(param, "calculate_gain: param") ** 2))
