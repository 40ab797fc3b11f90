"""What a network says of many rows, part by part."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.compiler import compile
from badak.core import Tensor
from badak.nn import Module, sampled
from badak.train.program import attributes, changed

EVALUATION_ROWS = 1000
"""Rows that are predicted at once: large enough to be fast, small enough for any memory."""

COMPILED_ROWS = 5000
"""From so many rows on, machine code is worth its making."""


class Prediction:
    """Runs a network forward, for many rows as machine code.

    Args:
        compiled: whether machine code is made at all.
        samples: whether dropout and noise are on; see `badak.nn.sampled`.
    """

    def __init__(self, compiled: bool, samples: bool = False) -> None:
        self._compiles = compiled
        self._samples = samples
        self._program: _Program | None = None

    def parts(self, net: Module, x: Tensor, times: int = 1) -> Iterator[Array]:
        """The predictions for the rows of x, some rows at a time.

        Args:
            net: the network.
            x: the rows.
            times: how often this will be asked for.

        Raises:
            ShapeError: when there is not one prediction a row.
        """
        forward: Callable[[Tensor], Tensor] = sampled(net) if self._samples else net
        # Few rows are filled up to a part each time, which must not cost more than it saves.
        many = len(x) * times >= COMPILED_ROWS and len(x) >= EVALUATION_ROWS // 10
        if self._compiles and many:
            if self._program is None or not self._program.is_of(net):
                self._program = _Program(net, forward)
            forward = self._program
        for start in range(0, len(x), EVALUATION_ROWS):
            rows = Tensor(x.data[start : start + EVALUATION_ROWS])
            part = forward(rows)
            if part.shape[:1] != rows.shape[:1]:
                raise ShapeError(
                    "the network does not give one prediction a row",
                    expected=f"({len(rows)}, ...)",
                    got=part.shape,
                )
            yield part.data


class _Program:
    """The compiled forward pass of a network for parts of one size."""

    def __init__(self, net: Module, forward: Callable[[Tensor], Tensor]) -> None:
        self._net = net
        self._eager = forward
        self._attributes = attributes(net)
        self._tensors = _tensors(net)

        def prediction(x: Tensor) -> Tensor:
            return forward(x)

        self._forward: Callable[[Tensor], Tensor] | None = compile(prediction)

    def is_of(self, net: Module) -> bool:
        """Whether the program is still that of this network."""
        tensors = _tensors(net)
        return (
            net is self._net
            and len(tensors) == len(self._tensors)
            and all(map(operator.is_, tensors, self._tensors))
            and not changed(self._attributes, attributes(net))
        )

    def __call__(self, rows: Tensor) -> Tensor:
        if self._forward is not None:
            try:
                part = self._forward(Tensor(_filled(rows.data)))
            except Exception:  # noqa: BLE001  # code of the user's own was traced
                self._forward = None
            else:
                self._attributes = attributes(self._net)
                return part[: len(rows)] if part.shape[:1] == (EVALUATION_ROWS,) else part
        return self._eager(rows)


def _filled(rows: Array) -> Array:
    """As many rows as all parts have: another number would be another program."""
    if len(rows) == EVALUATION_ROWS:
        return rows
    return np.resize(rows, (EVALUATION_ROWS, *rows.shape[1:]))


def _tensors(net: Module) -> list[Tensor]:
    return [*net.parameters().values(), *net.buffers().values()]
