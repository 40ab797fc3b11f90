"""What the ops of the Loop IR take and give, one row an op.

`T` is one dtype throughout a row, `S` is any other; the letters behind say which kinds `T` may be
of: f for floats, i and u for whole numbers with and without sign, b for truth values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from badak.base.dtypes import DType, bool_
from badak.compiler.loops.build import COMPARISONS
from badak.compiler.loops.loop import PICKS, Operand, Register

ANY = "biuf"


@dataclass(frozen=True, slots=True)
class Signature:
    """What an op takes and gives.

    Attributes:
        inputs: for each "T", "S" or "bool".
        output: "T" or "bool".
        kinds: of T.
    """

    inputs: tuple[str, ...]
    output: str
    kinds: str


def _row(text: str, kinds: str) -> Signature:
    inputs, _, output = text.partition(" -> ")
    return Signature(tuple(inputs.split()), output, kinds)


SIGNATURES: dict[str, Signature] = {
    "abs": _row("T -> T", "iuf"),
    "add": _row("T T -> T", "iuf"),
    "bit_and": _row("T T -> T", "iu"),
    "bit_or": _row("T T -> T", "iu"),
    "bit_xor": _row("T T -> T", "iu"),
    "bits": _row("S -> T", "iuf"),
    "cast": _row("S -> T", ANY),
    "div": _row("T T -> T", "f"),
    "floor": _row("T -> T", "f"),
    "fma": _row("T T T -> T", "f"),
    "lanes": _row("T -> T", "iu"),
    "logical_and": _row("T T -> T", "b"),
    "logical_not": _row("T -> T", "b"),
    "logical_or": _row("T T -> T", "b"),
    "maximum": _row("T T -> T", ANY),
    "minimum": _row("T T -> T", ANY),
    "mul": _row("T T -> T", "iuf"),
    "neg": _row("T -> T", "iuf"),
    "rint": _row("T -> T", "f"),
    "shift_left": _row("T T -> T", "iu"),
    "shift_right": _row("T T -> T", "iu"),
    "splat": _row("T -> T", ANY),
    "sqrt": _row("T -> T", "f"),
    "sub": _row("T T -> T", "iuf"),
    "where": _row("bool T T -> T", ANY),
    **{name: _row("T T -> bool", ANY) for name in COMPARISONS},
    **{name: _row("T T -> T", ANY) for name in PICKS},
}

FOLDS = ("add", "bit_and", "bit_or", "bit_xor", "logical_and", "logical_or", "maximum", "minimum",
         "mul")  # fmt: skip
"""Ops that combine lanes, two by two."""

FIRST = _row("T T -> T", ANY)
"""`first_3`, and so for every count of lanes."""


def signature(op: str) -> Signature | None:
    """The row of an op; None where there is none.

    >>> signature("where")
    Signature(inputs=('bool', 'T', 'T'), output='T', kinds='biuf')
    """
    if op.startswith("first_") and op.removeprefix("first_").isdecimal():
        return FIRST
    return SIGNATURES.get(op)


def wanted(op: str, output: Register, inputs: Sequence[Operand | None]) -> list[DType | None]:
    """Of which dtype each input should be, as far as the output and the other inputs tell.

    >>> from badak.base.dtypes import float32
    >>> wanted("less", Register(bool_), [Register(float32), None])
    [dtype('float32'), dtype('float32')]
    """
    row = signature(op)
    if row is None:
        return [None] * len(inputs)
    registers = [x.dtype for x in inputs if isinstance(x, Register)]
    known = [output.dtype] if row.output == "T" else registers
    meant = {"T": known[0] if known else None, "S": None, "bool": bool_}
    places = [*row.inputs, *["S"] * len(inputs)]
    return [meant[place] for place in places[: len(inputs)]]
