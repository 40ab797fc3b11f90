"""The handwritten digits that the figures of trainings are made of: MNIST, or the small ones."""

from __future__ import annotations

from badak.base.errors import unknown_name
from badak.data import TrainTest, describe, load

NAMES = ("mnist", "digits")


def handwriting(data: str | None = None, *, rows: int | None = None) -> TrainTest:
    """MNIST, where it lies on this machine, else the digits that come with the package.

    Args:
        data: "mnist" or "digits"; None for the first of these that needs no download.
        rows: only so many rows to train on, the first ones as the book takes them.

    Raises:
        RangeError: for other data.
        BadakFileError: when MNIST is asked for, and is neither here nor to be had.

    >>> handwriting("digits", rows=300)
    TrainTest digits: 300 rows to train, 355 to test, of (64,), 10 classes
    """
    if data is None:
        data = "mnist" if describe("mnist").present(None) else "digits"
    if data not in NAMES:
        raise unknown_name("data of a figure", data, NAMES)
    found = load(data)
    return found if rows is None else TrainTest(found.train.head(rows), found.test)


def of_data(bundle: TrainTest) -> str:
    """How a caption names them.

    >>> of_data(handwriting("digits", rows=300))
    '300 rows of digits'
    """
    return f"{len(bundle.train):,} rows of {bundle.name.replace('mnist', 'MNIST')}"
