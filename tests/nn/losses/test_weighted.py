"""Weights in a column of the targets are the weights of a call."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.data import Dataset
from badak.train import Trainer

Weighted = nn.losses.Weighted
RANDOM = np.random.default_rng(0)
SCORES, WEIGHT = RANDOM.normal(size=(4, 3)), np.array([0.5, 2.0, 0.0, 1.0])


@pytest.mark.parametrize("reduction", nn.losses.REDUCTIONS)
@pytest.mark.parametrize(
    ("make", "prediction", "target"),
    [
        (nn.MeanSquaredError, SCORES, RANDOM.normal(size=(4, 3))),
        (nn.MeanSquaredError, SCORES[:, :1], RANDOM.normal(size=(4, 1))),
        (nn.MeanSquaredError, SCORES[:, 0], RANDOM.normal(size=4)),
        (nn.SoftmaxCrossEntropy, SCORES, np.array([0, 2, 1, 1])),
        (nn.SoftmaxCrossEntropy, SCORES, np.eye(3)[[0, 2, 1, 1]]),
        (nn.MulticlassHinge, SCORES, np.array([0, 2, 1, 1])),
    ],
    ids=["rows", "a column", "numbers", "class numbers", "one-hot", "hinge"],
)
def test_a_column_of_weights_is_the_weight_of_a_call(make, prediction, target, reduction):
    x, loss = bd.parameter(prediction, "float64"), make(reduction=reduction)

    by_column = Weighted(loss)(x, np.column_stack([target, WEIGHT]))

    by_call = loss(x, target, sample_weight=WEIGHT)
    np.testing.assert_array_equal(by_column.numpy(), by_call.numpy())
    g, expected = (bd.grad(value.sum(), x).numpy() for value in (by_column, by_call))
    np.testing.assert_array_equal(g, expected)


def test_ignored_rows_do_not_count_here_either():
    loss, labels = nn.SoftmaxCrossEntropy(ignore_class=-1), np.array([0, -1, -1, 2])
    x = bd.tensor(SCORES, "float64")

    by_column = Weighted(loss)(x, np.column_stack([labels, WEIGHT]))

    assert float(by_column) == float(loss(x, labels, sample_weight=WEIGHT))


@pytest.mark.parametrize(
    ("error", "words", "target"),
    [
        (RangeError, "label 3.0 at row 1", [[0, 1], [3, 1]]),
        (DTypeError, "not whole", [[0, 1], [0.5, 1]]),
        (RangeError, "weights are out of range", [[0, 1], [1, -1]]),
        (ShapeError, "the last column of the targets is the weight", [0, 1]),
        (ShapeError, "the last column of the targets is the weight", [[0], [1]]),
    ],
)
@pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
def test_a_trainer_refuses_what_does_not_fit(error, words, target, compile):
    loss = Weighted(nn.SoftmaxCrossEntropy())
    trainer = Trainer(nn.Sequential(nn.Linear(2, 3)), loss, progress=False, compile=compile)

    with pytest.raises(error, match=words):
        trainer.fit(Dataset(np.zeros((2, 2)), np.array(target, "float64")), batch_size=2)


def test_what_is_no_loss_cannot_be_weighted():
    with pytest.raises(DTypeError, match="Weighted takes a loss"):
        Weighted(abs)


def test_it_reads_well():
    assert repr(Weighted(nn.Huber(2.0, "sum"))) == "Weighted(Huber(delta=2.0, sum))"
