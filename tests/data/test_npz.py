"""Archives of arrays: read when plain, refused when anything else."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes

from badak.base.errors import BadakError, BadakFileError, RangeError
from badak.data import load, read_npz

X, T = np.arange(30.0).reshape(10, 3), np.arange(10) % 2


def packed(save=np.savez_compressed, **content):
    buffer = io.BytesIO()
    save(buffer, **content)
    return buffer.getvalue()


def zipped(content, name="x.npy", **options):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


KINDS = st.one_of(scalar_dtypes().filter(lambda dtype: dtype.kind in "biufc"), st.just("<U5"))


@given(st.data(), KINDS, st.sampled_from([np.savez, np.savez_compressed]), st.booleans())
def test_every_plain_array_is_read_back(data, kind, save, fortran):
    array = data.draw(arrays(kind, array_shapes(min_dims=0, min_side=0, max_dims=4)))
    array = np.asfortranarray(array) if fortran else array

    result = read_npz(packed(save, a=array))["a"]

    assert (result.shape, result.dtype) == (array.shape, array.dtype)
    assert result.tobytes() == array.tobytes()
    assert result.flags.writeable


def test_a_long_header_of_version_2_is_read():
    assert read_npz(zipped(npy(X, version=(2, 0))))["x"].tolist() == X.tolist()


def test_python_objects_are_never_loaded():
    with pytest.raises(BadakFileError, match="Python objects"):
        read_npz(packed(x=np.array([1, None], dtype=object)))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no .npz archive"),
        (b"<html>", "no .npz archive"),
        (packed(x=X)[:-30], "no .npz archive"),
        (zipped(b"hello"), "x.npy is no NumPy array"),
        (zipped(npy(X)[:-8]), "header says 240 bytes, file has 232"),
        (zipped(npy(X) + b"!"), "header says 240 bytes, file has 241"),
        (zipped(npy(X).replace(b"(10, 3)", b"(99, 3)")), "header says 2376 bytes"),
        (zipped(npy(X).replace(b"<f8", b"<f9")), "no such kind of number: <f9"),
        (zipped(npy(np.zeros(2, "f4,f4"))), "no array of numbers or text"),
        (zipped(npy(np.zeros(2, "M8[s]"))), "no array of numbers or text"),
        (zipped(npy(X), compression=zipfile.ZIP_LZMA), "packed in a way NumPy does not use"),
    ],
)
def test_damage_is_called_by_its_name(raw, words):
    with pytest.raises(BadakFileError) as caught:
        read_npz(raw)

    assert words in str(caught.value)


def test_every_flipped_bit_of_the_numbers_is_noticed():
    raw = packed(np.savez, x=X)
    start = raw.index(X.tobytes())
    for bit in range(8 * start, 8 * (start + X.nbytes), 7):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8

        with pytest.raises(BadakFileError, match="CRC"):
            read_npz(bytes(flipped))


@given(st.binary(max_size=200), st.integers(0, 10**6))
def test_bytes_at_random_give_an_error_of_ours_or_arrays(junk, place):
    raw = packed(x=X, t=T)
    place %= len(raw)
    try:
        result = read_npz(raw[:place] + junk + raw[place + len(junk) :])
    except BadakError:
        return

    assert all(isinstance(array, np.ndarray) for array in result.values())


def test_an_archive_that_expands_too_far_is_refused_before_it_is_unpacked():
    bomb = packed(x=np.zeros(10**6))

    assert len(bomb) < 10**5
    with pytest.raises(BadakFileError, match="expands to 8"):
        read_npz(bomb, limit=10**6)


def test_two_arrays_of_one_name_are_refused():
    buffer = io.BytesIO(zipped(npy(X)))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("x.npy", npy(T))

    with pytest.raises(BadakFileError, match=r"two arrays are called 'x.npy'"):
        read_npz(buffer.getvalue())


@pytest.mark.parametrize("names", ["x t", "X y", "x y", "data target"])
def test_inputs_and_targets_are_split_at_random(tmp_path, names):
    x, t = names.split()
    np.savez(tmp_path / "points.npz", **{x: X, t: T})

    bundle = load(tmp_path / "points.npz", test_split=0.2, seed=3)

    assert (bundle.name, len(bundle.train), len(bundle.test)) == ("points", 8, 2)
    assert sorted([*bundle.train.x[:, 0], *bundle.test.x[:, 0]]) == X[:, 0].tolist()


@pytest.mark.parametrize("t", ["t", "y"])
def test_parts_that_the_archive_names_stay_as_they_are(tmp_path, t):
    content = {"x_train": X, f"{t}_train": T, "x_test": X[:4], f"{t}_test": T[:4]}
    np.savez(tmp_path / "points.npz", classes=["even", "odd"], **content)

    bundle = load(str(tmp_path / "points.npz"))

    assert bundle.train.x.tolist() == X.tolist()
    assert bundle.test.t.tolist() == T[:4].tolist()
    assert bundle.classes == ("even", "odd")


def test_an_archive_without_inputs_and_targets_says_what_it_holds(tmp_path):
    np.savez(tmp_path / "points.npz", weights=X)

    with pytest.raises(RangeError, match="no inputs and targets") as caught:
        load(tmp_path / "points.npz")

    assert caught.value.got == "weights"


def test_classes_that_are_no_names_are_refused(tmp_path):
    np.savez(tmp_path / "points.npz", x=X, t=T, classes=X)

    with pytest.raises(BadakFileError, match="one row of names"):
        load(tmp_path / "points.npz")
