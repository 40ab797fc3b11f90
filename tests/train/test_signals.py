"""Ctrl-C and SIGTERM: the update under way is finished, the state saved, then the program ends."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from badak import nn
from badak.io import CheckpointFolder
from badak.train import Callback, Checkpoint
from badak.train.position import Position
from badak.train.signals import held_back
from tests.train.trainings import fit_mlp, mlp_trainer, rows, same, trainer

pytestmark = pytest.mark.usefixtures("mode")

INT, TERM = signal.SIGINT, signal.SIGTERM


class SendAt(Callback):
    """Sends signals to its own process, as a terminal or an administrator would."""

    def __init__(self, step, *numbers, event="on_batch_end"):
        def send(trainer, *facts):
            if trainer.position.step == step:
                for number in numbers:
                    os.kill(os.getpid(), number)
                    self.after += 1

        self.after = 0
        setattr(self, event, send)


@pytest.fixture(autouse=True)
def _usual_handlers():
    before = {number: signal.getsignal(number) for number in (INT, TERM)}
    signal.signal(INT, signal.default_int_handler)
    signal.signal(TERM, signal.SIG_DFL)
    yield
    assert signal.getsignal(INT) is signal.default_int_handler
    assert signal.getsignal(TERM) == signal.SIG_DFL
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("event", ["on_batch_end", "on_epoch_end"])
@pytest.mark.parametrize(
    ("number", "error", "code"), [(INT, KeyboardInterrupt, None), (TERM, SystemExit, 143)]
)
def test_a_signal_leaves_a_checkpoint_that_can_be_resumed(tmp_path, number, error, code, event):
    saving = Checkpoint(tmp_path, every_batches=None)
    with pytest.raises(error) as caught:
        fit_mlp(mlp_trainer([SendAt(8, number, event=event), saving]))
    assert getattr(caught.value, "code", None) == code

    again = mlp_trainer().resume(tmp_path)
    assert again.position.step == 8

    assert same(fit_mlp(again), fit_mlp(mlp_trainer()))


@pytest.mark.parametrize("mode", ["eager"], indirect=True)  # see test_steps for machine code
def test_the_update_under_way_is_finished_first():
    calls = []

    def loss(prediction, t):
        if not calls:
            os.kill(os.getpid(), INT)
        calls.append(len(t))
        return nn.SoftmaxCrossEntropy()(prediction, t)

    training = trainer(loss=loss)
    with pytest.raises(KeyboardInterrupt):
        training.fit(rows(), batch_size=8)

    assert calls == [8]
    assert training.position.step == int(training.optimizer.steps) == 1
    assert training.position.whole


def test_the_second_ctrl_c_is_not_held_back():
    twice = SendAt(3, INT, INT, INT)
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(mlp_trainer([twice]))

    assert twice.after == 1  # the second one ended the callback where it stood


@pytest.mark.parametrize("mode", ["eager"], indirect=True)  # whose loss is called at each update
def test_a_second_ctrl_c_in_the_middle_of_an_update_leaves_the_network_as_before_it(tmp_path):
    def loss(prediction, t):
        if len(t) == 5 and training.position.step == 6:
            os.kill(os.getpid(), INT)
            os.kill(os.getpid(), INT)
        return nn.SoftmaxCrossEntropy()(prediction, t)

    saving = Checkpoint(tmp_path, every_batches=2)
    training = mlp_trainer([saving], loss=loss)
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(training)

    assert int(training.optimizer.steps) == training.position.step == 6
    whole = mlp_trainer([SendAt(6, INT)])
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(whole)
    ours, theirs = (t.net.state_dict() for t in (training, whole))
    assert {k: x.tobytes() for k, x in ours.items()} == {k: x.tobytes() for k, x in theirs.items()}


def test_a_signal_during_validation_is_heard(tmp_path):
    def metric(prediction, t):
        if len(t) == 6 and training.position.step == 8:
            os.kill(os.getpid(), INT)
        return 0.0

    training = mlp_trainer([Checkpoint(tmp_path)], metrics=[metric])
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(training)

    assert (training.position.step, len(training.history)) == (8, 2)


def test_a_long_validation_is_broken_off():
    class Net(nn.Linear):
        def forward(self, x):
            if len(x) > 100:
                seen.append(len(x))
                os.kill(os.getpid(), INT)
            return super().forward(x)

    seen = []
    training = trainer(Net(5, 3))
    with pytest.raises(KeyboardInterrupt):
        training.fit(rows(), batch_size=8, validation_data=rows(2500))

    assert seen == [1000]
    assert (training.position.step, len(training.history)) == (3, 0)


def test_what_is_not_whole_is_not_saved(tmp_path, monkeypatch):
    def count(position, size, values):
        if position.step == 6:
            raise KeyboardInterrupt
        plain(position, size, values)

    plain = Position.count
    monkeypatch.setattr(Position, "count", count)
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(mlp_trainer([Checkpoint(tmp_path, every_batches=5)]))

    # The weights are those of step 7 and the position is that of step 6.
    assert CheckpointFolder(tmp_path).numbers() == [4, 5]


def test_a_signal_at_the_very_end_is_not_lost():
    with pytest.raises(KeyboardInterrupt):
        fit_mlp(mlp_trainer([SendAt(20, INT, event="on_fit_end")]))


def test_handlers_of_the_user_are_left_alone():
    seen = []
    signal.signal(INT, lambda number, frame: seen.append(number))
    signal.signal(TERM, signal.SIG_IGN)
    training = fit_mlp(mlp_trainer([SendAt(2, INT, TERM)]))

    assert seen == [INT]
    assert training.position.step == 20
    signal.signal(INT, signal.default_int_handler)
    signal.signal(TERM, signal.SIG_DFL)


def test_a_handler_that_was_set_outside_of_python_is_left_alone(monkeypatch):
    monkeypatch.setattr("badak.train.signals.signal.getsignal", lambda number: None)

    with held_back() as interruption:
        interruption.check()


def test_other_threads_train_without_signals():
    found = []
    thread = threading.Thread(target=lambda: found.append(fit_mlp(mlp_trainer())))
    thread.start()
    thread.join()

    assert same(found[0], fit_mlp(mlp_trainer()))
