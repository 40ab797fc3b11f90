"""A program with its own memory: one model, as far as numbers are concerned."""

from __future__ import annotations

import ctypes
import math
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import ShapeError
from badak.compiler.graph import Graph, Value
from badak.compiler.kernels.schedule import LARGE
from badak.compiler.loops.loop import Buffer
from badak.compiler.loops.memory import LINE
from badak.compiler.machine.team import TEAM
from badak.compiler.programs.pipeline import lower
from badak.compiler.threads import threads

_SCAN = (
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
)  # fmt: skip
"""What `@scan` takes: see team_text."""

LOOK = 0.05
"""Seconds between two looks at a run that is watched."""

SMALL = 16 * 2**20
"""Bytes of arguments that may be kept, to explain a program with them."""


class Program:
    """Machine code for a graph, with an arena of its own.

    Args:
        graph: what to compute.
        arguments: how many of its first inputs are given at each run; the others are state, which
            stays in the arena from run to run.
        updates: (input, output) positions: after a run the state input has the output's numbers.
        workers: how many threads it runs with; None for as many as there are, or a single one for
            what is done in a moment.
        large: of more elements than so many, strangers do not share loops.

    Raises:
        UnsupportedError: for a primitive without a kernel.
    """

    def __init__(
        self,
        graph: Graph,
        arguments: int = 0,
        updates: Sequence[tuple[int, int]] = (),
        workers: int | None = None,
        large: int = LARGE,
    ) -> None:
        self.workers = workers or threads()
        self.lowered = lowered = lower(graph, arguments, updates, self.workers, large)
        if workers is None and self.workers > 1 and lowered.is_light:
            self.workers = 1
        self.graph, self.plan = lowered.graph, lowered.plan
        self.kernels, self.layout, self.waits = lowered.kernels, lowered.layout, lowered.waits
        self.source = lowered.source
        self.arguments, self.results = lowered.arguments, lowered.results
        self.constants = len(lowered.numbers)
        self._result_specs = [value.spec for value in self.results]
        self._seconds = 0.0
        self.compile_seconds: float | None = None
        sizes = [math.prod(x.shape) * x.dtype.itemsize for x in self.arguments]
        self.is_small = sum(sizes) <= SMALL
        self._last: list[Array] = []
        self._scan: Callable[..., None] | None = None
        memory = np.zeros(self.layout.size + 2 * LINE, np.uint8)
        shift = -memory.ctypes.data % LINE
        self.arena = memory[shift : shift + self.layout.size]
        for value, numbers in lowered.numbers:
            self.array(value)[...] = numbers
        slots = max(len(lowered.slots), 1)
        self._pointers = (ctypes.c_void_p * slots)()
        self._strides = (ctypes.c_int64 * slots)()
        # What workers count in, and progress: see team_text.
        self._counts = np.zeros(64, np.int64)
        self._progress = np.zeros(64, np.int64)
        self._job = (ctypes.c_void_p * 5)(
            self.arena.ctypes.data, ctypes.addressof(self._pointers), self._counts.ctypes.data,
            TEAM.address, self.workers,
        )  # fmt: skip
        job = ctypes.addressof(self._job)
        self._address = ctypes.c_void_p(job)
        self._given = (
            job, ctypes.addressof(self._strides), len(lowered.slots)
        )  # fmt: skip
        self._watched = (self._progress.ctypes.data, TEAM.address, self.workers)

    def _buffer(self, value: Value) -> Buffer:
        return self.lowered.buffer(value)

    def finish(self) -> Callable[..., None]:
        """The machine code that runs the program many times, made when it is first needed.

        Raises:
            MissingExtraError: when llvmlite is not installed.
        """
        start = time.perf_counter()
        code = self.lowered.code
        self.compile_seconds = time.perf_counter() - start
        self._once = code.function("once", ctypes.c_void_p)
        self._scan = code.function("scan", *_SCAN)
        return self._scan

    @property
    def is_finished(self) -> bool:
        """Whether there is machine code already."""
        return self._scan is not None or self.lowered.is_made

    # ------------------------------------------------------------------ running

    def array(self, value: Value) -> Array:
        """The numbers of a state input, or of a constant, as they lie in the arena."""
        buffer = self._buffer(value)
        start = self.layout.offsets[buffer.name]
        end = start + buffer.size * buffer.dtype.itemsize
        return self.arena[start:end].view(buffer.dtype).reshape(value.shape)

    def output(self, position: int) -> Array:
        """An output of the last run: an array of its own, or a state's place in the arena."""
        atom = self.graph.outputs[position]
        for result, array in zip(self.results, self._last, strict=True):
            if result is atom:
                return array
        assert isinstance(atom, Value), "constants were lifted"
        return self.array(self.lowered.renewed[id(atom)])

    def run(self, arguments: Sequence[Array]) -> list[Array]:
        """One run on these arguments; the results, in arrays of their own.

        Raises:
            ShapeError: when an argument has not the shape and dtype of the graph's; nothing is run
                then.
        """
        for position, (value, array) in enumerate(zip(self.arguments, arguments, strict=True)):
            if not (
                array.shape == value.spec.shape
                and array.dtype == value.spec.dtype
                and array.flags.c_contiguous
            ):
                raise ShapeError(
                    f"argument {position} does not fit the program",
                    expected=f"{value.shape} {value.dtype}, row by row",
                    got=f"{array.shape} {array.dtype}",
                )
        self._last = self.run_fitting(arguments)
        return self._last

    def run_fitting(self, arguments: Sequence[Array]) -> list[Array]:
        """One run on arguments that are known to fit."""
        pointers, position = self._pointers, 0
        for array in arguments:
            pointers[position] = address_of(array)
            position += 1
        results = []
        for shape, dtype in self._result_specs:
            array = np.empty(shape, dtype)
            results.append(array)
            pointers[position] = address_of(array)
            position += 1
        if self._scan is None:
            self.finish()
        if self.workers == 1:
            self._once(self._address)
            return results
        TEAM.wake(self.workers, self._seconds)
        start = time.perf_counter()
        self._once(self._address)
        self._seconds = time.perf_counter() - start
        return results

    def scan(
        self,
        count: int,
        arguments: Sequence[Array],
        moving: Sequence[bool],
        watch: Callable[[int], bool] | None = None,
    ) -> tuple[int, list[Array]]:
        """Many runs in one call.

        Args:
            count: how many.
            arguments: as for `run`; of a moving one, an array of `count` of them.
            moving: for each argument whether it has other numbers at each run.
            watch: called about every twentieth of a second with the number of runs done; True ends
                the whole after the run under way.

        Returns:
            How many runs were done, and the results of all of them in arrays one axis larger.
        """
        results = self.begin_scan(count, arguments, moving)
        call = partial(self._scan or self.finish(), *self._given, count, *self._watched)
        start = time.perf_counter()
        try:
            if self.workers > 1:
                TEAM.wake(self.workers, self._seconds * count or LOOK)
            if watch is None:
                call()
            else:
                watched(call, lambda: watch(self.done), self.stop)
        finally:
            self._seconds = (time.perf_counter() - start) / max(self.done, 1)
            self.end_scan()
        return self.done, [array[: self.done] for array in results]

    # What follows is for those who run the scans of several programs: see `crowd`.

    def begin_scan(
        self, count: int, arguments: Sequence[Array], moving: Sequence[bool]
    ) -> list[Array]:
        """Sets everything up for a scan; gives the arrays of its results."""
        results = [np.empty((count, *value.shape), value.dtype) for value in self.results]
        moves = [*moving, *[True] * len(results)]
        for position, array in enumerate([*arguments, *results]):
            self._pointers[position] = address_of(array)
            self._strides[position] = array.strides[0] if moves[position] else 0
        self._progress[:] = 0
        return results

    def scan_call(self, count: int) -> tuple[int, ...]:
        """The function of a scan that was begun, and what it is called with, as whole numbers."""
        scan: Any = self._scan or self.finish()
        return (
            ctypes.cast(scan, ctypes.c_void_p).value or 0,
            *self._given,
            count,
            self._watched[0],
        )

    def end_scan(self) -> None:
        """Puts back what a scan has set up."""
        ctypes.memset(self._strides, 0, ctypes.sizeof(self._strides))

    def stop(self) -> None:
        """Ends a scan after the run under way."""
        self._progress[16] = 1

    @property
    def done(self) -> int:
        """How many runs of the last scan were done."""
        return int(self._progress[0])


_addressof, _first_byte = ctypes.addressof, ctypes.c_char.from_buffer


def address_of(array: Array) -> int:
    """Where the first element lies; three times as fast as `array.ctypes.data` where it may."""
    buffer: Any = array
    try:
        return _addressof(_first_byte(buffer))
    except (TypeError, ValueError):  # read-only, or empty
        return array.ctypes.data


def watched(call: Callable[[], None], watch: Callable[[], bool], stop: Callable[[], None]) -> None:
    """Calls in a thread of its own, so that this one can look at signals and show progress.

    Args:
        call: what takes its time.
        watch: called about every twentieth of a second; True ends the whole.
        stop: makes the call come back soon.
    """
    work = threading.Thread(target=call)
    work.start()
    try:
        while work.is_alive():
            work.join(LOOK)
            if watch():
                break
    finally:  # whatever came up, the run under way is ended
        stop()
        while work.is_alive():
            work.join()
