"""Looking at what modules do while they run, without touching it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from badak.core import Tensor

Observer = Callable[[Any, tuple[Any, ...], Tensor], None]
"""`observer(module, inputs, output)`."""

Herald = Callable[[Any, tuple[Any, ...]], None]
"""`before(module, inputs)`."""


class _Watch(NamedTuple):
    before: Herald | None
    after: Observer


_watches: ContextVar[tuple[_Watch, ...]] = ContextVar("watches", default=())


@contextmanager
def observing(observer: Observer, before: Herald | None = None) -> Iterator[None]:
    """Calls `observer(module, inputs, output)` after each module that runs inside.

    For looking without touching: statistics of activations, the first NaN, a table of shapes.
    Observers outside of this one go on looking.

    Args:
        observer: called when a module has run, the parts of a module before itself.
        before: called as `before(module, inputs)` when a module begins.

    >>> net = bd.nn.Sequential(bd.nn.Linear(2, 3), bd.nn.ReLU())
    >>> with observing(lambda module, inputs, output: print(module.describe(), output.shape)):
    ...     y = net[0](bd.zeros((4, 2)))
    2 -> 3 (4, 3)
    """
    token = _watches.set((*_watches.get(), _Watch(before, observer)))
    try:
        yield
    finally:
        _watches.reset(token)


def observed(
    module: object,
    forward: Callable[..., Tensor],
    inputs: tuple[Any, ...],
    named: Mapping[str, Any],
) -> Tensor:
    """`forward(*inputs, **named)`, before the eyes of all who look at the module."""
    watches = _watches.get()
    for watch in watches:
        if watch.before is not None:
            watch.before(module, inputs)
    output = forward(*inputs, **named)
    for watch in watches:
        watch.after(module, inputs, output)
    return output
