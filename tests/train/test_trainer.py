"""What fit, evaluate and predict give, compared with loops written by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import badak as bd
from badak import nn, optim
from badak.data import Batches, Dataset
from badak.train import Callback, History
from badak.train.position import Position
from tests.train.trainings import (
    cnn,
    fit_mlp,
    images,
    linear,
    mlp,
    mlp_trainer,
    numbers,
    records,
    rows,
    same,
    trainer,
)

pytestmark = pytest.mark.usefixtures("mode")

CLOSE = 1e-6


def by_hand(net, optimizer, data, batch_size, epochs, seed=0):
    """The textbook's loop: the weights it leaves, and for each epoch the losses of all rows."""
    each_row, history = nn.SoftmaxCrossEntropy("none"), []
    params = net.parameters()
    batches = Batches(data, batch_size, seed=seed)
    for epoch in range(epochs):
        losses = []
        for x, t in batches.epoch(epoch):
            with bd.training():
                rows_of_batch = each_row(net(bd.tensor(x)), t)
            losses += rows_of_batch.tolist()
            optimizer.update(params, bd.grad(rows_of_batch.mean(), params))
        history.append(losses)
    return history


def weights(net):
    return {name: x.tobytes() for name, x in net.state_dict().items()}


# ---- the loop ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["eager"], indirect=True)  # to the last bit
def test_weights_are_those_of_a_loop_by_hand():
    net, data = mlp(), rows()
    by_hand(net, optim.Adam(0.01), data, batch_size=5, epochs=3, seed=4)
    ours = trainer(mlp(), optim.Adam(0.01), seed=4)
    ours.fit(data, epochs=3, batch_size=5)

    assert weights(ours.net) == weights(net)


@pytest.mark.parametrize("mode", ["eager"], indirect=True)  # to the last bit
def test_the_look_at_a_last_batch_of_one_row_leaves_no_trace():
    def net():
        with bd.seeded(1):
            layers = [nn.Conv2d(1, 2, 3), nn.BatchNorm(2), nn.Dropout(0.2), nn.Flatten()]
            return nn.Sequential(*layers, nn.Linear(32, 3))

    ours, theirs = trainer(net()), net()
    ours.fit(images(13), batch_size=4)
    by_hand(theirs, optim.SGD(0.1), images(13), batch_size=4, epochs=1)

    assert weights(ours.net) == weights(theirs)


@pytest.mark.parametrize("batch_size", [1, 5, 7, 23, 24])
def test_the_loss_of_an_epoch_is_the_mean_over_its_rows(batch_size):
    data = rows()
    losses = by_hand(linear(), optim.SGD(0.5), data, batch_size, epochs=2)
    history = trainer(optimizer=optim.SGD(0.5)).fit(data, epochs=2, batch_size=batch_size)

    assert [len(of_epoch) for of_epoch in losses] == [24, 24]
    assert history["loss"] == pytest.approx([np.mean(of_epoch) for of_epoch in losses], rel=CLOSE)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(1, 40))
def test_the_mean_does_not_depend_on_how_rows_are_cut(values, size):
    position = Position()
    for start in range(0, len(values), size):
        part = values[start : start + size]
        position.count(len(part), {"loss": math.fsum(part) / len(part)})

    assert position.means()["loss"] == pytest.approx(math.fsum(values) / len(values), abs=1e-3)
    assert position.rows == len(values)


def test_an_epoch_begins_with_nothing_counted():
    position = Position()
    position.count(3, {"loss": 1.0})
    position.next_epoch()

    assert position == Position(epoch=1, step=1)


def test_fit_twice_goes_on():
    twice, once = (trainer(mlp(), optim.Adam(0.02), metrics=["accuracy"]) for _ in range(2))
    for epochs in (1, 2):
        fit_mlp(twice, epochs)
    fit_mlp(once, epochs=3)

    assert twice.history["epoch"] == [1, 2, 3]
    assert records(twice) == records(once)
    assert numbers(twice) == numbers(once)


def test_fit_goes_on_in_the_middle_of_an_epoch_that_was_broken_off():
    class Once(Callback):
        def on_batch_end(self, trainer, loss):
            if trainer.position.step == 3 and not trainer.history:
                raise OSError

    broken, whole = (trainer(callbacks=callbacks) for callbacks in ([Once()], []))
    with pytest.raises(OSError):
        broken.fit(rows(), batch_size=5)
    broken.callbacks.clear()
    broken.fit(rows(), batch_size=5)
    whole.fit(rows(), batch_size=5)

    assert same(broken, whole)


def test_with_other_batches_an_epoch_that_was_broken_off_begins_anew():
    class Once(Callback):
        def on_batch_end(self, trainer, loss):
            if trainer.position.step == 9:
                raise OSError

    ours = trainer(callbacks=[Once()])
    with pytest.raises(OSError):
        ours.fit(rows(), batch_size=2)
    history = ours.fit(rows(), batch_size=12)

    assert history["epoch"] == [1]
    assert ours.position.step == 9 + 2


