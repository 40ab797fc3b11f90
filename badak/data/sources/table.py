"""Tables in text files: comma, semicolon or tab between the cells, one row a line.

Errors name the line and the column, as the file's editor counts them.
"""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import BadakFileError, RangeError, unknown_name
from badak.base.files import read_bytes
from badak.data.dataset import Dataset, TrainTest
from badak.data.values import encode_labels

DELIMITERS = (",", ";", "\t")
TASKS = ("classification", "regression")
FEW = 20
"""Whole numbers of at most so many kinds are taken for classes, unless a task is asked for."""

_LARGEST = float(np.finfo(np.float32).max)
_MISSING = ("", "na", "n/a", "nan", "null", "none", "?")

Column = str | int
Row = tuple[int, list[str]]
"""The number of a line in the file, and its cells."""


def load(
    path: Path,
    *,
    test_split: float = 0.3,
    seed: int = 0,
    stratify: bool = False,
    target: Column = -1,
    task: str | None = None,
    drop: Sequence[Column] = (),
    header: bool | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
) -> TrainTest:
    """A table, read as by `read_table`, in two parts at random, as by `TrainTest.of`."""
    data = read_table(
        path,
        target=target,
        task=task,
        drop=drop,
        header=header,
        delimiter=delimiter,
        encoding=encoding,
    )
    return TrainTest.of(data, test_split, seed, stratify=stratify)


def read_table(
    source: str | Path | bytes,
    *,
    target: Column = -1,
    task: str | None = None,
    drop: Sequence[Column] = (),
    header: bool | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
) -> Dataset:
    r"""The data set in a text file: numbers in all columns but the target.

    Args:
        source: a path, or the bytes themselves.
        target: the column to predict, by name or number; the last unless said otherwise.
        task: "classification" or "regression". Left out, text and at most 20 kinds of whole
            numbers are classes, all else is a regression. Classes are numbered in sorted order
            and keep their names; regression targets have shape (rows, 1).
        drop: columns to leave out, by name or number.
        header: whether the first line names the columns; found out unless said.
        delimiter: between the cells; found out unless said.
        encoding: of the text; "cp949" for older Korean files.

    >>> read_table(b"width,height,kind\n1.5,2,cat\n3,4.5,dog\n")
    Dataset table: 2 rows of (2,), 2 classes

    Raises:
        BadakFileError: what is wrong in the file, by line and column: a missing cell, text among
            numbers, a number too large, a row of another length, a name twice, no rows.
        RangeError: a column or task that does not exist.
    """
    if task is not None and task not in TASKS:
        raise unknown_name("task", task, TASKS)
    name, columns, rows = _opened(source, header, delimiter, encoding)
    goal = _column(target, columns, "target")
    left_out = {goal, *(_column(column, columns, "drop") for column in drop)}
    inputs = [i for i in range(len(columns)) if i not in left_out]
    if not inputs:
        raise BadakFileError(f"{name}: there is no column left to predict {columns[goal]!r} from")
    x, labels, lines = _read(rows, columns, inputs, goal, name)
    if not labels:
        raise BadakFileError(f"{name}: a header and no rows")
    t, classes = _targets(labels, lines, columns[goal], task, name)
    return Dataset(x, t, classes=classes, name=name)


def read_columns(
    source: str | Path | bytes,
    *,
    drop: Sequence[Column] = (),
    header: bool | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8-sig",
) -> Array:
    r"""Inputs without a target: the numbers of a text file as (rows, columns).

    The arguments are those of `read_table`.

    >>> read_columns(b"width,height\n1.5,2\n3,4.5\n")
    array([[1.5, 2. ],
           [3. , 4.5]])

    Raises:
        BadakFileError: what is wrong in the file, by line and column.
        RangeError: a column to drop that does not exist.
    """
    name, columns, rows = _opened(source, header, delimiter, encoding)
    left_out = [_column(column, columns, "drop") for column in drop]
    inputs = [i for i in range(len(columns)) if i not in left_out]
    x, _, _ = _read(rows, columns, inputs, 0, name)
    if not len(x):
        raise BadakFileError(f"{name}: a header and no rows")
    return x


def _opened(
    source: str | Path | bytes, header: bool | None, delimiter: str | None, encoding: str
) -> tuple[str, list[str], Iterator[Row]]:
    """The name of a table, the names of its columns, and its rows without the header."""
    name = "table" if isinstance(source, bytes) else Path(source).stem
    text = _decoded(source if isinstance(source, bytes) else read_bytes(source), encoding, name)
    rows = _rows(text, delimiter or _delimiter(text), name)
    first = next(rows, None)
    if first is None:
        raise BadakFileError(f"{name}: the file has no rows")
    has_header = _looks_like_header(first[1]) if header is None else header
    columns = _column_names(first, has_header, name)
    return name, columns, rows if has_header else _again(first, rows)


