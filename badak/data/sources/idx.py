"""IDX, the format of the MNIST files: a magic number, the sizes, then the values, big-endian.

    0x00 0x00 kind axes | size of each axis, uint32 | values, the last axis fastest

Described by Y. LeCun, C. Cortes and C. J. C. Burges at http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Protocol

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import BadakFileError
from badak.base.files import read_bytes

KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_BEST_RATIO = 1032
"""Deflate never packs tighter, so a header that promises more than this is wrong."""

LIMIT = 4 * 2**30
"""Bytes of one array; a small file that claims to hold more is an attack or a mistake."""

_AGAIN = "delete it and download it again"


class Stream(Protocol):
    """What the reader needs of an open file, packed or not."""

    def read(self, size: int, /) -> bytes: ...


def read_idx(source: str | Path | bytes, name: str = "") -> Array:
    """The array in an IDX file, gzipped or not, in the byte order of this machine.

    Args:
        source: a path, or the bytes themselves.
        name: what errors call it; the file's name unless given.

    >>> read_idx(bytes([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 8, 9]))
    array([7, 8, 9], dtype=uint8)

    Raises:
        BadakFileError: not IDX, cut short, with bytes left over, or a gzip that is damaged.
    """
    raw = source if isinstance(source, bytes) else read_bytes(source)
    what = name or ("IDX data" if isinstance(source, bytes) else Path(source).name)
    if not raw:
        raise BadakFileError(f"{what}: the file is empty (0 bytes)", hint=_AGAIN)
    if raw[:2] == _GZIP:
        return _unpack(raw, what)
    if what.endswith(".gz"):
        raise BadakFileError(
            f"{what}: not gzip (starts with {raw[:2].decode('latin-1')!r})",
            hint="a proxy's or a 404 page? " + _AGAIN,
        )
    return _parse(io.BytesIO(raw), what, most=LIMIT)


def _unpack(raw: bytes, what: str) -> Array:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            return _parse(stream, what, most=_BEST_RATIO * len(raw))
    except EOFError:
        reason = "cut short: the gzip data ends too soon"
    except gzip.BadGzipFile as error:
        reason = f"damaged: {error}"
    except zlib.error as error:
        reason = f"damaged: {error}"
    raise BadakFileError(f"{what} is {reason}", hint=_AGAIN)


def _parse(stream: Stream, what: str, most: int) -> Array:
    """The array in a stream that holds at most that many bytes."""
    magic = _header(stream, 4, what)
    kind = KINDS.get(magic[2])
    if magic[:2] != b"\0\0" or kind is None or magic[3] == 0:
        raise BadakFileError(
            f"{what}: not an IDX file",
            expected="00 00, a kind of number (08, 09, 0b, 0c, 0d, 0e), the number of axes",
            got=magic.hex(" "),
        )
    shape = struct.unpack(f">{magic[3]}I", _header(stream, 4 * magic[3], what))
    size = math.prod(shape) * np.dtype(kind).itemsize
    promise = f"{what}: header says {'x'.join(map(str, shape))} = {size} bytes"
    if size > min(most, LIMIT):
        raise BadakFileError(f"{promise}, file has at most {min(most, LIMIT)}", hint=_AGAIN)
    # One byte more than promised, so that reading reaches the end: leftovers show, and gzip
    # compares its checksum.
    body = _read(stream, size + 1)
    if len(body) != size:
        got = "more" if len(body) > size else f"{len(body)}"
        raise BadakFileError(f"{promise}, file has {got}", hint=_AGAIN)
    array = np.frombuffer(body, dtype=kind).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="))


def _read(stream: Stream, size: int) -> bytes:
    # In pieces: gzip would set aside all that the header promises before it reads the first byte.
    parts = []
    while size and (part := stream.read(min(size, 2**20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _header(stream: Stream, size: int, what: str) -> bytes:
    part = stream.read(size)
    if len(part) < size:
        raise BadakFileError(f"{what}: the file ends inside its IDX header", hint=_AGAIN)
    return part
