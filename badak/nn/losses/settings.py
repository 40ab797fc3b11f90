"""Settings that cross-entropies share: where they start from, smoothing, weights of classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from badak.base.errors import DTypeError, ShapeError
from badak.base.numbers import real
from badak.core import Tensor


def as_from_logits(value: bool, name: str) -> bool:
    """Whether predictions are raw scores: True or False, and nothing that only looks like it."""
    if not isinstance(value, bool):
        hint = f"{name}(reduction={value!r})" if isinstance(value, str) else None
        raise DTypeError(f"{name}: from_logits is True or False", got=repr(value), hint=hint)
    return value


def as_smoothing(value: float, name: str) -> float:
    """A share between 0 and 1."""
    return real(value, f"{name}: label_smoothing", at_least=0, at_most=1)


def as_class_weight(values: Sequence[float] | None, name: str) -> tuple[float, ...] | None:
    """A number of at least 0 for each class."""
    if values is None:
        return None
    if isinstance(values, dict) or not isinstance(values, Iterable):
        raise DTypeError(
            f"{name}: class_weight is a list with a number for each class",
            got=repr(values),
            hint="[weight[k] for k in range(classes)]" if isinstance(values, dict) else None,
        )
    return tuple(real(value, f"{name}: class_weight", at_least=0) for value in values)


def check_class_weight(values: tuple[float, ...] | None, classes: int, name: str) -> None:
    """As many weights as classes."""
    if values is not None and len(values) != classes:
        raise ShapeError(
            f"{name}: class_weight has a number for each class", expected=classes, got=len(values)
        )


def smoothed(shares: Tensor, smoothing: float, classes: int) -> Tensor:
    """(1 - s) t + s / K: a share s of each target is spread over all K classes."""
    return shares * (1.0 - smoothing) + smoothing / classes if smoothing else shares
