"""What all losses share: settings, weights of examples, and how a trainer gets them."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.data import Dataset
from badak.train import Trainer


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (nn.Huber(2.0), "Huber(delta=2.0)"),
        (nn.Huber(1.0, "sum"), "Huber(sum)"),
        (nn.MeanSquaredError("none"), "MeanSquaredError(none)"),
        (
            nn.SoftmaxCrossEntropy("sum", class_weight=np.array([1, 2]), ignore_class=-1),
            "SoftmaxCrossEntropy(class_weight=(1.0, 2.0), ignore_class=-1, sum)",
        ),
        (
            nn.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
            "BinaryCrossentropy(from_logits=True, label_smoothing=0.1)",
        ),
    ],
    ids=str,
)
def test_a_loss_shows_its_settings(loss, text):
    assert repr(loss) == text


def test_weights_of_values_are_for_each_of_them():
    p, t = np.random.default_rng(0).normal(size=(2, 2, 3, 4))
    weight = np.array([[1.0, 0.0, 2.0], [0.5, 1.0, 1.0]])
    loss = nn.MeanSquaredError("none")

    rows = loss(bd.tensor(p, "float64"), t, sample_weight=weight)

    values = nn.losses.mean_squared_error(bd.tensor(p, "float64"), t).numpy()
    np.testing.assert_allclose(rows.numpy(), (values * weight).mean(axis=1), rtol=1e-14)


def test_weights_do_not_widen_float32():
    loss = nn.MeanSquaredError()(bd.zeros((2, 1)), [[1.0], [2.0]], np.array([1.0, 0.5]))

    assert (loss.dtype, float(loss)) == (np.float32, 1.5)


def test_a_column_of_weights_is_told_to_be_a_row():
    with pytest.raises(ShapeError, match=r"weights do not fit the rows(.|\n)*reshape\(-1\)"):
        nn.MeanSquaredError()(bd.zeros((2, 1)), [[1.0], [2.0]], sample_weight=[[1.0], [2.0]])


def test_text_is_no_weight():
    with pytest.raises(DTypeError, match="holds numbers"):
        nn.MeanSquaredError()(bd.zeros(2), [1.0, 2.0], sample_weight=["much", "little"])


# In a training.

WEIGHTED = nn.losses.Weighted(nn.SoftmaxCrossEntropy())


def trained(data, loss, compile):
    with bd.seeded(1):
        net = nn.Sequential(nn.Linear(3, 2))
    trainer = Trainer(net, loss, optim.SGD(0.5), progress=False, compile=compile)
    trainer.fit(data, epochs=3, batch_size=4, shuffle=False)
    return net[0].weight.numpy(), trainer.history["loss"]


@pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
def test_a_trainer_reaches_weights_through_a_column_of_the_targets(compile):
    random = np.random.default_rng(0)
    x, labels = random.normal(size=(8, 3)), random.integers(0, 2, 8)
    weight = np.where(labels == 1, 3.0, 0.5)

    by_row = trained(Dataset(x, np.column_stack([labels, weight])), WEIGHTED, compile)

    by_class = nn.SoftmaxCrossEntropy(class_weight=[0.5, 3.0])
    expected = trained(Dataset(x, labels), by_class, compile)
    np.testing.assert_allclose(by_row[0], expected[0], rtol=1e-5)
    np.testing.assert_allclose(by_row[1], expected[1], rtol=1e-5)


@pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
def test_a_trainer_refuses_a_label_out_of_range_before_the_first_update(compile):
    data = Dataset(np.zeros((8, 3)), np.array([0, 1, 0, -1, 0, 1, 0, 2]))

    with pytest.raises(RangeError, match="label 2 at row 7 is not one of 2 classes"):
        trained(data, nn.SparseCategoricalCrossentropy(True, ignore_class=-1), compile)


def test_a_trainer_warns_of_scores_taken_for_probabilities():
    x = np.random.default_rng(0).normal(size=(20, 3)) * 9

    with pytest.warns(UserWarning, match="BinaryCrossentropy: some predictions are outside"):
        trained(Dataset(x, np.zeros((20, 2))), nn.BinaryCrossentropy(), compile=True)


@pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
def test_a_setting_that_is_changed_counts_from_the_next_fit(compile):
    x, labels = np.random.default_rng(0).normal(size=(8, 3)), np.array([0, 1] * 4)
    loss = nn.SoftmaxCrossEntropy()
    trainer = Trainer(
        nn.Sequential(nn.Linear(3, 2)), loss, optim.SGD(1e-9), progress=False, compile=compile
    )
    trainer.fit(Dataset(x, labels), batch_size=8)
    loss.class_weight = (2.0, 2.0)
    trainer.fit(Dataset(x, labels), batch_size=8)

    first, second = trainer.history["loss"]
    assert second == pytest.approx(2 * first, rel=1e-5)
