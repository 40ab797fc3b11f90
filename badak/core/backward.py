"""Reverse mode: how a result was made, walked from the result back to what it came from.

The chain rule asks for one order only: a tensor passes its gradient on when every use of it has
delivered its share. In a diamond

        x ── a ──┐
        └─── b ──┴── out

both a and b must have spoken before x is asked; a plain depth-first walk would visit x after a
alone. `topological` lists every tensor after all of its inputs; read backwards, it is the order
wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from badak.base import context
from badak.base.arrays import exact_array
from badak.base.dtypes import Array
from badak.base.errors import ShapeError, StateError
from badak.core.dispatch import current_tracer
from badak.core.primitive import Primitive

if TYPE_CHECKING:  # for the type checker alone: at run time a tensor imports its backward
    from badak.core.tensor import Tensor


class Node:
    """How a tensor was made: primitive, inputs, attributes, and the inputs' versions then."""

    __slots__ = ("attributes", "inputs", "primitive", "versions")

    def __init__(
        self, primitive: Primitive, inputs: list[Tensor], attributes: dict[str, Any]
    ) -> None:
        self.primitive = primitive
        self.inputs = inputs
        self.attributes = attributes
        self.versions = _versions(inputs)


def _versions(tensors: list[Tensor]) -> list[int]:
    tracer = current_tracer()
    return [x.version if tracer is None else tracer.version(x) for x in tensors]


def topological(root: Tensor) -> list[Tensor]:
    """All tensors that root came from and that gradients flow to, each after its inputs.

    An explicit stack takes the place of recursion, so a graph may be as deep as memory allows.
    """
    order: list[Tensor] = []
    seen: dict[int, bool] = {}
    stack = [(root, False)]
    while stack:
        x, inputs_done = stack.pop()
        if inputs_done:
            order.append(x)
        elif id(x) not in seen:
            seen[id(x)] = True
            stack.append((x, True))
            if x.node is not None:
                stack.extend((y, False) for y in x.node.inputs if y.requires_grad)
    return order


def _check_versions(node: Node) -> None:
    now = _versions(node.inputs)
    for position, (before, after) in enumerate(zip(node.versions, now, strict=True)):
        if before != after:
            raise StateError(
                f"input {position} of {node.primitive.name} was assigned after it was used",
                expected="gradients taken before parameters are updated",
                hint="call grad() or backward() first, or compute the output anew",
            )


def seed_array(output: Tensor, weight: Any = None) -> Array:
    """Where backward starts: 1 for a single number, else the weight that was given.

    Raises:
        StateError: when no gradient flows to the output.
        ShapeError: when it has several values and no weight of its shape is given.
    """
    if not output.requires_grad:
        raise StateError(
            "nothing requires a gradient here",
            expected="an output computed from a bd.parameter, outside of bd.no_grad()",
        )
    if weight is None:
        if output.size != 1:
            raise ShapeError(
                "a gradient starts from a single number",
                got=f"an output of shape {output.shape}",
                hint="call .sum() or .mean() on it, or pass weight=",
            )
        return np.ones(output.shape, output.dtype)
    array = exact_array(np.asarray(weight), output.dtype)
    if array.shape != output.shape:
        raise ShapeError(
            "weight must have the shape of the output", expected=output.shape, got=array.shape
        )
    return array


def propagate(
    root: Tensor, seed: Tensor, targets: Sequence[Tensor], create_graph: bool = False
) -> list[Tensor | None]:
    """The gradient of root, weighted by seed, in each target; None where no path leads.

    Only gradients on a path to a target are computed.
    """
    order = topological(root)
    wanted = {id(x): True for x in targets}
    on_path: dict[int, bool] = {}
    for x in order:
        inputs = x.node.inputs if x.node is not None else []
        on_path[id(x)] = id(x) in wanted or any(on_path.get(id(y), False) for y in inputs)

    gradients: dict[int, Tensor] = {id(root): seed}
    with context.recording(create_graph):
        for out in reversed(order):
            node = out.node
            if node is None or not on_path[id(out)] or id(out) not in gradients:
                continue
            _check_versions(node)
            g = gradients[id(out)] if id(out) in wanted else gradients.pop(id(out))
            for position, x in enumerate(node.inputs):
                rule = node.primitive.rule(position)
                if rule is None or not on_path.get(id(x), False):
                    continue
                share = rule(g, out, *node.inputs, **node.attributes)
                assert share.shape == x.shape, f"{node.primitive.name}: a gradient has its shape"
                before = gradients.get(id(x))
                gradients[id(x)] = share if before is None else before + share
    return [gradients.get(id(x)) for x in targets]
