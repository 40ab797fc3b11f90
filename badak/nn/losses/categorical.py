"""Cross-entropy for one of several classes: from scores or probabilities, for labels or shares."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError, ShapeError
from badak.base.shapes import as_int
from badak.core import Tensor
from badak.nn.losses.elementwise import as_floats
from badak.nn.losses.loss import Loss
from badak.nn.losses.predictions import inside, odd_scores, odd_shares
from badak.nn.losses.settings import (
    as_class_weight,
    as_from_logits,
    as_smoothing,
    check_class_weight,
    smoothed,
)
from badak.nn.losses.targets import check_distributions, check_labels
from badak.ops import log, log_softmax, one_hot, where


class CrossEntropy(Loss):
    """-sum over classes k of  w_k t_k log p_k: what the three losses of this file share.

    t are the targets after smoothing, w the weights of the classes, and p the softmax of scores,
    or probabilities, along the last axis.
    """

    def __init__(
        self,
        reduction: str,
        from_logits: bool,
        label_smoothing: float,
        class_weight: Sequence[float] | None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction)
        name = type(self).__name__
        self.from_logits = as_from_logits(from_logits, name)
        self.label_smoothing = as_smoothing(label_smoothing, name)
        self.class_weight = as_class_weight(class_weight, name)
        if ignore_class is not None:
            ignore_class = as_int(ignore_class, f"{name}: ignore_class")
        self.ignore_class = ignore_class

    def counted(self, target: Tensor) -> Tensor | None:
        return None if self.ignore_class is None else _whole(target) != self.ignore_class

    def odd(self, prediction: Array) -> str:
        return odd_scores(prediction) if self.from_logits else odd_shares(prediction)

    def rows(self, prediction: Tensor, target: Tensor) -> Tensor:
        logs = log_softmax(prediction, axis=-1) if self.from_logits else _logs(prediction)
        shares = self._shares(prediction, target)
        # 0 log 0 counts as 0: a class that is ruled out (score -inf) must not make NaN of a row.
        return -where(shares == 0, 0.0, shares * logs).sum(axis=-1)

    def _shares(self, prediction: Tensor, target: Tensor) -> Tensor:
        """What the logarithms are multiplied by: targets as shares of the classes, weighted."""
        classes, counted = prediction.shape[-1], self.counted(target)
        if target.ndim == prediction.ndim:
            shares = as_floats(target, prediction)
        else:
            labels = _whole(target)
            if counted is not None:
                labels = where(counted, labels, 0)
            shares = one_hot(labels, classes, prediction.dtype)
        shares = smoothed(shares, self.label_smoothing, classes)
        if self.class_weight is not None:
            shares = shares * Tensor(np.array(self.class_weight, prediction.dtype))
        return shares if counted is None else where(counted.expand_dims(-1), shares, 0.0)

    def _check(
        self, prediction: Tensor, target: Tensor, labels: bool = False, shares: bool = False
    ) -> None:
        """Raises on targets that are none of those that this loss takes."""
        name = type(self).__name__
        if prediction.ndim < 2:
            raise ShapeError(
                f"{name} needs one row of scores for each example",
                expected="(rows, ..., classes)",
                got=prediction.shape,
            )
        fitting = {}
        if labels:
            fitting[prediction.shape[:-1]] = "class numbers"
        if shares:
            fitting[prediction.shape] = "distributions"
        if target.shape not in fitting:
            raise ShapeError(
                f"{name}: the targets do not fit the scores",
                expected=" or ".join(f"{shape} {what}" for shape, what in fitting.items()),
                got=target.shape,
                hint=_way_out(prediction, target),
            )
        classes = prediction.shape[-1]
        check_class_weight(self.class_weight, classes, name)
        if target.ndim == prediction.ndim:
            if self.ignore_class is not None:
                raise RangeError(
                    f"{name}: ignore_class is for class numbers", got=f"targets {target.shape}"
                )
            target.vet(check_distributions)
        elif self.ignore_class is None:
            target.vet(partial(check_labels, classes=classes), below=classes)
        else:
            target.vet(partial(check_labels, classes=classes, ignored=self.ignore_class))


def _way_out(prediction: Tensor, target: Tensor) -> str | None:
    """Which loss takes such targets, or what makes class numbers of them."""
    if target.shape == prediction.shape:
        return "CategoricalCrossentropy, which takes distributions"
    if target.shape == prediction.shape[:-1]:
        return "SparseCategoricalCrossentropy, which takes class numbers"
    return "t.reshape(-1)" if target.size == prediction.size // prediction.shape[-1] else None


def _whole(target: Tensor) -> Tensor:
    return target.astype("int64")


def _logs(shares: Tensor) -> Tensor:
    """log p for shares that are made to sum to 1, and kept away from 0 and 1."""
    total = shares.sum(axis=-1, keepdims=True)
    return log(inside(shares / where(total == 0, 1.0, total)))


class SoftmaxCrossEntropy(CrossEntropy):
    """Softmax and cross-entropy in one: scores (N, C) and labels to a number.

        loss = -mean over rows of  sum_k t_k log softmax(x)_k

    Computed from log-softmax, so no score is too large. Its gradient is (softmax(x) - t) / N.

    The targets are class numbers (N,), whole numbers in 0..C-1, or a distribution over the
    classes (N, C), one-hot or soft, whose rows sum to 1.

    Scores that cannot be meant so are warned about once: rows that are probabilities already,
    and a single class, whose softmax is always 1.

    Args:
        reduction: "mean" over the rows, "sum", or "none" for one value a row.
        label_smoothing: the share s of each target that is spread over all C classes:
            (1 - s) t + s / C (Szegedy et al. 2016).
        class_weight: a number for each class; the term of class k is multiplied by the k-th. The
            mean still divides by the number of rows, as in Keras; PyTorch's divides by the sum of
            the weights.
        ignore_class: a class number that stands for no class: rows with this target have the loss
            and the gradient 0, and do not count in the mean. PyTorch's is -100 unless told.

    Raises:
        RangeError: for a label outside of 0..C-1, or a row of targets that does not sum to 1.
        DTypeError: for labels that are not whole numbers.
        ShapeError: when the rows do not match.

    >>> loss = SoftmaxCrossEntropy()
    >>> scores = bd.tensor([[3.2, 5.1, -1.7]])
    >>> round(float(loss(scores, [0])), 4), round(float(loss(scores, [[1, 0, 0]])), 4)
    (2.0404, 2.0404)
    """

    def __init__(
        self,
        reduction: str = "mean",
        *,
        label_smoothing: float = 0.0,
        class_weight: Sequence[float] | None = None,
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(reduction, True, label_smoothing, class_weight, ignore_class)

    def check(self, prediction: Tensor, target: Tensor) -> None:
        if prediction.ndim != 2:
            raise ShapeError(
                "SoftmaxCrossEntropy needs one row of scores for each example",
                expected="(rows, classes)",
                got=prediction.shape,
                hint="SparseCategoricalCrossentropy(from_logits=True)"
                if prediction.ndim > 2
                else None,
            )
        self._check(prediction, target, labels=True, shares=True)


def softmax_cross_entropy(
    prediction: Any,
    target: Any,
    *,
    label_smoothing: float = 0.0,
    class_weight: Sequence[float] | None = None,
    ignore_class: int | None = None,
) -> Tensor:
    """-sum_k t_k log softmax(x)_k for each row of scores: (N, C) and (N,) or (N, C) -> (N,).

    The arguments are those of SoftmaxCrossEntropy.

    >>> softmax_cross_entropy([[3.2, 5.1, -1.7], [0.0, 0.0, 0.0]], [0, 1])
    tensor([2.0404 , 1.09861])
    """
    loss = SoftmaxCrossEntropy(
        label_smoothing=label_smoothing, class_weight=class_weight, ignore_class=ignore_class
    )
    return loss.values(prediction, target)


class CategoricalCrossentropy(CrossEntropy):
    """Cross-entropy of distributions over classes: -mean over rows of  sum_k t_k log p_k.

    The last axis is that of the classes, (N, ..., C), and targets have the shape of predictions.
    Probabilities are divided by their sum and kept within 1e-7..1 - 1e-7, as in Keras; beyond that
    the gradient is 0. Computed from scores, no score is too large, and none is without gradient:
    prefer `from_logits=True`, with a network that ends without a softmax.

    Args:
        from_logits: whether predictions are raw scores, of which the softmax is taken.
        label_smoothing: the share s of each target that is spread over all C classes.
        class_weight: a number for each class; the term of class k is multiplied by the k-th.
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        RangeError: for a row of targets that does not sum to 1.
        ShapeError: when the shapes differ.

    >>> loss = CategoricalCrossentropy()
    >>> p, t = [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [[0, 1, 0], [0, 0, 1]]
    >>> round(float(loss(p, t)), 4)
    1.1769
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        class_weight: Sequence[float] | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, from_logits, label_smoothing, class_weight)

    def check(self, prediction: Tensor, target: Tensor) -> None:
        self._check(prediction, target, shares=True)


