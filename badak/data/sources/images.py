"""Pictures in folders, one folder a class, whose name is that of the class.

    flowers/train/daisy/1.jpg          flowers/daisy/1.jpg
    flowers/test/rose/2.png            flowers/rose/2.png

Either the training and the test pictures have a folder each, or all are split at random. A `.zip`
of such a folder is read as it is. Pictures are decoded by Pillow.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import BadakFileError, ShapeError, missing_extra
from badak.base.files import read_bytes
from badak.base.shapes import Shape, each
from badak.data.dataset import Dataset, TrainTest

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What is read. Pillow knows more, some of which start other programs."""

PIXELS = 2**26
"""The most pixels of one picture: a small file can claim to hold more than any memory."""

LIMIT = 2**28
"""The most bytes of one file."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What `zipfile` raises for broken and for encrypted archives."""

Files = dict[PurePosixPath, Callable[[], bytes]]
"""How the bytes of each file are had, by its path below the folder."""


def load(
    path: Path,
    *,
    size: int | tuple[int, int] | None = None,
    test_split: float = 0.3,
    seed: int = 0,
    stratify: bool = True,
    flat: bool = True,
) -> TrainTest:
    """The pictures of a folder with values from 0 to 1, and their classes.

    They have one channel when all of them are grey, else three. What a camera has noted about its
    own turning (EXIF) is followed.

    Args:
        path: the folder, or a `.zip` of it.
        size: height and width to which all are resized; None when they are of one size.
        test_split: share of the pictures for the test, where there are no folders `train` and
            `test`.
        seed: of the split.
        stratify: the same share of each class in both parts.
        flat: rows of numbers; otherwise (channels, height, width).

    Raises:
        BadakFileError: no folder of this form, a file that is damaged or no picture, by name.
        ShapeError: pictures of different sizes.
        MissingExtraError: without Pillow.
    """
    target = None if size is None else each(size, 2, "size")
    with _opened(path) as files:
        parts = _by_part(files, path.name)
        classes = sorted({name for part in parts.values() for name in part})
        _check_classes(parts, classes, path.name)
        pictures = [
            (_decoded(files[file], file, target), file, classes.index(name))
            for part in parts.values()
            for name in classes
            for file in part[name]
        ]
    grey = all(picture.shape[0] == 1 for picture, _, _ in pictures)
    first = pictures[0][0].shape[1:]
    for picture, file, _ in pictures:
        if picture.shape[1:] != first:
            raise ShapeError(
                f"{path.name}: pictures of different sizes",
                expected=f"{first[0]} x {first[1]}, as {pictures[0][1]}",
                got=f"{picture.shape[1]} x {picture.shape[2]}: {file}",
                hint=f"size=({first[0]}, {first[1]}), to which all are resized",
            )
    x = np.stack([picture if grey else _in_colour(picture) for picture, _, _ in pictures])
    x = x.astype(np.float32) / np.float32(255)
    t = np.array([label for _, _, label in pictures])
    rows = x.reshape(len(x), -1) if flat else x
    data = Dataset(rows, t, classes=classes, name=path.stem)
    if len(parts) == 1:
        return TrainTest.of(data, test_split, seed, stratify=stratify)
    count = sum(map(len, parts["train"].values()))
    order = np.arange(len(data))
    return TrainTest(data.take(order[:count]), data.take(order[count:]))


@contextmanager
def _opened(path: Path) -> Iterator[Files]:
    """The files of a folder or an archive."""
    if path.is_dir():
        found = (file for file in sorted(path.rglob("*")) if file.is_file())
        yield {
            PurePosixPath(file.relative_to(path).as_posix()): partial(read_bytes, file, limit=LIMIT)
            for file in found
        }
        return
    if not path.is_file():
        raise BadakFileError(f"there is no folder {path}")
    try:
        archive = zipfile.ZipFile(path)
    except (*_DAMAGED, OSError, ValueError) as error:
        raise BadakFileError(f"{path.name}: damaged, or no .zip archive: {error}") from error
    with archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        yield {
            PurePosixPath(member.filename): partial(_member, archive, member)
            for member in sorted(members, key=lambda member: member.filename)
        }


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > LIMIT:
        raise BadakFileError(f"{member.filename}: expands to {member.file_size:,} bytes")
    try:
        return archive.read(member)
    except (*_DAMAGED, OSError, ValueError) as error:
        raise BadakFileError(f"{member.filename}: damaged in the archive: {error}") from error


