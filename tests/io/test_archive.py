"""Archives: what goes in comes out, other programs read it, and damage is noticed."""

from __future__ import annotations

import hashlib
import json
import re

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from badak.base.dtypes import SUPPORTED
from badak.base.errors import BadakFileError, DTypeError, RangeError
from badak.io import (
    NewerFormatError,
    archive,
    archive_bytes,
    header,
    load_archive,
    load_tensors,
    parse_archive,
    parse_tensors,
    save_archive,
)
from tests.io import samples

names = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda s: s != "__metadata__")
any_array = st.sampled_from(SUPPORTED).flatmap(
    lambda dtype: arrays_of.arrays(
        dtype, arrays_of.array_shapes(min_dims=0, min_side=0, max_side=4)
    )
)
any_tensors = st.dictionaries(names, any_array, max_size=6)
any_record = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(-1e300, 1e300),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


# ---- round trips ----------------------------------------------------------------------------


@settings(deadline=None)
@given(any_tensors, any_record)
def test_what_goes_in_comes_out_in_order(tensors, record):
    back = parse_archive(archive_bytes(tensors, record))

    assert back.record == record
    assert list(back.tensors) == list(tensors)
    assert all(samples.equal(back.tensors[name], tensors[name]) for name in tensors)


@settings(deadline=None)
@given(any_tensors, any_record)
def test_the_safetensors_library_reads_the_same_tensors(tensors, record):
    theirs = safetensors.numpy.load(archive_bytes(tensors, record))

    assert sorted(theirs) == sorted(tensors)
    assert all(samples.equal(theirs[name], tensors[name]) for name in tensors)


@settings(deadline=None)
@given(any_tensors)
def test_files_of_the_safetensors_library_are_read(tensors):
    back = parse_tensors(safetensors.numpy.save(tensors, {"made by": "someone"}))

    assert sorted(back) == sorted(tensors)
    assert all(samples.equal(back[name], tensors[name]) for name in tensors)


def test_a_file_opens_with_safe_open_and_shows_its_manifest(tmp_path):
    save_archive(tmp_path / "m.safetensors", samples.tensors(3), samples.record(3))

    with safetensors.safe_open(tmp_path / "m.safetensors", "numpy") as file:
        manifest = json.loads(file.metadata()["badak"])
        step = file.get_tensor("step")
    assert step == 3
    assert manifest["format"] == 1
    assert manifest["record"] == samples.record(3)
    row = manifest["tensors"]["step"]
    assert row == {
        "dtype": "int64",
        "shape": [],
        "bytes": 8,
        "sha256": hashlib.sha256(np.array(3).tobytes()).hexdigest(),
    }


def test_an_archive_on_disk_is_the_same_as_in_memory(tmp_path):
    path = tmp_path / "이름 🦣.safetensors"
    save_archive(path, samples.tensors(1), samples.record(1))

    assert path.read_bytes() == archive_bytes(samples.tensors(1), samples.record(1))
    assert samples.same(load_archive(path), 1)
    assert list(load_tensors(path)) == list(samples.tensors(1))


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[::-1, ::2],
        lambda a: a.astype(a.dtype.newbyteorder(">")),
        np.asfortranarray,
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
    ],
    ids=["transposed", "strided", "big-endian", "column order", "broadcast", "unaligned"],
)
@pytest.mark.parametrize("dtype", SUPPORTED, ids=str)
def test_arrays_that_lie_otherwise_are_stored_by_value(view, dtype):
    array = view(np.arange(12).reshape(3, 4).astype(dtype))
    back = parse_archive(archive_bytes({"a": array}, {})).tensors["a"]

    np.testing.assert_array_equal(back, array)
    assert back.dtype == dtype


def test_special_floats_keep_every_bit():
    bits = np.array([0x7FC00001, 0xFF800000, 0x80000000, 1], np.uint32).view(np.float32)
    back = parse_archive(archive_bytes({"a": bits}, {})).tensors["a"]

    assert back.tobytes() == bits.tobytes()


def test_loaded_arrays_can_be_written_to_and_lie_aligned():
    back = parse_archive(archive_bytes({"b": np.ones(1, bool), "w": np.ones(3)}, {}))

    for array in back.tensors.values():
        assert array.flags.writeable
        assert array.flags.aligned
        assert array.flags.c_contiguous


def test_numbers_lie_aligned_in_the_file_too():
    data = archive_bytes({"b": np.ones(1, bool), "w": np.ones(3), "f": np.ones(1, "f4")}, {})
    length = int.from_bytes(data[:8], "little")
    entries = json.loads(data[8 : 8 + length])

    assert length % 8 == 0
    assert [entries[name]["data_offsets"] for name in "wfb"] == [[0, 24], [24, 28], [28, 29]]


