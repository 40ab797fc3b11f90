"""Plants bugs, one line each, and asks the tests whether they notice.

    make mutants
    make mutants ARGS="--only Adam"
    python scripts/mutants.py --only losses --workers 1

The bugs stand in tests/mutants/*.toml: a file, the text to look for, the text to put there, what it
breaks, and the tests that must fail. Each is planted in a copy of the repository. A bug that no
test notices has survived: a test is missing. Exit status: 0 when none survived.
"""

from __future__ import annotations

import argparse
import ast
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LISTS = ROOT / "tests" / "mutants"
COPIED = ("badak", "tests", "conftest.py", "pyproject.toml")
"""What the tests need of the repository."""

PATIENCE = 300
"""Seconds until a bug is taken to have made a test run for ever."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: in this file, `new` in the place of `old`. One of the tests must fail."""

    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.why}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a bug: killed, survived, or an error; and by which test, or why."""

    kind: str
    detail: str = ""


def listed(folder: Path = LISTS) -> list[Mutant]:
    """All bugs, in the order of the files and of their lines.

    Tests that stand above a list's bugs (`tests = [...]`) are those of each of them.
    """
    found = []
    for path in sorted(folder.glob("*.toml")):
        text = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in text["mutant"]:
            tests = tuple(entry.get("tests", text.get("tests", ())))
            found.append(Mutant(entry["file"], entry["old"], entry["new"], entry["why"], tests))
    return found


def fault(mutant: Mutant, root: Path = ROOT) -> str:
    """What makes a bug useless: its text is not there once, changes nothing, is no Python ..."""
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.file} does not exist"
    lost = [test for test in mutant.tests if not (root / test.split("::")[0]).exists()]
    if lost or not mutant.tests:
        return f"{lost[0]} does not exist" if lost else "no tests are named"
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        return f"{mutant.old!r} stands in {mutant.file} {text.count(mutant.old)} times"
    try:
        changed = ast.dump(ast.parse(text.replace(mutant.old, mutant.new)))
    except SyntaxError as error:
        return f"with {mutant.new!r}, {mutant.file} is no Python: {error}"
    return f"{mutant.new!r} says the same" if changed == ast.dump(ast.parse(text)) else ""


def copied(folder: Path) -> Path:
    """The repository once more, as far as tests need it."""
    for name in COPIED:
        origin = ROOT / name
        if origin.is_dir():
            shutil.copytree(origin, folder / name)  # compiled Python as well: it starts faster
        else:
            shutil.copy2(origin, folder / name)
    return folder


def run_tests(root: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """Runs tests in a copy up to the first that fails; the exit status, and what was printed."""
    words = ["-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, *words, *tests],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, f"FAILED to end within {PATIENCE} s"
    return done.returncode, done.stdout + done.stderr


def tried(mutant: Mutant, root: Path) -> Verdict:
    """Plants a bug in a copy, runs its tests, and mends the copy."""
    wrong = fault(mutant, root)
    if wrong:
        return Verdict("error", wrong)
    path = root / mutant.file
    text, times = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    # Python takes a file of the same size and second for the one that it has compiled before.
    os.utime(path, (times.st_atime, times.st_mtime + 10))
    try:
        status, printed = run_tests(root, mutant.tests)
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, (times.st_atime, times.st_mtime))
    by = re.search(r"^FAILED (.*?)( - |$)", printed, re.MULTILINE)
    if status == 1 and by:
        return Verdict("killed", by[1])
    return Verdict("survived") if status == 0 else Verdict("error", _end(printed))


def _end(printed: str) -> str:
    return " / ".join(printed.strip().splitlines()[-3:])


def work(
    waiting: queue.SimpleQueue[Mutant], verdicts: list[tuple[Mutant, Verdict]], total: int
) -> None:
    """Tries bugs in a copy of its own until none is left."""
    with tempfile.TemporaryDirectory(prefix="badak-mutants-") as folder:
        root = copied(Path(folder))
        while True:
            try:
                mutant = waiting.get_nowait()
            except queue.Empty:
                return
            start = time.monotonic()
            verdict = tried(mutant, root)
            verdicts.append((mutant, verdict))
            seconds = time.monotonic() - start
            print(f"{len(verdicts):3}/{total}  {verdict.kind:8}  {seconds:5.1f} s  {mutant}")
            if verdict.detail:
                print(f"{'':29}{verdict.detail}", flush=True)


def main() -> int:
    """Tries every bug; 1 when one survived or could not be planted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="TEXT", default="", help="those whose line holds TEXT")
    parser.add_argument("--workers", metavar="N", type=int, default=2, help="processes at once (2)")
    options = parser.parse_args()

    mutants = [m for m in listed() if options.only.lower() in str(m).lower()]
    if not mutants:
        print(f"no bug in tests/mutants mentions {options.only!r}")
        return 1
    print("the tests without a bug ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="badak-mutants-") as folder:
        every = tuple(dict.fromkeys(test for m in mutants for test in m.tests))
        status, printed = run_tests(copied(Path(folder)), every)
    if status:
        print(f"they fail already, so that nothing can be told: {_end(printed)}")
        return 1

    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    verdicts: list[tuple[Mutant, Verdict]] = []
    workers = [
        threading.Thread(target=work, args=(waiting, verdicts, len(mutants)))
        for _ in range(options.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    kinds = [verdict.kind for _, verdict in verdicts]
    print(", ".join(f"{kinds.count(kind)} {kind}" for kind in ("killed", "survived", "error")))
    for mutant, verdict in verdicts:
        if verdict.kind != "killed":
            print(f"{verdict.kind}: {mutant} {verdict.detail}")
    return int(kinds.count("killed") < len(mutants))


if __name__ == "__main__":
    sys.exit(main())
