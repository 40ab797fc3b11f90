"""A function as a program: its graph, and where arguments, results and state stand in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base import tree
from badak.base.errors import RangeError, ShapeError, StateError
from badak.base.shapes import Spec
from badak.compiler.checks import Check
from badak.compiler.graph import Graph, Value
from badak.compiler.interpret import interpret
from badak.compiler.show import names_of, show, show_atom, show_spec
from badak.core.create import tensor
from badak.core.dispatch import current_tracer
from badak.core.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the inputs, or in the outputs, of a graph a tensor stands."""

    number: int


TENSORS = (Tensor, np.ndarray)
"""Arguments of these classes are inputs of a program; others are part of it."""


def is_tensor(leaf: Any) -> bool:
    """Whether a leaf of the arguments is an input of the program."""
    return isinstance(leaf, TENSORS)


def refuse_inside(what: str) -> None:
    """Raises while a function is traced: its tensors have no numbers to start from."""
    if current_tracer() is not None:
        raise StateError(
            f"{what} inside of a function that is traced", hint="call the function itself"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Traced:
    """A function as a program. It prints as text: what comes in, each equation, what goes out.

    Attributes:
        graph: its inputs are the arguments, then the state; its outputs the results, then the
            new numbers of what is assigned.
        arguments: those of the function, positional and named, with places in the graph's inputs
            instead of tensors.
        result: what the function returned, with places in the graph's outputs instead of tensors.
        state: the tensors that are read from outside, in the order of the graph's inputs.
        assigned: the tensors that take over the last outputs.
        assigned_names: what these are called; "" where that is not known.
        checks: for arguments, by their position, what their numbers have to stand before a run; and
            whether some rows of them alone, those that the first argument gives.

    >>> w = bd.parameter(3.0)
    >>> def descend(x):
    ...     loss = w * w * x
    ...     w.assign(w - 0.1 * bd.grad(loss, w))
    ...     return loss
    >>> bd.trace(descend, bd.tensor(1.0))
    graph(x: float32, w: float32) {
      a: float32 = mul(w, w)
      b: float32 = mul(a, x)
      c: float32 = mul(1.0: float32, x)
      d: float32 = mul(c, w)
      e: float32 = mul(c, w)
      f: float32 = add(d, e)
      g: float32 = mul(0.1: float32, f)
      h: float32 = sub(w, g)
      return b, h
    }
    # returns b
    # assigns w = h
    """

    graph: Graph
    arguments: Any
    result: Any
    state: tuple[Tensor, ...]
    assigned: tuple[Tensor, ...]
    assigned_names: tuple[str, ...]
    checks: tuple[Check, ...] = ()

    def run(self, *arguments: Any, **named: Any) -> Any:
        """What the function does with these arguments, equation by equation in NumPy.

        Reads the state as it is now, assigns what the function assigns, and returns what it
        returns: the same numbers, to the last bit. Slow, and plain enough to believe; machine
        code is compared with it.

        Raises:
            ShapeError: when shapes or dtypes are not those of the traced arguments.
            RangeError: when there are other arguments, or other values of those that are no
                tensors.

        >>> count = bd.tensor(0)
        >>> traced = bd.trace(lambda x: count.assign(count + 1) * x, bd.tensor(1.0))
        >>> traced.run(bd.tensor(5.0)), traced.run(bd.tensor(5.0)), count
        (tensor(5.), tensor(10.), tensor(2, dtype=int64))
        """
        refuse_inside("run")
        arrays = [x.data for x in [*self._taken((arguments, named)), *self.state]]
        # Copies: an output may be a view of an argument, or of a state that is then written over.
        outputs = [Tensor(np.array(array)) for array in interpret(self.graph, arrays)]
        results = len(outputs) - len(self.assigned)
        for x, new in zip(self.assigned, outputs[results:], strict=True):
            x.assign(new)
        return _filled(self.result, outputs)

    def _taken(self, given: Any) -> list[Tensor]:
        """The tensors among the arguments, after a look at whether the program is for them."""
        if _outline(given) != _outline(self.arguments):
            raise RangeError(
                "run takes the arguments with which the function was traced",
                expected=_outline(self.arguments),
                got=_outline(given),
            )
        taken = []
        for leaf, traced in zip(tree.leaves(given), tree.leaves(self.arguments), strict=True):
            if isinstance(traced, Place) and is_tensor(leaf):
                taken.append(_fitting(leaf, self.graph.inputs[traced.number]))
            elif isinstance(traced, Place) or not _alike(leaf, traced):
                raise RangeError(
                    "the function was traced with another value",
                    expected="a tensor" if isinstance(traced, Place) else repr(traced),
                    got=repr(leaf),
                    hint="trace again, or pass what changes as a tensor",
                )
        return taken

    def __repr__(self) -> str:
        names = names_of(self.graph)
        atoms = [_Word(show_atom(atom, names)) for atom in self.graph.outputs]
        results = len(atoms) - len(self.assigned)
        lines = [show(self.graph)]
        if self.result is not None:
            lines.append(f"# returns {_filled(self.result, atoms)!r}")
        inputs = self.graph.inputs[len(self.graph.inputs) - len(self.state) :]
        called = {id(x): names[id(v)] for x, v in zip(self.state, inputs, strict=True)}
        new = zip(self.assigned, self.assigned_names, atoms[results:], strict=True)
        lines += [f"# assigns {called.get(id(x), name or '?')} = {atom}" for x, name, atom in new]
        return "\n".join(lines)


class _Word(str):
    """A text that is shown without quotes."""

    __repr__ = str.__str__


def _filled(result: Any, outputs: list[Any]) -> Any:
    """The result with outputs in their places."""
    return tree.map_leaves(
        lambda leaf: outputs[leaf.number] if isinstance(leaf, Place) else leaf, result
    )


def _outline(arguments: Any) -> str:
    """The containers, without what they hold."""
    return repr(tree.map_leaves(lambda _: _Word("_"), arguments))


def _alike(leaf: Any, traced: Any) -> bool:
    """Whether a value is the one that became part of the program (1, 1.0 and True differ)."""
    return leaf is traced or (
        isinstance(leaf, bool | int | float | str | bytes | np.generic)
        and (type(leaf), repr(leaf)) == (type(traced), repr(traced))
    )


def _fitting(leaf: Any, value: Value) -> Tensor:
    x = leaf if isinstance(leaf, Tensor) else tensor(leaf)
    if (x.shape, x.dtype) != value.spec:
        raise ShapeError(
            f"{value.name} is not as it was when the function was traced",
            expected=show_spec(value.spec),
            got=show_spec(Spec(x.shape, x.dtype)),
            hint="trace again: a program is for one shape and dtype",
        )
    return x
