"""Elementary functions as statements: polynomials in float64, rounded once to the dtype asked.

Float32 is computed in float64 as well, with shorter polynomials: the result is then the right one
nearly always, and half of a vector register's lanes is a small price for it.

Sources: the reductions and the polynomial of the logarithm are those of Sun's fdlibm (1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from badak.base.dtypes import DType, float32, float64, int64
from badak.compiler.kernels import angles
from badak.compiler.kernels.series import f, i, polynomial
from badak.compiler.loops.build import Builder
from badak.compiler.loops.loop import Number, Operand, Register
from badak.ops.error_function import FAR, FARTHEST, MIDDLE, NEAR, UNIT

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOG = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
_ATANH = tuple(2 / k for k in range(5, 31, 2))
_TWO_THIRDS_LOW = float(Fraction(2, 3) - Fraction(2 / 3))
_SMALLEST_NORMAL = 2.2250738585072014e-308

_SHORT, _LONG = 7, 13
"""The degrees of the polynomial of exp for results in float32 and in float64."""


def _power_of_two(b: Builder, n: Register) -> Register:
    """2^n for a whole n in -1022..1023, by writing n into the exponent's bits."""
    # The last bits of n + 1.5 * 2^52 are n as a whole number, without a conversion.
    whole = b.compute("bits", b.compute("add", n, f(1.5 * 2.0**52)), dtype=int64)
    bits = b.compute("shift_left", b.compute("add", whole, i(1023)), i(52))
    return b.compute("bits", bits, dtype=float64)


def _two_sum(b: Builder, x: Operand, y: Operand) -> tuple[Register, Register]:
    """The rounded sum and its error, which is a float too."""
    total = b.compute("add", x, y)
    part = b.compute("sub", total, x)
    first = b.compute("sub", x, b.compute("sub", total, part))
    return total, b.compute("add", first, b.compute("sub", y, part))


def _two_product(b: Builder, x: Operand, y: Operand) -> tuple[Register, Register]:
    """The rounded product and its error."""
    product = b.compute("mul", x, y)
    return product, b.compute("fma", x, y, b.compute("neg", product))


def _quotient(b: Builder, x: Operand, high: Register, low: Register) -> Register:
    """x / (high + low): the rest of the division is divided once more."""
    y = b.compute("div", x, high)
    rest = b.compute("fma", b.compute("neg", y), high, x)
    rest = b.compute("sub", rest, b.compute("mul", y, low))
    return b.compute("add", y, b.compute("div", rest, high))


def _reduced(b: Builder, x: Register) -> tuple[Register, Register]:
    """x = n ln 2 + r with a whole n and |r| <= ln(2) / 2."""
    n = b.compute("rint", b.compute("mul", x, f(1.4426950408889634)))
    r = b.compute("fma", n, f(-_LN2_HIGH), x)
    return n, b.compute("fma", n, f(-_LN2_LOW), r)


def _taylor(degree: int) -> tuple[float, ...]:
    """(exp(r) - 1) / r."""
    return tuple(1.0 / math.factorial(k + 1) for k in range(degree))


def _scaled(b: Builder, x: Register, n: Register) -> Register:
    """x 2^n in two steps, so that neither step overflows before the result does."""
    half = b.compute("floor", b.compute("mul", n, f(0.5)))
    rest = b.compute("sub", n, half)
    return b.compute("mul", b.compute("mul", x, _power_of_two(b, half)), _power_of_two(b, rest))


def _exp(b: Builder, x: Register, degree: int, low: Register | None = None) -> Register:
    """exp(x), or exp(x + low) for a low that is much smaller than x."""
    bounded = b.compute("minimum", b.compute("maximum", x, f(-746.0)), f(710.0))
    n, r = _reduced(b, bounded)
    if low is not None:
        r = b.compute("add", r, low)
    p = b.compute("fma", polynomial(b, _taylor(degree), r), r, f(1.0))
    return _scaled(b, p, n)


