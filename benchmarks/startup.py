"""How long people wait: for the import, for the help, for the first loss on the screen.

    python benchmarks/startup.py [runs]

Each figure is the median and the minimum of several runs with a warm file cache, 15 unless said;
the rounds take turns, so that a busy moment of the machine falls on all alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""As on a user's machine, where modules are compiled once."""

Stopwatch = Callable[[], float]
"""Does the thing once; how many seconds it took."""


def ended(*arguments: str) -> float:
    """Seconds until Python has run these arguments to the end."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def first_loss(cache: str) -> float:
    """Seconds until `badak train digits` shows a loss in a terminal; it is then killed.

    Args:
        cache: the folder of compiled programs; empty for a start on a new machine.
    """
    import pty  # noqa: PLC0415  Windows has no such module

    ours, theirs = pty.openpty()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "badak", "train", "digits", "--out", f"{folder}/run"]
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            env={**ENVIRONMENT, "BADAK_CACHE": cache},
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        seen = b""
        with suppress(OSError):  # Linux reports the end of a terminal as an error
            while b"loss" not in seen and (piece := os.read(ours, 4096)):
                seen += piece
        seconds = time.perf_counter() - started
        process.kill()
        process.wait()
    os.close(ours)
    if b"loss" not in seen:
        raise RuntimeError(f"badak train digits ended without a loss:\n{seen.decode()}")
    return seconds


def first_loss_cold() -> float:
    """With nothing compiled before."""
    with tempfile.TemporaryDirectory() as folder:
        return first_loss(folder)


def measured(runs: int, cache: str) -> dict[str, list[float]]:
    """Seconds of each run of each thing; the cache fills in the first."""
    things: dict[str, Stopwatch] = {
        "python": lambda: ended("-c", "pass"),
        "import numpy": lambda: ended("-c", "import numpy"),
        "import badak": lambda: ended("-c", "import badak"),
        "badak --version": lambda: ended("-m", "badak", "--version"),
        "badak --help": lambda: ended("-m", "badak", "--help"),
        "badak train --help": lambda: ended("-m", "badak", "train", "--help"),
        "first loss, cold": first_loss_cold,
        "first loss, cached": lambda: first_loss(cache),
    }
    for thing in things.values():
        thing()  # compiles and warms what is cold
    rounds = [{name: thing() for name, thing in things.items()} for _ in range(runs)]
    return {name: [each[name] for each in rounds] for name in things}


LIMITS = {
    "import badak": ("import numpy", 60),
    "badak --help": ("python", 300),
    "first loss, cold": (None, 1500),
    "first loss, cached": (None, 900),
}
"""What each may take in milliseconds, above what."""


def table(seconds: dict[str, list[float]]) -> str:
    """The figures for people."""
    lines = [f"{'milliseconds':<22}{'median':>8}{'minimum':>9}   goal"]
    for name, values in seconds.items():
        middle, least = 1000 * statistics.median(values), 1000 * min(values)
        lines.append(f"{name:<22}{middle:>8.0f}{least:>9.0f}{_goal(name, seconds)}")
    return "\n".join(lines)


def _goal(name: str, seconds: dict[str, list[float]]) -> str:
    if name not in LIMITS:
        return ""
    base, limit = LIMITS[name]
    if base is None:
        return f"   {limit}"
    more = [statistics.median(seconds[name]) - statistics.median(seconds[base])]
    more.append(min(seconds[name]) - min(seconds[base]))
    return f"   {base} + {limit}; is {' and '.join(f'+ {1000 * each:.0f}' for each in more)}"


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory() as cache:
        print(table(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 15, cache)))
