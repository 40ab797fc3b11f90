"""Switches that hold for a stretch of code: training, recording, debug.

Each is a context variable, so threads and tasks do not disturb one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

_training: ContextVar[bool] = ContextVar("training", default=False)
_recording: ContextVar[bool] = ContextVar("recording", default=True)
_debug: ContextVar[bool] = ContextVar("debug", default=False)

is_training = _training.get
is_recording = _recording.get
is_debug = _debug.get


@contextmanager
def _held(switch: ContextVar[bool], value: bool) -> Iterator[None]:
    token = switch.set(value)
    try:
        yield
    finally:
        switch.reset(token)


def training(on: bool = True) -> AbstractContextManager[None]:
    """Training mode: Dropout drops, BatchNorm uses the batch's own statistics.

    Off unless this context, or the Trainer, turns it on.

    >>> with training():
    ...     is_training()
    True
    >>> is_training()
    False
    """
    return _held(_training, on)


def recording(on: bool = True) -> AbstractContextManager[None]:
    """Whether operations remember how they were made, so that gradients can be taken.

    >>> with recording(False):
    ...     bd.parameter([1.0]).exp().requires_grad
    False
    """
    return _held(_recording, on)


def no_grad() -> AbstractContextManager[None]:
    """Computes without remembering: for prediction, and for updates of parameters.

    >>> with no_grad():
    ...     is_recording()
    False
    """
    return _held(_recording, False)


def debug(on: bool = True) -> AbstractContextManager[None]:
    """Every operation checks that its result has the shape and dtype that it promised.

    What is compiled meanwhile is verified after each pass.

    >>> with debug():
    ...     bd.exp([0.0])
    tensor([1.])
    """
    return _held(_debug, on)
