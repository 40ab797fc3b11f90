"""What a training did, epoch by epoch."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any

from badak.base.errors import BadakFileError, unknown_name
from badak.base.files import Path, write_atomically
from badak.base.jsontext import to_json
from badak.base.lines import read_lines
from badak.train.curves import draw, image_bytes

Record = dict[str, float]
"""The numbers of one epoch: "epoch" (from 1), "loss", "val_loss", "seconds", ..."""


class History:
    """The records of a training, one for each epoch.

    >>> history = History([{"epoch": 1, "loss": 0.9}, {"epoch": 2, "loss": 0.5}])
    >>> history["loss"], history.last
    ([0.9, 0.5], {'epoch': 2, 'loss': 0.5})
    """

    def __init__(self, records: list[Record] | None = None) -> None:
        self.records: list[Record] = list(records or [])

    def append(self, record: Record) -> None:
        """Adds the record of an epoch."""
        self.records.append(record)

    @property
    def last(self) -> Record:
        """The newest record; empty before the first epoch."""
        return self.records[-1] if self.records else {}

    @property
    def names(self) -> list[str]:
        """The names of all numbers that were recorded."""
        return list(dict.fromkeys(name for record in self.records for name in record))

    def __getitem__(self, name: str) -> list[float]:
        """The values of one name over the epochs.

        Raises:
            RangeError: when nothing was recorded under that name.
        """
        if name not in self.names:
            raise unknown_name("record", name, self.names)
        return [record[name] for record in self.records if name in record]

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {value:.4g}" for name, value in self.last.items())
        return f"History({len(self)} epochs{'; last: ' + shown if shown else ''})"

    # ------------------------------------------------------------------ files

    def save(self, path: Path) -> None:
        """Writes JSON lines, one record a line; a number that is not finite becomes null.

        Raises:
            BadakFileError: when the file cannot be written.
        """
        lines = [to_json(_line(record), "record") + "\n" for record in self.records]
        write_atomically(path, "".join(lines).encode())

    @classmethod
    def load(cls, path: Path) -> History:
        """The history that `save` wrote.

        Raises:
            BadakFileError: when the file is missing or damaged.
        """
        where = os.fsdecode(path)
        lines = enumerate(read_lines(path), 1)
        return cls([_record(line, f"{where}, line {number}") for number, line in lines])

    # ------------------------------------------------------------------ picture

    def plot(self, path: Path | None = None, title: str = "") -> Any:
        """Draws the curves of training and validation, a panel for the loss and for each metric.

        Args:
            path: a file to write (.png, .svg or .pdf); None only returns the figure.
            title: what stands above.

        Returns:
            The matplotlib figure.

        Raises:
            MissingExtraError: when matplotlib is not installed.
            StateError: before the first epoch.
            RangeError: for another kind of file.
            BadakFileError: when the file cannot be written.
        """
        figure = draw(self.records, title)
        if path is not None:
            kind = os.path.splitext(os.fsdecode(path))[1].removeprefix(".").lower()
            write_atomically(path, image_bytes(figure, kind))
        return figure


def _line(record: Record) -> dict[str, Any]:
    """The record with None for what JSON cannot hold."""
    return {name: value if math.isfinite(value) else None for name, value in record.items()}


def _record(line: dict[str, Any], where: str) -> Record:
    """The record of a line, with NaN for None."""
    for name, value in line.items():
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            raise BadakFileError(f"{where}: {name!r} is no number", got=repr(value))
    if "epoch" not in line:
        raise BadakFileError(f"{where}: this is no record of an epoch", expected='"epoch": 1')
    return {name: math.nan if value is None else value for name, value in line.items()}
