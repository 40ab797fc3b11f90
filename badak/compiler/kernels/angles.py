"""Sine and cosine of any number, as statements.

Beside 0 a number is first turned into quarter turns: x 2/pi = n + s with a whole n and
|s| <= 1/2. For that x is taken as a whole number M of 53 bits times 2^E, and multiplied by those
192 bits of 2/pi that matter: what lies above them is a multiple of 4 and makes whole turns, what
lies below is too small. So the largest number is reduced as exactly as a small one (M. H. Payne
and R. N. Hanek, Radian reduction for trigonometric functions, SIGNUM Newsletter 18, 1983).

The polynomials of the sine and the cosine up to pi/4 are those of Sun's fdlibm (1993).
"""

from __future__ import annotations

import functools
import itertools

from badak.base.dtypes import float64, int64
from badak.compiler.kernels.series import f, i, polynomial
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Operand, Register

_SIN = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
_COS = (
    4.16666666666666019037e-02,
    -1.38888888888741095749e-03,
    2.48015872894767294178e-05,
    -2.75573143513906633035e-07,
    2.08757232129817482790e-09,
    -1.13596475577881948265e-11,
)
_QUARTER_HIGH, _QUARTER_LOW = 1.57079632679489655800e00, 6.12323399573676603587e-17
_EIGHTH = 0.785398163397448279
_MASK = 2**32 - 1
_LEADING = 55
"""Zeros before 2/pi, for numbers that are not larger than 1 themselves."""


