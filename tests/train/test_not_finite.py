"""Numbers that stop being numbers: training stops, says where, and the network is as before."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.context import is_training
from badak.base.errors import BadakError, StateError
from badak.io import CheckpointFolder
from badak.nn import Module
from badak.train import Callback, Checkpoint, NotFiniteError
from tests.train.trainings import linear, mlp, numbers, rows, same, trainer

pytestmark = pytest.mark.usefixtures("mode")
eager = pytest.mark.parametrize("mode", ["eager"], indirect=True)  # it counts its calls


class Trap(Module):
    """Passes its input on, but at one step of training takes the logarithm of -1."""

    def __init__(self, step):
        self.step = step
        self.count = bd.tensor(0.0)

    def forward(self, x):
        if is_training():
            with bd.no_grad():
                self.count.assign(self.count + 1)
        return bd.where(self.count == self.step, bd.log(-1.0 - x * x), x)

    def __repr__(self):
        return "Trap()"


class Root(Module):
    def forward(self, x):
        return bd.sqrt(bd.maximum(x, 0.0) * 0.0)


class Note(Callback):
    """Keeps the numbers after the newest whole update."""

    def on_fit_start(self, trainer):
        self.last = numbers(trainer)

    def on_batch_end(self, trainer, loss):
        self.last = numbers(trainer)


def trapped(step, callbacks=(), trap=Trap):
    """BatchNorm, Dropout and Adam around a layer that breaks at that step."""
    net = mlp()
    net = nn.Sequential(*list(net)[:4], trap(step), net[4])
    return trainer(net, optim.Adam(0.01), callbacks=callbacks, seed=3)


def stops(ours, *fit, match, **settings):
    """Fits, and returns the error; the network must be as it was after the last whole update."""
    note = Note()
    ours.callbacks.insert(0, note)
    with pytest.raises(NotFiniteError, match=match) as caught:
        ours.fit(*fit, **settings)

    assert numbers(ours) == note.last
    assert all(np.isfinite(x).all() for x in ours.net.state_dict().values())
    return caught.value


# ---- where it begins --------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "place"), [(1, (1, 1)), (5, (1, 5)), (6, (2, 1)), (13, (3, 3))])
def test_a_layer_in_the_middle_is_named_with_epoch_and_batch(step, place):
    match = "epoch {}, batch {}: the loss is nan".format(*place)
    error = stops(trapped(step), rows(), epochs=4, batch_size=5, match=match)

    assert error.got.startswith("the first value that is not finite arises in layer '4', Trap()")
    assert error.hint == "a lower learning rate (now 0.01), or inputs scaled to 0..1"


def test_a_layer_inside_another_is_named_by_its_path():
    net = nn.Sequential(nn.Linear(5, 3), nn.Sequential(nn.ReLU(), Trap(2)))
    error = stops(trainer(net), rows(), batch_size=5, match="epoch 1, batch 2")

    assert "arises in layer '1.1', Trap()" in error.got


def test_a_formula_of_the_network_itself_is_named_so():
    class Net(Trap):
        def __init__(self):
            super().__init__(2)
            self.layer = linear()

        def forward(self, x):
            return super().forward(self.layer(x))

    assert (
        "arises in the network itself, Net ("
        in stops(trainer(Net()), rows(), batch_size=5, match="batch 2").got
    )


def test_a_learning_rate_that_is_far_too_high():
    net = nn.Sequential(nn.Linear(5, 20), nn.ReLU(), nn.Linear(20, 1))
    ours = trainer(net, optim.SGD(500.0), loss="mean_squared_error")
    x = rows().x
    error = stops(ours, x, x[:, :1], epochs=50, batch_size=5, match="epoch .*, batch ")

    assert "now 500" in error.hint


def test_a_parameter_that_was_spoilt_between_two_batches():
    class Spoil(Callback):
        def on_batch_end(self, trainer, loss):
            if trainer.position.step == 2:
                trainer.net[0].bias.assign([0.0, np.nan, 0.0])

    with pytest.raises(NotFiniteError, match="epoch 1, batch 3: the loss is nan") as caught:
        trainer(callbacks=[Spoil()]).fit(rows(), batch_size=5)

    assert caught.value.got == "parameter '0.bias' was not finite before this batch"


def test_a_network_that_holds_nan_before_training():
    net = linear()
    net[0].weight.assign(np.full((5, 3), np.inf))
    with pytest.raises(NotFiniteError, match=r"parameter '0.weight' is not finite before training"):
        trainer(net, metrics=["accuracy"]).fit(rows(), batch_size=5)


def test_a_loss_that_is_infinite_by_itself():
    def hopeless(prediction, t):
        return -bd.log(bd.abs(prediction).mean() * 0.0)

    error = stops(trainer(loss=hopeless), rows(), batch_size=5, match="batch 1: the loss is inf")

    assert error.got.startswith("all layers are finite; it arises in hopeless (largest prediction")


def test_rows_that_were_spoilt_after_they_were_checked():
    data = rows()
    data.x[7, 2] = np.nan
    error = stops(
        trainer(), data, batch_size=5, shuffle=False, match="epoch 1, batch 2: the loss is nan"
    )

    assert error.got == "the inputs of this batch are not finite"


@eager
def test_a_network_that_is_no_function_of_its_state():
    class Fickle(Module):
        calls = 0

        def forward(self, x):
            if is_training():
                self.calls += 1
            return x * (np.nan if self.calls == 2 else 1.0)

    error = stops(trainer(nn.Sequential(linear(), Fickle())), rows(), batch_size=5, match="batch 2")

    assert error.got.startswith("a second run of the same batch is finite")


# ---- what the loss does not show --------------------------------------------------------------


def test_an_infinite_slope_of_a_finite_loss():
    net = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 4), Root(), nn.Linear(4, 3))
    error = stops(trainer(net), rows(), batch_size=5, match="batch 1: the slope of the loss")

    assert error.got.startswith("the gradient of '1.bias' is not finite (nor that of 3 before it)")


def test_an_update_that_leaves_the_range_of_the_floats():
    def steep(prediction, t):
        return (prediction * 1e37).mean()

    ours = trainer(loss=steep, optimizer=optim.SGD(1000.0))
    error = stops(ours, rows(), batch_size=5, match="batch 1: numbers became too large")

    assert error.got == "parameter '0.weight', which would not be finite after the update"


def test_a_memory_of_the_optimizer_that_overflows_without_a_trace_in_the_weights():
    def steep(prediction, t):
        return (prediction * 1e30).mean()

    ours = trainer(loss=steep, optimizer=optim.Adam(0.01))
    error = stops(ours, rows(), batch_size=5, match="numbers became too large")

    assert error.got.startswith("the optimizer's v of '0.weight'")
    assert ours.optimizer.state == {}


def test_running_statistics_that_overflow_without_a_trace_in_the_loss():
    net = nn.Sequential(nn.BatchNorm(5), linear())
    error = stops(trainer(net), rows().x * 1e25, rows().t, batch_size=5, match="too large")

    assert error.got.startswith("buffer '0.running_var'")


# ---- any other error --------------------------------------------------------------------------


@eager
def test_whatever_goes_wrong_in_an_update_leaves_no_trace():
    def broken(prediction, t):
        if training.position.step == 3:
            raise ZeroDivisionError
        return nn.SoftmaxCrossEntropy()(prediction, t)

    note = Note()
    training = trainer(mlp(), optim.Adam(0.1), loss=broken, callbacks=[note])
    with pytest.raises(ZeroDivisionError):
        training.fit(rows(), batch_size=5)

    assert numbers(training) == note.last
    assert training.position.step == 3
    assert training.position.whole


@eager
def test_an_error_in_the_update_itself_leaves_no_trace():
    class Half(optim.Adam):
        def advance(self, parameter, gradient, state, step):
            if int(step) == 2 and parameter.ndim == 1:
                raise MemoryError
            return super().advance(parameter, gradient, state, step)

    note = Note()
    training = trainer(optimizer=Half(0.1), callbacks=[note])
    with pytest.raises(MemoryError):
        training.fit(rows(), batch_size=5)

    assert numbers(training) == note.last


@eager
def test_errors_of_badak_say_the_place():
    class Picky(Module):
        count = 0

        def forward(self, x):
            self.count += 1
            if self.count == 4:
                raise StateError("no more")
            return x

    with pytest.raises(BadakError, match=r"epoch 1, batch 3: layer '1': no more"):
        trainer(nn.Sequential(linear(), Picky())).fit(rows(), batch_size=5)


# ---- the last good checkpoint -----------------------------------------------------------------


def test_the_last_good_checkpoint_is_kept_and_can_be_resumed(tmp_path):
    armed = [True]

    class Disarmed(Trap):
        def forward(self, x):
            y = super().forward(x)
            return y if armed else x

    def make():
        return trapped(13, [Checkpoint(tmp_path)], Disarmed)

    with pytest.raises(NotFiniteError, match="epoch 3, batch 3"):
        make().fit(rows(), epochs=4, batch_size=5)
    assert CheckpointFolder(tmp_path).numbers() == [5, 10]

    armed.clear()
    again = make().resume(tmp_path)
    again.fit(rows(), epochs=4, batch_size=5)
    whole = trapped(13, trap=Disarmed)
    whole.fit(rows(), epochs=4, batch_size=5)

    assert same(again, whole)


def test_training_goes_on_with_a_lower_rate_in_the_same_program():
    def steep(prediction, t):
        return nn.SoftmaxCrossEntropy()(prediction, t) * 1e36

    ours = trainer(loss=steep, optimizer=optim.SGD(1000.0))
    with pytest.raises(NotFiniteError):
        ours.fit(rows(), batch_size=5)
    ours.optimizer.lr = 1e-37
    history = ours.fit(rows(), epochs=2, batch_size=5)

    assert history["loss"][1] < history["loss"][0]
