"""Rows that stay in their file until a batch asks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from badak.base.dtypes import Array, DType, as_dtype
from badak.base.errors import DTypeError, ShapeError
from badak.base.shapes import Shape
from badak.data.values import as_inputs

_SAMPLE = 100
"""Rows by which a file is recognised: all of them may be more than the memory holds."""


class OnDisk:
    """The inputs of a `Dataset` that was made from a memory-mapped array.

    It stands where the array of inputs stands otherwise, and has its shape. Asking for rows reads
    those rows, checks that they are finite, and gives them as floats; nothing else is read. So an
    array may be larger than the memory, or hold bytes where the network wants floats.

    Args:
        values: a memory-mapped array, (rows, ...).
        dtype: of the floats that come out.
        rows: the row numbers that belong to it, in order; None for all.
        change: what becomes of the rows when they are read: a scaling.

    >>> np.save("big.npy", np.arange(12.0).reshape(6, 2))
    >>> x = OnDisk(np.load("big.npy", mmap_mode="r"))
    >>> x
    OnDisk(6 rows of (2,), float64 as float32, in big.npy)
    >>> x[[4, 0]]
    array([[8., 9.],
           [0., 1.]], dtype=float32)

    Raises:
        DTypeError: for an array that does not hold numbers.
        ShapeError: for one without rows, or without an axis beside the rows.
    """

    __slots__ = ("_change", "_rows", "_values", "dtype")

    def __init__(
        self,
        values: np.memmap[Any, Any],
        dtype: Any = "float32",
        rows: Array | None = None,
        change: Callable[[Array], Array] | None = None,
    ) -> None:
        if values.dtype.kind not in "biuf":
            raise DTypeError("the file does not hold numbers", got=values.dtype)
        if values.ndim < 2 or not values.size:
            raise ShapeError(
                "the file does not hold rows", expected="(rows, features, ...)", got=values.shape
            )
        self._values = values
        self._rows = rows
        self._change = change
        self.dtype: DType = as_dtype(dtype)

    @property
    def shape(self) -> Shape:
        return (len(self), *self._values.shape[1:])

    @property
    def ndim(self) -> int:
        return self._values.ndim

    def __len__(self) -> int:
        return len(self._values) if self._rows is None else len(self._rows)

    def __getitem__(self, which: Any) -> Array:
        """Rows by a slice, by their numbers, or by a mask; read now."""
        rows = which if self._rows is None else self._rows[which]
        read = np.array(self._values[rows])  # a copy: the view of a slice would be read later
        if self._change is not None:
            scaled = self._change(read.astype(self.dtype))
            return as_inputs(scaled, "x", self.dtype)
        return as_inputs(read, "x", self.dtype)

    def take(self, rows: Array) -> OnDisk:
        """Some of the rows; none is read."""
        chosen = rows if self._rows is None else self._rows[rows]
        return OnDisk(self._values, self.dtype, np.asarray(chosen), self._change)

    def then(self, change: Callable[[Array], Array]) -> OnDisk:
        """The same rows, changed whenever they are read; the change keeps their shape."""
        before = self._change
        both = change if before is None else lambda x: change(before(x))
        return OnDisk(self._values, self.dtype, self._rows, both)

    def fingerprint(self) -> bytes:
        """What tells these rows from others: their shape, and some of them from everywhere."""
        sample = np.unique(np.linspace(0, len(self) - 1, _SAMPLE).astype(np.int64))
        digest = hashlib.blake2b(f"{self.dtype.str}{self.shape}".encode(), digest_size=16)
        digest.update(np.ascontiguousarray(self[sample]).data)
        return digest.digest()

    def __repr__(self) -> str:
        kind = f"{self._values.dtype} as {self.dtype}"
        name = str(getattr(self._values, "filename", None) or "memory").rsplit("/", 1)[-1]
        return f"OnDisk({len(self):,} rows of {self.shape[1:]}, {kind}, in {name})"
