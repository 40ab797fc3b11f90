"""Machine code kept on disk, so that a second process need not compile again.

An entry is a file named by the digest of everything that its code depends on:

    magic, sha256(name + code), code

It is made whole under another name and then renamed, so readers need no lock; what a crash, a bad
disk or a stranger has put there does not match its checksum, and counts as missing. The folder must
belong to the user alone, since what lies in it is run. Whatever fails here costs time and no more.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import logging
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from badak.base.errors import BadakFileError
from badak.base.files import leftovers, list_folder, read_bytes, write_atomically

VARIABLE = "BADAK_CACHE"
"""The environment variable that names another folder for caches; "" or "off": none at all."""

LIMIT = 256 * 2**20
"""Bytes that all entries together may take; the longest unused ones go first."""

_MAGIC = b"badak code 1\n"
_HEAD = len(_MAGIC) + hashlib.sha256().digest_size
_END = ".code"
_OTHERS_MAY_WRITE = 0o022

_log = logging.getLogger(__name__)


def digest(*parts: str) -> str:
    """A name for what depends on these texts and on nothing else.

    >>> digest("a", "bc") == digest("a", "bc"), digest("a", "bc") == digest("ab", "c")
    (True, False)
    """
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode()
        whole.update(len(data).to_bytes(8, "little"))
        whole.update(data)
    return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class ObjectCache:
    """A folder of machine code.

    Args:
        folder: where; it is made when the first entry is stored.
        limit: bytes that all entries together may take.

    >>> cache = ObjectCache("compiled")
    >>> cache.load(digest("source"))
    >>> cache.store(digest("source"), b"code")
    >>> cache.load(digest("source"))
    b'code'
    """

    folder: str
    limit: int = LIMIT

    def load(self, name: str) -> bytes | None:
        """The code of that name; None when there is none, or none that can be trusted."""
        path = self._path(name)
        try:
            self._check()
            data = read_bytes(path, limit=_HEAD + self.limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno != errno.ENOENT:
                _explain(self.folder, _reason(error))
            return None
        if data[:_HEAD] != _head(name, data[_HEAD:]):
            _log.debug("%s is damaged or foreign, and will be made again", path)
            return None
        with suppress(OSError):
            os.utime(path)  # the time of its last use decides what goes first
        return data[_HEAD:]

    def store(self, name: str, code: bytes) -> None:
        """Keeps the code under that name, if the disk lets us."""
        if _HEAD + len(code) > self.limit:
            return
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            self._check()
            path = self._path(name)
            write_atomically(path, [_head(name, code), code], durable=False)
            os.chmod(path, 0o600)
            self._trim()
        except OSError as error:
            _explain(self.folder, _reason(error))

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name + _END)

    def _check(self) -> None:
        """Code that someone else could have put there must not run with the user's rights."""
        if os.name == "nt":  # the folders of a Windows user are private by inheritance
            return
        status = os.stat(self.folder)
        if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
            raise BadakFileError("others may write into the folder, or own it")

    def _trim(self) -> None:
        """Removes the longest unused entries until all together keep to the limit.

        What a killed process left half written grows old and goes too. Another process may remove
        the same files at the same time.
        """
        names = [name for name in list_folder(self.folder) if name.endswith(_END)]
        found = []
        for name in [*names, *leftovers(self.folder)]:
            path = os.path.join(self.folder, name)
            with suppress(OSError):
                status = os.lstat(path)
                if stat.S_ISREG(status.st_mode):
                    found.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.limit:
                break
            with suppress(OSError):
                os.unlink(path)
            if not os.path.lexists(path):
                total -= size


def usual_cache() -> ObjectCache | None:
    """The cache that BADAK_CACHE names, or else the system's custom; None when there is none."""
    value = os.environ.get(VARIABLE)
    if value is not None and value in ("", "off"):
        return None
    try:
        base = Path(value).expanduser().absolute() if value else _custom() / "badak"
    except (OSError, RuntimeError) as error:  # no home, or the current folder is gone
        _explain(value or "", str(error))
        return None
    return ObjectCache(str(base / "compiled"))


def _custom() -> Path:
    """The user's folder for caches, by the custom of the system."""
    named = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    if os.path.isabs(named):  # a relative one is to be ignored, says the XDG standard
        return Path(named)
    places = {"win32": "AppData/Local", "darwin": "Library/Caches"}
    return Path.home() / places.get(sys.platform, ".cache")


def _head(name: str, code: bytes) -> bytes:
    """What an entry begins with; the name is in it, so a renamed entry is a foreign one."""
    return _MAGIC + hashlib.sha256(name.encode() + code).digest()


def _reason(error: OSError) -> str:
    """Why, without the names of files, so that it is the same for all of them."""
    return error.strerror or str(error)


@functools.cache
def _explain(folder: str, reason: str) -> None:
    """Says, once for each folder and reason, why programs are compiled anew each time."""
    _log.info("compiled programs are not kept in %r: %s", folder, reason)