def test_equal_input_gives_equal_bytes():
    one = archive_bytes(samples.tensors(2), samples.record(2))

    assert one == archive_bytes(samples.tensors(2), samples.record(2))


def test_a_digest_in_the_record_does_not_confuse_the_one_of_the_header():
    zeros = "0" * 64
    tensors = {zeros: np.ones(1)}
    record = {zeros: zeros, "sha256": zeros}

    assert parse_archive(archive_bytes(tensors, record)).record == record


def test_booleans_with_other_bytes_are_stored_as_truth():
    strange = np.array([0, 1, 2, 255], np.uint8).view(bool)
    back = parse_archive(archive_bytes({"mask": strange}, {})).tensors["mask"]

    assert back.view(np.uint8).tolist() == [0, 1, 1, 1]


# ---- what cannot be stored ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros(2, np.float16), "cannot be stored"),
        (np.zeros(2, complex), "cannot be stored"),
        (np.array(["a"]), "cannot be stored"),
        (np.array([None]), "cannot be stored"),
        ([1.0], "must be a NumPy array"),
        (None, "must be a NumPy array"),
    ],
)
def test_a_tensor_that_cannot_be_stored_is_named(array, reason):
    with pytest.raises(DTypeError, match=f"tensor 'fc.w' {reason}"):
        archive_bytes({"fc.w": array}, {})


def test_more_axes_than_can_be_read_back_are_refused():
    with pytest.raises(RangeError, match="too many axes"):
        archive_bytes({"w": np.zeros((1,) * 33)}, {})


@pytest.mark.parametrize("name", ["__metadata__", "\ud800"])
def test_a_name_that_the_format_cannot_hold_is_refused(name):
    with pytest.raises(RangeError):
        archive_bytes({name: np.zeros(1)}, {})


def test_a_name_must_be_text():
    with pytest.raises(DTypeError, match="name of a tensor must be text"):
        archive_bytes({1: np.zeros(1)}, {})


def test_the_place_of_a_bad_value_in_the_record_is_named(tmp_path):
    bad = {"history": [{"loss": 1.0}, {"loss": float("nan")}]}

    with pytest.raises(RangeError, match=r"^record\.history\[1\]\.loss is not finite"):
        save_archive(tmp_path / "m.safetensors", {}, bad)
    assert list(tmp_path.iterdir()) == []


def test_a_record_longer_than_the_format_allows_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_HEADER", 1000)
    archive_bytes({}, {"text": "x" * 500})

    with pytest.raises(RangeError, match="too long") as caught:
        archive_bytes({}, {"text": "x" * 1000})
    assert "at most 1,000 bytes" in caught.value.expected


def test_a_record_of_more_parts_than_can_be_read_back_is_refused(monkeypatch):
    for module in (archive, header):
        monkeypatch.setattr(module, "MAX_PARTS", 1000)
    fits = {"history": list(range(990))}
    assert parse_archive(archive_bytes({}, fits)).record == fits

    with pytest.raises(RangeError, match="too long") as caught:
        archive_bytes({}, {"history": list(range(1001))})
    assert caught.value.hint == "store long lists of numbers as tensors"


# ---- damage ---------------------------------------------------------------------------------


def test_no_single_bit_can_change_unnoticed():
    whole = archive_bytes(samples.tensors(3), samples.record(3))
    rng = np.random.default_rng(0)
    chosen = rng.permutation(8 * len(whole))[:1000]
    silent = [bit for bit in chosen.tolist() if not is_refused(flipped(whole, bit))]

    assert silent == []


def test_no_bit_of_a_small_archive_can_change_unnoticed():
    whole = archive_bytes({"w": np.arange(3.0)}, {"epoch": 7})
    silent = [bit for bit in range(8 * len(whole)) if not is_refused(flipped(whole, bit))]

    assert silent == []


def test_no_length_but_the_whole_is_accepted():
    whole = archive_bytes(samples.tensors(3), samples.record(3))
    cuts = [*range(0, len(whole), 37), *range(len(whole) - 40, len(whole))]

    assert [cut for cut in cuts if not is_refused(whole[:cut])] == []
    assert is_refused(whole + b"\0")
    assert not is_refused(whole)


def test_damage_names_file_tensor_and_bytes(tmp_path):
    path = tmp_path / "m.safetensors"
    data = bytearray(archive_bytes({"fc1.w": np.ones(8), "fc1.b": np.ones(2)}, {}))
    data[-16] ^= 1
    path.write_bytes(data)

    with pytest.raises(BadakFileError) as caught:
        load_archive(path)
    span = f"bytes {len(data) - 16}..{len(data)}"
    assert caught.value.what == f"'{path}': tensor 'fc1.b': checksum differs ({span})"
    assert caught.value.filename == str(path)


