"""Machine code kept on disk: found again, rebuilt when damaged, and never in the way."""

from __future__ import annotations

import errno
import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from badak.base.disk import REAL_DISK, using
from badak.compiler.machine import object_cache
from badak.compiler.machine.object_cache import LIMIT, ObjectCache, digest, usual_cache
from tests.disks import FaultyDisk

ROOT = Path(__file__).parents[2]
NAME = digest("a program")
CODE = bytes(range(256)) * 40

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights on files")
subject_to_rights = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="an administrator may write everywhere"
)


@pytest.fixture
def cache(tmp_path):
    return ObjectCache(str(tmp_path / "compiled"))


@pytest.fixture
def log(caplog):
    """What is said, from a fresh start."""
    object_cache._explain.cache_clear()
    caplog.set_level(logging.INFO)
    return caplog


def entry(cache: ObjectCache, name: str = NAME) -> Path:
    return Path(cache.folder, f"{name}.code")


def test_what_is_stored_is_found(cache):
    before = cache.load(NAME)
    cache.store(NAME, CODE)

    assert (before, cache.load(NAME)) == (None, CODE)


def test_names_differ_wherever_a_part_differs():
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4


DAMAGES = {
    "empty": lambda data: b"",
    "cut in its magic": lambda data: data[:5],
    "cut after its head": lambda data: data[: object_cache._HEAD],
    "cut in its code": lambda data: data[:-1],
    "one bit of magic": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "one bit of checksum": lambda data: data[:20] + bytes([data[20] ^ 128]) + data[21:],
    "one bit of code": lambda data: data[:-7] + bytes([data[-7] ^ 16]) + data[-6:],
    "longer": lambda data: data + b"\0",
    "zeros": lambda data: bytes(len(data)),
    "another format": lambda data: data.replace(b"badak code 1", b"badak code 0"),
    "no entry at all": lambda data: b"\x7fELF" + data,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_counts_as_missing_and_is_replaced(cache, damage):
    cache.store(NAME, CODE)
    entry(cache).write_bytes(damage(entry(cache).read_bytes()))
    found = cache.load(NAME)
    cache.store(NAME, CODE)

    assert (found, cache.load(NAME)) == (None, CODE)


def test_an_entry_under_another_name_is_foreign(cache):
    cache.store(NAME, CODE)
    other = digest("another program")
    entry(cache).rename(entry(cache, other))

    assert cache.load(other) is None


def test_a_folder_in_the_place_of_an_entry_is_left_alone(cache, log):
    entry(cache).mkdir(parents=True)
    Path(cache.folder).chmod(0o700)
    found = cache.load(NAME)
    cache.store(NAME, CODE)

    assert found is None
    assert cache.load(NAME) is None
    assert entry(cache).is_dir()
    assert os.listdir(cache.folder) == [entry(cache).name]


def test_a_file_in_the_place_of_the_folder_means_no_cache(cache, log):
    Path(cache.folder).write_text("mine")
    cache.store(NAME, CODE)

    assert cache.load(NAME) is None
    assert Path(cache.folder).read_text() == "mine"


@posix
def test_entries_belong_to_the_user_alone(cache):
    before = os.umask(0)
    try:
        cache.store(NAME, CODE)
    finally:
        os.umask(before)

    assert stat.S_IMODE(os.stat(cache.folder).st_mode) == 0o700
    assert stat.S_IMODE(entry(cache).stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o722])
def test_a_folder_that_others_may_write_into_is_not_trusted(cache, log, mode):
    cache.store(NAME, CODE)
    Path(cache.folder).chmod(mode)
    found = cache.load(NAME)
    cache.store(digest("another program"), CODE)

    assert found is None
    assert os.listdir(cache.folder) == [entry(cache).name]


@posix
def test_a_folder_of_another_user_is_not_trusted(cache, log, monkeypatch):
    cache.store(NAME, CODE)
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(cache.folder).st_uid + 1)

    assert cache.load(NAME) is None


@subject_to_rights
def test_a_read_only_folder_gives_what_it_has(cache, log):
    cache.store(NAME, CODE)
    Path(cache.folder).chmod(0o500)
    cache.store(digest("another program"), CODE)

    assert cache.load(NAME) == CODE
    assert len(log.messages) == 1


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_no_fault_of_the_disk_leaves_the_cache(cache, fault):
    cache.store(NAME, CODE)
    other = digest("another program")
    for at in range(40):
        disk = FaultyDisk(REAL_DISK, at=at, fault=fault)
        with using(disk):
            found = cache.load(NAME)
            cache.store(other, CODE)

        assert found in (None, CODE)
        assert cache.load(other) in (None, CODE)
    assert cache.load(NAME) == CODE


def test_trouble_is_logged_once(cache, log):
    Path(cache.folder).write_text("mine")
    for number in range(3):
        cache.store(digest(str(number)), CODE)

    assert len(log.messages) == 1
    assert "are not kept in" in log.messages[0]


def age(path: Path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))


