"""Which equations run together: groups of one kernel each, in an order that can be computed.

Element-by-element equations over the same domain share a nest of loops; what one of them computes
stays in a register for the next. A reduction ends a nest: its result is whole only after the loops.
Views compute nothing. Everything else (matrix products, gathers) is a kernel of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from badak.base.shapes import Shape
from badak.compiler.graph import Atom, Constant, Equation, Graph, Value
from badak.compiler.kernels import view
from badak.compiler.kernels.view import View

REDUCTIONS = ("max", "sum")

LARGE = 1 << 15
"""Elements that do not stay in the nearest cache."""

ALONE = (
    "argmax",
    "concat",
    "conv",
    "conv_input_grad",
    "conv_weight_grad",
    "fold",
    "fold_at_largest",
    "gather",
    "matmul",
    "pad",
    "random_bits",
    "reduce_windows",
    "scatter_add",
)
"""Primitives with a kernel of their own."""


@dataclass(eq=False)
class Group:
    """Equations that one kernel computes.

    Attributes:
        domain: the shape over which its loops run; None for a kernel of its own.
        equations: in order.
        reads: the groups whose results it needs.
        bit: a bit of its own.
        before: the bits of all groups that have to run before it.
    """

    domain: Shape | None
    equations: list[Equation] = field(default_factory=list)
    reads: dict[int, Group] = field(default_factory=dict)
    bit: int = 0
    before: int = 0

    def needs(self, other: Group) -> bool:
        """Whether `other` has to run before this group."""
        return bool(self.before & other.bit)


@dataclass
class Schedule:
    """Groups in the order in which they run, and how every value is read.

    Attributes:
        groups: in order.
        views: for each value (by identity) how it lies in a buffer, unless it has its own.
        makers: the group that computes a value.
        shared: for a value (by identity) the input whose buffer it takes over.
        large: of more elements than so many, strangers do not share loops.
    """

    groups: list[Group]
    views: dict[int, View]
    makers: dict[int, Group]
    shared: dict[int, Value] = field(default_factory=dict)
    large: int = LARGE
    _made: int = 0

    def view_of(self, value: Value) -> View:
        return self.views.get(id(value)) or View.whole(value)

    def base_of(self, value: Value) -> Value:
        """The value in whose buffer this one lies."""
        seen = self.views.get(id(value))
        return seen.base if seen else value

    def new_group(self, domain: Shape | None) -> Group:
        """A group without equations yet."""
        self.groups.append(Group(domain, bit=1 << self._made))
        self._made += 1
        return self.groups[-1]

    def put_before(self, first: Group, second: Group) -> None:
        """Notes that the second group reads what the first computes."""
        second.reads[id(first)] = first
        before = first.bit | first.before
        if before & ~second.before:
            for group in self.groups:
                if group is second or group.needs(second):
                    group.before |= before


def schedule(
    graph: Graph, updates: Sequence[tuple[Value, Value]] = (), large: int = LARGE
) -> Schedule:
    """Groups the equations of a graph.

    Args:
        graph: what to compute.
        updates: pairs of an input and the value that takes its place after the run. Where
            everything that reads the old numbers can run before they are written over, the new
            ones are computed in place: see `Schedule.shared`.
        large: see `Schedule.large`.
    """
    plan = Schedule([], {}, {}, large=large)
    for equation in graph.equations:
        if equation.primitive in view.PRIMITIVES and _is_seen(plan, equation):
            continue
        group = _group_for(plan, equation)
        group.equations.append(equation)
        plan.makers[id(equation.output)] = group
        for producer in _producers(plan, equation.inputs):
            if producer is not group:
                plan.put_before(producer, group)
        for producer in list(group.reads.values()):
            if _may_merge(plan, producer, group):
                _merge(plan, producer, group)
    for old, new in updates:
        if _can_share(plan, graph, old, new):
            plan.shared[id(new)] = old
    plan.groups = _ordered(plan.groups)
    return plan


def _can_share(plan: Schedule, graph: Graph, old: Value, new: Value) -> bool:
    """Whether `new` may be written over `old`; then its group waits for all other readers."""
    group = plan.makers.get(id(new))
    if group is None or any(old is taken for taken in plan.shared.values()):
        return False
    if any(isinstance(a, Value) and plan.base_of(a) is old for a in graph.outputs):
        return False
    readers = [
        (other, atom, equation)
        for other in plan.groups
        for equation in other.equations
        for atom in equation.inputs
        if isinstance(atom, Value) and plan.base_of(atom) is old
    ]
    made = next(e for e in group.equations if e.output is new)
    for other, atom, _ in readers:
        if other is group:
            # In one nest each element is read before it is written, if it is the same element.
            if atom is not old or group.domain != old.shape or made.primitive in REDUCTIONS:
                return False
        elif other.needs(group):
            return False
    for other, _, _ in readers:
        if other is not group:
            plan.put_before(other, group)
    return True


def _is_seen(plan: Schedule, equation: Equation) -> bool:
    """Whether the equation is a view of a buffer; then it is noted as one."""
    source = equation.inputs[0]
    if isinstance(source, Constant):
        return False
    seen = plan.view_of(source).seen_through(equation.primitive, dict(equation.attributes))
    if seen is not None:
        plan.views[id(equation.output)] = seen
    return seen is not None


def _producers(plan: Schedule, atoms: tuple[Atom, ...]) -> list[Group]:
    found = []
    for atom in atoms:
        if isinstance(atom, Value):
            base = plan.base_of(atom)
            if id(base) in plan.makers:
                found.append(plan.makers[id(base)])
    return found


def domain_of(equation: Equation) -> Shape:
    """The shape over which an equation's loops run.

    A reshape that is no view copies its input in order: its result lies there row by row.
    """
    first = equation.inputs[0]
    by_input = equation.primitive in (*REDUCTIONS, "reshape")
    return first.shape if by_input else equation.output.shape


def _group_for(plan: Schedule, equation: Equation) -> Group:
    if equation.primitive in ALONE:
        return plan.new_group(None)
    domain = domain_of(equation)
    producers = _producers(plan, equation.inputs)
    for group in reversed(plan.groups):
        if group.domain == domain and _may_join(plan, group, equation, producers):
            return group
    return plan.new_group(domain)


def _may_join(plan: Schedule, group: Group, equation: Equation, producers: list[Group]) -> bool:
    for atom in equation.inputs:
        if isinstance(atom, Value) and plan.makers.get(id(plan.base_of(atom))) is group:
            # What the same nest computes is there for the same element alone.
            base = plan.base_of(atom)
            made = next(e for e in group.equations if e.output is base)
            if id(atom) in plan.views or made.primitive in REDUCTIONS:
                return False
    # A sum forbids loops that strangers would like, and what is large had better be computed where
    # it is read than where there are loops of its size.
    sums = any(e.primitive in REDUCTIONS for e in (*group.equations, equation))
    large = math.prod(domain_of(equation)) > plan.large
    if (sums or large) and not _related(plan, group, equation):
        return False
    return not any(producer is not group and producer.needs(group) for producer in producers)


def _may_merge(plan: Schedule, first: Group, second: Group) -> bool:
    """Whether what the first group computes can be computed in the loops of the second.

    Two groups begin apart when nothing joins them yet, and an equation that reads from both shows
    that they belong together: the two moments of an optimizer and its step, for example.
    """
    if first.domain is None or first.domain != second.domain:
        return False
    for e in second.equations:
        for atom in e.inputs:
            if isinstance(atom, Value) and plan.makers.get(id(plan.base_of(atom))) is first:
                if id(atom) in plan.views:
                    return False
    if any(e.primitive in REDUCTIONS for e in (*first.equations, *second.equations)):
        return False
    between = [group for group in second.reads.values() if group is not first]
    return not any(group.needs(first) for group in between)


def _merge(plan: Schedule, first: Group, second: Group) -> None:
    second.equations[:0] = first.equations
    del second.reads[id(first)]
    second.reads |= first.reads
    for equation in first.equations:
        plan.makers[id(equation.output)] = second
    plan.groups = [group for group in plan.groups if group is not first]
    for group in plan.groups:
        if id(first) in group.reads:
            del group.reads[id(first)]
            plan.put_before(second, group)


def _related(plan: Schedule, group: Group, equation: Equation) -> bool:
    """Whether the equation reads what the group computes, or reads as well."""

    def bases(atoms: Sequence[Atom]) -> dict[int, bool]:
        return {id(plan.base_of(x)): True for x in atoms if isinstance(x, Value)}

    known: dict[int, bool] = {}
    for e in group.equations:
        known |= bases((*e.inputs, e.output))
    return any(base in known for base in bases(equation.inputs))


def _ordered(groups: list[Group]) -> list[Group]:
    """Each group after those it reads."""
    order: list[Group] = []
    done: dict[int, bool] = {}
    for root in groups:
        stack = [(root, False)]
        while stack:
            group, ready = stack.pop()
            if ready:
                order.append(group)
            elif id(group) not in done:
                done[id(group)] = True
                stack.append((group, True))
                stack.extend((other, False) for other in group.reads.values())
    return order
