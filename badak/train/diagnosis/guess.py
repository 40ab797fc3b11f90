"""The loss of those who say the same of every row."""

from __future__ import annotations

from typing import Any

import numpy as np

from badak.base import context
from badak.base.dtypes import Array
from badak.base.shapes import Shape
from badak.core import Tensor
from badak.nn import (
    BinaryCrossentropy,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    SumSquaredError,
)
from badak.nn.losses.categorical import CrossEntropy

CLASSES, YES_OR_NO, NUMBERS, OTHER = "classes", "yes or no", "numbers", "other"

_LEAST = 1e-6
"""No class is so rare that nothing is said of it."""


def task_of(loss: Any) -> str:
    """What a loss is for: classes, yes or no, numbers, or nobody can tell.

    >>> task_of(MeanSquaredError())
    'numbers'
    """
    if isinstance(loss, CrossEntropy):
        return CLASSES
    if isinstance(loss, BinaryCrossentropy):
        return YES_OR_NO
    numbers = (MeanSquaredError, MeanAbsoluteError, SumSquaredError, Huber, LogCosh)
    return NUMBERS if isinstance(loss, numbers) else OTHER


def guessing(loss: Any, shape: Shape, t: Array) -> float | None:
    """The loss of the best prediction that is the same for all rows.

    For classes these are their shares, and the loss is their entropy: log K for K classes that are
    equally frequent. For numbers it is their mean or median, and the squared error their variance.

    Args:
        loss: the loss.
        shape: of a prediction.
        t: the targets.

    >>> loss = guessing(bd.nn.SoftmaxCrossEntropy(), (4, 2), np.array([0, 1, 1, 0]))
    >>> round(loss, 4)  # log 2
    0.6931
    """
    task = task_of(loss)
    if task == OTHER:
        return None
    rows = t.reshape(len(t), -1)
    if task == CLASSES:
        guesses = [_shares(t, shape)]
        if loss.from_logits:
            guesses = [np.log(np.maximum(guesses[0], _LEAST))]
    else:
        guesses = [rows.mean(axis=0).reshape(t.shape[1:])]
        if task == YES_OR_NO and loss.from_logits:
            share = np.clip(guesses[0], _LEAST, 1 - _LEAST)
            guesses = [np.log(share / (1 - share))]
        elif task == NUMBERS:
            guesses.append(np.median(rows, axis=0).reshape(t.shape[1:]))
    dtype = t.dtype if t.dtype.kind == "f" else np.dtype(np.float32)
    with context.no_grad():
        found = min(
            float(loss(Tensor(np.broadcast_to(guess, shape).astype(dtype)), Tensor(t)))
            for guess in guesses
        )
    return found if found > 0 else None


def _shares(t: Array, shape: Shape) -> Array:
    """How frequent each class is."""
    if t.ndim == len(shape):
        return np.asarray(t.reshape(-1, shape[-1]).mean(axis=0))
    known = t[(t >= 0) & (t < shape[-1])].astype(np.int64)
    return np.bincount(known, minlength=shape[-1]) / max(known.size, 1)
