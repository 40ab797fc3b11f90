"""erf in NumPy, to the last few bits of float64.

The rational approximations of Sun's fdlibm (s_erf.c, Sun Microsystems 1993), error below 1 ULP:

    |x| < 0.84375    x + x R(x^2)
    |x| < 1.25       c + P(|x| - 1) / Q(|x| - 1)
    |x| < 6          1 - exp(-x^2 - 0.5625 + R(1/x^2) / S(1/x^2)) / |x|
    otherwise        1
"""

from __future__ import annotations

import numpy as np

from badak.base.dtypes import Array

NEAR = (
    (0.128379167095512558561, -0.325042107247001499370, -0.0284817495755985104766,
     -0.00577027029648944159157, -2.37630166566501626084e-05),
    (1.0, 0.397917223959155352819, 0.0650222499887672944485, 0.00508130628187576562776,
     0.000132494738004321644526, -3.96022827877536812320e-06),
)  # fmt: skip
UNIT = 0.845062911510467529297
MIDDLE = (
    (-0.00236211856075265944077, 0.414856118683748331666, -0.372207876035701323847,
     0.318346619901161753674, -0.110894694282396677476, 0.0354783043256182359371,
     -0.00216637559486879084300),
    (1.0, 0.106420880400844228286, 0.540397917702171048937, 0.0718286544141962662868,
     0.126171219808761642112, 0.0136370839120290507362, 0.0119844998467991074170),
)  # fmt: skip
FAR = (
    (-0.00986494403484714822705, -0.693858572707181764372, -10.5586262253232909814,
     -62.3753324503260060396, -162.396669462573470355, -184.605092906711035994,
     -81.2874355063065934246, -9.81432934416914548592),
    (1.0, 19.6512716674392571292, 137.657754143519042600, 434.565877475229228821,
     645.387271733267880336, 429.008140027567833386, 108.635005541779435134,
     6.57024977031928170135, -0.0604244152148580987438),
)  # fmt: skip
FARTHEST = (
    (-0.00986494292470009928597, -0.799283237680523006574, -17.7579549177547519889,
     -160.636384855821916062, -637.566443368389627722, -1025.09513161107724954,
     -483.519191608651397019),
    (1.0, 30.3380607434824582924, 325.792512996573918826, 1536.72958608443695994,
     3199.85821950859553908, 2553.05040643316442583, 474.528541206955367215,
     -22.4409524465858183362),
)  # fmt: skip


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    total = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def _ratio(pair: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    return _polynomial(pair[0], x) / _polynomial(pair[1], x)


def erf_forward(x: Array) -> Array:
    """erf of an array of floats, computed in float64 and rounded to the dtype of x.

    >>> float(erf_forward(np.array(0.5)))
    0.5204998778130465
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    near = wide + wide * _ratio(NEAR, wide * wide)
    middle = UNIT + _ratio(MIDDLE, size - 1)
    far = np.clip(size, 1.25, 6.0)
    inverse = 1 / (far * far)
    tail = np.where(far < 1 / 0.35, _ratio(FAR, inverse), _ratio(FARTHEST, inverse))
    outer = 1 - np.exp(-far * far - 0.5625 + tail) / far
    positive = np.where(size < 1.25, middle, np.where(size < 6, outer, 1.0))
    result = np.where(size < 0.84375, near, np.copysign(positive, wide))
    return np.where(np.isnan(wide), wide, result).astype(x.dtype)
