"""Toy sets: the formulas, the seeds, the sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.datasets import make_circles, make_moons

from badak.base.errors import BadakError
from badak.data import load
from badak.data.sources.toy import SOURCES

NAMES = [source.name for source in SOURCES]


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_rows_and_another_seed_others(name):
    once, again, other = (load(name, seed=seed) for seed in (3, 3, 4))

    assert once.train.fingerprint() == again.train.fingerprint()
    assert once.test.fingerprint() == again.test.fingerprint()
    assert once.train.fingerprint() != other.train.fingerprint()


@pytest.mark.parametrize("name", NAMES)
def test_training_and_test_rows_are_drawn_apart(name):
    rows = [set(map(tuple, part.x.tolist())) for part in load(name, rows=100, test_rows=100)]

    # Each arm of the spiral begins in the origin, whatever the noise.
    assert rows[0] & rows[1] <= {(0.0, 0.0)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [1, 7, 100])
def test_sizes_are_exact_and_classes_balanced(name, rows):
    bundle = load(name, rows=rows, test_rows=5)

    assert (len(bundle.train), len(bundle.test)) == (rows, 5)
    if bundle.n_classes:
        counts = np.bincount(bundle.train.t, minlength=bundle.n_classes)
        assert counts.max() - counts.min() <= 1 or name == "xor"


def test_spiral_is_the_books():
    expected = [
        [i / 100 * math.sin(j * 4.0 + 4.0 * i / 100), i / 100 * math.cos(j * 4.0 + 4.0 * i / 100)]
        for j in range(3)
        for i in range(100)
    ]

    spiral = load("spiral", rows=300, noise=0).train

    np.testing.assert_allclose(spiral.x, expected, atol=1e-6)
    assert spiral.t.tolist() == [0] * 100 + [1] * 100 + [2] * 100


def test_noise_of_the_spiral_turns_and_keeps_the_radius():
    calm, noisy = (load("spiral", noise=noise).train.x for noise in (0, 0.2))

    np.testing.assert_allclose(np.hypot(*noisy.T), np.hypot(*calm.T), atol=1e-6)
    assert not np.allclose(noisy, calm, atol=0.1)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("circles", make_circles(101, shuffle=False, factor=0.5)),
        ("moons", make_moons(100, shuffle=False)),
        ("moons", make_moons((51, 50), shuffle=False)),
    ],
)
def test_circles_and_moons_are_scikit_learns(name, theirs):
    rows = len(theirs[0])
    if name == "circles":
        theirs = make_circles((51, 50), shuffle=False, factor=0.5)
    ours = load(name, rows=rows, noise=0).train

    np.testing.assert_allclose(ours.x, theirs[0], atol=1e-6)
    assert ours.t.tolist() == theirs[1].tolist()


def test_xor_is_one_where_the_inputs_differ():
    data = load("xor", rows=400, noise=0.05).train

    assert np.array_equal((data.x[:, 0] > 0.5) ^ (data.x[:, 1] > 0.5), data.t)


def test_clouds_lie_around_their_centres_with_the_noise_as_deviation():
    data = load("gaussians", rows=8000, classes=4, noise=0.5, seed=1).train
    clouds = [data.x[data.t == j] for j in range(4)]

    np.testing.assert_allclose(
        [cloud.mean(axis=0) for cloud in clouds], [[1, 0], [0, 1], [-1, 0], [0, -1]], atol=0.05
    )
    np.testing.assert_allclose([cloud.std(axis=0) for cloud in clouds], 0.5, atol=0.03)


def test_sine_is_a_sine_plus_noise():
    data = load("sine", rows=5000, noise=0.3, seed=2).train
    error = data.t - np.sin(data.x)

    assert data.t.shape == (5000, 1)
    assert error.std() == pytest.approx(0.3, abs=0.01)
    assert (data.x.min(), data.x.max()) == pytest.approx((-math.pi, math.pi), abs=0.01)


@pytest.mark.parametrize(
    "options", [{"rows": 0}, {"rows": 2.5}, {"noise": -1}, {"noise": math.nan}, {"seed": -1}]
)
@pytest.mark.parametrize("name", NAMES)
def test_options_that_make_no_sense_are_refused(name, options):
    with pytest.raises(BadakError):
        load(name, **options)


def test_a_factor_and_a_number_of_classes_have_limits():
    with pytest.raises(BadakError, match="factor"):
        load("circles", factor=1.5)
    with pytest.raises(BadakError, match="classes"):
        load("spiral", classes=0)
