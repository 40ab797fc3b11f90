"""What a program does, kernel by kernel, and how near each comes to what the machine can do."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.compiler.loops.cost import Cost, cost
from badak.compiler.machine.engine import Code, machine
from badak.compiler.programs.program import Program
from badak.compiler.programs.roofline import Roofline, roofline
from badak.compiler.programs.timing import Bench, Times, timed_text, times
from badak.compiler.show import show_spec

SMALL = 0.01
"""Kernels that take a smaller part of the time of all kernels share a line."""

_SECONDS = 0.2
_FEWEST, _MOST = 3, 1000
_BLOCKS = 5
_WIDTH = 34


@dataclass(frozen=True, slots=True)
class Row:
    """A kernel.

    Attributes:
        number: in the order in which kernels run, from 0.
        name: what it computes, in order; what several primitives compute in one sweep is fused.
        fused: how many primitives.
        shares: into how many pieces workers can divide it.
        waits: whether all workers wait for each other before it.
        cost: operations and bytes.
        seconds: the median of several runs.
        floor: the least seconds that this machine could take.
    """

    number: int
    name: str
    fused: int
    shares: int
    waits: bool
    cost: Cost
    seconds: float
    floor: float

    @property
    def roofline(self) -> float:
        """The part of what is possible that the kernel reaches."""
        return self.floor / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All numbers, for programs."""
        return {
            "number": self.number,
            "name": self.name,
            "fused": self.fused,
            "shares": self.shares,
            "waits": self.waits,
            "flops": self.cost.flops,
            "bytes_read": self.cost.read,
            "bytes_written": self.cost.written,
            "seconds": self.seconds,
            "floor": self.floor,
            "roofline": self.roofline,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a program does and how long it takes; prints as a table.

    Attributes:
        name: of the function.
        arguments: their shapes and dtypes.
        workers: how many threads the program is for.
        ran_with: how many were there when it was timed.
        rows: its kernels, in the order in which they run.
        arena: bytes of the program's memory.
        compiled: seconds that it took to get the machine code; None where nobody knows.
        cached: whether that came from the disk.
        seconds: of a whole run, as it runs without clocks.
        waiting: seconds of a run with clocks that were spent in no kernel.
        made_up: whether it was timed with arguments of zeros.
        machine: what the machine can do with as many workers as were there.
        all: whether small kernels are printed too.
    """

    name: str
    arguments: tuple[str, ...]
    workers: int
    ran_with: int
    rows: tuple[Row, ...]
    arena: int
    compiled: float | None
    cached: bool
    seconds: float
    waiting: float
    made_up: bool
    machine: Roofline
    all: bool = False

    @property
    def cost(self) -> Cost:
        """Of all kernels."""
        return sum((row.cost for row in self.rows), Cost())

    @property
    def floor(self) -> float:
        """The least seconds that all kernels could take, one after the other."""
        return sum(row.floor for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """All numbers, for programs."""
        roof = self.machine
        return {
            "name": self.name,
            "arguments": list(self.arguments),
            "workers": self.workers,
            "ran_with": self.ran_with,
            "kernels": [row.to_dict() for row in self.rows],
            "arena_bytes": self.arena,
            "compile_seconds": self.compiled,
            "cached": self.cached,
            "seconds": self.seconds,
            "waiting": self.waiting,
            "made_up": self.made_up,
            "flops": self.cost.flops,
            "bytes_read": self.cost.read,
            "bytes_written": self.cost.written,
            "floor": self.floor,
            "peak_flops": roof.flops,
            "peak_flops_float64": roof.doubles,
            "bandwidth": roof.bandwidth,
        }

    def __str__(self) -> str:
        return "\n".join([*_head(self), "", *_table(self), "", *_foot(self)])

    __repr__ = __str__


# ---------------------------------------------------------------------- measured


def explain(
    program: Program, name: str, arguments: Sequence[Array] = (), all: bool = False
) -> Explanation:
    """Times a program, in a copy of its memory, and says what it does.

    Args:
        program: what to explain; it stays as it is.
        name: what it is called.
        arguments: those of a run; none for zeros.
        all: whether to print small kernels as well.

    >>> x = bd.zeros(3)
    >>> program = Program(bd.trace(lambda x: x * x + 1.0, x).graph, arguments=1)
    >>> row, = explain(program, "f", [x.data]).rows
    >>> row.name, row.cost.flops, row.cost.bytes
    ('mul+add', 6, 24)
    """
    given = list(arguments) or [np.full(x.shape, 0, x.dtype) for x in program.arguments]
    results = [np.empty(x.shape, x.dtype) for x in program.results]
    arrays = [*given, *results]
    text, notes = timed_text(program.source, len(arrays), machine())
    plain = Bench(program.lowered.code, program.layout, arrays)
    plain.arena[:] = program.arena
    whole, runs = _whole(plain, program.workers)
    del plain
    timed = Bench(Code(text), program.layout, arrays)
    timed.arena[:] = program.arena
    found = times(timed, notes, runs, program.workers)
    roof = roofline(found.workers)
    rows = tuple(_rows(program, found, roof))
    waiting = float(np.median(found.runs - found.kernels.sum(axis=1))) if rows else 0.0
    return Explanation(
        name=name,
        arguments=tuple(show_spec(x.spec) for x in program.arguments),
        workers=program.workers,
        ran_with=found.workers,
        rows=rows,
        arena=program.layout.size,
        compiled=program.compile_seconds,
        cached=program.lowered.code.cached,
        seconds=whole,
        waiting=max(waiting, 0.0),
        made_up=bool(program.arguments) and not arguments,
        machine=roof,
        all=all,
    )


def _whole(bench: Bench, workers: int) -> tuple[float, int]:
    """Seconds of a run, the median of several stretches; and how many runs there is time for."""
    bench.run(1, workers)
    once = bench.run(2, workers) / 2
    runs = int(min(max(_SECONDS / max(once, 1e-9), _FEWEST), _MOST))
    each = -(-runs // _BLOCKS)
    return float(np.median([bench.run(each, workers) / each for _ in range(_BLOCKS)])), runs


def _rows(program: Program, found: Times, roof: Roofline) -> list[Row]:
    seconds = np.median(found.kernels, axis=0).tolist()
    rows = []
    for number, kernel in enumerate(program.kernels):
        parts = kernel.name.split("+")
        work = cost(kernel)
        rows.append(
            Row(
                number,
                kernel.name,
                len(parts),
                kernel.share.extent,
                program.waits[number],
                work,
                seconds[number],
                roof.seconds(work),
            )
        )
    return rows


# ---------------------------------------------------------------------- as text


def _head(e: Explanation) -> list[str]:
    waits = sum(row.waits for row in e.rows)
    how = "from the cache" if e.cached else "compiled"
    took = f" in {e.compiled * 1e3:.0f} ms" if e.compiled is not None else ""
    roof = e.machine
    lines = [
        f"{e.name}({', '.join(e.arguments)})",
        f"  {_count(e.workers, 'worker')}, {_count(len(e.rows), 'kernel')}, "
        f"{_count(waits + 1, 'barrier')}, memory {_scaled(e.arena)}B, machine code {how}{took}",
        f"  this machine: {roof.flops / 1e9:.0f} GFLOP/s in float32, "
        f"{roof.doubles / 1e9:.0f} in float64; memory {roof.bandwidth / 1e9:.1f} GB/s, "
        f"caches up to {max(speed for _, speed in roof.traffic) / 1e9:.0f}",
    ]
    if e.ran_with != e.workers:
        lines.append(f"  timed with {_count(e.ran_with, 'worker')}: the others were not there")
    if e.made_up:
        lines.append("  timed with arguments of zeros: those of the last call are gone")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _table(e: Explanation) -> list[str]:
    columns = ("", "kernel", "shares", "flops", "bytes", "us", "%", "GFLOP/s", "GB/s", "roofline")
    working = sum(row.seconds for row in e.rows)
    total = working + e.waiting
    hottest = max(e.rows, key=lambda row: row.seconds, default=None)
    cells: list[tuple[str, ...]] = [columns]
    small = [] if e.all else [row for row in e.rows if row.seconds < SMALL * working]
    folded = {row.number: True for row in small} if len(small) > 1 else {}
    for row in e.rows:
        if row.number not in folded:
            mark = ("|" if row.waits else " ") + ("*" if row is hottest else " ")
            first = (f"{row.number}{mark}", _short(row.name), f"{row.shares}")
            cells.append(first + _numbers(row.cost, row.seconds, row.floor, total))
    if folded:
        work = sum((row.cost for row in small), Cost())
        seconds, floor = (sum(row.seconds for row in small), sum(row.floor for row in small))
        cells.append(
            ("", f"{len(small)} small kernels", "", *_numbers(work, seconds, floor, total))
        )
    waiting = ("", "waits and starts", "", "", "", *_time(e.waiting, total), "", "", "")
    cells += [waiting, ("", "total", "", *_numbers(e.cost, total, e.floor, total))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if place == 1 else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def _numbers(work: Cost, seconds: float, floor: float, total: float) -> tuple[str, ...]:
    counts = (_scaled(work.flops), _scaled(work.bytes))
    if not seconds:
        return (*counts, *_time(seconds, total), "", "", "")
    rates = (f"{work.flops / seconds / 1e9:.1f}", f"{work.bytes / seconds / 1e9:.1f}")
    return (*counts, *_time(seconds, total), *rates, f"{floor / seconds:.0%}")


def _time(seconds: float, total: float) -> tuple[str, str]:
    return f"{seconds * 1e6:.1f}", f"{seconds / total:.1%}" if total else ""


def _foot(e: Explanation) -> list[str]:
    return [
        "| all workers wait for each other first   * takes the longest",
        f"a whole run without clocks takes {e.seconds * 1e6:.1f} us; "
        f"the roofline of all kernels is {e.floor * 1e6:.1f} us",
    ]


def _scaled(number: float) -> str:
    """A number of three digits and a letter.

    >>> _scaled(999), _scaled(7840000), _scaled(999900), _scaled(2e15)
    ('999', '7.84 M', '1.00 M', '2000 T')
    """
    if number < 1000:
        return f"{number:.0f}"
    power = min(int(np.log10(number * 1.0005) / 3), 4)
    number /= 1000**power
    digits = max(0, 2 - int(np.log10(number)))
    return f"{number:.{digits}f} {' kMGT'[power]}"


def _short(name: str) -> str:
    """Fused primitives in order, neighbours of one kind counted, and cut where it gets long."""
    parts = name.split("+")
    groups = [(word, len(list(group))) for word, group in itertools.groupby(parts)]
    words = [word if count == 1 else f"{count} {word}" for word, count in groups]
    note = f" ({len(parts)} fused)" if len(parts) > 1 else ""
    text = "+".join(words)
    if len(text) + len(note) <= _WIDTH:
        return text + note
    kinds = Counter(parts).most_common()
    text = "+".join(f"{n} {word}" if n > 1 else word for word, n in kinds)
    room = _WIDTH - len(note) - 3
    return (text if len(text) <= room else text[:room].rsplit("+", 1)[0] + "+..") + note
