"""Kill -9 at random moments: nothing that was saved is lost, and no bit of the result differs."""

from __future__ import annotations

import random
import signal
import sys

import pytest

from badak.io import CheckpointFolder
from tests.faults.children import Child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

RUNS, KILLS = 10, 5
"""50 kills in all, each followed by a resume."""

WAYS = [(), ("compiled",)]
"""How they train: the larger part eagerly, for a process that compiles begins more slowly."""


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """What a run that nobody kills ends with, and how long it takes."""

    def result(*words):
        child = Child(tmp_path_factory.mktemp("untouched") / "run", 1, *words)
        assert child.end() == 0
        return child.result

    return {words: result(*words) for words in WAYS}


@pytest.mark.parametrize("run", range(RUNS))
def test_kill_9_at_random_moments(run, untouched, tmp_path):
    words = WAYS[run % 5 == 0]
    result, seconds = untouched[words]
    moments = random.Random(run)
    kills, folder = 0, tmp_path / "0"
    while kills < KILLS:
        child = Child(folder, 1 + run % 3, *words)
        child.wait_for(1)
        child.ends_within(moments.uniform(0, 1.6 * seconds / KILLS))
        status = child.end(signal.SIGKILL)
        if status == 0:
            # It was done before the kill: that one does not count, and another run begins.
            assert child.result[0] == result
            folder = tmp_path / str(kills + 1)
            continue
        assert status == -signal.SIGKILL
        kills += 1
        newest = CheckpointFolder(folder).latest()
        step = 0 if newest is None else newest.record["position"]["step"]
        assert step >= child.saved
    child = Child(folder, 1 + run % 3, *words)

    assert child.end() == 0
    assert child.result[0] == result
