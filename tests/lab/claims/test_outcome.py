from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakFileError
from badak.lab.claims import Answer, Claim, Outcome, outcome_from_json, run
from badak.lab.claims.claim import read_claim
from badak.lab.drawing import DARK, LIGHT
from tests.lab.claims.fables import EXPERIMENTS, FASTER, TEXT, fable

CLAIM = read_claim(TEXT, "C07.toml")
VALUES = st.floats(allow_nan=False, width=32) | st.just(math.inf)
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=5).map(tuple)


def _outcome():
    return run(CLAIM, experiments=EXPERIMENTS, clock=lambda: 0.0)


def test_prints_a_table_and_a_sentence():
    assert str(_outcome()) == (
        'C7 "The hare "wins"."\n'
        "question         first      second         better by    at least  d     verdict\n"
        "speed, meadow    hare 8.5   tortoise 6.5   2 [2, 2]     1         inf   SUPPORTED\n"
        "seconds, meadow  hare 11.5  tortoise 13.5  2 [2, 2]     0.5       inf   SUPPORTED\n"
        "seconds, hills   hare 15.5  tortoise 13.5  -2 [-2, -2]  0.5       -inf  REFUTED\n"
        "CONDITIONAL, 3 answers: 2 yes, 1 no (4 seeds, 0.0 s)"
    )


def test_a_failure_and_a_claim_not_yet_run_say_so():
    assert Outcome(fable(), (), 1.0, "no power").sentence == (
        "UNDECIDED, the experiment broke off: no power"
    )
    assert Outcome(Claim("C7", "s", "s", "k", "p"), ()).sentence == "UNDECIDED, not yet run"


def test_a_contender_that_broke_down_is_called_so():
    answer = Answer(FASTER, "meadow", ((math.nan, 1.0), (2.0, 1.0)))

    assert "hare broke down" in str(Outcome(fable(), (answer,)))


def test_records_are_flat_rows_with_all_numbers():
    rows = _outcome().records()

    assert [row["verdict"] for row in rows] == ["SUPPORTED", "SUPPORTED", "REFUTED"]
    assert rows[2] == {
        "claim": "C7", "measure": "seconds", "condition": "hills", "first": "hare",
        "second": "tortoise", "better": "smaller", "seeds": 4, "first_mean": 15.5,
        "second_mean": 13.5, "difference": -2.0, "low": -2.0, "high": -2.0, "confidence": 0.95,
        "minimum": 0.5, "effect_size": -math.inf, "verdict": "REFUTED",
    }  # fmt: skip


@given(PAIRS, st.floats(0, 1e6), st.text())
def test_json_gives_the_outcome_back(pairs, seconds, failure):
    outcome = Outcome(CLAIM, (Answer(CLAIM.questions[1], "hills", pairs),), seconds, failure)

    again = outcome_from_json(outcome.to_json(), "file")

    assert again == outcome
    assert again.verdict is outcome.verdict
    assert again.to_json() == outcome.to_json()


def test_json_keeps_nan():
    outcome = Outcome(fable(), (Answer(FASTER, "m", ((math.nan, 1.0), (-math.inf, 1.0))),))

    text = outcome_from_json(outcome.to_json(), "file").to_json()
    assert json.loads(text)["answers"][0]["values"] == [["nan", 1.0], ["-inf", 1.0]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "file is of a newer format"),
        ({"format": None}, "file is no outcome of a claim"),
        ({"claim": {}}, "file: id is missing"),
        ({"answers": [{}]}, "file is no outcome of a claim"),
        ({"answers": [{"question": 9, "condition": "", "values": []}]}, "file is no outcome"),
        ({"answers": [{"question": 0, "condition": "", "values": [[1]]}]}, "file is no outcome"),
        ({"seconds": "long"}, "file is no outcome"),
    ],
)
def test_a_damaged_file_is_refused(change, words):
    text = json.dumps({**json.loads(_outcome().to_json()), **change})

    with pytest.raises(BadakFileError, match=words):
        outcome_from_json(text, "file")


# The picture.

STRANGE = {
    "finite": ((1.0, 2.0), (3.0, 1.0), (2.0, 2.5)),
    "equal": ((1.0, 1.0), (1.0, 1.0)),
    "broken": ((math.nan, 1.0), (math.nan, 2.0), (1.0, 1.0)),
    "both ways": ((math.nan, 1.0), (1.0, math.nan)),
    "all broken": ((math.nan, 1.0), (math.inf, 2.0)),
}


@pytest.mark.parametrize("values", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("style", [LIGHT, DARK], ids=["light", "dark"])
def test_picture_has_a_strip_for_each_answer_with_zero_and_minimum(values, style):
    answers = tuple(Answer(FASTER, place, values) for place in ("meadow", "hills"))

    figure = Outcome(fable(), answers).picture().draw(style)

    assert [axis.get_title("left") for axis in figure.axes] == ["meadow", "hills"]
    for axis, answer in zip(figure.axes, answers, strict=True):
        assert axis.get_title("right") == answer.verdict
        assert axis.get_xlabel() == "speed: hare − tortoise"
        upright = [line.get_xdata() for line in axis.lines if len(set(line.get_xdata())) == 1]
        assert [0.0, 0.0] in [list(x) for x in upright]
        assert [1.0, 1.0] in [list(x) for x in upright]
        assert axis.get_xlim()[0] < 0.0
        assert axis.get_xlim()[1] > 1.0


def test_picture_carries_its_numbers_and_fits_a_phone():
    outcome = _outcome()
    picture = outcome.picture()

    assert picture.rows == outcome.records()
    assert picture.name == "claim-C7"
    assert picture.figure().get_size_inches()[0] <= 3.9


def test_smaller_is_better_turns_the_difference_round():
    answer = Answer(CLAIM.questions[1], "meadow", ((1.0, 3.0), (1.0, 4.0)))

    (axis,) = Outcome(CLAIM, (answer,)).picture().figure().axes
    assert axis.get_xlabel() == "seconds: tortoise − hare"
    assert axis.get_xlim()[1] > 3.0


def test_without_answers_the_picture_says_so():
    (axis,) = Outcome(fable(), ()).picture().figure().axes

    assert [text.get_text() for text in axis.texts] == ["no answers"]
