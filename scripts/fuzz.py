"""Runs random programs, and their gradients, as machine code and in NumPy, until the time is up.

    make fuzz MINUTES=60
    python scripts/fuzz.py --minutes 60 --first 0 --workers 2 --out build/fuzz

Each program runs in a child process, so that a crash is a finding and no end. A program that fails
is made as small as it goes, and written into a file that runs alone and shows the failure. The
seeds go on from where the last run ended, unless --first says where to begin.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import queue
import sys
import threading
import time
from pathlib import Path

from badak.compiler.testing import Case, Child, Verdict, drawn, reproducer, shrunk

GRADIENTS = 3
"""Every so many programs are differentiated first."""
LOOPS = 40
"""Of so many programs two also run in the Loop interpreter, which is slow."""
GUARDS = 20
"""Every so many programs run once more with forbidden pages around every buffer."""
TEAMS = 16
"""Every so many programs also run with two and four threads."""
RENEWED = 1000
"""After so many programs a child starts anew, so that its memory stays bounded."""
REPORTED = 60.0
"""Seconds between two lines of statistics."""


class Statistics:
    """What ran so far, and what came of it."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.kinds: collections.Counter[str] = collections.Counter()
        self.unsupported: collections.Counter[str] = collections.Counter()
        self.programs = self.gradients = self.loops = self.numbers = self.free = 0
        self.lock = threading.Lock()

    def add(self, verdict: Verdict, gradients: bool, loops: bool) -> None:
        with self.lock:
            self.programs += 1
            self.gradients += gradients
            self.loops += loops
            self.kinds[verdict.kind] += 1
            self.numbers += verdict.numbers
            self.free += verdict.free
            if verdict.kind == "unsupported":
                self.unsupported[verdict.detail] += 1

    def __str__(self) -> str:
        minutes = (time.monotonic() - self.start) / 60
        found = ", ".join(f"{count:,} {kind}" for kind, count in self.kinds.most_common())
        free = 100 * self.free / max(self.numbers, 1)
        return (
            f"{minutes:6.1f} min  {self.programs:,} programs ({self.gradients:,} with gradients, "
            f"{self.loops:,} also in loops): {found}; {self.numbers:,} numbers, {free:.1f}% free"
        )


def work(
    seeds: queue.Queue[int], until: float, statistics: Statistics, out: Path, failures: list[str]
) -> None:
    """Checks seeds until the time is up; that it cannot is a failure too."""
    try:
        _work(seeds, until, statistics, out, failures)
    except Exception as error:
        failures.append(f"a worker of the fuzzer itself: {error!r}")
        raise


def _work(
    seeds: queue.Queue[int], until: float, statistics: Statistics, out: Path, failures: list[str]
) -> None:
    while time.monotonic() < until:
        with Child() as child:
            for _ in range(RENEWED):
                if time.monotonic() >= until:
                    break
                seed = seeds.get()
                gradients, loops = seed % GRADIENTS == 2, seed % LOOPS < 2
                workers = (1, 2, 4) if seed % TEAMS == 3 else (1,)
                verdict = child.draw(seed, gradients, loops, seed % GUARDS == 4, workers)
                statistics.add(verdict, gradients, loops)
                if verdict.is_failure:
                    failures.append(write(child, seed, gradients, verdict, out))


def write(child: Child, seed: int, gradients: bool, verdict: Verdict, out: Path) -> str:
    """Shrinks a failing program and writes it down; gives a line about it."""
    line = f"seed {seed}{' with gradients' if gradients else ''}: {verdict.kind}: {verdict.detail}"
    print(line, flush=True)
    path = out / f"{verdict.kind}_{seed}{'_gradients' if gradients else ''}.py"
    notes = "".join(f"# {text}\n" for text in line.splitlines())
    try:
        case = drawn(seed, gradients)
    except Exception as error:  # noqa: BLE001  # the program cannot even be drawn
        path.write_text(f"{notes}# not drawn: {error!r}\n", encoding="utf-8")
        return line
    words = verdict.detail.split()[:1] if verdict.kind == "error" else []

    def fails(smaller: Case) -> bool:
        loops, guard = verdict.kind in ("loop", "error"), verdict.kind in ("crash", "guard")
        workers = (1, 2, 4) if verdict.kind in ("crash", "hang", "threads") else (1,)
        answer = child.check(smaller, loops, guard, workers)
        return answer.kind == verdict.kind and answer.detail.split()[: len(words)] == words

    # By its text, a case may turn out right: then what was drawn is kept as it is.
    least = shrunk(case, fails) if fails(case) else case
    path.write_text(notes + reproducer(least), encoding="utf-8")
    print(f"  {len(least.graph.equations)} equations in {path}", flush=True)
    return line


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--first", type=int, help="the first seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    mark = given.out / "next_seed"
    first = given.first
    if first is None:
        first = int(mark.read_text(encoding="utf-8")) if mark.exists() else 0

    statistics = Statistics()
    failures: list[str] = []
    seeds: queue.Queue[int] = queue.Queue(maxsize=given.workers)
    until = statistics.start + 60 * given.minutes
    workers = [
        threading.Thread(target=work, args=(seeds, until, statistics, given.out, failures))
        for _ in range(given.workers)
    ]
    for worker in workers:
        worker.start()
    said = time.monotonic()
    for seed in itertools.count(first):
        while any(worker.is_alive() for worker in workers):
            try:
                seeds.put(seed, timeout=1.0)
                break
            except queue.Full:
                pass
        else:
            mark.write_text(f"{seed}\n", encoding="utf-8")
            break
        if time.monotonic() > said + REPORTED:
            said = time.monotonic()
            print(statistics, flush=True)
    for worker in workers:
        worker.join()
    print(statistics)
    for reason, count in statistics.unsupported.most_common():
        print(f"  unsupported: {count:,} {reason}")
    print(f"{len(failures)} failures", *failures, sep="\n  ")
    return min(len(failures), 1)


if __name__ == "__main__":
    sys.exit(main())
