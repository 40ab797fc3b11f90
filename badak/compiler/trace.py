"""From a function of tensors to its graph.

`trace(fn, *arguments)` runs a function once with stand-ins for its arguments and gives the graph of
what it did: forward, backward and update alike, since all of them are operations that pass the
gate. Tensors that the function reads without being given them (parameters, optimizer state, running
statistics, random counters) are found on the way; they and those it assigns are the program's
state.

No tensor changes while this goes on: what is assigned is kept beside it, so other threads may use
the same network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from badak.base import tree
from badak.base.shapes import Spec
from badak.compiler.checks import checks_of
from badak.compiler.graph import Atom, Graph, Value
from badak.compiler.names import argument_names, tensor_names
from badak.compiler.traced import Place, Traced, is_tensor, refuse_inside
from badak.compiler.tracer import Tracer
from badak.core.create import tensor
from badak.core.dispatch import tracing
from badak.core.tensor import Tensor


def trace(fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Traced:
    """Writes down what a function of tensors does, as a program.

    The function is run once, without numbers. Nothing is computed, and no tensor has changed when
    this returns. What the function does besides operations on tensors happens now and once only.

    Args:
        fn: a function of tensors.
        arguments: examples of its arguments: tensors, arrays (which become tensors), and lists,
            tuples and dicts of them. Only their shapes and dtypes matter. Anything else (a bool, a
            text, a network) is passed on, and what the function makes of it is part of the program.
        named: the same, by name.

    >>> w = bd.parameter([1.0, 2.0])
    >>> print(bd.trace(lambda x, t: ((x @ w - t) ** 2).mean(), bd.zeros((3, 2)), bd.zeros(3)))
    graph(x: float32[3,2], t: float32[3], w: float32[2]) {
      a: float32[3] = matmul(x, w)
      b: float32[3] = sub(a, t)
      c: float32[3] = pow(b, 2.0: float32)
      d: float32 = sum(c, axes=(0,), keepdims=False)
      e: float32 = div(d, 3.0: float32)
      return e
    }
    # returns e

    Raises:
        StateError: when the function looks at the numbers of a tensor (`float(x)`, `if x > 0`),
            calls `backward()`, or assigns to its arguments.
    """
    refuse_inside("trace")
    tracer = Tracer()
    inputs: list[Value] = []
    stand_ins: list[Any] = []
    given = (arguments, named)
    names = iter(argument_names(fn, arguments, named))

    def place(leaf: Any) -> Any:
        name = next(names)
        if not is_tensor(leaf):
            stand_ins.append(leaf)
            return leaf
        x = leaf if isinstance(leaf, Tensor) else tensor(leaf)
        inputs.append(Value(Spec(x.shape, x.dtype), name))
        stand_ins.append(tracer.argument(x, inputs[-1]))
        return Place(len(inputs) - 1)

    places = tree.map_leaves(place, given)
    positional, by_name = tree.rebuild(given, stand_ins)
    with tracing(tracer):
        result, outputs = tracer.placed(fn(*positional, **by_name))
    return _finished(fn, tracer, (places, result), inputs, outputs)


def _finished(
    fn: Callable[..., Any],
    tracer: Tracer,
    ends: tuple[Any, Any],
    inputs: list[Value],
    outputs: list[Atom],
) -> Traced:
    """The program, its state found and named."""
    held = tracer.let_go()
    names = tensor_names(fn, [x for x, _ in [*held.state, *held.assigned]])
    state = [replace(value, name=names.get(id(x), "")) for x, value in held.state]
    replaced: dict[int, Atom] = {id(value): constant for constant, value in held.constants}
    for (_, value), renamed in zip(held.state, state, strict=True):
        replaced[id(value)] = renamed

    def read(atom: Atom) -> Atom:
        return replaced.get(id(atom), atom)

    graph = Graph(
        (*inputs, *state),
        tuple(e.with_inputs(tuple(map(read, e.inputs))) for e in tracer.equations),
        tuple(map(read, [*outputs, *(atom for _, atom in held.assigned)])),
    )
    return Traced(
        graph,
        *ends,
        checks=checks_of(tracer.equations, tracer.checks, inputs),
        state=tuple(x for x, _ in held.state),
        assigned=tuple(x for x, _ in held.assigned),
        assigned_names=tuple(names.get(id(x), "") for x, _ in held.assigned),
    )