def _expm1_bounded(b: Builder, x: Register, degree: int) -> Register:
    """exp(x) - 1 for x in -50..700.

    It is 2^n (exp(r) - 1) + (2^n - 1), where exp(r) - 1 = r + r^2 (1/2 + ...). No digits are lost
    near 0, and what the larger terms lose on the way is put back at the end.
    """
    n = b.compute("rint", b.compute("mul", x, f(1.4426950408889634)))
    near = b.compute("fma", n, f(-_LN2_HIGH), x)
    r = b.compute("fma", n, f(-_LN2_LOW), near)
    lost = b.compute("fma", n, f(-_LN2_LOW), b.compute("sub", near, r))
    series = polynomial(b, _taylor(degree)[1:], r)
    rest = b.compute("fma", b.compute("mul", r, r), series, lost)
    power = _power_of_two(b, n)
    whole, left = _two_sum(b, b.compute("sub", power, f(1.0)), b.compute("mul", power, r))
    return b.compute("add", whole, b.compute("fma", power, rest, left))


def _expm1(b: Builder, x: Register, degree: int) -> Register:
    bounded = b.compute("minimum", b.compute("maximum", x, f(-50.0)), f(700.0))
    result = _expm1_bounded(b, bounded, degree)
    large = b.compute("greater", x, f(699.0))
    result = b.compute("where", large, _exp(b, x, degree), result)
    return b.compute("where", b.compute("equal", x, f(0.0)), x, result)


def _mantissa(b: Builder, x: Register) -> tuple[Register, Register]:
    """x = m 2^e with m between sqrt(1/2) and sqrt(2), for a positive and finite x."""
    small = b.compute("less", x, f(_SMALLEST_NORMAL))
    normal = b.compute("where", small, b.compute("mul", x, f(2.0**54)), x)
    bits = b.compute("bits", normal, dtype=int64)
    raised = b.compute("sub", b.compute("shift_right", bits, i(52)), i(1023))
    mantissa_bits = b.compute("bit_or", b.compute("bit_and", bits, i(2**52 - 1)), i(1023 << 52))
    mantissa = b.compute("bits", mantissa_bits, dtype=float64)
    upper = b.compute("greater", mantissa, f(math.sqrt(2.0)))
    m = b.compute("where", upper, b.compute("mul", mantissa, f(0.5)), mantissa)
    e = b.compute("cast", raised, dtype=float64)
    e = b.compute("where", upper, b.compute("add", e, f(1.0)), e)
    return m, b.compute("where", small, b.compute("sub", e, f(54.0)), e)


def _log(b: Builder, x: Register) -> Register:
    m, e = _mantissa(b, x)
    g = b.compute("sub", m, f(1.0))
    s = b.compute("div", g, b.compute("add", g, f(2.0)))
    z = b.compute("mul", s, s)
    series = b.compute("mul", polynomial(b, _LOG, z), z)
    half = b.compute("mul", b.compute("mul", g, g), f(0.5))
    low = b.compute("fma", e, f(_LN2_LOW), b.compute("mul", s, b.compute("add", half, series)))
    inner = b.compute("sub", b.compute("sub", half, low), g)
    result = b.compute("sub", b.compute("mul", e, f(_LN2_HIGH)), inner)
    at_zero = b.compute("equal", x, f(0.0))
    result = b.compute("where", at_zero, f(-math.inf), result)
    result = b.compute("where", b.compute("less", x, f(0.0)), f(math.nan), result)
    ends = b.compute("equal", x, f(math.inf))
    result = b.compute("where", ends, x, result)
    return b.compute("where", b.compute("not_equal", x, x), x, result)


