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

from badak.base.dtypes import float32, float64
from badak.base.files import read_bytes, write_atomically
from badak.base.shapes import positive
from badak.compiler.kernels.matmul import LANES
from badak.compiler.loops.build import Builder
from badak.compiler.loops.cost import Cost, cost
from badak.compiler.loops.footprint import footprint
from badak.compiler.loops.loop import Address, Buffer, Kernel, Number
from badak.compiler.loops.memory import plan
from badak.compiler.machine.engine import Code, host_processor, machine
from badak.compiler.machine.object_cache import digest, usual_cache
from badak.compiler.machine.program import program_text
from badak.compiler.programs.timing import Bench, timed_text, times
from badak.compiler.threads import threads

_VERSION = 1
_LIMIT = 2**16
"""Bytes of a file that may be a roofline."""

_RUNS = 10
_OPERATIONS = 2 * 10**8
"""Of a worker in a run: about a millisecond."""

_CHAINS = (3, 6, 12)
"""Sums of vectors at once; the best of these fill the registers, however many there are."""

_MOVED = 2**27
"""Bytes that a run copies at least."""

_APART = 512
"""Elements between the halves of a copy."""

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
        smaller = sum(at <= size for at, _ in self.traffic)
        return max(speed for _, speed in self.traffic[max(smaller - 1, 0) :])

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
    return _roofline(threads() if workers is None else positive(workers, "workers"))


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
    tries = [(dtype, chains) for dtype in (float32, float64) for chains in _CHAINS]
    sums = [Buffer(f"{d}x{n}", d, workers * n * LANES) for d, n in tries]
    memory = Buffer("copied", float32, sizes[-1] // 4 + _APART)
    products = [_products(out, n, workers) for out, (_, n) in zip(sums, tries, strict=True)]
    copies = [_copy(memory, size, workers) for size in sizes]
    kernels = [*products, *(kernel for kernel, _ in copies)]
    layout = plan([footprint(kernel) for kernel in kernels], [*sums, memory], {}, workers)
    text = program_text("step", kernels, layout, [True] * len(kernels))
    text, notes = timed_text(text, 0, machine())
    bench = Bench(Code(text), layout)
    bench.arena[:] = 1  # pages that nobody has written are all the same one
    times(bench, notes, 1, workers)
    best = times(bench, notes, _RUNS, workers).kernels.min(axis=0).tolist()
    speeds = [cost(one).flops / s for one, s in zip(products, best, strict=False)]
    moved = zip(sizes, copies, best[len(products) :], strict=True)
    traffic = tuple((size, count / seconds) for size, (_, count), seconds in moved)
    half = len(_CHAINS)
    return Roofline(workers, max(speeds[:half]), max(speeds[half:]), traffic)


def _products(out: Buffer, chains: int, workers: int) -> Kernel:
    """Sums in registers, each turn a product added to each."""
    turns = _OPERATIONS // (2 * LANES * chains)
    b = Builder()
    with b.share(workers) as share:
        one = b.vector(Number(1.0, out.dtype), LANES)
        half = b.vector(Number(0.5, out.dtype), LANES)
        with b.loop(turns, carry=[one] * chains) as turn:
            turn.after_turn = tuple(b.compute("fma", x, half, one) for x in turn.inside)
        for number, end in enumerate(turn.ends):
            b.store(out, Address(number * LANES).moved(share, chains * LANES), end)
    return b.kernels("products")[0]


def _copy(memory: Buffer, size: int, workers: int) -> tuple[Kernel, int]:
    """Copies half of so many bytes to the other half, again and again; how many bytes that moves.

    The halves lie half a page apart, modulo pages: a processor takes a load for one of what was
    just stored when the last bits of their addresses agree.
    """
    step = 4 * LANES
    part = size // 8 // workers // step * step
    rounds = max(1, _MOVED // size)
    b = Builder()
    with b.share(workers) as share, b.loop(rounds), b.loop(part, step) as turn:
        source = Address().moved(share, part).moved(turn.index, 1)
        target = source.shifted(size // 8 + _APART)
        values = [b.load(memory, source.shifted(i), LANES) for i in range(0, step, LANES)]
        for i, value in enumerate(values):
            b.store(memory, target.shifted(i * LANES), value)
    return b.kernels("copy")[0], 8 * part * workers * rounds
