"""Small checkpoints that several tests save and compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base.dtypes import SUPPORTED, Array
from badak.io import Archive


def tensors(number: int) -> dict[str, Array]:
    """One tensor of each dtype, with a 0-d and an empty one, all telling the number."""
    whole = {f"층.{dtype}": np.full((2, 3), number % 2, dtype) for dtype in SUPPORTED}
    return {**whole, "step": np.array(number), "empty": np.zeros((0, 4), np.float32)}


def record(number: int) -> dict[str, Any]:
    """What a training would store beside its tensors."""
    return {
        "epoch": number,
        "history": [{"loss": 1 / (n + 1)} for n in range(number)],
        "이름": "🦣",
    }


def same(archive: Archive | None, number: int) -> bool:
    """Whether this is exactly the checkpoint of that number."""
    if archive is None or archive.record != record(number):
        return False
    expected = tensors(number)
    return list(archive.tensors) == list(expected) and all(
        equal(archive.tensors[name], expected[name]) for name in expected
    )


def equal(one: Array, other: Array) -> bool:
    """Bit for bit, and of one shape and dtype."""
    return (one.shape, one.dtype, one.tobytes()) == (other.shape, other.dtype, other.tobytes())
