"""What a random program may do next, continued: convolutions, and sums of windows."""

from __future__ import annotations

import math
from typing import Any

from badak.base.shapes import Shape, Spec
from badak.compiler.testing.draft import LARGEST, Draft
from badak.core.primitive import find

WORK = 60_000
"""So many products has a convolution at most."""


def _geometry(d: Draft, n: int) -> dict[str, Any]:
    """How a kernel moves over n axes."""
    return {
        "stride": tuple(d.one_of((1, 1, 2, 3)) for _ in range(n)),
        "padding": tuple((d.one_of((0, 0, 1, 2)), d.one_of((0, 0, 1, 2))) for _ in range(n)),
        "dilation": tuple(d.one_of((1, 1, 1, 2)) for _ in range(n)),
        "groups": d.one_of((1, 1, 1, 2, 3)),
    }


def _span(kernel: int, dilation: int) -> int:
    return dilation * (kernel - 1) + 1


def conv(d: Draft, name: str) -> None:
    """A convolution in one, two or three dimensions, or one of its two gradients."""
    n = d.one_of((1, 2, 2, 2, 3))
    how = _geometry(d, n)
    groups = how["groups"]
    kernel = tuple(d.one_of((1, 2, 3, 3, 5, 11 if n == 1 else 4)) for _ in range(n))
    size = tuple(
        max(_span(k, q) - sum(p), 0) + d.one_of((1, 1, 2, 3, 4, 7, 13 if n < 3 else 2))
        for k, q, p in zip(kernel, how["dilation"], how["padding"], strict=True)
    )
    channels, outputs = (groups * d.one_of((1, 1, 2, 3, 5, 16, 17)) for _ in range(2))
    kind = d.dtype("f" if d.chance(0.95) else "iu")
    x = Spec((d.one_of((1, 2, 3, 5)), channels, *size), kind)
    w = Spec((outputs, channels // groups, *kernel), kind)
    out = find("conv").infer(x, w, **how)
    largest = max(math.prod(spec.shape) for spec in (x, w, out))
    if largest > LARGEST or math.prod(out.shape) * math.prod(w.shape[1:]) > WORK:
        return
    if name == "conv":
        d.add(name, d.leaf(*x), d.leaf(*w), **how)
    elif name == "conv_input_grad":
        d.add(name, d.leaf(*out), d.leaf(*w), size=size, **how)
    else:
        d.add(name, d.leaf(*x), d.leaf(*out), kernel=kernel, **how)


def fold(d: Draft, name: str) -> None:
    """Windows added back to where they were read."""
    n = d.one_of((1, 1, 2))
    kernel, stride, dilation = (tuple(d.whole(1, 3) for _ in range(n)) for _ in range(3))
    size: Shape = tuple(
        _span(k, q) + d.one_of((0, 1, 2, 5, 14)) for k, q in zip(kernel, dilation, strict=True)
    )
    lead = d.shape(0, 2)
    steps = {"stride": stride, "dilation": dilation}
    kind = d.dtype("f" if d.chance(0.9) else "fiub")
    windows = find("windows").infer(Spec((*lead, *size), kind), kernel=kernel, **steps)
    if math.prod(windows.shape) <= LARGEST:
        d.add(name, d.leaf(*windows), size=size, **steps)
