"""Files of JSON lines: one record a line, added at the end, readable while a run goes on.

A kill or a full disk can tear only the last line. Reading leaves a torn last line out, and the
next append cuts it off, so a torn line never ends up in the middle.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from badak.base.disk import BINARY, current_disk
from badak.base.errors import BadakFileError
from badak.base.files import (
    Path,
    explained,
    opened,
    read_all,
    read_bytes,
    resolved,
    sync_folder,
    write_all,
)
from badak.base.jsontext import from_json, to_json

_APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND | BINARY


def append_line(path: Path, record: Mapping[str, Any]) -> None:
    """Adds a record as one line of JSON; durable when this returns.

    Raises:
        BadakFileError: when it cannot be written; the lines before are whole.
        RangeError, DTypeError: for a record that JSON cannot hold.
    """
    line = to_json(dict(record), "record").encode() + b"\n"
    target = resolved(path)
    with explained("append to", target, len(line), "the lines before are whole"):
        with opened(target, _APPEND) as handle:
            size = current_disk().status(handle).st_size
            data = read_all(handle, size)
            whole = _whole(data)
            if whole < size:
                current_disk().truncate(handle, whole)
            try:
                if whole and data[whole - 1 : whole] != b"\n":
                    line = b"\n" + line
                write_all(handle, line)
                current_disk().fsync(handle)
            except BaseException:
                with suppress(OSError):
                    current_disk().truncate(handle, whole)
                raise
        if size == 0:
            sync_folder(os.path.dirname(target))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file of JSON lines, without a torn last one.

    Raises:
        BadakFileError: when a line is damaged (it names the number), or the file is missing.
    """
    data = read_bytes(path)
    lines = data[: _whole(data)].removesuffix(b"\n").split(b"\n")
    if lines == [b""]:
        return []
    return [_record(line, f"{os.fsdecode(path)}, line {n}") for n, line in enumerate(lines, 1)]


def _record(line: bytes, where: str) -> dict[str, Any]:
    record = from_json(line, where)
    if not isinstance(record, dict):
        raise BadakFileError(f"{where}: no record", expected="{...}", got=type(record).__name__)
    return record


def _whole(data: bytes) -> int:
    """How many bytes are whole lines: all but a last line that is torn."""
    end = data.rfind(b"\n") + 1
    if end < len(data) and _is_record(data[end:]):
        return len(data)
    # After a loss of power some disks show zeros where bytes were on their way.
    start = data.rfind(b"\n", 0, max(end - 1, 0)) + 1
    return start if b"\0" in data[start:end] else end


def _is_record(line: bytes) -> bool:
    try:
        _record(line, "the last line")
    except BadakFileError:
        return False
    return True
