"""What comes next is made by a thread while what is here is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 0.05
"""Seconds after which a thread that waits for room asks whether anybody still reads."""


def prefetched(items: Iterable[T], ahead: int = 1) -> Generator[T, None, None]:
    """The same items in the same order, made by a thread that is some items ahead.

    What the thread raises is raised here, in its place. The thread ends with the last item, or when
    the iterator is closed.

    Args:
        items: what the thread goes through.
        ahead: how many finished items may wait.

    >>> list(prefetched(n * n for n in range(4)))
    [0, 1, 4, 9]
    """
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(ahead)
    left = threading.Event()

    def put(item: T | None, error: BaseException | None) -> None:
        while not left.is_set():
            try:
                ready.put((item, error), timeout=_PATIENCE)
            except queue.Full:
                continue
            return

    def work() -> None:
        try:
            for item in items:
                put(item, None)
                if left.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:  # noqa: BLE001  # it is raised where the items are read
            put(None, error)

    thread = threading.Thread(target=work, name="badak-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # there is an item where there is no error
    finally:
        left.set()
        thread.join()
