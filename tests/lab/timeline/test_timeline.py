"""Time travel: any step of a training comes back to the last bit, and can go another way."""

from __future__ import annotations

import os

import numpy as np
import pytest

from badak import nn, optim
from badak.base.errors import DTypeError, RangeError, StateError
from badak.base.random import seeded
from badak.data.augment import Noise
from badak.lab.timeline import Timeline
from badak.train import Callback, Checkpoint, ReduceLROnPlateau
from tests.lab.timeline.journeys import BOTH, busy, state_of
from tests.train.trainings import RaiseAt, mlp_trainer, numbers, records, rows, same, trainer


class Watch(Callback):
    """Notes the state after each update that ends no epoch, and at the end of each epoch."""

    rank = 200

    def __init__(self):
        self.seen = {}

    def on_batch_end(self, trainer, loss):
        if trainer.position.batch < trainer.batches_per_epoch:
            self.seen[trainer.position.step] = state_of(trainer)

    def on_epoch_end(self, trainer, record):
        self.seen[trainer.position.step] = state_of(trainer)


# ---- there and back ---------------------------------------------------------------------------


@BOTH
def test_back_1000_steps_and_forward_again(compiled):
    def make():
        with seeded(1):
            net = nn.Sequential(nn.Dropout(0.2), nn.Linear(5, 3))
        return Timeline(trainer(net, optim.Momentum(0.1), compile=compiled))

    timeline, again = make(), make()
    timeline.fit(rows(), epochs=400, batch_size=8)
    newest = state_of(timeline.trainer)
    again.fit(rows(), updates=200, batch_size=8)

    timeline.back(1000)
    assert (timeline.step, timeline.newest) == (200, 1200)
    assert numbers(timeline.trainer) == numbers(again.trainer)
    assert records(timeline.trainer) == records(again.trainer)
    assert state_of(timeline.to(1200).trainer) == newest


@BOTH
def test_every_step_is_what_it_was(compiled):
    watch = Watch()
    timeline = Timeline(busy(compiled, [watch]), every=3)
    timeline.fit(rows(), validation_split=0.25, epochs=9, batch_size=5, augment=Noise(0.1))
    seen = dict(watch.seen)
    assert sorted(seen) == list(range(1, 37))

    for step in (35, 36, 1, 7, 8, 9, 20, 19, 4, 33):
        assert state_of(timeline.to(step).trainer) == seen[step], step


def test_the_beginning_is_what_it_was():
    training = mlp_trainer()
    before = {k: x for k, x in numbers(training).items() if k.startswith("net/")}
    timeline = Timeline(training)
    timeline.fit(rows(), validation_split=0.25, epochs=2, batch_size=5)
    timeline.to(0)

    assert {k: x for k, x in numbers(training).items() if k.startswith("net/")} == before
    assert (len(training.history), int(training.optimizer.steps)) == (0, 0)


@BOTH
def test_several_fits_are_one_timeline(compiled):
    watch = Watch()
    timeline = Timeline(busy(compiled, [watch], optimizer=optim.Momentum(0.1)), every=2)
    timeline.fit(rows(), epochs=2, batch_size=5)
    timeline.trainer.optimizer.lr = 0.01
    timeline.fit(rows(12), updates=7, batch_size=4)
    timeline.fit(rows(9, seed=3), epochs=2, batch_size=3, shuffle=False)
    seen = dict(watch.seen)

    assert timeline.newest == 10 + 7 + 6
    for step in (23, 3, 10, 11, 16, 17, 18, 22, 9):
        timeline.to(step)
        assert state_of(timeline.trainer) == seen[step], step
    assert float(timeline.to(10).trainer.optimizer.lr) == 0.1
    assert float(timeline.to(11).trainer.optimizer.lr) == 0.01


def test_callbacks_that_steer_do_so_again():
    def make():
        plateau = ReduceLROnPlateau("val_loss", factor=0.5, patience=1)
        return mlp_trainer([plateau], patience=3)

    watch = Watch()
    training = make()
    training.callbacks.append(watch)
    timeline = Timeline(training, every=4)
    timeline.fit(rows(), validation_split=0.25, epochs=40, batch_size=5)
    end = state_of(training)
    assert "has not improved" in training.stop
    assert timeline.newest < 160
    assert len({record["lr"] for record in training.history}) > 2
    seen = dict(watch.seen)

    for step in (4, 13, timeline.newest - 1, 12, timeline.newest - 5):
        assert state_of(timeline.to(step).trainer) == seen[step], step
    assert state_of(timeline.to(timeline.newest).trainer) == end  # with the best weights put back


def test_the_end_of_a_fit_is_made_again_when_it_is_no_longer_kept():
    timeline = Timeline(mlp_trainer(patience=1), every=1000)
    timeline.fit(rows(), validation_split=0.25, epochs=40, batch_size=5)
    end, newest = state_of(timeline.trainer), timeline.newest
    timeline.fit(rows(), validation_split=0.25, epochs=1, batch_size=5)

    assert state_of(timeline.to(newest).trainer) == end


def test_what_shows_or_saves_is_not_told_of_a_replay(tmp_path, capsys):
    training = mlp_trainer([Checkpoint(tmp_path)])
    timeline = Timeline(training, every=50)
    timeline.fit(rows(), validation_split=0.25, epochs=3, batch_size=5)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    timeline.back(3)

    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert [type(each).__name__ for each in training.callbacks] == ["EarlyStopping", "Checkpoint"]


