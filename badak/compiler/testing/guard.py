"""A program run once more with each buffer against a page that may not be touched.

A buffer ends where its page ends, and the next page is forbidden: a read or write behind the end,
even of one byte, kills the process. In a second run it begins where its page begins, against a
forbidden one before. What is given to the program lies in pages that may be read only. (So this is
for a child.) Only where the system has `mprotect`.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.compiler.graph import Value
from badak.compiler.loops.footprint import footprint
from badak.compiler.loops.loop import Buffer
from badak.compiler.loops.memory import Layout
from badak.compiler.machine.engine import Code, machine
from badak.compiler.machine.program import program_text
from badak.compiler.machine.team_text import team_text
from badak.compiler.programs.program import Program

_PAGE = mmap.PAGESIZE
_NOTHING, _READ = 0, 1
_libc = ctypes.CDLL(None) if hasattr(mmap, "MAP_ANONYMOUS") else None
AVAILABLE = _libc is not None and hasattr(_libc, "mprotect")


class Guarded:
    """Memory in which every buffer has forbidden pages around it.

    Args:
        buffers: what is kept there.
        behind: whether buffers lie against the page behind them, or against the one before.
    """

    def __init__(self, buffers: Sequence[Buffer], behind: bool = True) -> None:
        self.offsets: dict[str, int] = {}
        self._pages: dict[str, tuple[int, int]] = {}
        forbidden = [0]
        end = _PAGE
        for buffer in buffers:
            start, size = end, buffer.size * buffer.dtype.itemsize
            end += -(-size // _PAGE) * _PAGE
            self.offsets[buffer.name] = end - size if behind else start
            self._pages[buffer.name] = start, end - start
            forbidden.append(end)
            end += _PAGE
        self._map = mmap.mmap(-1, end)
        self.bytes = np.frombuffer(self._map, np.uint8)
        self.start = self.bytes.ctypes.data
        for page in forbidden:
            self._allow(_NOTHING, page, _PAGE)

    def array(self, buffer: Buffer) -> Array:
        """The numbers of a buffer."""
        start = self.offsets[buffer.name]
        end = start + buffer.size * buffer.dtype.itemsize
        return self.bytes[start:end].view(buffer.dtype)

    def close(self, name: str) -> None:
        """Makes a buffer one that may be read only."""
        self._allow(_READ, *self._pages[name])

    def _allow(self, what: int, page: int, size: int) -> None:
        assert _libc is not None
        if size and _libc.mprotect(ctypes.c_void_p(self.start + page), size, what):
            raise MemoryError("mprotect failed")


def run_guarded(program: Program, arrays: Sequence[Array], behind: bool = True) -> list[Array]:
    """The outputs of a program for these inputs, its arguments and its state."""
    buffers = {reach.buffer.name: reach.buffer for k in program.kernels for reach in footprint(k)}
    buffers |= {buffer.name: buffer for buffer in program.lowered.buffers.values()}
    memory = Guarded(list(buffers.values()), behind)
    given = program.layout.arguments
    inside = {name: at for name, at in memory.offsets.items() if name not in given}
    layout = Layout(inside, given, 0, 0)
    kernels = program.kernels
    code = Code(
        program_text("step", kernels, layout, [False] * len(kernels)) + team_text(machine())
    )
    for value in program.graph.inputs[len(arrays) :]:  # the constants
        memory.array(program._buffer(value))[...] = program.array(value).reshape(-1)
        memory.close(program._buffer(value).name)
    for value, array in zip(program.graph.inputs, arrays, strict=False):
        memory.array(program._buffer(value))[...] = array.reshape(-1)
    for value in program.arguments:
        memory.close(program._buffer(value).name)
    pointers = (ctypes.c_void_p * max(len(layout.arguments), 1))()
    for name, position in layout.arguments.items():
        pointers[position] = memory.start + memory.offsets[name]
    counts = (ctypes.c_int64 * 64)()
    job = (ctypes.c_void_p * 3)(memory.start, ctypes.addressof(pointers), ctypes.addressof(counts))
    step = code.function("step", ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    step(ctypes.addressof(job), 0, 1)
    return [_seen(program, memory, value) for value in program.graph.outputs]


def _seen(program: Program, memory: Guarded, value: object) -> Array:
    assert isinstance(value, Value), "constants were lifted"
    view = program.plan.view_of(value)
    flat = memory.array(program._buffer(view.base)).copy()
    strides = tuple(stride * flat.itemsize for stride in view.strides)
    return np.lib.stride_tricks.as_strided(flat[view.offset :], view.shape, strides)
