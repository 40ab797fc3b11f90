"""One process at a time in a folder."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from badak.base.disk import REAL_DISK, using
from badak.base.errors import BadakFileError, StateError
from badak.base.lock import FolderLock
from tests.disks import FaultyDisk, SimulatedDisk, WatchedDisk

HOLDER = """
    import sys
    from badak.base.lock import FolderLock

    with FolderLock(sys.argv[1]):
        print("locked", flush=True)
        sys.stdin.read()
"""


ORPHAN = """
    import os, sys
    from badak.base.lock import FolderLock

    FolderLock(sys.argv[1]).__enter__()
    if os.fork():
        os._exit(0)
    print("locked", flush=True)
    sys.stdin.read()
    os._exit(0)
"""


def holder(folder, program: str = HOLDER) -> subprocess.Popen[str]:
    """Another process that holds the lock of a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "locked\n"
    return process


class Lockless(WatchedDisk):
    """A disk without file locks, as on Windows and some networks."""

    def lock(self, handle: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")


def test_a_second_process_gets_an_error_with_the_pid_of_the_first(tmp_path):
    with holder(tmp_path) as other:
        with (
            pytest.raises(StateError, match=f"in use by process {other.pid}\\n"),
            FolderLock(tmp_path),
        ):
            pass
        other.stdin.close()

    with FolderLock(tmp_path):
        pass


def test_a_killed_process_holds_nothing(tmp_path):
    with holder(tmp_path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()

        with FolderLock(tmp_path):
            assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_outlives_its_parent_is_told_of(tmp_path):
    with holder(tmp_path, ORPHAN) as gone:
        gone.wait()
        with pytest.raises(StateError, match="has ended; a process that it started holds it"):
            FolderLock(tmp_path).__enter__()


def test_the_same_process_cannot_enter_twice(tmp_path):
    lock = FolderLock(tmp_path)
    with lock:
        for other in (lock, FolderLock(tmp_path)):
            with pytest.raises(StateError, match="which opened it twice"), other:
                pass

    with lock:
        pass


def test_locks_of_different_names_do_not_meet(tmp_path):
    with FolderLock(tmp_path), FolderLock(tmp_path, ".other"):
        assert sorted(os.listdir(tmp_path)) == [".lock", ".other"]


def test_an_error_in_the_block_frees_the_lock(tmp_path):
    with pytest.raises(ZeroDivisionError), FolderLock(tmp_path):
        1 / 0  # noqa: B018  # raising is its purpose

    with FolderLock(tmp_path):
        pass


def test_without_locks_of_the_system_a_file_is_the_lock(tmp_path):
    with using(Lockless(REAL_DISK)), FolderLock(tmp_path):
        with pytest.raises(StateError, match="in use by this process"):
            FolderLock(tmp_path).__enter__()
        assert (tmp_path / ".lock-owner").exists()

    assert not (tmp_path / ".lock-owner").exists()


def test_without_locks_of_the_system_a_dead_owner_is_replaced(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / ".lock-owner").write_text(f"{gone.pid}\n")

    with using(Lockless(REAL_DISK)), FolderLock(tmp_path):
        assert (tmp_path / ".lock-owner").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("owner", ["", "nonsense", "99999999999999999999999"])
def test_without_locks_of_the_system_an_unknown_owner_is_believed(tmp_path, owner):
    (tmp_path / ".lock-owner").write_text(owner)

    with using(Lockless(REAL_DISK)), pytest.raises(StateError, match="in use") as caught:
        FolderLock(tmp_path).__enter__()

    assert "if no process uses it, remove" in caught.value.hint


OPEN, LOCK, TRUNCATE, WRITE, SECOND_OPEN, SECOND_WRITE = 0, 1, 2, 3, 3, 4


@pytest.mark.parametrize(
    ("wrapper", "at"),
    [
        *((WatchedDisk, call) for call in (OPEN, LOCK, TRUNCATE, WRITE)),
        *((Lockless, call) for call in (OPEN, LOCK, SECOND_OPEN, SECOND_WRITE)),
    ],
)
def test_a_lock_that_cannot_be_made_is_reported_and_free_afterwards(wrapper, at):
    below = wrapper(SimulatedDisk({"/run": None}))
    with (
        using(FaultyDisk(below, at, errno.EIO)),
        pytest.raises(BadakFileError, match="cannot lock"),
    ):
        FolderLock("/run").__enter__()

    with using(below), FolderLock("/run"):
        pass


def test_a_lock_is_free_even_when_closing_its_file_reports_an_error():
    inner = SimulatedDisk({"/run": None})
    count = FaultyDisk(SimulatedDisk({"/run": None}))
    with using(count), FolderLock("/run"):
        pass

    for at in (len(count.calls) - 2, len(count.calls) - 1):
        with using(FaultyDisk(inner, at, errno.EIO)), FolderLock("/run"):
            pass
    with using(inner), FolderLock("/run"):
        pass


def test_leaving_a_lock_that_was_not_entered_does_nothing(tmp_path):
    FolderLock(tmp_path).__exit__(None, None, None)

    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(BadakFileError, match=r"cannot lock the folder .*no such"):
        FolderLock(tmp_path / "absent").__enter__()
