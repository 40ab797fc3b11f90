"""Predictions with dropout and noise on, many times."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn
from badak.base.errors import RangeError, ShapeError


def trainer(*layers, **settings):
    layers = layers or (nn.Linear(3, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(0.5))
    net = nn.Sequential(*layers, nn.Linear(8, 2))
    return bd.Trainer(net, progress=False, **settings)


def rows(count=4):
    return np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)


def test_each_sample_is_a_prediction_with_another_mask():
    training = trainer()

    samples = training.sample(rows(), samples=6)

    assert samples.shape == (6, 4, 2)
    assert len(np.unique(samples[:, 0, 0])) == 6


def test_their_mean_is_the_prediction_where_all_is_linear():
    training = trainer(nn.Linear(3, 8), nn.Dropout(0.5))

    samples = training.sample(rows(), samples=2000)

    error = 5 * samples.std(axis=0) / np.sqrt(2000)
    assert (np.abs(samples.mean(axis=0) - training.predict(rows())) < error).all()


def test_a_network_without_random_layers_says_the_same_each_time():
    training = trainer(nn.Linear(3, 8), nn.Tanh())

    samples = training.sample(rows(), samples=3)

    assert (samples == training.predict(rows())).all()


def test_sampling_changes_nothing_and_repeats():
    training = trainer()
    before = training.net.state_dict()

    first = training.sample(rows(), samples=3)

    np.testing.assert_array_equal(training.sample(rows(), samples=3), first)
    after = training.net.state_dict()
    assert all(np.array_equal(after[name], before[name]) for name in before)


def test_machine_code_draws_the_same_samples():
    with bd.seeded(0):
        compiled = trainer(compile=True)
    with bd.seeded(0):
        eager = trainer(compile=False)

    ours = compiled.sample(rows(1100), samples=5)

    np.testing.assert_allclose(ours[:, :1000], eager.sample(rows(1100), 5)[:, :1000], atol=1e-5)
    assert len(np.unique(ours[:, 1050, 0])) == 5


def test_few_rows_are_filled_up():
    training = trainer(nn.Linear(3, 8), nn.GaussianNoise(0.0))

    samples = training.sample(rows(200), samples=30)

    np.testing.assert_allclose(
        samples, np.broadcast_to(training.predict(rows(200)), (30, 200, 2)), atol=1e-5
    )


def test_arguments_out_of_range():
    with pytest.raises(RangeError, match="samples must be at least 1"):
        trainer().sample(rows(), samples=0)
    with pytest.raises(ShapeError, match="does not fit"):
        trainer().sample(np.ones((2, 5)))
