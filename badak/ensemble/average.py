"""The mean of what several networks predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from badak.base.context import no_grad
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.core import Tensor
from badak.ops import softmax


class Predictor(Protocol):
    """Whatever predicts rows: a `Trainer`, an `Ensemble`.

    >>> class Constant:
    ...     def predict(self, x):
    ...         return np.ones((len(x), 2))
    >>> Ensemble([Constant(), Constant()]).predict(np.zeros((1, 3)))
    array([[0.5, 0.5]])
    """

    def predict(self, x: Any) -> Array:
        """One prediction a row."""


class Ensemble:
    """Networks that were trained apart answer together: p(x) = mean of softmax(net_i(x)).

    Where they err in different places, the mean errs less than they do: its cross entropy is never
    above the mean of theirs, since -log is convex (Jensen). Hansen and Salamon, "Neural network
    ensembles" (1990).

    Args:
        members: trainers, one for each network; a `Population` has `member.trainer`.
        scores: whether they predict scores, whose softmax is averaged; False to average what they
            predict as it is, such as numbers or probabilities.

    Raises:
        RangeError: without a member.
        DTypeError: when a member cannot predict.

    >>> def trained(seed):
    ...     with bd.seeded(seed):
    ...         net = nn.Linear(2, 3)
    ...     return bd.Trainer(net, nn.SoftmaxCrossEntropy(), optim.SGD(0.1))
    >>> both = Ensemble([trained(0), trained(1)])
    >>> p = both.predict(np.ones((4, 2)))
    >>> p.shape, bool(np.allclose(p.sum(axis=1), 1))
    ((4, 3), True)
    """

    def __init__(self, members: Sequence[Predictor], *, scores: bool = True) -> None:
        self.members = tuple(members)
        self.scores = scores
        if not self.members:
            raise RangeError("Ensemble has no members", hint="Ensemble([trainer, trainer])")
        for member in self.members:
            if not callable(getattr(member, "predict", None)):
                raise DTypeError(
                    "Ensemble: a member cannot predict",
                    got=type(member).__name__,
                    hint="bd.Trainer(net, loss, optimizer)",
                )

    def __len__(self) -> int:
        return len(self.members)

    def predict(self, x: Any) -> Array:
        """The mean of the members' probabilities (or predictions), one a row.

        Raises:
            ShapeError: when they predict different shapes.
        """
        answers = [np.asarray(member.predict(x)) for member in self.members]
        shapes = dict.fromkeys(answer.shape for answer in answers)
        if len(shapes) > 1:
            raise ShapeError(
                "Ensemble: its members predict different shapes",
                got=" and ".join(map(str, shapes)),
            )
        if self.scores:
            with no_grad():
                answers = [softmax(Tensor(answer), axis=-1).numpy() for answer in answers]
        mean: Array = np.mean(answers, axis=0)
        return mean

    def __repr__(self) -> str:
        return f"Ensemble of {len(self)}"
