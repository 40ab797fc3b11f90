"""The one place where Badak touches the file system to keep something.

`write_atomically` promises that the path holds, at every moment and after a kill or a loss of
power, either the whole old file or the whole new one:

    write a temporary file in the same folder    a crash here leaves a leftover, no more
    fsync the temporary file                     its bytes are safe before its name counts
    rename it over the path                      atomic: readers see the old file or the new one
    fsync the folder                             now the rename survives a loss of power too

An fsync that fails is final for that file: the system may have dropped the bytes, and a second
fsync would then report success. The next save starts with a new temporary file.

Every call that may fail goes through the current `Disk` (badak/base/disk.py), which a test can
replace. Every OSError leaves as a BadakFileError that says what failed, why, and what to try, and
keeps `errno` and `filename`.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from badak.base.disk import BINARY, DIRECTORY, NONBLOCK, UNSUPPORTED, Buffer, current_disk
from badak.base.errors import BadakFileError, DTypeError

Path = str | os.PathLike[str]

READ = os.O_RDONLY | BINARY | NONBLOCK  # without NONBLOCK, opening a pipe waits for a writer
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY
FOLDER = os.O_RDONLY | DIRECTORY

_LEFTOVER_START, _LEFTOVER_END = ".badak-", ".tmp"
_KILO = 1000


def write_atomically(path: Path, data: Buffer | Iterable[Buffer], *, durable: bool = True) -> None:
    """Puts these bytes at the path: whole and durable when this returns, or not at all.

    Args:
        path: the file; one that is there is replaced.
        data: the bytes, or pieces of them in order.
        durable: whether to wait until a loss of power cannot harm the file. False leaves the
            two fsyncs out, most of the time that it takes: for what can be made again.

    Raises:
        BadakFileError: what failed and why; the older file of that name is whole. For a full
            disk it says how many bytes were needed and how many are free.
    """
    target = resolved(path)
    pieces = [data] if isinstance(data, Buffer) else list(data)
    needed = sum(memoryview(piece).nbytes for piece in pieces)
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, leftover_name())
    with explained("write", target, needed, "an older file of that name is whole"):
        try:
            with opened(temporary, CREATE) as handle:
                for piece in pieces:
                    write_all(handle, piece)
                if durable:
                    current_disk().fsync(handle)
            current_disk().replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                current_disk().unlink(temporary)
            raise
    if durable:
        with explained("flush the folder of", target, note="a loss of power may undo the save"):
            sync_folder(folder)


def read_bytes(path: Path, *, limit: int | None = None) -> bytes:
    """The whole content of a regular file.

    Args:
        path: the file.
        limit: the most bytes to accept, before any is read.

    Raises:
        BadakFileError: when it cannot be read, is no regular file, or is larger than `limit`.
    """
    target = resolved(path)
    with explained("read", target), opened(target, READ) as handle:
        status = current_disk().status(handle)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file but a device or a pipe")
        if limit is not None and status.st_size > limit:
            raise BadakFileError(
                f"cannot read {target!r}: too large",
                expected=f"at most {size_text(limit)}",
                got=size_text(status.st_size),
            )
        return read_all(handle, status.st_size)


def make_folder(path: Path) -> None:
    """Makes a folder, and those above it, unless it exists.

    Raises:
        BadakFileError: when a part of the path is a file, or the folder cannot be made.
    """
    target = resolved(path)
    with explained("make the folder", target):
        _make(target)


def _make(folder: str) -> None:
    if current_disk().is_folder(folder):
        return
    parent = os.path.dirname(folder)
    if parent != folder:
        _make(parent)
    try:
        current_disk().mkdir(folder)
    except FileExistsError:
        # Another process may have made it just now; a file in its place is the user's mistake.
        if not current_disk().is_folder(folder):
            raise NotADirectoryError(errno.ENOTDIR, "not a folder") from None
    sync_folder(parent)


def check_writable(folder: Path) -> None:
    """Makes and removes a small file in a folder, so that a long run fails before it starts.

    Asking for permission bits would be cheaper and wrong: they know nothing of read-only disks,
    access lists and quotas.

    Raises:
        BadakFileError: folder missing, a file, read-only, without permission, or full.
    """
    target = resolved(folder)
    probe = os.path.join(target, leftover_name())
    with explained("write into the folder", target, needed=1):
        try:
            with opened(probe, CREATE) as handle:
                write_all(handle, b"\n")
        except BaseException:
            with suppress(OSError):
                current_disk().unlink(probe)
            raise
        current_disk().unlink(probe)


def list_folder(folder: Path) -> list[str]:
    """The names in a folder, sorted; without those that `leftovers` lists."""
    return [name for name in _names(folder) if not _is_leftover(name)]


def leftovers(folder: Path) -> list[str]:
    """The names of temporary files that killed saves have left in a folder, sorted."""
    return [name for name in _names(folder) if _is_leftover(name)]


def sweep(folder: Path) -> None:
    """Removes the temporary files that killed saves have left in a folder.

    Only for a folder in which no other process saves now. One that cannot be removed stays: it
    costs space and no more, and the next sweep tries again.
    """
    for name in leftovers(folder):
        with suppress(BadakFileError):
            remove(os.path.join(resolved(folder), name))


def rename(path: Path, new_path: Path) -> None:
    """Gives a file another name in the same folder; durable when this returns."""
    source, target = resolved(path), resolved(new_path)
    with explained("rename", source):
        current_disk().replace(source, target)
        sync_folder(os.path.dirname(target))


def remove(path: Path) -> None:
    """Removes a file if it is there."""
    target = resolved(path)
    with explained("remove", target), suppress(FileNotFoundError):
        current_disk().unlink(target)


def _names(folder: Path) -> list[str]:
    target = resolved(folder)
    with explained("list the folder", target):
        return sorted(current_disk().listdir(target))


def leftover_name() -> str:
    """A name for a temporary file: short, so that it fits where the longest name fits."""
    return f"{_LEFTOVER_START}{secrets.token_hex(8)}{_LEFTOVER_END}"


def _is_leftover(name: str) -> bool:
    return name.startswith(_LEFTOVER_START) and name.endswith(_LEFTOVER_END)


# ---- the small steps, also for other files of this folder ---------------------------------


@contextmanager
def opened(path: str, flags: int) -> Iterator[int]:
    """An open file; an error on closing it counts, since some disks report a lost write there."""
    disk = current_disk()
    handle = disk.open(path, flags)
    try:
        yield handle
    except BaseException:
        with suppress(OSError):
            disk.close(handle)
        raise
    disk.close(handle)


def write_all(handle: int, data: Buffer) -> None:
    """Writes all of it, in as many calls as the disk needs."""
    rest = memoryview(data).cast("B")
    while rest:
        count = current_disk().write(handle, rest)
        if count <= 0:
            raise OSError(errno.EIO, "the disk took no byte of a write")
        rest = rest[count:]


def read_all(handle: int, size: int) -> bytes:
    """`size` bytes, or fewer where the file ends before."""
    pieces = []
    while size > 0:
        piece = current_disk().read(handle, size)
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def sync_folder(folder: str) -> None:
    """Makes new, renamed and removed names in a folder survive a loss of power."""
    if os.name == "nt":  # Windows cannot open a folder, and keeps names in order by itself
        return
    with opened(folder, FOLDER) as handle:
        try:
            current_disk().fsync(handle)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise


# ---- errors -----------------------------------------------------------------------------------


def resolved(path: Path) -> str:
    """The absolute path, or an error for a name that no disk can hold."""
    try:
        text = os.fsdecode(path)
    except TypeError:
        raise DTypeError("a path must be text or a Path", got=repr(path)) from None
    if not text:
        raise BadakFileError("the path is empty", hint="name a file or folder")
    if "\0" in text:
        raise BadakFileError(f"the path {text!r} contains a NUL character, which ends names")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise BadakFileError(f"the path {text!r} cannot be encoded for this system") from None
    with explained("find", text):
        return current_disk().resolve(text)


@contextmanager
def explained(deed: str, path: str, needed: int | None = None, note: str = "") -> Iterator[None]:
    """Turns an OSError inside into a BadakFileError that keeps its errno and names the file."""
    try:
        yield
    except BadakFileError as error:
        error.filename = error.filename or path
        raise
    except OSError as error:
        raise _file_error(deed, path, error, needed, note) from error


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_REASONS = {
    errno.ENOSPC: ("no space left on the disk", "free some space, or save elsewhere"),
    errno.EDQUOT: ("your disk quota is used up", "free some space, or save elsewhere"),
    errno.EFBIG: ("larger than the system lets a file be", "see `ulimit -f`, or save elsewhere"),
    errno.EROFS: ("the disk is read-only", "choose a folder on a writable disk"),
    errno.EACCES: ("no permission", "check the owner and mode of the file and its folder"),
    errno.EPERM: ("not permitted", "check the owner and mode of the file and its folder"),
    errno.ENOENT: ("no such file or folder", "check the spelling, or make the folder first"),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "choose another folder"),
    errno.EISDIR: ("it is a folder", "name a file inside it"),
    errno.EIO: ("the device reports an error", "the disk may be failing: save to another one"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
}


def _file_error(
    deed: str, path: str, error: OSError, needed: int | None, note: str
) -> BadakFileError:
    number = error.errno or 0
    reason, hint = _REASONS.get(number, (error.strerror or str(error), None))
    expected = got = None
    if number in _FULL and needed is not None:
        expected = f"{size_text(needed)} of free space ({needed:,} bytes)"
        with suppress(OSError):
            free = current_disk().free(os.path.dirname(path))
            got = f"{size_text(free)} free on the disk ({free:,} bytes)"
    elif number == errno.ENAMETOOLONG:
        longest = max(path.split(os.sep), key=lambda part: len(os.fsencode(part)))
        expected = "at most 255 bytes between two slashes on most disks"
        got = f"{len(os.fsencode(longest))} bytes in {longest[:24] + '...'!r}"
    what = f"cannot {deed} {path!r}: {reason}" + (f"; {note}" if note else "")
    result = BadakFileError(what, expected=expected, got=got, hint=hint)
    result.errno, result.strerror, result.filename = error.errno, error.strerror, path
    return result


def size_text(count: int) -> str:
    """A number of bytes for people.

    >>> size_text(240_000_000), size_text(12)
    ('240.0 MB', '12 bytes')
    """
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB"):
        if size < _KILO:
            break
        size, unit = size / _KILO, larger
    return f"{size:.1f} {unit}" if unit != "bytes" else f"{count} bytes"
