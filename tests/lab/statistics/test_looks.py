from __future__ import annotations

import math

import numpy as np
import pytest

from badak.base.errors import RangeError
from badak.base.random import generator
from badak.lab.statistics import Looks, paired_interval
from tests.lab.statistics import noise

KINDS = [noise.normal, noise.equal_skewed_contenders, noise.equal_accuracies]


def _alarms(differences, seeds, confidence):
    looks = [noise.missed(differences[:count], confidence) for count in seeds]
    return np.any(looks, axis=0).mean()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seeds", [(5, 10), (5, 10, 20), (5, 6, 7, 8, 9, 10)], ids=str)
def test_all_looks_together_raise_at_most_5_percent_of_false_alarms(kind, seeds):
    draw = generator(0, "looks", kind.__name__, len(seeds))
    differences = kind((seeds[-1], 4000), draw)

    assert _alarms(differences, seeds, Looks(seeds).each) <= 0.05


def test_without_their_share_of_the_error_looks_would_raise_more():
    differences = noise.normal((10, 4000), generator(0, "greedy"))

    assert _alarms(differences, (5, 6, 7, 8, 9, 10), 0.95) > 0.07


def test_1000_comparisons_of_a_with_a_stop_early_in_at_most_5_percent():
    draw = generator(0, "a against a, with looks")
    looks = Looks((5, 8))

    early = sum(looks.stop(draw.standard_normal(5)) for _ in range(1000))

    assert 5 <= early <= 25, "half of the error belongs to the first of two looks"


def test_each_look_has_its_share_of_the_error():
    assert math.isclose(Looks((5, 10, 15, 20), confidence=0.96).each, 0.99)
    assert Looks((8,)).interval([1.0, 3.0]) == paired_interval([1.0, 3.0], 0.95)


def test_stops_at_a_difference_or_at_the_last_look():
    looks, noisy = Looks((3, 6)), [1.0, -1.0, 0.5]

    assert looks.stop([1.0, 1.001, 0.999])
    assert not looks.stop(noisy)
    assert looks.stop(noisy * 2)
    assert looks.stop([-math.inf] * 3)


def test_there_is_no_look_in_between():
    with pytest.raises(RangeError, match="no look at so many seeds"):
        Looks((5, 10)).stop([1.0] * 7)


@pytest.mark.parametrize("seeds", [(), (1, 5), (5, 5), (10, 5)], ids=str)
def test_numbers_of_seeds_rise_from_2_on(seeds):
    with pytest.raises(RangeError, match="rising numbers of seeds"):
        Looks(seeds)


def test_confidence_of_looks_lies_between_0_and_1():
    with pytest.raises(RangeError, match="confidence"):
        Looks((5, 10), confidence=5)
