"""The calls of the operating system behind every file that Badak keeps, one method each.

The methods add nothing: what Badak promises is in badak/base/files.py, what the system may do to
it is here. `using(disk)` puts another disk in the place of the real one for a stretch of code:

    with using(FaultyDisk(SimulatedDisk(), at=7, fault=errno.ENOSPC)):
        write_atomically("model.safetensors", data)

It is a context variable, so other threads keep the real disk. `tests/disks.py` has a disk
whose n-th call fails, and one in memory that forgets, at a loss of power, what was not fsynced.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]  # the name stays, its absence is asked for below

Buffer = bytes | bytearray | memoryview

# Only Windows has the first; it lacks the others.
BINARY = getattr(os, "O_BINARY", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)
DIRECTORY = getattr(os, "O_DIRECTORY", 0)

UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK)
"""What systems answer when they do not know a call at all, rather than fail in it."""


class Disk:
    """The calls of the operating system that keeping a file needs; each may raise OSError."""

    def open(self, path: str, flags: int) -> int:
        return os.open(path, flags, 0o666)

    def read(self, handle: int, count: int) -> bytes:
        return os.read(handle, count)

    def write(self, handle: int, data: Buffer) -> int:
        """Writes some of the bytes, perhaps not all, and says how many."""
        return os.write(handle, data)

    def truncate(self, handle: int, size: int) -> None:
        os.ftruncate(handle, size)

    def fsync(self, handle: int) -> None:
        full = getattr(fcntl, "F_FULLFSYNC", None)
        if full is None:
            os.fsync(handle)
            return
        # macOS: fsync alone leaves the bytes in the drive's own cache.
        try:
            fcntl.fcntl(handle, full)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
            os.fsync(handle)

    def close(self, handle: int) -> None:
        os.close(handle)

    def status(self, handle: int) -> os.stat_result:
        return os.fstat(handle)

    def lock(self, handle: int) -> None:
        """Takes the lock of an open file, or raises BlockingIOError where another has it."""
        if fcntl is None:
            raise OSError(errno.ENOTSUP, "no file locks on this system")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def replace(self, source: str, target: str) -> None:
        os.replace(source, target)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def mkdir(self, path: str) -> None:
        os.mkdir(path)

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(path)

    def listdir(self, path: str) -> list[str]:
        return os.listdir(path)

    def free(self, folder: str) -> int:
        return shutil.disk_usage(folder).free

    def resolve(self, path: str) -> str:
        """The absolute path with links followed: a link is not replaced, but what it points to."""
        return os.path.realpath(path)


REAL_DISK = Disk()
_disk: ContextVar[Disk] = ContextVar("disk", default=REAL_DISK)
current_disk = _disk.get


@contextmanager
def using(disk: Disk) -> Iterator[Disk]:
    """All file work inside goes to this disk; for tests."""
    token = _disk.set(disk)
    try:
        yield disk
    finally:
        _disk.reset(token)
