"""CIFAR-10: the official files wherever they lie, or folders of pictures."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest

from badak.base.errors import BadakError, BadakFileError
from badak.data import describe, load
from badak.data.sources import cifar10


def rows(labels):
    """Rows of the form of the files: the class, then red, green and blue that tell it."""
    planes = [np.repeat(np.uint8([label, 10 * label, 255]), 1024) for label in labels]
    return b"".join(
        bytes([label]) + plane.tobytes() for label, plane in zip(labels, planes, strict=True)
    )


FILES = {f"data_batch_{i}.bin": rows([i, 0]) for i in range(1, 6)} | {"test_batch.bin": rows([9])}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine without data."""
    monkeypatch.delenv("BADAK_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    return tmp_path


def write(folder, files=FILES):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def pack(files=FILES):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize(
    "place", [".", "cifar10", "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_files_are_found_and_read_in_their_order(home, place, packed):
    write(home / "d" / place, {"cifar-10-binary.tar.gz": pack()} if packed else FILES)
    data = load("cifar10", root=home / "d", flat=False)

    assert data.train.t.tolist() == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0]
    assert data.test.t.tolist() == [9]
    assert data.shape == (3, 32, 32)
    assert (data.train.x[2] * 255).round()[:, 5, 7].tolist() == [2, 20, 255]
    assert data.classes == cifar10.CLASSES


def test_files_are_found_in_the_folder_that_the_variable_names(home, monkeypatch):
    write(home / "d" / "cifar10")
    monkeypatch.setenv("BADAK_DATA", str(home / "d"))

    assert describe("cifar10").present(None)
    assert load("cifar10").shape == (3072,)


@pytest.mark.parametrize(
    "content",
    [b"", rows([1])[:-1], rows([1]) + b"x", rows([10])],
    ids=["empty", "short", "long", "10"],
)
def test_damaged_files_are_refused(home, content):
    write(home, FILES | {"data_batch_3.bin": content})

    with pytest.raises(BadakError, match="cifar10"):
        load("cifar10", root=home)


@pytest.mark.parametrize("content", [b"", pack()[:200], pack({"data_batch_1.bin": rows([1])})])
def test_damaged_archives_are_refused(home, content):
    write(home, {"cifar-10-binary.tar.gz": content})

    with pytest.raises(BadakFileError, match="damaged, or not the archive"):
        load("cifar10", root=home)


def test_missing_files_are_named_and_nothing_is_downloaded(home):
    with pytest.raises(BadakFileError, match="CIFAR-10 is not in") as caught:
        load("cifar10", root=home)
    with pytest.raises(BadakFileError, match="not on this machine"):
        load("cifar10", download=False)

    assert "data_batch_1.bin" in str(caught.value)


def test_what_is_downloaded_is_the_archive_in_the_cache(home, monkeypatch):
    def fetched(file, folder, progress=None):
        write(folder, {file.name: pack()})
        return folder / file.name

    monkeypatch.setattr(cifar10, "download", fetched)

    assert len(load("cifar10").train) == 10
    assert (home / "cache" / "badak" / "data" / "cifar10" / cifar10.ARCHIVE.name).is_file()


def test_real_pictures_in_an_archive_of_folders(data_root):
    archive = data_root / "cifar10-subset.zip"
    if not archive.is_file():
        pytest.skip(f"needs {archive}")
    pytest.importorskip("PIL")
    data = load("cifar10", root=archive, flat=False)

    assert data.shape == (3, 32, 32)
    assert np.bincount(data.train.t).tolist() == [1000] * 10
    assert np.bincount(data.test.t).tolist() == [200] * 10
    assert 0.4 < data.train.x.mean() < 0.55


def test_pictures_of_other_classes_are_refused(home):
    image = pytest.importorskip("PIL.Image")
    for part in ("train", "test"):
        for name in ("airplane", "zebra"):
            (home / part / name).mkdir(parents=True)
            image.new("RGB", (32, 32)).save(home / part / name / "1.png")

    with pytest.raises(BadakFileError, match="not the classes of CIFAR-10"):
        load("cifar10", root=home)
