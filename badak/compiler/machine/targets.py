"""The registers that programs are written for, and their assembly for other machines than this."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass

from badak.base.errors import unknown_name
from badak.compiler.machine.engine import (
    CodegenError,
    Processor,
    assembly_code,
    binding,
    host_processor,
)


@dataclass(frozen=True, slots=True)
class Host:
    """The vector registers of a machine.

    Args:
        name: of its vector instructions.
        vector_bytes: the size of a register.
        registers: how many there are.
    """

    name: str
    vector_bytes: int
    registers: int

    def vectors_of(self, size: int) -> int:
        """How many vectors of so many bytes the registers hold, one vector taking several if need.

        >>> HOSTS["avx512"].vectors_of(64), HOSTS["avx2"].vectors_of(64)
        (32, 8)
        """
        return self.registers // self.registers_of(size)

    def registers_of(self, size: int) -> int:
        """How many registers a vector of so many bytes takes.

        >>> HOSTS["avx512"].registers_of(64), HOSTS["avx2"].registers_of(64)
        (1, 2)
        """
        return -(-size // self.vector_bytes)


HOSTS = {
    host.name: host
    for host in (
        Host("avx512", 64, 32),
        Host("avx2", 32, 16),
        Host("sse", 16, 16),
        Host("neon", 16, 32),
        Host("other", 16, 16),
    )
}
"""By the name of their vector instructions."""

TARGETS = {
    "avx512": Processor("x86_64-unknown-linux-gnu", "skylake-avx512"),
    "avx2": Processor("x86_64-unknown-linux-gnu", "haswell"),
    "neon": Processor("aarch64-unknown-linux-gnu", "generic"),
}
"""Processors that `assembly` writes for, besides the host."""


@functools.cache
def host() -> Host:
    """The vector registers of this machine.

    Raises:
        MissingExtraError: when llvmlite is not installed.

    >>> host().vectors_of(host().vector_bytes) == host().registers
    True
    """
    return host_of(host_processor())


def host_of(processor: Processor) -> Host:
    """The vector registers of a processor whose features are spelled out.

    >>> host_of(Processor("x86_64-linux-gnu", "haswell", "+avx,+avx2,-avx512f")).name
    'avx2'
    """
    if processor.triple.startswith(("aarch64", "arm64")):
        return HOSTS["neon"]  # every 64-bit ARM has it
    if not processor.triple.startswith(("x86_64", "amd64")):
        return HOSTS["other"]
    features = processor.features.split(",")
    if "+avx512f" in features:
        return HOSTS["avx512"]
    return HOSTS["avx2" if "+avx2" in features else "sse"]


def assembly(source: str, target: str = "host") -> str:
    r"""The assembly text of a program.

    LLVM ends the process for what it cannot translate, so a child process asks it.

    Args:
        source: LLVM's text, as `Program.source`.
        target: "host", or a name of `TARGETS`.

    Raises:
        RangeError: for an unknown target.
        CodegenError: when LLVM makes no code of it.
        MissingExtraError: when llvmlite is not installed.

    >>> source = "define <4 x float> @twice(<4 x float> %x) {"
    >>> source += " %y = fadd <4 x float> %x, %x  ret <4 x float> %y }"
    >>> "fadd\tv0.4s, v0.4s, v0.4s" in assembly(source, "neon")
    True
    """
    if target != "host" and target not in TARGETS:
        raise unknown_name("target", target, ["host", *TARGETS])
    binding()
    processor = host_processor() if target == "host" else TARGETS[target]
    words = [processor.triple, processor.cpu, processor.features]
    program = "from badak.compiler.machine.targets import _child; _child()"
    child = subprocess.run(
        [sys.executable, "-P", "-c", program, *words],
        input=source.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
    )
    if child.returncode:
        lines = child.stderr.decode(errors="replace").splitlines()
        reasons = [line.strip() for line in lines if "error" in line.lower()]
        raise CodegenError(
            f"LLVM makes no code for {target}", got=(reasons or lines or ["no answer"])[-1]
        )
    return child.stdout.decode()


def _child() -> None:
    """Standard input as assembly on standard output, for the processor that the arguments name."""
    triple, cpu, features = sys.argv[1:]
    text = assembly_code(sys.stdin.buffer.read().decode(), Processor(triple, cpu, features))
    sys.stdout.buffer.write(text.encode())
