"""`badak runs`: everything that was trained and compared is found, read, compared and removed."""

from __future__ import annotations

import io
import json
import math
import os
import sys

import pytest

from badak.base.lock import FolderLock
from badak.cli import run as run_folder
from badak.cli.run import RunFolder
from badak.lab.store import Store
from badak.train import History
from tests.cli.settings import config

ROWS = [
    {"contender": "Adam", "condition": "tuned", "test accuracy": 0.97361, "low": 0.96, "rank": 1},
    {"contender": "SGD", "condition": "tuned", "test accuracy": 0.95, "low": math.nan, "rank": 2},
]
SENTENCE = "Adam is ahead of SGD."


@pytest.fixture
def compared(here):
    """A comparison of 3 seeds and one of 5, in the store."""
    for seeds, accuracy in ((3, 0.97361), (5, 0.98)):
        rows = [{**ROWS[0], "test accuracy": accuracy}, ROWS[1]]
        with Store().begin("compare", "optimizers", {"data": ["digits"], "seeds": seeds}) as run:
            run.finish(
                {"kind": "comparison", "title": "x", "rows": rows, "sentence": SENTENCE},
                page="runs/page.html",
            )


def folder(name, *, accuracy=0.5, finished=True, **changes):
    """What a training leaves behind, without the training."""
    run = RunFolder(os.path.join("runs", name))
    os.makedirs(run.path / "checkpoints")
    settings = {"epochs": 2, "batch_size": 10, "outputs": 2, "input_shape": (2,)} | changes
    run.save_config(config(**settings))
    records = [
        {"epoch": number, "loss": 0.5 / number, "val_accuracy": accuracy, "seconds": 1.5}
        for number in (1, 2)
    ]
    History(records).save(run.history_path)
    (run.path / "checkpoints" / "checkpoint-00000010.safetensors").touch()
    if finished:
        run.model_path.touch()
    return run


def lines(outcome):
    assert outcome.code == 0, outcome.err
    return [line.split() for line in outcome.out.splitlines()]


# ---- list -------------------------------------------------------------------------------------


def test_without_runs_the_list_says_how_to_make_one(badak, here):
    outcome = badak("runs", "list")

    assert outcome.out == "No runs yet. To make one:  badak train digits\n"
    assert list(here.iterdir()) == []


def test_trainings_and_comparisons_stand_in_one_list_newest_first(badak, compared):
    for name, time in (("old", 0), ("new", 4e9)):
        os.utime(folder(name, accuracy=0.75).config_path, (time, time))
    os.mkdir(os.path.join("runs", "no-run"))
    found = lines(badak("runs", "list"))

    assert found[0] == ["run", "kind", "name", "began", "seconds", "outcome"]
    assert [line[0] for line in found[1:]] == ["runs/new", "2", "1", "runs/old"]
    assert found[1][1:4] == ["training", "xor,", "mlp"]
    assert found[1][-3:] == ["3.0", "val_accuracy", "0.75"]
    assert found[2][1:3] == ["compare", "optimizers"]
    assert " ".join(found[2]).endswith(SENTENCE)


def test_what_has_not_ended_is_seen_as_such(badak, here):
    folder("half", finished=False)
    with Store().begin("claim", "C21", {}):
        running = badak("runs", "list").out
    stopped = badak("runs", "list").out

    assert "val_accuracy 0.5 (unfinished)" in running
    assert "(running)" in running
    assert "(interrupted)" in stopped


def test_a_damaged_run_hides_no_other(badak, compared):
    folder("whole")
    folder("damaged").config_path.write_text("{")
    outcome = badak("runs", "list")

    assert sorted(line[0] for line in lines(outcome)) == ["1", "2", "run", "runs/whole"]
    assert "damaged/config.json: not JSON" in outcome.complaint


def test_a_damaged_store_is_one_sentence(badak, here):
    os.mkdir("runs")
    (here / "runs" / "lab.db").write_text("rubbish " * 99)
    outcome = badak("runs", "list")

    assert outcome.code == 1
    assert "cannot read the run store" in outcome.complaint


def test_a_training_is_listed_and_shown(badak, trained, undrawn):
    shown = badak("runs", "show", "trained")

    assert shown.out.startswith("training: xor, mlp\n")
    assert "architecture.layers      6\n" in shown.out
    last = json.loads((trained / "history.jsonl").read_text().splitlines()[-1])
    value = f"{last['val_accuracy']:.4g}"
    assert ["val_accuracy", value] in [line.split() for line in shown.out.splitlines()]
    assert shown.err == ""


# ---- show -------------------------------------------------------------------------------------


def test_a_comparison_shows_its_table_whatever_its_columns(badak, compared):
    outcome = badak("runs", "show", "1")

    assert outcome.out.startswith("compare: optimizers\n")
    assert "data   digits\nseeds  3\n" in outcome.out
    assert (
        "contender  condition  test accuracy   low  rank\n"
        "Adam       tuned             0.9736  0.96     1\n"
        "SGD        tuned               0.95   nan     2\n"
        f"\n{SENTENCE}\n\nReport: runs/page.html\n"
    ) in outcome.out


def test_other_results_are_shown_as_they_are(badak, here):
    with Store().begin("claim", "C21", {}) as run:
        run.finish({"verdict": "SUPPORTED", "effects": [{"size": 1.5, "sure": True}]})
    out = badak("runs", "show", "1").out

    assert "Settings\nnone\n" in out
    assert "verdict         SUPPORTED\neffects.0.size  1.5\neffects.0.sure  yes\n" in out