def test_gradients_do_not_add_up_on_the_way():
    ours = trainer()
    ours.fit(rows(), epochs=2, batch_size=8)

    assert [parameter.grad for parameter in ours.net.parameters().values()] == [None, None]


def test_the_history_is_returned_and_kept():
    ours = trainer(metrics=["accuracy"])
    history = ours.fit(rows(), epochs=2, batch_size=8, validation_split=0.25)

    assert history is ours.history
    assert isinstance(history, History)
    assert history.names == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]
    assert history["epoch"] == [1, 2]
    assert all(seconds >= 0 for seconds in history["seconds"])


def test_data_and_targets_stay_as_they_are():
    data = rows()
    x, t = data.x.copy(), data.t.copy()
    trainer(mlp(), optim.Adam(0.1)).fit(data, epochs=2, batch_size=7, validation_split=0.25)

    assert np.array_equal(data.x, x)
    assert np.array_equal(data.t, t)


# ---- seeds ------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits():
    assert same(fit_mlp(mlp_trainer()), fit_mlp(mlp_trainer()))


def test_another_seed_gives_another_order_and_another_split():
    first, second = (mlp_trainer(seed=seed) for seed in (5, 6))
    assert numbers(first) == numbers(second)
    fit_mlp(first), fit_mlp(second)

    assert numbers(first) != numbers(second)
    assert first.history["val_loss"] != second.history["val_loss"]


def test_without_shuffling_the_seed_does_not_matter():
    first, second = (trainer(seed=seed) for seed in (5, 6))
    for ours in (first, second):
        ours.fit(rows(), batch_size=8, shuffle=False)

    assert weights(first.net) == weights(second.net)


# ---- kinds of data ----------------------------------------------------------------------------


def as_frame(data):
    class Frame:
        def to_numpy(self):
            return data.x

    return Frame(), data.t.tolist()


@pytest.mark.parametrize(
    "given_as",
    [
        lambda data: (data.x, data.t),
        lambda data: ((data.x, data.t),),
        lambda data: (data.x.tolist(), data.t.tolist()),
        lambda data: (data.x.astype(">f8"), data.t.astype(">i2")),
        lambda data: (np.asfortranarray(data.x)[::-1][::-1], data.t.astype(np.uint8)),
        as_frame,
    ],
    ids=["x, t", "pair", "lists", "big-endian", "strided", "frame"],
)
def test_the_same_rows_in_any_clothes_give_the_same_bits(given_as):
    data = rows()
    first, second = trainer(), trainer()
    first.fit(data, batch_size=8)
    second.fit(*given_as(data), batch_size=8)

    assert same(first, second)


def test_unaligned_rows_give_the_same_bits():
    data = rows()
    raw = np.empty(data.x.nbytes + 1, np.uint8)[1:]
    raw[:] = np.frombuffer(data.x.tobytes(), np.uint8)
    crooked = raw.view(np.float32).reshape(data.x.shape)
    assert not crooked.flags.aligned
    first, second = trainer(), trainer()
    first.fit(data, batch_size=8)
    second.fit(crooked, data.t, batch_size=8)

    assert same(first, second)


def test_float64_rows_are_converted_for_a_float32_network():
    ours = trainer()
    ours.fit(rows(dtype="float64"), batch_size=8)

    assert {x.dtype for x in ours.net.state_dict().values()} == {np.dtype("float32")}


def test_a_float64_network_sees_every_digit_of_its_data():
    x = np.array([[1.0], [2.0], [3.0]]) + 1e-12
    exact = trainer(nn.Sequential(nn.Linear(1, 1)).to("float64"), loss="mean_squared_error")
    exact.net[0].load_state_dict({"weight": [[1.0]], "bias": [0.0]})

    assert exact.evaluate(x, x)["loss"] == 0.0
    assert exact.predict(x).tolist() == x.tolist()
    assert exact.evaluate(x, np.array([[1.0], [2.0], [3.0]]))["loss"] == pytest.approx(1e-24)


def test_a_float64_network_trains_in_float64():
    ours = trainer(mlp().to("float64"), optim.Adam(0.01), metrics=["accuracy"])
    ours.fit(rows(dtype="float64"), batch_size=5, validation_split=0.25)

    kinds = {name: x.dtype for name, x in ours.net.state_dict().items()}
    assert {kinds[name] for name in ("0.weight", "1.running_var", "4.bias")} == {np.dtype("f8")}
    assert ours.predict(rows(dtype="float64").x).dtype == np.float64


def test_images_of_whole_bytes_are_warned_about_once():
    x = np.arange(24 * 5, dtype=np.uint8).reshape(24, 5)
    with pytest.warns(UserWarning, match="whole bytes up to 119") as caught:
        trainer(optimizer=optim.SGD(1e-6)).fit(
            x, rows().t, epochs=2, batch_size=8, validation_split=0.25
        )

    assert len(caught) == 1


