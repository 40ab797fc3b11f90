"""MNIST: 70,000 handwritten digits of 28 x 28 pixels.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86 (1998). The four files are those of the authors, in
which 60,000 images are for training and 10,000 for the test.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import BadakFileError
from badak.data.dataset import Dataset, TrainTest
from badak.data.sources.download import Progress, RemoteFile, download
from badak.data.sources.folders import VARIABLE, cache_folder, data_folder
from badak.data.sources.idx import read_idx
from badak.data.sources.source import Source

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = tuple(
    RemoteFile(f"{name}.gz", size, sha256, MIRRORS)
    for name, size, sha256 in (
        (
            "train-images-idx3-ubyte",
            9912422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        (
            "train-labels-idx1-ubyte",
            28881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        (
            "t10k-images-idx3-ubyte",
            1648877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        (
            "t10k-labels-idx1-ubyte",
            4542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    )
)
"""The official files in the order images, labels, images, labels."""


def load(
    *,
    root: Path | None = None,
    flat: bool = True,
    download: bool = True,
    progress: Progress | None = None,
) -> TrainTest:
    """MNIST with pixels from 0 (paper) to 1 (ink).

    The four files, gzipped or not, are looked for in `root`, in the folder that BADAK_DATA names
    and in the cache, each time also in its subfolder `mnist`. When none has them they are
    downloaded into the cache.

    Args:
        root: the folder that has the files; no other is looked into.
        flat: rows of (784,); otherwise images of (1, 28, 28).
        download: False to do without the network.
        progress: called with name, bytes so far and bytes in all.

    Raises:
        BadakFileError: files missing, damaged, or not to be had.
    """
    folder = find(root)
    if folder is None and root is not None:
        raise BadakFileError(
            f"the MNIST files are not in {root}", expected=", ".join(file.name for file in FILES)
        )
    if folder is None:
        folder = _downloaded(download, progress)
    train_x, train_t, test_x, test_t = (read_idx(_in(folder, file.name)) for file in FILES)
    return TrainTest(
        _dataset(train_x, train_t, FILES[0].name, flat),
        _dataset(test_x, test_t, FILES[2].name, flat),
    )


def find(root: Path | None = None) -> Path | None:
    """The folder that has all four files; None when there is none."""
    bases = [root] if root is not None else [data_folder(), cache_folder()]
    folders = [path for base in bases if base is not None for path in (base / "mnist", base)]
    for folder in folders:
        if all(_candidates(folder, file.name) for file in FILES):
            return folder
    return None


def _candidates(folder: Path, name: str) -> list[Path]:
    """The file under each of the names that it goes by, the unpacked first."""
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    names = (plain, dotted, f"{plain}.gz", f"{dotted}.gz")
    return [folder / each for each in names if (folder / each).is_file()]


def _in(folder: Path, name: str) -> Path:
    return _candidates(folder, name)[0]


def _downloaded(allowed: bool, progress: Progress | None) -> Path:
    folder = cache_folder() / "mnist"
    if not allowed:
        raise BadakFileError(
            "the MNIST files are not on this machine",
            hint=f"root=, the environment variable {VARIABLE}, or download=True",
        )
    for file in FILES:
        if not _candidates(folder, file.name):
            download(file, folder, progress=progress)
    return folder


def _dataset(images: Array, labels: Array, name: str, flat: bool) -> Dataset:
    what = name.split("-")[0]
    if images.ndim != 3 or labels.ndim != 1:
        raise BadakFileError(
            f"{what}: not images and labels",
            expected="arrays of 3 and 1 axes",
            got=f"{images.shape} and {labels.shape}",
        )
    if len(images) != len(labels):
        raise BadakFileError(f"{what}: {len(images)} images, {len(labels)} labels")
    pixels = images.astype(np.float32) / np.float32(255)
    rows = pixels.reshape(len(images), -1) if flat else pixels[:, None]
    return Dataset(rows, labels, classes=[str(digit) for digit in range(10)], name="mnist")


def _present(root: Path | None) -> bool:
    return find(root) is not None


SOURCE = Source(
    name="mnist",
    about="handwritten digits, 28 x 28 pixels",
    rows=(60000, 10000),
    shape=(1, 28, 28),
    classes=10,
    licence="CC BY-SA 3.0",
    origin="LeCun, Cortes, Burges; four IDX files, 11.6 MB, from a folder or downloaded",
    load=load,
    present=_present,
)
