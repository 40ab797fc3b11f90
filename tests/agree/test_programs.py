"""Random programs: eager = Graph interpreter = Loop interpreter = machine code.

Each program runs in a child process, so that one that crashes fails alone. What is allowed is
derived from the program itself: see badak/compiler/testing/bounds.py. A failure names its seed;
`make fuzz` shrinks it, and a longer search is `make fuzz MINUTES=60`.
"""

from __future__ import annotations

import concurrent.futures
import os

import pytest

from badak.compiler.testing import Child

PROGRAMS = int(os.environ.get("BADAK_PROGRAMS", "2000"))
"""How many run in the suite."""
LOOPS = 10
"""One in so many also runs in the Loop interpreter, which is slow."""
GUARDS = 20
"""One in so many also runs with forbidden pages around every buffer."""
GRADIENTS = 4
"""One in so many is differentiated first."""
CHILDREN = 2


def failures(first: int, last: int) -> tuple[int, list[str]]:
    """How many of the programs with these seeds ran, and what went wrong."""
    ran, found = 0, []
    with Child() as child:
        for seed in range(first, last):
            gradients = seed % GRADIENTS == 1
            loops, guard = seed % LOOPS == 0, seed % GUARDS == 7
            verdict = child.draw(seed, gradients, loops, guard)
            ran += verdict.kind == "right"
            if verdict.is_failure:
                call = f"child.draw({seed}, {gradients}, {loops}, {guard})"
                found.append(f"{call}: {verdict.kind}: {verdict.detail}")
    return ran, found


@pytest.mark.timeout(900)
def test_random_programs_agree_however_they_run():
    bounds = [PROGRAMS * i // CHILDREN for i in range(CHILDREN + 1)]
    with concurrent.futures.ThreadPoolExecutor(CHILDREN) as pool:
        results = list(pool.map(failures, bounds, bounds[1:]))

    assert [line for _, found in results for line in found] == []
    assert sum(ran for ran, _ in results) >= 0.9 * PROGRAMS
