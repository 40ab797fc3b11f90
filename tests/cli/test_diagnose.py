"""`badak diagnose`: what is wrong with a run."""

from __future__ import annotations

import pytest

from badak.cli.diagnose import changed_config, options
from tests.cli.settings import config

pytestmark = pytest.mark.usefixtures("undrawn")

LOW = ("digits", "--layers", "8", "--no-batch-norm", "--dropout", "0", "--epochs", "2")


@pytest.fixture
def slow(badak, here):
    """A run whose learning rate is far too low."""
    outcome = badak("train", *LOW, "--lr", "1e-7", "--batch-size", "20", "--out", "slow")
    assert outcome.code == 0, outcome.err
    return here / "slow"


def test_evidence_cause_and_the_option_that_mends_it(badak, slow):
    outcome = badak("diagnose", slow)

    assert outcome.code == 0, outcome.err
    assert "lr-too-low, learning suffers: lr 1e-07" in outcome.out
    assert "130 updates have moved the weights by" in outcome.out
    assert "try   badak train digits --lr 0.001" in outcome.out


def test_the_fix_is_proven(badak, slow):
    outcome = badak("diagnose", slow, "--prove")

    assert outcome.code == 0, outcome.err
    assert "lr-too-low: the fix helps; with lr 0.001, accuracy" in " ".join(outcome.out.split())


def test_a_run_without_checkpoints_is_looked_at_before_its_first_update(badak, slow):
    for path in (slow / "checkpoints").iterdir():
        path.unlink()
    (slow / "model.safetensors").unlink()
    outcome = badak("diagnose", slow)

    assert outcome.code == 0, outcome.err
    assert "0 updates in 0 epochs" in outcome.out


def test_a_folder_that_is_no_run(badak, here):
    outcome = badak("diagnose", here)

    assert outcome.code == 1
    assert "is no run" in outcome.complaint


def test_nothing_in_the_run_changes(badak, trained):
    before = {path.name: path.read_bytes() for path in trained.iterdir() if path.is_file()}
    assert badak("diagnose", trained).code == 0

    assert {p.name: p.read_bytes() for p in trained.iterdir() if p.is_file()} == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lr": 0.01}, "--lr 0.01"),
        ({"epochs": 12}, "--epochs 12"),
        ({"batch_size": 32}, "--batch-size 32"),
        ({"dropout": 0.4}, "--dropout 0.4"),
        ({"activation": "tanh"}, "--activation tanh"),
        ({"layers": (20, 10)}, "--layers 20,10"),
    ],
)
def test_a_change_is_an_option(change, words):
    other = changed_config(config(), change)

    assert options(change) == words
    assert other is not None
    tree = other.as_json() | other.as_json()["architecture"]
    assert {name: tree[name] for name in change} == change


@pytest.mark.parametrize("change", [{}, {"momentum": 0.9}, {"lr": 0.01, "balanced": True}])
def test_what_no_option_changes(change):
    assert changed_config(config(), change) is None
