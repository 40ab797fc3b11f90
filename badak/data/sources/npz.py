"""Arrays in NumPy's `.npz` archives, read without trusting them.

Python objects are never unpickled, and nothing is allocated on the word of the archive alone.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from badak.base.dtypes import Array, DType
from badak.base.errors import BadakFileError, RangeError
from badak.base.files import read_bytes, size_text
from badak.base.shapes import Shape
from badak.data.dataset import Dataset, TrainTest

LIMIT = 4 * 2**30
"""Bytes that an archive may unpack to, unless the caller says otherwise."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)
"""What `zipfile` raises for broken archives, and for features of zip that NumPy never uses."""

_PAIRS = (("x", "t"), ("X", "y"), ("x", "y"), ("data", "target"))
_KIND = r"'descr':\s*'([<>|=]?(?:[?biufcUS]\d{0,9}|O))'"
_ORDER = r"'fortran_order':\s*(True|False)"
_SHAPE = r"'shape':\s*\(([\d,\s]*)\)"
_OBJECTS = "a NumPy array of Python objects: reading it could run code"


def read_npz(source: str | Path | bytes, limit: int = LIMIT) -> dict[str, Array]:
    """All arrays of an archive by name.

    Args:
        source: a path, or the bytes themselves.
        limit: bytes that it may unpack to.

    >>> np.savez("points.npz", x=np.zeros((3, 2)))
    >>> read_npz("points.npz")["x"].shape
    (3, 2)

    Raises:
        BadakFileError: missing, no archive, damaged, larger than the limit, or holding Python
            objects.
    """
    name = "the archive" if isinstance(source, bytes) else Path(source).name
    raw = source if isinstance(source, bytes) else read_bytes(source, limit=limit)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            _check_size(name, members, limit)
            return {
                member.filename.removesuffix(".npy"): _array(archive, member, name)
                for member in members
            }
    except _DAMAGED as error:
        raise BadakFileError(f"{name}: damaged, or no .npz archive: {error}") from error


def _check_size(file: str, members: list[zipfile.ZipInfo], limit: int) -> None:
    total = sum(member.file_size for member in members)
    if total > limit:
        raise BadakFileError(
            f"{file}: expands to {size_text(total)}", expected=f"at most {size_text(limit)}"
        )
    seen: set[str] = set()
    for member in members:
        if member.filename in seen:
            raise BadakFileError(f"{file}: two arrays are called {member.filename!r}")
        seen.add(member.filename)
        if member.flag_bits & 1:
            raise BadakFileError(f"{file}: {member.filename} is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadakFileError(f"{file}: {member.filename} is packed in a way NumPy does not use")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: str) -> Array:
    what = f"{file}: {member.filename}"
    # Reading all that the directory declares, and no more, also compares the checksum.
    with archive.open(member) as stream:
        return parse_npy(stream.read(), what)


def parse_npy(raw: bytes, what: str) -> Array:
    """The array in the bytes of an `.npy` file, which errors call `what`.

    Raises:
        BadakFileError: no array of numbers or text, cut short, or with bytes left over.
    """
    shape, fortran, dtype, data = _parse(raw, what)
    size = math.prod(shape) * dtype.itemsize
    if len(data) != size:
        raise BadakFileError(f"{what}: header says {size} bytes, file has {len(data)}")
    try:
        values: Array = np.frombuffer(data, dtype=dtype)
    except ValueError as error:
        raise BadakFileError(f"{what}: {error}") from None
    array = values.reshape(shape[::-1]).T if fortran else values.reshape(shape)
    # A copy, because the array is read-only on these bytes.
    return array.copy()


def _parse(raw: bytes, what: str) -> tuple[Shape, bool, DType, bytes]:
    """Shape, order and kind from the header of an array; the bytes after it."""
    # NumPy's own parser evaluates the header, and leaves by five kinds of error; a few patterns
    # are enough for arrays of numbers and of text.
    if raw[:6] != b"\x93NUMPY" or raw[6:7] not in (b"\1", b"\2", b"\3"):
        raise BadakFileError(f"{what} is no NumPy array", got=f"starts with {raw[:8]!r}")
    width = 2 if raw[6] == 1 else 4
    end = 8 + width + int.from_bytes(raw[8 : 8 + width], "little")
    header = raw[8 + width : end].decode("latin-1")
    kind, order, sizes = (_only(pattern, header) for pattern in (_KIND, _ORDER, _SHAPE))
    if kind in ("|O", "O"):
        raise BadakFileError(f"{what} is {_OBJECTS}", hint="save plain arrays of numbers")
    if kind is None or order is None or sizes is None:
        raise BadakFileError(f"{what} is no array of numbers or text", got=header[:100].strip())
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    try:
        return shape, order == "True", np.dtype(kind), raw[end:]
    except TypeError:
        raise BadakFileError(f"{what}: no such kind of number: {kind}") from None


def _only(pattern: str, text: str) -> str | None:
    found = re.findall(pattern, text)
    return found[0] if len(found) == 1 else None


def load(
    path: Path, *, test_split: float = 0.3, seed: int = 0, stratify: bool = False
) -> TrainTest:
    """The data set in an archive.

    The arrays are called x and t (or X and y, x and y, data and target), and are split at random;
    or x_train, t_train, x_test, t_test (or y_train, y_test), and stay as they are. Names of
    classes may stand in an array `classes`.

    Args:
        path: of the `.npz` file.
        test_split: share of the rows for the test, where the archive does not say.
        seed: of the split.
        stratify: the same share of each class in both parts.

    Raises:
        BadakFileError: as `read_npz`.
        RangeError: when the names are others.
    """
    arrays = read_npz(path)
    name = path.stem
    classes = _class_names(arrays.get("classes"), path.name)
    for x, t in _PAIRS:
        parts = [f"{which}_{part}" for part in ("train", "test") for which in (x, t)]
        if all(part in arrays for part in parts):
            train = Dataset(arrays[parts[0]], arrays[parts[1]], classes=classes, name=name)
            test = Dataset(arrays[parts[2]], arrays[parts[3]], classes=classes, name=name)
            return TrainTest(train, test)
        if x in arrays and t in arrays:
            data = Dataset(arrays[x], arrays[t], classes=classes, name=name)
            return TrainTest.of(data, test_split, seed, stratify=stratify)
    raise RangeError(
        f"{path.name}: no inputs and targets among the arrays",
        expected="x and t, or x_train, t_train, x_test and t_test",
        got=", ".join(arrays) or "no arrays",
    )


def _class_names(array: Array | None, file: str) -> list[str] | None:
    if array is None:
        return None
    if array.ndim != 1 or array.dtype.kind not in "Uiu":
        raise BadakFileError(f"{file}: `classes` must be one row of names", got=f"{array.dtype}")
    return [str(name) for name in array.tolist()]
