"""The interpreter that writes equations down, and what stands in for numbers meanwhile."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from badak.base import tree
from badak.base.dtypes import Array, DType
from badak.base.errors import StateError
from badak.base.shapes import Shape, Spec
from badak.compiler.checks import Asked
from badak.compiler.graph import Atom, Constant, Equation, Value
from badak.compiler.show import show_spec
from badak.compiler.traced import Place
from badak.core.primitive import Primitive
from badak.core.tensor import Literal, Parameter, Tensor


class Ghost:
    """Stands in for an array while a function is traced: a shape and a dtype, no numbers."""

    __slots__ = ("atom", "tracer")

    def __init__(self, atom: Atom, tracer: Tracer) -> None:
        self.atom = atom
        self.tracer = tracer

    @property
    def shape(self) -> Shape:
        return self.atom.shape

    @property
    def dtype(self) -> DType:
        return self.atom.dtype

    def __repr__(self) -> str:
        return f"Ghost({show_spec(self.atom.spec)})"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # a question whether this or that protocol is spoken
            raise AttributeError(name)
        raise StateError(
            "the data of a tensor is not known while a function is traced",
            expected="operations on the tensor itself (shape and dtype are known)",
            got=f"{name} of {self!r}",
            hint="where it was traced before: return it from the function, do not keep it",
        )

    def __getitem__(self, key: Any) -> NoReturn:
        self.__getattr__("[...]")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self.__getattr__("the array")


@dataclass
class _Assigned:
    """A tensor that was assigned: what it stands for since, and how often."""

    x: Tensor
    atom: Atom
    count: int


@dataclass
class Held:
    """What a function met outside.

    A tensor that died with the run of the function can never have other numbers: it is a constant,
    and what was assigned to it is of no use.
    """

    state: list[tuple[Tensor, Value]]
    constants: list[tuple[Constant, Value]]
    assigned: list[tuple[Tensor, Atom]]


class Tracer:
    """Writes down what passes the gate; see `badak.core.dispatch.Tracer`."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self.arguments: dict[int, Tensor] = {}
        self.met: dict[int, tuple[Tensor, Value]] = {}
        self.assigned: dict[int, _Assigned] = {}
        self.checks: list[Asked] = []

    def argument(self, x: Tensor, value: Value) -> Tensor:
        """What the function is given instead of x."""
        ghost = Ghost(value, self)
        made = Tensor(ghost, x.requires_grad)
        if isinstance(x, Parameter):
            made = Parameter(ghost, x.tags)
        self.arguments[id(made)] = made
        return made

    def atom(self, x: Tensor) -> Atom:
        """What x stands for at this point of the program."""
        if id(x) in self.assigned:
            return self.assigned[id(x)].atom
        if isinstance(x.data, Ghost):
            if x.data.tracer is not self:
                raise StateError(
                    "this tensor was computed while another function was traced",
                    got=repr(x),
                    hint="return it from that function; do not keep it",
                )
            return x.data.atom
        if isinstance(x, Literal):
            return Constant(np.array(x.data))
        if id(x) not in self.met:
            self.met[id(x)] = x, Value(Spec(x.shape, x.dtype))
        return self.met[id(x)][1]

    # ------------------------------------------------------------------ what a tracer does

    def __call__(
        self, primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
    ) -> Ghost:
        output = Value(spec)
        inputs = tuple(self.atom(x) for x in tensors)
        literals = tuple((key, _literal(value)) for key, value in attributes.items())
        self.equations.append(Equation(primitive.name, inputs, literals, output))
        return Ghost(output, self)

    def read(self, x: Tensor) -> Ghost:
        return Ghost(self.atom(x), self)

    def assign(self, x: Tensor, new: Tensor) -> None:
        if id(x) in self.arguments:
            raise StateError(
                "a traced function cannot assign to its arguments",
                got=repr(x),
                hint="read the tensor from outside of the function, as you do with parameters",
            )
        before = self.assigned.get(id(x))
        count = before.count + 1 if before else 1
        self.assigned[id(x)] = _Assigned(x, self.atom(new), count)

    def version(self, x: Tensor) -> int:
        assigned = self.assigned.get(id(x))
        return x.version + (assigned.count if assigned else 0)

    def expect(self, x: Tensor, check: Callable[[Array], None], below: int | None) -> None:
        self.checks.append((self.atom(x), check, below))

    # ------------------------------------------------------------------ the end

    def placed(self, returned: Any) -> tuple[Any, list[Atom]]:
        """What was returned with places instead of tensors, and the atoms that stand there."""
        outputs: list[Atom] = []

        def place(leaf: Any) -> Any:
            if not isinstance(leaf, Tensor):
                return leaf
            outputs.append(self.atom(leaf))
            return Place(len(outputs) - 1)

        return tree.map_leaves(place, returned), outputs

    def let_go(self) -> Held:
        """The tensors from outside that the function met, as far as anybody else holds them."""
        met = [(weakref.ref(x), x.data, value) for x, value in self.met.values()]
        assigned = [
            (weakref.ref(one.x), one.atom)
            for one in self.assigned.values()
            if not isinstance(one.x.data, Ghost)
        ]
        self.met.clear()
        self.assigned.clear()
        held = Held([], [], [])
        for ref, data, value in met:
            x = ref()
            if x is not None:
                held.state.append((x, value))
            else:
                held.constants.append((Constant(np.array(data)), value))
        for ref, atom in assigned:
            x = ref()
            if x is not None:
                held.assigned.append((x, atom))
        return held


def _literal(value: Any) -> Any:
    """An attribute as plain Python, so that it prints as it is."""
    if isinstance(value, list | tuple):
        return tuple(map(_literal, value))
    return value.item() if isinstance(value, np.generic) else value
