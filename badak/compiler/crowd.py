"""Many models at once: each is trained by one worker, which takes the next when it has done."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.compiler.compiled import Begun, Compiled
from badak.compiler.threads import threads


class Scan(NamedTuple):
    """A compiled function with the rows and the data that it is to scan; see `scan_together`.

    >>> Scan(bd.compile(lambda x: x.sum()), np.array([[0, 1]]), (bd.ones(2),)).rows
    array([[0, 1]])
    """

    step: Compiled
    rows: Array
    data: Sequence[Any]


def scan_together(
    scans: Sequence[Scan], watch: Callable[[list[int]], bool] | None = None
) -> list[tuple[int, Any]]:
    """`Compiled.scan` for many compiled functions at once.

    No function waits for another, and each computes what it computes alone, bit for bit.

    Args:
        scans: functions, each with its rows and data.
        watch: called from time to time with the number of batches that each has done; when it gives
            True, all end after the batch under way.

    Returns:
        What `scan` gives, for each.

    Raises:
        RangeError: when a function is there twice, since it has one state; and like `scan`.

    >>> steps = [bd.compile(lambda x, k=k: (k * x).sum()) for k in (1.0, 2.0)]
    >>> rows, x = np.array([[0, 1], [1, 2]]), bd.tensor([1.0, 2.0, 3.0])
    >>> scan_together([Scan(step, rows, (x,)) for step in steps])
    [(2, tensor([3., 5.])), (2, tensor([ 6., 10.]))]
    """
    if len({id(scan.step): True for scan in scans}) < len(scans):
        raise RangeError("a compiled function can run once at a time", got="the same one twice")
    begun: dict[int, Begun | None] = {}
    try:
        for scan in sorted(scans, key=lambda scan: id(scan.step)):  # no two can lock each other out
            begun[id(scan.step)] = scan.step.begin_scan(scan.rows, *scan.data)
        native = [one for one in begun.values() if one is not None]
        if native:
            _run(native, watch)
    finally:
        ended = {key: one and one.end() for key, one in begun.items()}
    return [ended[id(scan.step)] or scan.step.scan(scan.rows, *scan.data) for scan in scans]


def _run(scans: list[Begun], watch: Callable[[list[int]], bool] | None) -> None:
    """Has the team do them all; see `team_text` for what a queue looks like."""
    from badak.compiler.machine.team import TEAM, crowd  # noqa: PLC0415  # with LLVM's binding
    from badak.compiler.programs.program import LOOK, watched  # noqa: PLC0415  # with all kernels

    entries = (ctypes.c_int64 * (8 * max(len(scans), 1)))()
    for number, scan in enumerate(scans):
        for place, word in enumerate(scan.program.scan_call(scan.count)):
            entries[8 * number + place] = word
    counts = (ctypes.c_int64 * 32)()
    queue = (ctypes.c_int64 * 32)()
    queue[16], queue[17] = len(scans), ctypes.addressof(entries)
    queue[18] = ctypes.addressof(counts)
    TEAM.wake(threads(), LOOK)
    call = partial(crowd(), ctypes.addressof(queue), TEAM.address, threads())
    if watch is None:
        call()
        return

    def stop() -> None:
        for scan in scans:
            scan.program.stop()

    watched(call, lambda: watch([scan.program.done for scan in scans]), stop)
