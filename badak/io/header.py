"""The head of a safetensors file: which tensor lies where. Read strictly, before anything else.

    8 bytes    N, the length of the header (little-endian)
    N bytes    JSON: {"__metadata__": {text: text}, NAME: {"dtype", "shape", "data_offsets"}, ...}
    the rest   the numbers, little-endian, without gaps

A header is untrusted: it is refused, before memory is taken for what it claims, unless every byte
of the rest belongs to exactly one tensor. We refuse what the safetensors library refuses, and
also a name that stands twice, -0 for 0, and fields that nobody knows.

Format: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from badak.base import dtypes
from badak.base.dtypes import DType
from badak.base.errors import BadakFileError
from badak.base.files import size_text
from badak.base.jsontext import from_json_counts
from badak.base.shapes import Shape

MAX_HEADER = 100_000_000
MAX_PARTS = 1_000_000
"""Commas and opening brackets in a header. A file of 100 MB could ask for 3 GB of lists."""
MAX_AXES = 32
METADATA = "__metadata__"
PREFIX = 8
"""Bytes before the header, which hold its length."""

CODES = {
    "BOOL": dtypes.bool_,
    "U8": dtypes.uint8,
    "U32": dtypes.uint32,
    "U64": dtypes.uint64,
    "I32": dtypes.int32,
    "I64": dtypes.int64,
    "F32": dtypes.float32,
    "F64": dtypes.float64,
}
_CODE_OF = {dtype: code for code, dtype in CODES.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor in the file: its kind, its shape, and its bytes begin..end (end excluded)."""

    dtype: DType
    shape: Shape
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What the head of a file says, checked against the length of the file.

    Attributes:
        raw: the bytes of the header, without the 8 before it.
        metadata: text by name.
        entries: the tensors in the order of the header; positions count from the file's begin.
    """

    raw: bytes
    metadata: dict[str, str]
    entries: dict[str, Entry]


def build_header(metadata: Mapping[str, str], tensors: Mapping[str, tuple[DType, Shape]]) -> bytes:
    """The first bytes of a file: length and header, padded so that the numbers begin at 8 * n.

    The numbers must follow in the order of `data_order(tensors)`.
    """
    begin: dict[str, int] = {}
    end: dict[str, int] = {}
    position = 0
    for name in data_order(tensors):
        dtype, shape = tensors[name]
        begin[name] = position
        position += dtype.itemsize * math.prod(shape)
        end[name] = position
    tree: dict[str, Any] = {METADATA: dict(metadata)}
    for name, (dtype, shape) in tensors.items():
        offsets = [begin[name], end[name]]
        tree[name] = {"dtype": _CODE_OF[dtype], "shape": list(shape), "data_offsets": offsets}
    raw = json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % PREFIX)
    return len(raw).to_bytes(PREFIX, "little") + raw


def data_order(tensors: Mapping[str, tuple[DType, Shape]]) -> list[str]:
    """The order of the numbers in the file: wide dtypes first, so that each lies aligned."""
    return sorted(tensors, key=lambda name: -tensors[name][0].itemsize)


def parse_header(data: bytes, where: str) -> Header:
    """Reads and checks the head of a file.

    Args:
        data: the whole file.
        where: its name, for error messages.

    Raises:
        BadakFileError: unless this is a safetensors file whose parts all fit together.
    """
    raw = _raw_header(data, where)
    if count_parts(raw) > MAX_PARTS:
        raise BadakFileError(f"{where}: the header has more than {MAX_PARTS:,} parts")
    tree = from_json_counts(raw, f"{where}: header (bytes {PREFIX}..{PREFIX + len(raw)})")
    metadata = tree.pop(METADATA, {})
    texts = metadata.values() if isinstance(metadata, dict) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise BadakFileError(f"{where}: header: {METADATA} must hold text by name")
    start = PREFIX + len(raw)
    entries = {name: _entry(name, fields, start, where) for name, fields in tree.items()}
    for text in [*entries, *metadata, *metadata.values()]:
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise BadakFileError(f"{where}: header: half of a surrogate pair in {text[:40]!r}")
    _check_no_gap(entries, start, len(data), where)
    return Header(raw, metadata, entries)


def count_parts(raw: bytes) -> int:
    """A bound for the number of objects that reading this JSON text makes."""
    return raw.count(b"[") + raw.count(b"{") + raw.count(b",")


def _raw_header(data: bytes, where: str) -> bytes:
    if len(data) < PREFIX:
        size = "an empty file" if not data else f"{len(data)} bytes"
        raise BadakFileError(f"{where}: not a safetensors file, or cut off", got=size)
    length = int.from_bytes(data[:PREFIX], "little")
    if length > MAX_HEADER:
        _refuse_other_format(data, where)
        raise BadakFileError(
            f"{where}: the header is too long",
            expected=f"at most {size_text(MAX_HEADER)}",
            got=f"{length:,} bytes",
        )
    if PREFIX + length > len(data):
        raise BadakFileError(
            f"{where}: the file ends inside its header",
            expected=f"a header of {length:,} bytes",
            got=f"a file of {len(data):,} bytes",
        )
    raw = data[PREFIX : PREFIX + length]
    if not raw.startswith(b"{"):
        raise BadakFileError(f"{where}: the header does not begin with '{{'", got=repr(raw[:8]))
    return raw


def _entry(name: str, fields: Any, start: int, where: str) -> Entry:
    def refuse(why: str) -> NoReturn:
        raise BadakFileError(f"{where}: header: tensor {name!r}: {why}")

    if not isinstance(fields, dict) or sorted(fields) != ["data_offsets", "dtype", "shape"]:
        refuse("needs exactly dtype, shape and data_offsets")
    code, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(code, str) or code not in CODES:
        refuse(f"Badak has no dtype {code!r}; known are {', '.join(CODES)}")
    if not _are_counts(shape) or len(shape) > MAX_AXES:
        refuse(f"the shape must be a list of at most {MAX_AXES} counts")
    if not _are_counts(offsets) or len(offsets) != len(("begin", "end")):
        refuse("data_offsets must be two counts")
    dtype, (begin, end) = CODES[code], offsets
    # NumPy refuses such shapes even where a size of 0 makes the product 0.
    if math.prod(size for size in shape if size) * dtype.itemsize >= 2**63:
        refuse(f"the shape {shape} is too large")
    if end - begin != math.prod(shape) * dtype.itemsize:
        needed = math.prod(shape) * dtype.itemsize
        refuse(f"{code} {shape} takes {needed:,} bytes, data_offsets {offsets} say {end - begin:,}")
    return Entry(dtype, tuple(shape), start + begin, start + end)


def _are_counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(count) is int for count in value)


def _check_no_gap(entries: Mapping[str, Entry], start: int, size: int, where: str) -> None:
    position = start
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        span = f"bytes {entry.begin}..{entry.end}"
        if entry.begin != position:
            word = "overlaps the one before it" if entry.begin < position else "follows a gap"
            raise BadakFileError(f"{where}: header: tensor {name!r} ({span}) {word}")
        if entry.end > size:
            raise BadakFileError(
                f"{where}: the file ends inside tensor {name!r} ({span})",
                expected=f"{max(entry.end for entry in entries.values()):,} bytes",
                got=f"{size:,} bytes",
            )
        position = entry.end
    if position != size:
        raise BadakFileError(
            f"{where}: bytes {position}..{size} belong to no tensor",
            expected=f"{position:,} bytes",
            got=f"{size:,} bytes",
        )


_OBJECTS = "contains Python objects; Badak never loads these"
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x93NUMPY", "is a NumPy .npy file"),
    (b"PK", "is a zip archive (.npz, .pt, .keras)"),
    (b"\x89HDF", "is an HDF5 file"),
    (b"\x1f\x8b", "is a gzip file"),
    (b"<", "begins with '<', like a web page"),
    (b"{", "is JSON text"),
)
_PICKLE_STARTS = b"(]}c"
"""How pickles of protocols 0 and 1 begin when they hold a tuple, list, dict or class."""


def _refuse_other_format(data: bytes, where: str) -> None:
    kind = next((kind for start, kind in _OTHERS if data.startswith(start)), None)
    objects = (
        (data[:1] == b"\x80" and data[1:2] <= b"\x05")  # a pickle and its protocol
        or (data[0] in _PICKLE_STARTS and data.rstrip().endswith(b"."))
        or (data.startswith(b"\x93NUMPY") and b"'|O'" in data[:256])
        or (data.startswith(b"PK") and (b".pkl" in data[:512] or b".pkl" in data[-4096:]))
    )
    if kind is None and not objects:
        return
    raise BadakFileError(
        f"{where} {_OBJECTS if objects else kind}",
        expected="a safetensors file",
        hint="export to safetensors",
    )
