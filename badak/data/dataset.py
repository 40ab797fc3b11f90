"""Rows to learn from: inputs and targets side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import DTypeError, RangeError, ShapeError
from badak.base.shapes import Shape, positive
from badak.data.augment.targets import one_hot
from badak.data.on_disk import OnDisk
from badak.data.split import holdout
from badak.data.values import as_inputs, as_targets


class Dataset:
    """Inputs `x` (rows, ...) and targets `t` (rows, ...), checked when they come in.

    Arrays that already have the right kind are not copied. A data set is not changed after it is
    made: `take`, `head`, `split` and `flat` give new ones.

    Inputs that are memory-mapped (`numpy.load(file, mmap_mode="r")`, `numpy.memmap`) stay in their
    file: `x` is then an `OnDisk`, of which rows are read, and checked, when a batch asks for them.

    Args:
        x: inputs, one row an example: an array, lists, or a data frame.
        t: targets: whole numbers become int64 class numbers, floats stay floats.
        classes: names of the classes 0, 1, 2, ...; targets are then class numbers.
        name: what to call it when it is printed.
        dtype: kind of the inputs, and of float targets: float32, or float64 for exact checks.

    >>> data = Dataset([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], name="xor")
    >>> data
    Dataset xor: 4 rows of (2,), 2 classes
    >>> data.x[1], data.t[1]
    (array([0., 1.], dtype=float32), np.int64(1))

    Raises:
        DTypeError: None, text, complex numbers, dates, objects, generators, ragged lists.
        RangeError: NaN or infinite values (by row and column), text labels, a label that has no
            name in `classes`.
        ShapeError: no rows, or a different number of rows in x and t.
    """

    __slots__ = ("classes", "n_classes", "name", "t", "x")

    x: Array
    t: Array
    name: str
    classes: tuple[str, ...] | None
    """Names of the classes, where they have names."""
    n_classes: int | None
    """How many classes there are; None when the targets are not class numbers."""

    def __init__(
        self,
        x: Any,
        t: Any,
        *,
        classes: Sequence[str] | None = None,
        name: str = "",
        dtype: Any = "float32",
    ) -> None:
        self.x = _inputs(x, dtype)
        self.t = as_targets(t, "t", dtype if self.x.dtype.kind == "f" else "float32")
        if len(self.x) != len(self.t):
            raise ShapeError(f"x has {len(self.x)} rows, t has {len(self.t)}", expected="as many")
        self.name = name
        self.classes = None if classes is None else _class_names(classes)
        if self.classes is not None:
            self.t = _class_numbers(self.t, self.classes)
        self.n_classes = _count_classes(self.t, self.classes)

    def _with(self, x: Array, t: Array) -> Dataset:
        """The same kind of data with other rows, which need no second check."""
        other = object.__new__(Dataset)
        other.x, other.t = x, t
        other.name, other.classes, other.n_classes = self.name, self.classes, self.n_classes
        return other

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        title = f"Dataset {self.name}".rstrip()
        return f"{title}: {len(self):,} rows of {self.x.shape[1:]}, {self._targets()}"

    def _targets(self) -> str:
        if self.n_classes is not None:
            return f"{self.n_classes} classes"
        return f"targets {self.t.shape[1:]}"

    def take(self, indices: Any) -> Dataset:
        """The rows of those numbers, in that order; or those where a mask is true.

        Raises:
            DTypeError: for indices that are neither whole numbers nor a mask.
            RangeError: for a row that does not exist.
            ShapeError: for no rows at all, or a mask of another length.
        """
        rows = np.asarray(indices)
        if rows.size and rows.dtype.kind == "b":
            if rows.shape != (len(self),):
                raise ShapeError(
                    "take: a mask has one value a row", expected=(len(self),), got=rows.shape
                )
            rows = np.flatnonzero(rows)
        if rows.size == 0:
            raise ShapeError("take: no rows are left", expected="at least one row")
        if rows.dtype.kind not in "iu" or rows.ndim != 1:
            raise DTypeError(
                "take: indices must be whole numbers", expected="(n,) whole numbers or a mask"
            )
        outside = rows[(rows < -len(self)) | (rows >= len(self))]
        if outside.size:
            raise RangeError(f"take: there is no row {outside[0]}", expected=f"0..{len(self) - 1}")
        if isinstance(self.x, OnDisk):
            return self._with(self.x.take(rows), self.t[rows])
        return self._with(self.x[rows], self.t[rows])

    def head(self, n: int) -> Dataset:
        """The first `n` rows, or all when there are fewer."""
        n = positive(n, "head: n")
        return self._with(self.x[:n], self.t[:n])  # of a file: read, as a sample to learn from

    def split(
        self, fraction: float = 0.7, seed: int = 0, *, stratify: bool = False
    ) -> tuple[Dataset, Dataset]:
        """Two data sets at random: `fraction` of the rows, and the rest; see `holdout`.

        >>> data = Dataset(np.zeros((10, 3)), [0, 1] * 5)
        >>> [len(part) for part in data.split(0.7, seed=1)]
        [7, 3]
        """
        labels = self.t if stratify else None
        first, second = holdout(len(self), fraction, seed, labels)
        return self.take(first), self.take(second)

    def flat(self) -> Dataset:
        """Each row as one vector (rows, features), as fully connected layers want it."""
        return self._with(self.x[:].reshape(len(self), -1), self.t)

    def with_inputs(self, x: Any) -> Dataset:
        """The same targets with other inputs, for example scaled ones.

        Raises:
            ShapeError: when there are not as many rows.
        """
        inputs = _inputs(x, self.x.dtype)
        if len(inputs) != len(self):
            raise ShapeError(f"x has {len(inputs)} rows, t has {len(self)}", expected="as many")
        return self._with(inputs, self.t)

    def with_targets(self, t: Any) -> Dataset:
        """The same inputs with other targets, for example with wrong labels.

        Raises:
            ShapeError: when there are not as many rows.
            RangeError: for a class that there was not before.

        >>> Dataset([[0.0], [1.0]], [0, 2]).with_targets([1, 1])
        Dataset: 2 rows of (1,), 3 classes
        """
        targets = as_targets(t, "t", self.t.dtype if self.t.dtype.kind == "f" else "float32")
        if len(targets) != len(self):
            raise ShapeError(f"t has {len(targets)} rows, x has {len(self)}", expected="as many")
        if (_count_classes(targets, None) or 0) > (self.n_classes or np.inf):
            raise RangeError(f"t: there is no class {targets.max()}", expected=self._targets())
        return self._with(self.x, targets)

    def one_hot(self) -> Dataset:
        """Class numbers as rows with a 1 at the class; targets that are floats stay as they are.

        >>> Dataset([[0.0], [1.0]], [2, 0]).one_hot().t
        array([[0., 0., 1.],
               [1., 0., 0.]], dtype=float32)
        """
        if self.t.dtype.kind == "f" or self.n_classes is None:
            return self
        return self._with(self.x, one_hot(self.t, self.n_classes, self.x.dtype))

    def fingerprint(self) -> str:
        """A digest of every value: two data sets share it when they are the same.

        Of inputs in a file, some rows from everywhere stand for all.

        >>> one, two = Dataset([[1.0]], [0]), Dataset([[2.0]], [0])
        >>> one.fingerprint() == two.fingerprint()
        False
        """
        digest = hashlib.blake2b(digest_size=16)
        in_memory = (self.t,) if isinstance(self.x, OnDisk) else (self.x, self.t)
        if isinstance(self.x, OnDisk):
            digest.update(self.x.fingerprint())
        for array in in_memory:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class TrainTest:
    """A data set in two parts: rows to train on, and rows to test on at the very end.

    >>> train = Dataset([[0.0], [1.0]], [0, 1], name="toy")
    >>> bundle = TrainTest(train, train.head(1))
    >>> bundle
    TrainTest toy: 2 rows to train, 1 to test, of (1,), 2 classes

    Raises:
        ShapeError: when the rows of the two parts have different shapes.
    """

    train: Dataset
    test: Dataset

    def __post_init__(self) -> None:
        for part in ("x", "t"):
            ours, theirs = getattr(self.train, part), getattr(self.test, part)
            if ours.shape[1:] != theirs.shape[1:]:
                raise ShapeError(
                    f"rows of {part} differ between training and test",
                    expected=f"{ours.shape[1:]}, as in training",
                    got=theirs.shape[1:],
                )

    @classmethod
    def of(
        cls, data: Dataset, test_split: float = 0.3, seed: int = 0, *, stratify: bool = False
    ) -> TrainTest:
        """A data set in two parts at random, `test_split` of its rows for the test.

        Raises:
            RangeError: unless 0 < test_split < 1 and both parts get a row.
        """
        if not 0 < test_split < 1:
            raise RangeError(
                "test_split is out of range", expected="0 < test_split < 1", got=test_split
            )
        return cls(*data.split(1 - test_split, seed, stratify=stratify))

    def __iter__(self) -> Iterator[Dataset]:
        """So that `train, test = load(...)` works."""
        return iter((self.train, self.test))

    def __repr__(self) -> str:
        train, test = self.train, self.test
        title = f"TrainTest {self.name}".rstrip()
        rows = f"{len(train):,} rows to train, {len(test):,} to test"
        return f"{title}: {rows}, of {self.shape}, {train._targets()}"

    @property
    def name(self) -> str:
        return self.train.name

    @property
    def shape(self) -> Shape:
        """The shape of one row of inputs."""
        return self.train.x.shape[1:]

    @property
    def classes(self) -> tuple[str, ...] | None:
        return self.train.classes

    @property
    def n_classes(self) -> int | None:
        return self.train.n_classes

    def flat(self) -> TrainTest:
        """Each row as one vector; see `Dataset.flat`."""
        return TrainTest(self.train.flat(), self.test.flat())


def _inputs(x: Any, dtype: Any) -> Array:
    if isinstance(x, np.memmap):
        x = OnDisk(x, dtype)
    # It has of an array what is asked of the inputs of a data set: a shape, a kind, and rows.
    return cast(Array, x) if isinstance(x, OnDisk) else as_inputs(x, "x", dtype)


def _class_names(classes: Sequence[str]) -> tuple[str, ...]:
    if isinstance(classes, str):
        raise DTypeError("classes is one text", expected="a list of names", got=repr(classes))
    names = tuple(str(name) for name in classes)
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise RangeError(f"classes: {twice[0]!r} is named twice")
    return names


def _class_numbers(t: Array, classes: tuple[str, ...]) -> Array:
    if t.ndim != 1:
        raise ShapeError("t must hold one class number a row", expected="(rows,)", got=t.shape)
    labels = t if t.dtype.kind == "i" else as_inputs(t[:, None], "t", "int64")[:, 0]
    outside = np.flatnonzero((labels < 0) | (labels >= len(classes)))
    if outside.size:
        row = outside[0]
        raise RangeError(
            f"t: label {labels[row]} at row {row}",
            expected=f"0..{len(classes) - 1}, for {len(classes)} classes",
            hint="labels starting at 1? subtract 1" if labels.min() > 0 else None,
        )
    return labels


def _count_classes(t: Array, classes: tuple[str, ...] | None) -> int | None:
    if classes is not None:
        return len(classes)
    if t.dtype.kind == "i" and t.ndim == 1:
        return max(int(t.max()) + 1, 1)
    return None
