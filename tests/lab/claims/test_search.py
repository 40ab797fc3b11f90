"""Searches, choices by test rows, and ensembles: what their experiments measure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.random import generator
from badak.lab.claims.experiments.bagging_boosting import POINTS, bagging_boosting, decomposed
from badak.lab.claims.experiments.bagging_limits import bagging_limits
from badak.lab.claims.experiments.dropout_ensemble import divergence, dropout_ensemble
from badak.lab.claims.experiments.ensembles import cross_entropy, ensembles
from badak.lab.claims.experiments.response import Lattice, known, trained
from badak.lab.claims.experiments.search import WAYS, search
from badak.lab.claims.experiments.side_by_side import bagged, boosted, fitted
from badak.lab.claims.experiments.tuning_on_test import tuning_on_test


def means(measurements, measure, condition):
    """The mean over the seeds, by contender."""
    found: dict[str, list[float]] = {}
    for one in measurements:
        if one.measure == measure and one.condition == condition:
            found.setdefault(one.contender, []).append(one.value)
    return {name: float(np.mean(values)) for name, values in found.items()}


# ------------------------------------------------------------------ search


@given(st.sampled_from(sorted(WAYS)), st.integers(0, 99), st.sampled_from([(2, 1, 4), (3, 2, 3)]))
def test_a_search_stays_in_its_ranges_and_within_its_trials(way, seed, space):
    asked = []
    response = known(*space, seed)

    def score(settings):
        asked.append(settings)
        return response.seen(settings)

    watched = type(response)("", space[0], space[2], 4.0, score, score, response.kept)
    chosen = WAYS[way](watched, generator(seed))

    trials = np.unique(np.concatenate(asked), axis=0)
    assert len(trials) <= space[2] ** space[0]
    assert trials.min() >= 0
    assert trials.max() <= 1
    assert chosen in trials


def test_a_known_response_is_1_at_its_best_alone():
    response = known(3, 2, 4, seed=5)
    rng = generator(0)
    best = rng.random((200_000, 3))[np.argmax(response.seen(generator(0).random((200_000, 3))))]

    assert response.kept(best[None])[0] > 0.999
    assert np.all((best[:2] > 0.14) & (best[:2] < 0.86))
    moved = best.copy()
    moved[2] = 1 - moved[2]
    assert response.kept(moved[None]) == response.kept(best[None])
    moved[0] += 0.2
    assert response.kept(moved[None])[0] == pytest.approx(math.exp(-1), abs=0.05)


def test_random_search_beats_a_grid_where_few_settings_matter():
    found = search(range(20), spaces=[(4, 1, 3), (2, 2, 8)], lattices=0)

    few = means(found, "worth of the best found", "4 settings, 1 of them matters")
    assert few["Random"] > few["Grid"] + 0.1
    both = means(found, "worth of the best found", "2 settings, 2 of them matter")
    assert both["Random"] < both["Grid"] + 0.02
    assert both["Linear scale"] < both["Random"] - 0.2


def test_a_linear_scale_puts_nine_of_ten_into_the_last_decade():
    drawn = []
    response = known(2, 1, 50, 0)

    def score(settings):
        drawn.append(settings)
        return response.seen(settings)

    WAYS["Linear scale"](type(response)("", 2, 50, 4.0, score, score, score), generator(0))
    assert np.mean(drawn[0] > 0.75) == pytest.approx(0.9, abs=0.02)


def test_a_lattice_answers_with_the_nearest_training():
    table = np.arange(6.0).reshape(3, 2)
    lattice = Lattice(np.array([-2.0, -1.0, 0.0]), np.array([-8.0, -4.0]), table, table, table, 5)
    whole = lattice.within("all", (-2.0, 0.0), 3)
    half = lattice.within("half", (-1.0, 0.0), 3)

    asked = np.array([[0.0, 0.0], [0.45, 0.9], [1.0, 0.4]])
    assert whole.seen(asked).tolist() == [0, 3, 4]
    assert half.kept(asked).tolist() == [2, 3, 4]
    assert (half.decades, half.saving) == (1.0, 5)


def test_trainings_of_a_lattice_are_those_of_its_rates():
    lattice = trained(
        np.array([-6.0, -0.5]), np.array([-8.0]), 0, rows=100, units=10, epochs=40, short=4
    )

    assert lattice.early.shape == lattice.seen.shape == lattice.kept.shape == (2, 1)
    assert lattice.seen[1, 0] > lattice.early[1, 0] > 0.05
    assert lattice.kept[1, 0] > lattice.kept[0, 0] + 0.1
    assert lattice.saving == 10


# ------------------------------------------------------------------ chosen by test rows


def test_what_is_chosen_by_test_rows_looks_better_than_it_is():
    rows, count = 500, 1000
    found = tuning_on_test(range(30), settings=[10, count], rows=rows)

    few, many = (means(found, "optimism", f"{n:,} settings") for n in (10, count))
    bound = math.sqrt(2 * math.log(count)) * 0.5 / math.sqrt(rows)
    assert 0.5 * bound < many["By test rows"] < bound
    assert 0.01 < few["By test rows"] < many["By test rows"]
    assert abs(many["By validation rows"]) < 0.02
    truth = means(found, "true accuracy", f"{count:,} settings")
    assert all(abs(value - 0.5) < 0.01 for value in truth.values())


# ------------------------------------------------------------------ ensembles


def test_an_ensemble_is_never_worse_than_its_members_in_the_mean():
    found = ensembles([0, 1], sizes=[1, 8], rows=[100], units=10, updates=100)

    loss = means(found, "test loss", "100 rows")
    assert loss["8 nets"] < loss["1 net"]
    accuracy = means(found, "test accuracy", "100 rows")
    assert 0.5 < accuracy["1 net"] < accuracy["8 nets"] < 1


def test_the_scaled_network_is_nearer_to_the_mean_over_masks_than_one_mask():
    found = dropout_ensemble([0], shares=[0.3], masks=30, nets=1, units=30, updates=100)

    distance = means(found, "distance to the mean over masks", "dropout 0.3")
    assert distance["Mean over masks"] == 0
    assert 0 < distance["Scaled"] < distance["One mask"]
    assert means(found, "distance to the ensemble", "dropout 0.3")["Ensemble"] == 0


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.integers(0, 99))
def test_a_divergence_is_0_for_equals_alone(weights, seed):
    p = np.array([weights]) / sum(weights)
    q = generator(seed).random(p.shape) + 0.01
    q /= q.sum()

    assert divergence(p, p) == 0
    assert divergence(p, q) > -1e-12
    labels = np.array([0])
    assert cross_entropy(p, labels) == pytest.approx(-math.log(p[0, 0]))


# ------------------------------------------------------------------ side by side


def test_networks_side_by_side_do_not_see_one_another():
    x = np.linspace(-1, 1, 20)[None].repeat(2, axis=0)
    t = np.sin(3 * x)
    other = t.copy()
    other[1] = 5.0

    both, changed = fitted(x, t, 4, updates=50)(POINTS), fitted(x, other, 4, updates=50)(POINTS)
    np.testing.assert_allclose(both[0], changed[0], rtol=1e-3, atol=1e-4)
    assert abs(both[1] - changed[1]).max() > 1


def test_boosting_fits_what_is_left_over():
    x = np.linspace(-1, 1, 30)[None]
    t = np.sin(6 * x)

    errors = [
        float(np.square(boosted(x, t, 1, stages, share=1.0)(x) - t).mean()) for stages in (1, 2, 6)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_bagging_is_the_mean_over_its_members():
    x, t = generator(0).random((2, 3, 12))
    one = bagged(x, t, 2, 1, seed=1)(POINTS)

    assert one.shape == (3, 50)
    assert not np.allclose(one, fitted(x, t, 2, seed=1)(POINTS), atol=1e-3)
    np.testing.assert_array_equal(one, bagged(x, t, 2, 1, seed=1)(POINTS))


@given(st.integers(2, 9), st.floats(-3, 3), st.integers(0, 99))
def test_squared_bias_and_variance_do_not_depend_on_the_number_of_samples(samples, shift, seed):
    random = generator(seed)
    found = [
        decomposed(shift + random.standard_normal((samples, 50)), np.zeros(50)) for _ in range(200)
    ]
    bias, variance = np.mean(found, axis=0)
    assert bias == pytest.approx(shift**2, abs=0.03 + 0.05 * abs(shift))
    assert variance == pytest.approx(1, abs=0.1)


def test_bagging_lowers_the_variance_and_boosting_the_bias_of_a_weak_net():
    found = bagging_boosting([0], bases={"weak": 1}, samples=20, members=6)

    variance, bias = (means(found, of, "weak") for of in ("variance", "squared bias"))
    assert variance["Bagged"] < variance["Single"]
    assert bias["Boosted"] < bias["Single"] - 0.02
    error = means(found, "squared error", "weak")
    assert error["Single"] == pytest.approx(variance["Single"] + bias["Single"])


def test_the_limits_of_bagging_are_measured_where_they_are_said_to_be():
    found = bagging_limits([0], samples=3, members=2, units=8)

    single = {
        condition: means(found, "squared error", condition)["Single"]
        for condition in ("enough rows", "few rows", "outliers", "a time series")
    }
    assert single["enough rows"] == min(single.values())