@functools.cache
def two_over_pi(words: int) -> tuple[int, ...]:
    """The bits of 2/pi after so many zeros that they begin with a 2's place, 32 to a word.

    >>> [hex(word) for word in two_over_pi(4)]
    ['0x0', '0x145', '0xf306dc9c', '0x882a53f8']
    """
    bits = 32 * words + 64

    def arctangent_of_inverse(x: int) -> int:
        total = term = (1 << bits) // x
        sign, k = -1, 3
        while term:
            term //= x * x
            total += sign * (term // k)
            sign, k = -sign, k + 2
        return total

    # Machin's formula, in whole multiples of 2^-bits.
    quarter = 4 * arctangent_of_inverse(5) - arctangent_of_inverse(239)
    digits = (1 << 2 * bits - 1) // quarter
    aligned = digits >> (bits - (32 * words - _LEADING))
    return tuple(aligned >> 32 * (words - 1 - k) & _MASK for k in range(words))


def _word(b: Builder, x: Register) -> Register:
    return b.compute("bit_and", x, i(_MASK))


def _upper(b: Builder, x: Register) -> Register:
    return _word(b, b.compute("shift_right", x, i(32)))


def _digits(b: Builder, place: Register, most: int, count: int) -> list[Register]:
    """So many words of 2/pi, from the bit at `place` (0..most) on."""
    block, shift = b.compute("shift_right", place, i(5)), b.compute("bit_and", place, i(31))
    steps = [2**k for k in reversed(range((most >> 5).bit_length()))]
    words: list[Operand] = [i(w) for w in two_over_pi(sum(steps) + count + 1)]
    for step in steps:
        taken = b.compute("not_equal", b.compute("bit_and", block, i(step)), i(0))
        words = [
            b.compute("where", taken, *pair) for pair in zip(words[step:], words, strict=False)
        ]
    back = b.compute("sub", i(32), shift)
    return [
        _word(b, b.compute("shift_right", b.compute("bit_or", _left(b, x), y), back))
        for x, y in itertools.pairwise(words)
    ]


def _left(b: Builder, x: Operand) -> Register:
    return b.compute("shift_left", x, i(32))


def _product(b: Builder, low: Register, high: Register, words: list[Register]) -> list[Register]:
    """The upper words of (high 2^32 + low) times the words, but for the last of them."""
    columns: list[list[Register]] = [[] for _ in words]
    for k, word in enumerate(words):
        for part, left in ((low, k), (high, k - 1)):
            if left >= 0:
                value = b.compute("mul", part, word)
                columns[left].append(_word(b, value))
                if left > 0:
                    columns[left - 1].append(_upper(b, value))
    result: list[Register] = []
    carry: Register | None = None
    for column in reversed(columns[:-1]):
        total = functools.reduce(lambda x, y: b.compute("add", x, y), column)
        total = total if carry is None else b.compute("add", total, carry)
        carry = _upper(b, total)
        result.insert(0, _word(b, total))
    return result


def _quarters(b: Builder, x: Register, narrow: bool) -> tuple[Register, Register, Register]:
    """n, s and what s lost by rounding, so that x 2/pi = 4 k + n + s; x is at least 1/2."""
    bits = b.compute("bits", x, dtype=int64)
    # For x in 1/2..1 the exponent's bits are 1022, and the first bit of the table belongs to it.
    place = b.compute("sub", b.compute("shift_right", bits, i(52)), i(1022))
    mantissa = b.compute("bit_or", b.compute("bit_and", bits, i(2**52 - 1)), i(2**52))
    # A float32 is below 2^128, and needs fewer digits; infinities are no matter.
    words = _digits(b, place, 127 + 2, 4) if narrow else _digits(b, place, 1026, 6)
    product = _product(b, _word(b, mantissa), _upper(b, mantissa), words)
    top = b.compute("bit_or", _left(b, product[0]), product[1])
    raised = b.compute("add", top, i(2**61))
    n = b.compute("shift_right", raised, i(62))
    # What is left of `raised` is s + 1/2, of which small whole numbers are made.
    rest = b.compute("bit_and", raised, i(2**62 - 1))
    words = [_upper(b, rest), _word(b, rest), *product[2:4]]
    first, second, *others = (b.compute("cast", word, dtype=float64) for word in words)
    high = b.compute("mul", b.compute("sub", first, f(2.0**29)), f(2.0**-30))
    low = b.compute("mul", second, f(2.0**-62))
    total = b.compute("add", high, low)
    lost = b.compute("sub", low, b.compute("sub", total, high))
    for k, word in enumerate(others):
        lost = b.compute("fma", word, f(2.0 ** (-94 - 32 * k)), lost)
    s = b.compute("add", total, lost)
    return n, s, b.compute("sub", lost, b.compute("sub", s, total))


def _angle(b: Builder, x: Register, narrow: bool) -> tuple[Register, Register, Register]:
    """n, y and what y lost, so that |x| = n pi/2 + y, but for whole turns."""
    size = b.compute("abs", x)
    n, s, lost = _quarters(b, b.compute("maximum", size, f(0.5)), narrow)
    y = b.compute("mul", s, f(_QUARTER_HIGH))
    error = b.compute("fma", s, f(_QUARTER_HIGH), b.compute("neg", y))
    rest = b.compute("fma", lost, f(_QUARTER_HIGH), b.compute("mul", s, f(_QUARTER_LOW)))
    rest = b.compute("add", error, rest)
    small = b.compute("less_equal", size, f(_EIGHTH))
    return (
        b.compute("where", small, i(0), n),
        b.compute("where", small, size, y),
        b.compute("where", small, f(0.0), rest),
    )


def _sin_near(b: Builder, y: Register, lost: Register, z: Register) -> Register:
    """sin(y + lost) for |y| <= pi/4, with z = y^2."""
    v = b.compute("mul", z, y)
    r = polynomial(b, _SIN[1:], z)
    bent = b.compute("sub", b.compute("mul", f(0.5), lost), b.compute("mul", v, r))
    inner = b.compute("sub", b.compute("mul", z, bent), lost)
    return b.compute("sub", y, b.compute("sub", inner, b.compute("mul", v, f(_SIN[0]))))


def _cos_near(b: Builder, y: Register, lost: Register, z: Register) -> Register:
    """cos(y + lost) for |y| <= pi/4, with z = y^2."""
    half = b.compute("mul", f(0.5), z)
    w = b.compute("sub", f(1.0), half)
    r = b.compute("mul", z, polynomial(b, _COS, z))
    bent = b.compute("sub", b.compute("mul", z, r), b.compute("mul", y, lost))
    error = b.compute("sub", b.compute("sub", f(1.0), w), half)
    return b.compute("add", w, b.compute("add", error, bent))


def _is_set(b: Builder, n: Register, bit: int) -> Register:
    return b.compute("not_equal", b.compute("bit_and", n, i(bit)), i(0))


def sin(b: Builder, x: Register, narrow: bool) -> Register:
    """The sine; NaN of infinity."""
    n, y, lost = _angle(b, x, narrow)
    z = b.compute("mul", y, y)
    odd = _is_set(b, n, 1)
    size = b.compute("where", odd, _cos_near(b, y, lost, z), _sin_near(b, y, lost, z))
    size = b.compute("where", _is_set(b, n, 2), b.compute("neg", size), size)
    signed = b.compute("where", b.compute("less", x, f(0.0)), b.compute("neg", size), size)
    result = _of_numbers(b, x, signed)
    # Last of all: -0.0 plus anything is no longer -0.0.
    return b.compute("where", b.compute("equal", x, f(0.0)), x, result)


def cos(b: Builder, x: Register, narrow: bool) -> Register:
    """The cosine; NaN of infinity."""
    n, y, lost = _angle(b, x, narrow)
    z = b.compute("mul", y, y)
    odd = _is_set(b, n, 1)
    size = b.compute("where", odd, _sin_near(b, y, lost, z), _cos_near(b, y, lost, z))
    turned = _is_set(b, b.compute("add", n, i(1)), 2)
    return _of_numbers(b, x, b.compute("where", turned, b.compute("neg", size), size))


def _of_numbers(b: Builder, x: Register, result: Register) -> Register:
    """NaN where x is infinite or NaN."""
    return b.compute("add", result, b.compute("sub", x, x))
