"""Disks that fail, for tests of everything that keeps files.

- `FaultyDisk` makes the n-th call fail: an errno, a short write, or the death of the process.
  A test runs its scenario once for each n (SQLite's method).
- `SimulatedDisk` is a disk in memory that knows what would survive a loss of power.
  `crash_images()` lists every state in which it could come back.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, ParamSpec, TypeVar

from badak.base.disk import DIRECTORY, Buffer, Disk

P = ParamSpec("P")
T = TypeVar("T")


class Died(BaseException):
    """The process was killed here; whatever it tries afterwards does not happen."""


class WatchedDisk(Disk):
    """Another disk, with every call passing through `gate`, which a subclass overrides."""

    def __init__(self, inner: Disk) -> None:
        self.inner = inner

    def gate(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    def open(self, path: str, flags: int) -> int:
        return self.gate(self.inner.open, path, flags)

    def read(self, handle: int, count: int) -> bytes:
        return self.gate(self.inner.read, handle, count)

    def write(self, handle: int, data: Buffer) -> int:
        return self.gate(self.inner.write, handle, data)

    def truncate(self, handle: int, size: int) -> None:
        self.gate(self.inner.truncate, handle, size)

    def fsync(self, handle: int) -> None:
        self.gate(self.inner.fsync, handle)

    def close(self, handle: int) -> None:
        self.gate(self.inner.close, handle)

    def status(self, handle: int) -> os.stat_result:
        return self.gate(self.inner.status, handle)

    def lock(self, handle: int) -> None:
        self.gate(self.inner.lock, handle)

    def replace(self, source: str, target: str) -> None:
        self.gate(self.inner.replace, source, target)

    def unlink(self, path: str) -> None:
        self.gate(self.inner.unlink, path)

    def mkdir(self, path: str) -> None:
        self.gate(self.inner.mkdir, path)

    def is_folder(self, path: str) -> bool:
        return self.inner.is_folder(path)

    def listdir(self, path: str) -> list[str]:
        return self.gate(self.inner.listdir, path)

    def free(self, folder: str) -> int:
        return self.inner.free(folder)

    def resolve(self, path: str) -> str:
        return self.inner.resolve(path)


Fault = int | Literal["short write", "death"]


class FaultyDisk(WatchedDisk):
    """Lets calls through to another disk, except one.

    Args:
        inner: the disk below.
        at: the number of the call to disturb, from 0; None lets all through.
        fault: an errno to raise; "short write" to take half of a write's bytes (other calls are
            not disturbed); "death" to raise `Died` there and at every later call.

    Attributes:
        calls: the names of the calls so far.

    >>> disk = FaultyDisk(SimulatedDisk(), at=0, fault=errno.ENOSPC)
    >>> disk.mkdir("/run")
    Traceback (most recent call last):
    OSError: [Errno 28] No space left on device
    """

    def __init__(self, inner: Disk, at: int | None = None, fault: Fault = errno.EIO) -> None:
        super().__init__(inner)
        self.at = at
        self.fault = fault
        self.calls: list[str] = []

    def gate(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        number = len(self.calls)
        self.calls.append(call.__name__)
        if self.fault == "death" and self.at is not None and number >= self.at:
            raise Died
        if number != self.at:
            return super().gate(call, *args, **kwargs)
        if isinstance(self.fault, int):
            if call.__name__ == "close":  # a close that reports an error has closed all the same
                super().gate(call, *args, **kwargs)
            raise _error(self.fault)
        return super().gate(call, *args, **kwargs)

    def write(self, handle: int, data: Buffer) -> int:
        if len(self.calls) == self.at and self.fault == "short write":
            data = memoryview(data)[: max(1, len(data) // 2)]
        return super().write(handle, data)


Image = Mapping[str, bytes | None]
"""A disk at rest: path to content; None for a folder."""


@dataclass(eq=False)
class _File:
    """A file or folder without its name, as the disk holds it."""

    is_folder: bool = False
    content: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    lock: int | None = None

    def possible_contents(self) -> list[bytes]:
        """What may be found after a loss of power."""
        now = bytes(self.content)
        if now == self.durable:
            return [now]
        safe = len(self.durable) if now.startswith(self.durable) else 0
        torn = now[: (safe + len(now)) // 2]
        blank = now[:safe] + bytes(len(now) - safe)
        return list(dict.fromkeys([self.durable, now, torn, blank]))


@dataclass(frozen=True)
class _Renaming:
    """A change of the names in a folder: one that goes, one that comes, or both at once."""

    removed: str | None
    added: str | None
    file: _File | None


@dataclass
class _Handle:
    path: str
    file: _File
    position: int
    appends: bool


class SimulatedDisk(Disk):
    """A disk in memory, with absolute paths, that separates what is seen from what is safe.

    The bytes of a file are safe after an fsync of the file, its name after an fsync of its
    folder. Names not yet safe may survive in any combination, which is more than any real
    file system does to us; a rename happens wholly or not at all.

    >>> disk = SimulatedDisk({"/run": None})
    >>> handle = disk.open("/run/a", os.O_WRONLY | os.O_CREAT)
    >>> disk.write(handle, b"new")
    3
    >>> disk.fsync(handle)
    >>> [sorted(image) for image in disk.crash_images()]
    [['/', '/run'], ['/', '/run', '/run/a']]
    """

    def __init__(self, image: Image | None = None) -> None:
        self._names: dict[str, _File] = {"/": _File(is_folder=True)}
        for path, content in (image or {}).items():
            data = content or b""
            self._names[path] = _File(content is None, bytearray(data), data)
        self._safe_names = dict(self._names)
        self._pending: list[_Renaming] = []
        self._handles: dict[int, _Handle] = {}
        self._numbers = itertools.count(1000)

    # ---- what the program sees --------------------------------------------------------

    def open(self, path: str, flags: int) -> int:
        file = self._names.get(path)
        if file is None:
            if not flags & os.O_CREAT:
                raise _error(errno.ENOENT)
            self._parent(path)
            file = _File()
            self._change(_Renaming(None, path, file))
        elif flags & os.O_EXCL:
            raise _error(errno.EEXIST)
        elif flags & DIRECTORY and not file.is_folder:
            raise _error(errno.ENOTDIR)
        elif file.is_folder and flags & (os.O_WRONLY | os.O_RDWR):
            raise _error(errno.EISDIR)
        number = next(self._numbers)
        self._handles[number] = _Handle(path, file, 0, bool(flags & os.O_APPEND))
        return number

    def read(self, handle: int, count: int) -> bytes:
        opened = self._handles[handle]
        data = bytes(opened.file.content[opened.position : opened.position + count])
        opened.position += len(data)
        return data

    def write(self, handle: int, data: Buffer) -> int:
        opened = self._handles[handle]
        content = opened.file.content
        if opened.appends:
            opened.position = len(content)
        end = opened.position + len(data)
        content.extend(bytes(max(0, opened.position - len(content))))
        content[opened.position : end] = data
        opened.position = end
        return len(data)

    def truncate(self, handle: int, size: int) -> None:
        content = self._handles[handle].file.content
        del content[size:]
        content.extend(bytes(size - len(content)))

    def fsync(self, handle: int) -> None:
        opened = self._handles[handle]
        if not opened.file.is_folder:
            opened.file.durable = bytes(opened.file.content)
            return
        mine = [change for change in self._pending if _folder_of(change) == opened.path]
        self._pending = [change for change in self._pending if change not in mine]
        for change in mine:
            _apply(change, self._safe_names)

    def close(self, handle: int) -> None:
        file = self._handles.pop(handle).file
        if file.lock == handle:
            file.lock = None

    def close_all(self) -> None:
        """What the system does when a process dies."""
        for handle in list(self._handles):
            self.close(handle)

    def status(self, handle: int) -> os.stat_result:
        file = self._handles[handle].file
        mode = stat.S_IFDIR if file.is_folder else stat.S_IFREG
        return os.stat_result((mode, 0, 0, 1, 0, 0, len(file.content), 0, 0, 0))

    def lock(self, handle: int) -> None:
        file = self._handles[handle].file
        if file.lock is not None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        file.lock = handle

    def replace(self, source: str, target: str) -> None:
        if source not in self._names:
            raise _error(errno.ENOENT)
        self._change(_Renaming(source, target, self._names[source]))

    def unlink(self, path: str) -> None:
        if path not in self._names:
            raise _error(errno.ENOENT)
        self._change(_Renaming(path, None, None))

    def mkdir(self, path: str) -> None:
        if path in self._names:
            raise _error(errno.EEXIST)
        self._parent(path)
        self._change(_Renaming(None, path, _File(is_folder=True)))

    def is_folder(self, path: str) -> bool:
        return path in self._names and self._names[path].is_folder

    def listdir(self, path: str) -> list[str]:
        if path not in self._names:
            raise _error(errno.ENOENT)
        return [os.path.basename(name) for name in self._names if _is_inside(name, path)]

    def free(self, folder: str) -> int:
        return 3_000_000

    def resolve(self, path: str) -> str:
        return path

    def _parent(self, path: str) -> None:
        parent = self._names.get(os.path.dirname(path))
        if parent is None:
            raise _error(errno.ENOENT)
        if not parent.is_folder:
            raise _error(errno.ENOTDIR)

    def _change(self, change: _Renaming) -> None:
        _apply(change, self._names)
        self._pending.append(change)

    # ---- what a loss of power leaves --------------------------------------------------

    def image(self) -> dict[str, bytes | None]:
        """The disk as the program sees it now."""
        return {
            path: None if file.is_folder else bytes(file.content)
            for path, file in self._names.items()
        }

    def crash_images(self) -> Iterator[dict[str, bytes | None]]:
        """Every state in which the disk could come back if power failed now."""
        for kept in itertools.product((False, True), repeat=len(self._pending)):
            names = dict(self._safe_names)
            for change in itertools.compress(self._pending, kept):
                _apply(change, names)
            names = {path: file for path, file in names.items() if _is_reachable(path, names)}
            contents: list[list[bytes | None]] = [
                [None] if file.is_folder else [*file.possible_contents()] for file in names.values()
            ]
            for choice in itertools.product(*contents):
                yield dict(zip(names, choice, strict=True))


def _apply(change: _Renaming, names: dict[str, _File]) -> None:
    if change.removed is not None:
        names.pop(change.removed, None)
    if change.added is not None and change.file is not None:
        names[change.added] = change.file


def _folder_of(change: _Renaming) -> str:
    return os.path.dirname(change.added or change.removed or "/")


def _is_inside(path: str, folder: str) -> bool:
    return os.path.dirname(path) == folder and path != folder


def _is_reachable(path: str, names: Mapping[str, _File]) -> bool:
    return path == "/" or (
        os.path.dirname(path) in names and _is_reachable(os.path.dirname(path), names)
    )


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
