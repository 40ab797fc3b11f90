"""What the machine can do: measured, remembered, and read back with suspicion."""

from __future__ import annotations

import json

import pytest

from badak.base.errors import RangeError
from badak.compiler.loops.cost import Cost
from badak.compiler.programs import roofline as module
from badak.compiler.programs.roofline import Roofline, roofline

KNOWN = Roofline(1, 4e9, 2e9, ((1000, 8e9), (5000, 3e9), (9000, 1e9)))


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where the roofline of one worker is kept, with nothing remembered yet."""
    monkeypatch.setenv("BADAK_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "measured", lambda workers: KNOWN)
    module._roofline.cache_clear()
    yield module._path(1)
    module._roofline.cache_clear()


def refuse(workers: int) -> Roofline:
    raise AssertionError("measured again")


def test_what_is_measured_is_possible():
    found = module.measured(1)

    assert found.flops >= found.doubles > 0
    assert all(speed > 0 for _, speed in found.traffic)
    assert [size for size, _ in found.traffic] == sorted(size for size, _ in found.traffic)


def test_the_longer_of_computing_and_moving_counts():
    assert KNOWN.seconds(Cost(flops=8000)) == 2e-6
    assert KNOWN.seconds(Cost(flops=8000, doubles=8000)) == 4e-6
    assert KNOWN.seconds(Cost(flops=8000, read=9000, written=9000)) == 18e-6
    assert KNOWN.seconds(Cost()) == 0.0


def test_fewer_bytes_may_move_faster_and_never_slower():
    sizes = [10, 1000, 4999, 5000, 8999, 9000, 10**9]

    speeds = [KNOWN.bandwidth_of(size) for size in sizes]

    assert speeds == [8e9, 8e9, 8e9, 3e9, 3e9, 1e9, 1e9]


def test_a_second_process_does_not_measure_again(path, monkeypatch):
    first = roofline(1)
    module._roofline.cache_clear()
    monkeypatch.setattr(module, "measured", refuse)

    assert roofline(1) == first == KNOWN


def test_each_count_of_workers_has_its_own(path):
    assert module._path(1) != module._path(2)
    assert module._path(1) == path


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"flops": 1, "doubles": 1, "traffic": []}',
        b'{"flops": -1, "doubles": 1, "traffic": [[1, 1]]}',
        b'{"flops": NaN, "doubles": 1, "traffic": [[1, 1]]}',
        b'{"flops": 1, "doubles": null, "traffic": [[1, 1]]}',
        b'{"flops": 1, "doubles": 1, "traffic": [[1]]}',
        b"[" * 30000,
        b" " * 10**5,
    ],
)
def test_a_damaged_file_is_replaced(path, text):
    with open(path, "wb") as file:
        file.write(text)

    assert roofline(1) == KNOWN
    with open(path, "rb") as file:
        assert json.load(file)["flops"] == KNOWN.flops


def test_without_a_disk_it_is_remembered_in_the_process(path, monkeypatch):
    monkeypatch.setenv("BADAK_CACHE", "off")
    first = roofline(1)
    monkeypatch.setattr(module, "measured", refuse)

    assert module._path(1) is None
    assert roofline(1) is first


def test_no_worker_is_refused():
    with pytest.raises(RangeError, match="workers"):
        roofline(0)
