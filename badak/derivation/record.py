"""One run of a function, taken down as a graph.

Nothing is differentiated here. The steps are those that the engine recorded, in the order in which
they were computed; gradients come from its `propagate`, and local derivatives from asking each
primitive's own rule what becomes of a 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from badak.base import context
from badak.base.dtypes import Array
from badak.base.errors import DTypeError, ShapeError, StateError
from badak.base.shapes import Shape, Spec
from badak.core import Parameter, Tensor
from badak.core.backward import Node, propagate, topological
from badak.core.dispatch import Interpreter, apply, current_tracer, interpreting
from badak.core.eager import evaluate
from badak.core.primitive import Primitive
from badak.derivation.exact import Exact, as_fractions, evaluate_exactly, numbers_of
from badak.derivation.graph import COPY, Graph, Step, Use, Value
from badak.derivation.symbols import ELEMENTWISE

_LETTERS = "ghkmnpqrsuv"


def record(call: Callable[[dict[str, Tensor]], Any], given: Mapping[str, Array]) -> Graph:
    """The graph of `call` at the given arrays: floats and fractions (objects) are differentiated.

    Raises:
        ShapeError: when the result is no single number.
        DTypeError: when it is no tensor.
        StateError: when no input has a part in it, or while a function is traced.
    """
    if current_tracer() is not None:
        raise StateError("explain: there are no numbers while a function is traced")
    exact = any(array.dtype == object for array in given.values())
    run = _Run(evaluate_exactly if exact else evaluate)
    tensors = {name: _leaf(array, exact) for name, array in given.items()}
    with context.recording(), interpreting(run):
        root = _checked(call(dict(tensors)))
        order = run.in_order(topological(root))
        moving = _moving(order, [x for x in tensors.values() if x.requires_grad])
        if not any(x is root for x in moving):
            raise StateError(
                "explain: the result depends on no input",
                expected=f"a number computed from {', '.join(tensors)}",
                hint="float(x), x.detach(), bd.no_grad() and compiled functions cut the way back",
            )
        return _Graph(root, tensors, moving).drawn()


def _leaf(array: Array, exact: bool) -> Tensor:
    if array.dtype.kind not in "fO":
        return Tensor(array)
    return Parameter(Exact(as_fractions(array)) if exact else array)


def _checked(root: Any) -> Tensor:
    if not isinstance(root, Tensor):
        raise DTypeError(
            "explain: the function must give a tensor",
            expected="a number computed from its arguments with the operations of bd",
            got=type(root).__name__,
            hint="bd.exp(x), not math.exp(x)",
        )
    if root.size != 1:
        raise ShapeError(
            "explain: the function must give a single number",
            got=f"a tensor of shape {root.shape}",
            hint=".sum() or .mean() of it",
        )
    return root


class _Run:
    """An interpreter that remembers in which order the results were made."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.made: dict[int, tuple[int, Any]] = {}  # with the result, so that its id stays its own

    def __call__(
        self, primitive: Primitive, spec: Spec, tensors: list[Tensor], attributes: dict[str, Any]
    ) -> Any:
        data = self.interpreter(primitive, spec, tensors, attributes)
        self.made.setdefault(id(data), (len(self.made), data))
        return data

    def in_order(self, tensors: list[Tensor]) -> list[Tensor]:
        """As they were computed; those that were there before come first."""
        first = (-1, None)
        return sorted(tensors, key=lambda x: self.made.get(id(x.data), first)[0])


def _moving(order: list[Tensor], inputs: list[Tensor]) -> list[Tensor]:
    """What depends on an input; the rest is constant, such as the weights of a finished network."""
    known = {id(x): x for x in inputs}
    for x in order:
        if x.node is not None and any(id(y) in known for y in x.node.inputs):
            known[id(x)] = x
    return list(known.values())


def _node(x: Tensor) -> Node:
    assert x.node is not None, "the result of a step was made by one"
    return x.node