def test_the_longest_unused_go_first(tmp_path):
    size = object_cache._HEAD + len(CODE)
    cache = ObjectCache(str(tmp_path / "compiled"), limit=3 * size)
    names = [digest(str(number)) for number in range(4)]
    for number, name in enumerate(names[:3]):
        cache.store(name, CODE)
        age(entry(cache, name), 1000 + number)
    cache.load(names[0])
    cache.store(names[3], CODE)

    assert [cache.load(name) is not None for name in names] == [True, False, True, True]


def test_what_a_killed_process_left_goes_too_and_strangers_stay(tmp_path):
    cache = ObjectCache(str(tmp_path / "compiled"), limit=object_cache._HEAD + len(CODE))
    cache.store(digest("an old program"), b"old")
    leftover = Path(cache.folder, ".badak-0123456789abcdef.tmp")
    stranger = Path(cache.folder, "notes.txt")
    for path in (leftover, stranger):
        path.write_bytes(CODE)
        age(path, 1000)
    cache.store(NAME, CODE)

    assert sorted(os.listdir(cache.folder)) == sorted([entry(cache).name, "notes.txt"])


def test_code_larger_than_the_limit_is_not_kept(tmp_path):
    cache = ObjectCache(str(tmp_path / "compiled"), limit=100)
    cache.store(NAME, CODE)

    assert not Path(cache.folder).exists()


def test_an_entry_that_another_process_removes_meanwhile_does_no_harm(tmp_path, monkeypatch):
    cache = ObjectCache(str(tmp_path / "compiled"), limit=object_cache._HEAD + len(CODE))
    cache.store(digest("an old program"), b"old")
    unlink = os.unlink

    def gone_before(path):
        unlink(path)
        unlink(path)

    monkeypatch.setattr(os, "unlink", gone_before)
    cache.store(NAME, CODE)

    assert os.listdir(cache.folder) == [entry(cache).name]


def test_what_cannot_be_removed_is_passed_over(tmp_path, monkeypatch):
    cache = ObjectCache(str(tmp_path / "compiled"), limit=object_cache._HEAD + len(CODE) + 60)
    kept, gone = digest("in use"), digest("an old program")
    for seconds, name in ((1000, kept), (2000, gone)):
        cache.store(name, b"old")
        age(entry(cache, name), seconds)
    unlink = os.unlink

    def unless_in_use(path):
        if path == str(entry(cache, kept)):
            raise PermissionError(errno.EACCES, "another process has it open")
        unlink(path)

    monkeypatch.setattr(os, "unlink", unless_in_use)
    cache.store(NAME, CODE)

    assert [cache.load(name) is not None for name in (kept, gone, NAME)] == [True, False, True]


WRITER = """
import sys
from badak.compiler.machine.object_cache import ObjectCache, digest
cache = ObjectCache(sys.argv[1], limit=20_000)
for turn in range(200):
    name = digest(str(turn % 5))
    cache.store(name, bytes([turn % 5]) * 5_000)
    assert cache.load(name) in (None, bytes([turn % 5]) * 5_000)
"""


def test_processes_that_write_at_once_see_whole_entries(tmp_path):
    words = [sys.executable, "-c", WRITER, str(tmp_path / "compiled")]
    writers = [
        subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    errors = [writer.communicate()[1] for writer in writers]

    assert errors == ["", ""]
    assert not [name for name in os.listdir(tmp_path / "compiled") if name.endswith(".tmp")]


def test_threads_that_write_at_once_see_whole_entries(cache):
    found = []

    def work() -> None:
        for _ in range(30):
            cache.store(NAME, CODE)
            found.append(cache.load(NAME))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [CODE] * 120


@pytest.mark.parametrize("value", ["", "off"])
def test_the_variable_switches_the_cache_off(monkeypatch, value):
    monkeypatch.setenv("BADAK_CACHE", value)

    assert usual_cache() is None


def test_the_variable_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("BADAK_CACHE", str(tmp_path))

    assert usual_cache() == ObjectCache(str(tmp_path / "compiled"), LIMIT)


@pytest.mark.parametrize(
    ("platform", "variable", "place"),
    [
        ("linux", "XDG_CACHE_HOME", ".cache"),
        ("darwin", "XDG_CACHE_HOME", "Library/Caches"),
        ("win32", "LOCALAPPDATA", "AppData/Local"),
    ],
)
def test_the_usual_place_is_that_of_the_system(monkeypatch, tmp_path, platform, variable, place):
    monkeypatch.delenv("BADAK_CACHE")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv(variable, raising=False)
    by_custom = usual_cache()
    monkeypatch.setenv(variable, "not/absolute")
    relative = usual_cache()
    monkeypatch.setenv(variable, str(tmp_path / "named"))
    by_name = usual_cache()

    assert by_custom == relative == ObjectCache(str(tmp_path / place / "badak" / "compiled"))
    assert by_name == ObjectCache(str(tmp_path / "named" / "badak" / "compiled"))


def test_without_a_home_there_is_no_cache(monkeypatch, log):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    for variable in ("BADAK_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", homeless)

    assert usual_cache() is None
    assert "home" in log.messages[0]
