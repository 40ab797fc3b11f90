"""Views: how a tensor lies in the buffer of another, as an offset and a stride for each axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.shapes import Shape
from badak.compiler.graph import Value
from badak.compiler.loops.loop import strides_of

PRIMITIVES = ("broadcast", "flip", "reshape", "slice", "transpose", "windows")


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """Elements of a value's buffer, in the order of another shape.

    Attributes:
        base: the value whose buffer is read; it lies there row by row.
        shape: what is seen.
        offset: the place of the first element.
        strides: how far neighbours along each axis lie apart; 0 repeats, below 0 goes back.
    """

    base: Value
    shape: Shape
    offset: int
    strides: Shape

    @classmethod
    def whole(cls, value: Value) -> View:
        return cls(value, value.shape, 0, strides_of(value.shape))

    @property
    def is_whole(self) -> bool:
        return (
            self.offset == 0
            and self.shape == self.base.shape
            and all(
                stride == plain
                for size, stride, plain in zip(
                    self.shape, self.strides, strides_of(self.shape), strict=True
                )
                if size != 1
            )
        )

    def seen_through(self, primitive: str, attributes: dict[str, Any]) -> View | None:
        """The view after one more step; None where the elements no longer lie at even distances.

        NumPy knows all of these rules: the step is taken on a stand-in whose elements are bytes.
        """
        reach = sum((size - 1) * abs(s) for size, s in zip(self.shape, self.strides, strict=True))
        if math.prod(self.shape) == 0:
            return None
        memory = np.empty(2 * reach + 1, np.uint8)
        origin = memory[reach:]
        seen = np.lib.stride_tricks.as_strided(origin, self.shape, self.strides)
        after = _step(seen, primitive, attributes)
        if not np.may_share_memory(after, memory):
            return None
        start = after.__array_interface__["data"][0] - origin.__array_interface__["data"][0]
        return View(self.base, after.shape, self.offset + start, after.strides)


def _step(x: Any, primitive: str, attributes: dict[str, Any]) -> Any:
    match primitive:
        case "broadcast":
            return np.broadcast_to(x, attributes["shape"])
        case "flip":
            return np.flip(x, attributes["axes"])
        case "reshape":
            return x.reshape(attributes["shape"])
        case "slice":
            keys = zip(
                attributes["starts"], attributes["stops"], attributes["strides"], strict=True
            )
            return x[tuple(slice(*key) for key in keys)]
        case "transpose":
            return x.transpose(attributes["axes"])
    kernel, stride, dilation = (attributes[name] for name in ("kernel", "stride", "dilation"))
    lead = x.ndim - len(kernel)
    sizes = x.shape[lead:]
    counts = tuple(
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
    )
    steps = x.strides[lead:]
    strides = (
        *x.strides[:lead],
        *(a * s for a, s in zip(steps, stride, strict=True)),
        *(a * d for a, d in zip(steps, dilation, strict=True)),
    )
    return np.lib.stride_tricks.as_strided(x, (*x.shape[:lead], *counts, *kernel), strides)
