"""How long each kernel of a program takes: the program once more, with a clock between its kernels.

Each worker notes the time before the first kernel, and after each kernel and each wait. Between two
waits the worker that works longest holds up the others, so its times are the kernels' times; they
add up to the time of the whole, but for what waiting itself takes.
"""

from __future__ import annotations

import ctypes
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.compiler.loops.memory import LINE, Layout
from badak.compiler.machine.engine import Code
from badak.compiler.machine.team import TEAM
from badak.compiler.machine.team_text import team_text

_SCAN = (
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
)  # fmt: skip
"""What `@scan` takes: see team_text."""

_PATIENCE = 0.002
"""Seconds to wait for sleeping workers."""

_CALL = re.compile(r"  call void @(?:(step)_\d+|wait)\(")
_HEAD = "define void @step(ptr %job"

_COUNTERS = {
    "x86_64": "llvm.readcyclecounter",
    "amd64": "llvm.readcyclecounter",
    "aarch64": "llvm.readsteadycounter",
    "arm64": "llvm.readsteadycounter",
}
"""What a program may read by an instruction; elsewhere the system is asked."""

_COUNTER = """\
declare i64 @{counter}()

define internal i64 @now() nounwind {{
  %now = call i64 @{counter}()
  ret i64 %now
}}
"""

_CLOCK = """\
declare i32 @clock_gettime(i32, ptr)

define internal i64 @now() nounwind {
  %at = alloca [2 x i64]
  %ignored = call i32 @clock_gettime(i32 1, ptr %at)
  %after = getelementptr inbounds i64, ptr %at, i64 1
  %seconds = load i64, ptr %at
  %rest = load i64, ptr %after
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %rest
  ret i64 %now
}
"""

