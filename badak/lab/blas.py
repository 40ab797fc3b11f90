"""Small products on one thread: NumPy's threads would wait for each other longer than they work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """NumPy's matrix products run on one thread inside, where threadpoolctl is installed.

    What the lab computes outside of machine code is a product of a few hundred rows, now and then;
    on two threads it takes as long, and keeps both processors busy meanwhile.

    >>> with one_thread():
    ...     (np.ones((2, 3)) @ np.ones((3, 2))).shape
    (2, 2)
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(1, user_api="blas"):
        yield
