"""The exponentially weighted average, of which momentum, RMSProp and Adam are made."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.arrays import as_array
from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.base.numbers import real


def ewma(values: Any, beta: float, bias_correction: bool = False) -> Array:
    """The exponentially weighted average so far, at each moment.

        v_t = beta v_(t-1) + (1 - beta) x_t,   v_0 = 0,   t = 1, 2, ...

    It looks back over about 1 / (1 - beta) values. Since it starts at 0, the first averages are
    too low; the bias correction v_t / (1 - beta^t) makes them true: the average of a constant is
    then the constant from the first value on.

    Args:
        values: numbers over time along the first axis: (steps, ...).
        beta: the share of the past that is kept, in [0, 1).
        bias_correction: whether to divide by 1 - beta^t, as Adam does.

    Returns:
        The averages, of the shape of the values, in float64.

    Raises:
        RangeError: for a beta out of its range.
        ShapeError: for a single number.

    >>> ewma([1, 2, 3, 4, 5], beta=0.1)
    array([0.9    , 1.89   , 2.889  , 3.8889 , 4.88889])
    >>> ewma([1, 2, 3, 4, 5], beta=0.1, bias_correction=True)
    array([1. , 1.90909091, 2.89189189, 3.88928893, 4.88893889])
    """
    beta = real(beta, "ewma: beta", at_least=0, below=1)
    x = as_array(values, [dtypes.float64]).astype(dtypes.float64)
    if x.ndim == 0:
        raise ShapeError("ewma takes numbers over time", got="a single number")
    averages = np.empty(x.shape)
    v: Any = 0.0
    for t, now in enumerate(x):
        v = beta * v + (1.0 - beta) * now
        averages[t] = v
    if bias_correction:
        steps = np.arange(1, len(x) + 1).reshape(-1, *[1] * (x.ndim - 1))
        averages /= 1.0 - beta**steps
    return averages
