"""A program run once more with each buffer against a page that may not be touched.

A buffer ends where its page ends, and the next page is forbidden, as is the one before the page on
which it begins: a read or write behind the end, even of one byte, kills the process. (So this is
for a child.) Only where the system has `mprotect`.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Sequence

import numpy as np

from badak.base.dtypes import Array
from badak.compiler.engine import Code
from badak.compiler.graph import Value
from badak.compiler.llvm_text import function
from badak.compiler.loop import Buffer
from badak.compiler.program import Program

_PAGE = mmap.PAGESIZE
_NOTHING = 0
_libc = ctypes.CDLL(None) if hasattr(mmap, "MAP_ANONYMOUS") else None
AVAILABLE = _libc is not None and hasattr(_libc, "mprotect")


class _Guarded:
    """Memory in which every buffer has forbidden pages around it."""

    def __init__(self, buffers: Sequence[Buffer]) -> None:
        self.offsets: dict[str, int] = {}
        forbidden = [0]
        end = _PAGE
        for buffer in buffers:
            size = buffer.size * buffer.dtype.itemsize
            end += -(-size // _PAGE) * _PAGE
            self.offsets[buffer.name] = end - size
            forbidden.append(end)
            end += _PAGE
        self._map = mmap.mmap(-1, end)
        self.bytes = np.frombuffer(self._map, np.uint8)
        self.start = self.bytes.ctypes.data
        assert _libc is not None
        for page in forbidden:
            if _libc.mprotect(ctypes.c_void_p(self.start + page), _PAGE, _NOTHING):
                raise MemoryError("mprotect failed")

    def array(self, buffer: Buffer) -> Array:
        """The numbers of a buffer."""
        start = self.offsets[buffer.name]
        end = start + buffer.size * buffer.dtype.itemsize
        return self.bytes[start:end].view(buffer.dtype)


def run_guarded(program: Program, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of a program for these inputs, its arguments and its state."""
    buffers = list({buffer.name: buffer for buffer in program._buffers.values()}.values())
    memory = _Guarded(buffers)
    own = {name: memory.offsets[name] for name in program._offsets}
    code = Code(function("step", program.kernels, own, program._arguments))
    call = code.function("step", ctypes.c_void_p, ctypes.c_void_p)
    for value in program.graph.inputs[len(arrays) :]:  # the constants
        memory.array(program._buffer(value))[...] = program.array(value).reshape(-1)
    for value, array in zip(program.graph.inputs, arrays, strict=False):
        memory.array(program._buffer(value))[...] = array.reshape(-1)
    pointers = (ctypes.c_void_p * max(len(program._arguments), 1))()
    for name, position in program._arguments.items():
        pointers[position] = memory.start + memory.offsets[name]
    call(memory.start, ctypes.addressof(pointers))
    return [_seen(program, memory, value) for value in program.graph.outputs]


def _seen(program: Program, memory: _Guarded, value: object) -> Array:
    assert isinstance(value, Value), "constants were lifted"
    view = program.plan.view_of(value)
    flat = memory.array(program._buffer(view.base)).copy()
    strides = tuple(stride * flat.itemsize for stride in view.strides)
    return np.lib.stride_tricks.as_strided(flat[view.offset :], view.shape, strides)
