"""The first interpreter: compute now, with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import context
from badak.base.dtypes import Array
from badak.base.errors import StateError
from badak.base.shapes import Spec
from badak.core.primitive import Primitive
from badak.core.tensor import Tensor


def evaluate(
    primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
) -> Array:
    """The result of the primitive's `forward`.

    Infinities and NaN arise as IEEE 754 says, without a warning each: where they begin is
    reported by those who watch a training, with the name of the layer.
    """
    with np.errstate(all="ignore"):
        result = primitive.forward(*[x.data for x in tensors], **attributes)
    if type(result) is not np.ndarray:
        # A NumPy scalar; or a view of memory that a compiled program writes to, whose numbers
        # would change: the result gets its own.
        result = np.array(result)
    if context.is_debug() and (result.shape, result.dtype) != spec:
        raise StateError(
            f"{primitive.name}: forward and infer disagree",
            expected=f"{spec.shape} {spec.dtype}",
            got=f"{result.shape} {result.dtype}",
        )
    return result
