"""What a contract is made of: inputs, attributes, and a second opinion on the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One call of a primitive, and what should come out.

    Attributes:
        inputs: arrays; floats are float64 and are narrowed for the float32 run.
        reference: the same arrays and attributes to the expected values, worked out in another way
            than the primitive's own (plain loops, `math`, Python's operators).
        attributes: what `apply` takes as keywords.
        smooth: positions of the inputs whose derivatives exist around here and are compared.
        sums: whether values are added up, so that they may differ by the rounding of the largest.
    """

    inputs: tuple[np.ndarray, ...]
    reference: Callable[..., Any]
    attributes: dict[str, Any] = field(default_factory=dict)
    smooth: tuple[int, ...] = ()
    sums: bool = False

    def __str__(self) -> str:
        shapes = " ".join("x".join(map(str, x.shape)) or "0d" for x in self.inputs)
        details = " ".join(f"{key}={value}" for key, value in self.attributes.items())
        return f"{shapes} {details}".strip()

    def expected(self, arrays: list[np.ndarray]) -> np.ndarray:
        wide = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in arrays]
        return np.asarray(self.reference(*wide, **self.attributes))


def uniform(low: float, high: float, shape: Shape, seed: int = 0) -> np.ndarray:
    """Numbers between low and high."""
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape)


def apart(shape: Shape, seed: int = 0) -> np.ndarray:
    """Numbers of both signs, no two closer than 0.4, none closer than 0.2 to a whole one."""
    noise = np.random.default_rng([seed, *shape])
    count = int(np.prod(shape))
    places = noise.permutation(count) - count // 2
    return (places + noise.uniform(0.2, 0.8, count)).reshape(shape)


def whole(low: int, high: int, shape: Shape, seed: int = 0) -> np.ndarray:
    """Whole numbers from low up to, not including, high."""
    return np.random.default_rng([seed, *shape]).integers(low, high, shape)


def built(shape: Shape, value: Callable[..., Any]) -> np.ndarray:
    """The array whose entry at (i, j, ...) is value(i, j, ...)."""
    return np.array([value(*index) for index in np.ndindex(*shape)]).reshape(shape)


def one_by_one(function: Callable[..., Any], kind: type = float) -> Callable[..., np.ndarray]:
    """A function of numbers, applied to each entry of arrays that broadcast."""
    return np.vectorize(function, otypes=[kind])
