"""What differs between systems, shown by a stand-in for the module that only some have."""

from __future__ import annotations

import errno
import os
import threading
from types import SimpleNamespace

import pytest

from badak.base import disk
from badak.base.disk import REAL_DISK, current_disk, using
from badak.base.files import sync_folder, write_atomically
from badak.base.lock import FolderLock
from tests.disks import SimulatedDisk, WatchedDisk


def like_macos(error: int | None, asked: list[int]) -> SimpleNamespace:
    def fcntl(handle: int, command: int) -> None:
        asked.append(command)
        if error is not None:
            raise OSError(error, os.strerror(error))

    return SimpleNamespace(F_FULLFSYNC=51, fcntl=fcntl)


@pytest.mark.parametrize("error", [None, errno.ENOTSUP])
def test_macos_is_asked_to_flush_the_drive_too(tmp_path, monkeypatch, error):
    asked: list[int] = []
    monkeypatch.setattr(disk, "fcntl", like_macos(error, asked))
    write_atomically(tmp_path / "file", b"x")

    assert asked == [51, 51]


def test_macos_reports_a_flush_that_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "fcntl", like_macos(errno.EIO, []))

    with pytest.raises(OSError, match="reports an error"):
        write_atomically(tmp_path / "file", b"x")


def test_a_system_without_fcntl_locks_by_the_existence_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "fcntl", None)

    with FolderLock(tmp_path):
        assert (tmp_path / ".lock-owner").exists()
    assert not (tmp_path / ".lock-owner").exists()


class NoFolderSync(WatchedDisk):
    """Some network disks cannot fsync a folder."""

    def fsync(self, handle: int) -> None:
        raise OSError(errno.EINVAL, "invalid argument")


def test_a_disk_that_cannot_sync_folders_is_accepted(tmp_path):
    with using(NoFolderSync(REAL_DISK)):
        sync_folder(str(tmp_path))


def test_using_a_disk_is_a_matter_of_one_thread():
    seen = []
    with using(SimulatedDisk()) as mine:
        thread = threading.Thread(target=lambda: seen.append(current_disk()))
        thread.start()
        thread.join()

        assert current_disk() is mine
    assert seen == [REAL_DISK]
    assert current_disk() is REAL_DISK
