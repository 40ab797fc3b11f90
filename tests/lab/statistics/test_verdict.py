from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import RangeError
from badak.base.random import generator
from badak.lab.statistics import Interval, Verdict, combine, decide, judge, paired_interval
from tests.lab.statistics import noise

SUPPORTED, REFUTED = Verdict.SUPPORTED, Verdict.REFUTED
CONDITIONAL, UNDECIDED = Verdict.CONDITIONAL, Verdict.UNDECIDED

TABLE = [  # estimate, low, high, minimum, verdict
    (2.0, 1.0, 3.0, 1.5, SUPPORTED),
    (2.0, 1.0, 3.0, 2.0, SUPPORTED),  # the estimate has to reach the minimum, and does
    (2.0, 1.0, 3.0, 2.5, UNDECIDED),  # an effect, perhaps too small
    (2.0, 1.0, 3.0, 3.0, UNDECIDED),
    (2.0, 1.0, 3.0, 3.5, REFUTED),  # an effect that nobody would care about
    (2.0, 0.0, 4.0, 1.0, UNDECIDED),  # 0 is not above 0
    (-2.0, -3.0, -1.0, 0.0, REFUTED),
    (-2.0, -3.0, 0.0, 0.0, UNDECIDED),
    (0.0, 0.0, 0.0, 0.0, UNDECIDED),  # exactly equal, and nothing was asked for
    (0.0, 0.0, 0.0, 0.1, REFUTED),
    (2.0, 1.0, 3.0, 0.0, SUPPORTED),
    (math.inf, math.inf, math.inf, 5.0, SUPPORTED),
    (-math.inf, -math.inf, -math.inf, 0.0, REFUTED),
    (math.inf, -math.inf, math.inf, 5.0, UNDECIDED),
    (math.nan, -math.inf, math.inf, 0.0, UNDECIDED),
]


@pytest.mark.parametrize(("estimate", "low", "high", "minimum", "verdict"), TABLE)
def test_verdict_on_an_interval(estimate, low, high, minimum, verdict):
    assert judge(Interval(estimate, low, high, 0.95), minimum) is verdict


@pytest.mark.parametrize("minimum", [-0.1, math.inf, math.nan])
def test_the_minimum_effect_is_finite_and_not_negative(minimum):
    with pytest.raises(RangeError, match="minimum is out of range"):
        decide([1.0, 2.0], minimum)


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=8), st.floats(0, 5))
def test_decide_judges_the_interval_and_never_supports_both_sides(differences, minimum):
    forward = decide(differences, minimum)

    assert forward is judge(paired_interval(differences), minimum)
    assert [forward, decide([-d for d in differences], minimum)].count(SUPPORTED) < 2


def test_contenders_that_always_broke_down_are_refuted():
    assert decide([-math.inf] * 5, 0.01) is REFUTED
    assert decide([math.inf] * 5, 0.01) is SUPPORTED


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([SUPPORTED], SUPPORTED),
        ([SUPPORTED, SUPPORTED], SUPPORTED),
        ([REFUTED, REFUTED], REFUTED),
        ([SUPPORTED, REFUTED], CONDITIONAL),
        ([REFUTED, UNDECIDED, SUPPORTED], CONDITIONAL),
        ([CONDITIONAL, SUPPORTED], CONDITIONAL),
        ([SUPPORTED, UNDECIDED], UNDECIDED),
        ([REFUTED, UNDECIDED], UNDECIDED),
        ([UNDECIDED], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_verdicts_combine(verdicts, together):
    assert combine(verdicts) is together
    assert combine(iter(verdicts[::-1])) is together


KINDS = [noise.normal, noise.equal_skewed_contenders, noise.equal_accuracies]


def test_1000_comparisons_of_a_with_a_support_either_side_in_at_most_5_percent():
    draw, false = generator(0, "a against a"), 0
    for trial in range(1000):
        differences = KINDS[trial % 3](5 + trial // 3 % 6, draw)
        found = paired_interval(differences, resamples=500)
        mirrored = Interval(-found.estimate, -found.high, -found.low, found.confidence)
        false += SUPPORTED in (judge(found, 0.0), judge(mirrored, 0.0))

    assert 10 <= false <= 50, "at most 5 percent, and not because nothing is ever supported"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("n", [5, 7, 10])
def test_false_alarms_stay_near_5_percent_over_many_more_comparisons(kind, n):
    differences = kind((n, 8000), generator(1, "many", kind.__name__, n))

    assert noise.missed(differences).mean() <= 0.055  # four standard deviations of counting: 0.01


def test_a_real_difference_is_found():
    differences = generator(0, "power").standard_normal((200, 10)) + 1.5

    assert np.mean([decide(one, 0.5) is SUPPORTED for one in differences]) > 0.95
