"""The compiled step of a training, and whether it is still true."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from badak.base.dtypes import Array
from badak.compiler import compile
from badak.core import Tensor
from badak.nn import Module
from badak.train.snapshot import Copies, Snapshot
from badak.train.step import tensor_step

if TYPE_CHECKING:  # for the type checker alone: the trainer stands above
    from badak.train.trainer import Trainer

STACK_BYTES = 2**25
"""Predictions that are kept for the metrics at once."""

_PLAIN = bool | int | float | str | None


def attributes(*things: Any) -> dict[str, Any]:
    """The Python values of modules, losses and optimizers, which a program takes for constants.

    >>> attributes(nn.Sequential(nn.BatchNorm(3)))["0.momentum"]
    0.1
    """
    found: dict[str, Any] = {}
    for thing in things:
        parts = (
            thing.named_modules() if isinstance(thing, Module) else {type(thing).__name__: thing}
        )
        for path, part in parts.items():
            for name, value in getattr(part, "__dict__", {}).items():
                found[f"{path}.{name}".lstrip(".")] = list(value) if type(value) is list else value
    return found


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The first attribute that has another value, or is another object; "" for none.

    >>> changed({"p": 0.5, "sizes": (3, 3)}, {"p": 0.25, "sizes": (3, 3)})
    'p'
    """
    names = [*now, *(name for name in before if name not in now)]
    return next((name for name in names if not _alike(before.get(name), now.get(name))), "")


def _alike(one: Any, other: Any) -> bool:
    if one is other or isinstance(one, dict):  # of which nobody knows what it is for
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    return isinstance(one, _PLAIN) and one == other


class RefusedError(Exception):  # it never leaves `steps`
    """A step cannot be traced or compiled, or will not take these rows."""

    def __init__(self, error: Exception) -> None:
        self.reason = getattr(error, "what", None) or f"{type(error).__name__}: {error}"


class SpoiledError(Exception):
    """A number is not finite after a chunk of batches."""

    def __init__(self, what: str, where: str) -> None:
        self.what = what
        self.where = where


class StepProgram:
    """The compiled step of one network, loss and optimizer, and room for a copy of their state."""

    def __init__(self, trainer: Trainer) -> None:
        net, loss, optimizer = trainer.net, trainer.loss, trainer.optimizer
        self._made_of = (net, loss, optimizer)
        self._measures = bool(trainer.metrics)
        self._attributes = attributes(net, loss, optimizer)
        self._optimizer = optimizer
        self._began_empty = not optimizer.state
        for name, parameter in net.parameters().items():
            if name not in optimizer.state:  # so that it is part of the first copy
                optimizer.state[name] = optimizer.begin(parameter)
        self._state = Snapshot(net, optimizer)
        self._bytes: int = 0
        self.copies = Copies(self._state.tensors)
        self.is_native = True

        def training_step(x: Tensor, t: Tensor) -> Any:
            value, prediction = tensor_step(net, loss, optimizer, x, t)
            return (value, prediction) if self._measures else (value,)

        self.step = compile(training_step)

    def outdated(self, trainer: Trainer) -> str:
        """What has another value, or is another object, than in the program; "" for nothing."""
        made_of = trainer.net, trainer.loss, trainer.optimizer
        if any(one is not other for one, other in zip(self._made_of, made_of, strict=True)):
            return "net, loss or optimizer"
        if not self.is_native:
            return ""
        if self._measures != bool(trainer.metrics):
            return "metrics"
        # One by one, since `load_state_dict` of an optimizer makes new tensors.
        ours, theirs = self._state.tensors, Snapshot(trainer.net, trainer.optimizer).tensors
        if len(ours) != len(theirs) or any(map(operator.is_not, ours, theirs)):
            return "a tensor"
        return changed(self._attributes, attributes(*made_of))

    def most(self, rows: Array) -> int:
        """How many batches may be run at once, for the memory that their predictions take."""
        if not self._measures:
            return len(rows)
        if not self._bytes:
            return 1  # whose prediction tells
        return max(STACK_BYTES // (self._bytes * int(rows.shape[1])), 1)

    def scan(
        self, rows: Array, data: tuple[Tensor, Tensor], watch: Callable[[int], bool]
    ) -> tuple[Array, Array | None]:
        """The losses and, when there are metrics, the predictions of the batches done."""
        try:
            # One batch needs nobody who watches it, and no thread for that.
            watched = watch if len(rows) > 1 else None
            done, results = self.step.scan(rows, *data, watch=watched)
        except Exception as error:  # code of the user's own was traced
            raise RefusedError(error) from error
        return self.scanned(rows, done, results)

    def scanned(self, rows: Array, done: int, results: Any) -> tuple[Array, Array | None]:
        """What a scan of the step has given, as `scan` gives it."""
        losses, *rest = results
        self.is_native = self.step.is_native
        # What the tracing itself has changed, a counter perhaps, is no reason to do it again.
        self._attributes = attributes(*self._made_of)
        predictions = rest[0].data if rest else None
        if predictions is not None and not self._bytes:
            self._bytes = max(predictions.nbytes // rows[:done].size, 1)
        return losses.data.reshape(done), predictions

    def prepare(self, rows: Array, data: tuple[Tensor, Tensor]) -> None:
        """Begins the program for batches of another size before it is needed."""
        if self.is_native:
            with suppress(RefusedError):  # which will come again when they are run
                self.write(rows, data)

    def is_ready(self, rows: Array, data: tuple[Tensor, Tensor]) -> bool:
        """Whether the step can be compiled for such batches; it is traced for that."""
        try:
            self.write(rows, data)
        except RefusedError:
            return False
        return self.step.is_native

    def write(self, rows: Array, data: tuple[Tensor, Tensor]) -> None:
        """Has the step traced for such batches, and its machine code begun.

        Raises:
            RefusedError: when it cannot be.
        """
        try:
            self.step.prepare_scan(rows, *data)
        except Exception as error:  # code of the user's own was traced
            raise RefusedError(error) from error

    def check(self, results: tuple[Array, Array | None]) -> None:
        """Raises a SpoiledError when a loss or a number of the state is not finite."""
        losses, _ = results
        if not np.isfinite(losses).all():
            raise SpoiledError(f"the loss is {losses[~np.isfinite(losses)][0]:g}", "it arises")
        spoiled = self._state.spoiled()
        if spoiled:
            where = f"{spoiled}, which would not be finite after the update"
            raise SpoiledError("numbers became too large", where)

    def leave(self) -> None:
        """An optimizer that has made no step remembers nothing, as before the first batch."""
        if self._began_empty and int(self._optimizer.steps) == 0:
            self._optimizer.state = {}
