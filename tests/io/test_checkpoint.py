"""A folder of checkpoints: the newest two, ordered by number, and the older one in need."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest

from badak.base.disk import using
from badak.base.errors import BadakFileError, DTypeError, RangeError, StateError
from badak.base.files import leftover_name
from badak.base.lock import FolderLock
from badak.io import CheckpointFolder, CheckpointWarning, NewerFormatError, archive_bytes
from tests.disks import FaultyDisk, SimulatedDisk, WatchedDisk
from tests.io import samples
from tests.io.test_archive import sealed


@pytest.fixture
def checkpoints(tmp_path):
    """A folder that holds checkpoints 1 and 2."""
    folder = CheckpointFolder(tmp_path / "run")
    save(folder, 1)
    save(folder, 2)
    return folder


def save(folder: CheckpointFolder, number: int) -> None:
    folder.save(number, samples.tensors(number), samples.record(number))


def damage(path: str, place: int = -1) -> None:
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        data[place] ^= 1
        file.seek(0)
        file.write(data)


# ---- saving and finding ---------------------------------------------------------------------


def test_a_folder_without_checkpoints_has_no_latest(tmp_path):
    assert CheckpointFolder(tmp_path).latest() is None
    assert CheckpointFolder(tmp_path / "absent").latest() is None
    assert os.listdir(tmp_path) == []


def test_the_latest_is_what_was_saved_last(checkpoints):
    assert samples.same(checkpoints.latest(), 2)
    assert samples.same(CheckpointFolder(checkpoints.folder).latest(), 2)
    assert samples.same(checkpoints.load(1), 1)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_newest_few_are_kept(tmp_path, keep):
    folder = CheckpointFolder(tmp_path, keep=keep)
    for number in range(5):
        save(folder, number)

    assert folder.numbers() == [2, 3, 4][-keep:]
    assert len(os.listdir(tmp_path)) == 2 * keep + 1  # archive and manifest of each, and the lock


def test_the_order_is_that_of_numbers_not_of_clocks_or_letters(tmp_path):
    folder = CheckpointFolder(tmp_path)
    for number in (99_999_999, 100_000_000):
        folder.save(number, {}, {"number": number})
    os.utime(folder.path(99_999_999), (2e9, 2e9))
    os.utime(folder.path(100_000_000), (0, 0))

    assert folder.numbers() == [99_999_999, 100_000_000]
    assert folder.latest().record == {"number": 100_000_000}


def test_a_checkpoint_of_the_same_number_is_replaced(checkpoints):
    checkpoints.save(2, {}, {"again": True})

    assert checkpoints.numbers() == [1, 2]
    assert checkpoints.latest().record == {"again": True}


def test_the_manifest_beside_it_is_for_people(checkpoints):
    path = checkpoints.path(2).replace("safetensors", "json")
    with open(path, encoding="utf-8") as file:
        text = file.read()

    assert json.loads(text)["record"] == samples.record(2)
    assert json.loads(text)["tensors"]["step"]["bytes"] == 8
    assert '\n    "이름": "🦣"' in text


def test_a_missing_or_damaged_manifest_changes_nothing(checkpoints):
    path = checkpoints.path(2).replace("safetensors", "json")
    damage(path)
    assert samples.same(checkpoints.latest(), 2)

    os.remove(path)
    assert samples.same(checkpoints.latest(), 2)


def test_what_killed_saves_left_goes_with_the_next_save(checkpoints):
    for name in (leftover_name(), leftover_name(), "checkpoint-00000003.json"):
        open(os.path.join(checkpoints.folder, name), "x").close()
    save(checkpoints, 4)

    assert sorted(os.listdir(checkpoints.folder)) == [
        ".saving.lock",
        "checkpoint-00000002.json",
        "checkpoint-00000002.safetensors",
        "checkpoint-00000004.json",
        "checkpoint-00000004.safetensors",
    ]


def test_files_of_others_are_left_alone(checkpoints):
    names = [
        "notes.txt",
        "checkpoint-3.safetensors",
        "checkpoint-000000003.json",
        "best.safetensors",
    ]
    for name in names:
        open(os.path.join(checkpoints.folder, name), "x").close()
    save(checkpoints, 4)

    assert set(names) < set(os.listdir(checkpoints.folder))
    assert checkpoints.numbers() == [2, 4]


@pytest.mark.parametrize("folder", ["바닥", "with space", "🦣", "two\nlines"])
def test_unusual_folder_names_work(tmp_path, folder):
    checkpoints = CheckpointFolder(tmp_path / folder / folder)
    save(checkpoints, 1)

    assert samples.same(checkpoints.latest(), 1)


# ---- damage ---------------------------------------------------------------------------------


def test_a_damaged_newest_is_reported_and_the_older_is_used(checkpoints):
    damage(checkpoints.path(2))

    with pytest.warns(CheckpointWarning, match="checksum differs.*; using checkpoint 1") as caught:
        archive = checkpoints.latest()
    assert samples.same(archive, 1)
    assert caught[0].filename == __file__


def test_no_bit_of_the_newest_can_change_unnoticed(checkpoints):
    with open(checkpoints.path(2), "rb") as file:
        whole = file.read()
    rng = np.random.default_rng(1)
    for bit in rng.permutation(8 * len(whole))[:100].tolist():
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with open(checkpoints.path(2), "wb") as file:
            file.write(changed)

        with pytest.warns(CheckpointWarning, match="using checkpoint 1"):
            assert samples.same(checkpoints.latest(), 1)


@pytest.mark.parametrize("size", [0, 7, 8, 100, -1])
def test_a_cut_newest_falls_back(checkpoints, size):
    with open(checkpoints.path(2), "rb") as file:
        data = file.read()
    with open(checkpoints.path(2), "wb") as file:
        file.write(data[:size])

    with pytest.warns(CheckpointWarning, match="using checkpoint 1"):
        assert samples.same(checkpoints.latest(), 1)


def test_when_all_are_damaged_each_reason_is_given(checkpoints):
    damage(checkpoints.path(1))
    os.truncate(checkpoints.path(2), 0)

    with pytest.raises(BadakFileError, match=r"no checkpoint in .* is whole") as caught:
        checkpoints.latest()
    assert "00000001.safetensors': tensor" in caught.value.got
    assert (
        "00000002.safetensors': not a safetensors file, or cut off; got an empty"
        in caught.value.got
    )


def test_a_damaged_newer_one_makes_place_for_training_that_goes_on(checkpoints):
    checkpoints.save(9, {}, {})
    damage(checkpoints.path(9))
    save(checkpoints, 3)
    save(checkpoints, 4)

    assert checkpoints.numbers() == [3, 4]
    assert os.path.exists(os.path.join(checkpoints.folder, "checkpoint-00000009.damaged"))


def test_a_whole_newer_one_is_never_overtaken(checkpoints):
    with pytest.raises(StateError, match="already holds checkpoint 2, newer than 1") as caught:
        save(CheckpointFolder(checkpoints.folder), 1)

    assert "resume from it" in caught.value.hint
    assert samples.same(checkpoints.latest(), 2)


def test_one_of_a_newer_badak_is_neither_used_nor_put_aside(checkpoints):
    data = archive_bytes({}, {}).replace(b'\\"format\\":1', b'\\"format\\":2')
    with open(checkpoints.path(9), "xb") as file:
        file.write(sealed(data))

    with pytest.raises(NewerFormatError, match="format 2, this Badak reads up to 1"):
        checkpoints.latest()
    with pytest.raises(StateError, match="already holds checkpoint 9"):
        save(checkpoints, 3)


class Racing(WatchedDisk):
    """Another process saves and prunes after this one has listed the folder."""

    def __init__(self, inner: SimulatedDisk, races: int) -> None:
        super().__init__(inner)
        self.races = races

    def listdir(self, path: str) -> list[str]:
        names = super().listdir(path)
        if self.races:
            self.races -= 1
            with using(self.inner):
                folder = CheckpointFolder("/run")
                newest = max(folder.numbers())
                save(folder, newest + 1)
                save(folder, newest + 2)
        return names


def test_checkpoints_that_vanish_while_looking_are_looked_for_again():
    inner = SimulatedDisk({"/run": None})
    with using(inner):
        save(CheckpointFolder("/run"), 1)

    with using(Racing(inner, 1)):
        assert samples.same(CheckpointFolder("/run").latest(), 3)
    with using(Racing(inner, 1000)), pytest.raises(BadakFileError, match="is whole"):
        CheckpointFolder("/run").latest()


def test_an_error_that_is_no_damage_puts_nothing_aside():
    inner = SimulatedDisk({"/run": None})
    with using(inner):
        save(CheckpointFolder("/run"), 9)
    calls = FaultyDisk(SimulatedDisk(inner.image()))
    with using(calls), pytest.raises(StateError):
        save(CheckpointFolder("/run"), 3)
    opening = max(at for at, call in enumerate(calls.calls) if call == "open")

    with using(FaultyDisk(inner, opening, errno.EMFILE)), pytest.raises(BadakFileError) as caught:
        save(CheckpointFolder("/run"), 3)
    assert caught.value.errno == errno.EMFILE
    assert "checkpoint-00000009.safetensors" in inner.listdir("/run")


# ---- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize("number", [-1, 10**18])
def test_a_number_out_of_range_is_refused(checkpoints, number):
    with pytest.raises(RangeError, match="checkpoint number is out of range"):
        checkpoints.save(number, {}, {})


def test_a_number_must_be_whole(checkpoints):
    with pytest.raises(DTypeError, match="checkpoint number must be a whole number"):
        checkpoints.save(2.5, {}, {})


def test_it_prints_as_it_is_made(tmp_path):
    assert repr(CheckpointFolder(tmp_path)) == f"CheckpointFolder('{tmp_path}', keep=2)"


def test_nothing_is_kept_of_no_checkpoint(tmp_path):
    with pytest.raises(RangeError, match="keep must be at least 1"):
        CheckpointFolder(tmp_path, keep=0)


def test_what_cannot_be_stored_is_refused_before_anything_changes(tmp_path):
    with pytest.raises(RangeError, match=r"record\.loss is not finite"):
        CheckpointFolder(tmp_path / "run").save(1, {}, {"loss": float("inf")})

    assert os.listdir(tmp_path) == []


def test_a_folder_in_which_somebody_saves_is_refused(checkpoints):
    with (
        FolderLock(checkpoints.folder, ".saving.lock"),
        pytest.raises(StateError, match="in use by"),
    ):
        save(checkpoints, 3)

    save(checkpoints, 3)
    assert checkpoints.numbers() == [2, 3]


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "run").touch()

    for use in (lambda folder: save(folder, 1), CheckpointFolder.numbers, CheckpointFolder.latest):
        with pytest.raises(BadakFileError, match="is a file, not a folder"):
            use(CheckpointFolder(tmp_path / "run"))


def test_a_folder_that_cannot_be_listed_is_no_empty_folder():
    disk = FaultyDisk(SimulatedDisk({"/run": None}), 0, errno.EACCES)
    with using(disk), pytest.raises(BadakFileError, match="cannot list the folder '/run'"):
        CheckpointFolder("/run").latest()