def test_a_run_without_an_end_is_shown(badak, here):
    Store().begin("compare", "optimizers", {"seeds": 3})
    folder("young", finished=False).history_path.unlink()

    assert badak("runs", "show", "1").out.endswith("Result\nnone\n")
    assert badak("runs", "show", "young").out.endswith("Last epoch\nnone\n")


@pytest.mark.parametrize("command", [("show",), ("rm", "--yes"), ("compare", "1")])
def test_an_unknown_run_is_told(badak, compared, command):
    for word, code, match in (("9", 2, "there is no run 9"), ("nope", 1, "nope is no run")):
        outcome = badak("runs", *command, word)

        assert outcome.code == code
        assert match in outcome.complaint


# ---- compare ----------------------------------------------------------------------------------


def test_two_trainings_side_by_side(badak, here):
    folder("a", accuracy=0.5)
    folder("b", accuracy=0.75, lr=0.01)
    found = lines(badak("runs", "compare", "a", "runs/b"))

    assert found == [
        ["Settings", "that", "differ"],
        ["runs/a", "runs/b"],
        ["lr", "0.002", "0.01"],
        [],
        ["Results"],
        ["runs/a", "runs/b"],
        ["epoch", "2", "2"],
        ["loss", "0.25", "0.25"],
        ["val_accuracy", "0.5", "0.75"],
    ]


def test_two_comparisons_side_by_side(badak, compared):
    out = badak("runs", "compare", "1", "2").out

    assert ["seeds", "3", "5"] in [line.split() for line in out.splitlines()]
    assert ["Adam:", "test", "accuracy", "0.9736", "0.98"] in [
        line.split() for line in out.splitlines()
    ]
    assert "condition" not in out  # the same word on both sides
    assert out.endswith(f"1: {SENTENCE}\n\n2: {SENTENCE}\n")


def test_rows_that_share_their_first_cell_are_told_apart(badak, here):
    for value in (1.0, 2.0):
        rows = [{"who": "Adam", "where": w, "value": value} for w in ("digits", "mnist")]
        with Store().begin("compare", "x", {}) as run:
            run.finish({"rows": rows})
    found = lines(badak("runs", "compare", "1", "2"))

    assert found[0] == ["The", "settings", "are", "the", "same"]
    assert found[-2:] == [
        ["Adam,", "digits:", "value", "1", "2"],
        ["Adam,", "mnist:", "value", "1", "2"],
    ]


def test_rows_that_are_all_alike_are_numbered(badak, here):
    for value in (1, 2):
        with Store().begin("figure", "x", {}) as run:
            run.finish({"rows": [{"value": value}, {"value": value}]})
    found = lines(badak("runs", "compare", "1", "2"))

    assert found[-2:] == [["row", "1:", "value", "1", "2"], ["row", "2:", "value", "1", "2"]]


def test_a_training_and_a_comparison_are_not_compared(badak, compared):
    folder("a")
    outcome = badak("runs", "compare", "a", "1")

    assert outcome.code == 2
    assert "two runs of one kind" in outcome.complaint


# ---- rm ---------------------------------------------------------------------------------------


def answer(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize("word", ["1", "a"])
def test_what_is_removed_is_asked_for(badak, compared, word, monkeypatch):
    folder("a")
    answer(monkeypatch, "n\n")
    kept = badak("runs", "rm", word)
    assert "stays" in kept.err
    assert badak("runs", "show", word).code == 0

    answer(monkeypatch, "")
    unanswered = badak("runs", "rm", word)
    assert (unanswered.code, "nobody has answered" in unanswered.err) == (1, True)
    assert badak("runs", "show", word).code == 0

    answer(monkeypatch, "y\n")
    assert "removed" in badak("runs", "rm", word).err
    assert badak("runs", "show", word).code != 0


def test_a_folder_is_removed_without_a_trace(badak, here):
    folder("a")
    folder("b")

    assert badak("runs", "rm", "runs/a", "--yes").code == 0
    assert os.listdir("runs") == ["b"]


def test_the_files_of_others_stay(badak, here):
    run = folder("a")
    (run.path / "notes.txt").write_text("mine")
    outcome = badak("runs", "rm", "a", "-y")

    assert "holds other files, which stay" in outcome.err
    assert os.listdir(run.path) == ["notes.txt"]


def test_a_run_in_use_stays(badak, here):
    run = folder("a")
    with FolderLock(run.path):
        outcome = badak("runs", "rm", "a", "--yes")
    with Store().begin("compare", "x", {}):
        other = badak("runs", "rm", "1", "--yes")

    assert (outcome.code, other.code) == (1, 1)
    assert "is in use by this process" in outcome.complaint
    assert "run 1 is running" in other.complaint
    assert badak("runs", "show", "a").code == 0
    assert run.model_path.exists()


def test_a_folder_that_is_no_run_is_never_removed(badak, here):
    os.makedirs("runs/photos/checkpoints")
    outcome = badak("runs", "rm", "runs/photos", "--yes")

    assert outcome.code == 1
    assert os.path.isdir("runs/photos/checkpoints")


def test_the_place_of_runs_is_that_of_the_store():
    assert Store().path == os.path.join(os.getcwd(), run_folder.RUNS, "lab.db")
