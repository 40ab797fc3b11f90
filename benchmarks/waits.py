"""What people wait for before the first number: the import, the first loss, the first compile."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import startup

CASE = "deep-convnet"
"""Whose step is compiled."""

Seconds = dict[str, dict[str, list[float]]]
"""By the name of the wait, and by framework."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wait:
    """One of them, in seconds.

    Attributes:
        name: as it is given to `--cases`.
        title: as it stands in the table.
        limit: below this it should be.
        aim: below this we want it.
    """

    name: str
    title: str
    limit: float
    aim: float


@dataclass(frozen=True, slots=True)
class Waits:
    """Some that are measured together, in turns.

    Attributes:
        waits: which.
        measure: with the number of runs, the frameworks, whether it must be quick, and a function
            that is told what is timed.
    """

    waits: tuple[Wait, ...]
    measure: Callable[[int, list[str], bool, Tell], Seconds]


def _imports(runs: int, frameworks: list[str], quick: bool, tell: Tell) -> Seconds:
    """Round by round, the import of both less that of NumPy alone."""
    more = []
    for number in range(runs + 1):
        tell(f"run {number} of {runs}: import numpy, import badak")
        alone = startup.ended("-c", "import numpy")
        both = startup.ended("-c", "import numpy, badak")
        if number:  # the first compiles and warms what is cold
            more.append(both - alone)
    return {"import": {"Badak": more}}


def _first_losses(runs: int, frameworks: list[str], quick: bool, tell: Tell) -> Seconds:
    cold, cached = [], []
    for number in range(runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            tell(f"run {number} of {runs}: badak train digits, nothing compiled before")
            first = startup.first_loss(folder)
            tell(f"run {number} of {runs}: badak train digits, programs on disk")
            second = startup.first_loss(folder)
        if number:
            cold.append(first)
            cached.append(second)
    return {"first-loss-cold": {"Badak": cold}, "first-loss-cached": {"Badak": cached}}


def _compiles(runs: int, frameworks: list[str], quick: bool, tell: Tell) -> Seconds:
    """Two processes after each other, the first with empty caches; peers once."""
    found: Seconds = {"compile-cold": {}, "compile-cached": {}}
    for framework in frameworks:
        if quick and framework == "PyTorch":
            continue
        for number in range(runs if framework == "Badak" else 1):
            with tempfile.TemporaryDirectory() as folder:
                for name, into in found.items():
                    tell(f"run {number + 1}: {framework}, {name}")
                    seconds = _first_call(framework, folder)
                    if seconds is not None:
                        into.setdefault(framework, []).append(seconds)
    return found


def _first_call(framework: str, folder: str) -> float | None:
    """Seconds of the first call of a compiled step, in a process whose caches are in this folder.

    None for a peer that cannot.
    """
    caches = {
        "BADAK_CACHE": f"{folder}/badak",
        "TORCHINDUCTOR_CACHE_DIR": f"{folder}/torch",
        "JAX_COMPILATION_CACHE_DIR": f"{folder}/jax",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    }
    command = [sys.executable, "-m", "benchmarks.first_call", CASE, framework]
    environment = {**startup.ENVIRONMENT, **caches}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode and framework != "Badak":
        return None
    if done.returncode:
        last = (done.stderr.strip() or "without a message").splitlines()[-1]
        raise RuntimeError(f"{framework}: {last}")
    return float(done.stdout.split()[-1])


WAITS = (
    Waits(
        (Wait("import", "import badak, above NumPy's own import", 0.060, 0.030),),
        _imports,
    ),
    Waits(
        (
            Wait("first-loss-cold", "badak train digits to the first loss, cold", 1.5, 1.0),
            Wait("first-loss-cached", "badak train digits to the first loss, cached", 0.9, 0.7),
        ),
        _first_losses,
    ),
    Waits(
        (
            Wait("compile-cold", "first call of the DeepConvNet step, cold", 3.0, 1.0),
            Wait("compile-cached", "first call of the DeepConvNet step, from disk", 0.3, 0.1),
        ),
        _compiles,
    ),
)

HAVE_TERMINALS = os.name == "posix"
"""Whether the first loss on the screen can be seen by a program."""
