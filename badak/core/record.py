"""The recorder: makes tensors of the inputs, and remembers how each result was made.

What is remembered is a `Node`: the primitive, its inputs and its attributes. It holds no reference
to the result, so a graph is freed as soon as its last result is dropped.
"""

from __future__ import annotations

from typing import Any

from badak.base import context, dtypes, tree
from badak.base.arrays import as_array
from badak.base.dtypes import Array, DType
from badak.base.errors import DTypeError
from badak.base.shapes import Spec
from badak.core.backward import Node
from badak.core.dispatch import apply, current_interpreter
from badak.core.primitive import Primitive
from badak.core.tensor import Literal, Tensor


def _as_tensors(inputs: tuple[Any, ...]) -> list[Tensor]:
    """Numbers and arrays take the float dtype of the tensors they meet."""
    partners = [x.dtype for x in inputs if isinstance(x, Tensor)]
    return [x if isinstance(x, Tensor) else Literal(_as_array(x, partners)) for x in inputs]


def _as_array(x: Any, partners: list[DType]) -> Array:
    if isinstance(x, list | tuple) and context.is_recording():
        if any(isinstance(item, Tensor) and item.requires_grad for item in tree.leaves(x)):
            raise DTypeError(
                "a list of tensors would lose their gradients",
                got=f"{type(x).__name__} of {len(x)}",
                hint="bd.stack([...]) makes one tensor of them",
            )
    return as_array(x, partners)


def _kinds(tensors: list[Tensor]) -> list[DType]:
    """The dtypes that promotion looks at: a 0-d float takes the width of the others.

    A learning rate kept in float64 must not make a float32 network wide.
    """
    wide = [x.dtype for x in tensors if x.ndim and x.dtype.kind == "f"]
    if not wide:
        return [x.dtype for x in tensors]
    width = dtypes.common(*wide)
    return [x.dtype if x.ndim or x.dtype.kind != "f" else width for x in tensors]


def _promoted(primitive: Primitive, tensors: list[Tensor]) -> list[Tensor]:
    return [
        x if x.dtype == dtype else apply("cast", x, dtype=dtype)
        for x, dtype in zip(tensors, primitive.promote(*_kinds(tensors)), strict=True)
    ]


def perform(primitive: Primitive, inputs: tuple[Any, ...], attributes: dict[str, Any]) -> Tensor:
    """Checks the inputs, lets the interpreter in charge compute, remembers for backward."""
    tensors = _promoted(primitive, _as_tensors(inputs))
    spec = primitive.infer(*(Spec(x.shape, x.dtype) for x in tensors), **attributes)
    data = current_interpreter()(primitive, spec, tensors, attributes)
    out = Tensor(data)
    # Only floats have a gradient; an index or a mask ends the path.
    if spec.dtype.kind == "f" and context.is_recording():
        if any(x.requires_grad for x in tensors):
            out.requires_grad = True
            out.node = Node(primitive, tensors, attributes)
    return out
