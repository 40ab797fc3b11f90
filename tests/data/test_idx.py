"""The strict reader of IDX: every kind and shape; no damage passes."""

from __future__ import annotations

import gzip
import struct
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from badak.base.errors import BadakFileError
from badak.data import read_idx

CODES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
KINDS = st.sampled_from(sorted(CODES))
# With the time of day in it, two workers of the suite would name two different cases.
pack_gzip = partial(gzip.compress, mtime=0)
PACKED = [bytes, pack_gzip]


def idx(array, code):
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(">" + CODES[code]).tobytes()


IMAGES = idx(np.arange(24).reshape(4, 3, 2), 0x08)


@given(st.data(), KINDS, st.sampled_from(PACKED))
def test_every_kind_of_array_is_read_back(data, code, pack):
    array = data.draw(arrays(CODES[code], array_shapes(max_dims=4, min_side=0)))

    result = read_idx(pack(idx(array, code)))

    assert result.shape == array.shape
    assert result.dtype == array.dtype
    assert result.tobytes() == array.tobytes()


@pytest.mark.parametrize("pack", PACKED)
def test_a_path_is_read_as_bytes_are(tmp_path, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(IMAGES))

    assert np.array_equal(read_idx(path), np.arange(24).reshape(4, 3, 2))


@pytest.mark.parametrize("pack", PACKED)
@pytest.mark.parametrize("length", range(len(IMAGES)))
def test_every_truncation_is_noticed(pack, length):
    with pytest.raises(BadakFileError):
        read_idx(pack(IMAGES[:length]))


@pytest.mark.parametrize("length", range(len(pack_gzip(IMAGES))))
def test_every_truncation_of_the_gzip_is_noticed(length):
    with pytest.raises(BadakFileError):
        read_idx(pack_gzip(IMAGES)[:length], "images.gz")


def test_no_flipped_bit_of_a_gzip_changes_a_number_in_silence():
    packed = pack_gzip(IMAGES)
    unnoticed = []
    for bit in range(8 * len(packed)):
        flipped = bytearray(packed)
        flipped[bit // 8] ^= 1 << bit % 8
        with suppress(BadakFileError):
            unnoticed.append(read_idx(bytes(flipped), "images.gz"))

    # Bits of the time stamp and the like carry no number.
    assert 0 < len(unnoticed) < 80
    assert all(np.array_equal(array, read_idx(IMAGES)) for array in unnoticed)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (IMAGES[:-9], "header says 4x3x2 = 24 bytes, file has 15"),
        (IMAGES + b"\0", "header says 4x3x2 = 24 bytes, file has more"),
        (pack_gzip(IMAGES + b"\0"), "file has more"),
        (pack_gzip(IMAGES) + b"tail", "damaged: Not a gzipped file"),
        (b"\0\0\7\1" + IMAGES[4:], "not an IDX file"),
        (b"\0\0\10\0", "not an IDX file"),
        (b"\1" + IMAGES[1:], "not an IDX file"),
        (b"<html>404</html>", "not an IDX file"),
        (b"", "the file is empty (0 bytes)"),
        (pack_gzip(b""), "the file ends inside its IDX header"),
        (pack_gzip(IMAGES)[:-12], "cut short"),
        (pack_gzip(IMAGES)[:-8] + b"\0" * 8, "damaged: CRC check failed"),
        (b"\0\0\10\4" + b"\xff" * 16 + b"\1", "file has at most 4294967296"),
        (pack_gzip(b"\0\0\10\3" + b"\0\xff\xff\xff" * 3), "file has at most"),
    ],
)
def test_damage_is_called_by_its_name(raw, words):
    with pytest.raises(BadakFileError) as caught:
        read_idx(raw, "train-images")

    assert words in str(caught.value)
    assert "train-images" in str(caught.value)


def test_a_web_page_saved_as_gz_is_recognised(tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(b"<html>Not found</html>")

    with pytest.raises(BadakFileError, match=r"labels.gz: not gzip \(starts with '<h'\)") as caught:
        read_idx(path)

    assert "404" in caught.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadakFileError, match=r"nowhere.gz"):
        read_idx(tmp_path / "nowhere.gz")
