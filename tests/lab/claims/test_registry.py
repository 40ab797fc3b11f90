"""What holds for every claim, by being in the registry."""

from __future__ import annotations

import re

import pytest

from badak.base.errors import BadakFileError, RangeError
from badak.lab.claims import claims, get, run
from badak.lab.claims.experiments import EXPERIMENTS
from badak.lab.claims.registry import TEXTS
from tests.lab.claims.fables import TEXT

ALL = {claim.id: claim for claim in claims()}
RUN = {name: claim for name, claim in ALL.items() if claim.experiment is not None}
TRAINED = {name: claim for name, claim in RUN.items() if claim.experiment == "compare"}
PARTS = ("test", "train", "validation")
MEASURES = {
    *(f"{part} {what}" for part in PARTS for what in ("accuracy", "loss")),
    *("gap", "updates to target", "seconds to target", "learning rate"),
}
"""Of the experiment `compare`."""

QUICK = ("C2", "C14", "C20", "C25", "C35", "C37", "C38", "C39", "C60", "C62")
"""Claims whose experiment takes less than two seconds of one core for two seeds."""


def test_all_72_claims_are_there_once_in_order():
    assert list(ALL) == [f"C{number}" for number in range(1, 73)]
    assert len(claims()) == 72


@pytest.mark.parametrize("name", ALL)
def test_texts_are_whole_sentences_without_names_of_files(name):
    claim = ALL[name]

    for text in (claim.sentence, claim.source, claim.known, claim.protocol):
        assert not re.search(r"\.(md|ipynb|py|txt)\b|(?<![\d.,])00[0-4]\b", text)
    assert claim.sentence.endswith((".", "!", "?"))
    assert claim.protocol.endswith((".", "?"))
    assert claim.known.endswith((".", ")"))


@pytest.mark.parametrize("name", RUN)
def test_the_experiment_exists(name):
    experiment = RUN[name].experiment

    assert experiment in EXPERIMENTS


@pytest.mark.parametrize("name", QUICK)
def test_questions_ask_for_what_the_experiment_gives(name):
    outcome = run(RUN[name], seeds=2)

    assert {answer.question for answer in outcome.answers} == set(RUN[name].questions)


@pytest.mark.parametrize("name", TRAINED)
def test_questions_about_trainings_name_contenders_data_and_measures(name):
    settings = TRAINED[name].settings
    arms = ["as set", "tuned"] if settings.get("tuned", True) else ["as set"]
    places = [
        f"{data}, {variant}" if variant else data
        for data in settings["data"]
        for variant in settings.get("variants", {"": {}})
    ]
    conditions = {f"{place}, {arm}" for place in places for arm in arms}

    for question in TRAINED[name].questions:
        assert {question.first, question.second} <= set(settings["contenders"])
        assert question.measure in MEASURES
        assert question.condition is None or question.condition in conditions


def test_an_unknown_claim_is_told():
    with pytest.raises(RangeError, match="unknown claim 'C73'"):
        get("C73")


def test_a_file_is_named_after_its_claim(tmp_path):
    (tmp_path / "C08.toml").write_text(TEXT)

    with pytest.raises(BadakFileError, match=r"C08\.toml: holds C7"):
        claims(tmp_path)


def test_nothing_else_lies_beside_the_texts():
    assert {path.suffix for path in TEXTS.iterdir()} == {".toml"}
