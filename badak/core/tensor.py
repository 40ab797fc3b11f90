"""The value that users hold. It knows no mathematics: a method names a primitive.

A tensor's numbers never change under the feet of another tensor: `assign` gives it new ones, and
what was computed before keeps the old. So a reshaped or sliced tensor may share memory with its
origin without anyone noticing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from badak.base import dtypes
from badak.base.arrays import as_array, exact_array
from badak.base.dtypes import Array, DType
from badak.base.errors import DTypeError, RangeError, ShapeError, StateError
from badak.base.shapes import Axes, Shape, as_shape, axes_indices, axis_index, permutation, reshaped
from badak.core.backward import Node, propagate, seed_array, topological
from badak.core.dispatch import apply, current_tracer
from badak.core.indexing import Selection, parse_key

_changes = itertools.count(1)


class Tensor:
    """An n-dimensional array that can remember how it was computed.

    Made by `badak.tensor` and `badak.parameter`, or as the result of an operation. Operators and
    methods have NumPy's names and NumPy's broadcasting.

    Attributes:
        data: the NumPy array (not to be written to; use `assign`).
        requires_grad: whether gradients flow to this tensor.
        grad: the gradient left by `backward()`, or None.
        node: how it was computed, or None for a leaf.
        version: how many times it was assigned.

    >>> x = bd.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> (x * 10)[1], x.shape
    (tensor([30., 40.]), (2, 2))
    """

    __slots__ = ("__weakref__", "data", "grad", "node", "requires_grad", "version")
    __array_ufunc__ = None  # array + tensor then asks the tensor, not NumPy
    last_change: ClassVar[int] = 0
    """Another number after each change of any tensor: while it stays, no tensor has changed."""

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        self.data = data
        self.requires_grad = requires_grad
        self.grad: Tensor | None = None
        self.node: Node | None = None
        self.version = 0

    # ------------------------------------------------------------------ what it is

    @property
    def shape(self) -> Shape:
        return self.data.shape  # type: ignore[no-any-return]  # data may be a tracer's stand-in

    @property
    def dtype(self) -> DType:
        return self.data.dtype  # type: ignore[no-any-return]  # as above

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    @property
    def has_numbers(self) -> bool:
        """Whether its values can be looked at.

        Not while a function is traced: it then runs once, for all the numbers that may come.
        A check of values asks this first, and is left out.

        >>> bd.tensor([1.0]).has_numbers
        True
        """
        return current_tracer() is None and isinstance(self.data, np.ndarray)

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("a 0-d tensor has no length", hint="float(x) gives its value")
        return self.shape[0]

    def __repr__(self) -> str:
        if not self.has_numbers:
            return f"tensor(traced, shape={self.shape}, dtype={self.dtype})"
        body = np.array2string(self.data, separator=", ", prefix="tensor(", threshold=200)
        kind = "" if self.dtype == dtypes.DEFAULT_FLOAT else f", dtype={self.dtype}"
        flag = ", requires_grad=True" if self.requires_grad and self.node is None else ""
        return f"tensor({body}{kind}{flag})"

    # ------------------------------------------------------------------ out of Badak

    def _numbers(self, hint: str = "do this outside, with what the function returns") -> Array:
        """The array, for a look at the values."""
        if self.has_numbers:
            return self.data  # type: ignore[no-any-return]  # has_numbers has looked at it
        if current_tracer() is None:
            raise StateError(
                "this tensor was made while a function was traced: it never had values",
                got=repr(self),
                hint="return it from the function, instead of keeping it",
            )
        raise StateError(
            "the values of a tensor are not known while a function is traced",
            expected="operations on tensors alone (shape and dtype are known)",
            got=repr(self),
            hint=hint,
        )

    def numpy(self) -> Array:
        """A copy as a NumPy array, yours to change."""
        return np.array(self._numbers())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:  # the protocol's word for "rather fail"
            raise RangeError("a tensor gives its numbers away as a copy only", got="copy=False")
        return np.array(self._numbers(), dtype=dtype)

    def item(self) -> Any:
        """The single value as a Python number."""
        if self.size != 1:
            raise ShapeError("item() needs a single value", got=f"shape {self.shape}")
        return self._numbers().item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self._numbers().tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise DTypeError("an index must be a whole number", got=f"a {self.dtype} tensor")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise RangeError(
                f"the truth of a tensor with {self.size} values is unclear",
                hint=".any() or .all()",
            )
        return bool(self._numbers("bd.where(condition, x, y) chooses by value").item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    # ------------------------------------------------------------------ gradients

    def backward(self, weight: Any = None) -> None:
        """Adds the gradient of this tensor to `.grad` of every parameter it came from.

        Args:
            weight: what the gradients of a tensor with several values are multiplied by
                before they are summed; a single number needs none.

        Raises:
            ShapeError: when the tensor has several values and no weight is given.
            StateError: when no gradient flows to it, or while a function is traced.
        """
        if current_tracer() is not None:
            raise StateError(
                "backward() leaves gradients behind, which a traced function cannot",
                hint="grads = bd.grad(loss, params)",
            )
        seed = Tensor(seed_array(self, weight))
        leaves = [x for x in topological(self) if x.node is None]
        for x, g in zip(leaves, propagate(self, seed, leaves), strict=True):
            if g is not None:
                x.grad = Tensor(g.data) if x.grad is None else x.grad.assign(x.grad + g)

    def zero_grad(self) -> None:
        """Sets `.grad` to zeros, keeping the tensor that others may hold."""
        if self.grad is not None:
            self.grad.assign(np.zeros_like(self.grad.data))

    def detach(self) -> Tensor:
        """The same numbers, cut off from how they were computed."""
        tracer = current_tracer()
        return Tensor(_own(self.data) if tracer is None else tracer.read(self))

    def assign(self, value: Any) -> Self:
        """Takes over new numbers of the same shape, converted to its own dtype.

        The one side effect that a tensor has. Tensors computed from it before keep the old
        numbers, but their gradients can no longer be taken.

        Raises:
            ShapeError: when the shape differs.
            StateError: when this tensor is the result of an operation: what it was computed from
                would no longer be true of it.
        """
        if self.node is not None:
            raise StateError(
                f"assign: this tensor is the result of {self.node.primitive.name}",
                expected="a parameter, or another tensor that gradients do not pass through",
                hint="x = x.detach() first, or give the new values a name of their own",
            )
        new = value if isinstance(value, Tensor) else Tensor(exact_array(value, self.dtype))
        if new.shape != self.shape:
            raise ShapeError(
                "assign keeps the shape of a tensor", expected=self.shape, got=new.shape
            )
        if new.dtype != self.dtype:
            new = apply("cast", new, dtype=self.dtype)
        tracer = current_tracer()
        if tracer is not None:
            tracer.assign(self, new)
        else:
            self.renew(_own(new.data))
        return self

    def renew(self, data: Array) -> None:
        """Takes over an array as it is: for those who keep numbers, as a compiled program does."""
        self.data = data
        self.version += 1
        self.note_change()

    @staticmethod
    def note_change() -> None:
        """Some tensor has other numbers than before."""
        Tensor.last_change = next(_changes)

    def vet(self, check: Callable[[Array], None], below: int | None = None) -> None:
        """Has the numbers checked by a function that raises when they are wrong.

        Now, or when a function is traced, each time before the program is run: as far as this is
        an argument of that function, or some rows of one.

        Args:
            check: the function.
            below: when what passes are whole numbers in 0..below - 1, for certain; then nobody has
                to look at them again before they are used as positions.

        >>> def check(labels):
        ...     if labels.max() > 9:
        ...         raise ValueError(f"no label {labels.max()}")
        >>> bd.tensor([3, 9]).vet(check)
        """
        tracer = current_tracer()
        if tracer is not None:
            tracer.expect(self, check, below)
        elif self.has_numbers:
            check(self.data)

    # ------------------------------------------------------------------ arithmetic

    def __add__(self, other: Any) -> Tensor:
        return apply("add", self, other)

    def __radd__(self, other: Any) -> Tensor:
        return apply("add", other, self)

    def __sub__(self, other: Any) -> Tensor:
        return apply("sub", self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return apply("sub", other, self)

    def __mul__(self, other: Any) -> Tensor:
        return apply("mul", self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return apply("mul", other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return apply("div", self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return apply("div", other, self)

    def __pow__(self, other: Any) -> Tensor:
        return apply("pow", self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return apply("pow", other, self)

    def __neg__(self) -> Tensor:
        return apply("neg", self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return apply("abs", self)

    def __matmul__(self, other: Any) -> Tensor:
        return apply("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return apply("matmul", other, self)

    # ------------------------------------------------------------------ comparison

    __hash__ = object.__hash__  # a tensor is found by identity; == compares the values

    def __eq__(self, other: Any) -> Tensor:  # type: ignore[override]  # element by element
        return apply("equal", self, other)

    def __ne__(self, other: Any) -> Tensor:  # type: ignore[override]  # element by element
        return apply("not_equal", self, other)

    def __lt__(self, other: Any) -> Tensor:
        return apply("less", self, other)

    def __le__(self, other: Any) -> Tensor:
        return apply("less_equal", self, other)

    def __gt__(self, other: Any) -> Tensor:
        return apply("greater", self, other)

    def __ge__(self, other: Any) -> Tensor:
        return apply("greater_equal", self, other)

    def __and__(self, other: Any) -> Tensor:
        return apply("logical_and", self, other)

    def __or__(self, other: Any) -> Tensor:
        return apply("logical_or", self, other)

    def __invert__(self) -> Tensor:
        return apply("logical_not", self)

    # ------------------------------------------------------------------ elementary functions

    def exp(self) -> Tensor:
        return apply("exp", self)

    def log(self) -> Tensor:
        return apply("log", self)

    def sqrt(self) -> Tensor:
        return apply("sqrt", self)

    def tanh(self) -> Tensor:
        return apply("tanh", self)

    def sigmoid(self) -> Tensor:
        return apply("sigmoid", self)

    def abs(self) -> Tensor:
        return apply("abs", self)

    def sign(self) -> Tensor:
        return apply("sign", self)

    def clip(self, low: Any, high: Any) -> Tensor:
        """Values below `low` become `low`, values above `high` become `high`."""
        return apply("minimum", apply("maximum", self, low), high)

    def astype(self, dtype: Any) -> Tensor:
        return apply("cast", self, dtype=dtypes.as_dtype(dtype))

    # ------------------------------------------------------------------ reductions

    def sum(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        return apply("sum", self, axes=axes_indices(axis, self.ndim, "sum"), keepdims=keepdims)

    def max(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        return apply("max", self, axes=axes_indices(axis, self.ndim, "max"), keepdims=keepdims)

    def min(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        return _mirrored(_mirrored(self).max(axis, keepdims))

    def argmax(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """The position of the first largest value, counted along those axes laid end to end."""
        axes = axes_indices(axis, self.ndim, "argmax")
        return apply("argmax", self, axes=axes, keepdims=keepdims)

    def argmin(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """The position of the first smallest value, counted as by `argmax`."""
        return _mirrored(self).argmax(axis, keepdims)

    def mean(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        axes = axes_indices(axis, self.ndim, "mean")
        return self.sum(axes, keepdims) / math.prod(self.shape[i] for i in axes)

    def var(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        """The mean squared distance from the mean (divided by n, as NumPy's)."""
        distance = self - self.mean(axis, keepdims=True)
        return (distance * distance).mean(axis, keepdims)

    def any(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        return (self != 0).sum(axis, keepdims) > 0

    def all(self, axis: Axes = None, keepdims: bool = False) -> Tensor:
        return (self == 0).sum(axis, keepdims) == 0

    # ------------------------------------------------------------------ shape

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        target = reshaped(self.shape, _sizes(shape))
        return self if target == self.shape else apply("reshape", self, shape=target)

    def transpose(self, *axes: int | Sequence[int]) -> Tensor:
        """Axes in the given order; reversed when none is given."""
        order = _sizes(axes) if axes else tuple(reversed(range(self.ndim)))
        return apply("transpose", self, axes=permutation(order, self.ndim))

    @property
    def T(self) -> Tensor:
        """Axes reversed."""
        return self.transpose()

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged: the transpose of each matrix in a batch."""
        if self.ndim < 2:
            raise ShapeError("mT needs at least two axes", got=f"shape {self.shape}")
        return self.swapaxes(-1, -2)

    def swapaxes(self, first: int, second: int) -> Tensor:
        order = list(range(self.ndim))
        i = axis_index(first, self.ndim, "swapaxes")
        j = axis_index(second, self.ndim, "swapaxes")
        order[i], order[j] = j, i
        return self.transpose(order)

    def broadcast_to(self, *shape: int | Sequence[int]) -> Tensor:
        target = _sizes(shape)
        return self if target == self.shape else apply("broadcast", self, shape=target)

    def expand_dims(self, axis: int) -> Tensor:
        """An axis of size 1 at that position."""
        i = axis_index(axis, self.ndim + 1, "expand_dims")
        return self.reshape((*self.shape[:i], 1, *self.shape[i:]))

    def squeeze(self, axis: Axes = None) -> Tensor:
        """Without axes of size 1; a named axis must be one."""
        if axis is None:
            return self.reshape(tuple(size for size in self.shape if size != 1))
        axes = axes_indices(axis, self.ndim, "squeeze")
        for i in axes:
            if self.shape[i] != 1:
                raise ShapeError(f"squeeze: axis {i} has size {self.shape[i]}", expected="size 1")
        return self.reshape(tuple(size for i, size in enumerate(self.shape) if i not in axes))

    def flatten(self, start: int = 0) -> Tensor:
        """The axes from `start` on laid end to end."""
        i = axis_index(start, max(self.ndim, 1), "flatten")
        return self.reshape((*self.shape[:i], math.prod(self.shape[i:])))

    def take(self, index: Any, axis: int = 0) -> Tensor:
        """The slices at these positions along an axis (positions may repeat)."""
        return apply("gather", self, index, axis=axis_index(axis, self.ndim, "take"))

    def __getitem__(self, key: Any) -> Tensor:
        """Whole numbers, slices, None, ..., and at most one array of positions.

        Differs from NumPy (and agrees with PyTorch) where a whole number and an array are apart:
        the axis of the array stays in its place.
        """
        chosen = parse_key(key, self.shape)
        out = self
        whole = (0,) * self.ndim, self.shape, (1,) * self.ndim
        if (chosen.starts, chosen.stops, chosen.strides) != whole:
            starts, stops, strides = chosen.starts, chosen.stops, chosen.strides
            out = apply("slice", out, starts=starts, stops=stops, strides=strides)
        if chosen.flipped:
            out = apply("flip", out, axes=chosen.flipped)
        out = out.reshape(chosen.shape)
        return out if chosen.index is None else out.take(_from_front(chosen, out), chosen.axis)


def _own(data: Any) -> Any:
    """The numbers, copied if they lie where a compiled program writes (see `core.eager`)."""
    lent = isinstance(data, np.ndarray) and type(data) is not np.ndarray
    return np.array(data) if lent else data


class Literal(Tensor):
    """Numbers that stand in an expression, as the 2 in `2 * x`: for the compiler, a constant."""

    __slots__ = ()


class Parameter(Tensor):
    """A tensor that is learned: gradients flow to it, and modules list it by name.

    Attributes:
        tags: words that optimizers can ask for, such as "weight", "bias", "norm".

    >>> w = bd.parameter([1.0, 2.0], tags=("weight",))
    >>> w.requires_grad, w.tags
    (True, ('weight',))
    """

    __slots__ = ("tags",)

    def __init__(self, data: Any, tags: Sequence[str] = ()) -> None:
        super().__init__(data, requires_grad=True)
        self.tags = tuple(tags)


def _mirrored(x: Tensor) -> Tensor:
    """The values in the opposite order, so that the smallest is the largest; its own inverse."""
    if x.dtype.kind == "f":
        return -x
    if x.dtype == dtypes.bool_:
        return ~x
    # -x has no place in an unsigned dtype, nor the smallest int its negative: all bits flipped do.
    return apply("sub", Tensor(np.asarray(-1).astype(x.dtype)), x)


def _from_front(chosen: Selection, x: Tensor) -> Tensor:
    """The positions to gather from x, those below 0 counted from the end."""
    index = chosen.index if isinstance(chosen.index, Tensor) else Tensor(as_array(chosen.index))
    if index.dtype.kind == "u":
        return index
    return apply("where", index < 0, index + x.shape[chosen.axis], index)


def _sizes(args: Sequence[Any]) -> Shape:
    """Sizes given one by one, or as one sequence."""
    return as_shape(args[0] if len(args) == 1 else tuple(args))
