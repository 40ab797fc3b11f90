"""A training on a disk that fails: each call of the system in turn, each kind of fault."""

from __future__ import annotations

import errno
import itertools
import os
import warnings

import pytest

from badak import optim
from badak.base.disk import using
from badak.base.errors import BadakFileError
from badak.io import CheckpointFolder, CheckpointWarning
from badak.train import Callback, Checkpoint
from tests.disks import Died, FaultyDisk, SimulatedDisk
from tests.train.trainings import numbers, records, rows, same, trainer

RUN = "/run"
STEPS = 6
FAULTS = [errno.ENOSPC, errno.EIO, errno.EACCES, "short write"]


class Look(Callback):
    """Knows the newest step whose checkpoint was saved without an error."""

    rank = 101

    def __init__(self, saving):
        self.saving = saving
        self.safe = 0

    def on_batch_end(self, trainer, loss):
        self.safe = self.saving._saved

    on_epoch_end = on_batch_end


def make(every=2):
    saving = Checkpoint(RUN, every_batches=every)
    look = Look(saving)
    return trainer(optimizer=optim.Momentum(0.1), callbacks=[saving, look], seed=2), look


def fit(training):
    # 18 rows in batches of 7: 3 steps an epoch, saved after steps 2, 3, 4, 6 and 6 again.
    training.fit(rows(18), epochs=2, batch_size=7)
    return training


def blank():
    return SimulatedDisk({"/": None})


@pytest.fixture(scope="module")
def whole():
    with using(FaultyDisk(blank())) as disk:
        training, _ = make()
        fit(training)
    assert training.position.step == STEPS
    return training, len(disk.calls)


def resumed(disk):
    """A new process: finds the newest checkpoint, or begins anew, and trains to the end."""
    with using(disk):
        training, _ = make()
        found = CheckpointFolder(RUN).latest() is not None
        step = training.resume(RUN).position.step if found else 0
        return fit(training), step


def broken(at, fault):
    """A training with one fault; what it raised, and the disk as it is afterwards."""
    disk = blank()
    training, look = None, None
    with using(FaultyDisk(disk, at, fault)), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            training, look = make()
            fit(training)
        except (BadakFileError, Died) as error:
            return disk, training, look, error, told
    return disk, training, look, None, told


def test_a_whole_training_makes_many_calls(whole):
    _, calls = whole

    assert calls > 150


@pytest.mark.parametrize("part", range(8))
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_one_failing_call(fault, part, whole):
    training_whole, calls = whole
    for at in range(part, calls, 8):
        disk, training, look, error, told = broken(at, fault)

        if error is None:
            assert same(training, training_whole)
            assert {warning.category for warning in told} <= {CheckpointWarning}
        else:
            assert error.errno == fault
            assert RUN in error.filename
            assert error.hint is not None
        again, step = resumed(disk)
        # The one after the fault succeeds: what was broken off is saved as it stands.
        assert step >= look.safe
        assert step == training.position.step
        assert same(again, training_whole)


@pytest.mark.parametrize("part", range(4))
def test_a_process_that_dies_in_a_call(part, whole):
    training_whole, calls = whole
    for at in range(part, calls, 4):
        disk, _, look, error, _ = broken(at, "death")
        assert isinstance(error, Died)
        disk.close_all()

        again, step = resumed(disk)
        assert step >= (look.safe if look else 0)
        assert same(again, training_whole)


def test_a_loss_of_power_in_a_call(whole):
    states = {}

    class Keep(Callback):
        rank = 1

        def on_batch_end(self, trainer, loss):
            states[trainer.position.step] = numbers(trainer)

    with using(blank()):
        training, _ = make()
        training.callbacks.insert(0, Keep())
        fit(training)
    _, calls = whole
    seen = 0
    for at in range(0, calls, 3):
        disk, _, look, _, _ = broken(at, "death")
        for image in itertools.islice(disk.crash_images(), 40):
            with using(SimulatedDisk(image)), warnings.catch_warnings():
                warnings.simplefilter("ignore", CheckpointWarning)
                if CheckpointFolder(RUN).latest() is None:
                    assert look is None or look.safe == 0
                    continue
                again, _ = make()
                again.resume(RUN)
            seen += 1
            assert again.position.step >= look.safe
            assert numbers(again) == states[again.position.step]

    assert seen > 500


def test_a_disk_that_stays_full_ends_the_training_and_keeps_the_older_checkpoint(whole):
    class Full(FaultyDisk):
        def write(self, handle, data):
            if full and len(data) > 100:
                raise OSError(errno.ENOSPC, "full")
            return super().write(handle, data)

    class FillUp(Callback):
        def on_batch_end(self, trainer, loss):
            if trainer.position.step == 5:
                full.append(True)

    full, disk = [], blank()
    with using(Full(disk)):
        training, _ = make()
        training.callbacks.insert(0, FillUp())
        with pytest.raises(BadakFileError, match="no space left on the disk") as caught:
            fit(training)
    assert "3.0 MB free" in caught.value.got
    assert "an older file of that name is whole" in caught.value.what

    again, step = resumed(disk)
    assert step == 4
    assert same(again, whole[0])
    assert records(again) == records(whole[0])


def test_a_disk_that_cannot_be_written_to_is_told_before_the_first_update():
    class ReadOnly(FaultyDisk):
        def open(self, path, flags):
            if path.startswith(RUN) and flags:
                raise OSError(errno.EROFS, "read-only")
            return super().open(path, flags)

    with using(ReadOnly(SimulatedDisk({"/": None, RUN: None}))):
        training, _ = make()
        with pytest.raises(BadakFileError, match="the disk is read-only"):
            fit(training)

    assert training.position.step == 0


def test_a_folder_that_has_become_unwritable_is_told_before_the_first_update():
    class NoNewFiles(FaultyDisk):
        def open(self, path, flags):
            if flags & os.O_EXCL:
                raise OSError(errno.EACCES, "no permission")
            return super().open(path, flags)

    disk = blank()
    with using(disk):
        fit(make()[0])
    with using(NoNewFiles(disk)):
        training, _ = make()
        training.resume(RUN)
        with pytest.raises(BadakFileError, match="cannot write into the folder '/run'"):
            training.fit(rows(18), epochs=4, batch_size=7)

    assert training.position.step == STEPS
