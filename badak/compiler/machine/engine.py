"""LLVM, made to run: the only file that imports llvmlite.

Facts of llvmlite 0.50 (LLVM 22): `binding.initialize()` raises, targets are initialised alone; the
pass manager is the new one; an engine takes ownership of its target machine, so each gets its own.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from badak.base.errors import MissingExtraError, RangeError, StateError
from badak.compiler.machine.object_cache import digest, usual_cache

_ready: list[Any] = []

PASSES = ("simplify_cfg", "instruction_combine")
"""What LLVM does to the text before it makes machine code, in order; names as llvmlite has them.

The kernels come unrolled, blocked and vectorised; what is left to do is to merge what their writers
wrote down twice. On the step of a deep convolutional network these two take 0.13 s and the whole
of O3 takes 1.1 s, for code that is 1 % faster there and slower elsewhere. Without them vectors of
sines run 9 % longer, and exponentials 4 %.
"""

_SPEED = 2
"""LLVM's level for making machine code; 3 takes as long and makes the same."""


class CodegenError(StateError):
    """LLVM cannot make machine code of a text."""


@dataclass(frozen=True, slots=True)
class Processor:
    """What machine code is made for, in LLVM's words.

    Args:
        triple: architecture, maker and system.
        cpu: the name of a model.
        features: what it has beyond its model, as "+avx2,-sse4a".

    >>> Processor("aarch64-unknown-linux-gnu", "generic")
    Processor(triple='aarch64-unknown-linux-gnu', cpu='generic', features='')
    """

    triple: str
    cpu: str
    features: str = ""


def _hold_while_forking(lock: Any) -> None:
    """A child must not inherit a lock from a thread that it does not have."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )


MAKING = threading.RLock()
"""Held by whoever makes machine code."""
_hold_while_forking(MAKING)


def binding() -> Any:
    """llvmlite's binding of LLVM, loaded and initialised at its first use.

    Raises:
        MissingExtraError: when llvmlite is not installed.
    """
    if not _ready:
        try:
            import llvmlite.binding as llvm
        except ImportError:
            raise MissingExtraError(
                "llvmlite is not installed", hint="pip install llvmlite"
            ) from None

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()
        _hold_while_forking(llvm.ffi.lib._lock._lock)
        _ready.append(llvm)
    return _ready[0]


@functools.cache
def host_processor() -> Processor:
    """The processor of this machine.

    >>> host_processor() is host_processor()
    True
    """
    llvm = binding()
    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # LLVM cannot tell on every system; then those of the model count
        features = ""
    return Processor(llvm.get_default_triple(), llvm.get_host_cpu_name(), features)


def machine() -> str:
    """The kind of processor, as LLVM calls it: "x86_64", "aarch64", ...

    Raises:
        MissingExtraError: when llvmlite is not installed.
    """
    return host_processor().triple.split("-")[0]


def assembly_code(source: str, processor: Processor) -> str:
    r"""The assembly text for a processor, which need not be this machine's.

    What LLVM cannot say as an error ends the process: `targets.assembly` asks a child.

    Raises:
        CodegenError: when the text is wrong, or LLVM does not know the processor.

    >>> source = "define float @half(float %x) {%y = fmul float %x, 0.5 ret float %y}"
    >>> "fmul\ts0, s0" in assembly_code(source, Processor("aarch64-linux-gnu", "generic"))
    True
    """
    llvm = binding()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    with _improved(source, processor) as (module, machine):
        return str(machine.emit_assembly(module))


class Code:
    """Machine code in memory, taken from the cache on disk where it is there.

    Args:
        source: LLVM's text; its functions return nothing.

    Raises:
        CodegenError: when the text is wrong.

    >>> source = "define void @put(ptr %at) {store float 0.5, ptr %at ret void}"
    >>> place = ctypes.c_float()
    >>> Code(source).function("put", ctypes.c_void_p)(ctypes.addressof(place))
    >>> place.value
    0.5
    """

    def __init__(self, source: str) -> None:
        llvm = binding()
        processor = host_processor()
        cache = usual_cache()
        name = digest(source, *_origin(processor))
        found = cache.load(name) if cache is not None else None
        self.cached = found is not None
        # The engine may still read the object code, so both live as long as this.
        self._object = _object_code(source, processor) if found is None else found
        if cache is not None and found is None:
            cache.store(name, self._object)
        nothing = llvm.parse_assembly("")
        self._engine = llvm.create_mcjit_compiler(nothing, _machine(processor))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(self._object))
        self._engine.finalize_object()

    def function(self, name: str, *arguments: Any) -> Callable[..., None]:
        """A function of the source, to be called with arguments of these ctypes.

        Raises:
            RangeError: when the source has no function of that name.
        """
        address = self._engine.get_function_address(name)
        if not address:
            raise RangeError(f"the program has no function {name!r}")
        function: Any = ctypes.CFUNCTYPE(None, *arguments)(address)
        function.code = self  # whoever has the function has the memory that it is in
        return cast("Callable[..., None]", function)


def _origin(processor: Processor) -> tuple[str, ...]:
    """What machine code depends on besides its source."""
    import llvmlite

    version = ".".join(map(str, binding().llvm_version_info))
    settings = (llvmlite.__version__, version, str(_SPEED), *PASSES)
    return (processor.triple, processor.cpu, processor.features, *settings)


def _object_code(source: str, processor: Processor) -> bytes:
    with _improved(source, processor) as (module, machine):
        return bytes(machine.emit_object(module))


@contextmanager
def _improved(source: str, processor: Processor) -> Iterator[tuple[Any, Any]]:
    """The source as a module of LLVM after all passes, and the machine that makes code of it.

    In a context of its own: what LLVM remembers of constants goes with it.
    """
    llvm = binding()
    machine = _machine(processor)
    try:
        module = llvm.parse_assembly(source, llvm.create_context())
    except RuntimeError as error:
        raise CodegenError("LLVM cannot read a program", got=error) from None
    with module:
        module.triple = processor.triple
        module.data_layout = str(machine.target_data)
        module.verify()
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
        passes = llvm.create_new_function_pass_manager()
        for name in PASSES:
            getattr(passes, f"add_{name}_pass")()
        for function in module.functions:
            if not function.is_declaration:
                passes.run(function, builder)
        yield module, machine


def _machine(processor: Processor) -> Any:
    try:
        target = binding().Target.from_triple(processor.triple)
    except RuntimeError as error:
        raise CodegenError(f"LLVM knows no {processor.triple}", got=error) from None
    return target.create_target_machine(
        cpu=processor.cpu, features=processor.features, opt=_SPEED, jit=True
    )
