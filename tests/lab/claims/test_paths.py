"""Optimizers on functions that are known as formulas: the textbook's numbers, and laws."""

from __future__ import annotations

import numpy as np
import pytest

from badak.base.errors import RangeError
from badak.lab.claims.experiments.basins import LANDSCAPES
from badak.lab.claims.experiments.escapes import barrier_of, tilt_for
from badak.lab.claims.experiments.paths import START, best_rate, described, walk
from badak.lab.claims.experiments.table import basins, effective_rate, escapes, paths
from badak.lab.descent import WALKERS, descend
from badak.lab.measurement import paired
from badak.optim import SGD

# contender, value after 30 steps, sign flips of y, length of the path
TEXTBOOK = [
    ("SGD", 0.0133, 30, 36.99),
    ("Momentum", 0.0479, 4, 12.80),
    ("AdaGrad", 7.2e-4, 0, 7.58),
    ("Adam", 0.102, 2, 8.30),
]


@pytest.mark.parametrize(("name", "value", "flips", "length"), TEXTBOOK)
def test_the_walks_from_the_textbooks_start_have_its_numbers(name, value, flips, length):
    points = walk(WALKERS[name], 20.0, np.array([START]))
    found = described(points, 20.0)

    x, y = points[-1, 0]
    assert x**2 / 20 + y**2 == pytest.approx(value, rel=0.01)
    assert found["log10 value"][0] == pytest.approx(np.log10((x**2 / 20 + y**2) / 6.45))
    assert found["sign flips"][0] == flips
    assert found["path length"][0] == pytest.approx(length, abs=0.005)


def test_sgd_swings_back_by_nine_tenths_and_never_passes_the_flat_coordinate():
    found = described(walk(WALKERS["SGD"], 20.0, np.array([START])), 20.0)

    assert found["overshoot in y"][0] == pytest.approx(0.9)
    assert found["overshoot in x"][0] == 0


def test_walks_from_many_starts_are_those_from_each_alone():
    starts = np.array([START, (3.0, -1.0), (-6.0, 2.5)])
    together = walk(WALKERS["Adam"], 100.0, starts)

    for number, start in enumerate(starts):
        np.testing.assert_array_equal(
            together[:, number], walk(WALKERS["Adam"], 100.0, start[None])[:, 0]
        )


def test_a_rate_that_is_too_high_ends_far_away_and_not_in_an_error():
    found = described(walk(WALKERS["SGD"], 20.0, np.array([START]), 900, 30.0), 20.0)

    assert found["log10 value"][0] > 100


def test_the_tuned_rate_of_sgd_stays_below_2_over_the_largest_curvature():
    starts = np.array([START, (-6.0, 1.0)])

    for kappa in (5.0, 50.0):
        assert best_rate(WALKERS["SGD"], kappa, starts, 30) < 1.0


def test_a_seed_gives_the_same_whatever_other_seeds_there_are():
    settings = {"kappas": (20.0,), "contenders": ("SGD", "Momentum"), "steps": 10}
    alone = [one.value for one in paths([3], **settings)]

    beside = [one.value for one in paths([1, 3], **settings) if one.seed == 3]
    np.testing.assert_allclose(beside, alone, rtol=1e-12)


def test_paths_have_each_condition_and_measure_for_each_contender():
    found = paths([0, 1], kappas=(20.0, 100.0), contenders=("SGD", "Nesterov"), steps=5)

    assert len(found) == len(set(found)) == 2 * 2 * 2 * 2 * 5
    assert {one.condition for one in found} == {
        f"kappa {kappa}, {arm}" for kappa in (20, 100) for arm in ("as set", "tuned")
    }
    with pytest.raises(RangeError, match="Momentun"):
        paths([0], contenders=("Momentun",))


@pytest.mark.parametrize("barrier", [0.001, 0.01, 0.1, 0.24])
def test_the_tilt_gives_the_rim_its_height(barrier):
    assert barrier_of(tilt_for(barrier)) == pytest.approx(barrier, rel=1e-6)