def categorical_crossentropy(
    prediction: Any,
    target: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    *,
    class_weight: Sequence[float] | None = None,
) -> Tensor:
    """-sum_k t_k log p_k along the last axis: (..., C) and (..., C) -> (...).

    The arguments are those of CategoricalCrossentropy.

    >>> categorical_crossentropy([[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [[0, 1, 0], [0, 0, 1]])
    tensor([0.05129, 2.30259 ])
    """
    loss = CategoricalCrossentropy(from_logits, label_smoothing, class_weight=class_weight)
    return loss.values(prediction, target)


class SparseCategoricalCrossentropy(CrossEntropy):
    """Cross-entropy of class numbers: -mean over rows of  log p_t.

    The same as CategoricalCrossentropy of one-hot targets. Predictions are (N, ..., C), targets
    whole numbers in 0..C-1 of the shape (N, ...): one for each row, or for each place of a row, as
    for the words of a sentence.

    Args:
        from_logits: whether predictions are raw scores, of which the softmax is taken.
        ignore_class: a class number that stands for no class (a word that only fills up the
            sentence): its loss and gradient are 0, and it does not count in the mean.
        label_smoothing: the share s of each target that is spread over all C classes.
        class_weight: a number for each class; the term of class k is multiplied by the k-th.
        reduction: "mean" over the rows, "sum", or "none" for one value a row.

    Raises:
        RangeError: for a label outside of 0..C-1.
        DTypeError: for labels that are not whole numbers.
        ShapeError: when the shapes do not match.

    >>> loss = SparseCategoricalCrossentropy()
    >>> round(float(loss([[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [1, 2])), 4)
    1.1769
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        *,
        label_smoothing: float = 0.0,
        class_weight: Sequence[float] | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, from_logits, label_smoothing, class_weight, ignore_class)

    def check(self, prediction: Tensor, target: Tensor) -> None:
        self._check(prediction, target, labels=True)


def sparse_categorical_crossentropy(
    prediction: Any,
    target: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    *,
    label_smoothing: float = 0.0,
    class_weight: Sequence[float] | None = None,
) -> Tensor:
    """-log p_t along the last axis: (..., C) and class numbers (...) -> (...).

    The arguments are those of SparseCategoricalCrossentropy.

    >>> sparse_categorical_crossentropy([[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [1, 2])
    tensor([0.05129, 2.30259 ])
    """
    loss = SparseCategoricalCrossentropy(
        from_logits, ignore_class, label_smoothing=label_smoothing, class_weight=class_weight
    )
    return loss.values(prediction, target)
