"""Starts the program of this folder in a process of its own, and kills it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "tests.faults.program"]


class Child:
    """The training program, started now; what it prints is added to a file beside its folder."""

    def __init__(self, folder: Path, every: int, *more: str) -> None:
        self._log = folder.with_suffix(".log")
        self._ready, ready = os.pipe()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, os.fspath(folder), str(every), *more],
                cwd=ROOT,
                env=os.environ | {"READY": str(ready)},
                pass_fds=[ready],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        os.close(ready)

    def wait_for(self, count: int) -> None:
        """Returns when that many more bytes have come: one for its begin, one for each update."""
        for _ in range(count):
            assert os.read(self._ready, 1), self.text

    def ends_within(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, signal_number: int | None = None) -> int:
        """Its exit status, after a signal if one is given."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        status = self.process.wait(120)
        os.close(self._ready)
        return status

    @property
    def text(self) -> str:
        return self._log.read_text()

    @property
    def saved(self) -> int:
        """The step that it knew to be safe."""
        steps = [line.split()[1] for line in self.text.splitlines() if line.startswith("saved ")]
        return int(steps[-1]) if steps else 0

    @property
    def result(self) -> tuple[str, float]:
        """What it printed at its end: digest, and seconds from begin to end."""
        word, digest, seconds = self.text.splitlines()[-1].split()
        assert word == "end", self.text
        return digest, float(seconds)
