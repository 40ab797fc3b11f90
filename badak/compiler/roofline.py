"""What this machine can do at most: products and sums in registers, and bytes that are copied.

No kernel is faster than the roofline: it needs the time of its operations at the peak, or that of
its bytes at the bandwidth, whichever is longer. The bandwidth is that of a copy of as many bytes,
which may lie in a cache.

Source: Williams, Waterman and Patterson, "Roofline" (2009).
"""

from __future__ import annotations

import functools
import json
import math
import os
from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import DType, float32, float64
from badak.base.files import read_bytes, write_atomically
from badak.base.shapes import positive
from badak.compiler.barriers import barriers
from badak.compiler.build import Builder
from badak.compiler.cost import Cost, cost
from badak.compiler.engine import host_processor, machine
from badak.compiler.footprint import footprint
from badak.compiler.llvm_program import program_text
from badak.compiler.loop import Address, Buffer, Kernel, Number
from badak.compiler.matmul import LANES
from badak.compiler.memory import SLACK, plan
from badak.compiler.object_cache import digest, usual_cache
from badak.compiler.targets import host
from badak.compiler.team import TEAM
from badak.compiler.timing import Bench, timed_text, times

_VERSION = 1
_LIMIT = 2**16
"""Bytes of a file that may be a roofline."""

_RUNS = 5
_PRODUCTS = 3 * 10**8
"""Operations of a worker in a run: about two milliseconds."""

_MOVED = 2**27
"""Bytes that a run copies at least."""

_NEAR = (24 * 2**10, 128 * 2**10, 512 * 2**10)
"""Bytes of a worker that are copied: in its own caches."""

_FAR = (4 * 2**20, 16 * 2**20, 256 * 2**20)
"""Bytes that are copied by all: in a cache that they share, and in no cache."""


@dataclass(frozen=True, slots=True)
class Roofline:
    """What so many workers did at most, together.

    Attributes:
        workers: how many.
        flops: operations on float32 a second.
        doubles: operations on float64 a second.
        traffic: bytes, and how many were read and written a second in a copy of so many; the last
            are more than caches hold.
    """

    workers: int
    flops: float
    doubles: float
    traffic: tuple[tuple[int, float], ...]

    @property
    def bandwidth(self) -> float:
        """Bytes a second, read and written, of memory."""
        return self.traffic[-1][1]

    def bandwidth_of(self, size: int) -> float:
        """Bytes a second for what touches so many bytes, wherever they may lie.

        >>> Roofline(1, 1e9, 1e9, ((1000, 9e9), (5000, 2e9))).bandwidth_of(4000)
        9000000000.0
        """
        smaller = [speed for at, speed in self.traffic if at <= size]
        return max(smaller[-1] if smaller else 0.0, *(speed for _, speed in self.larger(size)), 0.0)

    def larger(self, size: int) -> tuple[tuple[int, float], ...]:
        """The part of `traffic` for more bytes."""
        return tuple(pair for pair in self.traffic if pair[0] > size)

    def seconds(self, work: Cost) -> float:
        """The least time that so much work takes.

        >>> Roofline(1, 1e9, 1e9, ((1000, 2e9),)).seconds(Cost(flops=3000, read=8000))
        4e-06
        """
        computing = (work.flops - work.doubles) / self.flops + work.doubles / self.doubles
        return max(computing, work.bytes / self.bandwidth_of(work.bytes) if work.bytes else 0.0)


def roofline(workers: int | None = None) -> Roofline:
    """What this machine can do, measured once in a few tenths of a second and then remembered.

    It is kept for this processor beside the compiled programs.

    Args:
        workers: how many threads; None for as many as programs run with.

    Raises:
        MissingExtraError: when llvmlite is not installed.
        RangeError: for less than one worker.

    >>> roof = roofline(1)
    >>> roof.flops > 1e9, roof.bandwidth > 1e8
    (True, True)
    """
    return _roofline(TEAM.threads if workers is None else positive(workers, "workers"))


@functools.cache
def _roofline(workers: int) -> Roofline:
    path = _path(workers)
    kept = _load(path, workers) if path else None
    if kept is not None:
        return kept
    found = measured(workers)
    if path:
        _store(path, found)
    return found


# ---------------------------------------------------------------------- kept on disk


def _path(workers: int) -> str | None:
    """The file for this processor, beside the folder of compiled programs."""
    cache = usual_cache()
    if cache is None:
        return None
    processor = host_processor()
    parts = (processor.triple, processor.cpu, processor.features, str(os.cpu_count()))
    name = digest(str(_VERSION), str(workers), *parts)[:16]
    return os.path.join(os.path.dirname(cache.folder), f"roofline-{name}.json")


def _load(path: str, workers: int) -> Roofline | None:
    """What the file says; None where it does not say anything that can be true."""
    try:
        said = json.loads(read_bytes(path, limit=_LIMIT))
        traffic = tuple((int(size), float(speed)) for size, speed in said["traffic"])
        found = Roofline(workers, float(said["flops"]), float(said["doubles"]), traffic)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    numbers = [found.flops, found.doubles, *(x for pair in traffic for x in pair)]
    fine = traffic and all(math.isfinite(x) and x > 0 for x in numbers)
    return found if fine else None


def _store(path: str, found: Roofline) -> None:
    said = {"flops": found.flops, "doubles": found.doubles, "traffic": found.traffic}
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        write_atomically(path, [json.dumps(said).encode()], durable=False)
    except OSError:  # it will be measured again
        return


# ---------------------------------------------------------------------- measured


def measured(workers: int) -> Roofline:
    """Measures, whatever is remembered.

    >>> measured(1).workers
    1
    """
    sizes = sorted({*(near * workers for near in _NEAR), *_FAR})
    kernels, buffers = [], []
    for dtype in (float32, float64):
        out = Buffer(f"sums_{dtype}", dtype, workers * _chains(dtype) * LANES)
        buffers.append(out)
        kernels.append(_products(out, workers))
    memory = Buffer("copied", float32, sizes[-1] // 4 + 2 * _APART)
    buffers.append(memory)
    kernels += [_copy(memory, size, workers) for size in sizes]
    reaches = [footprint(kernel) for kernel in kernels]
    layout = plan(reaches, buffers, {}, workers)
    waits = barriers(kernels, reaches, layout, workers)
    waits = [True] * len(waits)  # each begins with all workers there
    text, notes = timed_text(program_text("step", kernels, layout, waits), 0, machine())
    bench = Bench(text, layout, [])
    bench.arena[:] = 1  # untouched pages would all be the same one
    bench.run(1, workers, np.zeros((1, workers, 64), np.int64))
    best = times(bench, notes, _RUNS, workers).kernels.min(axis=0)
    speeds = [cost(kernel).flops / each for kernel, each in zip(kernels[:2], best[:2], strict=True)]
    copies = zip(sizes, kernels[2:], best[2:], strict=True)
    traffic = tuple((size, _moved(size) / float(each)) for size, _, each in copies)
    return Roofline(workers, float(speeds[0]), float(speeds[1]), traffic)
