"""A process that saves in a loop is killed at any moment; a whole checkpoint remains."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

KILLS = 20

# One process forks, kills and looks, so that Python and NumPy start only once.
PROGRAM = """
    import json, os, random, signal, sys, time
    import numpy as np
    from badak.io import CheckpointFolder

    def state(number):
        return {"w": np.full(20_000, number), "b": np.full(3, -number)}, {"number": number}

    def save_for_ever(start, ready):
        folder = CheckpointFolder(sys.argv[1])
        os.write(ready, b"x")
        for number in range(start, 10**9):
            folder.save(number, *state(number))

    rng = random.Random(0)
    number, seen = 0, []
    for _ in range(int(sys.argv[2])):
        ready, started = os.pipe()
        child = os.fork()
        if child == 0:
            save_for_ever(number + 1, started)
        os.read(ready, 1)
        end = time.perf_counter() + rng.uniform(0, 0.02)
        while time.perf_counter() < end:
            pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        latest = CheckpointFolder(sys.argv[1]).latest()
        last, number = number, latest.record["number"] if latest else 0
        if latest:
            tensors, record = state(number)
            assert latest.record == record
            assert all((latest.tensors[name] == tensors[name]).all() for name in tensors)
        assert number >= last
        seen.append(number)
    print(json.dumps(seen))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_kill_9_at_random_moments_never_loses_a_checkpoint(tmp_path):
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(PROGRAM), tmp_path, str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""

    numbers = json.loads(run.stdout)
    assert len(numbers) == KILLS
    assert numbers == sorted(numbers)
    assert numbers[-1] > 0
