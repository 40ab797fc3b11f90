"""Learning rates that change in a training: by a schedule, by assignment, by a callback."""

from __future__ import annotations

import pytest

from badak import optim
from badak.optim import schedules
from badak.train import Callback, Checkpoint
from tests.train.trainings import mlp, numbers, records, rows, trainer

COSINE = schedules.WarmUp(schedules.Cosine(0.05, steps=12), steps=3)


class Assign(Callback):
    """Sets the rate before each update, as one does by hand."""

    def __init__(self, schedule):
        self.schedule = schedule

    def on_fit_start(self, trainer):
        trainer.optimizer.lr = self.schedule(trainer.position.step)

    def on_batch_end(self, trainer, loss):
        trainer.optimizer.lr = self.schedule(trainer.position.step)


def fitted(optimizer, *callbacks, epochs=4, **settings):
    training = trainer(mlp(), optimizer, callbacks=list(callbacks), **settings)
    training.fit(rows(), epochs=epochs, batch_size=8)  # three updates an epoch
    return training


@pytest.mark.technique(66)
def test_a_schedule_is_what_assigning_its_values_is(mode):
    by_schedule = fitted(optim.Momentum(COSINE))
    by_hand = fitted(optim.Momentum(), Assign(COSINE))

    one, other = by_schedule.net.state_dict(), by_hand.net.state_dict()
    for name in one:
        assert one[name] == pytest.approx(other[name], rel=1e-6, abs=1e-7), name


@pytest.mark.technique(66)
def test_a_compiled_training_follows_the_schedule_of_the_eager_one():
    eager, compiled = (fitted(optim.Adam(COSINE), compile=c) for c in (False, True))

    assert compiled.history["loss"] == pytest.approx(eager.history["loss"], rel=1e-4)
    assert compiled.history["lr"] == eager.history["lr"]


def test_a_resumed_training_goes_on_where_the_schedule_stood(mode, tmp_path):
    straight = fitted(optim.Adam(COSINE))
    fitted(optim.Adam(COSINE), Checkpoint(tmp_path), epochs=2)
    resumed = trainer(mlp(), optim.Adam(COSINE)).resume(tmp_path)
    resumed.fit(rows(), epochs=4, batch_size=8)

    assert numbers(resumed) == numbers(straight)
    assert records(resumed) == records(straight)


def test_the_history_has_the_rate_that_each_epoch_ends_with():
    training = fitted(optim.SGD(COSINE))

    assert training.history["lr"] == [COSINE(3 * (epoch + 1)) for epoch in range(4)]


def test_a_rate_that_is_a_number_is_not_in_the_history():
    assert "lr" not in fitted(optim.SGD(0.1)).history.names


def test_a_training_with_another_schedule_is_not_resumed(tmp_path):
    fitted(optim.Adam(COSINE), Checkpoint(tmp_path), epochs=2)

    with pytest.raises(Exception, match="optimizer: saved with Adam"):
        trainer(mlp(), optim.Adam(schedules.Cosine(0.05, steps=9))).resume(tmp_path)
