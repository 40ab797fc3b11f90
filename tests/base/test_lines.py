"""Files of JSON lines, which a kill or a full disk can tear only at the end."""

from __future__ import annotations

import errno

import pytest

from badak.base.disk import using
from badak.base.errors import BadakFileError, RangeError
from badak.base.lines import append_line, read_lines
from tests.disks import Died, FaultyDisk, SimulatedDisk

FIRST, SECOND, THIRD = {"epoch": 1, "loss": 0.5}, {"epoch": 2, "note": "바닥\n"}, {"epoch": 3}


def disk_with_two() -> SimulatedDisk:
    disk = SimulatedDisk({"/run": None})
    with using(disk):
        append_line("/run/history", FIRST)
        append_line("/run/history", SECOND)
    return disk


def lines(disk: SimulatedDisk) -> list[dict]:
    with using(disk):
        return read_lines("/run/history")


def count_calls() -> int:
    disk = FaultyDisk(disk_with_two())
    with using(disk):
        append_line("/run/history", THIRD)
    return len(disk.calls)


def test_lines_are_read_back_in_order(tmp_path):
    for record in (FIRST, SECOND, THIRD):
        append_line(tmp_path / "history", record)

    assert read_lines(tmp_path / "history") == [FIRST, SECOND, THIRD]


def test_each_line_is_durable_when_append_returns():
    disk = disk_with_two()

    assert all(lines(SimulatedDisk(image)) == [FIRST, SECOND] for image in disk.crash_images())


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("at", range(count_calls()))
def test_a_failing_call_keeps_the_lines_before(at, fault):
    inner = disk_with_two()
    disk = FaultyDisk(inner, at, fault)
    with using(disk), pytest.raises(BadakFileError, match="the lines before are whole"):
        append_line("/run/history", THIRD)

    closed = at == len(disk.calls) - 1 and disk.calls[at] == "close"
    assert lines(inner) == [FIRST, SECOND, THIRD][: 3 if closed else 2]


@pytest.mark.parametrize("at", range(count_calls()))
def test_death_or_lost_power_tears_the_last_line_at_most(at):
    inner = disk_with_two()
    with using(FaultyDisk(inner, at, "death")), pytest.raises(Died):
        append_line("/run/history", THIRD)

    for image in inner.crash_images():
        disk = SimulatedDisk(image)
        assert lines(disk) in ([FIRST, SECOND], [FIRST, SECOND, THIRD])
        with using(disk):
            append_line("/run/history", {"epoch": 4})
        assert lines(disk)[-1] == {"epoch": 4}


def test_a_line_cut_anywhere_is_left_out_and_mended(tmp_path):
    append_line(tmp_path / "whole", FIRST)
    append_line(tmp_path / "whole", SECOND)
    data = (tmp_path / "whole").read_bytes()
    for size in range(len(data)):
        torn = tmp_path / "torn"
        torn.write_bytes(data[:size])
        kept = read_lines(torn)
        append_line(torn, THIRD)

        assert kept == [FIRST, SECOND][: len(kept)]
        assert read_lines(torn) == [*kept, THIRD]


def test_short_writes_are_completed():
    disk = disk_with_two()
    at = count_calls() - 3
    with using(FaultyDisk(disk, at, "short write")):
        append_line("/run/history", THIRD)

    assert lines(disk) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b"", b'{"a": 1, "a": 2}', b'{"a": NaN}'])
def test_a_damaged_line_in_the_middle_is_named(tmp_path, line):
    (tmp_path / "history").write_bytes(b'{"epoch":1}\n' + line + b'\n{"epoch":3}\n')

    with pytest.raises(BadakFileError, match="history, line 2"):
        read_lines(tmp_path / "history")


def test_a_number_that_json_lacks_is_refused_before_anything(tmp_path):
    with pytest.raises(RangeError, match=r"record\.loss"):
        append_line(tmp_path / "history", {"loss": float("nan")})

    assert not (tmp_path / "history").exists()


def test_an_empty_file_has_no_lines(tmp_path):
    (tmp_path / "history").touch()

    assert read_lines(tmp_path / "history") == []
