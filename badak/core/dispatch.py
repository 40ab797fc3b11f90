"""The gate: every operation on tensors goes through `apply`.

    apply("mul", x, y)
      └─ the recorder   turns inputs into tensors, infers, remembers for backward
           └─ the interpreter in charge   computes now (eager), or writes down (tracing)

A tracer is an interpreter that no number has reached yet. So while it is in charge, it also says
what a tensor stands for and takes down assignments, the one side effect that there is.

The recorder stands above this module (it makes tensors, and a tensor's methods call `apply`), so
it is put in place by `install` when the core is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from badak.base.shapes import Spec
from badak.core.primitive import Primitive, find

if TYPE_CHECKING:  # for the type checker alone: at run time a tensor imports the gate
    from badak.core.tensor import Tensor

Interpreter = Callable[[Primitive, Spec, "list[Tensor]", dict[str, Any]], Any]
"""`interpreter(primitive, spec, tensors, attributes) -> data` of the tensor that comes out."""

Recorder = Callable[[Primitive, tuple[Any, ...], dict[str, Any]], Any]
"""`recorder(primitive, inputs, attributes) -> tensor`."""


class Tracer(Protocol):
    """An interpreter that writes down what happens instead of letting it happen."""

    def __call__(
        self, primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
    ) -> Any:
        """Stands in for the result of an operation."""

    def read(self, x: Tensor) -> Any:
        """Stands in for the numbers that x has at this point of the program."""

    def assign(self, x: Tensor, new: Tensor) -> None:
        """From here on x has the numbers of the other tensor; x itself stays as it is."""

    def version(self, x: Tensor) -> int:
        """How many times x was assigned, those that are written down included."""

    def expect(self, x: Tensor, check: Callable[[Any], None], below: int | None) -> None:
        """The numbers of x are to be checked as soon as there are any."""


_interpreter: ContextVar[Interpreter | None] = ContextVar("interpreter", default=None)
_tracer: ContextVar[Tracer | None] = ContextVar("tracer", default=None)
_installed: list[tuple[Recorder, Interpreter]] = []


def install(recorder: Recorder, interpreter: Interpreter) -> None:
    """Puts the recorder and the everyday interpreter in place; called once, by the core itself."""
    _installed[:] = [(recorder, interpreter)]


def current_interpreter() -> Interpreter:
    """The interpreter in charge: the innermost `interpreting`, or the eager one."""
    return _interpreter.get() or _installed[0][1]


def current_tracer() -> Tracer | None:
    """The tracer in charge, or None where numbers are computed."""
    return _tracer.get()


@contextmanager
def interpreting(interpreter: Interpreter | None) -> Iterator[None]:
    """Hands every operation inside to this interpreter (None: the everyday one)."""
    token = _interpreter.set(interpreter)
    try:
        yield
    finally:
        _interpreter.reset(token)


@contextmanager
def tracing(tracer: Tracer | None) -> Iterator[None]:
    """Hands every operation and every assignment inside to this tracer.

    With None numbers are computed again, also inside of a function that is traced: for what is
    made once and kept, as the state that an optimizer starts with.
    """
    token = _tracer.set(tracer)
    try:
        with interpreting(tracer):
            yield
    finally:
        _tracer.reset(token)


def apply(name: str, *inputs: Any, **attributes: Any) -> Tensor:
    """Applies a primitive to tensors (or to arrays and numbers, which become tensors).

    Args:
        name: the primitive.
        inputs: arrays are positional.
        attributes: everything that is not an array (axes, shapes, strides) is a keyword.

    Raises:
        ShapeError, RangeError, DTypeError: when the inputs do not fit the primitive.
    """
    recorder, _ = _installed[0]
    return recorder(find(name), inputs, attributes)  # type: ignore[no-any-return]  # see Recorder
