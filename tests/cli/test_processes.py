"""What only a process of its own shows: signals, terminals, readers that leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.cli.commands import child, history

posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of Unix")
TRAINING = ("train", "xor", "--layers", "6", "--epochs", "15")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that nothing has happened to."""
    run = tmp_path_factory.mktemp("whole") / "run"
    process = child(*TRAINING, "--out", str(run))
    process.communicate()
    assert process.returncode == 0
    return run


@posix
@pytest.mark.parametrize(
    ("name", "code", "word"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated"), ("SIGKILL", -9, None)],
)
def test_a_run_goes_on_after_a_signal_to_the_same_bits(
    badak, undrawn, here, whole, name, code, word
):
    process = child(*TRAINING, "--out", "run")
    lines = iter(process.stderr.readline, b"")
    assert any(line.startswith(b"epoch  2/15") for line in lines)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate()

    assert (process.returncode, out) == (code, b"")
    hint = f"badak: {word}; to go on: badak train --resume run\n" if word else ""
    assert err.decode().endswith(hint)
    assert b"Traceback" not in err
    assert badak("train", "--resume", "run").code == 0
    model = "model.safetensors"
    assert (here / "run" / model).read_bytes() == (whole / model).read_bytes()
    assert history(here / "run") == history(whole)


@posix
def test_a_terminal_shows_a_bar_before_the_first_epoch_ends(here):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = child(*TRAINING[:-1], "2", stderr=theirs)
    os.close(theirs)
    screen = b""
    with suppress(OSError):  # Linux reports the end of a terminal as an error
        while piece := os.read(ours, 4096):
            screen += piece
    os.close(ours)
    out, _ = process.communicate()

    assert process.returncode == 0
    before, _, after = screen.partition(b"epoch 1/2  loss")
    assert "╌".encode() in before
    assert b"loss" in before
    assert b"epoch 2/2  loss" in after
    assert out.startswith(b"Results\n")
    assert b"\x1b" not in out


@posix
@pytest.mark.parametrize(
    "arguments", [("--version",), ("data", "list"), ("train", "--help"), (*TRAINING[:-1], "1")]
)
def test_a_reader_that_leaves_is_no_reason_to_complain(here, arguments):
    ours, theirs = os.pipe()
    os.close(ours)
    process = child(*arguments, stdout=theirs)
    os.close(theirs)
    _, err = process.communicate()

    assert process.returncode == 1
    assert b"Traceback" not in err
    assert b"Broken" not in err


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_results_that_cannot_be_written_are_a_failure(here):
    with open("/dev/full", "wb") as full:
        process = child("data", "list", stdout=full)
        _, err = process.communicate()

    assert process.returncode == 1
    assert err == b"badak: No space left on device\n"


def test_a_screen_without_the_letters_still_gets_the_table(here, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    process = child(*TRAINING[:-1], "1", "--out", "이름")
    out, err = process.communicate()

    assert process.returncode == 0, err
    assert b"Results" in out


def test_the_module_is_the_command():
    program = "import badak.__main__, sys; assert 'badak.cli' in sys.modules"

    assert subprocess.run([sys.executable, "-c", program], check=True).returncode == 0
