"""Random numbers as a pure function of a key and a counter, and what is drawn from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from badak.base import dtypes
from badak.base.arrays import exact_array
from badak.base.dtypes import Array, DType
from badak.base.errors import DTypeError
from badak.base.random import philox
from badak.base.shapes import Shape, Spec, as_shape
from badak.core.dispatch import apply
from badak.core.primitive import define
from badak.core.tensor import Tensor
from badak.ops.elementary import cos, log, sqrt
from badak.ops.rules import as_they_are, same


def _infer_bits(key: Spec, counter: Spec, *, shape: Shape) -> Spec:
    for name, spec in {"key": key, "counter": counter}.items():
        if spec != Spec((), dtypes.uint64):
            raise DTypeError(
                f"random_bits: the {name} is a single uint64", got=f"{spec.dtype} {spec.shape}"
            )
    return Spec(shape, dtypes.uint32)


def _random_bits(key: Array, counter: Array, *, shape: Shape) -> Array:
    return philox(int(key), int(counter), math.prod(shape)).reshape(shape)


def _promote_bits(key: DType, counter: DType) -> tuple[DType, ...]:
    return (dtypes.uint64 if key.kind in "iu" else key,) * 2


define(
    "random_bits",
    _random_bits,
    infer=_infer_bits,
    promote=_promote_bits,
    vjps=(None, None),
)

define(
    "right_shift",
    lambda x, *, bits: x >> x.dtype.type(bits),
    infer=same,
    promote=as_they_are,
    vjps=(None,),
)


def random_bits(key: Any, counter: Any, shape: int | Sequence[int]) -> Tensor:
    """Random 32-bit words (Philox4x32-10): equal keys and counters give equal words.

    >>> random_bits(key=1, counter=0, shape=3)
    tensor([3823634032, 2886210587, 1062581232], dtype=uint32)

    Raises:
        RangeError: for a key or counter outside of 0..2**64-1.
        DTypeError: for one that is not a single whole number.
    """
    return apply("random_bits", _word(key), _word(counter), shape=as_shape(shape))


def _word(number: Any) -> Any:
    """A Python number as the uint64 that it stands for: int64 has no place for half of the keys."""
    return Tensor(exact_array(number, dtypes.uint64)) if isinstance(number, int) else number


def random_uniform(
    key: Any, counter: Any, shape: int | Sequence[int], dtype: Any = dtypes.DEFAULT_FLOAT
) -> Tensor:
    """Uniform numbers in [0, 1): the upper 24 bits of a word, times 2^-24.

    Float64 has the same values as float32, so a mask drawn in either is the same.

    >>> random_uniform(key=1, counter=0, shape=2)
    tensor([0.89025915, 0.67199826])
    """
    words = apply("right_shift", random_bits(key, counter, shape), bits=8)
    return apply("cast", words, dtype=dtypes.as_dtype(dtype)) * 2.0**-24


def random_normal(
    key: Any, counter: Any, shape: int | Sequence[int], dtype: Any = dtypes.DEFAULT_FLOAT
) -> Tensor:
    """Normal numbers with mean 0 and standard deviation 1, by Box and Muller (1958).

        sqrt(-2 log u) cos(2 pi v),   u in (0, 1], v in [0, 1)

    >>> random_normal(key=1, counter=0, shape=2).shape
    (2,)
    """
    size = as_shape(shape)
    uniform = random_uniform(key, counter, (2, *size), dtype)
    u, v = 1.0 - uniform[0], uniform[1]
    return sqrt(-2.0 * log(u)) * cos(2.0 * math.pi * v)