def test_a_cut_names_the_tensor_and_both_lengths():
    data = archive_bytes({"w": np.ones(8), "b": np.ones(8)}, {})

    with pytest.raises(BadakFileError, match="the file ends inside tensor 'b'") as caught:
        parse_archive(data[:-1], "m.safetensors")
    assert caught.value.expected == f"{len(data):,} bytes"
    assert caught.value.got == f"{len(data) - 1:,} bytes"


def test_an_exchanged_record_is_noticed():
    data = archive_bytes({"w": np.ones(3)}, {"epoch": 7})

    with pytest.raises(BadakFileError, match="header: checksum differs"):
        parse_archive(data.replace(b'\\"epoch\\":7', b'\\"epoch\\":8'))


def test_exchanged_numbers_of_two_files_are_noticed():
    one, two = (archive_bytes({"w": np.full(3, value)}, {}) for value in (1.0, 2.0))

    with pytest.raises(BadakFileError, match="tensor 'w': checksum differs"):
        parse_archive(one[:-24] + two[-24:])


# ---- other files ----------------------------------------------------------------------------


def sealed(data: bytes) -> bytes:
    """The same archive with a header checksum that fits, as somebody else could make it."""
    length = int.from_bytes(data[:8], "little")
    old = re.search(rb"[0-9a-f]{64}", data)[0]
    blank = data[8 : 8 + length].replace(old, b"0" * 64, 1)
    digest = hashlib.sha256(blank).hexdigest().encode()
    return data[:8] + blank.replace(b"0" * 64, digest, 1) + data[8 + length :]


def test_a_newer_format_asks_for_an_update():
    data = archive_bytes({"w": np.ones(3)}, {}).replace(b'\\"format\\":1', b'\\"format\\":3')

    with pytest.raises(NewerFormatError, match="format 3, this Badak reads up to 1") as caught:
        parse_archive(sealed(data))
    assert caught.value.hint == "update Badak"


def test_a_flipped_format_number_is_damage_and_no_newer_format():
    data = archive_bytes({"w": np.ones(3)}, {}).replace(b'\\"format\\":1', b'\\"format\\":3')

    with pytest.raises(BadakFileError, match="checksum differs"):
        parse_archive(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'\\"format\\":1', b'\\"format\\":0'),
        (b'\\"format\\":1', b'\\"formal\\":1'),
        (b'\\"record\\":{}', b'\\"record\\":[]'),
        (b'\\"record\\":{}', b'\\"recorD\\":{}'),
        (b'\\"tensors\\":{', b'\\"tensorS\\":{'),
        (b'{\\"w\\":{', b'{\\"v\\":{'),
        (b'24,\\"sha256', b'24,\\"sha257'),
    ],
)
def test_a_well_sealed_manifest_of_another_shape_is_refused(old, new):
    data = archive_bytes({"w": np.ones(3)}, {})
    changed = sealed(data.replace(old, new, 1))

    assert changed != data
    with pytest.raises(BadakFileError, match="manifest is not as Badak writes it"):
        parse_archive(changed)


@pytest.mark.parametrize("manifest", ["", "7", "[]", "{", "{}", '{"sha256":7}', '{"sha256":"é"}'])
def test_a_manifest_of_nonsense_is_refused(manifest):
    data = safetensors.numpy.save({"w": np.ones(3)}, {"badak": manifest})

    with pytest.raises(BadakFileError):
        parse_archive(data)


def test_a_file_without_checksums_is_no_archive_but_its_tensors_can_be_read():
    data = safetensors.numpy.save({"w": np.ones(3)})

    with pytest.raises(BadakFileError, match="no checksums") as caught:
        parse_archive(data)
    assert "load_tensors" in caught.value.hint
    assert parse_tensors(data)["w"].tolist() == [1, 1, 1]


def test_load_tensors_checks_what_has_checksums():
    data = bytearray(archive_bytes({"w": np.ones(3)}, {}))
    data[-1] ^= 1

    with pytest.raises(BadakFileError, match="checksum differs"):
        parse_tensors(bytes(data))


def test_booleans_of_other_programs_must_be_0_or_1():
    data = safetensors.numpy.save({"mask": np.array([True, False])})

    with pytest.raises(BadakFileError, match="tensor 'mask': a boolean is neither 0 nor 1"):
        parse_tensors(data[:-1] + b"\2")


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def is_refused(data: bytes) -> bool:
    try:
        parse_archive(data)
    except BadakFileError:
        return True
    return False
