"""Files of JSON lines: one record a line, replaced as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from badak.base.errors import BadakFileError
from badak.base.files import Path, read_bytes, write_atomically
from badak.base.jsontext import from_json, to_json


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Replaces the file by these records, one line of JSON each.

    Raises:
        BadakFileError: when it cannot be written; the older file is whole.
        RangeError, DTypeError: for a record that JSON cannot hold, with its number.
    """
    lines = [to_json(dict(r), f"record {n}") + "\n" for n, r in enumerate(records, 1)]
    write_atomically(path, "".join(lines).encode())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file of JSON lines.

    Raises:
        BadakFileError: when a line is damaged (it names the number), or the file is missing.
    """
    lines = read_bytes(path).removesuffix(b"\n").split(b"\n")
    if lines == [b""]:
        return []
    return [_record(line, f"{os.fsdecode(path)}, line {n}") for n, line in enumerate(lines, 1)]


def _record(line: bytes, where: str) -> dict[str, Any]:
    record = from_json(line, where)
    if not isinstance(record, dict):
        raise BadakFileError(f"{where}: no record", expected="{...}", got=type(record).__name__)
    return record
