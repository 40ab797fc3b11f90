"""Several augmentations one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, ShapeError
from badak.data.augment.augmentation import Augmentation, Mixing, Random, as_random

Step = Augmentation | Mixing | Callable[[Array, Random], Array]
"""One change of a batch. A function of the user's own is called as `(x, random)`."""


class Compose:
    """Augmentations in the order given, with one stream of random numbers.

    Args:
        steps: augmentations, or functions `(x, random) -> x`.

    Attributes:
        steps: what it was made of.
        mixes: whether targets are mixed too.

    >>> both = Compose([lambda x, random: 2 * x, lambda x, random: x + 1])
    >>> x, t = both(np.array([[1.0]]), np.array([0]))
    >>> x
    array([[3.]])

    Raises:
        DTypeError: for a step that cannot be called, or a class instead of what it makes.
    """

    def __init__(self, steps: Step | Iterable[Step]) -> None:
        single = isinstance(steps, Augmentation | Mixing | Compose) or not isinstance(
            steps, Iterable
        )
        given: list[Any] = [steps] if single else list(steps)  # type: ignore[arg-type]  # just asked
        self.steps: list[Step] = []
        for step in given:
            if isinstance(step, Compose):
                self.steps += step.steps
            elif isinstance(step, type) or not callable(step):
                name = step.__name__ if isinstance(step, type) else repr(step)
                raise DTypeError(
                    "augment is an augmentation, a function of (x, random), or a list of these",
                    got=name,
                    hint=f"{name}(...) with brackets" if isinstance(step, type) else None,
                )
            else:
                self.steps.append(step)
        self.mixes = any(isinstance(step, Mixing) for step in self.steps)

    def check(self, classes: Sequence[str] | None) -> None:
        """Warns of steps that make the targets of these classes untrue."""
        for step in self.steps:
            if isinstance(step, Augmentation):
                step.check(classes)

    def __call__(self, x: Array, t: Array, seed: int | Random = 0) -> tuple[Array, Array]:
        """The batch changed at random: the same for the same seed.

        Raises:
            ShapeError: when a step gives another number of rows; and what the steps raise.
        """
        random, count = as_random(seed), len(x)
        for step in self.steps:
            if isinstance(step, Mixing):
                x, t = step(x, t, random)
            else:
                x = step(x, random)
            if np.ndim(x) < 1 or len(x) != count:
                raise ShapeError(
                    f"augment: {_name(step)} gives as many rows as it gets",
                    expected=f"({count}, ...)",
                    got=np.shape(x),
                )
        return x, t

    def __repr__(self) -> str:
        return f"[{', '.join(map(_name, self.steps))}]"


def _name(step: Step) -> str:
    ours = isinstance(step, Augmentation | Mixing)
    return repr(step) if ours else str(getattr(step, "__qualname__", repr(step)))
