"""Writing and reading files: whole or not at all, and errors that say what to do."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap

import pytest

from badak.base.disk import using
from badak.base.errors import BadakFileError, DTypeError
from badak.base.files import (
    check_writable,
    leftover_name,
    leftovers,
    list_folder,
    make_folder,
    read_bytes,
    remove,
    rename,
    size_text,
    sweep,
    write_atomically,
)
from tests.disks import Died, FaultyDisk, SimulatedDisk, WatchedDisk

FAULTS = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EINTR]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
OLD, NEW = b"old" * 10, [b"new" * 7, b"", b"er" * 9]


def disk_with_old() -> SimulatedDisk:
    return SimulatedDisk({"/run": None, "/run/model": OLD})


def content(disk: SimulatedDisk) -> bytes:
    with using(disk):
        return read_bytes("/run/model")


def count_calls() -> int:
    disk = FaultyDisk(disk_with_old())
    with using(disk):
        write_atomically("/run/model", NEW)
    return len(disk.calls)


# ---- what works -----------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_written_bytes_are_read_back(tmp_path, data):
    write_atomically(tmp_path / "file", data)

    assert read_bytes(tmp_path / "file") == bytes(data)
    assert os.listdir(tmp_path) == ["file"]


def test_pieces_are_joined_and_the_old_file_is_replaced(tmp_path):
    write_atomically(tmp_path / "file", OLD)
    write_atomically(tmp_path / "file", NEW)

    assert read_bytes(tmp_path / "file") == b"".join(NEW)


def test_the_order_of_the_calls_is_the_promise():
    disk = FaultyDisk(disk_with_old())
    with using(disk):
        write_atomically("/run/model", b"x")

    assert disk.calls == ["open", "write", "fsync", "close", "replace", "open", "fsync", "close"]


def test_without_durability_a_kill_is_survived_all_the_same():
    disk = FaultyDisk(disk_with_old())
    with using(disk):
        write_atomically("/run/model", b"x", durable=False)

    assert disk.calls == ["open", "write", "close", "replace"]


def test_a_link_is_followed_not_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far" / "file")
    write_atomically(tmp_path / "near", b"x")

    assert (tmp_path / "near").is_symlink()
    assert (tmp_path / "far" / "file").read_bytes() == b"x"


def test_folders_are_made_with_those_above_them(tmp_path):
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")

    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_new_folder_survives_a_loss_of_power():
    disk = SimulatedDisk()
    with using(disk):
        make_folder("/a/b")

    assert all("/a/b" in image for image in disk.crash_images())


def test_check_writable_leaves_nothing(tmp_path):
    check_writable(tmp_path)

    assert os.listdir(tmp_path) == []


def test_names_are_listed_in_order_and_leftovers_apart(tmp_path):
    leftover = leftover_name()
    for name in ("b", leftover, "a"):
        (tmp_path / name).touch()

    assert list_folder(tmp_path) == ["a", "b"]
    assert leftovers(tmp_path) == [leftover]


def test_sweep_removes_leftovers_alone(tmp_path):
    for name in ("a", leftover_name(), ".hidden"):
        (tmp_path / name).touch()
    sweep(tmp_path)

    assert sorted(os.listdir(tmp_path)) == [".hidden", "a"]


def test_rename_and_remove(tmp_path):
    write_atomically(tmp_path / "a", b"x")
    rename(tmp_path / "a", tmp_path / "b")
    remove(tmp_path / "b")
    remove(tmp_path / "b")

    assert os.listdir(tmp_path) == []


# ---- every call fails once ------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: errno.errorcode[fault])
@pytest.mark.parametrize("at", range(count_calls()))
def test_a_failing_call_is_reported_and_the_file_is_whole(at, fault):
    inner = disk_with_old()
    disk = FaultyDisk(inner, at, fault)
    with using(disk), pytest.raises(BadakFileError, match="/run/") as caught:
        write_atomically("/run/model", NEW)

    replaced = "replace" in disk.calls[:at]
    assert content(inner) == (b"".join(NEW) if replaced else OLD)
    assert caught.value.errno == fault
    assert caught.value.filename == "/run/model"
    assert sorted(inner.listdir("/run")) == ["model"]


@pytest.mark.parametrize("at", range(count_calls()))
def test_death_at_a_call_leaves_the_old_or_the_new_file(at):
    inner = disk_with_old()
    with using(FaultyDisk(inner, at, "death")), pytest.raises(Died):
        write_atomically("/run/model", NEW)

    for image in inner.crash_images():
        assert content(SimulatedDisk(image)) in (OLD, b"".join(NEW))


@pytest.mark.parametrize("at", range(count_calls()))
def test_short_writes_are_completed(at):
    inner = disk_with_old()
    with using(FaultyDisk(inner, at, "short write")):
        write_atomically("/run/model", NEW)

    assert content(inner) == b"".join(NEW)


def test_power_lost_after_the_return_leaves_the_new_file():
    disk = disk_with_old()
    with using(disk):
        write_atomically("/run/model", NEW)

    assert {content(SimulatedDisk(image)) for image in disk.crash_images()} == {b"".join(NEW)}


class Careless(WatchedDisk):
    """Forgets every fsync: what a save without them would be."""

    def fsync(self, handle: int) -> None:
        pass


def test_the_simulated_disk_notices_a_missing_fsync():
    inner = disk_with_old()
    with using(Careless(inner)):
        write_atomically("/run/model", NEW)

    contents = {content(SimulatedDisk(image)) for image in inner.crash_images()}
    assert b"" in contents  # renamed before its bytes were safe: neither the old nor the new


class Full(WatchedDisk):
    """Takes no byte and reports no error either."""

    def write(self, handle: int, data: object) -> int:
        return 0


def test_a_disk_that_takes_nothing_does_not_hang():
    with using(Full(disk_with_old())), pytest.raises(BadakFileError, match="reports an error"):
        write_atomically("/run/model", NEW)


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_says_what_is_needed_and_free(fault):
    disk = FaultyDisk(disk_with_old(), 1, fault)
    with using(disk), pytest.raises(BadakFileError) as caught:
        write_atomically("/run/model", bytes(240_000_000))

    assert "an older file of that name is whole" in caught.value.what
    assert caught.value.expected == "240.0 MB of free space (240,000,000 bytes)"
    assert caught.value.got == "3.0 MB free on the disk (3,000,000 bytes)"


def test_an_interrupted_write_leaves_nothing(tmp_path):
    def pieces():
        yield b"abc"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", pieces())

    assert os.listdir(tmp_path) == []


class Interrupted(WatchedDisk):
    """Ctrl-C arrives during the fsync."""

    def fsync(self, handle: int) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_during_a_save_leaves_the_old_file_and_nothing_else():
    disk = disk_with_old()
    with using(Interrupted(disk)), pytest.raises(KeyboardInterrupt):
        write_atomically("/run/model", NEW)

    assert disk.image()["/run/model"] == OLD
    assert disk.listdir("/run") == ["model"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(4))
def test_check_writable_reports_every_fault(at, fault):
    inner = SimulatedDisk({"/run": None})
    with using(FaultyDisk(inner, at, fault)), pytest.raises(BadakFileError) as caught:
        check_writable("/run")

    assert caught.value.errno == fault
    assert "cannot write into the folder '/run'" in caught.value.what


# ---- bad paths ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["바닥", "with space", "🦣", "two\nlines", "e\u0301", "é", "'\"", "a."]
)
def test_unusual_names_work(tmp_path, name):
    make_folder(tmp_path / name)
    write_atomically(tmp_path / name / name, name.encode())
    check_writable(tmp_path / name)

    assert read_bytes(tmp_path / name / name) == name.encode()
    assert list_folder(tmp_path / name) == [name]


def test_the_longest_name_works(tmp_path):
    name = "n" * 255
    write_atomically(tmp_path / name, b"x")

    assert read_bytes(tmp_path / name) == b"x"


@pytest.mark.parametrize("name", ["n" * 300, "é" * 150], ids=["ascii", "two bytes a letter"])
@pytest.mark.parametrize(
    "deed", [make_folder, check_writable, read_bytes, lambda path: write_atomically(path, b"x")]
)
def test_a_name_of_300_bytes_is_refused_with_the_limit(tmp_path, deed, name):
    with pytest.raises(BadakFileError, match="name is too long") as caught:
        deed(tmp_path / name)

    assert caught.value.errno == errno.ENAMETOOLONG
    assert "255 bytes" in caught.value.expected
    assert caught.value.got.startswith("300 bytes")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800"])
def test_a_path_that_no_disk_can_hold_is_refused(path):
    with pytest.raises(BadakFileError):
        write_atomically(path, b"x")


@pytest.mark.parametrize("path", [None, 3, ["a"]])
def test_a_path_must_be_a_path(path):
    with pytest.raises(DTypeError, match="a path must be text"):
        read_bytes(path)


@pytest.mark.parametrize("deed", [check_writable, read_bytes, list_folder])
def test_a_missing_path_is_named(tmp_path, deed):
    with pytest.raises(BadakFileError, match="no such file or folder") as caught:
        deed(tmp_path / "absent" / "x")

    assert caught.value.errno == errno.ENOENT
    assert caught.value.filename == str(tmp_path / "absent" / "x")


@pytest.mark.parametrize("deed", [make_folder, check_writable])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path, deed):
    write_atomically(tmp_path / "file", b"x")

    for path in (tmp_path / "file", tmp_path / "file" / "inner"):
        with pytest.raises(BadakFileError, match="is a file, not a folder"):
            deed(path)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path):
    for deed in (read_bytes, lambda path: write_atomically(path, b"x")):
        with pytest.raises(BadakFileError, match="it is a folder"):
            deed(tmp_path)

    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BadakFileError, match="no regular file"):
        read_bytes(tmp_path / "pipe")


def test_a_file_larger_than_the_limit_is_not_read(tmp_path):
    write_atomically(tmp_path / "file", bytes(11))
    disk = FaultyDisk(SimulatedDisk({"/file": bytes(11)}))

    assert read_bytes(tmp_path / "file", limit=11) == bytes(11)
    with using(disk), pytest.raises(BadakFileError, match="too large"):
        read_bytes("/file", limit=10)
    assert "read" not in disk.calls


@pytest.mark.skipif(IS_ROOT, reason="permission bits do not bind root")
def test_a_read_only_folder_is_refused_before_anything(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)

    with pytest.raises(BadakFileError, match="no permission"):
        check_writable(tmp_path / "locked")


def test_a_file_size_limit_of_the_system_keeps_the_old_file(tmp_path):
    program = """
        import resource, sys
        from badak.base.errors import BadakFileError
        from badak.base.files import read_bytes, write_atomically

        path = sys.argv[1]
        write_atomically(path, b"old")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
        try:
            write_atomically(path, bytes(1 << 20))
        except BadakFileError as error:
            print(error.sentence)
        assert read_bytes(path) == b"old"
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path / "file"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert (
        "larger than the system lets a file be; an older file of that name is whole" in run.stdout
    )
    assert "expected 1.0 MB of free space" in run.stdout
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (2**40, "1099.5 GB")],
)
def test_sizes_are_short(count, text):
    assert size_text(count) == text
