"""An archive: named arrays and a JSON record in one file, with a checksum on every byte.

The file is plain safetensors, so other programs read it. Its `__metadata__` holds one text,
"badak", which is a JSON manifest:

    {"format": 1,
     "sha256": of the header, with these 64 digits taken as zeros,
     "tensors": {NAME: {"dtype", "shape", "bytes", "sha256"}, ...},
     "record": what the caller stored}

Why the record lives inside: one file is one rename, and one rename is atomic. Two files side by
side could be caught, by a kill between two renames, one old and one new.

Why nothing slips through: the header's checksum covers the record and every tensor's checksum,
these cover the numbers, and a strict header leaves no byte that belongs to neither. The rule for
the header's checksum is the same in all formats to come, so that damage is never mistaken for a
newer format.

Written here, not by the safetensors library, for two reasons: the header's checksum is part of
the header, and large arrays go to the disk without a copy. The library reads what we write.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import SUPPORTED, Array, as_dtype, bool_
from badak.base.errors import BadakFileError, DTypeError, RangeError
from badak.base.files import Path, explained, read_bytes, resolved, write_atomically
from badak.base.jsontext import from_json, to_json
from badak.io.header import (
    MAX_AXES,
    MAX_HEADER,
    MAX_PARTS,
    METADATA,
    PREFIX,
    Entry,
    Header,
    build_header,
    count_parts,
    data_order,
    parse_header,
)

FORMAT = 1
_KEY = "badak"
_NO_DIGEST = "0" * 64


class NewerFormatError(BadakFileError):
    """A whole file that a newer Badak has written."""


@dataclass(frozen=True, eq=False)
class Archive:
    """What an archive holds: arrays by name, in the order they were saved, and the record.

    >>> archive = parse_archive(archive_bytes({"w": np.zeros(3, np.float32)}, {"epoch": 7}))
    >>> archive.tensors["w"].shape, archive.record["epoch"]
    ((3,), 7)
    """

    tensors: dict[str, Array]
    record: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Packed:
    """An archive ready to be written: the file's bytes in pieces, and its manifest for people."""

    pieces: list[bytes | memoryview]
    manifest: dict[str, Any]


