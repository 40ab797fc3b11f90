"""Rows that stay in their file: what is not asked for is not read."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from badak.base.errors import BadakError, RangeError
from badak.base.random import generator
from badak.data import Batches, Dataset, OnDisk, Scaling, TrainTest, prefetched, standardize


class Tracked(np.memmap):
    """A memory-mapped array that remembers which rows were read."""

    read: set[int]

    def __getitem__(self, which):
        self.read |= {*np.arange(len(self))[which].tolist()}
        return np.asarray(self).__getitem__(which)


def on_disk(folder, rows=40, kind=np.float32):
    """A file of random rows, mapped and tracked."""
    x = (generator(0, "rows").random((rows, 3)) * 200).astype(kind)
    x.tofile(folder / "x.bin")
    mapped = np.memmap(folder / "x.bin", kind, "r", shape=(rows, 3)).view(Tracked)
    mapped.read = set()
    return x, mapped


def test_making_splitting_and_cutting_read_nothing(tmp_path):
    _, mapped = on_disk(tmp_path)
    data = Dataset(mapped, np.arange(40) % 4)
    TrainTest.of(data, 0.25, stratify=True)
    first, _ = data.split(0.5)
    Batches(first.take(np.arange(10)), 4, balanced=True).rows(0)

    assert isinstance(first.x, OnDisk)
    assert repr(data) == "Dataset: 40 rows of (3,), 4 classes"
    assert mapped.read == set()


def test_a_batch_reads_its_rows_and_no_others(tmp_path):
    x, mapped = on_disk(tmp_path)
    data = Dataset(mapped, np.arange(40)).take(np.arange(0, 40, 2))
    read = data.x[[3, 1]]

    assert np.array_equal(read, x[[6, 2]])
    assert mapped.read == {6, 2}


def test_batches_are_those_of_the_array_in_memory_and_read_only_a_little_ahead(tmp_path):
    x, mapped = on_disk(tmp_path)
    t = np.arange(40)
    epoch = Batches(Dataset(mapped, t), 4, seed=2).epoch(0)
    theirs = list(Batches(Dataset(x, t), 4, seed=2).epoch(0))
    first = next(epoch)
    epoch.close()

    assert len(mapped.read) <= 4 * 4  # one used, one ready, one in hand, one begun
    assert np.array_equal(first[0], theirs[0][0])
    for ours, other in zip(Batches(Dataset(mapped, t), 4, seed=2).epoch(0), theirs, strict=True):
        assert np.array_equal(ours[0], other[0])
        assert np.array_equal(ours[1], other[1])


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float64])
def test_other_numbers_come_out_as_floats_and_are_scaled_when_read(tmp_path, kind):
    x, mapped = on_disk(tmp_path, kind=kind)
    scaling = Scaling(np.array([0.0, 1.0, 2.0]), np.array([255.0]))
    data = scaling(Dataset(mapped, np.zeros(40)))

    assert mapped.read == set()
    assert data.x.dtype == np.float32
    assert np.allclose(data.x[5:9], (x[5:9] - [0, 1, 2]) / 255)


def test_a_scaling_is_learned_from_a_sample(tmp_path):
    x, mapped = on_disk(tmp_path)
    data = Dataset(mapped, np.zeros(40))
    scaling = standardize(data.head(10))

    assert mapped.read == set(range(10))
    assert np.allclose(scaling.shift, x[:10].mean(axis=0))


def test_values_that_are_not_finite_are_found_when_they_are_read(tmp_path):
    x = np.zeros((6, 2), np.float32)
    x[4, 1] = np.nan
    np.save(tmp_path / "x.npy", x)
    data = Dataset(np.load(tmp_path / "x.npy", mmap_mode="r"), np.zeros(6))

    assert data.x[:4].shape == (4, 2)
    with pytest.raises(RangeError, match="NaN"):
        data.x[3:]


def test_the_same_rows_have_one_fingerprint_and_others_another(tmp_path):
    _, mapped = on_disk(tmp_path)
    data = Dataset(mapped, np.zeros(40))

    assert data.fingerprint() == Dataset(mapped, np.zeros(40)).fingerprint()
    assert data.fingerprint() != data.take(np.arange(39, -1, -1)).fingerprint()
    assert data.fingerprint() != Dataset(mapped, np.ones(40)).fingerprint()


@pytest.mark.parametrize(("shape", "kind"), [((4,), "f4"), ((4, 1), "c8"), ((4, 1), "S4")])
def test_files_that_hold_no_rows_of_numbers_are_refused(tmp_path, shape, kind):
    mapped = np.memmap(tmp_path / "x.bin", kind, "w+", shape=shape)

    with pytest.raises(BadakError, match="does not hold"):
        Dataset(mapped, np.zeros(4))


# ---- read ahead -------------------------------------------------------------------------------


def test_what_is_read_ahead_comes_whole_and_in_order():
    assert list(prefetched(range(100), ahead=3)) == list(range(100))


def test_an_error_comes_where_the_item_would_have_come():
    def items():
        yield 1
        raise RangeError("broken")

    reader = prefetched(items())

    assert next(reader) == 1
    with pytest.raises(RangeError, match="broken"):
        next(reader)


def test_a_reader_that_is_closed_ends_the_thread():
    made = []

    def items():
        for number in range(10**9):
            made.append(number)
            yield number

    reader = prefetched(items())
    next(reader)
    reader.close()

    assert len(made) <= 4
    assert "badak-prefetch" not in [thread.name for thread in threading.enumerate()]
