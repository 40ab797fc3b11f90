"""Pictures in folders: classes by name, damage by file."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badak.base.errors import BadakError, BadakFileError, MissingExtraError, ShapeError
from badak.data import holds_images, load

Image = pytest.importorskip("PIL.Image")


def png(colour=(255, 0, 51), size=(5, 4), mode="RGB", **settings):
    """The bytes of a picture of one colour; the size is width and height."""
    stream = io.BytesIO()
    Image.new(mode, size, colour).save(stream, settings.pop("format", "PNG"), **settings)
    return stream.getvalue()


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


APART = {
    "train/rose/b.png": png((255, 0, 51)),
    "train/daisy/a.png": png((255, 255, 255)),
    "train/daisy/c.jpg": png((0, 0, 0), format="JPEG"),
    "test/rose/d.png": png((51, 0, 0)),
    "test/daisy/e.png": png((102, 102, 102)),
}


def test_classes_are_the_names_of_folders_in_order(tmp_path):
    data = load(write(tmp_path, APART), flat=False)

    assert data.classes == ("daisy", "rose")
    assert data.train.t.tolist() == [0, 0, 1]
    assert data.test.t.tolist() == [0, 1]
    assert data.shape == (3, 4, 5)
    assert data.train.x[2, :, 0, 0].tolist() == [1, 0, np.float32(51) / np.float32(255)]


def test_pictures_come_flat_unless_asked(tmp_path):
    folder = write(tmp_path, APART)

    assert np.array_equal(load(folder).train.x, load(folder, flat=False).train.x.reshape(3, -1))


@pytest.mark.parametrize("around", ["", "flowers/", "a/b/"])
def test_an_archive_is_read_as_it_is(tmp_path, around):
    with zipfile.ZipFile(tmp_path / "flowers.zip", "w") as archive:
        for name, content in APART.items():
            archive.writestr(around + name, content)
        archive.writestr("__MACOSX/train/rose/._b.png", b"no picture")
    ours = load(str(tmp_path / "flowers.zip"))

    assert (len(ours.train), len(ours.test), ours.name) == (3, 2, "flowers")
    assert np.array_equal(ours.train.x, load(write(tmp_path / "f", APART)).train.x)


def test_folders_of_classes_alone_are_split_with_equal_shares(tmp_path):
    files = {f"{name}/{i}.png": png() for name in ("cat", "dog") for i in range(10)}
    data = load(write(tmp_path, files), test_split=0.2)

    assert np.bincount(data.train.t).tolist() == [8, 8]
    assert np.bincount(data.test.t).tolist() == [2, 2]


def test_grey_pictures_have_one_channel_and_grey_among_colours_has_three(tmp_path):
    grey = {"a/1.png": png(51, mode="L"), "b/1.png": png(255, mode="L")}
    grey |= {"a/2.png": png(0, mode="1"), "b/2.png": png(255, mode="L")}
    mixed = grey | {"b/2.png": png((255, 0, 0))}

    assert load(write(tmp_path / "grey", grey), flat=False).shape == (1, 4, 5)
    assert load(write(tmp_path / "mixed", mixed), flat=False).shape == (3, 4, 5)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (png((255, 255, 255, 255), mode="CMYK", format="JPEG"), 0.0),
        (png(65535, mode="I;16"), 1.0),
        (png((0, 255, 255, 128), mode="RGBA"), 0.0),
    ],
    ids=["CMYK", "16 bits", "with alpha"],
)
def test_other_kinds_of_colours_become_plain_ones(tmp_path, content, value):
    files = {"a/1.png": content, "a/2.png": content, "b/1.png": png(), "b/2.png": png()}
    data = load(write(tmp_path, files), flat=False)
    first = np.concatenate([data.train.x[data.train.t == 0], data.test.x[data.test.t == 0]])

    assert first[0, 0, 0, 0] == pytest.approx(value, abs=0.02)


def test_a_turned_camera_is_turned_back(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to see it upright
    turned = Image.fromarray(np.array([[0, 255], [0, 255]], np.uint8))
    stream = io.BytesIO()
    turned.save(stream, "PNG", exif=exif)
    white = png(255, mode="L", size=(2, 2))
    files = {"train/a/1.png": stream.getvalue(), "train/b/1.png": white}
    files |= {"test/a/1.png": white, "test/b/1.png": white}

    assert load(write(tmp_path, files)).train.x[0].tolist() == [0, 0, 1, 1]


def test_pictures_of_other_sizes_are_named_or_resized(tmp_path):
    folder = write(tmp_path, APART | {"test/rose/d.png": png(size=(8, 8))})
    with pytest.raises(ShapeError, match="different sizes") as caught:
        load(folder)

    assert "8 x 8: test/rose/d.png" in str(caught.value)
    assert load(folder, size=(4, 5), flat=False).shape == (3, 4, 5)
    assert load(folder, size=6, flat=False).shape == (3, 6, 6)


def huge():
    """The head of a picture that claims 100,000 x 100,000 pixels."""
    head = struct.pack(">2I5B", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    checked = chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + checked + b"\0\0\0\0IDAT"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (png()[:45], "damaged, or no picture"),
        (b"GIF89a", "damaged, or no picture"),
        (b"<html>404</html>", "damaged, or no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "damaged, or no picture"),
        (huge(), "10000000000 pixels"),
    ],
    ids=["empty", "cut short", "head alone", "a page", "a program", "huge"],
)
def test_a_file_that_is_no_picture_is_named(tmp_path, content, words):
    folder = write(tmp_path, APART | {"train/rose/b.png": content})

    with pytest.raises(BadakFileError, match=f"train/rose/b.png: .*{words}"):
        load(folder)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"notes.txt": b"x"}, "two or more classes"),
        ({"a/1.png": png()}, "two or more classes"),
        ({"1.png": png(), "a/1.png": png()}, "not in the folder of a class"),
        ({"a/x/1.png": png(), "b/1.png": png()}, "not in the folder of a class"),
        (
            {k: v for k, v in APART.items() if k != "test/rose/d.png"},
            "test has no pictures of rose",
        ),
    ],
)
def test_folders_of_another_form_are_refused(tmp_path, files, words):
    with pytest.raises(BadakFileError, match=words):
        load(write(tmp_path, files))


def test_damaged_archives_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "ok.zip", "w") as archive:
        for name, content in APART.items():
            archive.writestr(name, content)
    whole = bytearray((tmp_path / "ok.zip").read_bytes())
    (tmp_path / "short.zip").write_bytes(whole[:100])
    whole[whole.index(b"IDAT") + 6] ^= 255
    (tmp_path / "hurt.zip").write_bytes(whole)

    for name in ("short.zip", "hurt.zip"):
        with pytest.raises(BadakFileError, match="damaged"):
            load(tmp_path / name)


@given(st.data())
@settings(max_examples=300)
def test_an_archive_with_wrong_bytes_is_read_or_refused(tmp_path_factory, data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in APART.items():
            archive.writestr(name, content)
    raw = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    path = tmp_path_factory.getbasetemp() / "wrong.zip"
    path.write_bytes(raw)

    with suppress(BadakError):
        load(path)


def test_files_beside_the_pictures_are_left_alone(tmp_path):
    files = APART | {"train/rose/.DS_Store": b"x", "train/rose/readme.txt": b"x", "LICENSE": b"x"}

    assert len(load(write(tmp_path, files)).train) == 3


def test_without_pillow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match="Pillow") as caught:
        load(write(tmp_path, APART))

    assert "badak[images]" in str(caught.value)


def test_what_holds_images_is_known_before_it_is_loaded(tmp_path):
    assert holds_images("mnist")
    assert holds_images(str(tmp_path))
    assert holds_images("flowers.zip")
    assert not holds_images("moons")
    assert not holds_images("flowers.csv")