def _log_in_two(b: Builder, x: Register) -> tuple[Register, Register]:
    """log x of a positive and finite x as a sum of two floats, good to 63 bits.

    With s = (m - 1) / (m + 1):  log x = e ln 2 + 2 s + 2/3 s^3 + s^5 (2/5 + 2/7 s^2 + ...).
    """
    m, e = _mantissa(b, x)
    g = b.compute("sub", m, f(1.0))
    total, lost = _two_sum(b, m, f(1.0))
    s = b.compute("div", g, total)
    rest = b.compute("fma", b.compute("neg", s), total, g)
    rest = b.compute("sub", rest, b.compute("mul", s, lost))
    low = b.compute("div", b.compute("add", rest, rest), total)
    square, square_low = _two_product(b, s, s)
    low = b.compute("fma", low, b.compute("fma", square, square, square), low)
    cube, cube_low = _two_product(b, s, square)
    cube_low = b.compute("fma", s, square_low, cube_low)
    third, third_low = _two_product(b, cube, f(2 / 3))
    third_low = b.compute("fma", cube, f(_TWO_THIRDS_LOW), third_low)
    low = b.compute("add", low, b.compute("fma", cube_low, f(2 / 3), third_low))
    series = polynomial(b, _ATANH, square)
    low = b.compute("fma", b.compute("mul", cube, square), series, low)
    low = b.compute("fma", e, f(_LN2_LOW), low)
    near, near_low = _two_sum(b, b.compute("add", s, s), third)
    high, left = _two_sum(b, b.compute("mul", e, f(_LN2_HIGH)), near)
    return _two_sum(b, high, b.compute("add", b.compute("add", left, near_low), low))


def _log1p(b: Builder, x: Register) -> Register:
    """log(u) + (x - (u - 1)) / u with u = 1 + x: the digits that u lost are put back."""
    u = b.compute("add", x, f(1.0))
    lost = b.compute("sub", x, b.compute("sub", u, f(1.0)))
    corrected = b.compute("add", _log(b, u), b.compute("div", lost, u))
    plain = b.compute("where", b.compute("equal", u, f(0.0)), f(-math.inf), corrected)
    plain = b.compute("where", b.compute("equal", x, f(math.inf)), x, plain)
    return b.compute("where", b.compute("equal", u, f(1.0)), x, plain)


def _tanh(b: Builder, x: Register, degree: int) -> Register:
    size = b.compute("minimum", b.compute("abs", x), f(22.0))
    t = _expm1_bounded(b, b.compute("add", size, size), degree)
    if degree > _SHORT:
        y = _quotient(b, t, *_two_sum(b, t, f(2.0)))
    else:
        y = b.compute("div", t, b.compute("add", t, f(2.0)))
    negative = b.compute("less", x, f(0.0))
    signed = b.compute("where", negative, b.compute("neg", y), y)
    return b.compute("where", b.compute("equal", x, f(0.0)), x, signed)


def _sigmoid(b: Builder, x: Register, degree: int) -> Register:
    e = _exp(b, b.compute("neg", b.compute("abs", x)), degree)
    upper = b.compute("greater_equal", x, f(0.0))
    top = b.compute("where", upper, f(1.0), e)
    if degree > _SHORT:
        return _quotient(b, top, *_two_sum(b, e, f(1.0)))
    return b.compute("div", top, b.compute("add", e, f(1.0)))


def _wide(b: Builder, x: Operand) -> Register:
    if isinstance(x, Number):
        return b.vector(Number(float(x.value), float64), 1)
    return x if x.dtype == float64 else b.compute("cast", x, dtype=float64)


def power(b: Builder, x: Operand, y: Operand) -> Register:
    """x^y: by products where y is a small whole number, else exp(y log |x|) with the sign.

    In float64 the logarithm and its product with y are carried on in two floats.
    """
    dtype = x.dtype
    if isinstance(y, Number) and isinstance(x, Register):
        if y.value == 2.0:
            return b.compute("mul", x, x)
        if y.value == 1.0:
            return x
        if y.value == 0.5:  # as NumPy: for -inf it is NaN, where other exponents give infinity
            return b.compute("sqrt", x)
        if y.value == -1.0:
            return b.compute("div", b.number(1.0, x), x)
    base, exponent = _wide(b, x), _wide(b, y)
    size = _size_of_power(b, b.compute("abs", base), exponent, dtype)
    half = b.compute("mul", exponent, f(0.5))
    whole = b.compute("equal", b.compute("floor", exponent), exponent)
    even = b.compute("equal", b.compute("floor", half), half)
    # 1 / -0.0 is below 0, where -0.0 itself is not.
    below = b.compute("less", base, f(0.0))
    negative = b.compute(
        "logical_or", below, b.compute("less", b.compute("div", f(1.0), base), f(0.0))
    )
    odd = b.compute("logical_and", whole, b.compute("logical_not", even))
    flipped = b.compute("logical_and", negative, odd)
    result = b.compute("where", flipped, b.compute("neg", size), size)
    finite = b.compute("greater", base, f(-math.inf))
    nowhere = b.compute(
        "logical_and", b.compute("logical_and", below, finite), b.compute("logical_not", whole)
    )
    result = b.compute("where", nowhere, f(math.nan), result)
    return result if dtype == float64 else b.compute("cast", result, dtype=dtype)


