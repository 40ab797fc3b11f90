"""Activations by layer: numbers found for the textbook's settings, and counts that add up."""

from __future__ import annotations

import numpy as np
import pytest

from badak.base.errors import RangeError
from badak.lab.figures import activation_histograms


def by_layer(column, **settings):
    """A number of each layer, (layers,), for one kind of initial weights; the mean of 3 seeds."""
    found = []
    for seed in range(3):
        rows = activation_histograms(seed=seed, **settings).rows
        found.append(list({row["layer"]: row[column] for row in rows}.values()))
    return np.mean(found, axis=0)


# Means of ten seeds of another program. A seed is off by several percent in the fifth layer: what
# is allowed is three standard errors of the difference.


@pytest.mark.parametrize(
    ("start", "last", "error"),
    [("1", 0.441, 0.015), ("0.01", 0.013, 0.002), ("xavier", 0.127, 0.017)],
)
def test_spread_of_sigmoids_in_the_fifth_layer(start, last, error):
    assert by_layer("sd", inits=[start])[-1] == pytest.approx(last, abs=error)


def test_sigmoids_saturate_when_weights_are_wide():
    assert by_layer("saturated", inits=["1"])[-1] == pytest.approx(0.68, abs=0.05)
    assert by_layer("saturated", inits=["0.01"])[-1] == 0


@pytest.mark.parametrize(
    ("start", "std", "last"),
    [("0.01", 0.01, 0.0), ("xavier", 0.1, 0.154), ("he", 0.02**0.5, 0.869)],
)
def test_spread_of_relus_in_the_first_and_fifth_layer(start, std, last):
    """That of max(0, z) with z ~ N(0, s²) is s times the root of 1 / 2 - 1 / 2 pi."""
    found = by_layer("sd", activation="relu", inits=[start])

    assert found[0] == pytest.approx(10 * std * np.sqrt(0.5 - 0.5 / np.pi), rel=0.01)
    assert found[-1] == pytest.approx(last, rel=0.12, abs=1e-5)


def test_spread_of_tanh():
    found = by_layer("sd", activation="tanh", inits=["xavier"])

    assert found[[0, -1]] == pytest.approx([0.627, 0.322], rel=0.05)
    saturated = by_layer("saturated", activation="tanh", inits=["1"])
    assert saturated[-1] == pytest.approx(0.85, abs=0.01)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_counts_and_what_is_beyond_are_all_activations(activation):
    rows = activation_histograms(activation, rows=30, units=20, layers=3).rows
    for start in ("1", "0.01", "xavier", "he"):
        for layer in (1, 2, 3):
            bins = [r for r in rows if (r["init"], r["layer"]) == (start, layer)]
            counted = sum(r["count"] for r in bins) + bins[0]["beyond"] * 30 * 20

            assert counted == pytest.approx(600)
            assert len(bins) == 30


def test_all_starts_see_the_same_random_numbers():
    """Weights of deviation 0.1 are Xavier's for a hundred units, so the counts are the same."""
    rows = activation_histograms(inits=["0.1", "xavier"], rows=50).rows
    half = len(rows) // 2

    for one, other in zip(rows[:half], rows[half:], strict=True):
        assert {**one, "init": ""} == {**other, "init": ""}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"activation": "sigmoyd"}, "did you mean 'sigmoid'"),
        ({"inits": ["xaver"]}, "did you mean 'xavier'"),
        ({"inits": ["-1"]}, "standard deviation"),
        ({"inits": []}, "no initial weights"),
        ({"layers": 0}, "layers"),
    ],
)
def test_bad_arguments_are_named(given, words):
    with pytest.raises(RangeError, match=words):
        activation_histograms(**given)