def _again(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _decoded(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadakFileError(
            f"{name}: line {line} is not text in {encoding}", hint="encoding='cp949' or 'latin-1'?"
        ) from None
    except LookupError:
        raise RangeError(f"unknown encoding {encoding!r}", hint="utf-8-sig, cp949") from None


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first line into the most cells."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _rows(text: str, delimiter: str, name: str) -> Iterator[Row]:
    """The lines that hold something, each with its number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        line = 1
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadakFileError(f"{name}: line {reader.line_num}: {error}") from None


def _number(cell: str) -> float | None:
    """The number in a cell; None when it holds none. Python's 1_000 is text here."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _looks_like_header(cells: list[str]) -> bool:
    return all(_number(cell) is None for cell in cells)


def _column_names(first: Row, has_header: bool, name: str) -> list[str]:
    line, cells = first
    if not has_header:
        return [f"column {i}" for i in range(len(cells))]
    for i, cell in enumerate(cells):
        if not cell:
            raise BadakFileError(
                f"{name}: line {line}: column {i} has no name", hint="an index written by accident?"
            )
        if cell in cells[:i]:
            raise BadakFileError(
                f"{name}: line {line}: columns {cells.index(cell)} and {i} are both called {cell!r}"
            )
    return cells


def _column(column: Column, columns: list[str], what: str) -> int:
    if isinstance(column, str):
        if column not in columns:
            raise unknown_name(f"column in {what}", column, columns)
        return columns.index(column)
    if not -len(columns) <= column < len(columns):
        raise RangeError(
            f"{what}: there is no column {column}", expected=f"0..{len(columns) - 1}, or a name"
        )
    return column % len(columns)


def _read(
    rows: Iterator[Row], columns: list[str], inputs: list[int], goal: int, name: str
) -> tuple[Array, list[str], list[int]]:
    """The inputs as one array; the cells of the target and the lines on which they stand."""
    values = array("d")
    labels, lines = [], []
    for line, cells in rows:
        if len(cells) != len(columns):
            raise BadakFileError(
                f"{name}: line {line} has {len(cells)} cells", expected=f"{len(columns)}"
            )
        values.extend(_value(cells[i], line, columns[i], name) for i in inputs)
        labels.append(cells[goal])
        lines.append(line)
    x = np.frombuffer(values, dtype=np.float64) if values else np.empty(0)
    return x.reshape(-1, len(inputs)), labels, lines


def _value(cell: str, line: int, column: str, name: str) -> float:
    where = f"{name}: line {line}, column {column!r}"
    if cell.lower() in _MISSING:
        raise BadakFileError(f"{where}: the cell is missing ({cell!r})", hint="fill it, or drop it")
    number = _number(cell)
    if number is None:
        comma = _number(cell.replace(",", ".")) is not None
        hint = "a decimal point, not a comma" if comma else f"drop=[{column!r}], or numbers for it"
        raise BadakFileError(f"{where}: {cell[:40]!r} is not a number", hint=hint)
    if math.isinf(number) or abs(number) > _LARGEST:
        raise BadakFileError(f"{where}: {cell[:40]} is too large", expected=f"at most {_LARGEST:g}")
    return number


def _targets(
    labels: list[str], lines: list[int], column: str, task: str | None, name: str
) -> tuple[Array, tuple[str, ...] | None]:
    for label, line in zip(labels, lines, strict=True):
        if label.lower() in _MISSING:
            raise BadakFileError(f"{name}: line {line}, column {column!r}: the target is missing")
    found = [_number(label) for label in labels]
    numbers = [number for number in found if number is not None]
    if task == "regression" or len(numbers) == len(labels):
        t = np.array(
            [_value(label, line, column, name) for label, line in zip(labels, lines, strict=True)]
        )
        whole = bool((t == np.floor(t)).all())
        if task == "regression" or (task is None and not (whole and len(np.unique(t)) <= FEW)):
            return t[:, None], None
        if whole:
            return encode_labels(t.astype(np.int64))
    elif numbers and task is None:
        number = next(i for i, value in enumerate(found) if value is not None)
        text = next(i for i, value in enumerate(found) if value is None)
        raise BadakFileError(
            f"{name}: column {column!r} mixes numbers ({labels[number]!r} on line {lines[number]}) "
            f"and text ({labels[text]!r} on line {lines[text]})",
            hint="task='classification' takes all of them as names",
        )
    return encode_labels(labels)