def test_a_training_in_which_nothing_was_recorded_stands_where_it_stands():
    timeline = Timeline(trainer())

    assert repr(timeline.to(0)) == "Timeline(main: step 0 of 0..0)"


def test_a_trainer_may_have_been_trained_before():
    training = trainer()
    training.fit(rows(), epochs=2, batch_size=8)
    timeline = Timeline(training)
    before = state_of(training)[:2]
    timeline.fit(rows(), epochs=2, batch_size=8)

    assert (timeline.first, timeline.newest) == (6, 12)
    assert state_of(timeline.to(6).trainer)[:2] == before
    with pytest.raises(RangeError, match=r"not recorded\n.*6\.\.12\n.* 5"):
        timeline.to(5)


# ---- broken off -------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_fit_that_was_broken_off_goes_on(error):
    whole = Timeline(mlp_trainer())
    whole.fit(rows(), validation_split=0.25, epochs=5, batch_size=5)
    timeline = Timeline(mlp_trainer([RaiseAt(7, error)]), every=3)
    with pytest.raises(error):
        timeline.fit(rows(), validation_split=0.25, epochs=5, batch_size=5)
    assert repr(timeline) == "Timeline(main: step 7 of 0..7, 1 fits to go)"

    timeline.to(2).to(7)
    timeline.trainer.callbacks.pop()
    timeline.go_on()

    assert same(timeline.trainer, whole.trainer)
    assert timeline.losses == whole.losses


def test_a_fit_that_is_refused_leaves_nothing():
    timeline = Timeline(trainer())
    with pytest.raises(RangeError, match="epochs"):
        timeline.fit(rows(), epochs=0)

    assert timeline.go_on() is timeline.trainer.history
    assert timeline.newest == 0


def test_data_that_change_by_themselves_are_found_out():
    data = rows()
    timeline = Timeline(trainer(), every=50)
    timeline.fit((data.x, data.t), epochs=4, batch_size=8)
    data.x[:] += 1

    with pytest.raises(StateError, match=r"data: saved with|replay differs"):
        timeline.back(2)


def test_a_loss_that_comes_out_otherwise_is_found_out():
    drift = [0.0]

    class Drifting(Callback):
        def on_batch_end(self, trainer, loss):
            drift[0] += 0.01
            trainer.optimizer.lr = 0.1 + drift[0]

    timeline = Timeline(trainer(callbacks=[Drifting()]), every=50)
    timeline.fit(rows(), epochs=4, batch_size=8)

    with pytest.raises(StateError, match="the replay differs from the record at step 3"):
        timeline.back(2)


# ---- used wrongly -----------------------------------------------------------------------------


def test_the_past_is_not_written_over():
    timeline = Timeline(trainer())
    timeline.fit(rows(), epochs=2, batch_size=8)
    timeline.back(2)

    for call in (lambda: timeline.fit(rows()), timeline.go_on):
        with pytest.raises(StateError, match=r"at step 4, and 6 are recorded\n.*to\(6\) first"):
            call()
    assert timeline.newest == 6


def test_a_trainer_that_was_trained_outside_is_told():
    timeline = Timeline(trainer())
    timeline.fit(rows(), epochs=1, batch_size=8)
    timeline.trainer.fit(rows(), epochs=1, batch_size=8)

    for call in (
        lambda: timeline.fit(rows()),
        lambda: timeline.to(2),
        lambda: timeline.branch("b"),
    ):
        with pytest.raises(StateError, match="outside of its timeline"):
            call()


def test_what_is_no_trainer_has_no_timeline():
    with pytest.raises(DTypeError, match="records a Trainer"):
        Timeline(nn.Linear(2, 2))
    with pytest.raises(DTypeError, match="takes another Timeline"):
        Timeline(trainer()).diff(trainer())
    with pytest.raises(RangeError, match="every"):
        Timeline(trainer(), every=0)


# ---- on disk ----------------------------------------------------------------------------------


def test_states_in_a_folder_are_the_same_states(tmp_path):
    in_memory = Timeline(mlp_trainer(patience=99), every=3)
    on_disk = Timeline(mlp_trainer(patience=99), folder=tmp_path / "states", every=3)
    for timeline in (in_memory, on_disk):
        timeline.fit(rows(), validation_split=0.25, epochs=10, batch_size=5)
        timeline.back(15)
    branch = on_disk.branch("b")
    branch.go_on()

    assert same(in_memory.trainer, on_disk.trainer)
    assert same(branch.trainer, in_memory.to(40).trainer)
    assert len(os.listdir(tmp_path / "states")) == len(in_memory._states) < 25
    with pytest.raises(StateError, match="is not empty"):
        Timeline(mlp_trainer(), folder=tmp_path / "states")


@pytest.mark.parametrize("updates", [50, 400])
def test_memory_grows_with_the_logarithm(updates):
    timeline = Timeline(trainer(), every=1)
    timeline.fit(rows(), updates=updates, batch_size=8)

    assert len(timeline._states) <= 10 + 4 * np.log2(updates / 8)


class Count(Callback):
    """How many updates were made."""

    def __init__(self):
        self.updates = 0

    def on_batch_end(self, trainer, loss):
        self.updates += 1


def test_a_step_back_replays_few_updates():
    count = Count()
    timeline = Timeline(trainer(callbacks=[count]), every=4)
    timeline.fit(rows(), updates=400, batch_size=8)
    for age in (1, 3, 10, 50, 99, 300, 399):
        timeline.to(400)
        count.updates = 0
        timeline.back(age)

        assert count.updates <= max(3, age / 3), age
