"""CIFAR-10: 60,000 colour pictures of 32 x 32 pixels, in ten classes.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009). The six files are
those of the author's binary version, in which 50,000 pictures are for training and 10,000 for the
test; each row is a byte for the class, then 1,024 bytes for each of red, green and blue.
"""

from __future__ import annotations

import io
import tarfile
import zlib
from pathlib import Path

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import BadakFileError, RangeError
from badak.base.files import read_bytes
from badak.data.dataset import Dataset, TrainTest
from badak.data.sources import images
from badak.data.sources.download import Progress, RemoteFile, download
from badak.data.sources.folders import VARIABLE, cache_folder, data_folder
from badak.data.sources.source import Source

ARCHIVE = RemoteFile(
    "cifar-10-binary.tar.gz",
    170052171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ("https://www.cs.toronto.edu/~kriz/",),
)
FOLDER = "cifar-10-batches-bin"
TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = ("test_batch.bin",)
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_ROW = 1 + 3 * 32 * 32


def load(
    *,
    root: Path | None = None,
    flat: bool = True,
    download: bool = True,
    progress: Progress | None = None,
) -> TrainTest:
    """CIFAR-10 with values from 0 to 1.

    The six binary files, their archive, or folders of pictures (see `images`) are looked for in
    `root`, in the folder that BADAK_DATA names and in the cache, each time also in its subfolder
    `cifar10`. When there are none the archive is downloaded into the cache.

    Args:
        root: the folder that has the files, or a `.zip` of folders of pictures.
        flat: rows of (3072,); otherwise pictures of (3, 32, 32).
        download: False to do without the network.
        progress: called with name, bytes so far and bytes in all.

    Raises:
        BadakFileError: files missing, damaged, or not to be had.
    """
    place = find(root)
    if place is None and root is not None:
        expected = f"{', '.join((*TRAIN, *TEST))}, or folders of pictures"
        raise BadakFileError(f"CIFAR-10 is not in {root}", expected=expected)
    if place is None:
        place = _downloaded(download, progress)
    if _has_pictures(place):
        return _of_pictures(place, flat)
    files = _members(place) if place.is_file() else _files(place)
    train, test = (_dataset([files[name] for name in names], flat) for names in (TRAIN, TEST))
    return TrainTest(train, test)


def find(root: Path | None = None) -> Path | None:
    """The folder or the archive that has the data; None when there is none."""
    bases = [root] if root is not None else [data_folder(), cache_folder()]
    for base in bases:
        if base is None:
            continue
        for place in (base / "cifar10" / FOLDER, base / "cifar10", base / FOLDER, base):
            if all((place / name).is_file() for name in (*TRAIN, *TEST)) or _has_pictures(place):
                return place
            if (place / ARCHIVE.name).is_file():
                return place / ARCHIVE.name
    return None


def _has_pictures(place: Path) -> bool:
    folders = all((place / part / CLASSES[0]).is_dir() for part in ("train", "test"))
    return folders or (place.suffix == ".zip" and place.is_file())


def _of_pictures(place: Path, flat: bool) -> TrainTest:
    both = images.load(place, flat=flat)
    if both.classes != CLASSES:
        raise BadakFileError(
            f"{place.name}: these are not the classes of CIFAR-10",
            expected=", ".join(CLASSES),
            got=", ".join(both.classes or ()),
        )
    return both


def _downloaded(allowed: bool, progress: Progress | None) -> Path:
    if not allowed:
        raise BadakFileError(
            "CIFAR-10 is not on this machine",
            hint=f"root=, the environment variable {VARIABLE}, or download=True",
        )
    return download(ARCHIVE, cache_folder() / "cifar10", progress=progress)


def _files(folder: Path) -> dict[str, bytes]:
    return {name: read_bytes(folder / name, limit=2**28) for name in (*TRAIN, *TEST)}


def _members(archive: Path) -> dict[str, bytes]:
    """The six files in the archive; nothing is unpacked to the disk."""
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(read_bytes(archive)), mode="r:gz") as packed:
            for name in (*TRAIN, *TEST):
                stream = packed.extractfile(f"{FOLDER}/{name}")
                if stream is None:
                    raise KeyError(name)
                found[name] = stream.read(10000 * _ROW + 1)
    except (tarfile.TarError, zlib.error, EOFError, OSError, KeyError) as error:
        raise BadakFileError(
            f"{archive.name}: damaged, or not the archive of CIFAR-10: {error}",
            hint="delete it and download it again",
        ) from error
    return found


def _dataset(files: list[bytes], flat: bool) -> Dataset:
    rows = np.concatenate([_rows(content) for content in files])
    pixels = rows[:, 1:].astype(np.float32) / np.float32(255)
    x = pixels if flat else pixels.reshape(-1, 3, 32, 32)
    return Dataset(x, rows[:, 0], classes=CLASSES, name="cifar10")


def _rows(content: bytes) -> Array:
    if not content or len(content) % _ROW:
        raise BadakFileError(
            "cifar10: a file is cut short or damaged",
            expected=f"rows of {_ROW} bytes",
            got=f"{len(content):,} bytes",
            hint="delete it and download it again",
        )
    rows: Array = np.frombuffer(content, np.uint8).reshape(-1, _ROW)
    if rows[:, 0].max() >= len(CLASSES):
        raise RangeError("cifar10: a label is out of range", expected="0..9", got=rows[:, 0].max())
    return rows


def _present(root: Path | None) -> bool:
    return find(root) is not None


SOURCE = Source(
    name="cifar10",
    about="colour pictures, 32 x 32 pixels",
    rows=(50000, 10000),
    shape=(3, 32, 32),
    classes=10,
    licence="none stated",
    origin="Krizhevsky, Toronto; six binary files, 170 MB, from a folder or downloaded",
    load=load,
    present=_present,
)