def _size_of_power(b: Builder, x: Register, y: Register, dtype: DType) -> Register:
    """x^y for an x that is not negative."""
    if dtype == float32:
        size = _exp(b, b.compute("mul", y, _log(b, x)), _SHORT)
    else:
        high, low = _log_in_two(b, x)
        product, lost = _two_product(b, y, high)
        lost = b.compute("fma", y, low, lost)
        # Beyond these ends the result is 0 or infinite, and what was lost has no meaning.
        inside = b.compute("less", b.compute("abs", product), f(800.0))
        lost = b.compute("where", inside, lost, f(0.0))
        plain = b.compute("mul", y, _log(b, x))
        regular = b.compute(
            "logical_and", b.compute("greater", x, f(0.0)), b.compute("less", x, f(math.inf))
        )
        size = _exp(b, b.compute("where", regular, product, plain), _LONG, lost)
    size = b.compute("where", b.compute("equal", y, f(0.0)), f(1.0), size)
    return b.compute("where", b.compute("equal", x, f(1.0)), f(1.0), size)


def _erf(b: Builder, x: Register, degree: int) -> Register:
    """By the formulas of the primitive itself: see `badak.ops.error_function`."""
    size = b.compute("abs", x)
    far = b.compute("minimum", b.compute("maximum", size, f(1.25)), f(6.0))
    inverse = b.compute("div", f(1.0), far)
    below = [b.compute("less", size, f(end)) for end in (0.84375, 1.25, 1 / 0.35)]
    squared = b.compute("mul", inverse, inverse)
    variables = (b.compute("mul", x, x), b.compute("sub", size, f(1.0)), squared, squared)
    pairs = [
        [polynomial(b, part, z) for part in pair]
        for pair, z in zip((NEAR, MIDDLE, FAR, FARTHEST), variables, strict=True)
    ]
    top, bottom = pairs[-1]
    for here, pair in reversed(list(zip(below, pairs, strict=False))):
        top, bottom = (
            b.compute("where", here, new, old) for new, old in zip(pair, (top, bottom), strict=True)
        )
    ratio = b.compute("div", top, bottom)
    near = b.compute("fma", x, ratio, x)
    middle = b.compute("add", ratio, f(UNIT))
    exponent = b.compute("fma", b.compute("neg", far), far, b.compute("add", ratio, f(-0.5625)))
    rest = b.compute("mul", _exp(b, exponent, degree), inverse)
    outer = b.compute("where", below[1], middle, b.compute("sub", f(1.0), rest))
    outer = b.compute("where", b.compute("less", x, f(0.0)), b.compute("neg", outer), outer)
    result = b.compute("where", below[0], near, outer)
    return b.compute("where", b.compute("not_equal", x, x), x, result)


_FUNCTIONS: dict[str, Callable[[Builder, Register, int], Register]] = {
    "cos": lambda b, x, degree: angles.cos(b, x, degree == _SHORT),
    "erf": _erf,
    "exp": _exp,
    "expm1": _expm1,
    "log": lambda b, x, degree: _log(b, x),
    "log1p": lambda b, x, degree: _log1p(b, x),
    "sigmoid": _sigmoid,
    "sin": lambda b, x, degree: angles.sin(b, x, degree == _SHORT),
    "tanh": _tanh,
}

NAMES = tuple(_FUNCTIONS)


def function(b: Builder, name: str, x: Register) -> Register:
    """The elementary function of that name, over every lane."""
    degree = _SHORT if x.dtype == float32 else _LONG
    result = _FUNCTIONS[name](b, _wide(b, x), degree)
    return result if x.dtype == float64 else b.compute("cast", result, dtype=x.dtype)