@dataclass
class _Graph:
    """Gives names to the tensors of a run, and asks the rules for what flows back."""

    root: Tensor
    given: Mapping[str, Tensor]
    moving: list[Tensor]
    values: dict[int, Value] = field(default_factory=dict)

    def drawn(self) -> Graph:
        made = [x for x in self.moving if x.node is not None]
        constants, copied = self._constants(made), self._is_ambiguous(made)
        result = next(name for name in ("f", "y", "z", "result") if name not in self.given)
        taken = [*self.given, result]
        hidden = _names(_LETTERS, len(made) - (not copied), taken)
        fixed = _names("c", len(constants), [*taken, *hidden])

        found = propagate(self.root, Tensor(_ones(self.root)), self.moving)
        gradients = {id(x): g for x, g in zip(self.moving, found, strict=True)}
        called = [*self.given.items(), *zip([*hidden, result], made, strict=False)]
        for name, x in called:
            g = gradients.get(id(x))
            flown = np.zeros(x.shape) if g is None else numbers_of(g)
            self.values[id(x)] = Value(name, numbers_of(x), flown if x.requires_grad else None)
        for name, x in zip(fixed, constants, strict=True):
            self.values[id(x)] = Value(name, numbers_of(x))

        steps = [self._step(x) for x in made]
        pairs = zip(made, steps, strict=True)
        uses = [use for x, step in pairs for use in self._uses(x, step, gradients[id(x)])]
        if copied:
            steps.append(self._copy(result))
            uses.append(self._way_through(steps[-1]))
        given = [self.values[id(x)] for x in self.given.values()]
        return Graph(
            tuple(x for x in given if x.gradient is not None),
            tuple(x for x in given if x.gradient is None),
            tuple(self.values[id(x)] for x in constants),
            tuple(steps),
            tuple(uses),
        )

    def _is_ambiguous(self, made: list[Tensor]) -> bool:
        """Whether df/dx has two meanings: of f = x + g(x) the local derivative and the whole.

        Then the last step gets a name of its own, h = x + g, and f = h is a step besides.
        """
        if self.root.node is None:
            return True
        others = {id(y) for x in made if x is not self.root for y in _node(x).inputs}
        return any(id(y) in others for y in self.root.node.inputs if y.requires_grad)

    def _constants(self, made: list[Tensor]) -> list[Tensor]:
        """Arrays that steps use and no input moves, each once."""
        moving = {id(x) for x in [*self.moving, *self.given.values()]}
        met = {id(y): y for x in made for y in _node(x).inputs if id(y) not in moving}
        return [y for y in met.values() if y.shape]

    def _step(self, x: Tensor) -> Step:
        node = _node(x)
        inputs = tuple(self.values.get(id(y)) or Value("", numbers_of(y)) for y in node.inputs)
        return Step(node.primitive.name, inputs, node.attributes, self.values[id(x)])

    # ------------------------------------------------------------------ backwards

    def _uses(self, out: Tensor, step: Step, g: Tensor | None) -> Iterator[Use]:
        """The ways back through a step, those of one value through several places together."""
        node = _node(out)
        rules = {i: node.primitive.rule(i) for i in range(len(node.inputs))}
        for x in {id(y): y for y in node.inputs}.values():
            value = self.values.get(id(x))
            if value is None or value.gradient is None or g is None:
                continue
            places = [i for i, y in enumerate(node.inputs) if y is x and rules[i] is not None]
            shares = {i: numbers_of(_asked(out, i, g)) for i in places}
            if step.operation in ELEMENTWISE or not out.shape:
                local = _total(numbers_of(_slope(out, i)) for i in places)
                repeated = _repeated(x.shape, out.shape) if out.shape else ()
                yield Use(step, value, tuple(places), _total(shares.values()), local, repeated)
            else:
                for i in places:
                    yield Use(step, value, (i,), shares[i])

    def _copy(self, name: str) -> Step:
        last = self.values[id(self.root)]
        return Step(COPY, (last,), {}, Value(name, last.data, numbers_of(Tensor(_ones(self.root)))))

    def _way_through(self, step: Step) -> Use:
        one = numbers_of(Tensor(_ones(self.root)))
        return Use(step, step.inputs[0], (0,), one, one)


def _ones(x: Tensor) -> Any:
    ones = np.ones(x.shape)
    return Exact(as_fractions(ones)) if isinstance(x.data, Exact) else ones


def _asked(out: Tensor, place: int, g: Tensor, inputs: Iterable[Tensor] = ()) -> Tensor:
    """What the rule of an input makes of the gradient g."""
    node = _node(out)
    rule = node.primitive.rule(place)
    assert rule is not None, "only places with a rule are asked"
    with context.no_grad():
        answer: Tensor = rule(g, out, *(inputs or node.inputs), **node.attributes)
    return answer


def _slope(out: Tensor, place: int) -> Tensor:
    """The local derivative: what the rule makes of 1, before it sums over what was repeated."""
    inputs = list(_node(out).inputs)
    if out.shape and inputs[place].shape != out.shape:
        with context.no_grad():
            inputs[place] = apply("broadcast", inputs[place], shape=out.shape)
    return _asked(out, place, Tensor(_ones(out)), inputs)


def _total(arrays: Iterable[Array]) -> Array:
    # An operation on arrays without axes gives a scalar, which is no array.
    return np.asarray(sum(arrays))


def _repeated(small: Shape, large: Shape) -> tuple[int, ...]:
    """The axes that broadcasting added or stretched."""
    lead = len(large) - len(small)
    stretched = [i + lead for i, n in enumerate(small) if n == 1 and large[i + lead] != 1]
    return (*range(lead), *stretched)


# ---------------------------------------------------------------------- names


def _names(letters: str, count: int, taken: Iterable[str]) -> list[str]:
    """The first free letters; with more steps than letters, one letter numbered: g1, g2, ..."""
    used = set(taken)
    free = [letter for letter in letters if letter not in used]
    if count <= len(free):
        return free[:count]
    for stem in itertools.chain(letters, (f"{letters[0]}_" * n for n in itertools.count(1))):
        names = [f"{stem}{number}" for number in range(1, count + 1)]
        if used.isdisjoint(names):
            return names
    raise AssertionError("some stem is always free")
