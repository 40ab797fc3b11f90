"""Inputs alone, to ask a trained network about."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from badak.base.dtypes import Array
from badak.base.errors import BadakFileError, RangeError
from badak.base.files import read_bytes
from badak.data.sources.npz import parse_npy, read_npz
from badak.data.sources.table import Column, read_columns
from badak.data.values import as_inputs

_NAMES = ("x", "X", "x_test")


def read_inputs(path: str | os.PathLike[str], drop: Sequence[Column] = ()) -> Array:
    r"""The inputs in a file, one row an example.

    Args:
        path: a `.csv`, `.tsv` or `.txt` of numbers, a `.npy` array, or an `.npz` with x.
        drop: columns of a text file to leave out, such as the target, by name or number.

    >>> Path("new.csv").write_text("1.5,2\n3,4.5\n") and read_inputs("new.csv")
    array([[1.5, 2. ],
           [3. , 4.5]], dtype=float32)

    Raises:
        BadakFileError: a file that is missing, damaged, or of another kind.
        RangeError: values that are not finite, no array called x, a column that does not exist.
    """
    file = Path(path)
    kind = file.suffix.lower()
    if kind == ".npz":
        return as_inputs(_named_x(read_npz(file), file.name), file.name)
    if kind == ".npy":
        return as_inputs(parse_npy(read_bytes(file), file.name), file.name)
    if kind in (".csv", ".tsv", ".txt"):
        return as_inputs(read_columns(file, drop=drop), file.name)
    raise BadakFileError(
        f"{file.name}: files of this kind are not read", expected=".csv, .npy or .npz"
    )


def _named_x(arrays: dict[str, Array], name: str) -> Array:
    for key in _NAMES:
        if key in arrays:
            return arrays[key]
    raise RangeError(f"{name}: there is no array x", got=", ".join(arrays) or "no arrays")
