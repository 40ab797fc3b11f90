"""MNIST: found wherever it lies, in any of its forms, and never mixed up."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import struct

import numpy as np
import pytest

from badak.base.errors import BadakFileError, RangeError
from badak.data import describe, load
from badak.data.sources import mnist

OFFICIAL = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of the four files unpacked, as published by several independent users of the data."""


def small_files():
    """Four files of the right form, with 3 training and 2 test images."""
    files = {}
    for part, rows in (("train", 3), ("t10k", 2)):
        pixels = np.arange(rows * 28 * 28, dtype=np.uint8)
        files[f"{part}-images-idx3-ubyte"] = (
            b"\0\0\10\3" + struct.pack(">3I", rows, 28, 28) + pixels.tobytes()
        )
        files[f"{part}-labels-idx1-ubyte"] = (
            b"\0\0\10\1" + struct.pack(">I", rows) + bytes(range(rows))
        )
    return files


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine without data: an empty cache and no BADAK_DATA."""
    monkeypatch.delenv("BADAK_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    return tmp_path


def write(folder, pack=bytes, rename=str):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in small_files().items():
        (folder / rename(name)).write_bytes(pack(content))


@pytest.mark.parametrize(
    ("pack", "rename"),
    [
        (gzip.compress, lambda name: f"{name}.gz"),
        (bytes, str),
        (bytes, lambda name: name.replace("-idx", ".idx")),
        (gzip.compress, str),
    ],
    ids=["gzipped", "unpacked", "dotted name", "gzip without its ending"],
)
@pytest.mark.parametrize("place", [".", "mnist"])
def test_files_are_found_in_every_form(home, pack, rename, place):
    write(home / "files" / place, pack, rename)

    train, test = load("mnist", root=home / "files")

    assert (len(train), len(test)) == (3, 2)
    assert train.t.tolist() == [0, 1, 2]
    assert train.x[0, :3].tolist() == [0, np.float32(1) / np.float32(255), np.float32(2 / 255)]


def test_images_keep_their_axes_when_asked(home):
    write(home / "mnist")

    flat, images = (load("mnist", root=home, flat=flat).train.x for flat in (True, False))

    assert (flat.shape, images.shape) == ((3, 784), (3, 1, 28, 28))
    assert np.array_equal(images.reshape(3, -1), flat)


def test_the_environment_names_the_folder(home, monkeypatch):
    write(home / "files" / "mnist")
    monkeypatch.setenv("BADAK_DATA", str(home / "files"))

    assert len(load("mnist").train) == 3
    assert describe("mnist").present(None)


def test_the_cache_is_used_without_a_download(home):
    write(home / "cache" / "badak" / "data" / "mnist")

    assert len(load("mnist", download=False).train) == 3


def test_without_files_and_network_the_ways_out_are_named(home):
    with pytest.raises(BadakFileError, match="not on this machine") as caught:
        load("mnist", download=False)

    assert "BADAK_DATA" in caught.value.hint
    assert not describe("mnist").present(None)


def test_a_root_without_the_files_is_an_error_and_no_reason_to_download(home):
    with pytest.raises(BadakFileError, match="the MNIST files are not in"):
        load("mnist", root=home)


def test_a_data_folder_that_does_not_exist_is_an_error(home, monkeypatch):
    monkeypatch.setenv("BADAK_DATA", str(home / "nowhere"))

    with pytest.raises(BadakFileError, match="BADAK_DATA names a folder that does not exist"):
        load("mnist")


def test_missing_files_are_downloaded_into_the_cache(home, monkeypatch):
    asked = []

    def pretend(file, folder, progress):
        asked.append(file.name)
        folder.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress(small_files()[file.name.removesuffix(".gz")])
        (folder / file.name).write_bytes(packed)

    monkeypatch.setattr(mnist, "download", pretend)
    load("mnist")
    load("mnist")

    assert asked == [file.name for file in mnist.FILES]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("train-labels-idx1-ubyte", b"\0\0\10\1\0\0\0\2\0\1", "3 images, 2 labels"),
        (
            "t10k-images-idx3-ubyte",
            small_files()["t10k-labels-idx1-ubyte"],
            "not images and labels",
        ),
        ("t10k-images-idx3-ubyte", b"", "t10k-images-idx3-ubyte: the file is empty"),
        ("train-images-idx3-ubyte", small_files()["train-images-idx3-ubyte"][:-5], "file has 2347"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(home, name, content, words):
    write(home / "mnist")
    (home / "mnist" / name).write_bytes(content)

    with pytest.raises(BadakFileError, match=words):
        load("mnist", root=home)


def test_a_label_beyond_9_is_refused(home):
    write(home / "mnist")
    (home / "mnist" / "train-labels-idx1-ubyte").write_bytes(b"\0\0\10\1\0\0\0\3\0\12\2")

    with pytest.raises(RangeError, match="label 10 at row 1"):
        load("mnist", root=home)


def test_mirrors_and_digests_are_given_for_all_four_files():
    assert [file.name for file in mnist.FILES] == [f"{name}.gz" for name in OFFICIAL]
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in mnist.FILES)
    assert all(m.startswith("https://") for file in mnist.FILES for m in file.mirrors)


def test_the_files_here_are_the_official_ones(mnist_root):
    for name, digest in OFFICIAL.items():
        packed = (mnist_root / f"{name}.gz").read_bytes()

        assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == digest


def test_the_official_data_is_as_described(mnist_root):
    bundle = load("mnist", root=mnist_root)
    source = describe("mnist")

    assert (len(bundle.train), len(bundle.test)) == source.rows
    assert np.bincount(bundle.train.t).tolist()[:3] == [5923, 6742, 5958]
    assert np.bincount(bundle.test.t).tolist()[:3] == [980, 1135, 1032]
    assert (bundle.train.x.min(), bundle.train.x.max()) == (0, 1)
    # The mean and deviation of the pixels, as they are quoted everywhere.
    assert bundle.train.x.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert bundle.train.x.std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)


def test_the_official_gzip_cut_in_the_middle_is_refused(mnist_root, tmp_path):
    for path in mnist_root.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    images = tmp_path / "t10k-images-idx3-ubyte.gz"
    images.write_bytes(images.read_bytes()[:800_000])

    with pytest.raises(BadakFileError, match=r"t10k-images-idx3-ubyte.gz is cut short"):
        load("mnist", root=tmp_path)
