"""What fails: exit code 1, one sentence, no traceback."""

from __future__ import annotations

import errno
import os
import re
import sys

import numpy as np
import pytest

from badak.base.disk import REAL_DISK, using
from badak.base.errors import BadakFileError
from badak.base.lock import FolderLock
from tests.cli.commands import QUICK
from tests.disks import FaultyDisk

MNIST = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gone.csv", None, "no such file"),
        ("empty.csv", "", "no rows"),
        ("text.csv", "a,b\n1,2\nx,3\n", "line 3, column 'a': 'x' is not a number"),
        ("short.csv", "a,b\n1,2\n3\n", "line 3"),
        ("hole.csv", "a,b\n1,2\n,3\n", "the cell is missing"),
        ("bytes.csv", b"a,b\n\xff\xfe,1\n", "is not text in"),
        ("text.npz", "no archive", "damaged, or no .npz archive"),
        ("cut.npz", b"PK\x03\x04", "damaged, or no .npz archive"),
        ("data.pkl", b"\x80\x04", "files of this kind are not read"),
        ("folder.csv", ..., "it is a folder"),
    ],
)
def test_data_that_cannot_be_read(badak, here, name, content, reason):
    if content is ...:
        (here / name).mkdir()
    elif content is not None:
        write(here / name, content)
    before = list(here.iterdir())
    outcome = badak("train", name)

    assert outcome.code == 1
    assert reason in outcome.complaint
    assert name.split(".")[0] in outcome.complaint
    assert list(here.iterdir()) == before


def test_hints_are_in_the_words_of_the_command(badak, here):
    write(here / "t.csv", "a,b\nx,1\n")

    assert "--drop 'a'" in badak("train", "t.csv").complaint


def test_mnist_without_a_network(badak, monkeypatch, here):
    def unplugged(url, *rest, **more):
        raise BadakFileError(f"{url}: no network")

    monkeypatch.setattr("badak.data.sources.download.fetch", unplugged)
    outcome = badak("train", "mnist")

    assert outcome.code == 1
    assert "could not be downloaded" in outcome.complaint
    assert "BADAK_DATA" in outcome.complaint
    assert list(here.iterdir()) == []


def test_mnist_that_is_cut_short(badak, here, monkeypatch):
    for name in MNIST:
        write(
            here / f"{name}-ubyte", b"\0\0\x08\x01\0\0\0\x09123" if "1" in name else b"\0\0\x08\x03"
        )
    monkeypatch.setenv("BADAK_DATA", str(here))
    outcome = badak("train", "mnist")

    assert outcome.code == 1
    assert "train-images-idx3-ubyte" in outcome.complaint


@pytest.mark.parametrize("out", ["file", "file/inside", "n" * 300])
def test_a_folder_that_cannot_be_made(badak, here, out):
    write(here / "file", "")
    outcome = badak("train", "xor", "--out", out)

    assert outcome.code == 1
    assert "cannot make the folder" in outcome.complaint


def test_a_run_folder_that_another_process_holds(badak, here):
    (here / "run").mkdir()
    with FolderLock("run"):
        outcome = badak("train", "xor", "--out", "run")

    assert outcome.code == 1
    assert "is in use by" in outcome.complaint


def test_a_loss_that_is_no_number_is_told_with_its_place(badak, here):
    x = np.random.default_rng(0).normal(size=(200, 3)) * 1e3
    np.savez("large.npz", x=x, t=np.arange(200) % 2)
    settings = ("--lr", "1e30", "--optimizer", "sgd", "--no-batch-norm", "--epochs", "3")
    outcome = badak("train", "large.npz", *settings)
    last = outcome.err.splitlines()[-1]

    assert outcome.code == 1
    assert re.match(r"badak: epoch \d, batch \d+: .*layer '\d'.*try a lower learning rate", last)
    assert "--resume" not in outcome.err  # it would only fail again
    assert outcome.err.count("badak: note: SGD: lr 1e+30 is far above usual") == 1


def test_an_impossible_size_is_no_traceback(badak, here):
    outcome = badak("train", "xor", "--layers", str(10**12))

    assert outcome.code == 1
    assert "not enough memory" in outcome.complaint
    assert list(here.iterdir()) == []


def test_without_matplotlib_there_is_a_hint_and_no_picture(badak, here, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    outcome = badak("train", "xor", *QUICK)

    assert outcome.code == 0
    assert "pip install 'badak[plot]'" in outcome.err
    assert not (here / "runs" / "xor-1" / "curves.png").exists()


def test_an_error_of_the_system_is_one_sentence_and_the_results_are_there(badak, monkeypatch):
    def full(*anything):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "font cache")

    monkeypatch.setattr("badak.train.history.draw", full)
    outcome = badak("train", "xor", *QUICK)

    assert outcome.code == 1
    assert outcome.complaint == "badak: 'font cache': No space left on device"
    assert "Results" in outcome.out


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_every_call_of_the_disk_may_fail(badak, here, undrawn, fault):
    with using(FaultyDisk(REAL_DISK)) as counting:
        badak("train", "xor", *QUICK, "--out", "whole")
    # Each call has its own test; here every eleventh shows that the command says it well.
    for at in range(0, len(counting.calls), 11):
        with using(FaultyDisk(REAL_DISK, at=at, fault=fault)):
            outcome = badak("train", "xor", *QUICK, "--out", f"run-{at}")

        assert outcome.code in (0, 1)
        assert "Traceback" not in outcome.err
        assert outcome.code == 0 or outcome.complaint
