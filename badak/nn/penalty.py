"""Penalties: what large weights cost, as a term of a loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from badak.base import dtypes
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, StateError
from badak.base.numbers import real
from badak.core import Tensor
from badak.nn.losses import Loss
from badak.nn.module import Module
from badak.ops import abs


class Penalty(ABC):
    """A number that grows with the weights of a network: called without arguments, it is a tensor.

    A penalty of your own says what one tensor of weights costs.

    Args:
        net: a network, or parameters by name.
        strength: what the cost is multiplied by, at least 0.
        tags: only parameters with one of these tags count; layers tag theirs "weight", "bias" and
            "norm".

    Raises:
        RangeError: when the strength is below 0.
        DTypeError: when it is no number, or `net` holds no parameters by name.
        StateError: when called while no parameter has such a tag.

    Attributes:
        strength: a tensor, so that it may be changed: `penalty.strength.assign(0.01)`.

    >>> class Largest(Penalty):
    ...     def cost(self, weight):
    ...         return bd.abs(weight).max()
    >>> w = bd.parameter([3.0, -4.0], tags=("weight",))
    >>> Largest({"w": w}, 0.5)().detach()
    tensor(2.)
    """

    def __init__(
        self,
        net: Module | Mapping[str, Tensor],
        strength: float,
        tags: Sequence[str] = ("weight",),
    ) -> None:
        name = type(self).__name__
        if not isinstance(net, Module | Mapping):
            raise DTypeError(
                f"{name} takes a network, or parameters by name",
                got=type(net).__name__,
                hint=f"nn.{name}(net, 0.01)",
            )
        self._net = net
        number = real(strength, f"{name}: strength", at_least=0)
        self.strength = Tensor(np.asarray(number, dtypes.float64))
        self.tags = (tags,) if isinstance(tags, str) else tuple(tags)

    @abstractmethod
    def cost(self, weight: Tensor) -> Tensor:
        """What one tensor of weights costs, a single number."""

    def weights(self) -> dict[str, Tensor]:
        """The parameters that count, by name."""
        held = self._net.parameters() if isinstance(self._net, Module) else self._net
        return {
            name: x
            for name, x in held.items()
            if any(tag in self.tags for tag in getattr(x, "tags", ()))
        }

    def __call__(self) -> Tensor:
        costs = [self.cost(weight) for weight in self.weights().values()]
        if not costs:
            raise StateError(
                f"{type(self).__name__}: no parameter has the tag {' or '.join(self.tags)!r}",
                hint='bd.parameter(..., tags=("weight",)), or other tags here',
            )
        total = sum(costs[1:], start=costs[0])
        return total * self.strength.astype(total.dtype)

    def __repr__(self) -> str:
        tags = "" if self.tags == ("weight",) else f", {', '.join(self.tags)}"
        return f"{type(self).__name__}({float(self.strength):g}{tags})"


class L2(Penalty):
    """Half the squared length of the weights: strength / 2 sum(w^2).

    Its gradient is strength w, which plain gradient descent makes the same as a weight decay; with
    adaptive rules it is not, see the `weight_decay` of optimizers. On a linear model it is ridge
    regression. Keras's `L2` has no half. Arguments as `Penalty`.

    >>> w = bd.parameter([3.0, -4.0], tags=("weight",))
    >>> penalty = L2({"w": w}, 0.1)
    >>> round(float(penalty()), 4), bd.grad(penalty(), w)
    (1.25, tensor([ 0.3, -0.4]))
    """

    def cost(self, weight: Tensor) -> Tensor:
        return (weight * weight).sum() * 0.5


class L1(Penalty):
    """The sum of the sizes of the weights: strength sum(|w|).

    Its gradient is strength sign(w), 0 at 0. Small weights go towards 0 as fast as large ones, but
    gradient steps alone jump around it: exact zeros come from a proximal step of the optimizer. On
    a linear model it is the lasso. Arguments as `Penalty`.

    >>> w = bd.parameter([3.0, -4.0], tags=("weight",))
    >>> penalty = L1({"w": w}, 0.1)
    >>> round(float(penalty()), 4), bd.grad(penalty(), w)
    (0.7, tensor([ 0.1, -0.1]))
    """

    def cost(self, weight: Tensor) -> Tensor:
        return abs(weight).sum()


class Penalised(Loss):
    """A loss with penalties added: loss(prediction, target) + penalty + ...

    Args:
        loss: what the predictions cost.
        penalties: what the weights cost.

    Raises:
        DTypeError: when these are no loss and penalties.

    >>> net = nn.Sequential(nn.Linear(2, 2))
    >>> Penalised(nn.SoftmaxCrossEntropy(), nn.L2(net, 1e-4))
    Penalised(SoftmaxCrossEntropy(), L2(0.0001))
    """

    def __init__(self, loss: Loss, *penalties: Penalty) -> None:
        if not isinstance(loss, Loss):
            raise DTypeError("Penalised takes a loss first", got=repr(loss))
        for penalty in penalties:
            if not isinstance(penalty, Penalty):
                hint = "nn.L2(net, 0.01)"
                raise DTypeError("Penalised: this is no penalty", got=repr(penalty), hint=hint)
        super().__init__(loss.reduction)
        self.loss = loss
        self.penalties = penalties

    def check(self, prediction: Tensor, target: Tensor) -> None:
        self.loss.check(prediction, target)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        return self.loss.rows(prediction, target)

    def counted(self, target: Tensor) -> Tensor | None:
        return self.loss.counted(target)

    def odd(self, prediction: Array) -> str:
        return self.loss.odd(prediction)

    def __call__(self, prediction: Any, target: Any, sample_weight: Any = None) -> Tensor:
        value = self.loss(prediction, target, sample_weight)
        return sum((penalty() for penalty in self.penalties), start=value)

    def __repr__(self) -> str:
        return f"Penalised({', '.join(map(repr, (self.loss, *self.penalties)))})"
