"""LLVM, made to run: the only file that imports llvmlite.

Facts of llvmlite 0.50 (LLVM 22): `binding.initialize()` raises, targets are initialised alone; the
pass manager is the new one; an engine takes ownership of its target machine, so each gets its own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from badak.base.errors import MissingExtraError

_ready: list[Any] = []


def _llvm() -> Any:
    """The binding, loaded and initialised at its first use.

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
        _ready.append(llvm)
    return _ready[0]


def _machine(llvm: Any) -> Any:
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


class Code:
    """Machine code in memory."""

    def __init__(self, source: str) -> None:
        llvm = _llvm()
        module = llvm.parse_assembly(source)
        module.verify()
        machine = _machine(llvm)
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        self.optimized = str(module)
        # The engine frees the code when it goes, so it lives as long as this object.
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()

    def function(self, name: str, *arguments: Any) -> Callable[..., None]:
        """A function of the source, to be called with arguments of these ctypes."""
        return ctypes.CFUNCTYPE(None, *arguments)(self._engine.get_function_address(name))
