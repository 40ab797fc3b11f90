"""Digits: 1,797 handwritten digits of 8 x 8 pixels, inside this package.

E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository (1998), https://doi.org/10.24432/C50P49, licence CC BY 4.0. These are the rows of its
test file; each pixel counts the ink in a 4 x 4 block of a 32 x 32 bitmap, so 0 to 16.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from badak.base.dtypes import Array
from badak.data.dataset import Dataset, TrainTest
from badak.data.sources.npz import read_npz
from badak.data.sources.source import Source

FILE = Path(__file__).with_name("digits.npz")
EVERY = 5
"""One row in five of each digit is for the test."""


def load(*, flat: bool = True) -> TrainTest:
    """The digits with pixels from 0 (paper) to 1 (ink).

    The split into training and test is fixed and does not depend on any random numbers: counting
    the rows of each digit from 1, every fifth is for the test. So both parts hold all digits in
    the same shares.

    Args:
        flat: rows of (64,); otherwise images of (1, 8, 8).
    """
    arrays = read_npz(FILE)
    pixels = arrays["x"].astype(np.float32) / np.float32(16)
    rows = pixels.reshape(len(pixels), -1) if flat else pixels[:, None]
    names = [str(digit) for digit in range(10)]
    data = Dataset(rows, arrays["t"], classes=names, name="digits")
    test = is_test(data.t)
    return TrainTest(data.take(~test), data.take(test))


def is_test(labels: Array) -> Array:
    """Which rows are for the test: every fifth of each digit."""
    count = np.cumsum(labels[:, None] == np.arange(10), axis=0)[np.arange(len(labels)), labels]
    mask: Array = count % EVERY == 0
    return mask


SOURCE = Source(
    name="digits",
    about="handwritten digits, 8 x 8 pixels",
    rows=(1442, 355),
    shape=(1, 8, 8),
    classes=10,
    licence="CC BY 4.0",
    origin="Alpaydin and Kaynak, UCI, doi 10.24432/C50P49; inside the package",
    load=load,
)
