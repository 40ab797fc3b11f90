"""Files of JSON lines."""

from __future__ import annotations

import pytest

from badak.base.errors import BadakFileError, RangeError
from badak.base.lines import read_lines, write_lines

RECORDS = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "note": "바닥\n"}, {"epoch": 3}]


@pytest.mark.parametrize("count", range(4))
def test_what_is_written_is_read_back_in_order(tmp_path, count):
    write_lines(tmp_path / "history", RECORDS[:count])

    assert read_lines(tmp_path / "history") == RECORDS[:count]


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b"", b'{"a": 1, "a": 2}', b'{"a": NaN}'])
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / "history").write_bytes(b'{"epoch":1}\n' + line + b'\n{"epoch":3}\n')

    with pytest.raises(BadakFileError, match="history, line 2"):
        read_lines(tmp_path / "history")


def test_a_file_cut_in_a_line_is_named(tmp_path):
    (tmp_path / "history").write_bytes(b'{"epoch":1}\n{"epo')

    with pytest.raises(BadakFileError, match="history, line 2"):
        read_lines(tmp_path / "history")


def test_a_number_that_json_lacks_is_refused_and_the_old_file_stays(tmp_path):
    write_lines(tmp_path / "history", RECORDS)

    with pytest.raises(RangeError, match=r"record 1\.loss"):
        write_lines(tmp_path / "history", [{"loss": float("nan")}])

    assert read_lines(tmp_path / "history") == RECORDS


def test_an_empty_file_has_no_lines(tmp_path):
    (tmp_path / "history").touch()

    assert read_lines(tmp_path / "history") == []
