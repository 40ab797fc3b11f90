from __future__ import annotations

import math

import pytest

from badak.base.errors import RangeError, StateError
from badak.lab.claims import Claim, Question, judged, run, run_all
from badak.lab.claims.claim import read_claim
from badak.lab.measurement import Measurement
from badak.lab.statistics import Verdict
from tests.lab.claims.fables import EXPERIMENTS, FASTER, TEXT, fable, race


def _clock(*seconds):
    """Each look at the clock gives the next of these times, and the last for ever."""
    times = list(seconds)
    return lambda: times.pop(0) if len(times) > 1 else times[0]


def test_questions_are_asked_where_they_say_or_everywhere():
    outcome = run(read_claim(TEXT, "C07.toml"), experiments=EXPERIMENTS)

    asked = [(a.question.measure, a.condition, a.verdict) for a in outcome.answers]
    assert asked == [
        ("speed", "meadow", Verdict.SUPPORTED),
        ("seconds", "meadow", Verdict.SUPPORTED),
        ("seconds", "hills", Verdict.REFUTED),
    ]
    assert outcome.verdict is Verdict.CONDITIONAL
    assert [len(a.values) for a in outcome.answers] == [4, 4, 4]


@pytest.mark.parametrize(("better", "verdict"), [("larger", "SUPPORTED"), ("smaller", "REFUTED")])
def test_better_says_which_way_is_up(better, verdict):
    question = Question("speed", "hare", "tortoise", better, minimum=1.0)

    assert run(fable(questions=[question]), experiments=EXPERIMENTS).verdict == verdict


def test_settings_and_seeds_reach_the_experiment():
    outcome = run(fable(leads=[0.25]), seeds=3, experiments=EXPERIMENTS)

    (answer,) = outcome.answers
    assert answer.values == ((5.25, 5.0), (6.25, 6.0), (7.25, 7.0))
    assert answer.means == (6.25, 6.0)
    assert answer.verdict is Verdict.REFUTED


def test_seconds_are_those_of_the_experiment():
    assert run(fable(), experiments=EXPERIMENTS, clock=_clock(10.0, 12.5)).seconds == 2.5


def test_a_trial_that_broke_down_is_infinitely_bad_whichever_way_is_up():
    for better in ("larger", "smaller"):
        for broken in (math.nan, math.inf, -math.inf):
            values = {"hare": broken, "tortoise": 1.0}
            given = [Measurement(n, "m", "speed", s, v) for s in (0, 1) for n, v in values.items()]
            claim = fable(questions=[Question("speed", "tortoise", "hare", better, 1.0)])

            (answer,) = judged(claim, given).answers

            assert answer.differences.tolist() == [math.inf, math.inf]
            assert answer.verdict is Verdict.SUPPORTED


def test_two_trials_that_broke_down_are_equal():
    given = [
        Measurement(n, "m", "speed", s, math.nan) for s in (0, 1) for n in ("hare", "tortoise")
    ]

    assert judged(fable(), given).answers[0].differences.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measure": "sped"}, "unknown measure of the experiment 'sped'"),
        ({"condition": "hill"}, "did you mean 'hills'"),
        ({"first": "here"}, "did you mean 'hare'"),
        ({"second": "snail"}, "unknown contender with 'speed' under 'meadow' 'snail'"),
    ],
)
def test_a_question_about_something_else_names_what_there_is(change, words):
    asked = {"measure": "speed", "first": "hare", "second": "tortoise", **change}
    claim = fable(questions=[Question(better="larger", minimum=1.0, **asked)], leads=[1.0, 1.0])

    with pytest.raises(RangeError, match=words):
        run(claim, experiments=EXPERIMENTS)


def test_unknown_experiments_settings_and_too_few_seeds_are_told_before_anything_runs():
    with pytest.raises(RangeError, match="did you mean 'race'"):
        run(fable(experiment="races"), experiments=EXPERIMENTS)
    with pytest.raises(RangeError, match=r"C7: the experiment race: .*'lead'"):
        run(fable(lead=3), experiments=EXPERIMENTS)
    with pytest.raises(RangeError, match="a verdict needs more seeds"):
        run(fable(), seeds=1, experiments=EXPERIMENTS)
    with pytest.raises(StateError, match="C7 is listed and has no experiment yet"):
        run(Claim("C7", "s", "s", "k", "p"))


def test_contenders_with_one_common_seed_need_more():
    with pytest.raises(RangeError, match="an interval needs more seeds"):
        judged(fable(), race([3]))


# A budget.


def _ids(outcomes):
    return [outcome.claim.id for outcome in outcomes]


CLAIMS = [fable("C9"), fable("C2"), fable("C1"), Claim("C4", "s", "s", "k", "p")]


def test_all_runs_go_by_number_and_leave_out_what_is_only_listed():
    assert _ids(run_all(60, which=CLAIMS, experiments=EXPERIMENTS)) == ["C1", "C2", "C9"]


def test_what_is_known_to_be_short_comes_first():
    known = {"C9": 0.1, "C2": 0.2}

    found = run_all(60, which=CLAIMS, known_seconds=known, experiments=EXPERIMENTS)

    assert _ids(found) == ["C9", "C2", "C1"]


def test_nothing_is_begun_when_the_budget_is_spent():
    # The clock: start; then, for each claim, what is left, when it begins, its experiment twice.
    clock = _clock(0.0, 0.0, 0.0, 0.0, 4.0, 4.0, 4.0, 4.0, 10.0, 10.0)

    found = run_all(10, which=CLAIMS, experiments=EXPERIMENTS, clock=clock)

    assert [(o.claim.id, o.seconds) for o in found] == [("C1", 4.0), ("C2", 6.0)]


def test_what_is_known_to_take_longer_than_what_is_left_is_not_begun():
    found = run_all(60, which=CLAIMS, known_seconds={"C2": 61.0}, experiments=EXPERIMENTS)

    assert _ids(found) == ["C1", "C9"]


def test_a_failure_is_a_row_and_the_others_go_on():
    def falls(seeds):
        raise ZeroDivisionError("into a hole")

    claims = [
        fable("C1"),
        fable("C2", experiment="falls"),
        fable("C3", experiment="gone"),
        fable("C4"),
    ]
    found = list(run_all(60, which=claims, experiments={**EXPERIMENTS, "falls": falls}))

    assert [bool(o.failure) for o in found] == [False, True, True, False]
    assert found[1].verdict is Verdict.UNDECIDED
    assert "into a hole" in found[1].sentence
    assert "unknown experiment of C3 'gone'" in found[2].sentence


def test_an_interruption_is_a_row_and_goes_on():
    def stops(seeds):
        raise KeyboardInterrupt

    claims = [fable("C1"), fable("C2", experiment="stops"), fable("C3")]
    outcomes = run_all(60, which=claims, experiments={**EXPERIMENTS, "stops": stops})

    assert [(o.claim.id, o.failure) for o in (next(outcomes), next(outcomes))] == [
        ("C1", ""),
        ("C2", "interrupted"),
    ]
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)


@pytest.mark.parametrize("budget", [0, -1, math.nan])
def test_a_budget_is_above_0(budget):
    with pytest.raises(RangeError, match="budget_seconds is out of range"):
        next(run_all(budget, which=CLAIMS, experiments=EXPERIMENTS))


def test_a_question_can_be_asked_of_stored_measurements():
    assert judged(fable(), race(range(4))) == run(
        fable(), seeds=4, experiments=EXPERIMENTS, clock=_clock(0.0)
    )
    assert judged(fable(), race(range(4))).answers[0].question is FASTER
