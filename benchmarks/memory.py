"""The most memory that a contender ever held, seen in a process of its own.

python -m benchmarks.memory CASE FRAMEWORK SETTING
"""

from __future__ import annotations

import json
import multiprocessing
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from benchmarks import cases, measure, peers

STEPS = 50
"""Enough for every buffer to be there."""


def peak(case: str, framework: str, setting: str) -> int | None:
    """Bytes that a new process held at most while it trained for some steps; None if it failed."""
    command = [sys.executable, "-m", "benchmarks.memory", case, framework, setting]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return int(json.loads(done.stdout)) if done.returncode == 0 else None


def _own_peak() -> int:
    """Of this process. Linux counts in a file for the program that runs now.

    What `getrusage` tells includes the process that this one was started from.
    """
    if peak := _peak_of("self"):
        return peak
    import resource  # noqa: PLC0415  Windows has no such module

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _peak_of(process: str) -> int:
    """Of a process that Linux has under this name; 0 where nobody counts."""
    with suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text()
        if found := re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE):
            return int(found[1]) * 1024
    return 0


def _children() -> list[str]:
    """The processes among which this one has divided its work."""
    return [str(child.pid) for child in multiprocessing.active_children()]


def main(case_name: str, framework: str, setting: str) -> None:
    (case,) = (case for case in cases.CASES if case.name == case_name)
    row = peers.contenders(case, framework)
    (contender,) = (contender for contender in row if contender.setting == setting)
    started = measure.start(contender)
    started.trainee.run(STEPS)
    print(json.dumps(_own_peak() + sum(map(_peak_of, _children()))))
    started.trainee.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
