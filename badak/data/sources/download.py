"""Downloads that are either whole and verified, or not there at all.

The bytes are gathered in memory, compared by length and SHA-256, and only then written, under a
temporary name that is replaced at the end. An interrupted download leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from badak.base.errors import BadakFileError
from badak.base.files import make_folder, write_atomically

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that have come, and the bytes of the whole."""

_CHUNK = 2**16


class Stream(Protocol):
    """What comes from a mirror."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that several mirrors carry, and how to recognise it.

    Args:
        name: of the file, here and on the mirrors.
        size: bytes.
        sha256: hexadecimal digest of the bytes.
        mirrors: addresses of folders, each ending in a slash; tried in order.
    """

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]


def download(
    file: RemoteFile,
    folder: Path,
    *,
    progress: Progress | None = None,
    schemes: tuple[str, ...] = ("https",),
    timeout: float = 30.0,
) -> Path:
    """Fetches a file into a folder from the first mirror that has it whole.

    Args:
        file: what to fetch.
        folder: where to put it; made when missing.
        progress: called as bytes come.
        schemes: ways that may be used, for redirects too; plain http is for tests.
        timeout: seconds without a byte after which a mirror is given up.

    Raises:
        BadakFileError: when no mirror delivers it (each is named with its reason), or when it
            cannot be written.
    """
    reasons = []
    for mirror in file.mirrors:
        url = mirror + file.name
        try:
            data = fetch(url, file, progress=progress, schemes=schemes, timeout=timeout)
        except BadakFileError as error:
            reasons.append(error.sentence)
            continue
        make_folder(folder)
        write_atomically(folder / file.name, data)
        return folder / file.name
    raise BadakFileError(
        f"{file.name} could not be downloaded ({' | '.join(reasons)})",
        hint=f"put the file into {folder} yourself, or into a folder that BADAK_DATA names",
    )


def fetch(
    url: str,
    file: RemoteFile,
    *,
    progress: Progress | None = None,
    schemes: tuple[str, ...] = ("https",),
    timeout: float = 30.0,
) -> bytes:
    """The bytes at an address, when they are the file's.

    Raises:
        BadakFileError: no connection, another length, another digest.
    """
    # These two take longer to import than the rest of this package, and few runs download.
    import http.client
    import urllib.request

    # An opener that speaks no other scheme follows no redirect to one.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    if "https" in schemes:
        opener.add_handler(urllib.request.HTTPSHandler())
    if "http" in schemes:
        opener.add_handler(urllib.request.HTTPHandler())
    try:
        with opener.open(url, timeout=timeout) as response:
            data = b"".join(_chunks(response, file, progress))
    except (OSError, http.client.HTTPException) as error:
        raise BadakFileError(f"{url}: {error}") from error
    if len(data) != file.size:
        got = f"{len(data)} bytes" if len(data) < file.size else "more"
        raise BadakFileError(f"{url}: wrong length", expected=f"{file.size} bytes", got=got)
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise BadakFileError(f"{url}: wrong SHA-256", expected=file.sha256, got=digest)
    return data


def _chunks(stream: Stream, file: RemoteFile, progress: Progress | None) -> Iterable[bytes]:
    """The stream in pieces, up to one byte more than the file has."""
    done = 0
    while done <= file.size:
        chunk = stream.read(min(_CHUNK, file.size + 1 - done))
        if not chunk:
            return
        done += len(chunk)
        if progress is not None:
            progress(file.name, done, file.size)
        yield chunk
