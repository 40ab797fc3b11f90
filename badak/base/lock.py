"""One process at a time in a folder."""

from __future__ import annotations

import os
from contextlib import suppress
from types import TracebackType

from badak.base.disk import BINARY, UNSUPPORTED, current_disk
from badak.base.errors import StateError
from badak.base.files import Path, explained, read_all, resolved, write_all

_SHARED = os.O_RDWR | os.O_CREAT | BINARY
_NEW = _SHARED | os.O_EXCL


class FolderLock:
    """Holds a folder for this process while the block runs; a second one gets an error.

    The lock belongs to an open file, so the system frees it when its process dies in any way:
    no lock is ever stale. Where the system has no such locks (Windows, some network disks), the
    existence of a second file is the lock, and one that a dead process left is taken over.

    Args:
        folder: an existing folder.
        name: of the lock file in it, which stays there; locks of different names do not meet.

    Raises:
        StateError: on entering, when the folder is in use; names the other process.
        BadakFileError: when the lock file cannot be made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as run, FolderLock(run):
    ...     os.listdir(run)
    ['.lock']
    """

    def __init__(self, folder: Path, name: str = ".lock") -> None:
        self.folder = resolved(folder)
        self.path = os.path.join(self.folder, name)
        self._owner_path = self.path + "-owner"
        self._handle: int | None = None
        self._by_existence = False

    def __enter__(self) -> FolderLock:
        if self._handle is not None:
            raise self._in_use(str(os.getpid()))
        with explained("lock the folder", self.folder):
            try:
                self._handle = self._locked_file()
                self._by_existence = False
            except OSError as error:
                if error.errno not in UNSUPPORTED:
                    raise
                self._handle = self._new_file()
                self._by_existence = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        # Errors are let go: the work is done, and closing frees the lock even where it fails.
        with suppress(OSError):
            current_disk().truncate(handle, 0)
        with suppress(OSError):
            current_disk().close(handle)
        if self._by_existence:
            with suppress(OSError):
                current_disk().unlink(self._owner_path)

    def _locked_file(self) -> int:
        handle = current_disk().open(self.path, _SHARED)
        try:
            current_disk().lock(handle)
            current_disk().truncate(handle, 0)
            write_all(handle, b"%d\n" % os.getpid())
        except BlockingIOError:
            owner = _owner(handle)
            raise self._in_use(owner) from None
        except BaseException:
            with suppress(OSError):
                current_disk().close(handle)
            raise
        return handle

    def _new_file(self) -> int:
        try:
            handle = current_disk().open(self._owner_path, _NEW)
        except FileExistsError:
            self._take_over()
            handle = current_disk().open(self._owner_path, _NEW)
        try:
            write_all(handle, b"%d\n" % os.getpid())
        except BaseException:
            with suppress(OSError):
                current_disk().close(handle)
                current_disk().unlink(self._owner_path)
            raise
        return handle

    def _take_over(self) -> None:
        handle = current_disk().open(self._owner_path, os.O_RDONLY | BINARY)
        owner = _owner(handle)
        if os.name != "nt" and _may_live(owner):
            raise self._in_use(owner, f"if no process uses it, remove {self._owner_path!r}")
        try:
            current_disk().unlink(self._owner_path)
        except PermissionError:  # Windows does not remove the open file of a living process
            raise self._in_use(owner) from None

    def _in_use(
        self, owner: str, hint: str = "wait for it, or choose another folder"
    ) -> StateError:
        if owner == str(os.getpid()):
            who = f"this process ({owner}), which opened it twice"
        else:
            who = f"process {owner}"
            if os.name != "nt" and owner.isdigit() and not _may_live(owner):
                who += ", which has ended; a process that it started holds it still"
        return StateError(
            f"the folder {self.folder!r} is in use by {who}",
            expected="one process at a time in a folder",
            hint=hint,
        )


def _owner(handle: int) -> str:
    """The process number in an open lock file, which is closed."""
    try:
        return read_all(handle, 32).decode("ascii", "replace").strip() or "(unknown)"
    finally:
        with suppress(OSError):
            current_disk().close(handle)


def _may_live(owner: str) -> bool:
    """Whether there is a process of that number; when in doubt, yes."""
    try:
        # Never on Windows, where signal 0 is Ctrl-C.
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):
        return True
    return True
