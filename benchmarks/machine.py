"""The machine: what it is, and how fast it can multiply and copy at most."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import re
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import badak as bd
from badak.compiler.programs import roofline
from benchmarks.processors import cores

compile_function: Callable[..., Any] = bd.compile

SIZE = 1536
"""Rows and columns of the matrices whose product shows the peak; 28 MB in all."""

COPIED = 256 * 2**20
"""Bytes that are copied to see the bandwidth: more than caches hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What this machine did at most, all cores together.

    Attributes:
        flops: floating-point operations a second, by what did them: products of matrices, and
            multiply-adds of registers alone.
        traffic: bytes read and written a second while copying.
    """

    flops: dict[str, float]
    traffic: float

    def merged(self, other: Limits) -> Limits:
        """The best of two occasions."""
        flops = {name: max(speed, other.flops[name]) for name, speed in self.flops.items()}
        return Limits(flops, max(self.traffic, other.traffic))

    @property
    def peak(self) -> float:
        return max(self.flops.values())

    @property
    def peak_of(self) -> str:
        return max(self.flops, key=lambda name: self.flops[name])


def processor() -> str:
    """The name of the processor, and of its family as compilers call it."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.MULTILINE)
        name = found[1].strip() if found else name
    elif platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        told = subprocess.run(command, check=False, capture_output=True, text=True)
        name = told.stdout.strip() or name
    family = _family()
    return f"{name} ({family})" if family else name


def _family() -> str:
    if not importlib.util.find_spec("llvmlite"):
        return ""
    binding = importlib.import_module("llvmlite.binding")
    return str(binding.get_host_cpu_name())


def busy(seconds: float = 1.0) -> float | None:
    """How many cores others keep busy now; None where nobody counts."""
    before = _ticks()
    time.sleep(seconds)
    after = _ticks()
    if before is None or after is None:
        return None
    spent = [b - a for a, b in zip(before, after, strict=True)]
    idle = spent[3] + spent[4]  # idle, and waiting for a disk
    return (os.cpu_count() or 1) * (1 - idle / max(sum(spent), 1))


def _ticks() -> list[int] | None:
    """What all cores did since the start, in the order of Linux: user, nice, system, idle, ..."""
    path = Path("/proc/stat")
    if not path.exists():
        return None
    return [int(ticks) for ticks in path.read_text().splitlines()[0].split()[1:9]]


def limits(seconds: float = 1.5) -> Limits:
    """Measures the peak and the bandwidth, the best of many tries each."""
    rng = np.random.Generator(np.random.PCG64(0))
    x, y = rng.random((2, SIZE, SIZE), dtype=np.float32)
    out = np.empty_like(x)
    work = 2 * SIZE**3
    flops = {"NumPy's matmul": work / _best(lambda: np.matmul(x, y, out), seconds)}
    if importlib.util.find_spec("torch"):
        torch = importlib.import_module("torch")
        torch.set_num_threads(cores())
        a, b, c = (torch.from_numpy(m) for m in (x, y, out))
        flops["PyTorch's matmul"] = work / _best(lambda: torch.mm(a, b, out=c), seconds)
    flops |= _own_product(seconds)
    traffic = _copying(seconds)
    if importlib.util.find_spec("llvmlite"):
        bare = roofline.measured(cores())
        flops["multiply-adds in registers"] = bare.flops
        traffic = max(traffic, bare.bandwidth)
    return Limits(flops, traffic)


def _own_product(seconds: float) -> dict[str, float]:
    """The product that Badak's compiler writes: one program, and one on each core at once."""
    rows, inner, columns = 384, 512, 384  # the right factor fits into a core's own cache
    x, y = bd.ones((rows, inner)), bd.ones((inner, columns))
    work = 2 * rows * inner * columns
    best = 0.0
    for threads in sorted({1, cores()}):
        programs = [compile_function(lambda x, y: x @ y) for _ in range(threads)]
        with ThreadPoolExecutor(threads) as pool:

            def multiply(pool=pool, programs=programs) -> None:
                list(pool.map(lambda program: [program(x, y) for _ in range(10)], programs))

            best = max(best, 10 * threads * work / _best(multiply, seconds))
    return {"Badak's matmul": best}


def _copying(seconds: float) -> float:
    """Bytes a second, each byte counted as it is read and as it is written."""
    best = 0.0
    for threads in sorted({1, cores()}):
        part = COPIED // threads
        sources = [np.ones(part, np.uint8) for _ in range(threads)]
        targets = [np.zeros(part, np.uint8) for _ in range(threads)]
        with ThreadPoolExecutor(threads) as pool:

            def copy(pool=pool, sources=sources, targets=targets) -> None:
                list(pool.map(np.copyto, targets, sources))

            best = max(best, 2 * part * threads / _best(copy, seconds))
    return best


def _best(act: Callable[[], object], seconds: float) -> float:
    """The shortest time that it took, tried again and again for so many seconds."""
    act()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - began)
    return best
