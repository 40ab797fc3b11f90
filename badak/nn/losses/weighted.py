"""Weights of examples that come with the targets, as for a trainer."""

from __future__ import annotations

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, ShapeError
from badak.core import Tensor
from badak.nn.losses.loss import Loss, spread_weights
from badak.nn.losses.targets import check_weights


class Weighted(Loss):
    """A loss whose targets have the weight of each row in one more column, the last.

    So that weights of examples reach a `Trainer`, which knows inputs and targets: targets (N, K)
    become (N, K + 1), and class numbers (N,) become (N, 2). Metrics get the same targets: leave
    them out, or give functions that look at `target[:, :-1]` alone.

    Args:
        loss: what the predictions cost.

    Raises:
        DTypeError: when this is no loss.
        RangeError: for weights that are negative or not finite.
        ShapeError: when there is no column left for the targets, and as the loss does.

    >>> loss = Weighted(nn.MeanSquaredError())
    >>> float(loss(bd.tensor([[1.0], [2.0]]), [[0.0, 1.0], [0.0, 3.0]]))
    6.5
    >>> labels, weight = np.array([0, 1]), np.array([1.0, 3.0])
    >>> target = np.column_stack([labels, weight])
    >>> round(float(Weighted(nn.SoftmaxCrossEntropy())(bd.zeros((2, 2)), target)), 4)
    1.3863
    """

    def __init__(self, loss: Loss) -> None:
        if not isinstance(loss, Loss):
            raise DTypeError("Weighted takes a loss", got=repr(loss))
        super().__init__(loss.reduction)
        self.loss = loss

    def check(self, prediction: Tensor, target: Tensor) -> None:
        if target.ndim < 2 or target.shape[-1] < 2:
            raise ShapeError(
                "Weighted: the last column of the targets is the weight of each row",
                expected="(rows, values + 1)",
                got=target.shape,
                hint="np.column_stack([t, weight])",
            )
        target[..., -1].vet(check_weights)
        self.loss.check(prediction, _without_weight(prediction, target))

    def counted(self, target: Tensor) -> Tensor | None:
        return self.loss.counted(target[..., :-1])

    def odd(self, prediction: Array) -> str:
        return self.loss.odd(prediction)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        values = self.loss.rows(prediction, _without_weight(prediction, target))
        return values * spread_weights("Weighted", target[..., -1], values)

    def __repr__(self) -> str:
        return f"Weighted({self.loss!r})"


def _without_weight(prediction: Tensor, target: Tensor) -> Tensor:
    """The targets alone; a single column is a row of them where predictions have no such axis."""
    values = target[..., :-1]
    return values if values.shape == prediction.shape or values.shape[-1] > 1 else values[..., 0]