# ---- validation, metrics, prediction ----------------------------------------------------------


def test_validation_data_are_judged_as_evaluate_judges_them():
    ours = trainer(mlp(), metrics=["accuracy"])
    history = ours.fit(rows(), epochs=2, batch_size=8, validation_data=rows(10, seed=1))

    found = ours.evaluate(rows(10, seed=1))
    assert {f"val_{name}": value for name, value in found.items()}.items() <= history.last.items()


def test_a_split_sets_rows_aside_which_are_not_trained_on():
    data = rows()
    train, held_out = data.split(0.75, seed=3)
    split, given_apart = trainer(seed=3), trainer(seed=3)
    split.fit(data, batch_size=5, validation_split=0.25)
    given_apart.fit(train, batch_size=5, validation_data=(held_out.x, held_out.t))

    assert same(split, given_apart)


def test_evaluate_and_predict_are_the_formula():
    net, data = linear(), rows(7)
    ours = trainer(net, metrics=["accuracy", "error_rate"])
    weight, bias = net.state_dict().values()
    scores = data.x @ weight + bias
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    found = ours.evaluate(data.x, data.t)

    assert ours.predict(data) == pytest.approx(scores, rel=1e-5)
    assert found["loss"] == pytest.approx(-log_p[np.arange(7), data.t].mean(), rel=1e-5)
    assert found["accuracy"] == np.mean(scores.argmax(axis=1) == data.t)
    assert found["error_rate"] == 1 - found["accuracy"]


def test_prediction_does_not_depend_on_how_many_rows_are_asked_at_once():
    ours = trainer(cnn())
    many = np.concatenate([images(14).x] * 80)

    assert ours.predict(many)[-14:] == pytest.approx(ours.predict(images(14).x), abs=1e-6)


def test_asking_changes_nothing():
    ours = mlp_trainer()
    before = numbers(ours)
    ours.evaluate(rows())
    ours.predict(rows().x)

    assert numbers(ours) == before


def test_metrics_by_name_and_by_function():
    def share_of_zeros(prediction, t):
        return (t == 0).mean(dtype=np.float32)

    data = rows()
    history = trainer(metrics=["accuracy", share_of_zeros]).fit(data, epochs=1, batch_size=7)

    assert history["share_of_zeros"] == pytest.approx([(data.t == 0).mean()], rel=CLOSE)
    assert type(history.last["share_of_zeros"]) is float


def test_metrics_of_an_epoch_are_means_over_its_rows():
    guesses = []

    def accuracy(prediction, t):
        guesses.extend(prediction.argmax(axis=1) == t)
        return float((prediction.argmax(axis=1) == t).mean())

    ours = trainer(metrics=[accuracy], optimizer=optim.SGD(1.0))
    history = ours.fit(rows(), batch_size=7)

    assert len(guesses) == 24 + 24  # the rehearsal looks at all rows of so small a set
    assert history["accuracy"] == pytest.approx([np.mean(guesses[24:])])


def test_a_metric_that_is_undefined_for_a_batch_is_left_out_of_the_epoch():
    x = np.linspace(-1, 1, 25)[:, None]
    ours = trainer(nn.Sequential(nn.Linear(1, 1)), loss="mean_squared_error", metrics=["r2_score"])
    history = ours.fit(x, x, epochs=2, batch_size=8)  # the last batch has a single row

    assert len(history["r2_score"]) == 2
    assert all(math.isfinite(value) for value in history["r2_score"])


def test_a_metric_that_is_defined_for_no_batch_is_not_a_number():
    x = np.linspace(-1, 1, 4)[:, None]
    ours = trainer(nn.Sequential(nn.Linear(1, 1)), loss="mean_squared_error", metrics=["r2_score"])
    history = ours.fit(x, x, batch_size=1)

    assert math.isnan(history.last["r2_score"])


def test_losses_may_be_functions():
    def absolute(prediction, t):
        return bd.abs(prediction - t).mean()

    x = np.linspace(-1, 1, 20)[:, None]
    history = trainer(nn.Sequential(nn.Linear(1, 1)), loss=absolute, optimizer=optim.SGD(0.1)).fit(
        x, 2 * x, epochs=20, batch_size=5
    )

    assert history["loss"][-1] < history["loss"][0]


def test_names_stand_for_losses_and_optimizers():
    ours = trainer(loss="mean_squared_error", optimizer="momentum")

    assert repr(ours) == (
        "Trainer(Sequential with 18 parameters, MeanSquaredError(), "
        "Momentum(lr=0.01, momentum=0.9))"
    )


def test_one_hot_targets_do_as_labels_do():
    data = rows()
    first, second = trainer(metrics=["accuracy"]), trainer(metrics=["accuracy"])
    first.fit(data, batch_size=7)
    second.fit(Dataset(data.x, np.eye(3, dtype=np.float32)[data.t]), batch_size=7)

    assert records(second)[0] == pytest.approx(records(first)[0], rel=CLOSE)
