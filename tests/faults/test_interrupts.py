"""Ctrl-C and SIGTERM from outside: a checkpoint that can be resumed, and the usual exit status."""

from __future__ import annotations

import signal
import sys

import pytest

from badak.io import CheckpointFolder
from tests.faults.children import Child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals between processes")


@pytest.fixture(scope="module", params=[(), ("compiled",)], ids=["eager", "compiled"])
def way(request):
    return request.param


@pytest.fixture(scope="module")
def untouched(way, tmp_path_factory):
    child = Child(tmp_path_factory.mktemp("untouched") / "run", 0, *way)
    assert child.end() == 0
    return child.result[0]


# A program that ends by an unhandled KeyboardInterrupt has status -2, which a shell shows as 130.
@pytest.mark.parametrize(
    ("number", "status", "last"),
    [(signal.SIGINT, -signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, 143, "saved ")],
)
def test_a_signal_saves_the_state_that_it_found(number, status, last, way, untouched, tmp_path):
    folder = tmp_path / "run"
    child = Child(folder, 0, "waits", *way)
    child.wait_for(1 + 4)  # in the middle of the first epoch, before anything was saved
    assert child.end(number) == status
    assert child.text.splitlines()[-1].startswith(last)
    assert CheckpointFolder(folder).numbers() == [4]

    again = Child(folder, 0, *way)
    assert again.end() == 0
    assert again.result[0] == untouched


def test_the_second_ctrl_c_ends_an_update_that_does_not_end(tmp_path):
    child = Child(tmp_path / "run", 2, "stuck")
    child.wait_for(1 + 4 + 1)  # in the fifth update
    child.process.send_signal(signal.SIGINT)
    child.wait_for(1)  # the signal has come, and the fifth update goes on

    assert child.end(signal.SIGINT) == -signal.SIGINT
    assert CheckpointFolder(tmp_path / "run").numbers() == [2, 4]
