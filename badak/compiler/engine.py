"""LLVM, made to run: the only file that imports llvmlite.

Facts of llvmlite 0.50 (LLVM 22): `binding.initialize()` raises, targets are initialised alone; the
pass manager is the new one; an engine takes ownership of its target machine, so each gets its own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm

_ready: list[bool] = []


def _initialize() -> None:
    if not _ready:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        _ready.append(True)


def _machine() -> Any:
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


class Code:
    """Machine code in memory, callable by the name of its function."""

    def __init__(self, source: str, name: str) -> None:
        _initialize()
        module = llvm.parse_assembly(source)
        module.verify()
        machine = _machine()
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        self.optimized = str(module)
        # The engine frees the code when it goes, so it lives as long as this object.
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        address = self._engine.get_function_address(name)
        self.call: Callable[[int], None] = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)
