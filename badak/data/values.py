"""Arrays from what users have at hand (lists, arrays, frames), checked once, at the door."""

from __future__ import annotations

import numbers
import warnings
from typing import Any

import numpy as np

from badak.base.dtypes import Array, as_dtype
from badak.base.errors import DTypeError, RangeError, ShapeError

_ACCEPTED = "an array, a list of numbers, or a data frame"
_TEXT = "UST"


def place(index: tuple[int, ...]) -> str:
    """Where a value stands, in words: the first axis counts rows.

    >>> place((3, 0))
    'row 3, column 0'
    """
    if len(index) > 2:
        return f"row {index[0]}, position {tuple(index[1:])}"
    return ", ".join(f"{word} {i}" for word, i in zip(("row", "column"), index, strict=False))


def as_inputs(values: object, name: str = "x", dtype: Any = "float32") -> Array:
    """Inputs of a network as one array (rows, ...) of that dtype, contiguous and finite.

    An array that is so already is returned as it is, not copied.

    Args:
        values: a NumPy array, lists, or anything with `__array__` or `to_numpy` (pandas, tensors).
        name: what the user calls them; stands in the errors.
        dtype: float32, float64, or a whole-number kind for indices.

    >>> as_inputs([[0, 1], [1, 1]])
    array([[0., 1.],
           [1., 1.]], dtype=float32)

    Raises:
        DTypeError: None, text, complex numbers, dates, Python objects, a generator, ragged lists.
        ShapeError: no rows, or no axis beside the rows.
        RangeError: NaN or an infinite value, named by row and column; a value that overflows.
    """
    array = _numbers(values, name)
    if array.ndim < 2:
        raise ShapeError(
            f"{name} has {array.ndim} axes: {array.shape}",
            expected="(rows, features) or (rows, channels, height, width)",
            hint=f"{name}.reshape(-1, 1) for one feature, {name}.reshape(1, -1) for one row",
        )
    _check_rows(array, name)
    result = _convert(array, as_dtype(dtype), name)
    if array.dtype == np.uint8 and result.dtype.kind == "f" and result.max() > 1:
        warnings.warn(
            f"{name} holds whole bytes up to {array.max()}: unscaled images? "
            f"Networks learn better from values near 0..1: {name} / 255",
            stacklevel=3,
        )
    return result


def as_targets(values: object, name: str = "t", dtype: Any = "float32") -> Array:
    """Targets as one array (rows, ...): whole numbers become int64 labels, floats that dtype.

    >>> as_targets([0, 2, 1])
    array([0, 2, 1])

    Raises:
        DTypeError, ShapeError: as `as_inputs`, but a single axis is allowed.
        RangeError: NaN or an infinite value; labels that are text.
    """
    if _is_text(values):
        seen = list(dict.fromkeys(_flat_list(values)))[:3]
        raise RangeError(
            f"{name} holds text ({', '.join(map(repr, seen))}, ...)",
            expected="class numbers 0, 1, 2, ... or floats",
            hint=f"{name}, classes = badak.data.encode_labels({name})",
        )
    array = _numbers(values, name)
    if array.ndim == 0:
        raise ShapeError(f"{name} is a single value", expected="one target a row", got=array[()])
    _check_rows(array, name)
    return _convert(array, as_dtype(dtype if array.dtype.kind == "f" else "int64"), name)


def encode_labels(labels: object) -> tuple[Array, tuple[str, ...]]:
    """Class numbers 0, 1, 2, ... for labels of text or of any whole numbers, and their names.

    The classes are sorted: text by the alphabet, numbers by size.

    >>> encode_labels(["dog", "cat", "dog"])
    (array([1, 0, 1]), ('cat', 'dog'))

    Raises:
        DTypeError: text and numbers mixed, numbers that are not whole.
        RangeError: a missing label.
    """
    if not _is_text(labels):
        array = _numbers(labels, "labels").ravel()
        _check_rows(array, "labels")
        whole = _convert(array, as_dtype("int64"), "labels")
        names, codes = np.unique(whole, return_inverse=True)
        return codes.astype(np.int64), tuple(str(name) for name in names)
    words = _flat_list(labels)
    for row, word in enumerate(words):
        if not isinstance(word, str):
            raise DTypeError(
                f"labels mix text with other things: row {row} is {word!r}",
                expected="text in every row",
            )
        if not word.strip():
            raise RangeError(f"labels: row {row} is empty", hint="drop the row, or name its class")
    classes = sorted(set(words))
    numbers_of = {word: number for number, word in enumerate(classes)}
    return np.array([numbers_of[word] for word in words], dtype=np.int64), tuple(classes)


def _raw(values: Any, name: str) -> Array:
    if values is None:
        raise DTypeError(f"{name} is None", expected=_ACCEPTED)
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if not isinstance(values, list | tuple) and not hasattr(values, "__array__"):
        sparse = hasattr(values, "toarray")
        raise DTypeError(
            f"{name} is a {type(values).__name__}",
            expected=_ACCEPTED,
            hint=f"{name}.toarray()" if sparse else f"list({name}), or numpy.stack of its rows",
        )
    # Asking by name: `np.ma` takes 7 ms to import, which only a masked array is worth.
    if hasattr(values, "mask") and hasattr(values, "filled") and np.ma.is_masked(values):
        first = np.argwhere(np.ma.getmaskarray(values))[0]
        raise _missing(name, tuple(first.tolist()))
    try:
        return np.asarray(values)
    except ValueError:
        raise _ragged(values, name) from None


