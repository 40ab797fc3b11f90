"""A run that was broken off and resumed ends as one that was not."""

from __future__ import annotations

import os
import shutil

import pytest

from badak.base.lock import FolderLock
from badak.cli.run import KeepHistory
from tests.cli.commands import history

TRAINING = ("train", "xor", "--layers", "6", "--epochs", "4", "--patience", "9")
"""Ten batches an epoch, with dropout and batch normalisation."""

pytestmark = pytest.mark.usefixtures("undrawn")


class Killed(BaseException):
    """Ends a training as kill -9 does: nobody gets to save."""


def broken_off(badak, monkeypatch, step, error=KeyboardInterrupt, run="run"):
    """Starts the training and raises the error after a step of it."""

    def stop(self, trainer, loss):
        if trainer.position.step == step:
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(KeepHistory, "on_batch_end", stop)
        return badak(*TRAINING, "--out", run)


@pytest.fixture
def whole(badak, here):
    """The run that nothing has happened to."""
    assert badak(*TRAINING, "--out", "whole").code == 0
    return here / "whole"


def same(run, whole):
    model = "model.safetensors"
    return (run / model).read_bytes() == (whole / model).read_bytes() and history(run) == history(
        whole
    )


@pytest.mark.parametrize("step", [1, 10, 17, 40])
def test_an_interrupted_run_goes_on_to_the_same_bits(badak, here, whole, monkeypatch, step):
    outcome = broken_off(badak, monkeypatch, step)

    assert outcome.code == 130
    assert outcome.complaint == "badak: interrupted; to go on: badak train --resume run"
    assert outcome.out == ""
    assert badak("train", "--resume", "run").code == 0
    assert same(here / "run", whole)


@pytest.mark.parametrize("step", [1, 10, 25])
def test_a_killed_run_goes_on_to_the_same_bits(badak, here, whole, monkeypatch, step):
    monkeypatch.setattr("badak.train.course.Course._fail", lambda *facts: None)
    with pytest.raises(Killed):
        broken_off(badak, monkeypatch, step, Killed)
    shutil.copytree("run", "left")  # this process is alive, and so are its locks

    assert badak("train", "--resume", "left").code == 0
    assert same(here / "left", whole)


def test_a_run_broken_off_time_and_again_ends_the_same(badak, here, whole, monkeypatch):
    broken_off(badak, monkeypatch, 3)
    with monkeypatch.context() as patch:
        patch.setattr(KeepHistory, "on_epoch_end", lambda *facts: _raise())
        codes = [badak("train", "--resume", "run").code for _ in range(3)]

    assert codes == [130, 130, 130]
    assert badak("train", "--resume", "run").code == 0
    assert same(here / "run", whole)


def _raise():
    raise KeyboardInterrupt


def test_a_run_that_was_moved_goes_on(badak, here, whole, monkeypatch):
    broken_off(badak, monkeypatch, 12)
    (here / "away").mkdir()
    os.replace(here / "run", here / "away" / "moved run")

    assert badak("train", "--resume", "away/moved run").code == 0
    assert same(here / "away" / "moved run", whole)


def test_the_hint_can_be_pasted_into_a_shell(badak, monkeypatch):
    outcome = broken_off(badak, monkeypatch, 2, run="my run")

    assert outcome.complaint.endswith("badak train --resume 'my run'")


def test_a_finished_run_takes_more_epochs(badak, here, whole):
    assert badak(*TRAINING, "--epochs", "2", "--out", "run").code == 0
    assert badak("train", "--resume", "run", "--epochs", "4").code == 0

    assert same(here / "run", whole)
    assert (here / "run" / "config.json").read_bytes() == (
        here / "whole" / "config.json"
    ).read_bytes()


def test_a_finished_run_is_only_reported_again(badak, here, whole):
    before = (whole / "model.safetensors").read_bytes()
    outcome = badak("train", "--resume", whole)

    assert outcome.code == 0
    assert outcome.out.startswith("Results")
    assert "epoch 5" not in outcome.err
    assert (whole / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("more", [(), ("--epochs", "60")])
def test_a_run_that_stopped_early_stays_stopped(badak, here, more):
    badak(
        "train",
        "xor",
        "--layers",
        "2",
        "--epochs",
        "40",
        "--patience",
        "1",
        "--lr",
        "0.3",
        "--out",
        "run",
    )
    model, records = (here / "run" / "model.safetensors").read_bytes(), history(here / "run")
    outcome = badak("train", "--resume", "run", *more)

    assert len(records) < 40
    assert "stopped early" in outcome.err
    assert history(here / "run") == records
    assert more or (here / "run" / "model.safetensors").read_bytes() == model


def test_the_best_weights_survive_a_break(badak, here, monkeypatch):
    training = ("train", "xor", "--layers", "2", "--epochs", "40", "--patience", "2", "--lr", "0.3")
    assert badak(*training, "--out", "whole").code == 0
    monkeypatch.setattr("tests.cli.test_resume.TRAINING", training)
    last = len(history(here / "whole")) * 10
    broken_off(badak, monkeypatch, last - 5)

    assert badak("train", "--resume", "run").code == 0
    assert same(here / "run", here / "whole")


def test_a_run_in_use_is_left_alone(badak, whole):
    with FolderLock(whole):
        outcome = badak("train", "--resume", whole, "--epochs", "9")

    assert outcome.code == 1
    assert "is in use by" in outcome.complaint
    assert '"epochs": 4' in (whole / "config.json").read_text()


def test_other_data_under_the_same_name_is_refused(badak, here, pets):
    badak("train", pets, "--epochs", "1", "--out", "run")
    pets.write_text(pets.read_text().replace("1.5", "1.25"))
    outcome = badak("train", "--resume", "run", "--epochs", "2")

    assert outcome.code == 1
    assert "the checkpoint is of another training" in outcome.complaint


def test_a_damaged_newest_checkpoint_is_passed_over(badak, here, whole, monkeypatch):
    broken_off(badak, monkeypatch, 35)
    newest = max((here / "run" / "checkpoints").glob("*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:-10])
    outcome = badak("train", "--resume", "run")

    assert outcome.code == 0
    assert "badak: note: " in outcome.err
    assert same(here / "run", whole)
