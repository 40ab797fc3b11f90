"""What the numbers of arguments have to stand before a program runs.

While a function is traced there are no numbers to look at: what would be checked is noted (see
`Tensor.vet`), and so are the positions that a gather goes by. Here they are followed back to the
arguments that they come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from badak.base.dtypes import Array
from badak.compiler.graph import Atom, Constant, Equation, Value
from badak.ops.index import check_positions

_ENDS = ("starts", "stops", "strides")

Asked = tuple[Atom, Callable[[Array], None], int | None]
"""Whose numbers are to be checked, by what, and below what they are when they pass."""


class Check(NamedTuple):
    """What the numbers of an argument have to stand before a run.

    Attributes:
        argument: its position in the graph's inputs.
        rows: the position of the argument that says which of its rows; None for all.
        function: raises when numbers are wrong.
    """

    argument: int
    rows: int | None
    function: Callable[[Array], None]

    def __call__(self, arguments: Sequence[Array]) -> None:
        """Looks at the arguments."""
        self.function(self.numbers(arguments))

    def numbers(self, arguments: Sequence[Array]) -> Array:
        """Those that are looked at."""
        array = arguments[self.argument]
        return array if self.rows is None else array.take(arguments[self.rows].reshape(-1), axis=0)


def checks_of(
    equations: Sequence[Equation],
    asked: Sequence[Asked],
    arguments: Sequence[Value],
) -> tuple[Check, ...]:
    """What is asked of arguments, of rows of them, and of the positions that gathers go by."""
    made = {id(e.output): e for e in equations}
    places = {id(value): number for number, value in enumerate(arguments)}
    asked = list(asked)
    limits: dict[int, int] = {}
    for atom, check, below in asked:
        source, function = _source(made, atom, check)
        if below is not None and function is check:  # not of a part of the numbers
            limits[id(source)] = below
    for e in equations:
        if e.primitive in ("gather", "scatter_add"):
            attributes = dict(e.attributes)
            size = attributes.get("size") or e.inputs[0].shape[attributes["axis"]]
            look = partial(check_positions, size=size, name=e.primitive)
            if limits.get(id(_source(made, e.inputs[1], look)[0]), math.inf) > size:
                asked.append((e.inputs[1], look, None))
    found = []
    for atom, check, _ in asked:
        source, function = _source(made, atom, check)
        if id(source) in places:
            found.append(Check(places[id(source)], None, function))
        elif id(source) in made and made[id(source)].primitive == "gather":
            e = made[id(source)]
            ends = (e.inputs[0], _source(made, e.inputs[1], function)[0])
            whole, rows = (places.get(id(x)) for x in ends)
            if whole is not None and rows is not None and dict(e.attributes)["axis"] == 0:
                found.append(Check(whole, rows, function))
    return tuple(found)


def _source(
    made: dict[int, Equation], atom: Atom, function: Callable[[Array], None]
) -> tuple[Atom, Callable[[Array], None]]:
    """Where numbers come from, and the check as it is there.

    That is before a cast, before positions below 0 were counted from the end, and before a part
    was taken.
    """
    while id(atom) in made:
        e = made[id(atom)]
        if e.primitive == "cast":
            atom = e.inputs[0]
        elif (part := _part_of_rows(e)) is not None:
            atom, function = e.inputs[0], partial(_of_part, function, part)
        elif e.primitive == "where" and (size := _counted_from_the_end(made, e)):
            atom, function = e.inputs[2], partial(_from_the_end, function, size)
        else:
            break
    return atom, function


def _counted_from_the_end(made: dict[int, Equation], e: Equation) -> int:
    """n, when the equation is where(x < 0, x + n, x), as an index is read; or else 0."""
    test, later = (made.get(id(x)) for x in e.inputs[:2])
    fits = (
        test is not None
        and later is not None
        and (test.primitive, later.primitive) == ("less", "add")
        and test.inputs[0] is later.inputs[0] is e.inputs[2]
    )
    size = later.inputs[1] if fits and later is not None else None
    return int(size.data) if isinstance(size, Constant) and size.data.size == 1 else 0


def _part_of_rows(e: Equation) -> Callable[[Array], Array] | None:
    """What the equation takes of each row, however many rows there are; None for other equations.

    A scan looks at the rows of all batches at once.
    """
    shape, attributes = e.output.shape, dict(e.attributes)
    if not shape or e.inputs[0].shape[:1] != shape[:1]:
        return None
    if e.primitive == "reshape":
        return lambda numbers: numbers.reshape(len(numbers), *shape[1:])
    if e.primitive == "slice" and attributes["strides"][0] == 1:
        places = [slice(*ends) for ends in zip(*(attributes[key] for key in _ENDS), strict=True)]
        return lambda numbers: numbers[(slice(None), *places[1:])]
    return None


def _of_part(
    function: Callable[[Array], None], part: Callable[[Array], Array], numbers: Array
) -> None:
    function(part(numbers))


def _from_the_end(function: Callable[[Array], None], size: int, positions: Array) -> None:
    function(np.where(positions < 0, positions + size, positions))