def _numbers(values: object, name: str) -> Array:
    """The values as an array of booleans, whole numbers or floats."""
    array = _raw(values, name)
    if array.dtype.kind in "biuf":
        return array
    if array.dtype.kind == "O":
        return _numbers_of_objects(array, name)
    if array.dtype.kind == "c":
        raise DTypeError(
            f"{name} is complex: {array.dtype} is not supported",
            hint=f"{name}.real, or real and imaginary parts as two channels",
        )
    example = f", {array.flat[0]!s:.40}" if array.size else ""
    if array.dtype.kind in _TEXT:
        hint = f"{name}.astype(float), where the text spells numbers"
        raise DTypeError(f"{name} holds text{example}", expected="numbers", hint=hint)
    raise DTypeError(f"{name} holds {array.dtype}{example}", expected="numbers")


def _numbers_of_objects(array: Array, name: str) -> Array:
    # A frame of several column kinds arrives as objects although each cell is a number.
    for index, cell in np.ndenumerate(array):
        if cell is None:
            raise _missing(name, index)
        if isinstance(cell, list | tuple | np.ndarray):
            raise _ragged(array.tolist(), name)
        if not isinstance(cell, numbers.Real | np.bool_):
            raise DTypeError(
                f"{name} holds Python objects: {cell!r:.40} ({type(cell).__name__}) "
                f"at {place(index)}",
                expected="numbers",
            )
    whole = all(isinstance(cell, numbers.Integral) for cell in array.flat)
    try:
        return array.astype(np.int64 if whole else np.float64)
    except OverflowError:
        raise RangeError(f"{name} has whole numbers that 64 bits do not hold") from None


def _missing(name: str, index: tuple[int, ...]) -> RangeError:
    return RangeError(
        f"{name} has a missing value at {place(index)}", hint="drop the row or fill the value"
    )


def _ragged(values: Any, name: str) -> DTypeError:
    rows = [np.shape(_row_or_nothing(row)) for row in values]
    for number, shape in enumerate(rows):
        if shape != rows[0] and shape and rows[0]:
            detail = f"{rows[0][0]} and {shape[0]}, first at row {number}"
            return DTypeError(
                f"{name}: rows have different lengths ({detail})", expected="equal rows"
            )
    return DTypeError(f"{name}: rows have different depths or lengths", expected="equal rows")


def _row_or_nothing(row: Any) -> Array:
    try:
        return np.asarray(row)
    except ValueError:
        return np.empty(())


def _is_text(values: object) -> bool:
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if isinstance(values, list | tuple):
        return any(isinstance(value, str) for value in values)
    if not isinstance(values, np.ndarray):
        return False
    if values.dtype.kind == "O":
        return any(isinstance(value, str) for value in values.flat)
    return values.dtype.kind in _TEXT


def _flat_list(values: Any) -> list[Any]:
    array = values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values, dtype=object)
    result: list[Any] = array.ravel().tolist()
    return result


def _check_rows(array: Array, name: str) -> None:
    if array.shape[0] == 0 or array.size == 0:
        raise ShapeError(f"{name} is empty: {array.shape}", expected="at least one row and value")


def _convert(array: Array, dtype: np.dtype[Any], name: str) -> Array:
    """The array in that dtype; nothing may be lost but digits of a float."""
    if dtype.kind != "f" and array.dtype.kind == "f":
        _check_finite(array, array, name)
        _check_whole(array, name)
    with np.errstate(over="ignore", invalid="ignore"):
        result = np.ascontiguousarray(array, dtype=dtype)
    if dtype.kind == "f":
        _check_finite(result, array, name)
    elif array.dtype.kind == "u" and dtype.kind == "i" and array.max() > np.iinfo(dtype).max:
        raise RangeError(f"{name} has {array.max()}, beyond the largest {dtype}")
    return result


def _check_whole(array: Array, name: str) -> None:
    broken = array != np.floor(array)
    if broken.any():
        index = tuple(np.argwhere(broken)[0].tolist())
        raise DTypeError(f"{name} holds {array[index]} at {place(index)}", expected="whole numbers")


def _check_finite(result: Array, source: Array, name: str) -> None:
    # The extremes are NaN or infinite exactly when some value is; no mask is allocated.
    if np.isfinite(result.min()) and np.isfinite(result.max()):
        return
    bad = ~np.isfinite(result)
    index = tuple(np.argwhere(bad)[0].tolist())
    if np.isfinite(source[index]):
        raise RangeError(
            f"{name} has {source[index]:g} at {place(index)}",
            expected=f"at most {np.finfo(result.dtype).max:g}, the largest {result.dtype}",
            hint="scale the data, or dtype='float64'",
        )
    kinds = [(np.isnan(source), "NaN"), (np.isinf(source), "infinite")]
    counts = " and ".join(f"{int(mask.sum()):,} {word}" for mask, word in kinds if mask.any())
    raise RangeError(
        f"{name} has {counts} (first at {place(index)})", hint="drop the row or fill the value"
    )
