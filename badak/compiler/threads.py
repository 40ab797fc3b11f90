"""With how many threads compiled programs run."""

from __future__ import annotations

import math
import os

from badak.base.errors import RangeError
from badak.base.shapes import positive

MOST = 8
"""Threads that are used unless more are asked for: small networks do not fill more."""

MOST_EVER = 256
"""Threads that may be asked for."""

_chosen: list[int] = []


def threads() -> int:
    """How many are used: what `set_threads` was told, or else the usual number."""
    if not _chosen:
        _chosen.append(usual_threads())
    return _chosen[0]


def set_threads(count: int) -> None:
    """With how many threads compiled programs run: what they compute does not depend on it.

    The default is one for each processor, at most 8; the environment variable BADAK_THREADS sets it
    as well.

    Raises:
        RangeError: for a count below 1 or above 256.

    >>> bd.set_threads(2)
    """
    if positive(count, "threads") > MOST_EVER:
        raise RangeError("too many threads", expected=f"1..{MOST_EVER}", got=count)
    _chosen[:] = [count]


def quota(folder: str = "/sys/fs/cgroup") -> float:
    """How many processors the group of this process may use; infinite where nothing limits it.

    Args:
        folder: where Linux tells about groups, in either of its two forms.
    """
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            words = [_read(f"{folder}/{name}") for name in names]
            limit, period = map(float, " ".join(words).split())
        except (OSError, ValueError):  # no such file, or no limit
            continue
        if limit > 0 and period > 0:
            return limit / period
    return math.inf


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()


def usual_threads() -> int:
    """As many as BADAK_THREADS says, or else as there are processors for this process; at most 8.

    Raises:
        RangeError: when BADAK_THREADS is no count.
    """
    asked = os.environ.get("BADAK_THREADS", "")
    if asked:
        return positive(int(asked) if asked.isdecimal() else 0, "BADAK_THREADS")
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, math.ceil(min(processors, quota(), MOST)))
