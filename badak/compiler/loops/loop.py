"""The Loop IR: a kernel as loops over registers and buffers. The grammar on a screen.

    kernel     ::=  for share in range(extent): statements
    statement  ::=  Load      register = buffer[address ...]
                 |  Store     buffer[address ...] = register
                 |  Compute   register = op(register or number, ...)
                 |  Fold      register = all lanes of a register, combined in a fixed order
                 |  Place     register = the index of a loop
                 |  Loop      for index in range(0, extent, step): statements
    address    ::=  a whole number plus whole multiples of loop indices and whole-number registers

A register holds one number or a vector of `lanes` numbers of one dtype, and is computed once
(static single assignment). What a loop hands from one turn to the next it names: `carried`
registers start from a value, and get another at the end of each turn; after the loop they hold the
last. A loop of extent 0 has no turn.

The shares of a kernel are independent of each other: none reads or writes what another one writes.
Workers take them side by side, each a stretch of neighbours. A `private` buffer belongs to the
worker; what a share finds in it is rubbish.

A vector loads and stores neighbours (`stride` 1), every `stride`-th value, or one value for all its
lanes (stride 0). With `active` lanes the first so many take part; the others read 0 and write
nothing, so the end of an axis that is no multiple of the lanes needs no second loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from badak.base.dtypes import DType
from badak.base.shapes import Shape


@dataclass(frozen=True, eq=False, slots=True)
class Index:
    """The variable of a loop."""

    extent: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class Address:
    """`offset + sum of index * factor`, in elements of a buffer."""

    offset: int = 0
    terms: tuple[tuple[Index | Register, int], ...] = ()

    def shifted(self, distance: int) -> Address:
        """The address so many elements on."""
        return Address(self.offset + distance, self.terms)

    def moved(self, index: Index | Register, factor: int) -> Address:
        """The address `index * factor` elements on."""
        return Address(self.offset, (*self.terms, (index, factor))) if factor else self


@dataclass(frozen=True, eq=False, slots=True)
class Register:
    """One number, or a vector of them."""

    dtype: DType
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Number:
    """A number that stands in the program, in every lane."""

    value: float | int | bool
    dtype: DType


Operand = Register | Number


@dataclass(frozen=True, slots=True)
class Buffer:
    """A stretch of memory of one kind of number."""

    name: str
    dtype: DType
    size: int
    private: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Load:
    output: Register
    buffer: Buffer
    address: Address
    stride: int = 1
    active: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Store:
    buffer: Buffer
    address: Address
    value: Operand
    stride: int = 1
    active: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Compute:
    output: Register
    op: str
    inputs: tuple[Operand, ...]


PICKS: dict[str, Callable[[int], list[int]]] = {
    "zip_low": lambda n: [lane + n * odd for lane in range(n // 2) for odd in (0, 1)],
    "zip_high": lambda n: [n // 2 + lane + n * odd for lane in range(n // 2) for odd in (0, 1)],
    "unzip_even": lambda n: [2 * lane for lane in range(n)],
    "unzip_odd": lambda n: [2 * lane + 1 for lane in range(n)],
}
"""Ops that take their lanes from two vectors of n lanes: which of all 2 n."""


@dataclass(frozen=True, eq=False, slots=True)
class Fold:
    """Combines the lanes of a vector pairwise: lane i with lane i + n/2, until one is left."""

    output: Register
    op: str
    value: Register


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """The index of a loop as a number to compute with."""

    output: Register
    index: Index


@dataclass(frozen=True, eq=False, slots=True)
class Carried:
    """A register that a loop hands on: its start, its name inside, its next value, its end."""

    start: Operand
    inside: Register
    after_turn: Operand
    end: Register


@dataclass(frozen=True, eq=False, slots=True)
class Loop:
    index: Index
    body: tuple[Statement, ...]
    carried: tuple[Carried, ...] = ()


Statement = Load | Store | Compute | Fold | Place | Loop


@dataclass(frozen=True, eq=False, slots=True)
class Kernel:
    """One piece of a program, for each of its shares.

    Attributes:
        name: for people.
        body: what is done for one share.
        share: which one; there is one alone unless said otherwise.
    """

    name: str
    body: tuple[Statement, ...]
    share: Index = Index(1)


def strides_of(shape: Shape) -> Shape:
    """How far neighbours along each axis lie apart in row-major order.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    result, step = [], 1
    for size in reversed(shape):
        result.append(step)
        step *= size
    return tuple(reversed(result))