def save_archive(path: Path, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
    """Writes an archive: the path holds the old file or the whole new one, whatever happens.

    Args:
        path: the file, by custom NAME.safetensors.
        tensors: arrays by name; must not change during the call.
        record: a JSON tree: dicts, lists, text, finite numbers, booleans, None.

    Raises:
        BadakFileError: when it cannot be written; an older file is whole.
        DTypeError, RangeError: for an array, a name or a record that cannot be stored.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as run:
    ...     save_archive(f"{run}/model.safetensors", {"w": np.ones(3)}, {"epoch": 7})
    ...     load_archive(f"{run}/model.safetensors").record
    {'epoch': 7}
    """
    write_atomically(path, pack(tensors, record).pieces)


def load_archive(path: Path) -> Archive:
    """Reads an archive and checks every byte of it.

    Raises:
        BadakFileError: when a byte differs from what was saved (it names the tensor and the
            range of bytes), or the file is of another kind or of a newer format.

    >>> load_archive("absent.safetensors")
    Traceback (most recent call last):
    badak.base.errors.BadakFileError: cannot read '...absent.safetensors': no such file or folder
      try       check the spelling, or make the folder first
    """
    data = read_bytes(path)
    with explained("read", resolved(path)):
        return parse_archive(data, repr(os.fsdecode(path)))


def load_tensors(path: Path) -> dict[str, Array]:
    """The arrays of any safetensors file, also of other programs, which store no checksums.

    Raises:
        BadakFileError: when the file is no safetensors file, or holds a dtype unknown to Badak.

    >>> import tempfile, safetensors.numpy
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     safetensors.numpy.save_file({"w": np.ones(3)}, f"{folder}/other.safetensors")
    ...     load_tensors(f"{folder}/other.safetensors")
    {'w': array([1., 1., 1.])}
    """
    data = read_bytes(path)
    with explained("read", resolved(path)):
        return parse_tensors(data, repr(os.fsdecode(path)))


def archive_bytes(tensors: Mapping[str, Array], record: Mapping[str, Any]) -> bytes:
    """The content of an archive file. Equal input gives equal bytes.

    >>> data = archive_bytes({"w": np.zeros(3, np.float32)}, {"epoch": 7})
    >>> parse_archive(data).record
    {'epoch': 7}
    """
    return b"".join(pack(tensors, record).pieces)


def pack(tensors: Mapping[str, Array], record: Mapping[str, Any]) -> Packed:
    """An archive as pieces of memory, without copying arrays that lie in order."""
    arrays = {name: _storable(name, array) for name, array in tensors.items()}
    contents = {name: array.reshape(-1).view(np.uint8).data for name, array in arrays.items()}
    kinds = {name: (as_dtype(array.dtype), array.shape) for name, array in arrays.items()}
    manifest = {
        "format": FORMAT,
        "sha256": _NO_DIGEST,
        "tensors": {
            name: {
                "dtype": str(dtype),
                "shape": list(shape),
                "bytes": contents[name].nbytes,
                "sha256": hashlib.sha256(contents[name]).hexdigest(),
            }
            for name, (dtype, shape) in kinds.items()
        },
        "record": dict(record),
    }
    head = build_header({_KEY: to_json(manifest, "")}, kinds)
    if len(head) > PREFIX + MAX_HEADER or count_parts(head) > MAX_PARTS:
        raise RangeError(
            "the record and the list of tensors are too long",
            expected=f"at most {MAX_HEADER:,} bytes and {MAX_PARTS:,} parts together",
            got=f"{len(head):,} bytes and {count_parts(head):,} parts",
            hint="store long lists of numbers as tensors",
        )
    digest = hashlib.sha256(head[PREFIX:]).hexdigest()
    manifest["sha256"] = digest
    # The first 64 zeros are the digest's place: nothing of the caller's stands before it.
    head = head.replace(_NO_DIGEST.encode(), digest.encode(), 1)
    return Packed([head, *(contents[name] for name in data_order(kinds))], manifest)


def parse_archive(data: bytes, where: str = "archive") -> Archive:
    """Reads an archive from the content of its file; as `load_archive`.

    Args:
        data: the content.
        where: its name, for error messages.

    >>> data = bytearray(archive_bytes({"w": np.ones(3)}, {}))
    >>> data[-1] ^= 1
    >>> parse_archive(bytes(data), "model.safetensors")
    Traceback (most recent call last):
    badak.base.errors.BadakFileError: model.safetensors: tensor 'w': checksum differs (bytes ...)
      try       the file is damaged: use an older one
    """
    header = parse_header(data, where)
    manifest = _checked_manifest(header, where)
    view = memoryview(data)
    tensors = {}
    for name, entry in header.entries.items():
        digest = hashlib.sha256(view[entry.begin : entry.end]).hexdigest()
        if digest != manifest["tensors"][name]["sha256"]:
            raise BadakFileError(
                f"{where}: tensor {name!r}: checksum differs (bytes {entry.begin}..{entry.end})",
                hint="the file is damaged: use an older one",
            )
        tensors[name] = _array(view, name, entry, where)
    return Archive(tensors, manifest["record"])


def parse_tensors(data: bytes, where: str = "file") -> dict[str, Array]:
    """Reads the arrays from the content of any safetensors file; as `load_tensors`.

    >>> parse_tensors(archive_bytes({"w": np.ones(3)}, {}))
    {'w': array([1., 1., 1.])}
    """
    header = parse_header(data, where)
    if _KEY in header.metadata:
        return parse_archive(data, where).tensors
    view = memoryview(data)
    return {name: _array(view, name, entry, where) for name, entry in header.entries.items()}


def _checked_manifest(header: Header, where: str) -> dict[str, Any]:
    if _KEY not in header.metadata:
        raise BadakFileError(
            f"{where}: Badak did not save this file, so it has no checksums",
            hint="badak.io.load_tensors reads the tensors unchecked",
        )
    manifest: Any = from_json(header.metadata[_KEY], f"{where}: manifest")
    if not isinstance(manifest, dict):
        raise BadakFileError(f"{where}: the manifest is no dict")
    digest = manifest.get("sha256")
    if not isinstance(digest, str) or digest != _header_digest(header.raw, digest):
        raise BadakFileError(
            f"{where}: header: checksum differs (bytes {PREFIX}..{PREFIX + len(header.raw)})",
            hint="the file is damaged: use an older one",
        )
    version = manifest.get("format")
    if type(version) is int and version > FORMAT:
        raise NewerFormatError(
            f"{where}: format {version}, this Badak reads up to {FORMAT}", hint="update Badak"
        )
    if version != FORMAT or not _fits(manifest, header):
        raise BadakFileError(f"{where}: the manifest is not as Badak writes it")
    return manifest


def _header_digest(raw: bytes, digest: str) -> str:
    blank = raw.replace(digest.encode("utf-8", "replace"), _NO_DIGEST.encode(), 1)
    return hashlib.sha256(blank).hexdigest()


def _fits(manifest: dict[str, Any], header: Header) -> bool:
    """Whether a manifest, which may come from anybody, has the fields that reading it needs."""
    tensors = manifest.get("tensors")
    return (
        isinstance(manifest.get("record"), dict)
        and isinstance(tensors, dict)
        and list(tensors) == list(header.entries)
        and all(isinstance(row, dict) and "sha256" in row for row in tensors.values())
    )


def _array(view: memoryview, name: str, entry: Entry, where: str) -> Array:
    content = np.frombuffer(view[entry.begin : entry.end], np.uint8)
    if entry.dtype == bool_ and content.size and content.max() > 1:
        raise BadakFileError(
            f"{where}: tensor {name!r}: a boolean is neither 0 nor 1 "
            f"(bytes {entry.begin}..{entry.end})"
        )
    # A copy lies aligned, can be written to, and lets go of the file's bytes.
    numbers = content.copy().view(entry.dtype.newbyteorder("<")).reshape(entry.shape)
    return numbers.astype(entry.dtype, copy=False)


def _storable(name: str, array: Array) -> Array:
    """The array as it lies in the file: in row order, little-endian."""
    _check_name(name)
    if not isinstance(array, np.ndarray | np.generic):
        raise DTypeError(f"tensor {name!r} must be a NumPy array", got=type(array).__name__)
    if array.dtype.newbyteorder("=") not in SUPPORTED:
        raise DTypeError(
            f"tensor {name!r} cannot be stored",
            expected=f"one of {', '.join(map(str, SUPPORTED))}",
            got=array.dtype,
        )
    if array.ndim > MAX_AXES:
        raise RangeError(f"tensor {name!r} has too many axes", expected=MAX_AXES, got=array.ndim)
    ordered = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    # A view of other memory as booleans may hold bytes above 1, which the reader refuses.
    return ordered.view(np.uint8) != 0 if ordered.dtype == bool_ else ordered


def _check_name(name: str) -> None:
    if not isinstance(name, str):
        raise DTypeError("the name of a tensor must be text", got=repr(name))
    if name == METADATA:
        raise RangeError(f"a tensor cannot be called {name!r}: the format needs that name")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise RangeError(f"the name {name!r} holds half of a surrogate pair") from None
