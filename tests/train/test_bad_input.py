"""Mistakes are found before the first update, by name, and leave the network as it was."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.data import Dataset
from badak.nn import Module
from badak.train import Callback, Trainer
from tests.train.trainings import linear, mlp, numbers, rows, trainer

BINARY = ["binary_accuracy"]
DATA = rows()
X, T = DATA.x, DATA.t
HOLE = X.copy()
HOLE[3, 2] = np.nan


class Whole(Module):
    """A network that forgets that there are rows."""

    def __init__(self):
        self.weight = bd.parameter(np.ones(5))

    def forward(self, x):
        return (x * self.weight).sum().reshape(1, 1)


def no_tensor(prediction, t):
    return 0.5


def rowwise(prediction, t):
    return (prediction - 1.0) ** 2


def refuses(prediction, t):
    raise ShapeError("this metric wants something else")


def several(prediction, t):
    return np.zeros(3)


FITS = {
    "epochs 0": (RangeError, "epochs must be at least 1", {"epochs": 0}),
    "epochs -1": (RangeError, "epochs must be at least 1", {"epochs": -1}),
    "epochs 2.5": (DTypeError, "epochs must be a whole number", {"epochs": 2.5}),
    "batch 0": (RangeError, "batch_size must be at least 1", {"batch_size": 0}),
    "batch -3": (RangeError, "batch_size must be at least 1", {"batch_size": -3}),
    "batch True": (DTypeError, "batch_size must be a whole number", {"batch_size": True}),
    "split 0": (RangeError, "validation_split is out of range", {"validation_split": 0}),
    "split 1": (RangeError, "validation_split is out of range", {"validation_split": 1.0}),
    "split 1.5": (RangeError, "validation_split is out of range", {"validation_split": 1.5}),
    "split nan": (RangeError, "validation_split is out of range", {"validation_split": np.nan}),
    "split text": (DTypeError, "validation_split must be a number", {"validation_split": "0.2"}),
    "split all": (RangeError, "leaves 0 training rows", {"validation_split": 0.99}),
    "split none": (RangeError, "leaves 0 rows to hold out", {"validation_split": 0.01}),
    "both": (RangeError, "not both", {"validation_split": 0.2, "validation_data": DATA}),
    "other length": (ShapeError, "x has 24 rows, t has 23", {"t": T[:-1]}),
    "other width": (ShapeError, "layer '0'.*\n.*5", {"train": X[:, :4]}),
    "no targets": (DTypeError, "fit takes a Dataset, or inputs and targets", {"t": None}),
    "no data": (DTypeError, "x is None", {"train": None}),
    "not split": (DTypeError, "two data sets", {"train": bd.data.load("xor"), "t": None}),
    "two targets": (DTypeError, "holds its targets already", {"train": DATA}),
    "label 3": (RangeError, "label 3 at row 1 ", {"t": [0, 3, *T[2:]]}),
    "label -1": (RangeError, "label -1 at row 23 ", {"t": [*T[:-1], -1]}),
    "floats": (DTypeError, "not whole.*\n.*1.5 at row 0", {"t": T + 0.5}),
    "text": (RangeError, "t holds text", {"t": list("abc" * 8)}),
    "nan": (RangeError, "x has 1 NaN .*row 3, column 2", {"train": HOLE}),
    "wide targets": (ShapeError, "targets do not fit", {"t": np.eye(4)[T]}),
    "wrong sums": (RangeError, "distribution over the classes", {"t": 2 * np.eye(3)[T]}),
    "validation width": (
        ShapeError,
        "validation data: layer '0'",
        {"validation_data": (X[:, :4], T)},
    ),
    "validation label": (
        RangeError,
        "validation data: label 7 at row 2",
        {"validation_data": (X[:3], [0, 1, 7])},
    ),
    "validation alone": (
        DTypeError,
        "validation_data takes a Dataset",
        {"validation_data": X},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FITS)
def test_fit_refuses_before_the_first_update(case):
    error, words, changes = FITS[case]
    ours = trainer()
    before = numbers(ours)
    arguments = {"train": X, "t": T, "batch_size": 5} | changes
    with pytest.raises(error, match=words):
        ours.fit(**arguments)

    assert numbers(ours) == before
    assert ours.position.step == 0


@pytest.mark.parametrize(
    ("error", "words", "settings"),
    [
        (ShapeError, "does not give one prediction a row", {"net": Whole()}),
        (DTypeError, "loss no_tensor gives a tensor", {"loss": no_tensor}),
        (ShapeError, "loss rowwise gives one number", {"loss": rowwise}),
        (ShapeError, "this metric wants something else", {"metrics": [refuses]}),
        (DTypeError, "metric 'several' gives a single number", {"metrics": [several]}),
        (ShapeError, "binary_accuracy: prediction must hold one value", {"metrics": BINARY}),
        (ShapeError, "mean_squared_error: prediction", {"metrics": ["mse"]}),
    ],
)
def test_what_does_not_fit_together_is_found_before_the_first_update(error, words, settings):
    ours = trainer(**settings)
    before = numbers(ours)
    with pytest.raises(error, match=words):
        ours.fit(X, T, batch_size=5)

    assert numbers(ours) == before


def test_a_metric_that_the_validation_data_do_not_fit():
    x = np.linspace(-1, 1, 20)[:, None]
    ours = trainer(nn.Sequential(nn.Linear(1, 1)), loss="mean_squared_error", metrics=["r2_score"])
    with pytest.raises(RangeError, match="validation data: r2_score is undefined"):
        ours.fit(x, x, batch_size=5, validation_data=(x, np.ones((20, 1))))

    assert ours.position.step == 0


@pytest.mark.parametrize(("rows_given", "words"), [(21, "the last batch of each epoch has 1 row")])
def test_a_last_batch_of_one_row_with_batch_norm(rows_given, words):
    ours = trainer(mlp())
    before = numbers(ours)
    with pytest.raises(ShapeError, match=rf"{words}: layer '1': BatchNorm: 1 value") as caught:
        ours.fit(rows(rows_given), batch_size=5)

    assert caught.value.hint == "another batch_size than 5"
    assert numbers(ours) == before


def test_batches_of_one_row_with_batch_norm():
    with pytest.raises(ShapeError, match="each batch has 1 row"):
        trainer(mlp()).fit(rows(), batch_size=1)


def test_a_last_batch_of_one_row_without_batch_norm_is_fine():
    assert len(trainer().fit(rows(21), batch_size=5)) == 1


def test_a_batch_larger_than_the_data_takes_all_rows_and_says_so():
    large, exact = trainer(), trainer()
    with pytest.warns(UserWarning, match="batch_size 100 is more than the 24 rows"):
        large.fit(rows(), batch_size=100)
    exact.fit(rows(), batch_size=24)

    assert numbers(large) == numbers(exact)


@pytest.mark.parametrize(
    ("error", "words", "arguments"),
    [
        (RangeError, "did you mean 'accuracy'", {"metrics": ["acuracy"]}),
        (RangeError, "did you mean 'mean_squared_error'", {"loss": "mean_squared_eror"}),
        (RangeError, "did you mean 'adam'", {"optimizer": "adm"}),
        (DTypeError, "metrics is a single metric", {"metrics": "accuracy"}),
        (DTypeError, "callbacks is a list", {"callbacks": [object()]}),
        (DTypeError, r"Progress\(\) with brackets", {"callbacks": [bd.Progress]}),
        (DTypeError, "callbacks is a list", {"callbacks": 3}),
        (DTypeError, r"Adam\(\) with brackets", {"optimizer": optim.Adam}),
        (DTypeError, "optimizer is an optimizer", {"optimizer": 0.1}),
        (DTypeError, r"MeanSquaredError\(\) with brackets", {"loss": nn.MeanSquaredError}),
        (DTypeError, "loss is a loss", {"loss": 3}),
        (RangeError, "the loss must be a mean", {"loss": nn.MeanSquaredError("sum")}),
        (RangeError, "seed is out of range", {"seed": -1}),
        (RangeError, "seed is out of range", {"seed": 2**70}),
        (DTypeError, "seed must be a whole number", {"seed": "1"}),
        (DTypeError, "net is a module", {"net": lambda x: x}),
        (DTypeError, r"Linear\(\) with brackets", {"net": nn.Linear}),
        (StateError, "the network has no parameters", {"net": nn.Sequential(nn.ReLU())}),
    ],
)
def test_a_trainer_refuses_what_it_cannot_use(error, words, arguments):
    with pytest.raises(error, match=words):
        Trainer(**({"net": linear()} | arguments))


def test_an_optimizer_of_another_network_is_told_before_the_first_update():
    optimizer = optim.Momentum(0.1)
    trainer(linear(), optimizer).fit(rows(), batch_size=8)
    other = trainer(mlp(), optimizer)
    before = numbers(other)
    with pytest.raises(StateError, match="remembers the parameters of another network") as caught:
        other.fit(rows(), batch_size=8)

    assert caught.value.got == "a state of '0.weight', '0.bias' after 3 steps"
    assert caught.value.hint == "a new Momentum(...) for each network"
    assert numbers(other) == before


def test_an_optimizer_that_has_trained_this_network_goes_on():
    optimizer, net = optim.Adam(0.1), linear()
    trainer(net, optimizer).fit(rows(), batch_size=8)
    trainer(net, optimizer).fit(rows(), batch_size=8)

    assert int(optimizer.steps) == 6


def test_one_callback_is_taken_for_a_list_of_one():
    seen = []

    class Look(Callback):
        def on_fit_end(self, trainer):
            seen.append("end")

    trainer(callbacks=Look()).fit(rows(), batch_size=8)

    assert seen == ["end"]


def test_evaluate_and_predict_refuse_as_fit_does():
    ours = trainer()
    with pytest.raises(DTypeError, match="evaluate takes a Dataset"):
        ours.evaluate(X)
    with pytest.raises(RangeError, match="label 9 at row 0"):
        ours.evaluate(X, np.full(24, 9))
    with pytest.raises(ShapeError, match="layer '0'"):
        ours.predict(X[:, :2])
    with pytest.raises(ShapeError, match="x is empty"):
        ours.predict(X[:0])
    with pytest.raises(ShapeError, match=r"x.reshape\(1, -1\) for one row"):
        ours.predict(X[0])


@pytest.mark.usefixtures("mode")
def test_a_probability_where_scores_are_wanted_is_warned_about():
    class Softmax(Module):
        def forward(self, x):
            return bd.softmax(x, axis=1)

    ours = trainer(nn.Sequential(linear(), Softmax()))
    with pytest.warns(UserWarning, match="remove the softmax"):
        ours.fit(Dataset(X, T), batch_size=8)