_NOTE = """\
define internal ptr @row(ptr %job, i64 %worker) noinline nounwind {{
  %second = getelementptr inbounds i8, ptr %job, i64 8
  %arguments = load ptr, ptr %second, align 8
  %entry = getelementptr inbounds ptr, ptr %arguments, i64 {slot}
  %table = load ptr, ptr %entry, align 8
  %numbers = mul i64 %worker, {width}
  %row = getelementptr inbounds i64, ptr %table, i64 %numbers
  ret ptr %row
}}

define internal void @note(ptr %row, i64 %number) noinline nounwind {{
  %at = getelementptr inbounds i64, ptr %row, i64 %number
  %now = call i64 @now()
  store i64 %now, ptr %at, align 8
  ret void
}}
"""
# The row is found before the last wait: after it the first worker may already have moved the table
# on, or have taken it away.


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of several runs.

    Attributes:
        kernels: (runs, kernels), of the worker that ended last.
        runs: (runs,), from the start of a run to the start of the next.
        workers: how many worked together.
    """

    kernels: Array
    runs: Array
    workers: int


def clock(machine: str) -> str:
    """The text of `i64 @now()`, which counts in units that nobody knows.

    >>> "cycle" in clock("x86_64"), "clock_gettime" in clock("riscv64")
    (True, True)
    """
    counter = _COUNTERS.get(machine)
    return _COUNTER.format(counter=counter) if counter else _CLOCK


def timed_text(source: str, slot: int, machine: str) -> tuple[str, list[int | None]]:
    r"""A program's text with a clock after each kernel and each wait.

    Args:
        source: as `program_text` writes it.
        slot: the position of the table of times among the arguments: an int64 for each note, the
            notes of a worker in a row of `width_of` them.
        machine: the kind of processor.

    Returns:
        The text, with what runs it, and for each note after the first the number of the kernel
        before it, or None where workers wait.

    >>> step = "define void @step(ptr %job, i64 %worker, i64 %workers) {"
    >>> timed_text(f"{step}\n  call void @step_0(ptr %x)", 0, "x86_64")[1]
    [0]
    """
    before, head, step = source.partition(_HEAD)
    notes: list[int | None] = []
    lines = []
    note = "  call void @note(ptr %row, i64 {})".format
    for line in step.splitlines():
        found = _CALL.match(line)
        if found and not notes:
            lines += ["  %row = call ptr @row(ptr %job, i64 %worker)", note(0)]
        lines.append(line)
        if found:
            # Kernels that are alike call one function: they are counted, not named.
            notes.append(sum(n is not None for n in notes) if found[1] else None)
            lines.append(note(len(notes)))
    written = _NOTE.format(slot=slot, width=width_of(notes))
    texts = [before + head + "\n".join(lines), clock(machine), written, team_text(machine)]
    return "\n".join(texts), notes


def width_of(notes: Sequence[int | None]) -> int:
    """Numbers in a row of the table: no two workers write into one line of the cache.

    >>> width_of([0, None, 1]), width_of([None] * 16)
    (16, 32)
    """
    return -(-(len(notes) + 1) // 16) * 16


class Bench:
    """A program at work in a memory of its own.

    Args:
        code: of `@step` and `@scan`.
        layout: where its buffers lie.
        arrays: its arguments and results, in order.

    Attributes:
        arena: the memory, zeros at first.
    """

    def __init__(self, code: Code, layout: Layout, arrays: Sequence[Array] = ()) -> None:
        self._scan = code.function("scan", *_SCAN)
        step: Any = code.function("step", ctypes.c_void_p)
        self._step = int(ctypes.cast(step, ctypes.c_void_p).value or 0)
        memory = np.zeros(layout.size + LINE, np.uint8)
        shift = -memory.ctypes.data % LINE
        self.arena = memory[shift : shift + layout.size]
        self._arrays = list(arrays)

    def run(self, count: int, workers: int, table: Array | None = None) -> float:
        """Seconds of so many runs in a row; the table of times moves on with each."""
        arrays = self._arrays if table is None else [*self._arrays, table]
        slots = max(len(arrays), 1)
        pointers = (ctypes.c_void_p * slots)(*(array.ctypes.data for array in arrays))
        strides = np.zeros(slots, np.int64)
        if table is not None:
            strides[-1] = table[:1].nbytes
        counts, progress = np.zeros(64, np.int64), np.zeros(64, np.int64)
        job = (ctypes.c_void_p * 3)(
            self.arena.ctypes.data, ctypes.addressof(pointers), counts.ctypes.data
        )
        given = (ctypes.addressof(job), strides.ctypes.data, len(arrays), count)
        if workers > 1:
            TEAM.wake(workers, _PATIENCE)
        try:
            start = time.perf_counter()
            self._scan(*given, progress.ctypes.data, TEAM.address, workers)
            return time.perf_counter() - start
        finally:
            # A worker may still be on its way out, and it is this memory that it would be in.
            TEAM.leave(self._step)


def times(bench: Bench, notes: Sequence[int | None], runs: int, workers: int) -> Times:
    """Runs a program whose text has clocks in it, and reads them.

    What counts is the runs that the whole team made, or those of the first worker alone where they
    are more: on a busy machine the others may not be there.
    """
    table = np.zeros((runs, workers, width_of(notes)), np.int64)
    seconds = bench.run(runs, workers, table)
    ticks = table[:, :, : len(notes) + 1]
    starts = np.append(ticks[:, 0, 0], ticks[-1, 0, -1])
    unit = seconds / max(int(starts[-1] - starts[0]), 1)
    # A run for which the team was not there was done by the first worker alone.
    alike = np.asarray(ticks.all(axis=(1, 2)))
    if 2 * alike.sum() < runs:
        alike, ticks = ~alike, ticks[:, :1]
    spent = np.diff(ticks[alike], axis=2) * unit
    return Times(_slowest(spent, notes), np.diff(starts)[alike] * unit, ticks.shape[1])


def _slowest(spent: Array, notes: Sequence[int | None]) -> Array:
    """(runs, workers, notes) to (runs, kernels): between two waits, those of the slowest."""
    kernels = []
    start = 0
    for end, number in enumerate([*notes, None]):
        if number is None:
            stretch = spent[:, :, start:end]
            last = stretch.sum(axis=2).argmax(axis=1)
            kernels.append(stretch[np.arange(len(spent)), last])
            start = end + 1
    return np.concatenate(kernels, axis=1)
