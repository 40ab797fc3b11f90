"""Every call of a save fails once, dies once, and loses power once: a whole checkpoint remains."""

from __future__ import annotations

import errno
import warnings

import pytest

from badak.base.disk import using
from badak.base.errors import BadakFileError
from badak.base.files import leftovers
from badak.io import Archive, CheckpointFolder, CheckpointWarning
from tests.disks import Died, FaultyDisk, Image, SimulatedDisk, WatchedDisk
from tests.io import samples

ERRORS = [
    errno.ENOSPC,
    errno.EIO,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EFBIG,
    errno.EINTR,
]


def save(number: int) -> None:
    CheckpointFolder("/run").save(number, samples.tensors(number), samples.record(number))


def disk_with(*numbers: int) -> SimulatedDisk:
    """A disk that has come to rest after these saves."""
    disk = SimulatedDisk()
    with using(disk):
        for number in numbers:
            save(number)
    return SimulatedDisk(disk.image())


def latest(disk: SimulatedDisk) -> Archive | None:
    with using(disk):
        return CheckpointFolder("/run").latest()


def calls_of_a_save() -> list[str]:
    disk = FaultyDisk(disk_with(1, 2))
    with using(disk):
        save(3)
    return disk.calls


CALLS = calls_of_a_save()


def test_a_save_is_made_of_calls_that_can_fail():
    assert {"open", "write", "fsync", "close", "replace", "unlink", "listdir", "lock"} <= set(CALLS)


# ---- errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ERRORS, ids=lambda fault: errno.errorcode[fault])
@pytest.mark.parametrize("at", range(len(CALLS)))
def test_a_call_that_fails_is_reported_and_a_whole_checkpoint_remains(at, fault):
    inner = disk_with(1, 2)
    error, warned = try_to_save(3, FaultyDisk(inner, at, fault))

    saved = samples.same(latest(inner), 3)
    assert saved or samples.same(latest(inner), 2)
    if error is not None:
        assert error.errno == fault
        assert "/run" in error.what
    else:
        # Once it is durable, a failure to tidy up is a warning, one to let go of the lock nothing.
        assert saved
        assert warned or at >= len(CALLS) - 2


def try_to_save(number: int, disk: FaultyDisk) -> tuple[BadakFileError | None, int]:
    """The error of a save, and the number of its warnings."""
    with warnings.catch_warnings(record=True) as warned, using(disk):
        warnings.simplefilter("always", CheckpointWarning)
        try:
            save(number)
        except BadakFileError as error:
            return error, len(warned)
    return None, len(warned)


@pytest.mark.parametrize("at", range(len(CALLS)))
def test_the_next_save_works_and_tidies_up(at):
    inner = disk_with(1, 2)
    try_to_save(3, FaultyDisk(inner, at, errno.ENOSPC))
    with using(inner):
        save(4)

        assert samples.same(latest(inner), 4)
        assert len(CheckpointFolder("/run").numbers()) == 2
        assert leftovers("/run") == []


@pytest.mark.parametrize("at", range(len(CALLS)))
def test_short_writes_are_completed(at):
    inner = disk_with(1, 2)
    with using(FaultyDisk(inner, at, "short write")):
        save(3)

    assert samples.same(latest(inner), 3)


@pytest.mark.parametrize("at", range(len(calls_of_a_save())))
def test_a_first_save_that_fails_leaves_nothing_or_the_whole(at):
    inner = SimulatedDisk()
    error, _ = try_to_save(1, FaultyDisk(inner, at, errno.EIO))

    archive = latest(inner)
    assert samples.same(archive, 1) or (archive is None and error is not None)


# ---- deaths ---------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(CALLS)))
def test_death_at_any_call_leaves_a_whole_checkpoint(at):
    inner = disk_with(1, 2)
    with using(FaultyDisk(inner, at, "death")), pytest.raises(Died):
        save(3)
    inner.close_all()

    assert samples.same(latest(inner), 2) or samples.same(latest(inner), 3)
    with using(inner):
        save(4)
        assert samples.same(latest(inner), 4)
        assert leftovers("/run") == []


# ---- loss of power --------------------------------------------------------------------------


class Recorder(WatchedDisk):
    """Keeps every state in which the disk could come back, had power failed after any call."""

    def __init__(self, inner: SimulatedDisk) -> None:
        super().__init__(inner)
        self.images: dict[frozenset, Image] = {}

    def gate(self, call, *args):
        result = super().gate(call, *args)
        for image in self.inner.crash_images():
            self.images[frozenset(image.items())] = image
        return result


class Forgetful(Recorder):
    """A disk on which fsync does nothing."""

    def fsync(self, handle: int) -> None:
        pass


def images_of_a_save(start: SimulatedDisk, number: int, kind=Recorder) -> list[Image]:
    recorder = kind(start)
    with using(recorder):
        save(number)
    return list(recorder.images.values())


@pytest.mark.parametrize("before", [(1,), (1, 2)])
def test_loss_of_power_at_any_call_leaves_a_whole_checkpoint(before):
    images = images_of_a_save(disk_with(*before), 3)
    found = [latest(SimulatedDisk(image)) for image in images]

    assert all(samples.same(one, before[-1]) or samples.same(one, 3) for one in found)
    assert {one.record["epoch"] for one in found} == {before[-1], 3}


def test_loss_of_power_during_the_first_save_leaves_nothing_or_the_whole():
    images = images_of_a_save(SimulatedDisk(), 3)
    found = [latest(SimulatedDisk(image)) for image in images]

    assert all(one is None or samples.same(one, 3) for one in found)


def test_loss_of_power_while_a_checkpoint_is_replaced_leaves_one_of_the_two():
    start = disk_with(1, 2)
    with using(Recorder(start)) as recorder:
        CheckpointFolder("/run").save(2, {}, {"again": True})

    for image in recorder.images.values():
        archive = latest(SimulatedDisk(image))
        assert archive.record == {"again": True} or samples.same(archive, 2)


def test_loss_of_power_after_a_save_keeps_it():
    disk = disk_with(1, 2)
    with using(disk):
        save(3)

    images = list(disk.crash_images())
    assert all(samples.same(latest(SimulatedDisk(image)), 3) for image in images)


def test_after_any_loss_of_power_the_next_save_works():
    for image in images_of_a_save(disk_with(1, 2), 3):
        disk = SimulatedDisk(image)
        with using(disk):
            save(4)
            assert samples.same(latest(disk), 4)
            assert leftovers("/run") == []


def test_the_recorder_notices_when_nothing_is_synced():
    images = images_of_a_save(disk_with(2), 3, Forgetful)
    damaged = 0
    for image in images:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            latest(SimulatedDisk(image))
        damaged += bool(warned)

    assert damaged > 0
