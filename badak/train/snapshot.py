"""The numbers of a network and its optimizer at one moment, and how they are put back."""

from __future__ import annotations

import numpy as np

from badak.base.numbers import is_finite
from badak.core import Tensor
from badak.nn import Module
from badak.optim import Optimizer


class Snapshot:
    """The numbers of a network and its optimizer at one moment.

    Costs nothing: a tensor that is assigned takes over a new array, so keeping the old one is
    keeping the old numbers. Only machine code writes over a state in its place: see `Copies`.

    Attributes:
        params: the parameters by name.
        buffers: the buffers by name.
        tensors: all tensors that an update may change.
    """

    def __init__(self, net: Module, optimizer: Optimizer) -> None:
        self.params = net.parameters()
        self.buffers = net.buffers()
        self._optimizer = optimizer
        self._state = {name: dict(state) for name, state in optimizer.state.items()}
        self.tensors: list[Tensor] = [*self.params.values(), *self.buffers.values()]
        self.tensors += [optimizer.steps, *optimizer.settings.values()]
        self.tensors += [x for state in self._state.values() for x in state.values()]
        self._kept = [x.data for x in self.tensors]

    def restore(self) -> None:
        """Puts these numbers back."""
        for tensor, data in zip(self.tensors, self._kept, strict=True):
            tensor.assign(Tensor(data))
        self._optimizer.state = {name: dict(state) for name, state in self._state.items()}

    def spoiled(self) -> str:
        """Which number of the network or the optimizer is not finite now; "" for none."""
        for kind, tensors in (("parameter", self.params), ("buffer", self.buffers)):
            for name, x in tensors.items():
                if not is_finite(x.data):
                    return f"{kind} {name!r}"
        for name, state in self._optimizer.state.items():
            for key, x in state.items():
                if not is_finite(x.data):
                    return f"the optimizer's {key} of {name!r}"
        return ""


class Copies:
    """The same in memory of its own, for a program that keeps its state in one place.

    One copy of all numbers each time they are taken; the memory is used again.
    """

    def __init__(self, tensors: list[Tensor]) -> None:
        self._tensors = tensors
        self._kept = [np.array(x.data) for x in tensors]

    def take(self) -> None:
        """Keeps the numbers of now."""
        for place, x in enumerate(self._tensors):
            kept = self._kept[place]
            if (kept.shape, kept.dtype) == (x.shape, x.dtype):
                kept[...] = x.data
            else:  # net.to("float64") since
                self._kept[place] = np.array(x.data)

    def restore(self) -> None:
        """Puts back the numbers that were taken last."""
        for x, kept in zip(self._tensors, self._kept, strict=True):
            x.assign(Tensor(kept.copy()))  # the memory itself is written over by the next `take`