def _by_part(files: Files, folder: str) -> dict[str, dict[str, list[PurePosixPath]]]:
    """The pictures of each class, of training and test apart where they are."""
    pictures = [
        file
        for file in files
        if file.suffix.lower() in ENDINGS and not any(part.startswith(".") for part in file.parts)
    ]
    outer = 0  # an archive often has a folder around all
    while pictures and min(len(file.parts) for file in pictures) > outer + 2:
        if len({file.parts[outer] for file in pictures}) > 1:
            break
        outer += 1
    parts: dict[str, dict[str, list[PurePosixPath]]] = {}
    apart = {file.parts[outer] for file in pictures} == {"train", "test"}
    for file in pictures:
        above = file.parts[outer + apart : -1]
        if len(above) != 1:
            raise BadakFileError(
                f"{folder}: {file} is not in the folder of a class",
                expected="class/picture, or train/class/picture and test/class/picture",
            )
        part = parts.setdefault(file.parts[outer] if apart else "all", {})
        part.setdefault(above[0], []).append(file)
    return {name: parts[name] for name in ("train", "test", "all") if name in parts}


def _check_classes(
    parts: dict[str, dict[str, list[PurePosixPath]]], classes: list[str], folder: str
) -> None:
    if len(classes) < 2:
        raise BadakFileError(
            f"{folder}: a folder of pictures for each of two or more classes is needed",
            got=", ".join(classes) or f"no file ending in {', '.join(ENDINGS)}",
        )
    for part, found in parts.items():
        lacking = [name for name in classes if name not in found]
        if lacking:
            raise BadakFileError(f"{folder}: {part} has no pictures of {', '.join(lacking)}")


def _decoded(read: Callable[[], bytes], file: PurePosixPath, size: Shape | None) -> Array:
    """(1 or 3, height, width) bytes."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise missing_extra("Pillow", "images", "reading pictures") from None
    raw = read()
    if not raw:
        raise BadakFileError(f"{file}: the file is empty (0 bytes)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata, and of sizes that are checked here
            with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
                if picture.width * picture.height > PIXELS:
                    raise BadakFileError(
                        f"{file}: {picture.width:,} x {picture.height:,} pixels",
                        expected=f"at most {PIXELS:,} in all",
                    )
                upright = ImageOps.exif_transpose(picture)
                plain = _eight_bits(upright, Image)
                if size is not None and plain.size != (size[1], size[0]):
                    plain = plain.resize((size[1], size[0]), Image.Resampling.BILINEAR)
                values = np.asarray(plain, np.uint8)
    except BadakFileError:
        raise
    except UnidentifiedImageError:
        raise BadakFileError(
            f"{file}: damaged, or no picture", expected=", ".join(FORMATS), got=f"{raw[:8]!r} ..."
        ) from None
    except Exception as error:  # Pillow's readers raise whatever a file leads them to
        raise BadakFileError(f"{file}: damaged, or no picture: {error}") from error
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


def _eight_bits(picture: Any, image: Any) -> Any:
    """The picture in grey or in red, green and blue, a byte each; what is clear becomes black."""
    if picture.mode.startswith(("I", "F")):
        values = np.asarray(picture, np.float64)
        most = 65535 if values.max() > 255 else 255
        return image.fromarray(np.rint(values.clip(0, most) * (255 / most)).astype(np.uint8))
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    return picture.convert("RGB")


def _in_colour(picture: Array) -> Array:
    return np.repeat(picture, 3, axis=0) if picture.shape[0] == 1 else picture
