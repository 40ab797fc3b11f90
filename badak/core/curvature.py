"""The second derivatives of a number, without the matrix that they fill: products and extremes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from badak.base import context, dtypes, tree
from badak.base.dtypes import Array, DType
from badak.base.errors import DTypeError, RangeError, missing_extra
from badak.base.numbers import is_finite
from badak.base.random import generator
from badak.base.shapes import positive
from badak.core.backward import seed_array
from badak.core.directional import inner, matched
from badak.core.tensor import Tensor
from badak.core.transforms import slopes, targets_in

_DENSE = 32
"""Up to so many values the whole matrix is made: no iteration is shorter."""


def hvp(output: Tensor, wrt: Any, vector: Any) -> Any:
    """The Hessian of a number times a vector: H v, with H = d² output / d wrt².

        H v = d (g · v) / d wrt,   g = d output / d wrt

    Args:
        output: a single number computed from the tensors in `wrt`.
        wrt: a tensor, or lists, tuples and dicts of tensors, as for `grad`.
        vector: the structure and shapes of `wrt`.

    Returns:
        The structure of `wrt`.

    Raises:
        ShapeError: when the output has several values, or the vector does not fit `wrt`.
        StateError: when no gradient flows to the output or to a tensor of `wrt`.

    Pearlmutter, "Fast exact multiplication by the Hessian" (1994).

    >>> x = bd.parameter([1.0, 2.0])
    >>> bd.hvp(x[0] ** 2 * x[1], x, [1.0, 0.0])
    tensor([4., 2.])
    """
    targets = targets_in(wrt, "hvp")
    along = matched(wrt, vector, "hvp: the vector must fit wrt")
    return tree.rebuild(wrt, _product(_slopes(output, targets, "hvp"), targets, along))


def hessian_eigenvalues(output: Tensor, wrt: Any, count: int = 1) -> Array:
    """The largest eigenvalues of the Hessian of a number, largest first: float64 (count,).

    The largest is how sharply a loss bends at most. Gradient descent with a learning rate above
    2 / largest climbs out of a bowl of that shape. Found by Lanczos iteration (ARPACK), each of
    whose steps costs one Hessian-vector product; the matrix is never stored.

    Args:
        output: a single number computed from the tensors in `wrt`, such as a loss.
        wrt: the tensors, as for `grad`.
        count: how many eigenvalues; of more than 32, all but one at most.

    Raises:
        MissingExtraError: without SciPy, when `wrt` has more than 32 values.
        RangeError: for more eigenvalues than there are, or when a product is not finite.
        StateError: as `hvp`.

    >>> x = bd.parameter([-7.0, 2.0], "float64")
    >>> bd.hessian_eigenvalues(x[0] ** 2 / 20 + x[1] ** 2, x, count=2)
    array([2. , 0.1])
    """
    targets = targets_in(wrt, "hessian_eigenvalues")
    size = sum(x.size for x in targets)
    most = size if size <= _DENSE else size - 1  # Lanczos iteration finds some, not all
    if positive(count, "hessian_eigenvalues: count") > most:
        raise RangeError("hessian_eigenvalues: count", expected=f"1..{most}", got=count)
    gradients = _slopes(output, targets, "hessian_eigenvalues")

    def product(flat: Array) -> Array:
        along = [Tensor(part) for part in _parts(flat, targets)]
        new = [x.data.ravel() for x in _product(gradients, targets, along)]
        bent = np.concatenate(new, dtype=np.float64)
        if not is_finite(bent):
            raise RangeError("hessian_eigenvalues: a product with the Hessian is not finite")
        return bent

    if size <= _DENSE:
        matrix = np.stack([product(row) for row in np.eye(size)])
        return np.linalg.eigvalsh((matrix + matrix.T) / 2)[::-1][:count]
    return _largest(product, size, count, dtypes.common(*(x.dtype for x in targets)))


def _slopes(output: Tensor, targets: list[Tensor], where: str) -> list[Tensor]:
    if not isinstance(output, Tensor):
        raise DTypeError(f"{where}: the output is a tensor", got=type(output).__name__)
    seed_array(output)  # says what is wrong with an output that has no gradient, or several values
    return slopes(output, targets, create_graph=True)


def _product(gradients: list[Tensor], targets: list[Tensor], along: list[Tensor]) -> list[Tensor]:
    with context.recording():
        slope = inner(gradients, along)
    return slopes(slope, targets)


def _parts(flat: Array, targets: list[Tensor]) -> list[Array]:
    """One long vector cut into the shapes of the tensors."""
    ends = np.cumsum([x.size for x in targets])[:-1]
    pieces = zip(np.split(flat, ends), targets, strict=True)
    return [piece.reshape(x.shape).astype(x.dtype) for piece, x in pieces]


def _largest(product: Callable[[Array], Array], size: int, count: int, dtype: DType) -> Array:
    try:
        from scipy.sparse.linalg import LinearOperator, eigsh
    except ImportError:
        raise missing_extra("scipy", "lab", "Lanczos iteration") from None
    hessian = LinearOperator((size, size), matvec=product, dtype=np.float64)
    # An eigenvalue is as exact as the square of its vector. Products made in float32 are not smooth
    # enough to ask for more.
    tolerance = float(np.sqrt(np.finfo(dtype).eps))
    start = generator(0, "lanczos").standard_normal(size)
    values = eigsh(hessian, count, which="LA", v0=start, tol=tolerance, return_eigenvectors=False)
    return np.sort(values)[::-1]
