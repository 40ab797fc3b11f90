"""`badak compare` and `badak claims`: tables, pages, the store, and mistakes in the words."""

from __future__ import annotations

import json
import os

import pytest

from badak.lab import arena
from badak.lab.claims import experiments, get
from badak.lab.measurement import Measurement
from badak.lab.store import PLACE, Store

FILE = """
data = "moons"
updates = 30
target = 0.6

[base]
layers = [5]

[contenders.slow]
lr = 0.0001

[contenders.fast]
lr = 0.1
"""


@pytest.fixture
def described(here):
    (here / "rates.toml").write_text(FILE)
    return "rates.toml"


def test_a_comparison_prints_ranks_and_keeps_itself(badak, described, here):
    outcome = badak("compare", described, "--seeds", "3")

    assert outcome.code == 0, outcome.err
    table = outcome.out.splitlines()
    assert [line.split()[0] for line in table[2:4]] == ["fast", "slow"]
    assert "better than slow by" in outcome.out
    assert "is anything better than slow by 0.5 points" in " ".join(outcome.out.split())
    assert "runs/rates-1.html" in outcome.err
    assert (here / "runs/rates-1.html").read_text().startswith("<!DOCTYPE html>")
    run = Store(PLACE).run(1)
    assert (run.kind, run.state, run.page) == ("compare", "finished", "runs/rates-1.html")
    assert [row["contender"] for row in run.result["rows"]][:2] == ["fast", "slow"]


def test_the_second_time_nothing_is_trained(badak, described, monkeypatch):
    first = badak("compare", described, "--seeds", "3", "--no-tuning")
    monkeypatch.setattr(arena, "_train", None)  # whoever trains, fails
    again = badak("compare", described, "--seeds", "3", "--no-tuning")

    assert again.code == 0, again.err
    assert "runs/rates-2.html" in again.err
    assert [line.split()[:3] for line in again.out.splitlines()] == [
        line.split()[:3] for line in first.out.splitlines()
    ]


def test_an_interrupted_comparison_says_how_to_go_on(badak, described, monkeypatch):
    whole, trained = arena._train, []

    def interrupted(group, told):
        if len(trained) == 1:
            raise KeyboardInterrupt
        trained.append(group)
        return whole(group, told)

    monkeypatch.setattr(arena, "_train", interrupted)
    outcome = badak("compare", described, "--seeds", "3", "--no-tuning")
    monkeypatch.setattr(arena, "_train", lambda g, told: trained.append(g) or whole(g, told))
    again = badak("compare", described, "--seeds", "3", "--no-tuning")

    assert outcome.code == 130
    assert "the same command goes on" in outcome.err
    assert Store(PLACE).run(1).state == "interrupted"
    assert again.code == 0
    assert len(trained) == 3  # a group for each seed, and none of them twice


def test_what_is_removed_takes_its_trainings_along(badak, described, monkeypatch):
    badak("compare", described, "--seeds", "2", "--no-tuning")
    badak("runs", "rm", "1", "--yes")
    trained, whole = [], arena._train
    monkeypatch.setattr(arena, "_train", lambda g, told: trained.extend(g) or whole(g, told))
    badak("compare", described, "--seeds", "2", "--no-tuning")

    assert len(trained) == 4
    assert [run.number for run in Store(PLACE).runs()] == [2]


def test_options_change_what_is_compared(badak, described):
    badak(
        "compare", described, "--seeds", "2,3", "--no-tuning", "--baseline", "fast",
        "--data", "xor",
        "--updates", "12", "--rows", "50", "--measure", "test loss", "--minimum", "0.5",
        "--page", "here/report.html",
    )  # fmt: skip
    result = Store(PLACE).run(1).result

    settings = result["settings"]
    assert (settings["data"], settings["updates"], settings["rows"]) == ("xor", 12, 50)
    assert (result["baseline"], result["measure"], result["minimum"]) == ("fast", "test loss", 0.5)
    assert os.path.exists("here/report.html")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["compare", "optimisers"], "did you mean 'optimizers'"),
        (["compare", "missing.toml"], "missing.toml"),
        (["compare", "optimizers", "--seeds", "1"], "at least 2 seeds"),
        (["compare", "optimizers", "--seeds", "many"], "--seeds is a number"),
        (["compare", "optimizers", "--data", "digts"], "did you mean 'digits'"),
        (["compare", "optimizers", "--baseline", "Adma"], "did you mean 'Adam'"),
        (["compare", "optimizers", "--measure", "accuracy"], "measure"),
        (["claims", "run"], "no claim is named"),
        (["claims", "run", "C99"], "unknown claim"),
        (["claims", "run", "C3", "--all"], "--all does not go with names"),
        (["claims", "run", "--all", "--budget", "soon"], "is no time"),
        (["claims", "show", "Cx"], "unknown claim"),
    ],
)
def test_wrong_words_are_answered_in_one_line(badak, words, answer):
    outcome = badak(*words)

    assert outcome.code in (1, 2)
    assert outcome.out == ""
    assert answer in outcome.err
    assert outcome.err.count("\n") == 1


def test_ready_made_comparisons_are_listed(badak):
    outcome = badak("compare", "list")

    assert [line.split()[0] for line in outcome.out.splitlines()] == [
        "optimizers", "initializers", "activations", "normalization", "regularization",
        "batch-sizes",
    ]  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    """C72 with an experiment that takes no time: layers separate, one perceptron does not."""

    def logic(seeds, **settings):
        return [
            Measurement(who, question.condition or "xor", question.measure, seed, value)
            for question in get("C72").questions
            for seed in seeds
            for who, value in (
                (question.first, 1.0 if question.better == "larger" else 0.0),
                (question.second, 0.5),
            )
        ]

    monkeypatch.setitem(experiments.EXPERIMENTS, get("C72").experiment, logic)


def test_a_claim_is_tested_and_remembered(badak, quick, here):
    outcome = badak("claims", "run", "c72", "--seeds", "3")
    listed = badak("claims", "list").out.splitlines()

    assert outcome.code == 0, outcome.err
    assert "SUPPORTED" in outcome.out
    assert (here / "runs/claims/C72.html").exists()
    run = Store(PLACE).run(1)
    assert run.seconds == run.result["seconds"] > 0
    assert len(listed) == 73
    assert listed[72].split()[:2] == ["C72", "SUPPORTED"]


def test_a_claim_shows_its_source_and_protocol(badak):
    out = badak("claims", "show", "C21").out

    assert "Deep Learning from Scratch" in out
    assert "protocol:" in out
    assert "known:" in out


def test_results_are_plain_json(badak, described):
    badak("compare", described, "--seeds", "2", "--no-tuning")

    assert json.dumps(Store(PLACE).run(1).result["rows"], allow_nan=True)