def test_nobody_leaves_the_ridge_and_momentum_leaves_earlier_beside_it_at_the_same_rate():
    found = escapes([0, 1, 2], barriers=(), steps=900)

    ridge = paired(found, "left", "saddle, y = 0, same rate", ["SGD", "Momentum"])
    beside = "saddle, y = 0.001, "
    same = paired(found, "updates to leave", beside + "same rate", ["SGD", "Momentum"])
    matched = paired(found, "updates to leave", beside + "matched rate", ["SGD", "Momentum"])
    assert not ridge.any()
    # 1.01^n = 1000 and 1.1^n = 1000
    np.testing.assert_array_equal(same[:, 0], np.ceil(np.log(1000) / np.log(1.01)))
    np.testing.assert_array_equal(matched[:, 0], np.ceil(np.log(1000) / np.log(1.1)))
    assert (same[:, 0] > same[:, 1]).all()
    assert (matched[:, 0] < matched[:, 1]).all()


def test_without_momentum_no_rim_is_passed_and_a_high_one_stops_momentum_too():
    found = escapes(range(6), barriers=(0.001, 0.24), off_axis=(), steps=600)

    low, high = (
        paired(found, "left", f"barrier {barrier}, same rate", ["SGD", "Momentum"]).mean(axis=0)
        for barrier in (0.001, 0.24)
    )
    assert low[0] == high[0] == 0
    assert low[1] > 0.5 > high[1]


def test_adagrads_effective_rate_falls_with_the_root_of_the_updates():
    found = effective_rate([0, 1], updates=(1000, 100_000), patience=10)
    names = ["SGD", "AdaGrad", "RMSProp"]
    early, late = (
        paired(found, "log10 effective rate", f"after {count} updates", names)
        for count in (1000, 100_000)
    )

    np.testing.assert_allclose((late - early)[:, 1], -1.0, atol=0.05)
    np.testing.assert_allclose(late[:, 0], -2.0, atol=1e-6)
    np.testing.assert_allclose((late - early)[:, 2], 0.0, atol=0.2)


def test_sgd_comes_half_way_after_the_updates_that_its_rate_says():
    found = effective_rate([0, 1, 2], updates=(100,), patience=500, lr=0.01)
    waited = paired(found, "updates to follow", "after 100 updates", ["SGD", "AdaGrad"])

    np.testing.assert_allclose(waited[:, 0], np.log(0.5) / np.log(0.99), atol=25)
    assert (waited[:, 1] > 150).all()


def test_gradient_descent_finds_a_minimum_except_from_the_ridge_on_a_plateau_and_at_a_high_rate():
    places = ("two valleys", "saddle", "ridge of the saddle", "plateau")
    found = basins([0, 1], places=places, noises=(0.0,), rates=(1.0, 50.0), starts=20, updates=300)

    def share(condition):
        return paired(found, "at a local minimum", condition, ["GD"]).mean()

    assert share("two valleys, noise 0") == share("saddle, noise 0") == 1
    assert share("ridge of the saddle, noise 0") == share("plateau, noise 0") == 0
    assert share("two valleys, noise 0, 50 times the rate") == 0


def test_noise_carries_out_of_the_wrong_valley_but_gives_no_guarantee():
    found = basins([0, 1], places=("Rastrigin 1-D",), noises=(3.0,), starts=100)
    names = ["SGD", "GD", "no training", "half of the runs"]
    share = paired(found, "in the deepest valley", "Rastrigin 1-D, noise 3", names).mean(axis=0)

    assert share[1] == share[2] < share[0] < share[3] == 0.5


@pytest.mark.parametrize("name", sorted(LANDSCAPES))
def test_slopes_and_curvatures_of_landscapes_agree(name):
    scene = LANDSCAPES[name]
    points = np.random.Generator(np.random.Philox(0)).uniform(
        scene.low, scene.high, (5, len(scene.low))
    )
    for axis in range(points.shape[1]):
        step = np.zeros(points.shape[1])
        step[axis] = 1e-6
        bent = (scene.slope(points + step) - scene.slope(points - step))[:, axis] / 2e-6
        np.testing.assert_allclose(scene.curvature(points)[:, axis], bent, rtol=1e-5, atol=1e-6)


def test_descend_makes_no_step_more_than_asked_for():
    points = descend(SGD(0.5), lambda x: x, np.array([[4.0, 8.0]]), 2)

    np.testing.assert_array_equal(points[:, 0], [[4, 8], [2, 4], [1, 2]])
